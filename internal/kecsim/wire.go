package kecsim

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// reply is what goes over the wire, and how.
type reply struct {
	status      int
	code        string
	contentType string
	body        []byte
	date        time.Time // of the Date header; zero leaves it to whoever sends
	retryAfter  string
	cut         int  // no more bytes of the body than this are sent; 0 for all
	drop        bool // the connection is closed instead
	reset       bool // the connection is reset instead
}

// ServeHTTP answers one API request, or one of the control path.
//
// documented: GET or POST at "/" (fact 4), Date in the answer. assumed: the codes
// for other methods and paths (fact 167).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	s.handle(r, body, err).write(w)
}

func (s *Server) handle(r *http.Request, body []byte, bodyErr error) reply {
	if route, steers := strings.CutPrefix(r.URL.Path, controlPath); steers {
		return s.control(r, route, body, bodyErr)
	}
	return s.answer(r, body, bodyErr)
}

func (out reply) write(w http.ResponseWriter) {
	switch {
	case out.reset:
		reset(w)
		return
	case out.drop:
		// The one panic net/http knows: it closes the connection without an answer.
		panic(http.ErrAbortHandler)
	}
	body, promised := out.sent()
	maps.Copy(w.Header(), out.header())
	if promised > len(body) {
		w.Header().Set("Content-Length", strconv.Itoa(promised)) // net/http closes the connection after less
	}
	w.WriteHeader(out.status)
	_, _ = w.Write(body) // a caller who has hung up needs no answer
}

func (out reply) header() http.Header {
	h := http.Header{"Content-Type": {out.contentType}}
	if !out.date.IsZero() {
		h.Set("Date", out.date.UTC().Format(http.TimeFormat))
	}
	if out.retryAfter != "" {
		h.Set("Retry-After", out.retryAfter)
	}
	return h
}

// sent is the part of the body that is sent, and the length of what the header
// promises: more, if the answer is cut.
func (out reply) sent() (body []byte, promised int) {
	if out.cut < 1 {
		return out.body, len(out.body)
	}
	n := min(out.cut, len(out.body))
	return out.body[:n], max(len(out.body), n+1)
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

// pause waits, and tells whether the caller is still there at the end of it.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
