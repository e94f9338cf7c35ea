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

// WithLatency makes every request take d longer, half of it before the server and half after it.
func WithLatency(d time.Duration) TransportOption { return func(t *transport) { t.latency = d } }

// Transport reaches the server without a network. A request is served in the goroutine of its
// caller, and a connection that a fault closes or resets is returned as the error of net/http's
// own transport. Transport starts no goroutine and waits on timers and the request's context only,
// so that it works inside a bubble of testing/synctest, where no wait takes any time. A server
// with a RunningClock must be made in the bubble in which it is used.
//
// The hooks of httptrace are called in their usual order: GetConn, GotConn (without a Conn),
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
		return nil, err // net/http's own transport does not send such a request either
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

// hooksOf are the hooks that the caller has set. The others do nothing.
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

// address is the address that a connection for the request would have.
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

// arrived is the request as net/http's server would hand it over.
func arrived(req *http.Request) *http.Request {
	in := req.WithContext(req.Context()) // a copy: a transport must not change the request
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

// pause waits for d; false if the caller leaves before the end.
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
