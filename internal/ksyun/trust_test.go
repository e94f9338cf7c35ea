package ksyun

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// attempted is what one attempt over the network gives, and whether the request may have left.
func attempted(ctx context.Context, t *testing.T, transport http.RoundTripper, to string) (status int, neverSent bool, err error) {
	t.Helper()
	cl := &call{}
	req, err := http.NewRequestWithContext(context.WithValue(ctx, callKey{}, cl), http.MethodPost, to, strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := attempt(transport, time.Minute).RoundTrip(req)
	if err != nil {
		return 0, cl.neverSent, err
	}
	_ = resp.Body.Close()
	return resp.StatusCode, cl.neverSent, nil
}

// listening accepts connections and does with each of them what handle says.
func listening(t *testing.T, handle func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go handle(conn)
		}
	}()
	return l.Addr().String()
}

// A request has left this machine only once a connection was there for it: whatever fails before
// has certainly done nothing, and whatever fails after may have done the work.
func TestAttempt_overTheNetwork(t *testing.T) {
	t.Parallel()
	quiet := func(srv *httptest.Server) *httptest.Server {
		srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that are to fail
		t.Cleanup(srv.Close)
		return srv
	}
	answers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	good := quiet(httptest.NewUnstartedServer(answers))
	good.StartTLS()
	roots := x509.NewCertPool()
	roots.AddCert(good.Certificate())
	old := quiet(httptest.NewUnstartedServer(answers))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	breaks := quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })))
	breaks.StartTLS()
	plain := quiet(httptest.NewServer(answers))
	closed := httptest.NewServer(answers)
	closed.Close()
	cut := "https://" + listening(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); _ = c.Close() })
	for name, tc := range map[string]struct {
		roots     *x509.CertPool
		url       string
		want      string // part of the error, or the status
		neverSent bool
		untrusted bool
	}{
		"answered":          {roots, good.URL, "202", false, false},
		"broken off":        {roots, breaks.URL, "EOF", false, false},
		"nobody there":      {roots, strings.Replace(closed.URL, "http:", "https:", 1), "connection refused", true, false},
		"unknown authority": {nil, good.URL, "certificate signed by unknown authority", true, true},
		"another name":      {roots, strings.Replace(good.URL, "127.0.0.1", "localhost", 1), "certificate is valid for example.com", true, true},
		"no TLS":            {roots, strings.Replace(plain.URL, "http:", "https:", 1), "first record does not look like a TLS handshake", true, true},
		"too old a TLS":     {roots, old.URL, "no TLS connection, for which 1.2 or newer is needed: remote error: tls: protocol version not supported", true, true},
		"a handshake cut":   {roots, cut, "", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, transport := range []http.RoundTripper{base(tc.roots), step(base(tc.roots).RoundTrip)} { // and one that hides which one it is
				status, neverSent, err := attempted(t.Context(), t, transport, tc.url)
				got := fmt.Sprint(status)
				if err != nil {
					got = err.Error()
				}
				if !strings.Contains(got, tc.want) {
					t.Errorf("got %s, want %s", got, tc.want)
				}
				equal(t, "failed", err != nil, tc.want != "202")
				equal(t, "never sent", neverSent, tc.neverSent)
				equal(t, "untrusted", Untrusted(err), tc.untrusted)
			}
		})
	}

	// A context may end while the request waits for its answer, or while there is no connection yet.
	for name, tc := range map[string]struct {
		serve     func(cancel func()) (url string)
		neverSent bool
	}{
		"waiting for the answer": {func(cancel func()) string {
			srv := quiet(httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				cancel()
				<-r.Context().Done()
			})))
			srv.StartTLS()
			return srv.URL
		}, false},
		"in the handshake": {func(cancel func()) string {
			return "https://" + listening(t, func(c net.Conn) { cancel(); _, _ = io.Copy(io.Discard, c) })
		}, true},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, neverSent, err := attempted(ctx, t, base(roots), tc.serve(cancel))
		equal(t, name, fmt.Sprint(err, neverSent), fmt.Sprint("context canceled ", tc.neverSent))
	}

	// A transport that calls no hooks says nothing about connections: only the error can tell.
	for want, cause := range map[bool]error{true: refusedDial, false: reset} {
		_, neverSent, _ := attempted(t.Context(), t, of(reply{Err: cause}), "https://kec.api.ksyun.com")
		equal(t, cause.Error(), neverSent, want)
	}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), callKey{}, &call{}))
	cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://kec.api.ksyun.com", nil)
	_, err := attempt(of(ok("{}")), time.Minute).RoundTrip(req)
	equal(t, "cancelled before", fmt.Sprint(err, callOf(ctx).neverSent), "context canceled true")
}

// A call that is on the wire outlasts a cancellation for ten seconds and no deadline. One that is
// not yet on the wire ends at once.
func TestOutlast(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cancel, deadline time.Duration // 0 for none
		started          bool
		after            time.Duration // when it ends
		err              error
	}{
		"cancelled on the wire":                {time.Second, 0, true, 11 * time.Second, context.Canceled},
		"cancelled before":                     {time.Second, 0, false, time.Second, context.Canceled},
		"the deadline":                         {0, 3 * time.Second, true, 3 * time.Second, context.DeadlineExceeded},
		"the deadline, before":                 {0, 3 * time.Second, false, 3 * time.Second, context.DeadlineExceeded},
		"cancelled, and the deadline is later": {time.Second, time.Minute, true, 11 * time.Second, context.Canceled},
		"cancelled, and the deadline is near":  {time.Second, 3 * time.Second, true, 3 * time.Second, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tc.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, tc.deadline)
					defer cancel()
				}
				if tc.cancel > 0 {
					time.AfterFunc(tc.cancel, cancel)
				}
				start := time.Now()
				out, release := outlast(ctx, 10*time.Second, func() bool { return tc.started })
				defer release()
				<-out.Done()
				equal(t, "ends after", time.Since(start), tc.after)
				equal(t, "error", out.Err(), tc.err)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
		asked := false
		out, release := outlast(ctx, 10*time.Second, func() bool { asked = true; return true })
		equal(t, "as long as nothing ends it", out.Err(), nil)
		release()
		equal(t, "released", out.Err(), context.Canceled)
		cancel()
		synctest.Wait()
		equal(t, "asked after its release", asked, false)
	})
}

// A graceful call has its answer although its context was cancelled on the way, and another has
// not.
func TestAttempt_graceful(t *testing.T) {
	t.Parallel()
	for graceful, want := range map[bool]string{true: "4s <nil>", false: "1s context canceled"} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), callKey{}, &call{Call: Call{Graceful: graceful}}))
			time.AfterFunc(time.Second, cancel)
			slow := step(func(r *http.Request) (*http.Response, error) {
				if err := sleep(r.Context(), 4*time.Second); err != nil {
					return nil, err
				}
				return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
			})
			start := time.Now()
			req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://kec.api.ksyun.com", nil)
			resp, err := attempt(slow, time.Minute).RoundTrip(req)
			if err == nil {
				_ = resp.Body.Close()
			}
			equal(t, fmt.Sprint("graceful: ", graceful), fmt.Sprint(time.Since(start), " ", err), want)
		})
	}
}

// timedOut is an error of the network that is one of time.
type timedOut struct{ error }

func (timedOut) Timeout() bool   { return true }
func (timedOut) Temporary() bool { return false }

// Which failures of a handshake are for good, and which may pass.
func TestOfHandshake(t *testing.T) {
	t.Parallel()
	alert := errors.New("remote error: tls: handshake failure")
	for name, tc := range map[string]struct {
		err, handshake error
		lasting        bool
	}{
		"an alert":                    {alert, alert, true},
		"an alert, wrapped":           {fmt.Errorf("x: %w", alert), alert, true},
		"no handshake":                {alert, nil, false},
		"of another connection":       {errors.New("x"), alert, false},
		"no failure":                  {nil, alert, false},
		"cut":                         {io.EOF, io.EOF, false},
		"cut in a record":             {io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, false},
		"reset":                       {reset, reset, false},
		"broken pipe":                 {syscall.EPIPE, syscall.EPIPE, false},
		"closed":                      {net.ErrClosed, net.ErrClosed, false},
		"too slow":                    {timedOut{alert}, timedOut{alert}, false},
		"cancelled":                   {context.Canceled, context.Canceled, false},
		"the server's own fault":      {errors.New("remote error: tls: internal error"), nil, false},
		"the server has had enough":   {errors.New("remote error: tls: user canceled"), nil, false},
		"one of a certificate":        {x509.UnknownAuthorityError{}, x509.UnknownAuthorityError{}, false},
		"a network error of no time":  {&net.OpError{Op: "remote error", Err: alert}, alert, true},
		"an address that is no route": {&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, syscall.EHOSTUNREACH, false},
	} {
		handshake := tc.handshake
		if strings.Contains(name, "server") {
			handshake = tc.err
		}
		var of *error
		if handshake != nil {
			of = &handshake
		}
		err := ofHandshake(tc.err, of)
		_, lasting := errors.AsType[*handshakeError](err)
		equal(t, name, lasting, tc.lasting)
		equal(t, name+": matches its cause", errors.Is(err, tc.err), true)
	}
}

// Which errors come before the first byte of a request, and which of them are about trust.
func TestFailedToConnect(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err                error
		connect, untrusted bool
	}{
		"dial":              {refusedDial, true, false},
		"a proxy":           {&net.OpError{Op: "proxyconnect", Err: io.EOF}, true, false},
		"wrapped":           {&url.Error{Op: "Post", Err: refusedDial}, true, false},
		"a name":            {&net.DNSError{Err: "no such host"}, true, false},
		"read":              {reset, false, false},
		"write":             {&net.OpError{Op: "write", Err: syscall.EPIPE}, false, false},
		"cut":               {io.EOF, false, false},
		"verification":      {&tls.CertificateVerificationError{Err: io.EOF}, true, true},
		"unknown authority": {x509.UnknownAuthorityError{}, true, true},
		"another host":      {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}, true, true},
		"expired":           {x509.CertificateInvalidError{Reason: x509.Expired}, true, true},
		"no record":         {tls.RecordHeaderError{Msg: "x"}, true, true},
		"a handshake":       {&handshakeError{io.EOF}, true, true},
		"plain HTTP":        {fmt.Errorf("x: %w", http.ErrSchemeMismatch), true, true},
		"told by a call":    {&networkError{text: "x", cause: x509.UnknownAuthorityError{}}, true, true},
	} {
		equal(t, name, fmt.Sprint(failedToConnect(tc.err), Untrusted(tc.err)), fmt.Sprint(tc.connect, tc.untrusted))
	}
	equal(t, "none", Untrusted(nil), false)
}
