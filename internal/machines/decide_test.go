package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// A machine is new until it is two minutes old, and old from then on. One of unknown age is
// neither.
func TestAges_twoMinutes(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{0: "true false", 2*time.Minute - 1: "true false", 2 * time.Minute: "false true", time.Hour: "false true",
		-time.Second: "true false", -2 * time.Minute: "false false"} {
		c, clk := client(t, of(set("")))
		c.RememberLaunch("i-1", clk.Now().Add(-age))
		c.RememberLaunch("I-1", clk.Now()) // the first time counts
		equal(t, age.String(), fmt.Sprint(c.ages.young("I-1"), c.ages.old("i-1")), want)
		equal(t, "another", fmt.Sprint(c.ages.young("i-2"), c.ages.old("i-2")), "false false")
		c.ages.launch("i-1", clk.Now().Add(-time.Hour)) // what this process knows goes before what it was told
		equal(t, "launched here", fmt.Sprint(c.ages.young("i-1"), c.ages.old("i-1")), "false true")
	}
}

// How long a wait pauses, by its age and by what is known of others like it.
func TestPoll_next(t *testing.T) {
	t.Parallel()
	const ms, s = time.Millisecond, time.Second
	for name, tc := range map[string]struct {
		times func(c testClient) *waitTimes
		want  map[time.Duration]time.Duration // by age
	}{
		"any wait": {func(testClient) *waitTimes { return nil },
			map[time.Duration]time.Duration{0: s, s: 2 * s, 3 * s: 3 * s, 6 * s: 4 * s, 10 * s: 5 * s, 11 * s: 5 * s, time.Hour: 5 * s}},
		"the first launch": {func(c testClient) *waitTimes { return c.boots },
			map[time.Duration]time.Duration{0: s, 500 * ms: 500 * ms, s: 500 * ms, 3 * s: s, 12 * s: 4 * s, 15 * s: 5 * s, 16 * s: 5 * s}},
		"the first deletion": {func(c testClient) *waitTimes { return c.goings }, map[time.Duration]time.Duration{0: s, s: 2 * s, 3 * s: 3 * s}},
		"another launch": {func(c testClient) *waitTimes { c.boots.note(10*s, 20*s); return c.boots }, // expected at 18.375 s
			map[time.Duration]time.Duration{0: 5 * s, 14 * s: 4375 * ms, 18 * s: 375 * ms, 18375 * ms: 5 * s}},
		"another deletion": {func(c testClient) *waitTimes { c.goings.note(0, 2*s); return c.goings }, // expected at 1.575 s
			map[time.Duration]time.Duration{0: 1575 * ms, s: 575 * ms, 1575 * ms: 525 * ms, 3 * s: s}},
	} {
		for age, want := range tc.want {
			c, clk := client(t, of(set("")))
			p := c.newPoll("i-1", "active")
			p.times = tc.times(c)
			clk.At = clk.At.Add(age)
			equal(t, fmt.Sprint(name, " after ", age), p.next(), want)
		}
	}
	// A tenth of the wait so far is added at random, up to two seconds.
	for age, want := range map[time.Duration]time.Duration{0: 1050 * ms, s: 2150 * ms, 14 * s: 5950 * ms, 35 * s: 6 * s, time.Hour: 6 * s} {
		c, clk := client(t, of(set("")), ksyun.WithRandom(func() float64 { return 0.5 }, nil))
		p := c.newPoll("i-1", "active")
		clk.At = clk.At.Add(age)
		before := clk.Now()
		equal(t, "error", p.pause(t.Context()), nil)
		equal(t, fmt.Sprint("with chance after ", age), clk.Now().Sub(before), want)
	}
}

// What launches have shown about the time that they take: the latest that was not ready, and the
// earliest that was.
func TestWaitTimes(t *testing.T) {
	t.Parallel()
	const s = time.Second
	var b waitTimes
	equal(t, "at first", b.expected(), 0)
	for _, step := range []struct{ before, ready, want time.Duration }{
		{0, 20 * s, 15750 * time.Millisecond}, {10 * s, 30 * s, 18375 * time.Millisecond}, {4 * s, 16 * s, 15225 * time.Millisecond},
		{16 * s, 18 * s, 16800 * time.Millisecond}, {18 * s, 40 * s, 16800 * time.Millisecond},
	} {
		b.note(step.before, step.ready)
		equal(t, fmt.Sprint(step), b.expected(), step.want)
	}
}

// Three refusals in a row end a wait when they have gone on for three seconds, and no sooner.
func TestPoll_survive(t *testing.T) {
	t.Parallel()
	refusal := &ksyun.Error{Action: "DescribeInstances", Code: "PermissionDenied", Status: 403}
	for name, tc := range map[string]struct {
		after []time.Duration // the ages of the wait at each refusal
		ends  bool
	}{
		"three, for three seconds":       {[]time.Duration{0, time.Second, 3 * time.Second}, true},
		"three, for a moment less":       {[]time.Duration{0, time.Second, 3*time.Second - 1}, false},
		"two, for a minute":              {[]time.Duration{0, time.Minute}, false},
		"four, the last after three":     {[]time.Duration{0, 1, 2, 3 * time.Second}, true},
		"three, the first not at once":   {[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, true},
		"three, of which two in a row":   {[]time.Duration{0, -1, 4 * time.Second, 9 * time.Second}, false},
		"three after one in another row": {[]time.Duration{0, -1, 4 * time.Second, 5 * time.Second, 7 * time.Second}, true},
	} {
		c, clk := client(t, of(set("")))
		p, start := c.newPoll("i-1", "active"), clk.Now()
		var err error
		for _, at := range tc.after {
			if at < 0 {
				equal(t, "one that passes", p.survive(t.Context(), io.EOF), nil)
				continue
			}
			clk.At = start.Add(at)
			err = p.survive(t.Context(), refusal)
		}
		equal(t, name, err != nil, tc.ends)
	}
	c, _ := client(t, of(set("")))
	equal(t, "for good", fmt.Sprint(c.newPoll("i-1", "active").survive(t.Context(), kec.ErrEmptyID)), "waiting for instance i-1 to be active: an id is empty")
}

// Which failures asking again will hardly cure.
func TestDefinite(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"a code":         {&ksyun.Error{Code: "PermissionDenied", Status: 403}, true},
		"a code in 200":  {&ksyun.Error{Code: "Odd", Status: 200}, true},
		"no code, 404":   {&ksyun.Error{Status: 404}, true},
		"a redirect":     {&ksyun.Error{Status: 300}, true},
		"no code in 200": {&ksyun.Error{Status: 200}, false},
		"no code in 299": {&ksyun.Error{Status: 299}, false},
		"an id":          {&ksyun.Error{Code: "instanceidinvalid", Status: 400}, false},
		"throttled":      {&ksyun.Error{Code: "RequestLimitExceeded", Status: 503}, false},
		"from behind":    {&ksyun.Error{Code: "Odd", Status: 500}, false},
		"no answer":      {io.EOF, false},
		"no id":          {fmt.Errorf("x: %w", kec.ErrEmptyID), true},
	} {
		equal(t, name, definite(tc.err), tc.want)
	}
	for err, want := range map[error]bool{&ksyun.Error{Code: "InstanceIdInvalid"}: true, &ksyun.Error{Code: "Odd"}: false, io.EOF: false} {
		equal(t, "of an id: "+err.Error(), UnknownID(err), want)
	}
}

// late is a context whose deadline has passed, without its noticing yet.
type late struct{ context.Context }

func (late) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

// A context is over when it has ended, or when its deadline has passed.
func TestOver(t *testing.T) {
	t.Parallel()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	ahead, end := context.WithTimeout(t.Context(), time.Hour)
	defer end()
	for name, tc := range map[string]struct {
		ctx  context.Context
		want bool
	}{"going on": {t.Context(), false}, "cancelled": {cancelled, true}, "its deadline is ahead": {ahead, false}, "its deadline has passed": {late{t.Context()}, true}} {
		equal(t, name, over(tc.ctx), tc.want)
	}
}

// How the errors read.
func TestErrors_texts(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"instance i-1 ended in an error state (last state: error)": &LaunchError{InstanceID: "i-1", Kind: EndedInError, State: "error"},
		"instance i-1 vanished before it became active":            &LaunchError{InstanceID: "i-1", Kind: Vanished},
		"instance i-1 never became visible":                        &LaunchError{InstanceID: "i-1", Kind: NeverVisible},
		"instance i-1 LaunchFailure(4)":                            &LaunchError{InstanceID: "i-1", Kind: 4},
		"instance i-1 is not gone after 2s: it was never seen: EOF": &WaitError{
			InstanceID: "i-1", Goal: "gone", Waited: 1600 * time.Millisecond, Err: io.EOF,
		},
		"RunInstances: one instance was asked for and 2 were ordered: a, b; all of them exist and are charged": &ExtraInstancesError{InstanceIDs: []string{"a", "b"}},
	} {
		equal(t, "text", err.Error(), want)
	}
	equal(t, "kinds", fmt.Sprint(int(EndedInError), int(Vanished), int(NeverVisible)), "1 2 3")
}

// Which refusals of a deletion are worth another try.
func TestMayPass(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err   error
		tries int
		want  bool
	}{
		"no answer":            {io.EOF, 99, true},
		"unusable":             {&ksyun.Error{Unusable: true, Status: 403}, 99, true},
		"a state":              {&ksyun.Error{Code: "OrderStateNotSupported", Status: 403}, 99, true},
		"throttled":            {&ksyun.Error{Code: "RequestLimitExceeded", Status: 503}, 99, true},
		"429":                  {&ksyun.Error{Status: 429}, 99, true},
		"from behind":          {&ksyun.Error{Status: 500}, 99, true},
		"the keys":             {&ksyun.Error{Code: "SignatureDoesNotMatch", Status: 401}, 1, false},
		"a permission":         {&ksyun.Error{Code: "PermissionDenied", Status: 403}, 1, false},
		"protected":            {&ksyun.Error{Code: "InstanceIsPROTECTED", Status: 400}, 1, false},
		"a lasting one":        {&ksyun.Error{Code: "InvalidParameterValue", Status: 400}, 1, false},
		"unknown, three tries": {&ksyun.Error{Code: "Odd", Status: 400}, 3, true},
		"unknown, four tries":  {&ksyun.Error{Code: "Odd", Status: 400}, 4, false},
	} {
		equal(t, name, mayPass(tc.err, tc.tries), tc.want)
	}
}

// Which states are those of a machine that goes, and which of one that is gone.
func TestEnding(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"Deleting": "true true false", "deleted": "true false true", "Released": "true false true", "recycling": "true true false",
		"active": "false false false", "stopping": "false false false", "": "false false false", "error": "false false false"} {
		equal(t, state, fmt.Sprint(Ending(state), leaving(state), released(state)), want)
	}
}

// A look that shows nothing of a deletion repeats it after half a minute, and not before.
func TestUntilGone_repeats(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]error{"active": errStays, "deleting": nil} {
		s := of(set(state, "i-1"))
		c, clk := client(t, s)
		start := clk.Now()
		s.Answer = func(int, sent) reply {
			if clk.Now().Sub(start) > time.Minute {
				return set("")
			}
			return set(state, "i-1")
		}
		equal(t, state, c.untilGone(t.Context(), "i-1", nil), want)
		if want != nil {
			equal(t, "after", clk.Now().Sub(start), 30*time.Second)
		}
		equal(t, "who waits", c.leavers.Load(), 0)
	}
}

// One look proves the end of an old machine whose deletion has gone on for three quarters of what
// that of another took. Of more than two hundred that leave together one is looked up again for
// all.
func TestGoneLike(t *testing.T) {
	t.Parallel()
	const s = time.Second
	c, clk := client(t, of(set("")))
	c.RememberLaunch("old", clk.Now().Add(-time.Hour))
	c.RememberLaunch("new", clk.Now())
	equal(t, "nothing is known", c.goneLike("old", time.Hour), false)
	c.goings.note(0, 4*s) // expected at 3.15 s
	for age, want := range map[time.Duration]string{0: "false false", 2362499 * time.Microsecond: "false false", 2362500 * time.Microsecond: "true false", time.Hour: "true false"} {
		equal(t, age.String(), fmt.Sprint(c.goneLike("old", age), c.goneLike("new", age)), want)
	}

	for name, tc := range map[string]struct {
		leavers  int64
		id       string
		replies  []reply
		want     bool
		requests int
	}{
		"a few leave":          {200, "old", []reply{set("")}, false, 0},
		"many leave":           {201, "old", []reply{set("")}, true, 1},
		"a new one of many":    {201, "new", []reply{set("")}, false, 0},
		"one that is back":     {201, "old", []reply{set("deleting", "old")}, false, 1},
		"a look-up that fails": {201, "old", []reply{denied}, false, 1},
	} {
		script := of(tc.replies...)
		c, clk := client(t, script)
		c.RememberLaunch("old", clk.Now().Add(-time.Hour))
		c.RememberLaunch("new", clk.Now())
		c.leavers.Store(tc.leavers)
		equal(t, name, c.goneWith(t.Context(), tc.id, nil, s, 4*s), tc.want)
		equal(t, name+": requests", len(script.Got), tc.requests)
		if tc.want {
			equal(t, "is noted", c.goings.expected(), 3412500*time.Microsecond)
			equal(t, "for the others", c.goneWith(t.Context(), tc.id, nil, s, 4*s), true)
			equal(t, "requests for the others", len(script.Got), tc.requests)
		}
	}
}

// How much one request of a list asks for.
func TestFilter_pageSize(t *testing.T) {
	t.Parallel()
	for want, filters := range map[int][]Filter{
		30:   {{}, {Zone: "z", Type: "t", State: "s"}, {Tags: map[string]string{}}},
		1000: {{Name: regexp.MustCompile("x")}, {Tags: map[string]string{"a": "b"}}, {BeingReclaimed: new(bool)}},
	} {
		for _, f := range filters {
			equal(t, fmt.Sprint(f), f.pageSize(30), want)
			equal(t, fmt.Sprint(f, " of many"), f.pageSize(5000), 1000)
		}
	}
}

// Which machines may be the one that was launched, as far as they are shown.
func TestSearch_mayBe(t *testing.T) {
	t.Parallel()
	_, c := newCloud(t, accepts)
	s := c.newSearch(order())
	at := func(d time.Duration) string { return s.sent.Add(d).Format(time.RFC3339) }
	local := func(d time.Duration) string { return s.sent.Add(d).In(ksyun.Beijing).Format(time.DateTime) }
	good := kec.Instance{Type: "n3.2b", SubnetID: "S-1", ChargeType: "spot", Created: at(0)}
	for name, tc := range map[string]struct {
		change func(*kec.Instance)
		before bool // any answer has told KEC's time
		after  bool
	}{
		"it":                          {func(*kec.Instance) {}, true, true},
		"nothing shown":               {func(in *kec.Instance) { *in = kec.Instance{} }, true, true},
		"another type":                {func(in *kec.Instance) { in.Type = "N3.4B" }, false, false},
		"another subnet":              {func(in *kec.Instance) { in.SubnetID = "s-2" }, false, false},
		"monthly":                     {func(in *kec.Instance) { in.ChargeType = "MONTHLY" }, false, false},
		"an odd charge type":          {func(in *kec.Instance) { in.ChargeType = "810" }, true, true},
		"an odd date":                 {func(in *kec.Instance) { in.Created = "soon" }, true, true},
		"created a minute before":     {func(in *kec.Instance) { in.Created = at(-time.Minute) }, true, true},
		"a second more":               {func(in *kec.Instance) { in.Created = at(-61 * time.Second) }, true, false},
		"sixteen minutes before":      {func(in *kec.Instance) { in.Created = at(-16 * time.Minute) }, true, false},
		"a second more than that":     {func(in *kec.Instance) { in.Created = at(-16*time.Minute - time.Second) }, false, false},
		"eight hours, without a zone": {func(in *kec.Instance) { in.Created = local(-8*time.Hour - time.Minute) }, true, true},
		"a second more, without":      {func(in *kec.Instance) { in.Created = local(-8*time.Hour - 61*time.Second) }, true, false},
		"sixteen minutes, without":    {func(in *kec.Instance) { in.Created = local(-8*time.Hour - 16*time.Minute) }, true, false},
		"more than all that, without": {func(in *kec.Instance) { in.Created = local(-8*time.Hour - 16*time.Minute - time.Second) }, false, false},
	} {
		fresh, _ := client(t, of(set("")))
		unknown := *s
		unknown.client = fresh.Client
		in := good
		tc.change(&in)
		equal(t, name, unknown.mayBe(in), tc.before)
		known := *s
		known.client = c.Client
		if _, err := c.DescribeInstances(t.Context(), nil, nil); err != nil { // it tells the time
			t.Fatal(err)
		}
		equal(t, name+", the time is known", known.mayBe(in), tc.after)
	}
	for _, tc := range []struct {
		asked, suffix, shown string
		want                 bool
	}{
		{"worker", "", "", true}, {"worker", "", "Worker", true}, {"worker", "", "worker1", false}, {"", "", "x", true},
		{"worker", "1", "worker1", true}, {"worker", "1", "worker", true}, {"worker7", "1", "worker73", true}, {"worker", "1", "workers1", false}, {"worker", "1", "12", true},
	} {
		params := url.Values{"InstanceName": {tc.asked}}
		if tc.suffix != "" {
			params.Set("InstanceNameSuffix", tc.suffix)
		}
		equal(t, fmt.Sprintf("%+v", tc), (&search{params: params}).mayBeCalled(tc.shown), tc.want)
	}
}

// What is to be looked for after a launch whose outcome is unknown.
func TestSearch_unknown(t *testing.T) {
	t.Parallel()
	for want, tc := range map[string]struct {
		count, name string
		found       int
	}{
		"an instance with the tag":                        {"", "", 0},
		"an instance named \"a\" with the tag":            {"1", "a", 0},
		"up to 2 instances with the tag":                  {"2", "", 0},
		"up to 1 more instances named \"a\" with the tag": {"2", "a", 1},
		"up to 7 more instances with the tag":             {"10", "", 3},
	} {
		c, _ := client(t, of(set("")), withLaunchTags(func() string { return "m" }))
		params := url.Values{"InstanceName": {tc.name}}
		if tc.count != "" {
			params.Set("MaxCount", tc.count)
		}
		err := c.newSearch(params).unknown(tc.found, io.EOF, errors.New("x"))
		_, look, _ := strings.Cut(err.Error(), "look for ")
		equal(t, "look for", look, want+" kec-launch-mark = m, created since 2026-03-02T09:00:00Z, in the console or with DescribeInstances; the cause: EOF; x")
		equal(t, "matches", errors.Is(err, ErrOutcomeUnknown) && errors.Is(err, io.EOF), true)
	}
}
