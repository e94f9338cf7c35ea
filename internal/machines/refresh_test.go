package machines

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// books is an account of n machines, i-1 and so on, that shows them by id and page by page. It can
// be made to answer one request in another way.
type books struct {
	script
	n     int
	odd   func(what string) *reply // nil or a nil reply for the usual answer
	asked []string                 // since the last word was asked for: "ids i-1", "list 0+200", "tags i-1,i-2"
}

func newBooks(n int) *books {
	b := &books{n: n}
	b.Answer = b.serve
	return b
}

// elements are the machines with these numbers.
func elements(numbers ...int) []map[string]any {
	all := []map[string]any{}
	for _, i := range numbers {
		all = append(all, map[string]any{"InstanceId": fmt.Sprintf("i-%d", i), "InstanceState": "active"})
	}
	return all
}

func (b *books) serve(_ int, one sent) reply {
	var ids []string
	var numbers []int
	for i := 1; one.Form.Has(fmt.Sprintf("InstanceId.%d", i)); i++ {
		ids = append(ids, one.Form.Get(fmt.Sprintf("InstanceId.%d", i)))
		if n, err := strconv.Atoi(strings.TrimPrefix(ids[i-1], "i-")); err == nil && n <= b.n {
			numbers = append(numbers, n)
		}
	}
	start, _ := strconv.Atoi(one.Form.Get("Marker"))
	size, _ := strconv.Atoi(one.Form.Get("MaxResults"))
	what, answer := "ids "+strings.Join(ids, ","), asJSON(map[string]any{"InstanceCount": len(numbers), "InstancesSet": elements(numbers...)})
	switch {
	case one.Action == "GetAccountAllProjectList":
		what, answer = "projects", oneProject
	case one.Action == "ListTagsByResourceIds":
		tags := []map[string]string{}
		for _, id := range strings.Split(one.Form.Get("ResourceUuids"), ",") {
			tags = append(tags, map[string]string{"ResourceUuid": id, "TagKey": "of", "TagValue": id})
		}
		what, answer = "tags "+one.Form.Get("ResourceUuids"), asJSON(map[string]any{"Tags": tags})
	case len(ids) == 0:
		for i := start + 1; i <= min(start+size, b.n); i++ {
			numbers = append(numbers, i)
		}
		what, answer = fmt.Sprintf("list %d+%d", start, size), asJSON(map[string]any{"InstanceCount": b.n, "InstancesSet": elements(numbers...)})
	}
	b.asked = append(b.asked, what)
	if b.odd != nil {
		if r := b.odd(what); r != nil {
			return *r
		}
	}
	return answer
}

// since are the requests since it was last asked for, in order of their texts.
func (b *books) since() string {
	asked := b.asked
	b.asked = nil
	slices.Sort(asked)
	return strings.Join(asked, "; ")
}

// reads reads machines of an account one after the other, and returns what was asked for.
func (b *books) reads(t *testing.T, c testClient, numbers ...int) string {
	t.Helper()
	for _, i := range numbers {
		in, err := c.Refresh(t.Context(), fmt.Sprintf("i-%d", i), nil)
		if err != nil || in.ID != fmt.Sprintf("i-%d", i) {
			t.Errorf("read %d: %v, %v", i, in, err)
		}
	}
	return b.since()
}

// The first four reads of a refresh are look-ups by id. The fifth lists everything, if that takes
// hardly more requests than ids have taken so far, and all others are answered by the list.
func TestRefresh_requests(t *testing.T) {
	t.Parallel()
	pages := func(starts ...int) string {
		var all []string
		for _, start := range starts {
			all = append(all, fmt.Sprintf("list %d+1000", start))
		}
		return strings.Join(all, "; ")
	}
	for n, want := range map[int][]string{ // what the fifth read asks for, and the sixth
		10:   {"list 0+200", ""},
		200:  {"list 0+200", ""},
		201:  {"list 0+200; list 200+1000", ""},
		1200: {"list 0+200; list 200+1000", ""},
		1201: {"list 0+200; list 1200+1000; list 200+1000", ""},
		5200: {"list 0+200; list 1200+1000; list 200+1000; list 2200+1000; list 3200+1000; list 4200+1000", ""},
		5201: {"ids i-5; list 0+200", pages(0, 1000, 2000, 3000, 4000, 5000)},
		7000: {"ids i-5; list 0+200", pages(0, 1000, 2000, 3000, 4000, 5000, 6000)},
		7001: {"ids i-5; list 0+200", "ids i-6"},
	} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			b := newBooks(n)
			c, _ := client(t, &b.script)
			equal(t, "four reads", b.reads(t, c, 1, 2, 3, 4), "ids i-1; ids i-2; ids i-3; ids i-4")
			equal(t, "the fifth", b.reads(t, c, 5), want[0])
			equal(t, "the sixth", b.reads(t, c, 6), want[1])
			equal(t, "the next ones", n > 7000 || b.reads(t, c, 7, 8, 9, 10) == "", true)
		})
	}
}

// A list answers for fifteen seconds, for the projects that it was of, and until this process
// changes something.
func TestRefresh_aListThatIsTooOld(t *testing.T) {
	t.Parallel()
	const ids = "ids i-1"
	seven := int64(7)
	for name, tc := range map[string]struct {
		then func(c testClient, clk *fakeClock)
		want string
	}{
		"at once":                 {func(testClient, *fakeClock) {}, ""},
		"a moment before":         {func(_ testClient, clk *fakeClock) { clk.At = clk.At.Add(15*time.Second - 1) }, ""},
		"fifteen seconds":         {func(_ testClient, clk *fakeClock) { clk.At = clk.At.Add(15 * time.Second) }, "list 0+1000"},
		"later":                   {func(_ testClient, clk *fakeClock) { clk.At = clk.At.Add(15*time.Second + 1) }, ids},
		"a clock that goes back":  {func(_ testClient, clk *fakeClock) { clk.At = clk.At.Add(-1) }, "list 0+1000"},
		"a change":                {func(c testClient, _ *fakeClock) { _ = c.StartInstances(t.Context(), "i-1") }, "ids i-1; list 0+1000"},
		"a change of another one": {func(c testClient, _ *fakeClock) { _ = c.StopInstances(t.Context(), "i-9") }, "ids i-9; list 0+1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(10)
			c, clk := client(t, &b.script)
			b.reads(t, c, 1, 2, 3, 4, 5)
			tc.then(c, clk)
			equal(t, "asked", b.reads(t, c, 1), tc.want)
		})
	}
	b := newBooks(10)
	c, _ := client(t, &b.script)
	b.reads(t, c, 1, 2, 3, 4, 5)
	_, err := c.Refresh(t.Context(), "i-1", &seven)
	equal(t, "of another project", fmt.Sprint(err, " ", b.since()), "<nil> list 0+1000")
	equal(t, "its projects", b.Got[len(b.Got)-1].Form.Get("ProjectId.1")+" "+b.Got[len(b.Got)-1].Form.Get("ProjectId.2"), "0 7")
	equal(t, "of both", b.reads(t, c, 1), "")
}

// A new refresh begins with look-ups by id: after fifteen seconds without a read, nothing is known
// of how many there will be.
func TestRefresh_aNewOne(t *testing.T) {
	t.Parallel()
	b := newBooks(10)
	c, clk := client(t, &b.script)
	b.reads(t, c, 1, 2, 3, 4)
	clk.At = clk.At.Add(15*time.Second + 1)
	equal(t, "four reads", b.reads(t, c, 1, 2, 3, 4), "ids i-1; ids i-2; ids i-3; ids i-4")
	clk.At = clk.At.Add(15 * time.Second)
	equal(t, "the fifth", b.reads(t, c, 5), "list 0+200")
}

// A list that fails, or that counts nothing, is none: reads go by id, and for fifteen seconds there
// is no other list.
func TestRefresh_aListThatFails(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]reply{"refused": denied, "without a count": asJSON(map[string]any{"InstancesSet": elements(1)})} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(10)
			b.odd = func(what string) *reply {
				if strings.HasPrefix(what, "list") {
					return &bad
				}
				return nil
			}
			c, clk := client(t, &b.script)
			b.reads(t, c, 1, 2, 3, 4)
			equal(t, "the fifth", b.reads(t, c, 5), "ids i-5; list 0+200")
			for range 2 { // no list remembers them
				_, err := c.RefreshTags(t.Context(), "i-1")
				equal(t, "tags", fmt.Sprint(err, " ", b.since()), "<nil> tags i-1")
			}
			b.odd = nil
			clk.At = clk.At.Add(15*time.Second - 1)
			equal(t, "soon", b.reads(t, c, 6), "ids i-6")
			clk.At = clk.At.Add(1)
			equal(t, "after a while", b.reads(t, c, 7), "list 0+200")
			equal(t, "then", b.reads(t, c, 8), "")
		})
	}
	// Pages that count differently do not add up, whatever they hold.
	b := newBooks(7)
	other := asJSON(map[string]any{"InstanceCount": 8, "InstancesSet": elements(6, 7)})
	first := asJSON(map[string]any{"InstanceCount": 7, "InstancesSet": elements(1, 2, 3, 4, 5)})
	b.odd = func(what string) *reply { return map[string]*reply{"list 0+200": &first, "list 5+1000": &other}[what] }
	c, _ := client(t, &b.script)
	b.reads(t, c, 1, 2, 3, 4)
	equal(t, "counted otherwise", b.reads(t, c, 5), "list 0+1000; list 0+200; list 5+1000")

	// The second page counts too.
	b = newBooks(300)
	b.odd = func(what string) *reply {
		if what == "list 200+1000" {
			return &denied
		}
		return nil
	}
	c, _ = client(t, &b.script)
	b.reads(t, c, 1, 2, 3, 4)
	equal(t, "the fifth", b.reads(t, c, 5), "ids i-5; list 0+200; list 200+1000")

	// A list is of a hundred projects at most.
	for n, want := range map[int]bool{100: true, 101: false} {
		b = newBooks(1)
		c, _ = client(t, &b.script, WithListAfter(n-1))
		for i := range n {
			project := int64(i)
			if _, err := c.Refresh(t.Context(), "i-1", &project); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, fmt.Sprint("a list of ", n, " projects"), strings.Contains(b.since(), "list"), want)
	}
}

// Pages that do not add up are read once more, and no third time: what they hold is true even so.
func TestRefresh_pagesThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	page := func(count int, numbers ...int) *reply {
		r := asJSON(map[string]any{"InstanceCount": count, "InstancesSet": elements(numbers...)})
		return &r
	}
	nameless := asJSON(map[string]any{"InstanceCount": 3, "InstancesSet": append(elements(1, 2, 5), map[string]any{})})
	for name, tc := range map[string]struct {
		first, second *reply // in place of the list, and of its repetition
		want          string
		then          string // what a read of i-6 asks for
	}{
		"fewer than counted":    {page(7, 1, 2, 3, 4, 5), nil, "list 0+1000; list 0+200; list 5+1000", ""},
		"fewer, and again":      {page(5, 1, 2, 3, 5), page(5, 1, 2, 3, 5), "list 0+1000; list 0+200; list 4+1000; list 4+1000", ""},
		"one without an id":     {&nameless, nil, "list 0+1000; list 0+200", ""},
		"it adds up":            {page(3, 1, 2, 5), nil, "list 0+200", "ids i-6"},
		"none, and one of none": {page(0), nil, "ids i-5; list 0+200", "ids i-6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(10)
			b.odd = func(what string) *reply {
				switch what {
				case "list 0+200":
					return tc.first
				case "list 0+1000":
					return tc.second
				case "list 4+1000", "list 5+1000":
					return page(5)
				}
				return nil
			}
			c, _ := client(t, &b.script)
			b.reads(t, c, 1, 2, 3, 4)
			equal(t, "the fifth", b.reads(t, c, 5), tc.want)
			if tc.second == nil {
				equal(t, "another", b.reads(t, c, 6), tc.then)
			}
		})
	}
}

// What a list does not show is looked up by its id, twice, before it is gone.
func TestRefresh_provesAnAbsence(t *testing.T) {
	t.Parallel()
	b := newBooks(10)
	c, clk := client(t, &b.script)
	b.reads(t, c, 1, 2, 3, 4, 5)
	_, err := c.Refresh(t.Context(), "i-99", nil)
	equal(t, "gone", errors.Is(err, ErrGone), true)
	equal(t, "asked", b.since(), "ids i-99; ids i-99; projects")
	equal(t, "waits", fmt.Sprint(clk.Slept), "[1s]")
	_, err = c.Refresh(t.Context(), "", nil)
	equal(t, "no id", fmt.Sprint(err, b.since()), "an id is empty")

	// Before there is a list, too; and a new one is not gone.
	b = newBooks(10)
	c, _ = client(t, &b.script)
	_, err = c.Refresh(t.Context(), "i-99", nil)
	equal(t, "gone", errors.Is(err, ErrGone), true)
	equal(t, "asked", b.since(), "ids i-99; ids i-99; projects")
	c.RememberLaunch("i-98", c.Now())
	_, err = c.Refresh(t.Context(), "i-98", nil)
	equal(t, "not yet visible", errors.Is(err, ErrNotVisible), true)
}

// The tags of one machine are asked for together with those of its next neighbours in the list, a
// hundred in a request, and each once.
func TestRefreshTags_neighbours(t *testing.T) {
	t.Parallel()
	names := func(from, to int) string {
		var all []string
		for i := from; i <= to; i++ {
			all = append(all, fmt.Sprintf("i-%d", i))
		}
		return strings.Join(all, ",")
	}
	b := newBooks(150)
	c, _ := client(t, &b.script, WithListAfter(0))
	b.reads(t, c, 1)
	of := func(i int) string {
		id := fmt.Sprintf("i-%d", i)
		tags, err := c.RefreshTags(t.Context(), id)
		equal(t, id, fmt.Sprint(tags, err), "map[of:"+id+"] <nil>")
		return b.since()
	}
	equal(t, "the third", of(3), "tags i-3,i-1,i-2,"+names(4, 100))
	equal(t, "a neighbour", of(100), "")
	equal(t, "the 101st", of(101), "tags "+names(101, 150))
	equal(t, "all of them", of(1)+of(150), "")

	// Without a list each is asked for alone.
	b = newBooks(10)
	c, _ = client(t, &b.script)
	equal(t, "alone", of(1)+"; "+of(2), "tags i-1; tags i-2")
}

// A neighbour that is refused must not cost anybody his tags, and there are none from then on.
func TestRefreshTags_neighboursThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		refusal reply
		first   string // what is asked for the first one
		tags    string
		second  string
	}{
		"a neighbour": {refuse(400, "InstanceIdInvalid", "i-2"), "2 requests", "map[of:i-1] <nil>", "tags i-150"},
		"the keys":    {refuse(401, "SignatureDoesNotMatch", "x"), "1 requests", "map[] ListTagsByResourceIds: SignatureDoesNotMatch: x (request id req-1, HTTP 401)", "tags i-150,i-101,"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(150)
			b.odd = func(what string) *reply {
				if strings.Contains(what, "i-2,") {
					return &tc.refusal
				}
				return nil
			}
			c, _ := client(t, &b.script, WithListAfter(0))
			b.reads(t, c, 1)
			tags, err := c.RefreshTags(t.Context(), "i-1")
			equal(t, "tags", fmt.Sprint(tags, err), tc.tags)
			equal(t, "asked", fmt.Sprint(strings.Count(b.since(), "tags"), " requests"), tc.first)
			tags, err = c.RefreshTags(t.Context(), "i-150")
			equal(t, "the next", fmt.Sprint(tags, err), "map[of:i-150] <nil>")
			asked := b.since()
			equal(t, "asked", asked[:min(len(asked), len("tags i-150,i-101,"))], tc.second)
		})
	}
}
