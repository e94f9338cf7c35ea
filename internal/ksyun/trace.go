package ksyun

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Trace describes one attempt without its contents. It never holds a body, a header or a key.
type Trace struct {
	Service, Action string
	RequestID       string // of the answer, "" without one
	Status          int    // of the answer, 0 without one
	Try             int    // counts from 1
	Duration        time.Duration
	Code            string // of the error in the answer
	Err             error  // why there is no answer
}

// tracing reports each attempt.
func tracing(next http.RoundTripper, report func(context.Context, Trace), now func() time.Time) http.RoundTripper {
	return step(func(req *http.Request) (*http.Response, error) {
		ctx := req.Context()
		cl := callOf(ctx)
		if err := ctx.Err(); err != nil {
			cl.neverSent = true // this is no attempt
			return nil, err
		}
		cl.attempts++
		start := now()
		resp, err := next.RoundTrip(req)
		t := Trace{
			Service: string(cl.Service), Action: cl.Action, Try: cl.attempts,
			Duration: now().Sub(start),
		}
		if err != nil {
			t.Err = &networkError{text: cl.clean(withoutURL(err).Error()), cause: err}
		} else {
			ans := cl.read(resp)
			t.Status, t.RequestID = ans.Status, ans.RequestID
			if e, ok := errors.AsType[*Error](ans.err); ok {
				t.Code = e.Code
			}
		}
		report(ctx, t)
		return resp, err
	})
}
