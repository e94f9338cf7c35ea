package control

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestControl_showsAndClearsFaults(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	post := func(body string) { t.Helper(); me.post("fault", body) }
	faults := func() string {
		t.Helper()
		status, answer := me.Control("GET", "faults", "")
		same(t, "status", status, 200)
		return strings.TrimSpace(answer)
	}
	same(t, "at first", faults(), "[]")
	post(`{"action":"DescribeRegions","times":2,"name":"Throttled"}`)
	post(`{"action":"*","times":1,"name":"AnswerLost"}`)
	post(`{"action":"RunInstances","times":1,"name":"Denied","echo":true}`)
	post(`{"action":"RunInstances","times":3,"code":"Odd","message":"m"}`)
	post(`{"action":"RunInstances","times":1,"status":503,"body":"<html>","contentType":"text/html"}`)
	me.KEC("DescribeRegions").Refused(503, "RequestLimitExceeded")
	same(t, "scripted", faults(), `[{"action":"DescribeRegions","left":1,"name":"Throttled"},`+
		`{"action":"*","left":1,"name":"AnswerLost"},`+
		`{"action":"RunInstances","left":1,"name":"Denied","echo":true},`+
		`{"action":"RunInstances","left":3,"status":400,"code":"Odd","message":"m"},`+
		`{"action":"RunInstances","left":1,"status":503,"body":"<html>","contentType":"text/html"}]`)
	me.KEC("DescribeRegions").Refused(503, "RequestLimitExceeded")
	if strings.Contains(faults(), "Throttled") {
		t.Errorf("a fault that is used up is shown: %s", faults())
	}

	post(`{"clear":true}`)
	same(t, "cleared", faults(), "[]")
	me.KEC("DescribeRegions").OK()
	me.launch()
	post(`{"clear":true}`) // nothing to clear is no mistake
	post(`{"clear":false,"action":"DescribeRegions","times":1,"name":"EmptyObject"}`)
	same(t, "the next", faults(), `[{"action":"DescribeRegions","left":1,"name":"EmptyObject"}]`)
}

func TestControl_scriptsShares(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	post := func(body string) { t.Helper(); me.post("fault", body) }
	post(`{"action":"DescribeRegions","share":0.25,"seed":7,"name":"Throttled"}`)
	same(t, "as from Go", me.Played(40, "DescribeRegions"), "..xx..x.......x..x.x.....x.x...xx.....xx")
	post(`{"action":"*","share":1,"times":3,"code":"Odd","message":"m"}`)
	post(`{"action":"RunInstances","times":1,"name":"Denied"}`)
	me.KEC("DescribeImages").Refused(400, "Odd")
	_, shown := me.Control("GET", "faults", "")
	same(t, "faults", strings.TrimSpace(shown), `[{"action":"DescribeRegions","share":0.25,"name":"Throttled"},`+
		`{"action":"*","share":1,"left":2,"status":400,"code":"Odd","message":"m"},`+
		`{"action":"RunInstances","left":1,"name":"Denied"}]`)
	post(`{"clear":true}`)
	same(t, "cleared", me.Played(20, "DescribeRegions"), strings.Repeat(".", 20))
	for body, want := range map[string]string{
		`{"action":"X","share":0,"name":"Denied"}`:            "share",
		`{"action":"X","share":1.5,"name":"Denied"}`:          "share",
		`{"action":"X","times":1,"seed":1,"name":"Denied"}`:   "seed",
		`{"action":"X","share":1,"times":-1,"name":"Denied"}`: "times",
		`{"share":1,"name":"Denied"}`:                         "action",
		`{"clear":true,"seed":1}`:                             "clear",
	} {
		status, answer := me.Control("POST", "fault", body)
		if status != 400 || !strings.Contains(answer, want) {
			t.Errorf("%s: got %d %s, want 400 with %q", body, status, answer, want)
		}
	}
}

func TestControl_scriptsEveryKindOfFault(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	for _, name := range slices.Sorted(maps.Keys(namedFaults)) {
		if !strings.Contains(help, name) {
			t.Errorf("the help does not name %s", name)
		}
		sim.ClearFaults()
		status, answer := me.Control("POST", "fault", `{"action":"RunInstances","times":1,"name":"`+name+`"}`)
		same(t, name+": "+answer, status, 200)
		same(t, name, sim.Faults()[0].Fault, namedFaults[name])
	}
	for body, shown := range map[string]string{
		`"slow":"1m30s"`: `"slow":"1m30s"`,
		`"slow":"2s","after":true,"dropAfter":true`: `"after":true,"dropAfter":true,"slow":"2s"`,
		`"reset":true`:                  `"name":"ConnectionReset"`,
		`"late":"1h","code":"Odd"`:      `"status":400,"code":"Odd","late":"1h0m0s"`,
		`"late":"10s"`:                  `"name":"DoneLater"`,
		`"cut":12`:                      `"cut":12`,
		`"code":"Odd","after":true`:     `"status":400,"code":"Odd","after":true`,
		`"status":429,"retryAfter":"3"`: `"status":429,"retryAfter":"3"`,
		`"retryAfter":"3"`:              `"retryAfter":"3"`,
		`"after":true`:                  `"status":200,"after":true`,
		`"slow":"5s"`:                   `"name":"SlowToAct"`,
	} {
		sim.ClearFaults()
		status, answer := me.Control("POST", "fault", `{"action":"*","times":1,`+body+`}`)
		same(t, body+": "+answer, status, 200)
		_, answer = me.Control("GET", "faults", "")
		same(t, body, strings.TrimSpace(answer), `[{"action":"*","left":1,`+shown+`}]`)
	}
	for body, want := range map[string]string{
		`"slow":"soon"`:                    "slow",
		`"slow":"-1s"`:                     "slow",
		`"late":"0s"`:                      "late",
		`"clear":true,"late":"1s"`:         "clear",
		`"slow":"11m"`:                     "slow",
		`"cut":-1`:                         "cut",
		`"name":"AnswerCut","cut":3`:       "echo",
		`"name":"AnswerCut","slow":"3s"`:   "echo",
		`"Slow":5`:                         "Slow",
		`"clear":true,"slow":"1s"`:         "clear",
		`"status":99,"retryAfter":"never"`: "status",
	} {
		status, answer := me.Control("POST", "fault", `{"action":"*","times":1,`+body+`}`)
		if status != 400 || !strings.Contains(answer, want) {
			t.Errorf("%s: got %d %s, want 400 with %q", body, status, answer, want)
		}
	}
}

func TestControl_leavesLaunchesAndRefusalsToChance(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	post := me.post
	post("fail-launches", `{"share":1,"mode":"vanish","reason":"r"}`)
	for range 2 {
		id := me.launch()[0]
		sim.Advance(10 * time.Second)
		same(t, "shown at first", me.Describe(id) != nil, true)
		sim.Advance(10 * time.Second)
		same(t, "vanished", me.State(id), "")
	}
	post("fail-launches", `{"share":0,"mode":"vanish"}`)
	ids := me.launch()
	post("refuse-share", `{"action":"TerminateInstances","share":1,"message":"busy"}`)
	same(t, "terminate", me.Refusals("TerminateInstances", ids), "x")
	post("refuse-share", `{"action":"TerminateInstances","share":0}`)
	same(t, "terminate", me.Refusals("TerminateInstances", ids), ".")
}

func TestControl_throttles(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	post := func(body string) { t.Helper(); me.post("throttle", body) }
	post(`{"perSecond":0.5,"burst":2,"spelling":"TooManyRequests"}`)
	me.KEC("DescribeRegions").OK()
	me.KEC("DescribeRegions").OK()
	same(t, "status", me.KEC("DescribeRegions").Status, 429)
	_, shown := me.Control("GET", "world", "")
	if want := `"throttle":{"burst":2,"perSecond":0.5,"refused":1}`; !strings.Contains(shown, want) {
		t.Errorf("the world lacks %s: %s", want, shown)
	}
	sim.Advance(2 * time.Second)
	me.KEC("DescribeRegions").OK()
	post(`{"perSecond":1}`)
	me.KEC("DescribeRegions").OK()
	me.KEC("DescribeRegions").Refused(503, "RequestLimitExceeded")
	post(`{"perSecond":0}`)
	me.KEC("DescribeRegions").OK()
	for body, want := range map[string]string{
		`{"burst":1}`:                                   "perSecond",
		`{"perSecond":-1}`:                              "perSecond",
		`{"perSecond":1,"burst":-1}`:                    "burst",
		`{"perSecond":1,"spelling":"AnswerLost"}`:       "spelling",
		`{"perSecond":1,"spelling":"NoSuch"}`:           "spelling",
		`{"perSecond":1,"burst":1,"action":"Describe"}`: "action",
	} {
		status, answer := me.Control("POST", "throttle", body)
		if status != 400 || !strings.Contains(answer, want) {
			t.Errorf("%s: got %d %s, want 400 with %q", body, status, answer, want)
		}
	}
}
