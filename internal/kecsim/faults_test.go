package kecsim

import (
	"math"
	"strings"
	"testing"
)

// played writes down n calls of an action: "x" for one that failed, "." for one that did not.
func (c *caller) played(n int, action string) string {
	c.t.Helper()
	var out strings.Builder
	for range n {
		if c.kec(action).Status == 200 {
			out.WriteByte('.')
		} else {
			out.WriteByte('x')
		}
	}
	return out.String()
}

func TestFailShare_isTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	story := func(seed uint64) string {
		sim, me := newWorld(t)
		sim.Seed(seed)
		sim.FailShare("DescribeRegions", Throttled, 0.25)
		same(t, "another action", me.played(5, "DescribeImages"), ".....")
		return me.played(40, "DescribeRegions")
	}
	same(t, "seed 7", story(7), "..xx..x.......x..x.x.....x.x...xx.....xx")
	same(t, "seed 7 again", story(7), "..xx..x.......x..x.x.....x.x...xx.....xx")
	same(t, "seed 8", story(8), "...x....x....x...x...........x.......x..")
}

func TestFailShare_ofEverythingAndOfNothing(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailShare("*", Throttled, 0)
	same(t, "none", me.played(20, "DescribeRegions"), strings.Repeat(".", 20))
	sim.FailShare("*", Throttled, 1)
	same(t, "all", me.played(20, "DescribeRegions"), strings.Repeat("x", 20))
	sim.ClearFaults()
	same(t, "cleared", me.played(20, "DescribeRegions"), strings.Repeat(".", 20))
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was accepted", share)
				}
			}()
			sim.FailShare("*", Throttled, share)
		}()
	}
}

func TestFailShare_severalAndLimitedOnes(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailShareAtMost("DescribeRegions", Denied, 1, 2)
	sim.FailShare("*", ServiceUnavailable, 1)
	sim.FailNext("DescribeRegions", Throttled, 1) // given last, and yet the first
	for _, want := range []string{"RequestLimitExceeded", "PermissionDenied", "PermissionDenied", "ServiceUnavailable", "ServiceUnavailable"} {
		same(t, "code", me.kec("DescribeRegions").code(), want)
	}
	same(t, "another action", me.kec("DescribeImages").code(), "ServiceUnavailable")
}

func TestControl_scriptsShares(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	post := func(body string) {
		t.Helper()
		if status, answer := control(t, sim, "POST", "fault", body); status != 200 {
			t.Fatalf("%s: %d %s", body, status, answer)
		}
	}
	post(`{"action":"DescribeRegions","share":0.25,"seed":7,"name":"Throttled"}`)
	same(t, "as from Go", me.played(40, "DescribeRegions"), "..xx..x.......x..x.x.....x.x...xx.....xx")
	post(`{"action":"*","share":1,"times":3,"code":"Odd","message":"m"}`)
	post(`{"action":"RunInstances","times":1,"name":"Denied"}`)
	me.kec("DescribeImages").refused(400, "Odd")
	_, shown := control(t, sim, "GET", "faults", "")
	same(t, "faults", strings.TrimSpace(shown), `[{"action":"DescribeRegions","share":0.25,"name":"Throttled"},`+
		`{"action":"*","share":1,"left":2,"status":400,"code":"Odd","message":"m"},`+
		`{"action":"RunInstances","left":1,"name":"Denied"}]`)
	post(`{"clear":true}`)
	same(t, "cleared", me.played(20, "DescribeRegions"), strings.Repeat(".", 20))
	for body, want := range map[string]string{
		`{"action":"X","share":0,"name":"Denied"}`:            "share",
		`{"action":"X","share":1.5,"name":"Denied"}`:          "share",
		`{"action":"X","times":1,"seed":1,"name":"Denied"}`:   "seed",
		`{"action":"X","share":1,"times":-1,"name":"Denied"}`: "times",
		`{"share":1,"name":"Denied"}`:                         "action",
		`{"clear":true,"seed":1}`:                             "clear",
	} {
		status, answer := control(t, sim, "POST", "fault", body)
		if status != 400 || !strings.Contains(answer, want) {
			t.Errorf("%s: got %d %s, want 400 with %q", body, status, answer, want)
		}
	}
}
