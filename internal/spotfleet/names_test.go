package spotfleet

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// called are members with these names, of which the ids are m-1, m-2 and so on.
func called(names ...string) (all []member) {
	for i, name := range names {
		all = append(all, running(fmt.Sprintf("m-%d", i+1), func(one *member) { one.Name = types.StringValue(name) }))
	}
	return all
}

// A name is one of the fleet's if it is the fleet's name and a number.
func TestNumberOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base, name string
		want       int64
		ok         bool
	}{
		{"web-", "web-7", 7, true}, {"web-", "web-0", 0, true}, {"web-", "web-007", 7, true}, {"web-", "web-9999", 9999, true},
		{"web-", "web-", 0, false}, {"web-", "web--1", 0, false}, {"web-", "web-7a", 0, false}, {"web-", "api-7", 0, false}, {"web-", "7", 0, false},
		{"web-", "web-99999999999999999999", 0, false}, {"", "7", 0, false}, {"", "", 0, false},
	} {
		m := model{}
		m.InstanceName = types.StringValue(c.base)
		if got, ok := m.numberOf(c.name); ok != c.ok || ok && got != c.want {
			t.Errorf("%q of a fleet named %q: %d %t, want %d %t", c.name, c.base, got, ok, c.want, c.ok)
		}
	}
}

// New machines get the first numbers, from 1 on, of which as many are free in a row.
func TestNumber(t *testing.T) {
	t.Parallel()
	upTo := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf("web-%d", i+1))
		}
		return all
	}
	for name, c := range map[string]struct {
		have []string
		n    int64
		want int64
	}{
		"the first":                       {nil, 1, 1},
		"ten at once":                     {nil, 10, 1},
		"behind those that there are":     {upTo(3), 2, 4},
		"a gap of one":                    {[]string{"web-1", "web-3"}, 1, 2},
		"a gap that is too small for two": {[]string{"web-1", "web-3"}, 2, 4},
		"a gap of two":                    {[]string{"web-1", "web-4"}, 2, 2},
		"before the first":                {[]string{"web-3"}, 2, 1},
		"names of others":                 {[]string{"api-1", "by hand", ""}, 1, 1},
		"the last place":                  {upTo(mostMachines - 1), 1, mostMachines},
		"no place for two":                {upTo(mostMachines - 1), 2, 1},
		"no place at all":                 {upTo(mostMachines), 1, 1},
		"the last two":                    {upTo(mostMachines - 2), 2, mostMachines - 1},
	} {
		m := model{}
		m.InstanceName = types.StringValue("web-")
		if got := m.number(called(c.have...), c.n); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// A machine keeps its number when the fleet gets another name, and one that has the new name
// already keeps that.
func TestRenamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, after, name, want string }{
		{"web-", "api-", "web-12", "api-12"}, {"web-", "api-", "web-9999", "api-9999"}, {"web-", "api-", "api-3", ""},
		{"", "api-", "KSC-IN-0123456789", "api-6789"}, {"", "api-", "KSC-IN-0123x56", "api-56"}, {"", "api-", "by hand", "api-"},
		{"web-", "web-", "by hand", ""}, {"web-", "", "web-1", ""},
	} {
		plan, state := &model{}, &model{}
		plan.InstanceName, state.InstanceName = types.StringValue(c.after), types.StringValue(c.before)
		got, ok := plan.renamed(state, c.name)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s of %q that becomes %q: %q %t, want %q", c.name, c.before, c.after, got, ok, c.want)
		}
	}
}

// Only machines that were shown have been renamed, and only members are written down.
func TestRename(t *testing.T) {
	t.Parallel()
	plan, state := &model{}, &model{}
	plan.InstanceName, state.InstanceName = types.StringValue("api-"), types.StringValue("web-")
	have := called("web-1", "web-2", "web-3")
	rename(plan, state, have, []machines.Listed{seenAs("M-3", "web-3"), seenAs("m-1", "web-1"), seenAs("m-9", "web-9")})
	for i, want := range []string{"api-1", "web-2", "api-3"} {
		if got := have[i].Name.ValueString(); got != want {
			t.Errorf("%s is named %s, want %s", have[i].ID, got, want)
		}
	}
}
