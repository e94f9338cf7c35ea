package machines

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// pages answers DescribeInstances with the elements of a list, page by page, and the other actions
// of a list. Each page is read from what elements says then.
func pages(projects reply, elements func(page int) []map[string]any) *script {
	page := 0
	return &script{Answer: func(_ int, one sent) reply {
		switch one.Action {
		case "GetAccountAllProjectList":
			return projects
		case "ListTagsByResourceIds":
			tags := []map[string]string{}
			for _, id := range strings.Split(one.Form.Get("ResourceUuids"), ",") {
				tags = append(tags, map[string]string{"ResourceUuid": strings.ToUpper(id), "TagId": "7", "TagKey": "id", "TagValue": id})
			}
			return asJSON(map[string]any{"Tags": tags})
		}
		all := elements(page)
		page++
		start, _ := strconv.Atoi(one.Form.Get("Marker"))
		size, _ := strconv.Atoi(one.Form.Get("MaxResults"))
		start = min(start, len(all))
		return asJSON(map[string]any{"InstanceCount": len(all), "InstancesSet": all[start:min(start+size, len(all))]})
	}}
}

func asJSON(v any) reply {
	b, _ := json.Marshal(v)
	return ok(string(b))
}

// spots are n Spot Instances, i-1 and so on.
func spots(n int) []map[string]any {
	all := make([]map[string]any, n)
	for i := range all {
		all[i] = map[string]any{"InstanceId": fmt.Sprintf("i-%d", i+1), "InstanceName": fmt.Sprintf("worker-%d", i+1), "ChargeType": "Spot"}
	}
	return all
}

func always(all []map[string]any) func(int) []map[string]any {
	return func(int) []map[string]any { return all }
}

// asked counts the requests of a script by action.
func asked(s *script) string {
	counts := map[string]int{}
	for _, one := range s.Got {
		counts[one.Action]++
	}
	var words []string
	for _, action := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", action, counts[action]))
	}
	return strings.Join(words, ", ")
}

// listed is the ids of a list, and its error.
func listed(t *testing.T, c testClient, f Filter, batch int) ([]string, error) {
	t.Helper()
	var ids []string
	all, _ := c.List(t.Context(), f, batch)
	for one, err := range all {
		if err != nil {
			return ids, err
		}
		ids = append(ids, one.ID)
	}
	return ids, nil
}

var (
	oneProject = ok(`{"ListProjectResult":{"ProjectList":[{"ProjectId":0}]}}`)
	denied     = refuse(403, "PermissionDenied", "no")
)

// What is selected by, in what spelling KEC and the user have it. What an answer leaves out hides
// no machine.
func TestList_filters(t *testing.T) {
	t.Parallel()
	yes, no, seven := true, false, int64(7)
	machine := func(more map[string]any) []map[string]any {
		all := map[string]any{"InstanceId": "i-1", "InstanceName": "web-1", "InstanceType": "N3.2B", "AvailabilityZone": "cn-beijing-6a",
			"InstanceState": map[string]string{"Name": "active"}, "ChargeType": "Spot", "ProjectId": 7, "SpotRecyclingTime": ""}
		maps.Copy(all, more)
		return []map[string]any{all}
	}
	for name, tc := range map[string]struct {
		filter  Filter
		machine []map[string]any
		passes  bool
	}{
		"nothing asked":             {Filter{}, machine(nil), true},
		"all asked":                 {Filter{Zone: "cn-beijing-6a", Type: "N3.2B", State: "active", Name: regexp.MustCompile("^web"), Project: &seven, BeingReclaimed: &no}, machine(nil), true},
		"in another case":           {Filter{Zone: "CN-Beijing-6A", Type: "n3.2b", State: "ACTIVE"}, machine(nil), true},
		"KEC writes another case":   {Filter{Type: "N3.2B", State: "active"}, machine(map[string]any{"InstanceType": "n3.2b", "InstanceState": "Active"}), true},
		"left out":                  {Filter{Zone: "a", Type: "b", State: "c", Project: &seven}, []map[string]any{{"InstanceId": "i-1"}}, true},
		"by number":                 {Filter{}, machine(map[string]any{"ChargeType": 810}), true},
		"another zone":              {Filter{Zone: "cn-beijing-6b"}, machine(nil), false},
		"another type":              {Filter{Type: "N3.4B"}, machine(nil), false},
		"another state":             {Filter{State: "stopped"}, machine(nil), false},
		"another project":           {Filter{Project: &seven}, machine(map[string]any{"ProjectId": 8}), false},
		"another name":              {Filter{Name: regexp.MustCompile("^db")}, machine(nil), false},
		"another charge type":       {Filter{}, machine(map[string]any{"ChargeType": "Monthly"}), false},
		"not being reclaimed":       {Filter{BeingReclaimed: &yes}, machine(nil), false},
		"being reclaimed":           {Filter{BeingReclaimed: &yes}, machine(map[string]any{"SpotRecyclingTime": "2026-03-02 18:00:00"}), true},
		"at an unreadable time":     {Filter{BeingReclaimed: &yes}, machine(map[string]any{"SpotRecyclingTime": "in 10 minutes"}), true},
		"being reclaimed, unwanted": {Filter{BeingReclaimed: &no}, machine(map[string]any{"SpotRecyclingTime": "2026-03-02 18:00:00"}), false},
		"being deleted":             {Filter{}, machine(map[string]any{"InstanceState": "deleting"}), true},
		"without an id":             {Filter{}, machine(map[string]any{"InstanceId": ""}), false},
		"its tag":                   {Filter{Tags: map[string]string{"id": "i-1"}}, machine(nil), true},
		"another value of a tag":    {Filter{Tags: map[string]string{"id": "i-2"}}, machine(nil), false},
		"no such tag":               {Filter{Tags: map[string]string{"id": "i-1", "team": ""}}, machine(nil), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, pages(oneProject, always(tc.machine)))
			ids, err := listed(t, c, tc.filter, 100)
			equal(t, "passes", len(ids) == 1, tc.passes)
			equal(t, "error", err, nil)
		})
	}
}

// KEC is asked for less where it knows the filter, in the spellings that it may have.
func TestList_asksForLess(t *testing.T) {
	t.Parallel()
	s := pages(oneProject, always(spots(0)))
	c, _ := client(t, s)
	ids, err := listed(t, c, Filter{Zone: "cn-beijing-6a", Type: "N3.2b", State: "ACTIVE"}, 1)
	equal(t, "ids", len(ids), 0)
	equal(t, "error", err, nil)
	got, _ := url.QueryUnescape(s.Got[1].Form.Encode())
	equal(t, "asked", got, "Filter.1.Name.1=charge-type&Filter.1.Value.1=Spot&Filter.1.Value.2=810"+
		"&Filter.2.Name.1=availability-zone-name&Filter.2.Value.1=cn-beijing-6a&Filter.2.Value.2=CN-BEIJING-6A"+
		"&Filter.3.Name.1=instance-type&Filter.3.Value.1=N3.2b&Filter.3.Value.2=n3.2b&Filter.3.Value.3=N3.2B"+
		"&Filter.4.Name.1=instance-state.name&Filter.4.Value.1=ACTIVE&Filter.4.Value.2=active"+
		"&Marker=0&MaxResults=5&ProjectId.1=0")
}

// How many requests a list takes, and what it takes no request for.
func TestList_requests(t *testing.T) {
	t.Parallel()
	const projects = "GetAccountAllProjectList 1"
	for name, tc := range map[string]struct {
		machines int
		filter   Filter
		batch    int
		found    int
		want     string
	}{
		"none":                       {0, Filter{WithTags: true}, 1000, 0, "DescribeInstances 1, " + projects},
		"without their tags":         {250, Filter{}, 1000, 250, "DescribeInstances 1, " + projects},
		"with their tags":            {250, Filter{WithTags: true}, 1000, 250, "DescribeInstances 1, " + projects + ", ListTagsByResourceIds 3"},
		"exactly a page":             {1000, Filter{}, 1000, 1000, "DescribeInstances 2, " + projects},
		"exactly two pages":          {2000, Filter{WithTags: true}, 1000, 2000, "DescribeInstances 2, " + projects + ", ListTagsByResourceIds 20"},
		"a few of many, by name":     {2500, Filter{Name: regexp.MustCompile(`00$`), WithTags: true}, 1000, 25, "DescribeInstances 3, " + projects + ", ListTagsByResourceIds 1"},
		"one of many, by a tag":      {2500, Filter{Tags: map[string]string{"id": "i-2401"}}, 1000, 1, "DescribeInstances 3, " + projects + ", ListTagsByResourceIds 25"},
		"in one project":             {10, Filter{Project: new(int64)}, 1000, 10, "DescribeInstances 1"},
		"ten at a time":              {25, Filter{WithTags: true}, 10, 25, "DescribeInstances 3, " + projects + ", ListTagsByResourceIds 3"},
		"two at a time, five a page": {7, Filter{}, 2, 7, "DescribeInstances 2, " + projects},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := pages(oneProject, always(spots(tc.machines)))
			c, _ := client(t, s)
			ids, err := listed(t, c, tc.filter, tc.batch)
			equal(t, "found", len(ids), tc.found)
			equal(t, "error", err, nil)
			equal(t, "requests", asked(s), tc.want)
		})
	}
}

// Who has enough asks for no more.
func TestList_endsEarly(t *testing.T) {
	t.Parallel()
	s := pages(oneProject, always(spots(5000)))
	c, _ := client(t, s)
	all, _ := c.List(t.Context(), Filter{WithTags: true}, 30)
	n := 0
	for one, err := range all {
		equal(t, "error", err, nil)
		equal(t, "its tag", one.Tags["id"], one.ID)
		if n++; n == 30 {
			break
		}
	}
	equal(t, "requests", asked(s), "DescribeInstances 1, GetAccountAllProjectList 1, ListTagsByResourceIds 1")
	equal(t, "the page", s.Got[1].Form.Get("MaxResults"), "30")
}

// Machines that move from page to page, because others come and go, are listed once and not missed.
func TestList_pagesThatMove(t *testing.T) {
	t.Parallel()
	before := spots(1500)
	for name, tc := range map[string]struct {
		then     []map[string]any // from the second page on
		found    int
		requests int
	}{
		"nothing moves": {before, 1500, 2},
		// The second page begins at i-1011: i-1001 to i-1010 are on neither.
		"ten are gone": {before[10:], 1500, 4},
		// The second page begins at i-991.
		"ten are new before them": {slices.Concat(spots(1510)[1500:], before), 1510, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := pages(oneProject, func(page int) []map[string]any {
				if page == 0 {
					return before
				}
				return tc.then
			})
			c, _ := client(t, s)
			ids, err := listed(t, c, Filter{}, 1000)
			equal(t, "error", err, nil)
			equal(t, "found", len(ids), tc.found)
			slices.Sort(ids)
			equal(t, "each once", len(slices.Compact(ids)), tc.found)
			equal(t, "requests", asked(s), fmt.Sprintf("DescribeInstances %d, GetAccountAllProjectList 1", tc.requests))
		})
	}
}

func TestList_projects(t *testing.T) {
	t.Parallel()
	var many []map[string]int
	for i := range 150 {
		many = append(many, map[string]int{"ProjectId": 1000 - i})
	}
	for name, tc := range map[string]struct {
		projects   reply
		everywhere bool
		want       []string // the first and the last project of each look-up
	}{
		"one":    {oneProject, true, []string{"0 0"}},
		"none":   {ok(`{"ListProjectResult":{"ProjectList":[]}}`), true, []string{"0 0"}},
		"many":   {asJSON(map[string]any{"ListProjectResult": map[string]any{"ProjectList": many}}), true, []string{"0 949", "950 1000"}},
		"denied": {denied, false, []string{" "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := pages(tc.projects, always(spots(3)))
			c, _ := client(t, s)
			all, everywhere := c.List(t.Context(), Filter{}, 100)
			equal(t, "everywhere", everywhere, tc.everywhere)
			n := 0
			for _, err := range all {
				equal(t, "error", err, nil)
				n++
			}
			equal(t, "found", n, 3)
			var got []string
			for _, one := range s.Got[1:] {
				last := ""
				for i := 1; one.Form.Has(fmt.Sprintf("ProjectId.%d", i)); i++ {
					last = one.Form.Get(fmt.Sprintf("ProjectId.%d", i))
				}
				got = append(got, one.Form.Get("ProjectId.1")+" "+last)
			}
			equal(t, "look-ups", strings.Join(got, "; "), strings.Join(tc.want, "; "))
		})
	}
}

// A failure ends the list, and what was handed over before stands.
func TestList_failures(t *testing.T) {
	t.Parallel()
	for name, action := range map[string]string{"of the second page": "DescribeInstances", "of the second tags": "ListTagsByResourceIds"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := pages(oneProject, always(spots(25)))
			answer, calls := s.Answer, 0
			s.Answer = func(n int, one sent) reply {
				if one.Action == action {
					if calls++; calls == 2 {
						return denied
					}
				}
				return answer(n, one)
			}
			c, _ := client(t, s)
			ids, err := listed(t, c, Filter{WithTags: true}, 10)
			equal(t, "found", len(ids), 10)
			equal(t, "denied", err != nil && strings.Contains(err.Error(), action), true)
		})
	}
}

func TestListed_tells(t *testing.T) {
	t.Parallel()
	for want, tags := range map[string]map[string]string{
		"false ":    nil,
		"true ":     {"Kec-Launch-Mark": "0123"},
		"false f-1": {"kec-fleet-id": "f-1", "team": "a"},
		"true F-2":  {"KEC-FLEET-ID": "F-2", "kec-launch-mark": "0"},
		"false f-3": {"KEC-Fleet-Id": "other", "kec-fleet-id": "f-3", "kec-launch-mark": ""},
	} {
		l := Listed{Instance: &kec.Instance{}, Tags: tags}
		equal(t, fmt.Sprint(tags), fmt.Sprint(l.Launched(), " ", l.FleetID()), want)
	}
	equal(t, "internal", InternalTag("KEC-fleet-ID"), true)
}
