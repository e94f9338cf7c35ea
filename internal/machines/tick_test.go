package machines

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// ticking is a client in a bubble, whose time is that of the test.
func ticking(t *testing.T, s *script) testClient {
	t.Helper()
	c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(s), ksyun.WithRate(0), ksyun.WithRetries(0, 0, 0), withoutBatching(), ksyun.WithRandom(func() float64 { return 0 }, nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// All waits look when the first of them wants to, whoever came first. A wait that is alone looks
// when it wants to.
func TestTick_together(t *testing.T) {
	t.Parallel()
	const s = time.Second
	type waiter struct{ comes, pauses, cancelled time.Duration }
	for name, tc := range map[string]struct {
		waiters []waiter
		want    string // when each goes on
	}{
		"one":                       {[]waiter{{0, 2 * s, 0}}, "2s"},
		"the second wants it first": {[]waiter{{0, 5 * s, 0}, {s, s, 0}}, "2s 2s"},
		"the first wants it first":  {[]waiter{{0, 2 * s, 0}, {s, 5 * s, 0}}, "2s 2s"},
		"one after the other":       {[]waiter{{0, 5 * s, 0}, {s, s, 0}, {3 * s, 4 * s, 0}}, "2s 2s 7s"},
		"one of them leaves":        {[]waiter{{0, 2 * s, s}, {500 * time.Millisecond, 5 * s, 0}}, "context canceled 2s"},
		"all of them leave":         {[]waiter{{0, 4 * s, s}, {3 * s, 5 * s, 0}}, "context canceled 8s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := ticking(t, of(set("")))
				start := time.Now()
				got := make([]string, len(tc.waiters))
				var all sync.WaitGroup
				for i, w := range tc.waiters {
					all.Go(func() {
						ctx, cancel := context.WithCancel(t.Context())
						defer cancel()
						if w.cancelled > 0 {
							time.AfterFunc(w.cancelled, cancel)
						}
						time.Sleep(w.comes)
						err := c.tick.pause(ctx, w.pauses)
						if got[i] = time.Since(start).String(); err != nil {
							got[i] = err.Error()
						}
					})
				}
				all.Wait()
				equal(t, "go on", strings.Join(got, " "), tc.want)
				time.Sleep(time.Minute) // nothing of it is left to happen
				c.tick.mu.Lock()
				defer c.tick.mu.Unlock()
				equal(t, "nobody waits", fmt.Sprint(len(c.tick.waiting), c.tick.stop == nil), "0 true")
			})
		})
	}
}

// After a quick begin there is one look a second, whoever wants to look more often; who has rested
// may be quick again.
func TestTick_limit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := ticking(t, of(set("")))
		looks := func(n int) string {
			var gaps []string
			for range n {
				before := time.Now()
				equal(t, "error", c.tick.pause(t.Context(), 100*time.Millisecond), nil)
				gaps = append(gaps, time.Since(before).Round(time.Millisecond).String())
			}
			return strings.Join(gaps, " ")
		}
		equal(t, "at first", looks(8), "100ms 100ms 100ms 100ms 100ms 600ms 1s 1s")
		time.Sleep(2 * time.Second)
		equal(t, "after two seconds", looks(4), "100ms 100ms 800ms 1s")
		time.Sleep(time.Hour)
		equal(t, "after an hour", looks(7), "100ms 100ms 100ms 100ms 100ms 600ms 1s")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		equal(t, "cancelled", c.tick.pause(ctx, time.Second), context.Canceled)
	})
}

// The projects of the account are asked for once in half a minute, by whoever comes first. That
// they cannot be had is remembered as long; a look that its caller has ended says nothing.
func TestAccountProjects(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  string
	}{"had": {oneProject, "[0]"}, "not had": {denied, "[]"}} {
		s := of(tc.reply)
		c, clk := client(t, s)
		for _, step := range []struct {
			after    time.Duration
			requests int
		}{{0, 1}, {30 * time.Second, 1}, {1, 2}, {30 * time.Second, 2}, {-61 * time.Second, 3}} {
			clk.At = clk.At.Add(step.after)
			equal(t, name, fmt.Sprint(c.accountProjects(t.Context())), tc.want)
			equal(t, fmt.Sprint(name, ": requests after ", step.after), len(s.Got), step.requests)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := &script{Answer: func(int, sent) reply { cancel(); return reply{Err: context.Canceled} }}
	c, _ := client(t, s)
	equal(t, "ended", len(c.accountProjects(ctx)), 0)
	s.Answer = func(int, sent) reply { return oneProject }
	equal(t, "the next one asks", fmt.Sprint(c.accountProjects(t.Context()), len(s.Got)), "[0] 2")

	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		c := ticking(t, s)
		var all sync.WaitGroup
		s.Answer = func(int, sent) reply { return oneProject }
		c.reach.turn <- struct{}{} // somebody asks
		for range 3 {
			all.Go(func() { equal(t, "projects", fmt.Sprint(c.accountProjects(t.Context())), "[0]") })
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		equal(t, "who cannot wait", len(c.accountProjects(ctx)), 0)
		equal(t, "requests meanwhile", len(s.Got), 0)
		<-c.reach.turn
		all.Wait()
		equal(t, "requests", len(s.Got), 1)
	})
}

// A machine that was launched, and is not shown, is given two minutes of its age where it was seen,
// and two minutes of absence where it was not.
func TestPoll_pastLag(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		seen        bool
		age, absent time.Duration
		want        bool
	}{
		{true, 2 * time.Minute, time.Minute, true}, {true, 2*time.Minute - 1, 0, false}, {false, 2 * time.Minute, 0, true}, {false, 2*time.Minute - 1, 0, false},
		{false, 3 * time.Minute, time.Minute, true}, {false, 3*time.Minute - 1, time.Minute, false},
	} {
		c, clk := client(t, of(set("")))
		p := c.newPoll("i-1", "active")
		clk.At = clk.At.Add(tc.age)
		equal(t, fmt.Sprintf("%+v", tc), p.pastLag(tc.seen, tc.absent), tc.want)
		c.RememberLaunch("i-1", clk.Now().Add(-time.Hour))
		equal(t, fmt.Sprintf("%+v of an old one", tc), p.pastLag(tc.seen, tc.absent), tc.want || tc.seen)
	}
}

// A second launch is looked at when the first one has become active, and so is a second deletion.
func TestWaits_learn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		c := ticking(t, s)
		var start time.Time
		var looks []string
		s.Answer = func(_ int, one sent) reply {
			looks = append(looks, time.Since(start).Round(10*time.Millisecond).String())
			if time.Since(start) >= 6*time.Second {
				return set("active", "i-1")
			}
			if time.Since(start) < 2*time.Second {
				return set("")
			}
			return set("building", "i-1")
		}
		for _, want := range []string{"1s 1.5s 2s 2.67s 3.56s 4.74s 6.32s", "5s 6.22s", "5s 6.21s"} {
			start, looks = time.Now(), nil
			_, err := c.WaitActive(t.Context(), "i-1")
			equal(t, "error", err, nil)
			equal(t, "looks", strings.Join(looks, " "), want)
			time.Sleep(time.Hour)
		}
	})
}

// Tags that are asked for while a list is under way wait for it, and bring those of the neighbours;
// two that go out together are asked for alone where one of them is refused.
func TestRefreshTags_together(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(3)
		c := ticking(t, &b.script)
		c.refresh.listAfter = 0
		b.odd = func(what string) *reply {
			if strings.HasPrefix(what, "list") {
				time.Sleep(time.Second)
			}
			return nil
		}
		var all sync.WaitGroup
		all.Go(func() {
			_, err := c.Refresh(t.Context(), "i-1", nil)
			equal(t, "error", err, nil)
		})
		synctest.Wait()
		tags, err := c.RefreshTags(t.Context(), "i-2")
		all.Wait()
		equal(t, "tags", fmt.Sprint(tags, err), "map[of:i-2] <nil>")
		equal(t, "asked", b.asked[len(b.asked)-1], "tags i-2,i-1,i-3")
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBooks(3)
		c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(&b.script), ksyun.WithRate(0))
		if err != nil {
			t.Fatal(err)
		}
		bad := refuse(400, "InstanceIdInvalid", "i-2")
		b.odd = func(what string) *reply {
			if strings.Contains(what, "i-2") {
				return &bad
			}
			return nil
		}
		var all sync.WaitGroup
		for id, want := range map[string]string{"i-1": "map[of:i-1] <nil>", "i-2": "map[] ListTagsByResourceIds: InstanceIdInvalid: i-2 (request id req-1, HTTP 400)"} {
			all.Go(func() {
				tags, err := c.RefreshTags(t.Context(), id)
				equal(t, id, fmt.Sprint(tags, err), want)
			})
		}
		all.Wait()
		equal(t, "requests", len(b.asked), 3)
	})
}

// A refusal for the state is waited out. Another look-up that shows nothing new leaves its state in
// the error, and so does one that fails.
func TestUntilReady_saysTheLastState(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := of(set("rebooting", "i-1"))
	c, _ := client(t, s)
	calls := 0
	err := c.UntilReady(ctx, "i-1", func() error {
		if calls++; calls == 3 {
			cancel()
		}
		return &ksyun.Error{Action: "AttachKey", Code: "InstanceStateNotSupported", Status: 400}
	})
	equal(t, "error", fmt.Sprint(err), "instance i-1 is not ready for the change after 3s: its last state was rebooting; the last call failed: "+
		"AttachKey: InstanceStateNotSupported (HTTP 400) (interrupted)")
	equal(t, "is the context's", errors.Is(err, context.Canceled), true)
	equal(t, "look-ups", len(s.Got), 2)
}

// KEC's time is asked for by a look-up of the machine, or of the zones where there is none yet.
func TestServiceTime_asksForWhatThereIs(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"i-1": "DescribeInstances", "": "DescribeAvailabilityZones"} {
		s := of(refuse(400, "Odd", "no"))
		c, _ := client(t, s)
		for range 2 {
			c.ServiceTime(t.Context(), id)
		}
		equal(t, id, fmt.Sprint(s.Got[0].Action, len(s.Got)), want+"1")
	}
	synctest.Test(t, func(t *testing.T) {
		c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(step(never)))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		c.ServiceTime(t.Context(), "")
		equal(t, "for at most", time.Since(start), 5*time.Second)
	})
}
