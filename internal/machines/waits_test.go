package machines

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestWaitActive(t *testing.T) {
	t.Parallel()
	gone := set("")
	for name, tc := range map[string]struct {
		replies []reply
		want    string // the error, or the state
		waits   string
	}{
		"at once": {[]reply{set("active", "i-1")}, "active", "[1s]"},
		"later": {[]reply{gone, set("scheduling", "i-1"), set("block_device_mapping", "i-1"), set("some_new_word", "i-1"), set("", "i-1"), set("x", "i-1"),
			set("x", "i-1"), set("Active", "i-1")}, "Active", "[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s 1.580246912s 2.106995883s]"},
		"failing look-ups": {[]reply{refuse(500, "INTERNAL_FAILURE", "x"), {Err: io.EOF}, ok(`{}`), ok("<html>"), {Status: 429}, refuse(400, "InstanceIdInvalid", "x"),
			set("active", "i-1")}, "active", "[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s 1.580246912s]"},
		"error state": {[]reply{set("scheduling", "i-1"), set("error", "i-1")},
			"instance i-1 ended in an error state (last state: error)", "[1s 500ms]"},
		"hidden for a moment": {[]reply{set("scheduling", "i-1"), gone, set("active", "i-1")}, "active", "[1s 500ms 500ms]"},
		"hidden for six seconds": {append(append([]reply{set("scheduling", "i-1")}, repeated(gone, 7)...), set("active", "i-1")), "active",
			"[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s 1.580246912s 2.106995883s 2.809327844s]"},
		"forbidden": {[]reply{set("scheduling", "i-1"), refuse(403, "PermissionDenied", "no")},
			"waiting for instance i-1 to be active: DescribeInstances: PermissionDenied: no (request id req-1, HTTP 403)", "[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s]"},
		"forbidden for a moment": {[]reply{set("scheduling", "i-1"), refuse(403, "PermissionDenied", "no"), refuse(403, "PermissionDenied", "no"), set("scheduling", "i-1"),
			refuse(403, "PermissionDenied", "no"), set("active", "i-1")}, "active", "[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s]"},
		"forbidden and absent in turns": {[]reply{refuse(403, "PermissionDenied", "no"), gone, refuse(403, "PermissionDenied", "no"), gone, refuse(403, "PermissionDenied", "no"), gone,
			refuse(403, "PermissionDenied", "no"), set("active", "i-1")}, "active", "[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s 1.580246912s 2.106995883s]"},
		"another in its place": {[]reply{set("active", "i-2"), set("active", "i-1")}, "active", "[1s 500ms]"},
		"not trusted": {[]reply{{Err: x509.UnknownAuthorityError{}}},
			"waiting for instance i-1 to be active: kec DescribeInstances: kec.api.ksyun.com: x509: certificate signed by unknown authority", "[1s]"},
		"not found by a gateway": {[]reply{{Status: 404, Body: "<html>"}},
			"waiting for instance i-1 to be active: DescribeInstances: answered with HTML, not JSON (HTTP 404)", "[1s 500ms 500ms 666.666666ms 888.888888ms 1.185185184s]"},
		"not found for a moment": {[]reply{{Status: 404, Body: "<html>"}, set("active", "i-1")}, "active", "[1s 500ms]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clk := client(t, of(tc.replies...), ksyun.WithRetries(0, 0, 0))
			in, err := c.WaitActive(t.Context(), "i-1")
			got := fmt.Sprint(err)
			if err == nil {
				got = in.State
			}
			equal(t, "result", got, tc.want)
			equal(t, "waits", fmt.Sprint(clk.Slept), tc.waits)
		})
	}
}

func TestWaitActive_launchErrors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replies []reply
		kind    LaunchFailure
		state   string
		seen    bool
	}{
		"error":    {[]reply{set("error", "i-1")}, EndedInError, "error", true},
		"broken":   {[]reply{set("building", "i-1"), set("Build_Error", "i-1")}, EndedInError, "Build_Error", true},
		"deleted":  {[]reply{set("building", "i-1"), set("deleted", "i-1")}, Vanished, "deleted", true},
		"vanished": {[]reply{set("spawning", "i-1"), set("")}, Vanished, "spawning", true},
		"never":    {[]reply{set("")}, NeverVisible, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, of(tc.replies...))
			_, err := c.WaitActive(t.Context(), "i-1")
			e, is := errors.AsType[*LaunchError](err)
			if !is {
				t.Fatalf("got %v", err)
			}
			equal(t, "kind", e.Kind, tc.kind)
			equal(t, "state", e.State, tc.state)
			equal(t, "id", e.InstanceID, "i-1")
			equal(t, "seen", e.Last != nil, tc.seen)
		})
	}
}

// A machine that was shown once and then not is not gone before it is two minutes old, because a
// view that lags may hide it; one that a view shows meanwhile is there.
func TestWaitActive_vanished(t *testing.T) {
	t.Parallel()
	c, clk := client(t, of(set("scheduling", "i-1"), set("")))
	start := clk.Now()
	_, err := c.WaitActive(t.Context(), "i-1")
	equal(t, "error", fmt.Sprint(err), "instance i-1 vanished before it became active (last state: scheduling)")
	if took := clk.Now().Sub(start); took < 2*time.Minute+time.Second || took > 2*time.Minute+maxPause+time.Second {
		t.Errorf("after %s", took)
	}

	c, clk = client(t, of(append(append([]reply{set("scheduling", "i-1")}, repeated(set(""), 28)...), set("active", "i-1"))...))
	start = clk.Now()
	in, err := c.WaitActive(t.Context(), "i-1")
	equal(t, "found in the end", in != nil && err == nil, true)
	equal(t, "after", clk.Now().Sub(start).Round(time.Second), 115*time.Second)
}

// A machine that is shown all the time is looked up once at a time, however old it grows.
func TestWaitActive_slow(t *testing.T) {
	t.Parallel()
	s := &script{}
	c, clk := client(t, s)
	start := clk.Now()
	s.Answer = func(int, sent) reply {
		if clk.Now().Sub(start) < 3*time.Minute {
			return set("building", "i-1")
		}
		return set("active", "i-1")
	}
	_, err := c.WaitActive(t.Context(), "i-1")
	equal(t, "error", err, nil)
	equal(t, "look-ups", len(s.Got), len(clk.Slept))
}

// Two minutes of successful look-ups say that it will not come; time without an answer says
// nothing.
func TestWaitActive_neverVisible(t *testing.T) {
	t.Parallel()
	s := of(set(""))
	c, clk := client(t, s)
	start := clk.Now()
	_, err := c.WaitActive(t.Context(), "i-1")
	equal(t, "error", fmt.Sprint(err), "instance i-1 never became visible")
	if took := clk.Now().Sub(start); took < 2*time.Minute+time.Second || took > 2*time.Minute+maxPause+time.Second {
		t.Errorf("after %s", took)
	}

	s = &script{}
	c, clk = client(t, s, ksyun.WithRetries(0, 0, 0))
	start = clk.Now()
	s.Answer = func(int, sent) reply {
		if clk.Now().Sub(start) < 10*time.Minute {
			return reply{Status: 502}
		}
		return set("")
	}
	_, err = c.WaitActive(t.Context(), "i-1")
	equal(t, "error", fmt.Sprint(err), "instance i-1 never became visible")
	equal(t, "after an outage", clk.Now().Sub(start) >= 12*time.Minute, true)

	// A clock that stands still does not wait for ever.
	c, clk = client(t, of(set("")))
	at := clk.Now()
	clk.LocalNow = func() time.Time { return at }
	_, err = c.WaitActive(t.Context(), "i-1")
	equal(t, "error", fmt.Sprint(err), "instance i-1 never became visible")
}

func TestWaits_endWithTheContext(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		last reply
		want string
	}{
		"starting": {set("scheduling", "i-1"), "instance i-1 is not active after 2s: its last state was scheduling (interrupted)"},
		"failing": {refuse(500, "INTERNAL_FAILURE", "x"), "instance i-1 is not active after 2s: its last state was scheduling; the last call failed: " +
			"kec DescribeInstances: gave up after 1 try in 0s: DescribeInstances: INTERNAL_FAILURE: x (request id req-1, HTTP 500) (interrupted)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			s := &script{}
			s.Answer = func(n int, _ sent) reply {
				if n == 2 {
					cancel()
					return tc.last
				}
				return set("scheduling", "i-1")
			}
			c, clk := client(t, s, ksyun.WithRetries(0, 0, 0))
			if name == "failing" {
				s.Answer = func(n int, _ sent) reply {
					if n == 2 {
						return tc.last
					}
					return set("scheduling", "i-1")
				}
				clk.LocalSleep = func(ctx context.Context, d time.Duration) error {
					if d == 2*time.Second/3 {
						cancel()
						<-ctx.Done()
					}
					return clk.Sleep(ctx, d)
				}
			}
			_, err := c.WaitActive(ctx, "i-1")
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "cancelled", errors.Is(err, context.Canceled), true)
			e, _ := errors.AsType[*WaitError](err)
			if e == nil || e.InstanceID != "i-1" || e.State != "scheduling" || e.Waited != 2*time.Second {
				t.Errorf("got %#v", e)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	c, _ := client(t, of(set("active", "i-1")))
	_, err := c.WaitState(ctx, "i-1", "gone")
	equal(t, "error", fmt.Sprint(err), "instance i-1 is not gone after 0s: it was never seen (the time is up)")
}
