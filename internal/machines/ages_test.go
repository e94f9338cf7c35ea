package machines

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// A new instance that does not show is not gone, whoever has launched it, and seen before or not:
// another view of KEC may have shown it.
func TestFind_aNewOneMayNotShowYet(t *testing.T) {
	t.Parallel()
	gone := func(c testClient) bool {
		_, err := c.Find(t.Context(), "i-1", nil)
		if err == nil {
			t.Fatal("no error")
		}
		if !errors.Is(err, ErrGone) {
			equal(t, "error", err.Error(), "instance i-1: KEC does not show it yet: it was launched less than 2m0s ago, and may not be visible everywhere")
			equal(t, "survived by waits", !definite(err), true)
		}
		return errors.Is(err, ErrGone)
	}
	for name, know := range map[string]func(testClient, *script){
		"by this client": func(c testClient, s *script) {
			s.Replies = []reply{ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`)}
			if _, err := c.RunInstances(t.Context(), url.Values{}); err != nil {
				t.Fatal(err)
			}
		},
		"by another": func(c testClient, _ *script) { c.RememberLaunch("i-1", c.Now()) },
		"by its date": func(c testClient, s *script) {
			s.Replies = []reply{ok(`{"InstancesSet":[{"InstanceId":"i-1","CreationDate":"2026-03-02T09:00:00Z"}]}`)}
			_, _ = c.Find(t.Context(), "i-1", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(set(""))
			c, clk := client(t, s)
			know(c, s)
			s.Replies = []reply{set("")}
			equal(t, "at once", gone(c), false)
			_ = clk.Sleep(t.Context(), 110*time.Second)
			equal(t, "soon", gone(c), false)
			_ = clk.Sleep(t.Context(), 10*time.Second)
			equal(t, "after two minutes", gone(c), true)

			c, clk = client(t, s)
			know(c, s)
			s.Replies = []reply{set("scheduling", "i-1")}
			if _, err := c.Find(t.Context(), "i-1", nil); err != nil {
				t.Fatal(err)
			}
			s.Replies = []reply{set("")}
			equal(t, "once seen", gone(c), false)
			_ = clk.Sleep(t.Context(), 2*time.Minute)
			equal(t, "once seen, after two minutes", gone(c), true)
		})
	}
	c, _ := client(t, of(set("")))
	equal(t, "of unknown age", gone(c), true)
	c.RememberLaunch("i-1", c.Now().Add(-time.Hour))
	equal(t, "old", gone(c), true)
}

// Whatever a call is waiting for, it is back within a second of a cancel.
func TestCancel_endsEveryWait(t *testing.T) {
	t.Parallel()
	never := step(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	answering := func(r reply) http.RoundTripper { return of(r) }
	for name, tc := range map[string]struct {
		transport http.RoundTripper
		call      func(context.Context, testClient) error
	}{
		"an answer":    {never, func(ctx context.Context, c testClient) error { _, err := c.Find(ctx, "i-1", nil); return err }},
		"a repetition": {answering(reply{Status: 502}), func(ctx context.Context, c testClient) error { _, err := c.Find(ctx, "i-1", nil); return err }},
		"Retry-After": {answering(reply{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}),
			func(ctx context.Context, c testClient) error { return c.ReplaceResourcesTags(ctx, "i-1", nil) }},
		"a turn": {answering(set("active", "i-1")), func(ctx context.Context, c testClient) error {
			for {
				if _, err := c.Find(ctx, "i-1", nil); err != nil {
					return err
				}
			}
		}},
		"a proof":              {answering(set("")), func(ctx context.Context, c testClient) error { _, err := c.WaitState(ctx, "i-1", "active"); return err }},
		"a state":              {answering(set("x", "i-1")), func(ctx context.Context, c testClient) error { _, err := c.WaitActive(ctx, "i-1"); return err }},
		"a new instance":       {answering(set("")), func(ctx context.Context, c testClient) error { _, err := c.WaitActive(ctx, "i-1"); return err }},
		"a deletion":           {answering(refuse(400, "OrderStateNotSupported", "x")), func(ctx context.Context, c testClient) error { return c.Terminate(ctx, "i-1") }},
		"a deletion on a wire": {never, func(ctx context.Context, c testClient) error { return c.Terminate(ctx, "i-1") }},
		"readiness": {answering(set("x", "i-1")), func(ctx context.Context, c testClient) error {
			return c.UntilReady(ctx, "i-1", func() error { return &ksyun.Error{Code: "InstanceStateNotSupported"} })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(tc.transport), ksyun.WithRate(0.02), ksyun.WithRetries(50, 10*time.Second, time.Minute))
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
