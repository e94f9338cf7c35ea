package protocol

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"
)

// The content types of answers.
const (
	JSON      = "application/json; charset=utf-8"
	PlainText = "text/plain; charset=utf-8"
)

// Reply is what goes over the wire, and how.
type Reply struct {
	Status      int
	Code        string // the error code that Body holds, "" on success
	ContentType string
	Body        []byte
	Date        time.Time // of the Date header; zero leaves it to whoever sends
	RetryAfter  string
	Cut         int  // no more bytes of the body than this are sent; 0 for all
	Drop        bool // the connection is closed instead
	Reset       bool // the connection is reset instead
}

// Write sends the reply over a real connection.
func (out Reply) Write(w http.ResponseWriter) {
	switch {
	case out.Reset:
		reset(w)
		return
	case out.Drop:
		// The one panic net/http knows: it closes the connection without an answer.
		panic(http.ErrAbortHandler)
	}
	body, promised := out.sent()
	maps.Copy(w.Header(), out.header())
	if promised > len(body) {
		w.Header().Set("Content-Length", strconv.Itoa(promised)) // net/http closes the connection after less
	}
	w.WriteHeader(out.Status)
	_, _ = w.Write(body) // a caller who has hung up needs no answer
}

// Response is the reply as net/http's own transport would hand it to the caller: the answer
// to req, or the error of a connection that was closed or reset.
func (out Reply) Response(req *http.Request) (*http.Response, error) {
	switch {
	case out.Reset:
		return nil, errReset
	case out.Drop:
		return nil, io.EOF
	}
	body, promised := out.sent()
	var from io.Reader = bytes.NewReader(body)
	if promised > len(body) {
		from = io.MultiReader(from, broken{})
	}
	header := out.header()
	header.Set("Content-Length", strconv.Itoa(promised))
	return &http.Response{
		Status: strconv.Itoa(out.Status) + " " + http.StatusText(out.Status), StatusCode: out.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(from), ContentLength: int64(promised), Request: req,
	}, nil
}

func (out Reply) header() http.Header {
	h := http.Header{"Content-Type": {out.ContentType}}
	if !out.Date.IsZero() {
		h.Set("Date", out.Date.UTC().Format(http.TimeFormat))
	}
	if out.RetryAfter != "" {
		h.Set("Retry-After", out.RetryAfter)
	}
	return h
}

// sent is the part of the body that is sent, and the length that the header promises: more,
// if the answer is cut.
func (out Reply) sent() (body []byte, promised int) {
	if out.Cut < 1 {
		return out.Body, len(out.Body)
	}
	n := min(out.Cut, len(out.Body))
	return out.Body[:n], max(len(out.Body), n+1)
}

// reset ends the connection in the way that shows as "connection reset by peer".
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // closing is the nearest thing
	}
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// broken is the end of a body that ends too soon.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// errReset is the error of reading from a connection that the other side has reset.
var errReset = &net.OpError{
	Op: "read", Net: "tcp", Source: endpoint("192.0.2.1:40000"), Addr: endpoint("192.0.2.2:443"),
	Err: os.NewSyscallError("read", syscall.ECONNRESET),
}

func endpoint(address string) net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))
}
