package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestWaitState(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replies []reply
		state   string
		want    string // the error, or the state
		waits   string
	}{
		"at once":    {[]reply{set("active", "i-1")}, "active", "active", "[]"},
		"other case": {[]reply{set("Stopped", "i-1")}, "stopped", "Stopped", "[]"},
		"later": {[]reply{set("active", "i-1"), set("stopping", "i-1"), set("some_new_word", "i-1"), set("", "i-1"), set("updating_password", "i-1"), set("x", "i-1"),
			set("deleting", "i-1"), set("stopped", "i-1")}, "stopped", "stopped", "[1s 2s 3s 4s 5s 5s 5s]"},
		"failing look-ups": {[]reply{refuse(500, "INTERNAL_FAILURE", "x"), {Err: io.EOF}, ok(`{}`), ok("<html>"), {Status: 429}, refuse(400, "InstanceIdInvalid", "x"),
			set("active", "i-1")}, "active", "active", "[1s 2s 3s 4s 5s 5s]"},
		"error state": {[]reply{set("stopping", "i-1"), set("Error", "i-1")}, "stopped",
			"instance i-1 will not be stopped: its state is Error", "[1s]"},
		"wanted error":        {[]reply{set("error", "i-1")}, "error", "error", "[]"},
		"gone":                {[]reply{set("stopping", "i-1"), set("")}, "stopped", "instance i-1: KEC does not hold it", "[1s 1s]"},
		"never there":         {[]reply{set("")}, "active", "instance i-1: KEC does not hold it", "[1s]"},
		"hidden for a moment": {[]reply{set("stopping", "i-1"), set(""), set("stopped", "i-1")}, "stopped", "stopped", "[1s 1s]"},
		"hidden, then no proof": {[]reply{set(""), {Err: io.EOF}, set(""), ok(`{}`), set("active", "i-1")}, "active", "active",
			"[1s 2s 1s 3.372281323s]"},
		"forbidden": {[]reply{set("stopping", "i-1"), refuse(403, "PermissionDenied", "no")}, "stopped",
			"waiting for instance i-1 to be stopped: DescribeInstances: PermissionDenied: no (request id req-1, HTTP 403)", "[1s 2s 3s]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clk := client(t, of(tc.replies...), ksyun.WithRetries(0, 0, 0))
			in, err := c.WaitState(t.Context(), "i-1", tc.state)
			got := fmt.Sprint(err)
			if err == nil {
				got = in.State
			} else if in != nil {
				t.Errorf("an instance beside %v", err)
			}
			equal(t, "result", got, tc.want)
			equal(t, "waits", fmt.Sprint(clk.Slept), tc.waits)
			equal(t, "gone", errors.Is(err, ErrGone), tc.want == "instance i-1: KEC does not hold it")
		})
	}
	c, _ := client(t, of(set("error", "i-1")))
	_, err := c.WaitState(t.Context(), "i-1", "active")
	e, _ := errors.AsType[*StateError](err)
	if e == nil || e.InstanceID != "i-1" || e.Goal != "active" || e.State != "error" {
		t.Errorf("got %#v", err)
	}
	if _, err := c.WaitState(t.Context(), "", "active"); !errors.Is(err, kec.ErrEmptyID) {
		t.Errorf("got %v", err)
	}
}

func TestWaitState_inAProject(t *testing.T) {
	t.Parallel()
	project := int64(42)
	s := of(set("stopped", "i-1"))
	c, _ := client(t, s)
	if _, err := c.WaitState(t.Context(), "i-1", "stopped", &project); err != nil {
		t.Fatal(err)
	}
	equal(t, "project", s.Got[0].Form.Get("ProjectId.1"), "42")
}

func TestWaitState_endsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := of(set("stopping", "i-1"), refuse(500, "INTERNAL_FAILURE", "x"))
	c, clk := client(t, s, ksyun.WithRetries(0, 0, 0))
	clk.LocalSleep = func(ctx context.Context, d time.Duration) error {
		if d == 3*time.Second {
			cancel()
			<-ctx.Done()
		}
		return clk.Sleep(ctx, d)
	}
	_, err := c.WaitState(ctx, "i-1", "stopped")
	equal(t, "error", fmt.Sprint(err), "instance i-1 is not stopped after 3s: its last state was stopping; the last call failed: "+
		"kec DescribeInstances: gave up after 1 try in 0s: DescribeInstances: INTERNAL_FAILURE: x (request id req-1, HTTP 500) (interrupted)")
	e, _ := errors.AsType[*WaitError](err)
	if e == nil || e.Goal != "stopped" || e.State != "stopping" || e.LastErr == nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %#v", err)
	}

	// While the proof of an absence is pending, too.
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	c, _ = client(t, &script{Answer: func(int, sent) reply { cancel(); return set("") }})
	_, err = c.WaitState(ctx, "i-1", "active")
	equal(t, "error", fmt.Sprint(err), "instance i-1 is not active after 0s: it was never seen (interrupted)")
	equal(t, "gone", errors.Is(err, ErrGone), false)
}
