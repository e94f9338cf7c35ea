package kec

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"
)

// A new instance that does not show yet is not gone, whoever has launched it; one that was seen is not new.
func TestFindInstance_aNewOneMayNotShowYet(t *testing.T) {
	t.Parallel()
	gone := func(c *Client) bool {
		_, err := c.FindInstance(t.Context(), "i-1", nil)
		if err == nil {
			t.Fatal("no error")
		}
		if !errors.Is(err, ErrGone) {
			equal(t, "error", err.Error(), "instance i-1: KEC does not show it yet: it was launched less than 2m0s ago, and may not be visible everywhere")
			equal(t, "survived by waits", !definite(err), true)
		}
		return errors.Is(err, ErrGone)
	}
	for name, know := range map[string]func(*Client, *script){
		"by this client": func(c *Client, s *script) {
			s.replies = []reply{ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`)}
			if _, err := c.RunInstances(t.Context(), url.Values{}); err != nil {
				t.Fatal(err)
			}
		},
		"by another": func(c *Client, _ *script) { c.Launched("i-1", c.Now()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(set(""))
			c, clk := client(t, s)
			know(c, s)
			s.replies = []reply{set("")}
			equal(t, "at once", gone(c), false)
			_ = clk.sleep(t.Context(), 110*time.Second)
			equal(t, "soon", gone(c), false)
			_ = clk.sleep(t.Context(), 10*time.Second)
			equal(t, "after two minutes", gone(c), true)

			c, _ = client(t, s)
			know(c, s)
			s.replies = []reply{set("scheduling", "i-1")}
			if _, err := c.FindInstance(t.Context(), "i-1", nil); err != nil {
				t.Fatal(err)
			}
			s.replies = []reply{set("")}
			equal(t, "once seen", gone(c), true)
		})
	}
	c, _ := client(t, of(set("")))
	equal(t, "of unknown age", gone(c), true)
	c.Launched("i-1", c.Now().Add(-time.Hour))
	equal(t, "old", gone(c), true)
}

// Whatever a call is waiting for, it is back within a second of a cancel.
func TestCancel_endsEveryWait(t *testing.T) {
	t.Parallel()
	never := step(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	answering := func(r reply) http.RoundTripper { return of(r) }
	for name, tc := range map[string]struct {
		transport http.RoundTripper
		call      func(context.Context, *Client) error
	}{
		"an answer":    {never, func(ctx context.Context, c *Client) error { _, err := c.FindInstance(ctx, "i-1", nil); return err }},
		"a repetition": {answering(reply{status: 502}), func(ctx context.Context, c *Client) error { _, err := c.FindInstance(ctx, "i-1", nil); return err }},
		"Retry-After": {answering(reply{status: 429, header: http.Header{"Retry-After": {"3600"}}}),
			func(ctx context.Context, c *Client) error { return c.ReplaceResourcesTags(ctx, "i-1", nil) }},
		"a turn": {answering(set("active", "i-1")), func(ctx context.Context, c *Client) error {
			for {
				if _, err := c.FindInstance(ctx, "i-1", nil); err != nil {
					return err
				}
			}
		}},
		"a proof":              {answering(set("")), func(ctx context.Context, c *Client) error { _, err := c.WaitState(ctx, "i-1", "active"); return err }},
		"a state":              {answering(set("x", "i-1")), func(ctx context.Context, c *Client) error { _, err := c.WaitActive(ctx, "i-1"); return err }},
		"a new instance":       {answering(set("")), func(ctx context.Context, c *Client) error { _, err := c.WaitActive(ctx, "i-1"); return err }},
		"an end":               {answering(set("active", "i-1")), func(ctx context.Context, c *Client) error { return c.WaitGone(ctx, "i-1") }},
		"an end, unread":       {answering(reply{status: 502}), func(ctx context.Context, c *Client) error { return c.WaitGone(ctx, "i-1") }},
		"a deletion":           {answering(refuse(400, "OrderStateNotSupported", "x")), func(ctx context.Context, c *Client) error { return c.Terminate(ctx, "i-1") }},
		"a deletion on a wire": {never, func(ctx context.Context, c *Client) error { return c.Terminate(ctx, "i-1") }},
		"readiness": {answering(set("x", "i-1")), func(ctx context.Context, c *Client) error {
			return c.UntilReady(ctx, "i-1", func() error { return &Error{Code: "InstanceStateNotSupported"} })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := New("cn-beijing-6", testKeys, WithHTTPTransport(tc.transport), WithRate(0.02), WithRetries(50, 10*time.Second, time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				start := time.Now()
				time.AfterFunc(500*time.Millisecond, cancel)
				err = tc.call(ctx, c)
				equal(t, fmt.Sprintf("cancelled (%v)", err), errors.Is(err, context.Canceled), true)
				equal(t, "after", time.Since(start), 500*time.Millisecond)
				equal(t, "gone", errors.Is(err, ErrGone), false)
			})
		})
	}
}
