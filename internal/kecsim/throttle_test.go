package kecsim

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestThrottle_isABucketOnTheWorldsClock(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Throttle(10, 3)
	same(t, "the burst, and no more", me.Played(5, "DescribeRegions"), "...xx")
	sim.Advance(99 * time.Millisecond)
	same(t, "not quite a token", me.Played(1, "DescribeImages"), "x")
	sim.Advance(time.Millisecond)
	same(t, "one token", me.Played(2, "DescribeImages"), ".x")
	sim.Advance(250 * time.Millisecond)
	same(t, "two and a half", me.Played(3, "DescribeRegions"), "..x")
	sim.Advance(50 * time.Millisecond)
	same(t, "the other half", me.Played(2, "DescribeRegions"), ".x")
	sim.Advance(time.Hour)
	same(t, "full, and no more", me.Played(4, "DescribeRegions"), "...x")
	same(t, "refused", sim.Overview().Throttle.Refused, 7)
	same(t, "calls", sim.Count("DescribeRegions")+sim.Count("DescribeImages"), 17)
	sim.Throttle(0, 0)
	same(t, "lifted", me.Played(20, "DescribeRegions"), strings.Repeat(".", 20))
	sim.Throttle(10, 1)
	for range 100 { // a caller who keeps to the rate is never refused
		sim.Advance(100 * time.Millisecond)
		same(t, "in time", me.Played(1, "DescribeRegions"), ".")
	}
	same(t, "refused", sim.Overview().Throttle.Refused, 7)
}

func TestThrottle_doesNothing(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailNext("RunInstances", Denied, 1)
	sim.Throttle(1, 1)
	me.KEC("DescribeRegions").OK()
	a := me.KEC("RunInstances", spot()...)
	a.Refused(503, "RequestLimitExceeded")
	same(t, "type", a.JSON["Error"].(map[string]any)["Type"], any("Receiver"))
	same(t, "instances", len(sim.Instances()), 0)
	last := sim.Calls()[1]
	same(t, "on record", last.Action+" "+last.Code, "RunInstances RequestLimitExceeded")
	sim.Advance(time.Second)
	me.KEC("RunInstances", spot()...).Refused(403, "PermissionDenied") // the fault is still there
	// A call that is not well signed, or not well formed, takes no token.
	sim.Advance(time.Second)
	other := *me.Client
	other.Secret = "wrong"
	other.KEC("DescribeRegions").Refused(403, "SignatureDoesNotMatch")
	me.KEC("DescribeRegions", "Colour", "red").Refused(400, "InvalidParameter")
	me.KEC("DescribeRegions").OK()
}

func TestThrottle_spellings(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Throttle(1, 1)
	me.KEC("DescribeRegions").OK()
	for _, c := range []struct {
		fault  Fault
		status int
		code   string
		after  string
	}{
		{Throttling, 400, "Throttling", ""},
		{ThrottlingException, 400, "ThrottlingException", ""},
		{TooManyRequests, 429, "", ""},
		{BandwidthExceeded, 509, "", ""},
		{ThrottledRetryAfter, 503, "RequestLimitExceeded", "2"},
		{Throttled, 503, "RequestLimitExceeded", ""},
	} {
		sim.Spelling(c.fault)
		a := me.KEC("DescribeRegions")
		same(t, "status", a.Status, c.status)
		same(t, "code", a.Code(), c.code)
		same(t, "retry after", a.Header.Get("Retry-After"), c.after)
	}
	for name, wrong := range map[string]func(){
		"lost":    func() { sim.Spelling(AnswerLost) },
		"reset":   func() { sim.Spelling(ConnectionReset) },
		"late":    func() { sim.Spelling(SlowToAct) },
		"cut":     func() { sim.Spelling(Fault{Status: 503, Cut: 1}) },
		"done":    func() { sim.Spelling(InternalFailureAfter) },
		"later":   func() { sim.Spelling(GatewayDoneLater) },
		"no rate": func() { sim.Throttle(math.NaN(), 1) },
		"below 0": func() { sim.Throttle(-1, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was accepted", name)
				}
			}()
			wrong()
		}()
	}
}
