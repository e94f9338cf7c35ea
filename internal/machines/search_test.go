package machines

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A list proves nothing where it counts more than it shows, or shows what has no id.
func TestSearch_lookProvesNothing(t *testing.T) {
	t.Parallel()
	const nothing = "[] DescribeInstances has shown %d of %d instances: that proves nothing"
	shown := `{"InstanceId":"i-1","CreationDate":"2026-03-02T09:00:00Z"}`
	for body, want := range map[string]string{
		`{"InstanceCount":1,"InstancesSet":[` + shown + `]}`:    "[] <nil>",
		`{"InstanceCount":0,"InstancesSet":[]}`:                 "[] <nil>",
		`{"InstancesSet":[` + shown + `]}`:                      "[] <nil>",
		`{"InstanceCount":1,"InstancesSet":[` + shown + `,{}]}`: fmt.Sprintf(nothing, 1, 1),
		`{"InstanceCount":2,"InstancesSet":[` + shown + `,{}]}`: fmt.Sprintf(nothing, 1, 2),
		`{"InstanceCount":2,"InstancesSet":[` + shown + `]}`:    fmt.Sprintf(nothing, 1, 2),
	} {
		s := &script{Answer: func(_ int, one sent) reply {
			if one.Action == "ListTagsByResourceIds" {
				return ok(`{"Tags":[{"ResourceUuid":"i-1","TagKey":"a","TagValue":"b"}]}`)
			}
			return ok(body)
		}}
		c, _ := client(t, s)
		found, err := c.newSearch(order()).look(t.Context())
		equal(t, body, fmt.Sprint(found, " ", err), want)
	}
	seven := int64(7)
	equal(t, "projects", fmt.Sprint(projectOf(nil), projectOf(&seven)), "0 7")
}

// There is certainly none only after two looks in a row that succeed, the last one after the time:
// one that has failed just before it is followed by another.
func TestSearch_theLastLooks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		hand  bool // an untagged one that may be it
		bad   int  // the look that fails, as that of a client which may not look
		looks int
		after time.Duration
	}{
		"all succeed":                  {false, 0, 20, 90 * time.Second},
		"the last but one fails":       {false, 19, 21, 95 * time.Second},
		"the last one fails":           {false, 20, 22, 100 * time.Second},
		"one before fails":             {false, 18, 20, 90 * time.Second},
		"one may be it":                {true, 0, 20, 90 * time.Second},
		"one may be it, and one fails": {true, 19, 21, 95 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := newCloud(t, drops)
			if tc.hand {
				k.machines = append(k.machines, machine{id: "hand"})
			}
			k.look = func(n int) *reply {
				if n == tc.bad {
					return &denied
				}
				return nil
			}
			s := c.newSearch(withLaunchTag(order(), "m"))
			start := k.clk.Now()
			found, err := s.untilFound(t.Context())
			equal(t, "found", len(found), 0)
			equal(t, "in doubt", err != nil, tc.hand)
			equal(t, "looks", k.looked, tc.looks)
			equal(t, "after", k.clk.Now().Sub(start), tc.after)
		})
	}
	k, c := newCloud(t, loses) // refusals that are not in a row end no search
	k.visible = 30 * time.Second
	k.look = func(n int) *reply {
		if n%2 == 1 {
			return &denied
		}
		return nil
	}
	l, err := c.Launch(t.Context(), order())
	equal(t, "refused now and then", fmt.Sprint(l.InstanceID, " ", err), "i-1 <nil>")

	k, c = newCloud(t, drops)
	k.look = func(int) *reply { r := ok(`{}`); return &r }
	start := k.clk.Now()
	_, err = c.newSearch(order()).untilFound(t.Context())
	equal(t, "error", fmt.Sprint(err), "the search for it failed to the last: DescribeInstances: the answer holds no InstancesSet (HTTP 200)")
	equal(t, "after", k.clk.Now().Sub(start), 120*time.Second)
}

// A launch that was searched for with success does not put the next one in question.
func TestLaunch_afterASearch(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, loses, accepts)
	for _, want := range []int{3, 3} {
		if _, err := c.Launch(t.Context(), order()); err != nil {
			t.Fatal(err)
		}
		if k.looked > want {
			t.Errorf("%d look-ups, want at most %d", k.looked, want)
		}
	}

	// Nor does one that KEC has not answered, once KEC answers: one look tells.
	k, c = newCloud(t, fails, accepts)
	k.look = failing(k, time.Hour, reply{Status: 503})
	_, err := c.Launch(t.Context(), order())
	equal(t, "in an outage", errors.Is(err, ErrOutcomeUnknown), true)
	k.look, k.looked = nil, 0
	l, err := c.Launch(t.Context(), order())
	equal(t, "after it", fmt.Sprint(l.InstanceID, " ", err, k.looked), "i-2 <nil> 1")

	// The second request of an order of one may be the one that is found.
	_, c = newCloud(t, drops, loses)
	b, err := c.LaunchBatch(t.Context(), order())
	equal(t, "a batch of one", fmt.Sprint(b.IDs, " ", err), "[i-2] <nil>")
}

// An interrupt of the second request, which was not carried out, leaves the first one in doubt. One
// that has ended without an answer is as good as sent.
func TestLaunch_interruptedSecond(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		second play
		want   string // the id, or a part of the error
	}{
		"throttled": {throttle, "HTTP 503"},
		"refused":   {sellsOut, "RunInstances: ProductSellOutInvalid: sell out"},
		"accepted":  {accepts, "i-2"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		k, c := newCloud(t, drops)
		k.plays = append(k.plays, play{tc.second.commits, func(m machine) *reply {
			cancel()
			if tc.second.says == nil {
				r := ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-2"}]}`)
				return &r
			}
			return tc.second.says(m)
		}})
		l, err := c.Launch(ctx, order())
		got := l.InstanceID
		if err != nil {
			got = err.Error()
		}
		equal(t, name+": "+got, strings.Contains(got, tc.want), true)
		equal(t, name+": in doubt", errors.Is(err, ErrOutcomeUnknown), err != nil)
		equal(t, name+": requests", k.launched, 2)
		cancel()
	}
}

// The last caller to leave ends the work, unless the work ends by itself then; and waits for its
// end.
func TestSharedCall_theLastToLeave(t *testing.T) {
	t.Parallel()
	const s = time.Second
	type caller struct{ cancel, deadline time.Duration }
	for name, tc := range map[string]struct {
		callers []caller
		after   time.Duration
		err     error // of the work
	}{
		"cancelled":                       {[]caller{{s, 0}}, s, context.Canceled},
		"cancelled before its deadline":   {[]caller{{s, 5 * s}}, s, context.Canceled},
		"its deadline":                    {[]caller{{0, 2 * s}}, 2 * s, context.DeadlineExceeded},
		"the later deadline":              {[]caller{{0, 2 * s}, {0, 3 * s}}, 3 * s, context.DeadlineExceeded},
		"the later one leaves first":      {[]caller{{s, 5 * s}, {0, 2 * s}}, 2 * s, context.Canceled},
		"one without a deadline":          {[]caller{{s, 0}, {0, 2 * s}}, 2 * s, context.Canceled},
		"one without a deadline, at last": {[]caller{{3 * s, 0}, {0, 2 * s}}, 3 * s, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				call, start := newSharedCall(), time.Now()
				left := make(chan error, len(tc.callers))
				var contexts []context.Context
				for _, one := range tc.callers {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if one.deadline > 0 {
						ctx, cancel = context.WithTimeout(ctx, one.deadline)
						defer cancel()
					}
					if one.cancel > 0 {
						time.AfterFunc(one.cancel, cancel)
					}
					equal(t, "joins", call.join(ctx), true)
					contexts = append(contexts, ctx)
				}
				work, free := call.context(t.Context())
				defer free()
				go func() {
					<-work.Done()
					equal(t, "ends after", time.Since(start), tc.after)
					time.Sleep(s) // it takes its time to end
					close(call.done)
				}()
				for _, ctx := range contexts {
					go func() { left <- call.wait(ctx) }()
				}
				var last error
				for range contexts {
					last = <-left
				}
				equal(t, "the last one has its end", last, nil)
				equal(t, "and waits for it", time.Since(start), tc.after+s)
				equal(t, "the work's error", work.Err(), tc.err)
				equal(t, "nobody else joins", call.join(t.Context()), false)
			})
		})
	}
}

// The pages of a list that do not add up are read once more, and not for ever. An element without
// an id is one of those that are counted.
func TestList_pagesThatNeverAddUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		count    int
		elements []map[string]any
		found    int
		requests int
	}{
		"as many as counted": {3, spots(3), 3, 1},
		"one less":           {3, spots(2), 2, 4},
		"one without an id":  {3, append(spots(2), map[string]any{"ChargeType": "Spot"}), 2, 1},
	} {
		s := &script{Answer: func(_ int, one sent) reply {
			if one.Form.Get("Marker") != "0" {
				return asJSON(map[string]any{"InstanceCount": tc.count, "InstancesSet": []any{}})
			}
			return asJSON(map[string]any{"InstanceCount": tc.count, "InstancesSet": tc.elements})
		}}
		c, _ := client(t, s)
		ids, err := listed(t, c, Filter{Project: new(int64)}, 10)
		equal(t, name, fmt.Sprint(len(ids), " ", err), fmt.Sprint(tc.found, " <nil>"))
		equal(t, name+": requests", len(s.Got), tc.requests)
	}
}

// A deletion that was refused counts once a machine of unknown age has not shown for two minutes.
func TestTerminate_absentForTwoMinutes(t *testing.T) {
	t.Parallel()
	for name, shown := range map[string]time.Duration{"never shown": 0, "shown once": 100 * time.Second} {
		s := &script{}
		c, clk := client(t, s)
		start := clk.Now()
		s.Answer = func(_ int, one sent) reply {
			switch {
			case one.Action == "TerminateInstances":
				return refuse(400, "OrderStateNotSupported", "x")
			case clk.Now().Sub(start) < shown:
				return set("active", "i-1")
			}
			return set("")
		}
		p := c.newPoll("i-1", "gone")
		for !p.leftAnyway(t.Context(), nil) {
			clk.At = clk.At.Add(time.Second)
		}
		waited := clk.Now().Sub(start) - shown
		if waited < 2*time.Minute || waited > 2*time.Minute+8*time.Second {
			t.Errorf("%s: after %s", name, waited)
		}
		equal(t, name+": gone", p.gone, true)
	}
}
