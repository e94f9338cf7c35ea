package kecsim

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"time"
)

// TransportOption changes what Transport makes.
type TransportOption func(*transport)

// WithLatency has every request take d longer, half of it on the way there and half on
// the way back.
func WithLatency(d time.Duration) TransportOption { return func(t *transport) { t.latency = d } }

// Transport reaches the server without a network: a request is served in the goroutine
// of its caller, and what a fault does to the connection is returned as the error that
// net/http's own transport would return. It starts no goroutine and waits on timers and
// the request's context only, so that it works inside a bubble of testing/synctest, where
// no wait takes any time. A server used in a bubble with a RunningClock must have been
// made there.
//
// The hooks of httptrace are called in their order: GetConn, GotConn (without a Conn),
// WroteHeaders, WroteRequest, GotFirstResponseByte.
func (s *Server) Transport(opts ...TransportOption) http.RoundTripper {
	t := &transport{server: s}
	for _, opt := range opts {
		opt(t)
	}
	return t
}

type transport struct {
	server  *Server
	latency time.Duration
}

// RoundTrip sends one request.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	sent := req.Body
	if sent == nil {
		sent = http.NoBody
	}
	defer func() { _ = sent.Close() }()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	hooks := hooksOf(ctx)
	hooks.GetConn(address(req))
	hooks.GotConn(httptrace.GotConnInfo{})
	hooks.WroteHeaders()
	body, err := io.ReadAll(http.MaxBytesReader(nil, sent, maxBody))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return nil, err // what is wrong with the caller's own body never gets here
	}
	hooks.WroteRequest(httptrace.WroteRequestInfo{})

	there := t.latency / 2
	if !pause(ctx, there) {
		return nil, context.Cause(ctx)
	}
	out := t.server.handle(arrived(req), body, err)
	if !pause(ctx, t.latency-there) || ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	resp, err := out.Response(req)
	if err == nil {
		hooks.GotFirstResponseByte()
	}
	return resp, err
}

// hooksOf are the hooks the caller has set, and such as do nothing in place of the rest.
func hooksOf(ctx context.Context) httptrace.ClientTrace {
	hooks := httptrace.ClientTrace{
		GetConn: func(string) {}, GotConn: func(httptrace.GotConnInfo) {},
		WroteHeaders: func() {}, WroteRequest: func(httptrace.WroteRequestInfo) {}, GotFirstResponseByte: func() {},
	}
	set := httptrace.ContextClientTrace(ctx)
	if set == nil {
		return hooks
	}
	if set.GetConn != nil {
		hooks.GetConn = set.GetConn
	}
	if set.GotConn != nil {
		hooks.GotConn = set.GotConn
	}
	if set.WroteHeaders != nil {
		hooks.WroteHeaders = set.WroteHeaders
	}
	if set.WroteRequest != nil {
		hooks.WroteRequest = set.WroteRequest
	}
	if set.GotFirstResponseByte != nil {
		hooks.GotFirstResponseByte = set.GotFirstResponseByte
	}
	return hooks
}

// address is where a connection for the request would go to.
func address(req *http.Request) string {
	port := req.URL.Port()
	if port == "" {
		port = "80"
		if req.URL.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(req.URL.Hostname(), port)
}

// arrived is the request as the server sees it.
func arrived(req *http.Request) *http.Request {
	in := req.WithContext(req.Context()) // a copy: the caller's own stays as it is
	in.Body = http.NoBody                // has been read
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	return in
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
