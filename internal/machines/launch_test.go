package machines

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestLaunch_tagsTheInstance(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, accepts)
	params := order()
	l, err := c.Launch(t.Context(), params)
	equal(t, "launch", fmt.Sprintf("%+v %v", l, err), "{InstanceID:i-1 RequestID:req-1 At:2026-03-02 09:00:00 +0000 UTC} <nil>")
	sent := k.Got[0].Form
	equal(t, "the next free tag", sent.Get("Tag.8.Key")+"="+sent.Get("Tag.8.Value"), LaunchTagKey+"=mark-1")
	equal(t, "SyncTag", sent.Has("SyncTag"), false)
	equal(t, "the caller's parameters", params.Encode(), order().Encode())
	equal(t, "requests", len(k.Got), 1)

	k, c = newCloud(t, accepts)
	if _, err := c.Launch(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	equal(t, "the first tag", k.Got[0].Body, "Tag.1.Key="+LaunchTagKey+"&Tag.1.Value=mark-1")
	fresh, _ := connect("cn-beijing-6")
	one, another := fresh.newLaunchTag(), fresh.newLaunchTag()
	if len(LaunchTagKey) > 128 || strings.HasPrefix(strings.ToLower(LaunchTagKey), "ksc") || len(one) != 32 || one == another {
		t.Errorf("a bad mark: %s = %s, %s", LaunchTagKey, one, another)
	}
}

// Whatever becomes of a request and of its answer, a launch ends with exactly one machine and its
// id, or says what there may be.
func TestLaunch_exactlyOnce(t *testing.T) {
	t.Parallel()
	const unknown = "the outcome of the launch is unknown: KEC may have accepted it, so do not apply again blindly: look for an instance named \"worker\" " +
		"with the tag kec-launch-mark = mark-1, created since 2026-03-02T09:00:00Z, in the console or with DescribeInstances; the cause: "
	const lost = "kec RunInstances: kec.api.ksyun.com: gave up after 1 try in 0s: EOF"
	const down = "kec RunInstances: gave up after 1 try in 0s: RunInstances: INTERNAL_FAILURE: x (request id req-1, HTTP 500)"
	for name, tc := range map[string]struct {
		plays    []play
		setup    func(k *cloud)
		want     string // the id, or the error
		requests int
		alive    int
	}{
		"answered":             {[]play{accepts}, nil, "i-1", 1, 1},
		"throttled, answered":  {[]play{throttle, throttle, accepts}, nil, "i-3", 3, 1},
		"never sent, answered": {[]play{{says: fixed(reply{Err: refusedDial})}, accepts}, nil, "i-2", 2, 1},
		"refused":              {[]play{sellsOut}, nil, "RunInstances: ProductSellOutInvalid: sell out (request id req-1, HTTP 400)", 1, 0},
		"forbidden":            {[]play{{says: fixed(refuse(403, "PermissionDenied", "x"))}}, nil, "RunInstances: PermissionDenied: x (request id req-1, HTTP 403)", 1, 0},

		// Carried out, and not told.
		"lost":                    {[]play{loses}, nil, "i-1", 1, 1},
		"500 all the same":        {[]play{{true, fixed(refuse(500, "INTERNAL_FAILURE", "x"))}}, nil, "i-1", 1, 1},
		"gateway":                 {[]play{{true, fixed(reply{Status: 504, Body: "<html>"})}}, nil, "i-1", 1, 1},
		"ServiceUnavailable, 400": {[]play{{true, fixed(refuse(400, "ServiceUnavailable", "x"))}}, nil, "i-1", 1, 1},
		"HTML":                    {[]play{{true, says("<html>")}}, nil, "i-1", 1, 1},
		"empty object":            {[]play{{true, says("{}")}}, nil, "i-1", 1, 1},
		"cut before the id":       {[]play{{true, says(`{"InstancesSet":[{"Inst`)}}, nil, "i-1", 1, 1},
		"cut after the id":        {[]play{{true, says(`{"InstancesSet":[{"InstanceId": "ID", "Insta`)}}, nil, "i-1", 1, 1},
		"an id beside an error":   {[]play{{true, says(`{"Error":{"Code":"C"},"InstancesSet":[{"InstanceId":"ID"}]}`)}}, nil, "i-1", 1, 1},
		"throttled, then lost":    {[]play{throttle, loses}, nil, "i-2", 2, 1},
		"a panic":                 {[]play{{true, func(machine) *reply { panic("x") }}}, nil, "i-1", 1, 1},
		"visible after a minute":  {[]play{loses}, func(k *cloud) { k.visible = time.Minute }, "i-1", 1, 1},
		"visible at the last":     {[]play{loses}, func(k *cloud) { k.visible = 89 * time.Second }, "i-1", 1, 1},
		"tagged later":            {[]play{loses}, func(k *cloud) { k.tagged = 40 * time.Second }, "i-1", 1, 1},
		"named, invisible":        {[]play{{true, says(`{"InstancesSet":[{"InstanceId":"ID"`)}}, func(k *cloud) { k.visible = time.Hour }, "i-1", 1, 1},
		"in a project":            {[]play{loses}, func(k *cloud) { k.machines = append(k.machines, machine{id: "other", project: ""}) }, "i-1", 1, 2},
		"others about": {[]play{loses}, func(k *cloud) {
			k.machines = append(k.machines,
				machine{id: "old", created: "2026-03-02T08:58:00Z"}, machine{id: "monthly", charge: "Monthly"}, machine{id: "big", typ: "N3.8C"},
				machine{id: "elsewhere", subnet: "s-2"}, machine{id: "another's", created: "soon", tags: map[string]string{LaunchTagKey: "mark-0"}})
		}, "i-1", 1, 6},
		"the date is odd":      {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "CreationDate", "soon") }, "i-1", 1, 1},
		"the date has no zone": {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "CreationDate", "2026-03-02 09:00:00") }, "i-1", 1, 1},
		"an odd charge type":   {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "ChargeType", "810") }, "i-1", 1, 1},
		"no charge type":       {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "ChargeType", "") }, "i-1", 1, 1},

		// Look-ups that fail, now and then or for long.
		"failing look-ups": {[]play{loses}, func(k *cloud) {
			bad := []reply{refuse(403, "PermissionDenied", "x"), {Status: 404, Body: "<html>"}, ok("{}"), ok(`{"InstancesSet":[`), ok(`{"InstanceCount":0,"InstancesSet":[]}`),
				refuse(400, "Odd", "x"), ok(`{"InstanceCount":9,"InstancesSet":[]}`), ok(`{"InstancesSet":[{}]}`)}
			k.look = func(n int) *reply {
				if n <= len(bad) {
					return &bad[n-1]
				}
				return nil
			}
		}, "i-1", 1, 1},
		"pages that are too large": {[]play{loses}, func(k *cloud) {
			k.look = func(int) *reply {
				if size, _ := strconv.Atoi(k.Got[len(k.Got)-1].Form.Get("MaxResults")); size > 200 {
					r := ok(strings.Repeat(" ", 16<<20+1))
					return &r
				}
				return nil
			}
		}, "i-1", 1, 1},
		"failing for 80 seconds":  {[]play{loses}, func(k *cloud) { k.look = failing(k, 80*time.Second, reply{Status: 502}) }, "i-1", 1, 1},
		"failing for 110 seconds": {[]play{loses}, func(k *cloud) { k.look = failing(k, 110*time.Second, reply{Status: 502}) }, "i-1", 1, 1},
		"failing to the last": {[]play{drops}, func(k *cloud) { k.look = failing(k, time.Hour, ok("{}")) },
			unknown + strings.ReplaceAll(lost, "EOF", "read tcp: connection reset by peer") + "; the search for it failed to the last: DescribeInstances: the answer holds no InstancesSet (HTTP 200)", 1, 0},
		"look-ups forbidden": {[]play{loses}, func(k *cloud) { k.look = failing(k, time.Hour, refuse(403, "PermissionDenied", "x")) },
			unknown + lost + "; the search for it failed: DescribeInstances: PermissionDenied: x (request id req-1, HTTP 403)", 1, 1},
		"tags forbidden": {[]play{loses}, func(k *cloud) { r := refuse(403, "PermissionDenied", "x"); k.tagLook = &r },
			unknown + lost + "; the search for it failed: ListTagsByResourceIds: PermissionDenied: x (request id req-1, HTTP 403)", 1, 1},

		// Not carried out: one more request, and no second machine.
		"dropped":            {[]play{drops, accepts}, nil, "i-2", 2, 1},
		"500":                {[]play{fails, accepts}, nil, "i-2", 2, 1},
		"dropped, then lost": {[]play{drops, loses}, nil, "i-2", 2, 1},
		"dropped, throttled": {[]play{drops, throttle, accepts}, nil, "i-3", 3, 1},
		"dropped, then sold out": {[]play{drops, sellsOut}, nil, "RunInstances: ProductSellOutInvalid: sell out (request id req-1, HTTP 400) (it was the second request; " +
			"of the first, which had no clear answer, no instance with the tag kec-launch-mark = mark-1 was found)", 2, 0},
		"down": {[]play{fails}, nil, unknown + down + "; " + down + "; neither this nor a second request has shown within 1m30s", 2, 0},
		"a tagged one of the same kind, made by hand": {[]play{drops, accepts}, func(k *cloud) {
			k.machines = append(k.machines, machine{id: "hand", tags: map[string]string{"by": "hand"}})
		}, "i-2", 2, 2},
		"an untagged one of another name, made by hand": {[]play{drops, accepts}, func(k *cloud) {
			k.machines = append(k.machines, machine{id: "hand", name: "mine"})
		}, "i-2", 2, 2},

		// Where a second request might make a second machine, there is none.
		"an untagged one that may be it": {[]play{drops, accepts}, func(k *cloud) {
			k.machines = append(k.machines, machine{id: "hand"})
		}, unknown + strings.ReplaceAll(lost, "EOF", "read tcp: connection reset by peer") +
			"; nothing with this tag has shown within 1m30s, but hand, without any tag, may be it", 1, 1},
		"an id without a tag": {[]play{{true, says(`{"InstancesSet":[{"InstanceId":"ID"`)}}, func(k *cloud) { k.tagged = time.Hour },
			unknown + "RunInstances: answered with something that is not JSON (HTTP 200), yet the answer holds the id i-1; " +
				"nothing with this tag has shown within 1m30s, but i-1, without any tag, may be it", 1, 1},

		// Several.
		"two at once": {[]play{{true, says(`{"InstancesSet":[{"InstanceId":"ID"},{"InstanceId":"i-7"}]}`)}}, nil,
			"RunInstances: one instance was asked for and 2 were ordered: i-1, i-7; all of them exist and are charged", 1, 1},
		"two with the mark": {[]play{loses}, func(k *cloud) {
			k.visible = 0
			k.machines = append(k.machines, machine{id: "i-7", tags: map[string]string{LaunchTagKey: "MARK-1"}})
		}, "RunInstances: one instance was asked for and 2 were ordered: i-7, i-1; all of them exist and are charged", 1, 2},
		"the first one comes late": {[]play{loses, accepts}, func(k *cloud) { k.visible, k.takes = 96*time.Second, 5*time.Second },
			"RunInstances: one instance was asked for and 2 were ordered: i-1, i-2; all of them exist and are charged (request id req-2)", 2, 2},
		"the first one comes late, the second is refused": {[]play{loses, sellsOut}, func(k *cloud) { k.visible, k.takes = 96*time.Second, 5*time.Second }, "i-1", 2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := newCloud(t, tc.plays...)
			if tc.setup != nil {
				tc.setup(k)
			}
			params := order()
			if name == "in a project" {
				params.Set("ProjectId", "42")
			}
			l, err := c.Launch(t.Context(), params)
			got := fmt.Sprint(err)
			if err == nil {
				got = l.InstanceID
				equal(t, "at", l.At, c.api.Now()) // not when it was sent, which may be long before
			}
			equal(t, "result", got, tc.want)
			equal(t, "unknown", errors.Is(err, ErrOutcomeUnknown), strings.HasPrefix(tc.want, unknown))
			equal(t, "requests of a launch", k.launched, tc.requests)
			equal(t, "machines", len(k.machines), tc.alive)
			for _, one := range k.Got {
				if one.Action == "RunInstances" && launchTagIn(one.Form) != "mark-1" {
					t.Errorf("a launch with the mark %q", launchTagIn(one.Form))
				}
			}
			e, is := errors.AsType[*ExtraInstancesError](err)
			equal(t, "several", is, strings.Contains(tc.want, "were ordered"))
			if is {
				equal(t, "the first of them", fmt.Sprintf("%d %v %s", len(e.InstanceIDs), l.InstanceID == e.InstanceIDs[0], l.At.Format(time.RFC3339)),
					"2 true "+c.api.Now().Format(time.RFC3339))
			}
		})
	}
}

// What is ruled out is not asked about again, and a search of an account of many costs little.
func TestLaunch_asksSparingly(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, loses)
	k.visible = 30 * time.Second
	for i := range 150 {
		k.machines = append(k.machines, machine{id: fmt.Sprintf("i-new-%d", i), tags: map[string]string{LaunchTagKey: fmt.Sprint(i)}})
	}
	l, err := c.Launch(t.Context(), order())
	equal(t, "launch", fmt.Sprint(l.InstanceID, " ", err), "i-1 <nil>")
	equal(t, "questions about tags", k.count("ListTagsByResourceIds"), 3)
	equal(t, "look-ups", k.count("DescribeInstances"), 8)

	k, c = newCloud(t, drops, accepts)
	if _, err := c.Launch(t.Context(), order()); err != nil {
		t.Fatal(err)
	}
	equal(t, "look-ups of a launch that came to nothing", k.count("DescribeInstances"), 21)
	equal(t, "questions about tags", k.count("ListTagsByResourceIds"), 0)
}

// Into an outage no launch is sent but those that found out about it: what became of it could not
// be told.
func TestLaunch_isNotSentIntoAnOutage(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, fails, accepts)
	down := true
	k.look = func(int) *reply {
		if down {
			return &reply{Status: 503, Body: "down"}
		}
		return nil
	}
	_, err := c.Launch(t.Context(), order())
	equal(t, "the first", errors.Is(err, ErrOutcomeUnknown), true)
	for range 3 {
		_, err = c.Launch(t.Context(), order())
		equal(t, "the next", fmt.Sprint(errors.Is(err, ErrNotSent), errors.Is(err, ErrOutcomeUnknown), k.launched), "true false 1")
	}
	equal(t, "the last", strings.HasPrefix(err.Error(), "the launch was not sent: the outcome of another one is unknown, and KEC has not answered since: kec DescribeInstances: gave up after "), true)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Launch(ctx, order())
	equal(t, "interrupted", fmt.Sprint(errors.Is(err, ErrNotSent), errors.Is(err, context.Canceled), k.launched), "false true 1")

	// The interrupt may come with the answer.
	ctx, cancel = context.WithCancel(t.Context())
	outage := k.look
	k.look = func(int) *reply { cancel(); return nil }
	l, err := c.Launch(ctx, order())
	equal(t, "interrupted by then", fmt.Sprintf("%q %v %d", l.InstanceID, errors.Is(err, context.Canceled), k.launched), `"" true 1`)
	k.look = outage
	_, err = c.Launch(t.Context(), order())
	equal(t, "KEC has answered", fmt.Sprint(err, k.launched), "<nil> 2")

	down = false
	for range 2 {
		l, err := c.Launch(t.Context(), order())
		equal(t, "after it", fmt.Sprint(l.InstanceID != "", err), "true <nil>")
	}
	equal(t, "launches", k.launched, 4)
	looked := k.looked
	if _, err := c.Launch(t.Context(), order()); err != nil || k.looked != looked {
		t.Errorf("%v, %d look-ups before a launch that needs none", err, k.looked-looked)
	}

	// A refusal is an answer: the launch is sent, and is refused itself.
	k, c = newCloud(t, fails, sellsOut)
	k.look = func(int) *reply { r := refuse(403, "PermissionDenied", "x"); return &r }
	_, err = c.Launch(t.Context(), order())
	equal(t, "without the permission to look", errors.Is(err, ErrOutcomeUnknown), true)
	_, err = c.Launch(t.Context(), order())
	equal(t, "refused", fmt.Sprint(errors.Is(err, ErrNotSent), k.launched), "false 2")
}

// Our clock may be off by as much as KEC tolerates when the launch leaves.
func TestLaunch_withAClockThatIsOff(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-14 * time.Minute, 14 * time.Minute} {
		for _, dated := range []bool{true, false} {
			k, c := newCloud(t, loses)
			right := k.clk
			wrong := func() time.Time { return right.Now().Add(-off) }
			k.clk.LocalNow = wrong
			k.Answer = func(n int, one sent) reply {
				r := k.serve(n, one)
				if !dated {
					r.Header = http.Header{}
				}
				return r
			}
			l, err := c.Launch(t.Context(), order())
			equal(t, fmt.Sprint("off by ", off, ", told the time: ", dated), fmt.Sprint(l.InstanceID, " ", err), "i-1 <nil>")
		}
	}
}

// withLaunchTags replaces the random launch tags.
func withLaunchTags(next func() string) ksyun.Option { return ksyun.WithRandom(nil, next) }
