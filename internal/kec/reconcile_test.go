package kec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// cloud is a KEC of one kind of machine, for which each request of a launch can be made to go wrong in its own way.
type cloud struct {
	script
	clk      *fakeClock
	visible  time.Duration // after which a machine shows
	tagged   time.Duration // after which its tags show
	takes    time.Duration // for which a launch is under way
	plays    []play        // one for each RunInstances; the last one is repeated
	launched int           // requests of launches
	machines []machine
	look     func(n int) *reply // in place of the answer to the n-th DescribeInstances; nil or a nil reply for none
	looked   int
	tagLook  *reply // in place of every answer to ListTagsByResourceIds
}

type machine struct {
	id, name, typ, subnet, charge, created, project string
	born                                            time.Time
	tags                                            map[string]string
}

// play is how a request of a launch goes: whether a machine comes of it, and what is said instead of its id.
type play struct {
	commits bool
	says    func(m machine) *reply
}

var (
	accepts  = play{commits: true}
	loses    = play{commits: true, says: fixed(reply{err: io.EOF})}
	drops    = play{says: fixed(reply{err: reset})}
	fails    = play{says: fixed(refuse(500, "INTERNAL_FAILURE", "x"))}
	throttle = play{says: fixed(refuse(503, "RequestLimitExceeded", "x"))}
	sellsOut = play{says: fixed(refuse(400, "ProductSellOutInvalid", "sell out"))}
)

func fixed(r reply) func(machine) *reply { return func(machine) *reply { return &r } }

func says(format string) func(machine) *reply {
	return func(m machine) *reply {
		r := ok(strings.ReplaceAll(format, "ID", m.id))
		return &r
	}
}

func newCloud(t *testing.T, plays ...play) (*cloud, *Client) {
	t.Helper()
	k := &cloud{plays: plays, visible: 3 * time.Second}
	marks := 0
	c, clk := client(t, &k.script, withMarks(func() string { marks++; return fmt.Sprintf("mark-%d", marks) }))
	k.clk, k.answer = clk, k.serve
	return k, c
}

func (k *cloud) serve(_ int, one sent) reply {
	r := k.handle(one)
	if r.header == nil && r.err == nil {
		r.header = http.Header{"Date": {k.clk.now().Format(http.TimeFormat)}}
	}
	return r
}

func (k *cloud) handle(one sent) reply {
	now := k.clk.now()
	switch one.Action {
	case "RunInstances":
		_ = k.clk.sleep(context.Background(), k.takes)
		p := k.plays[min(k.launched, len(k.plays)-1)]
		k.launched++
		m := machine{
			id: fmt.Sprintf("i-%d", k.launched), name: one.Form.Get("InstanceName"), typ: one.Form.Get("InstanceType"), subnet: one.Form.Get("SubnetId"),
			charge: "Spot", created: now.Format(time.RFC3339), project: one.Form.Get("ProjectId"), born: now, tags: map[string]string{},
		}
		for i := range 10 {
			if key := one.Form.Get(fmt.Sprintf("Tag.%d.Key", i)); key != "" {
				m.tags[key] = one.Form.Get(fmt.Sprintf("Tag.%d.Value", i))
			}
		}
		if p.commits {
			k.machines = append(k.machines, m)
		}
		if p.says != nil {
			return *p.says(m)
		}
		return ok(fmt.Sprintf(`{"RequestId":"req-%d","InstancesSet":[{"InstanceId":%q,"InstanceName":%q}]}`, k.launched, m.id, m.name))
	case "DescribeInstances":
		k.looked++
		if k.look != nil {
			if r := k.look(k.looked); r != nil {
				return *r
			}
		}
		list := []map[string]any{}
		for _, m := range k.machines {
			if now.Sub(m.born) >= k.visible && one.Form.Get("ProjectId.1") == m.project {
				list = append(list, map[string]any{"InstanceId": m.id, "InstanceName": m.name, "InstanceType": m.typ, "SubnetId": m.subnet,
					"ChargeType": m.charge, "CreationDate": m.created, "InstanceState": map[string]string{"Name": "active"}})
			}
		}
		b, _ := json.Marshal(map[string]any{"InstanceCount": len(list), "InstancesSet": list})
		return ok(string(b))
	case "ListTagsByResourceIds":
		if k.tagLook != nil {
			return *k.tagLook
		}
		tags := []map[string]string{}
		for _, id := range strings.Split(one.Form.Get("ResourceUuids"), ",") {
			for _, m := range k.machines {
				for key, value := range m.tags {
					if m.id == id && now.Sub(m.born) >= k.tagged {
						tags = append(tags, map[string]string{"ResourceUuid": id, "TagKey": key, "TagValue": value})
					}
				}
			}
		}
		b, _ := json.Marshal(map[string]any{"Tags": tags})
		return ok(string(b))
	}
	return refuse(400, "INVALID_ACTION", "Not Found")
}

// count is how often an action was called.
func (k *cloud) count(action string) (n int) {
	for _, one := range k.got {
		if one.Action == action {
			n++
		}
	}
	return n
}

func order() url.Values {
	return url.Values{"InstanceType": {"N3.2B"}, "SubnetId": {"s-1"}, "ChargeType": {"Spot"}, "InstanceName": {"worker"}, "MinCount": {"1"}, "MaxCount": {"1"},
		"Tag.1.Key": {"env"}, "Tag.1.Value": {"prod"}, "Tag.7.Key": {"a"}, "Tag.7.Value": {"b"}}
}

func TestLaunch_marksTheInstance(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, accepts)
	params := order()
	l, err := c.Launch(t.Context(), params)
	equal(t, "launch", fmt.Sprintf("%+v %v", l, err), "{InstanceID:i-1 InstanceName:worker RequestID:req-1 Mark:mark-1 At:2026-03-02 09:00:00 +0000 UTC} <nil>")
	sent := k.got[0].Form
	equal(t, "the next free tag", sent.Get("Tag.8.Key")+"="+sent.Get("Tag.8.Value"), MarkKey+"=mark-1")
	equal(t, "SyncTag", sent.Has("SyncTag"), false)
	equal(t, "the caller's parameters", params.Encode(), order().Encode())
	equal(t, "requests", len(k.got), 1)

	k, c = newCloud(t, accepts)
	if _, err := c.Launch(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	equal(t, "the first tag", k.got[0].Body, "Tag.1.Key="+MarkKey+"&Tag.1.Value=mark-1")
	one, another := newMark(), newMark()
	if len(MarkKey) > 128 || strings.HasPrefix(strings.ToLower(MarkKey), "ksc") || len(one) != 32 || one == another {
		t.Errorf("a bad mark: %s = %s, %s", MarkKey, one, another)
	}
}

// Whatever becomes of a request and of its answer, a launch ends with exactly one machine and its id, or says what there may be.
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
		"never sent, answered": {[]play{{says: fixed(reply{err: refusedDial})}, accepts}, nil, "i-2", 2, 1},
		"refused":              {[]play{sellsOut}, nil, "RunInstances: ProductSellOutInvalid: sell out (request id req-1, HTTP 400)", 1, 0},
		"forbidden":            {[]play{{says: fixed(refuse(403, "PermissionDenied", "x"))}}, nil, "RunInstances: PermissionDenied: x (request id req-1, HTTP 403)", 1, 0},

		// Carried out, and not told.
		"lost":                    {[]play{loses}, nil, "i-1", 1, 1},
		"500 all the same":        {[]play{{true, fixed(refuse(500, "INTERNAL_FAILURE", "x"))}}, nil, "i-1", 1, 1},
		"gateway":                 {[]play{{true, fixed(reply{status: 504, body: "<html>"})}}, nil, "i-1", 1, 1},
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
				machine{id: "elsewhere", subnet: "s-2"}, machine{id: "another's", created: "soon", tags: map[string]string{MarkKey: "mark-0"}})
		}, "i-1", 1, 6},
		"the date is odd":      {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "CreationDate", "soon") }, "i-1", 1, 1},
		"the date has no zone": {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "CreationDate", "2026-03-02 09:00:00") }, "i-1", 1, 1},
		"an odd charge type":   {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "ChargeType", "810") }, "i-1", 1, 1},
		"no charge type":       {[]play{loses}, func(k *cloud) { k.look = rewrite(k, "ChargeType", "") }, "i-1", 1, 1},

		// Look-ups that fail, now and then or for long.
		"failing look-ups": {[]play{loses}, func(k *cloud) {
			bad := []reply{refuse(403, "PermissionDenied", "x"), {status: 404, body: "<html>"}, ok("{}"), ok(`{"InstancesSet":[`), ok(`{"InstanceCount":0,"InstancesSet":[]}`),
				refuse(400, "Odd", "x"), ok(`{"InstanceCount":9,"InstancesSet":[]}`), ok(`{"InstancesSet":[{}]}`)}
			k.look = func(n int) *reply {
				if n <= len(bad) {
					return &bad[n-1]
				}
				return nil
			}
		}, "i-1", 1, 1},
		"failing for 80 seconds":  {[]play{loses}, func(k *cloud) { k.look = failing(k, 80*time.Second, reply{status: 502}) }, "i-1", 1, 1},
		"failing for 110 seconds": {[]play{loses}, func(k *cloud) { k.look = failing(k, 110*time.Second, reply{status: 502}) }, "i-1", 1, 1},
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
			k.machines = append(k.machines, machine{id: "i-7", tags: map[string]string{MarkKey: "MARK-1"}})
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
				equal(t, "mark", l.Mark, "mark-1")
				equal(t, "at", l.At.Equal(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)), true)
			}
			equal(t, "result", got, tc.want)
			equal(t, "unknown", errors.Is(err, ErrOutcomeUnknown), strings.HasPrefix(tc.want, unknown))
			equal(t, "requests of a launch", k.launched, tc.requests)
			equal(t, "machines", len(k.machines), tc.alive)
			for _, one := range k.got {
				if one.Action == "RunInstances" && markIn(one.Form) != "mark-1" {
					t.Errorf("a launch with the mark %q", markIn(one.Form))
				}
			}
			e, is := errors.AsType[*ExtraInstancesError](err)
			equal(t, "several", is, strings.Contains(tc.want, "were ordered"))
			if is {
				equal(t, "the first of them", fmt.Sprintf("%d %v %s %s", len(e.InstanceIDs), l.InstanceID == e.InstanceIDs[0], l.Mark, l.At.Format(time.RFC3339)),
					"2 true mark-1 2026-03-02T09:00:00Z")
			}
		})
	}
}

// rewrite changes one member of every instance that is shown.
func rewrite(k *cloud, member, value string) func(int) *reply {
	return func(int) *reply {
		look := k.look
		k.look = nil
		r := k.handle(k.got[len(k.got)-1])
		k.look = look
		var body map[string]any
		_ = json.Unmarshal([]byte(r.body), &body)
		for _, in := range body["InstancesSet"].([]any) {
			in.(map[string]any)[member] = value
		}
		b, _ := json.Marshal(body)
		r.body = string(b)
		return &r
	}
}

func failing(k *cloud, until time.Duration, r reply) func(int) *reply {
	start := k.clk.now()
	return func(int) *reply {
		if k.clk.now().Sub(start) < until {
			return &r
		}
		return nil
	}
}

// What is ruled out is not asked about again, and a search of an account of many costs little.
func TestLaunch_asksSparingly(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, loses)
	k.visible = 30 * time.Second
	for i := range 150 {
		k.machines = append(k.machines, machine{id: fmt.Sprintf("i-new-%d", i), tags: map[string]string{MarkKey: fmt.Sprint(i)}})
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

// Into an outage no launch is sent but those that found out about it: what became of it could not be told.
func TestLaunch_isNotSentIntoAnOutage(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, fails, accepts)
	down := true
	k.look = func(int) *reply {
		if down {
			return &reply{status: 503, body: "down"}
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
			wrong := func() time.Time { return right.now().Add(-off) }
			c.clock.now = wrong
			k.answer = func(n int, one sent) reply {
				r := k.serve(n, one)
				if !dated {
					r.header = http.Header{}
				}
				return r
			}
			l, err := c.Launch(t.Context(), order())
			equal(t, fmt.Sprint("off by ", off, ", told the time: ", dated), fmt.Sprint(l.InstanceID, " ", err), "i-1 <nil>")
		}
	}
}

// withMarks replaces the random marks.
func withMarks(next func() string) Option { return func(c *config) { c.mark = next } }
