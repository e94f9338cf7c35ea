package machines

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// fleetWorld is an account of these machines, each of which is "id state created tags", with tags
// as key=value. It lists all of them but the hidden ones, and shows every one of them by its id.
func fleetWorld(hidden string, machines ...string) *script {
	shown := func(line string) map[string]any {
		f := strings.Fields(line)
		return map[string]any{"InstanceId": f[0], "InstanceState": f[1], "CreationDate": f[2], "ProjectId": 0, "ChargeType": "HourlyInstantSettlement"}
	}
	return &script{Answer: func(_ int, one sent) reply {
		list := []map[string]any{}
		tags := []map[string]string{}
		for _, line := range machines {
			id := strings.Fields(line)[0]
			switch {
			case one.Action == "GetAccountAllProjectList":
				return oneProject
			case one.Action == "ListTagsByResourceIds":
				for _, pair := range strings.Fields(line)[3:] {
					key, value, _ := strings.Cut(pair, "=")
					tags = append(tags, map[string]string{"ResourceUuid": id, "TagKey": key, "TagValue": value})
				}
			case one.Form.Has("InstanceId.1"):
				for name, values := range one.Form {
					if strings.HasPrefix(name, "InstanceId.") && strings.EqualFold(values[0], id) && !strings.HasPrefix(id, "none-") {
						list = append(list, shown(line))
					}
				}
			case !strings.Contains(hidden, id):
				list = append(list, shown(line))
			}
		}
		if one.Action == "ListTagsByResourceIds" {
			return asJSON(map[string]any{"Tags": tags})
		}
		return asJSON(map[string]any{"InstanceCount": len(list), "InstancesSet": list})
	}}
}

// A fleet's machines are those that the state knows and those that bear its tag, by their age. What
// is known and does not show is looked up; a stranger that ends, or is older than the fleet, is not
// asked about.
func TestFleet(t *testing.T) {
	t.Parallel()
	const began = "2026-03-02T08:00:00Z"
	since, _ := time.Parse(time.RFC3339, began)
	world := []string{
		"i-4 active 2026-03-02T08:04:00Z kec-fleet-id=f-1", "i-3 active 2026-03-02T08:03:00Z KEC-Fleet-ID=F-1", "i-2 deleting 2026-03-02T08:02:00Z kec-fleet-id=f-1",
		"I-1 active 2026-03-02T08:02:00Z kec-fleet-id=f-2", "i-5 active 2026-03-02T08:04:00Z kec-fleet-id=f-2", "i-6 deleting 2026-03-02T08:06:00Z kec-fleet-id=f-1",
		"i-7 active 2026-03-01T23:45:00Z kec-fleet-id=f-1", "i-8 active 2026-03-01T23:44:59Z kec-fleet-id=f-1", "i-9 active - kec-fleet-id=f-1",
	}
	for name, tc := range map[string]struct {
		query  FleetQuery
		hidden string
		want   string // shown, gone, hidden
		asked  string // about tags
	}{
		"known ones": {FleetQuery{ID: "f-1", Known: []string{"i-1", "i-2"}, Since: since}, "",
			"[i-9 i-7 I-1 i-2 i-3 i-4] [] []", "i-4,i-3,i-2,I-1,i-5,i-7,i-9"},
		"none is known": {FleetQuery{ID: "f-1", Since: since}, "", "[i-9 i-7 i-3 i-4] [] []", "i-4,i-3,I-1,i-5,i-7,i-9"},
		"of any age":    {FleetQuery{ID: "f-1"}, "", "[i-9 i-8 i-7 i-3 i-4] [] []", "i-4,i-3,I-1,i-5,i-7,i-8,i-9"},
		"not listed":    {FleetQuery{ID: "f-1", Known: []string{"i-2", "i-4"}, Since: since}, "i-2 i-4", "[i-9 i-7 i-2 i-3 i-4] [] []", ""},
		"gone, and too new to tell": {FleetQuery{ID: "f-3", Known: []string{"x-2", "new-5", "new-4", "new-3", "x-1", "new-2", "new-1", "i-5"}, Since: since}, "",
			"[i-5] [x-1 x-2] [new-1 new-2 new-3 new-4 new-5]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fleetWorld(tc.hidden, world...)
			c, clk := client(t, s)
			for i := range 5 {
				c.RememberLaunch(fmt.Sprintf("new-%d", i+1), clk.Now())
			}
			view, err := c.Fleet(t.Context(), tc.query)
			equal(t, "error", err, nil)
			ids := []string{}
			for _, in := range view.Shown {
				ids = append(ids, in.ID)
				equal(t, in.ID+" has its tags", len(in.Tags), 1)
			}
			equal(t, "view", fmt.Sprint(ids, " ", view.Gone, " ", view.Hidden), tc.want)
			last := s.Got[len(s.Got)-1]
			if tc.asked != "" {
				equal(t, "asked for the tags of", last.Form.Get("ResourceUuids"), tc.asked)
			}
			_, dated := c.ages.of("i-4")
			_, stranger := c.ages.of("i-6")
			equal(t, "its age is known, and that of one that ends is not", fmt.Sprint(dated, stranger), "true false")
			equal(t, "in all projects", s.Got[0].Action == "GetAccountAllProjectList", len(tc.query.Known) == 0)
			if len(tc.query.Known) == 0 {
				return
			}
			equal(t, "of the default project", s.Got[0].Form.Get("ProjectId.1"), "0")
			equal(t, "of any charge", s.Got[0].Form.Has("Filter.1.Name.1"), false)
		})
	}
}

// Whatever fails, no part of a fleet is taken for the whole.
func TestFleet_failures(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(one sent) bool{
		"the list": func(one sent) bool { return one.Action == "DescribeInstances" && !one.Form.Has("InstanceId.1") },
		"the tags": func(one sent) bool { return one.Action == "ListTagsByResourceIds" },
		"one look": func(one sent) bool { return one.Form.Get("InstanceId.1") == "i-2" },
	} {
		s := fleetWorld("i-2 i-3", "i-1 active 2026-03-02T08:00:00Z", "i-2 active 2026-03-02T08:00:00Z", "i-3 active 2026-03-02T08:00:00Z")
		answer := s.Answer
		s.Answer = func(n int, one sent) reply {
			if fails(one) {
				return denied
			}
			return answer(n, one)
		}
		c, _ := client(t, s)
		_, err := c.Fleet(t.Context(), FleetQuery{ID: "f", Known: []string{"i-1", "i-2", "i-3"}})
		equal(t, name, err != nil && strings.Contains(err.Error(), "PermissionDenied"), true)
	}
}
