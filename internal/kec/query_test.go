package kec

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// A look-up sends what it is asked for, each filter with a number of its own, and nothing else.
func TestInstanceQuery_params(t *testing.T) {
	t.Parallel()
	for want, q := range map[string]InstanceQuery{
		"Marker=0&MaxResults=1000": {Size: 1000},
		"InstanceId.1=i-1&InstanceId.2=I-2&Marker=400&MaxResults=200&ProjectId.1=0&ProjectId.2=42": {
			IDs: []string{"i-1", "I-2"}, Projects: []int64{0, 42}, Marker: 400, Size: 200,
		},
		"Filter.1.Name.1=charge-type&Filter.1.Value.1=Spot&Filter.1.Value.2=810&Marker=0&MaxResults=5":      {Spot: true, Size: 5},
		"Filter.1.Name.1=instance-type&Filter.1.Value.1=N3.2B&Filter.1.Value.2=n3.2b&Marker=0&MaxResults=5": {Type: "N3.2B", Size: 5},
		"Filter.1.Name.1=charge-type&Filter.1.Value.1=Spot&Filter.1.Value.2=810" +
			"&Filter.2.Name.1=availability-zone-name&Filter.2.Value.1=cn-beijing-6a&Filter.2.Value.2=CN-BEIJING-6A" +
			"&Filter.3.Name.1=instance-type&Filter.3.Value.1=n3.2B&Filter.3.Value.2=n3.2b&Filter.3.Value.3=N3.2B" +
			"&Filter.4.Name.1=instance-state.name&Filter.4.Value.1=active&Filter.4.Value.2=ACTIVE&Marker=0&MaxResults=5": {
			Spot: true, Zone: "cn-beijing-6a", Type: "n3.2B", State: "active", Size: 5,
		},
	} {
		equal(t, fmt.Sprintf("%+v", q), q.params().Encode(), want)
	}
}

// shownBy is an answer that counts so many instances and shows these; one without an id is "".
func shownBy(count int, ids ...string) reply {
	set := []map[string]string{}
	for _, id := range ids {
		set = append(set, map[string]string{"InstanceId": id})
	}
	b, _ := json.Marshal(map[string]any{"InstanceCount": count, "InstancesSet": set})
	return ok(string(b))
}

// A look-up by id ends as soon as all of them are shown, whatever the answer counts; as long as one
// is missing it goes on to where the count ends.
func TestDescribeInstancesPages_endsWithTheLastID(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ids     []string
		replies []reply
		want    string // instances, ids of others, elements without one, total, and requests
	}{
		"the only one":             {[]string{"i-1"}, []reply{shownBy(7, "i-1")}, "[i-1] [] 0 7, 1 request"},
		"both":                     {[]string{"i-1", "i-2"}, []reply{shownBy(7, "i-2", "I-1")}, "[i-2 I-1] [] 0 7, 1 request"},
		"one a page":               {[]string{"i-1", "i-2"}, []reply{shownBy(7, "i-1"), shownBy(7, "i-2")}, "[i-1 i-2] [] 0 7, 2 requests"},
		"one of two":               {[]string{"i-1", "i-2"}, []reply{shownBy(2, "i-1"), shownBy(2)}, "[i-1] [] 0 2, 2 requests"},
		"one of two, counted":      {[]string{"i-1", "i-2"}, []reply{shownBy(1, "i-1")}, "[i-1] [] 0 1, 1 request"},
		"another":                  {[]string{"i-1"}, []reply{shownBy(1, "i-9")}, "[] [i-9] 0 1, 1 request"},
		"others on two pages":      {[]string{"i-1"}, []reply{shownBy(3, "i-9"), shownBy(3, "I-9", "i-8"), shownBy(3)}, "[] [i-9 i-8] 0 3, 2 requests"},
		"without an id, two pages": {nil, []reply{shownBy(4, "i-1", ""), shownBy(4, "", "i-2")}, "[i-1 i-2] [] 2 4, 2 requests"},
		"all":                      {nil, []reply{shownBy(2, "i-1", "i-9")}, "[i-1 i-9] [] 0 2, 1 request"},
		"none":                     {nil, []reply{shownBy(0)}, "[] [] 0 0, 1 request"},
		"counts one, holds none":   {nil, []reply{shownBy(1)}, "DescribeInstances: the answer counts 1 instances and holds none (HTTP 200)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.replies...)
			c, _ := client(t, s)
			p, err := c.DescribeInstancesPages(t.Context(), tc.ids, nil)
			if err != nil {
				equal(t, "error", err.Error(), tc.want)
				return
			}
			ids := []string{}
			for _, in := range p.Instances {
				ids = append(ids, in.ID)
			}
			requests := fmt.Sprint(len(s.Got), " requests")
			if len(s.Got) == 1 {
				requests = "1 request"
			}
			equal(t, "page", fmt.Sprintf("%v %v %d %d, %s", ids, p.Foreign, p.Unnamed, p.Total, requests), tc.want)
		})
	}
}

// Pages put together hold each machine once, in any case, and say whether the new one has brought
// anything. The count is that of the newest.
func TestInstancePage_Add(t *testing.T) {
	t.Parallel()
	page := func(total, unnamed int, ids, foreign string) InstancePage {
		p := InstancePage{Total: total, Unnamed: unnamed, Foreign: strings.Fields(foreign)}
		for _, id := range strings.Fields(ids) {
			p.Instances = append(p.Instances, Instance{ID: id})
		}
		return p
	}
	var all InstancePage
	seen := map[string]bool{}
	for _, step := range []struct {
		page InstancePage
		want string
	}{
		{page(3, 1, "i-1 I-1", ""), "true: 1 instances, 0 others, 1 without an id, of 3"},
		{page(4, 0, "I-1", ""), "false: 1 instances, 0 others, 1 without an id, of 4"},
		{page(4, 2, "", "i-9"), "true: 1 instances, 1 others, 3 without an id, of 4"},
		{page(4, 0, "", "I-9 i-1"), "false: 1 instances, 1 others, 3 without an id, of 4"},
		{page(2, 0, "i-2 i-1", ""), "true: 2 instances, 1 others, 3 without an id, of 2"},
		{page(0, 0, "", ""), "false: 2 instances, 1 others, 3 without an id, of 0"},
	} {
		fresh := all.Add(step.page, seen)
		equal(t, fmt.Sprint(step.page), fmt.Sprintf("%v: %d instances, %d others, %d without an id, of %d",
			fresh, len(all.Instances), len(all.Foreign), all.Unnamed, all.Total), step.want)
	}
}

// A page that starts beyond the last machine may count and hold none; so may one of no instances.
func TestDescribeInstancesPage_empty(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		marker, count int
		ids           []string
		want          string
	}{
		{0, 0, nil, "0 of 0 <nil>"},
		{0, 1, []string{"i-1"}, "1 of 1 <nil>"},
		{0, 1, nil, "0 of 1 DescribeInstances: the answer counts 1 instances and holds none (HTTP 200)"},
		{1, 1, nil, "0 of 1 <nil>"},
		{5, 5, nil, "0 of 5 <nil>"},
	} {
		c, _ := client(t, of(shownBy(tc.count, tc.ids...)))
		p, err := c.DescribeInstancesPage(t.Context(), InstanceQuery{Marker: tc.marker, Size: 5})
		equal(t, fmt.Sprintf("%+v", tc), fmt.Sprintf("%d of %d %v", p.Elements, p.Total, err), tc.want)
	}
}

// The marker goes on by what a page holds, and a page that is read in halves ends where a first
// half that is not full does.
func TestDescribeInstancesPage_halves(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		total, largest, marker, size int
		want                         string // elements, and the pages that were asked for
	}{
		{20, 10, 0, 20, "20: 0+20 0+10 10+10"},
		{20, 10, 3, 20, "17: 3+20 3+10 13+10"},
		{10, 5, 0, 20, "10: 0+20 0+10 0+5 5+5 10+5"},
		{7, 6, 0, 20, "7: 0+20 0+10 0+5 5+5"},
		{4, 3, 0, 7, "the answer is larger than 16 MiB: 0+7 0+5"},
		{14, 9, 0, 11, "14: 0+11 0+5 5+5 10+5"},
		{3, 9, 0, 5, "3: 0+5"},
	} {
		large := 0
		s := account(tc.total, tc.largest, &large)
		c, _ := client(t, s)
		p, err := c.DescribeInstancesPage(t.Context(), InstanceQuery{Marker: tc.marker, Size: tc.size})
		got := strconv.Itoa(p.Elements)
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "kec DescribeInstances: kec.api.ksyun.com: ")
		}
		got += ":"
		for _, one := range s.Got {
			got += fmt.Sprintf(" %s+%s", one.Form.Get("Marker"), one.Form.Get("MaxResults"))
		}
		equal(t, fmt.Sprintf("%+v", tc), got, tc.want)
	}
}
