package spotfleet

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

func tags(pairs ...string) types.Map {
	all := map[string]attr.Value{}
	for pair := range slices.Chunk(pairs, 2) {
		all[pair[0]] = types.StringValue(pair[1])
	}
	return types.MapValueMust(types.StringType, all)
}

// listed is a machine that KEC shows with these groups, tags and project.
func listed(id string, project int64, groups []string, tags map[string]string) machines.Listed {
	return machines.Listed{Tags: tags, Instance: &kec.Instance{
		ID: id, ChargeType: "Spot", ProjectID: &project, ImageID: "IMG-1", NICs: []kec.NIC{{ID: "n", Type: "primary", SecurityGroupIDs: groups}},
	}}
}

// After a look the members are those that KEC shows, and those that a view which lags may hide. One
// of a run that was killed is taken in.
func TestSeen(t *testing.T) {
	t.Parallel()
	m := sized(4)
	m.Members = membersOf.List([]member{running("m-1", named("web-1")), running("m-2", limited("0.06")), running("m-3"), running("m-4")})
	have := m.seen(machines.FleetView{Shown: []machines.Listed{seenAs("M-2", "web-2"), seenAs("m-9", "web-9")}, Hidden: []string{"M-1", "m-8"}, Gone: []string{"m-3"}})
	if got, want := ids(have), []string{"m-2", "m-9", "m-1"}; !slices.Equal(got, want) {
		t.Fatalf("the members are %v, want %v", got, want)
	}
	if have[0].Name.ValueString() != "web-2" || !have[0].SpotPriceLimit.Equal(number("0.06")) || have[1].Name.ValueString() != "web-9" || have[2].Name.ValueString() != "web-1" {
		t.Errorf("they are %+v", have)
	}
	have = m.seen(machines.FleetView{Shown: []machines.Listed{seenAs("M-1", "")}})
	if got := ids(have); !slices.Equal(got, []string{"m-1"}) || have[0].Name.ValueString() != "web-1" {
		t.Errorf("the members are %+v", have)
	}
	if got, want := ids(m.lost([]string{"M-3", "m-7", "m-1"})), []string{"m-3", "m-1"}; !slices.Equal(got, want) {
		t.Errorf("lost are %v, want %v", got, want)
	}
}

// What a refresh has found is told to the check of the plan: what is there, and how many are lost.
func TestNote(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		r := &Resource{Session: &session.Session{Preflight: preflight.New(nil, preflight.Off, "cn-beijing-6", nil)}}
		r.note(sized(3), nil, []member{running("a"), running("b")}[:n])
		if lost, known := r.Lost.Load("f-1"); known != (n > 0) || known && lost != int64(n) || r.Preflight.KnowsMachines() != known {
			t.Errorf("of %d lost machines it notes %v", n, lost)
		}
		if r.note(sized(3), []member{running("c")}, nil); !r.Preflight.KnowsMachines() {
			t.Error("a machine that is there is not noted")
		}
	}
}

// What all machines have alike follows the first one; machines that differ are uneven.
func TestDrift(t *testing.T) {
	t.Parallel()
	one, two := []string{"g-1"}, []string{"g-2"}
	prod, test := map[string]string{"env": "prod", "owner": "x"}, map[string]string{"env": "test"}
	for name, c := range map[string]struct {
		shown   []machines.Listed
		uneven  bool
		groups  []string
		env     string
		project int64
	}{
		"none is shown":         {nil, false, one, "prod", 7},
		"as it was":             {[]machines.Listed{listed("a", 7, one, prod), listed("b", 7, one, prod)}, false, one, "prod", 7},
		"all are changed alike": {[]machines.Listed{listed("a", 8, two, test), listed("b", 8, two, test)}, false, two, "test", 8},
		"groups of the last":    {[]machines.Listed{listed("a", 7, one, prod), listed("b", 7, two, prod)}, true, one, "prod", 7},
		"tags of the first":     {[]machines.Listed{listed("a", 7, one, test), listed("b", 7, one, prod)}, true, one, "test", 7},
		"project of the first":  {[]machines.Listed{listed("a", 8, one, prod), listed("b", 7, one, prod)}, true, one, "prod", 8},
		"groups in the middle":  {[]machines.Listed{listed("a", 7, one, prod), listed("b", 7, two, prod), listed("c", 7, one, prod)}, true, one, "prod", 7},
		"a view without tags":   {[]machines.Listed{listed("a", 7, one, nil), listed("b", 7, one, prod)}, false, one, "prod", 7},
	} {
		m := sized(2)
		m.SecurityGroupIDs, m.TagsAll, m.Tags, m.ProjectID = tfvalue.TextSet(one), tags("env", "prod"), tags("env", "prod"), types.Int64Value(7)
		mem := &memory{Uneven: true}
		m.drift(mem, c.shown, nil)
		if mem.Uneven != c.uneven || !m.SecurityGroupIDs.Equal(tfvalue.TextSet(c.groups)) || !m.TagsAll.Equal(tags("env", c.env)) || m.ProjectID.ValueInt64() != c.project {
			t.Errorf("%s: uneven %t, groups %s, tags %s, project %s", name, mem.Uneven, m.SecurityGroupIDs, m.TagsAll, m.ProjectID)
		}
	}

	// A project that the user leaves out, or that KEC does not show, is not managed.
	m, silent := sized(1), listed("a", 8, one, nil)
	if m.drift(&memory{}, []machines.Listed{silent}, nil); !m.ProjectID.IsNull() {
		t.Errorf("a project that was left out becomes %s", m.ProjectID)
	}
	silent.ProjectID = nil
	m.ProjectID = types.Int64Value(7)
	if m.drift(&memory{}, []machines.Listed{silent}, nil); m.ProjectID.ValueInt64() != 7 {
		t.Errorf("a project that is not shown becomes %s", m.ProjectID)
	}

	// After an order KEC's way of writing it is no drift, on any machine.
	mem := &memory{Reported: map[string]wizard.Baseline{"a": nil, "b": nil}}
	m.SecurityGroupIDs = tfvalue.TextSet(one)
	m.drift(mem, []machines.Listed{listed("a", 7, two, nil), listed("b", 7, two, nil)}, nil)
	if mem.Uneven || !m.SecurityGroupIDs.Equal(tfvalue.TextSet(one)) || mem.Reported["a"] == nil || mem.Reported["b"] == nil {
		t.Errorf("after an order: uneven %t, groups %s, reported %v", mem.Uneven, m.SecurityGroupIDs, mem.Reported)
	}
}

// An import takes from the first machine what all have alike.
func TestTake(t *testing.T) {
	t.Parallel()
	m := sized(1)
	m.take(listed("a", 7, []string{"g-1"}, map[string]string{"env": "prod", "team": "a", "kec-fleet-id": "f-1"}), map[string]string{"team": "a"})
	if m.ImageID.ValueString() != "IMG-1" || !m.SecurityGroupIDs.Equal(tfvalue.TextSet([]string{"g-1"})) || m.ProjectID.ValueInt64() != 7 ||
		!m.TagsAll.Equal(tags("env", "prod", "team", "a")) || !m.Tags.Equal(tags("env", "prod")) || !m.InstanceName.IsNull() {
		t.Errorf("it takes image %s, groups %s, project %s, tags %s of %s, name %s", m.ImageID, m.SecurityGroupIDs, m.ProjectID, m.Tags, m.TagsAll, m.InstanceName)
	}
}

// Tags that have appeared outside are left alone, and those that the fleet manages are not.
func TestManaged(t *testing.T) {
	t.Parallel()
	got := managed(map[string]string{"env": "test", "owner": "x"}, tags("env", "prod", "team", "a"))
	if want := map[string]string{"env": "test"}; !maps.Equal(got, want) {
		t.Errorf("managed are %v, want %v", got, want)
	}
}

// Whether a machine has the tags and groups that are wanted, and none that are to go.
func TestBears(t *testing.T) {
	t.Parallel()
	type m = map[string]string
	for name, c := range map[string]struct {
		tags, were, want m
		bears            bool
	}{
		"all of them":      {m{"a": "1", "b": "2"}, m{"a": "1"}, m{"a": "1", "b": "2"}, true},
		"one is missing":   {m{"a": "1"}, nil, m{"a": "1", "b": "2"}, false},
		"an empty value":   {m{"a": "1"}, nil, m{"a": "1", "b": ""}, false},
		"another value":    {m{"a": "2"}, nil, m{"a": "1"}, false},
		"one that goes":    {m{"a": "1", "b": "2"}, m{"b": "2"}, m{"a": "1"}, false},
		"it has gone":      {m{"a": "1"}, m{"b": "2"}, m{"a": "1"}, true},
		"one of others":    {m{"a": "1", "x": "9"}, m{"a": "1"}, m{"a": "1"}, true},
		"none, and nobody": {nil, nil, nil, true},
	} {
		if got := bears(c.tags, c.were, c.want); got != c.bears {
			t.Errorf("%s: %t, want %t", name, got, c.bears)
		}
	}
	for _, c := range []struct {
		ids, set []string
		same     bool
	}{
		{[]string{"B", "a"}, []string{"A", "b"}, true}, {[]string{"a"}, []string{"a", "b"}, false}, {[]string{"a", "b"}, []string{"a"}, false},
		{nil, nil, true}, {[]string{"a", "c"}, []string{"a", "b"}, false},
	} {
		before := slices.Clone(c.ids)
		if got := sameIDs(c.ids, tfvalue.TextSet(c.set)); got != c.same || !slices.Equal(before, c.ids) {
			t.Errorf("%v and %v are the same: %t, want %t", c.ids, c.set, got, c.same)
		}
	}
}

// What an update brings all members to: what the plan changes, and everything of members that
// differ. A project that is left out is never changed.
func TestChangesOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(plan *model)
		uneven bool
		want   changesInPlace
	}{
		"nothing":                {func(*model) {}, false, changesInPlace{}},
		"the size":               {func(p *model) { p.TargetCapacity = types.Int64Value(9) }, false, changesInPlace{}},
		"the name":               {func(p *model) { p.InstanceName = types.StringValue("api-") }, false, changesInPlace{name: true}},
		"the groups":             {func(p *model) { p.SecurityGroupIDs = tfvalue.TextSet([]string{"g-1", "g-2"}) }, false, changesInPlace{groups: true}},
		"the case of the groups": {func(p *model) { p.SecurityGroupIDs = tfvalue.TextSet([]string{"G-1"}) }, false, changesInPlace{}},
		"the tags":               {func(p *model) { p.TagsAll = tags("env", "test") }, false, changesInPlace{tags: true}},
		"the project":            {func(p *model) { p.ProjectID = types.Int64Value(8) }, false, changesInPlace{project: true}},
		"the project, left out":  {func(p *model) { p.ProjectID = types.Int64Null() }, false, changesInPlace{}},
		"a project to come":      {func(p *model) { p.ProjectID = types.Int64Unknown() }, false, changesInPlace{}},
		"machines that differ":   {func(*model) {}, true, changesInPlace{groups: true, tags: true, project: true}},
		"and no project":         {func(p *model) { p.ProjectID = types.Int64Null() }, true, changesInPlace{groups: true, tags: true}},
	} {
		of := func() *model {
			m := sized(3)
			m.InstanceName, m.SecurityGroupIDs, m.TagsAll, m.ProjectID = types.StringValue("web-"), tfvalue.TextSet([]string{"g-1"}), tags("env", "prod"), types.Int64Value(7)
			return m
		}
		plan := of()
		c.change(plan)
		if got := changesOf(plan, of(), c.uneven); got != c.want || got.any() != (c.want != changesInPlace{}) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// One warning names what is gone: first what KEC had announced, then the rest, ten at most of each.
func TestReleased(t *testing.T) {
	t.Parallel()
	const unknown = " no longer exist: KEC has released them since the last refresh (when the market price rises above the limit or stock runs short), or somebody has deleted them:\n"
	const next = "\n\nThe next apply orders what is missing."
	summary, detail := released([]member{running("m-1", named("web-1"), announced)})
	if want := "KEC has released 1:\nweb-1 (m-1), announced for 2026-03-02T12:10:00Z" + next; summary != "A machine of this fleet is gone" || detail != want {
		t.Errorf("it says %s\n%s\nwant\n%s", summary, detail, want)
	}
	summary, detail = released([]member{running("m-1"), running("m-2", announced)})
	want := "KEC has released 1:\nm-2, announced for 2026-03-02T12:10:00Z\n\n1" + unknown + "m-1" + next
	if summary != "2 machines of this fleet are gone" || detail != want {
		t.Errorf("it says %s\n%s\nwant\n%s", summary, detail, want)
	}
	var many []member
	var lines []string
	for i := range 12 {
		many = append(many, running(fmt.Sprintf("m-%d", i)))
		lines = append(lines, fmt.Sprintf("m-%d", i))
	}
	for n, want := range map[int]string{
		10: "10" + unknown + strings.Join(lines[:10], "\n") + next, 11: "11" + unknown + strings.Join(lines[:10], "\n") + "\nand 1 more" + next,
		12: "12" + unknown + strings.Join(lines[:10], "\n") + "\nand 2 more" + next,
	} {
		if summary, detail := released(many[:n]); summary != fmt.Sprintf("%d machines of this fleet are gone", n) || detail != want {
			t.Errorf("it says %s\n%s\nwant\n%s", summary, detail, want)
		}
	}
	if lines[10] != "m-10" {
		t.Error("the list that was named is changed")
	}
}
