package machines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// gathered is what batches of a window do with callers that come at these times: each batch is
// "when: how many".
func gathered(t *testing.T, w window, maxItems int, at ...time.Duration) string {
	t.Helper()
	var mu sync.Mutex
	var got []string
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b := &batcher[string]{call: describe, window: w, maxItems: maxItems, work: func(_ context.Context, requests []*request[string]) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, fmt.Sprintf("%s: %d", time.Since(start), len(requests)))
			for _, r := range requests {
				r.answer("answered "+r.id, nil)
			}
			return nil
		}}
		var all sync.WaitGroup
		for i, d := range at {
			all.Go(func() {
				time.Sleep(d)
				answer, err := b.Do(t.Context(), fmt.Sprint(i), nil)
				equal(t, "answer", fmt.Sprint(answer, " ", err), fmt.Sprint("answered ", i, " <nil>"))
			})
		}
		all.Wait()
	})
	return strings.Join(got, ", ")
}

// A batch goes out when nobody has come for a while, when its time is up, or when it is full. A
// window of nothing sends each at once.
func TestBatcher_gathers(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	every := func(d time.Duration, n int) (all []time.Duration) {
		for i := range n {
			all = append(all, time.Duration(i)*d)
		}
		return all
	}
	w := window{idle: 3 * ms, max: 100 * ms}
	for _, tc := range []struct {
		window   window
		maxItems int
		at       []time.Duration
		want     string
	}{
		{w, 9, []time.Duration{0}, "3ms: 1"},
		{w, 9, []time.Duration{0, 2 * ms, 4 * ms}, "7ms: 3"},
		{w, 9, []time.Duration{0, 2 * ms, 6 * ms}, "5ms: 2, 9ms: 1"},
		{w, 99, every(2*ms, 60), "100ms: 50, 121ms: 10"},
		{w, 3, []time.Duration{0, ms, 2 * ms, 2*ms + 1}, "2ms: 3, 5.000001ms: 1"},
		{w, 1, []time.Duration{0, ms}, "0s: 1, 1ms: 1"},
		{window{}, 9, []time.Duration{0, ms, 2 * ms}, "0s: 1, 1ms: 1, 2ms: 1"},
	} {
		got := gathered(t, tc.window, tc.maxItems, tc.at...)
		if tc.window == w && tc.maxItems == 99 { // at a tick of both, either comes first
			got = strings.Replace(got, "100ms: 51, 121ms: 9", "100ms: 50, 121ms: 10", 1)
		}
		equal(t, fmt.Sprint(tc.window, tc.maxItems, tc.at), got, tc.want)
	}
}

// Who leaves before a batch goes out is not asked for, and a batch of nobody does no work.
func TestBatcher_leavers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []string
		b := &batcher[string]{call: describe, window: window{time.Second, time.Minute}, maxItems: 9, work: func(_ context.Context, requests []*request[string]) error {
			got = append(got, fmt.Sprint(distinct(requests)))
			return errors.New("no")
		}}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for i, with := range []context.Context{ctx, t.Context(), t.Context()} {
			all.Go(func() {
				_, err := b.Do(with, []string{"i-1", "i-2", "I-2"}[i], nil)
				equal(t, fmt.Sprint("caller ", i), fmt.Sprint(err), []string{"kec DescribeInstances: context canceled during a call that is shared with others", "no", "no"}[i])
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
		equal(t, "asked", len(got) == 1 && (got[0] == "[i-2]" || got[0] == "[I-2]"), true)

		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err := b.Do(ctx, "i-3", nil)
		equal(t, "the only one", fmt.Sprint(err), "kec DescribeInstances: context canceled before anything was sent")
		equal(t, "batches", len(got), 1)
	})
}

// How long each kind of request is gathered: look-ups for 3 ms, and reads of a refresh and
// terminations for 40 ms.
func TestNew_windows(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	accepted := ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","Return":true}]}`)
	for name, tc := range map[string]struct {
		call  func(context.Context, testClient) error
		every time.Duration // another comes
		first string        // when the first request goes out, for callers that come so
		alone string        // and for one alone
	}{
		"a look-up": {func(ctx context.Context, c testClient) error { _, err := c.Find(ctx, "i-1", nil); return err }, 2 * ms, "100ms", "3ms"},
		"a refresh": {func(ctx context.Context, c testClient) error { _, err := c.Refresh(ctx, "i-1", nil); return err }, 39 * ms, "200ms", "40ms"},
		"the end":   {func(ctx context.Context, c testClient) error { return c.Terminate(ctx, "i-1") }, 39 * ms, "200ms", "40ms"},
		"tags":      {func(ctx context.Context, c testClient) error { _, err := c.RefreshTags(ctx, "i-1"); return err }, 2 * ms, "100ms", "3ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, callers := range []int{1, 60} {
				synctest.Test(t, func(t *testing.T) {
					start, first := time.Now(), time.Duration(-1)
					s := &script{Answer: func(_ int, one sent) reply {
						if first < 0 {
							first = time.Since(start)
						}
						switch one.Action {
						case "TerminateInstances":
							return accepted
						case "ListTagsByResourceIds":
							return ok(`{"Tags":[]}`)
						}
						return set("deleted", "i-1")
					}}
					c, err := connect("cn-beijing-6", ksyun.WithHTTPTransport(s), ksyun.WithRate(0), WithListAfter(1000))
					if err != nil {
						t.Fatal(err)
					}
					var all sync.WaitGroup
					for i := range callers {
						all.Go(func() {
							time.Sleep(time.Duration(i) * tc.every)
							equal(t, "error", tc.call(t.Context(), c), nil)
						})
					}
					all.Wait()
					equal(t, fmt.Sprint(callers, " callers"), first.String(), map[bool]string{true: tc.alone, false: tc.first}[callers == 1])
				})
			}
		})
	}
}

// Which refusals of a batch may be those of one id.
func TestMayBeAboutOneID(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		e    ksyun.Error
		want bool
	}{
		"a permission":       {ksyun.Error{Code: "PermissionDenied", Status: 403}, true},
		"an id":              {ksyun.Error{Code: "InstanceIdInvalid", Status: 400}, true},
		"a value":            {ksyun.Error{Code: "InvalidParameterValue", Status: 400}, true},
		"the keys":           {ksyun.Error{Code: "SignatureDoesNotMatch", Status: 401}, false},
		"the keys, of an id": {ksyun.Error{Code: "InstanceIdInvalid", Status: 401}, false},
		"throttling":         {ksyun.Error{Code: "RequestLimitExceeded", Status: 503}, false},
		"a gateway":          {ksyun.Error{Status: 502}, false},
		"an answer of 200":   {ksyun.Error{Status: 200}, false},
	} {
		equal(t, name, mayBeAboutOneID(&tc.e), tc.want)
		c, _ := client(t, of(set("")))
		equal(t, name+": of a client", c.maybeOneID(fmt.Errorf("x: %w", &tc.e)), tc.want)
		c.codesForAll.Store(tc.e.Code, true)
		equal(t, name+": a code for all", c.maybeOneID(&tc.e), false)
	}
	c, _ := client(t, of(set("")))
	equal(t, "no answer", c.maybeOneID(errors.New("EOF")), false)
}

// The good one among the few that are tried disproves a code, though all the others have it.
func TestEachAlone_aCodeIsDisprovedByOne(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(set("")))
	askedAlone(c.Client, "bad-1", "bad-2")
	asked, failed := askedAlone(c.Client, slices.Insert(many("bad", 20), 4, "good")...) // of numbers 3, 4 and 5
	equal(t, "asked, failed", fmt.Sprint(asked, len(failed)), "21 20")
	asked, _ = askedAlone(c.Client, many("bad", 5)...)
	equal(t, "each of the next ones is asked", asked, 5)
	asked, _ = askedAlone(c.Client, many("bad", 5)...)
	equal(t, "and then a few", asked, 3)
	refusal := &ksyun.Error{Code: "PermissionDenied", Status: 403}
	for name, err := range map[string]error{"one alone": refusal, "no answer": errors.New("EOF"), "the keys": &ksyun.Error{Code: "SignatureDoesNotMatch", Status: 401}} {
		requests := []*request[int]{{id: "i-1"}, {id: "i-2"}}
		if name == "one alone" {
			requests = requests[:1]
		}
		equal(t, name, eachAlone(c.Client, requests, err, func(*request[int]) error { t.Error("asked"); return nil }), err)
	}
}

// lookedUp looks up so many machines at once, the last few of which are not there, each in one of
// so many projects. It returns what was asked for.
func lookedUp(t *testing.T, b *books, c testClient, n, missing, projects int) string {
	t.Helper()
	var requests []*request[*kec.Instance]
	for i := range n {
		r := &request[*kec.Instance]{id: fmt.Sprintf("i-%d", i+1)}
		if i >= n-missing {
			r.id = fmt.Sprintf("x-%d", i+1)
		}
		if projects > 1 {
			project := int64(i % projects)
			r.project = &project
		}
		requests = append(requests, r)
	}
	answerRest(requests, c.lookUp(t.Context(), requests))
	for i, r := range requests {
		equal(t, r.id+" is found", fmt.Sprint(r.err, r.value != nil), fmt.Sprint("<nil> ", i < n-missing))
	}
	var words []string
	for _, one := range strings.Split(b.since(), "; ") {
		if ids, of := strings.CutPrefix(one, "ids "); of {
			one = fmt.Sprintf("%d ids", strings.Count(ids, ",")+1)
		}
		words = append(words, one)
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}

// Up to two hundred look-ups at once go by id, a hundred in a request. More are answered by a list,
// where that takes fewer requests, and only what it does not show goes by id.
func TestLookUp_ofMany(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		account, n, missing, projects int
		odd                           *reply // in place of a list
		first, second                 string
	}{
		"two hundred":                {500, 200, 0, 1, nil, "100 ids; 100 ids", "100 ids; 100 ids"},
		"one more":                   {500, 201, 0, 1, nil, "list 0+1000", "list 0+1000"},
		"a few are missing":          {500, 201, 3, 1, nil, "3 ids; list 0+1000", "3 ids; list 0+1000"},
		"two pages":                  {2000, 300, 0, 1, nil, "list 0+1000; list 1000+1000", "list 0+1000; list 1000+1000"},
		"three pages for 300":        {2001, 300, 0, 1, nil, "100 ids; 100 ids; 100 ids; list 0+1000", "100 ids; 100 ids; 100 ids"},
		"three pages for 301":        {2001, 301, 0, 1, nil, "list 0+1000; list 1000+1000; list 2000+1000", "list 0+1000; list 1000+1000; list 2000+1000"},
		"in a hundred projects":      {500, 201, 0, 100, nil, "list 0+1000", "list 0+1000"},
		"in a hundred projects more": {500, 201, 0, 101, nil, "1 ids; 100 ids; 100 ids", "1 ids; 100 ids; 100 ids"},
		"a list that is refused":     {500, 201, 0, 1, &denied, "1 ids; 100 ids; 100 ids; list 0+1000", "1 ids; 100 ids; 100 ids; list 0+1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(tc.account)
			b.odd = func(what string) *reply {
				if strings.HasPrefix(what, "list") {
					return tc.odd
				}
				return nil
			}
			c, _ := client(t, &b.script)
			equal(t, "the first time", lookedUp(t, b, c, tc.n, tc.missing, tc.projects), tc.first)
			equal(t, "the second time", lookedUp(t, b, c, tc.n, tc.missing, tc.projects), tc.second)
		})
	}
}
