package machines

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// told is how often TerminateInstances was called.
func told(s *script) (n int) {
	for _, one := range s.Got {
		if one.Action == "TerminateInstances" {
			n++
		}
	}
	return n
}

// terminating answers the n-th TerminateInstances and the n-th look-up with the n-th reply for it,
// and repeats the last ones.
func terminating(looks []reply, tells ...reply) *script {
	told, looked := 0, 0
	return &script{Answer: func(_ int, one sent) reply {
		if one.Action == "TerminateInstances" {
			told++
			return tells[min(told, len(tells))-1]
		}
		looked++
		return looks[min(looked, len(looks))-1]
	}}
}

func TestTerminate(t *testing.T) {
	t.Parallel()
	yes := ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":true}]}`)
	no := ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":false,"Message":"not now"}]}`)
	invalid := refuse(400, "InstanceIdInvalid", "x")
	alive, going, gone := set("active", "i-1"), set("deleting", "i-1"), set("")
	type looks = []reply
	for name, tc := range map[string]struct {
		s     *script
		want  string
		told  int
		waits time.Duration
	}{
		"done":                        {terminating(looks{gone}, yes), "<nil>", 1, 2 * time.Second},
		"on its way":                  {terminating(looks{going, going, gone}, yes), "<nil>", 1, 7 * time.Second},
		"slowly":                      {terminating(looks{alive, alive, going, gone}, yes), "<nil>", 1, 11 * time.Second},
		"refused, leaving":            {terminating(looks{going, going, gone}, no), "<nil>", 1, 4 * time.Second},
		"on its way for five minutes": {terminating(append(repeated(going, 62), gone), yes), "<nil>", 1, 5*time.Minute + 6*time.Second},
		"shown as deleted":            {terminating(looks{set("deleted", "i-1")}, yes), "<nil>", 1, 0},

		"accepted, look-ups fail": {terminating(looks{ok(`{}`), ok("<html>"), {Status: 502}, gone}, yes), "<nil>", 1, 7 * time.Second},
		"accepted, look-ups refused": {terminating(looks{denied}, yes),
			"waiting for instance i-1 to be gone: DescribeInstances: PermissionDenied: no (request id req-1, HTTP 403)", 1, 6 * time.Second},

		// What may pass by itself.
		"throttled once":          {terminating(looks{gone}, reply{Status: 429}, yes), "<nil>", 2, 2 * time.Second},
		"500 once":                {terminating(looks{gone}, refuse(500, "x", "x"), yes), "<nil>", 2, 2 * time.Second},
		"lost, throttled and 500": {terminating(looks{gone}, reply{Status: 429}, refuse(500, "x", "x"), reply{Err: io.EOF}, yes), "<nil>", 4, 2 * time.Second},
		"500 five times, alive": {terminating(looks{alive, gone}, refuse(500, "x", "x"), refuse(500, "x", "x"), refuse(500, "x", "x"), refuse(500, "x", "x"),
			refuse(500, "x", "x"), yes), "<nil>", 6, 3 * time.Second},
		"500, yet done":          {terminating(looks{alive, going, gone}, refuse(500, "x", "x")), "<nil>", 8, 3 * time.Second},
		"refused once":           {terminating(looks{alive, gone}, no, yes), "<nil>", 2, 3 * time.Second},
		"refused once with 400":  {terminating(looks{alive, gone}, refuse(400, "Odd", "x"), yes), "<nil>", 2, 3 * time.Second},
		"refused, look-ups fail": {terminating(looks{ok(`{}`), ok("<html>"), gone}, no, no, yes), "<nil>", 3, 5 * time.Second},
		"an answer about another": {terminating(looks{alive, gone}, ok(`{"InstancesSet":[{"InstanceId":"i-2","Return":true}]}`), yes),
			"<nil>", 2, 3 * time.Second},
		"order busy, then done": {terminating(looks{alive, alive, gone}, refuse(400, "CheckInstanceTradeStatusAndChargeTypeIsX", "x"),
			refuse(400, "OrderStateNotSupported", "x"), yes), "<nil>", 3, 5 * time.Second},
		"order busy for three minutes":  {&script{}, "<nil>", 0, 3*time.Minute + 2*time.Second},
		"accepted, and nothing happens": {terminating(append(append(looks{}, repeated(alive, 12)...), gone), yes), "<nil>", 2, 51 * time.Second},

		// What stands.
		"refused, alive": {terminating(looks{alive}, no), "instance i-1: TerminateInstances: not now (request id r, HTTP 200) (after 4 tries in 6s)", 4, 6 * time.Second},
		"invalid id, alive": {terminating(looks{alive}, invalid),
			"instance i-1: TerminateInstances: InstanceIdInvalid: x (request id req-1, HTTP 400) (after 4 tries in 6s)", 4, 6 * time.Second},
		"invalid id, not provable": {terminating(looks{ok(`{}`)}, invalid),
			"instance i-1: TerminateInstances: InstanceIdInvalid: x (request id req-1, HTTP 400) (after 4 tries in 6s)", 4, 6 * time.Second},
		"protected": {terminating(looks{alive}, refuse(400, "InstanceResourceProtected", "x")),
			"instance i-1: TerminateInstances: InstanceResourceProtected: x (request id req-1, HTTP 400)", 1, 0},
		"forbidden": {terminating(looks{alive}, refuse(403, "PermissionDenied", "x")),
			"instance i-1: TerminateInstances: PermissionDenied: x (request id req-1, HTTP 403)", 1, 0},
		"one-key shutdown": {terminating(looks{alive}, refuse(400, "DeleteVmNotSupportKeyShutDown", "x")),
			"instance i-1: TerminateInstances: DeleteVmNotSupportKeyShutDown: x (request id req-1, HTTP 400)", 1, 0},
		"not trusted": {terminating(looks{gone}, reply{Err: x509.UnknownAuthorityError{}}),
			"instance i-1: kec TerminateInstances: kec.api.ksyun.com: x509: certificate signed by unknown authority", 1, 0},
		"order busy for ever": {terminating(looks{alive}, refuse(400, "OrderStateNotSupported", "x")),
			"instance i-1: TerminateInstances: OrderStateNotSupported: x (request id req-1, HTTP 400) (after 123 tries in 10m0s)", 123, 10 * time.Minute},
		"down": {terminating(looks{{Status: 502}}, reply{Status: 502}),
			"instance i-1: kec TerminateInstances: gave up after 4 tries in 0s: TerminateInstances: answered with an empty body (HTTP 502)", 0, 0},

		// A refusal for an id that does not show proves nothing while it may be new.
		"invalid id, nowhere":         {terminating(looks{gone}, invalid), "<nil>", 1, 2*time.Minute + 2*time.Second},
		"invalid id, not visible yet": {terminating(append(append(looks{}, repeated(gone, 20)...), alive, gone), invalid, yes), "<nil>", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, clk := client(t, tc.s)
			start := clk.Now()
			if name == "order busy for three minutes" {
				tc.s.Answer = func(_ int, one sent) reply {
					switch done := clk.Now().Sub(start) >= 3*time.Minute; {
					case one.Action == "TerminateInstances" && done:
						return yes
					case one.Action == "TerminateInstances":
						return refuse(400, "OrderStateNotSupported", "x")
					case done:
						return gone
					}
					return alive
				}
			}
			err := c.Terminate(t.Context(), "i-1")
			if name == "down" { // for longer than anybody would wait
				equal(t, "error", strings.HasPrefix(fmt.Sprint(err), "instance i-1: kec TerminateInstances: "), true)
				return
			}
			equal(t, "error", fmt.Sprint(err), tc.want)
			if tc.told > 0 {
				equal(t, "told", told(tc.s), tc.told)
			}
			if tc.waits > 0 {
				equal(t, "waits", clk.Now().Sub(start).Round(time.Second), tc.waits)
			}
		})
	}
}

func repeated(r reply, n int) (all []reply) {
	for range n {
		all = append(all, r)
	}
	return all
}

// A deletion that KEC has refused counts when the instance is proven gone: at once for one that is
// known to be old, by its launch or by the date that was seen, and else after two minutes.
func TestTerminate_ofAnOldInstance(t *testing.T) {
	t.Parallel()
	born := func(at string) reply {
		return ok(fmt.Sprintf(`{"InstancesSet":[{"InstanceId":"i-1","CreationDate":%q,"InstanceState":{"Name":"active"}}]}`, at))
	}
	find := func(c testClient) { _, _ = c.Find(t.Context(), "i-1", nil) }
	for name, tc := range map[string]struct {
		shown reply
		know  func(testClient)
		waits time.Duration
	}{
		"launched long ago": {set(""), func(c testClient) { c.RememberLaunch("I-1", c.Now().Add(-2*time.Minute)) }, time.Second},
		"seen, old":         {born("2026-03-02T08:58:00Z"), find, time.Second},
		"seen, new":         {born("2026-03-02T08:59:50Z"), find, 116 * time.Second},
		"seen, of no age":   {set("active", "i-1"), find, 2*time.Minute + 2*time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.shown)
			c, clk := client(t, s)
			tc.know(c)
			s.Answer = terminating([]reply{set("")}, refuse(400, "InstanceIdInvalid", "x")).Answer
			start := clk.Now()
			equal(t, "error", fmt.Sprint(c.Terminate(t.Context(), "i-1")), "<nil>")
			equal(t, "waits", clk.Now().Sub(start).Round(time.Second), tc.waits)
		})
	}
}

func TestTerminate_endsWithTheContext(t *testing.T) {
	t.Parallel()
	alive := set("active", "i-1")
	for name, tc := range map[string]struct {
		s    *script
		want string
	}{
		"accepted": {terminating([]reply{alive}, ok(`{"InstancesSet":[{"InstanceId":"i-1","Return":true}]}`)),
			"instance i-1 is not gone after 6s: its last state was active (interrupted)"},
		"refused": {terminating([]reply{alive}, refuse(400, "OrderStateNotSupported", "x")),
			"instance i-1 is not gone after 6s: its last state was active; the last call failed: instance i-1: TerminateInstances: OrderStateNotSupported: x " +
				"(request id req-1, HTTP 400) (interrupted)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c, clk := client(t, tc.s)
			clk.LocalSleep = func(ctx context.Context, d time.Duration) error {
				if d == 4*time.Second {
					cancel()
					<-ctx.Done()
				}
				return clk.Sleep(ctx, d)
			}
			err := c.Terminate(ctx, "i-1")
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "cancelled", errors.Is(err, context.Canceled), true)
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, _ := client(t, of(alive))
	err := c.Terminate(ctx, "i-1")
	equal(t, "error", fmt.Sprint(err), "instance i-1: kec TerminateInstances: context canceled before anything was sent")
	equal(t, "cancelled", errors.Is(err, context.Canceled), true)
}

// A destroy of many is ten machines at a time. Once one of them is proven gone it is known when to
// look, and one look is enough for old ones; for new ones, and for any that is not known, it is
// two.
func TestTerminate_ofManyAsksLittle(t *testing.T) {
	t.Parallel()
	gone := map[string]time.Time{}
	s := &script{}
	c, clk := client(t, s)
	s.Answer = func(_ int, one sent) reply {
		id := one.Form.Get("InstanceId.1")
		switch {
		case one.Action == "TerminateInstances":
			gone[id] = clk.Now().Add(5 * time.Second)
			return ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"` + id + `","Return":true}]}`)
		case clk.Now().Before(gone[id]):
			return set("deleting", id)
		}
		return set("")
	}
	for _, one := range []struct {
		id   string
		age  time.Duration // -1 if it is not known
		asks int
	}{{"first", 0, 5}, {"old", time.Hour, 2}, {"new", time.Minute, 4}, {"unknown", -1, 3}} {
		if one.age >= 0 {
			c.RememberLaunch(one.id, clk.Now().Add(-one.age))
		}
		before := len(s.Got)
		if err := c.Terminate(t.Context(), one.id); err != nil {
			t.Fatal(err)
		}
		equal(t, "requests for the "+one.id+" one", len(s.Got)-before, one.asks)
		equal(t, "the "+one.id+" one is gone", clk.Now().Before(gone[one.id]), false)
	}
}
