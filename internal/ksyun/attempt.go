package ksyun

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

// maxBody is the size of the largest answer that is read, after decompression.
const maxBody = 16 << 20

// ErrTooLarge matches the error of a call whose answer was too large to be read. A smaller page may
// do.
var ErrTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)

// timeoutError is the end of one attempt's own deadline. It does not match
// context.DeadlineExceeded, which is the caller's.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no complete answer within %s", e.after) }

// base connects. It stays with HTTP/1.1, where a connection carries one call at a time, so that one
// that breaks cannot take many launches with it. It keeps idle connections for less time than
// servers usually do, because the outcome of a launch is unknown when the server is just closing
// its connection.
func base(roots *x509.CertPool) http.RoundTripper {
	return &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			u, err := http.ProxyFromEnvironment(r)
			if err != nil { // the error repeats the whole URL, and a password with it
				return nil, errors.New("the proxy URL in the environment is not valid")
			}
			return u, nil
		},
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConns:        100,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     15 * time.Second,
	}
}

// trusted is the system's pool with the certificates of pems. Without any it is nil, which means
// the system's pool.
func trusted(pems [][]byte) (*x509.CertPool, error) {
	if len(pems) == 0 {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	for _, pem := range pems {
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("the extra root certificates hold no PEM certificate")
		}
	}
	return roots, nil
}

// attempt sends one request within its deadline and reads the whole answer, so that an answer that
// is cut or too slow fails here, where it can be told from a complete one. It notes in the call
// whether the request can have left this machine.
func attempt(next http.RoundTripper, timeout time.Duration) http.RoundTripper {
	// http.Transport calls GotConn before it sends; another transport may not call the hooks.
	_, hooked := next.(*http.Transport)
	return step(func(req *http.Request) (*http.Response, error) {
		outer := req.Context()
		if err := outer.Err(); err != nil {
			callOf(outer).neverSent = true
			return nil, err
		}
		var asked, got atomic.Bool // set by the hooks, which run in goroutines of the transport
		caller, release := outer, func() {}
		if callOf(outer).Graceful {
			caller, release = outlast(outer, graceTime, func() bool { return !hooked || got.Load() })
		}
		defer release()
		ctx, cancel := context.WithTimeout(caller, timeout)
		defer cancel()
		var shaken atomic.Pointer[error] // how a handshake has failed
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn: func(string) { asked.Store(true) },
			GotConn: func(httptrace.GotConnInfo) { got.Store(true) },
			TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
				if err != nil {
					shaken.Store(&err)
				}
			},
		})
		resp, err := next.RoundTrip(req.WithContext(ctx))
		err = ofHandshake(err, shaken.Load())
		if err == nil {
			// The client would follow a Location, or fail on a malformed one and lose the status.
			resp.Header.Del("Location")
			err = buffer(resp)
		}
		if err == nil {
			return resp, nil
		}
		callOf(outer).neverSent = (hooked || asked.Load()) && !got.Load() || failedToConnect(err)
		switch {
		case caller.Err() != nil:
			return nil, caller.Err()
		case ctx.Err() != nil:
			return nil, &timeoutError{after: timeout}
		}
		return nil, err
	})
}

// graceTime is how long a graceful call that is on the wire may go on after the user has
// interrupted it. The answer of a launch holds the id of a machine that is charged.
const graceTime = 10 * time.Second

// outlast is a context that a cancellation of ctx ends only after a while, if started says that
// there is something to wait for. The deadline of ctx ends it at once. release must be called.
func outlast(ctx context.Context, after time.Duration, started func() bool) (_ context.Context, release func()) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	bounded, unbind := out, func() {}
	if at, ok := ctx.Deadline(); ok {
		bounded, unbind = context.WithDeadline(out, at)
	}
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return // bounded ends by itself, with the same error
		}
		if started() {
			_ = sleep(out, after)
		}
		cancel()
	})
	return bounded, func() { stop(); unbind(); cancel() }
}

// buffer reads the body and puts a copy in its place.
func buffer(resp *http.Response) error {
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.ContentLength > maxBody { // it says so, and need not be read
		return ErrTooLarge
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return err
	}
	if len(b) > maxBody {
		return ErrTooLarge
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return nil
}

// peek returns the body of an answer that was buffered, and leaves it unread.
func peek(resp *http.Response) []byte {
	b, err := drain(resp.Body)
	if err != nil {
		b = nil // cannot happen: the body is in memory
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return b
}
