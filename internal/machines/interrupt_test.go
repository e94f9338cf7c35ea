package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// slowly answers each request after a while, or when its context ends, whatever is first; and
// counts them.
type slowly struct {
	after time.Duration
	says  func(action string) reply
	sent  atomic.Int32
}

func (s *slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	s.sent.Add(1)
	if err := pass(r.Context(), s.after); err != nil {
		return nil, err
	}
	out := s.says(r.URL.Query().Get("Action"))
	if out.Err != nil {
		return nil, out.Err
	}
	return &http.Response{StatusCode: out.Status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(out.Body)), Request: r}, nil
}

// pass waits for d, or until ctx ends.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return ctx.Err()
	}
}

func slow(after time.Duration, launch reply) *slowly {
	return &slowly{after: after, says: func(action string) reply {
		switch action {
		case "RunInstances":
			return launch
		case "DescribeInstances":
			return ok(`{"InstancesSet":[]}`)
		}
		return ok(`{"Tags":[]}`)
	}}
}

// What the user's interrupt, or the deadline, does to a launch. The time is that of a bubble, which
// also sees that no goroutine stays behind.
func TestLaunch_interrupted(t *testing.T) {
	t.Parallel()
	accepted := ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`)
	const ms = time.Millisecond
	for name, tc := range map[string]struct {
		service  *slowly
		cancel   time.Duration
		deadline time.Duration
		want     string // the id, or a part of the error
		unknown  bool
		after    time.Duration
		requests int32
	}{
		"on the wire":                     {slow(50*ms, accepted), 20 * ms, 0, "i-1", false, 50 * ms, 1},
		"on the wire, throttled":          {slow(50*ms, reply{Status: 429}), 20 * ms, 0, "context canceled after 1 try in 100ms, the last of which ended with: HTTP 429", false, 50 * ms, 1},
		"on the wire, refused":            {slow(50*ms, refuse(400, "ProductSellOutInvalid", "x")), 20 * ms, 0, "ProductSellOutInvalid", false, 50 * ms, 1},
		"on the wire, lost":               {slow(50*ms, reply{Err: io.EOF}), 20 * ms, 0, "gave up after 1 try in 100ms: EOF; the search for it ended: context canceled", true, 50 * ms, 1},
		"on the wire, 500":                {slow(50*ms, reply{Status: 500}), 20 * ms, 0, "(HTTP 500); the search for it ended: context canceled", true, 50 * ms, 1},
		"on the wire, nearly too long":    {slow(10*time.Second, accepted), 20 * ms, 0, "i-1", false, 10 * time.Second, 1},
		"on the wire for too long":        {slow(30*time.Second, accepted), time.Second, 0, "context canceled during try 1", true, 11 * time.Second, 1},
		"the deadline, on the wire":       {slow(30*time.Second, accepted), 0, time.Second, "context deadline exceeded during try 1", true, time.Second, 1},
		"interrupted, then the deadline":  {slow(30*time.Second, accepted), time.Second, 3 * time.Second, "during try 1", true, 3 * time.Second, 1},
		"while it backs off":              {slow(0, reply{Status: 429}), 20 * ms, 0, "HTTP 429", false, 20 * ms, 1},
		"while it searches":               {slow(0, reply{Err: io.EOF}), 22 * time.Second, 0, "EOF; the search for it ended: context canceled", true, 22 * time.Second, 6},
		"the deadline, while it searches": {slow(0, reply{Err: io.EOF}), 0, 22 * time.Second, "EOF; the search for it ended: context deadline exceeded", true, 22 * time.Second, 6},
		"during the second request":       {slow(2*time.Second, reply{Err: io.EOF}), 140 * time.Second, 0, "EOF; the search for it ended: context canceled", true, 140 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(tc.service), withLaunchTags(func() string { return "m" }), ksyun.WithRetries(8, time.Hour, time.Hour),
					ksyun.WithRandom(func() float64 { return 1 }, nil))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tc.cancel > 0 {
					time.AfterFunc(tc.cancel, cancel)
				}
				if tc.deadline > 0 {
					ctx, cancel = context.WithTimeout(ctx, tc.deadline)
					defer cancel()
				}
				start := time.Now()
				l, err := c.Launch(ctx, order())
				got := fmt.Sprint(err)
				if err == nil {
					got = l.InstanceID
				}
				if !strings.Contains(got, tc.want) {
					t.Errorf("got %s, want ... %s ...", got, tc.want)
				}
				equal(t, "unknown", errors.Is(err, ErrOutcomeUnknown), tc.unknown)
				equal(t, "names the mark", strings.Contains(got, "with the tag kec-launch-mark = m"), tc.unknown)
				equal(t, "after", time.Since(start), tc.after)
				if tc.requests > 0 {
					equal(t, "requests", tc.service.sent.Load(), tc.requests)
				}
				if tc.deadline > 0 && tc.cancel == 0 {
					equal(t, "the deadline", errors.Is(err, context.DeadlineExceeded), true)
				}
			})
		})
	}
}

// Ten launches at once: within a second of the interrupt the caller has ten ids.
func TestLaunch_tenInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		service := &slowly{after: 50 * time.Millisecond, says: func(string) reply {
			return ok(fmt.Sprintf(`{"InstancesSet":[{"InstanceId":"i-%d"}]}`, n.Add(1)))
		}}
		var ids, marks sync.Map
		c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(step(func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			form, _ := url.ParseQuery(string(body))
			marks.Store(launchTagIn(form), true)
			return service.RoundTrip(r)
		})))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				l, err := c.Launch(ctx, order())
				if err != nil {
					t.Error(err)
				}
				ids.Store(l.InstanceID, true)
			})
		}
		time.Sleep(20 * time.Millisecond)
		cancel()
		all.Wait()
		count := func(m *sync.Map) (n int) { m.Range(func(any, any) bool { n++; return true }); return n }
		equal(t, "ids and marks", fmt.Sprint(count(&ids), count(&marks)), "10 10")
	})
}

// What has not left this machine yet is not waited for.
func TestLaunch_interruptedBeforeItIsConnected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{}) // the transport lets a dial go on for the next request
		defer close(end)
		dials := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { <-end; return nil, io.EOF }}
		c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(dials))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err = c.Launch(ctx, order())
		equal(t, fmt.Sprintf("cancelled: %v", err), errors.Is(err, context.Canceled) && !errors.Is(err, ErrOutcomeUnknown), true)
		equal(t, "after", time.Since(start), time.Second)
	})
}
