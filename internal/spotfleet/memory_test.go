package spotfleet

import (
	"context"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// noon is when these stories happen.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// private is the private state of a resource.
type private map[string]string

func (p private) GetKey(_ context.Context, key string) ([]byte, diag.Diagnostics) {
	return []byte(p[key]), nil
}

func (p private) SetKey(_ context.Context, key string, value []byte) diag.Diagnostics {
	p[key] = string(value)
	return nil
}

// What is remembered comes back, and what cannot be read is not remembered.
func TestRecall(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]memory{
		"":         {},
		"nonsense": {},
		`{"since":"2026-03-02T12:00:00Z","settings":"ab","uneven":true,"hidden":["m-1"],"prices":{"n3.2b s-a":"0.2"},"reported":{"m-1":null}}`: {
			Since: noon, Settings: "ab", Uneven: true, Hidden: []string{"m-1"}, Prices: map[string]string{"n3.2b s-a": "0.2"},
			Reported: map[string]wizard.Baseline{"m-1": nil},
		},
	} {
		if got := recall(t.Context(), private{memoryKey: raw}); !reflect.DeepEqual(*got, want) {
			t.Errorf("%s is %+v, want %+v", raw, *got, want)
		}
	}
}

// Of machines that are no members nothing is kept, nor a launch that every view shows by now.
func TestKeep(t *testing.T) {
	t.Parallel()
	mem := &memory{
		Since:    noon,
		Launched: map[string]time.Time{"m-1": noon.Add(-2 * time.Minute), "m-2": noon.Add(-2*time.Minute - time.Second), "m-9": noon},
		Reported: map[string]wizard.Baseline{"m-1": nil, "m-9": nil},
		Older:    map[string][]string{"ab": {"m-9", "m-1", "m-2"}, "cd": {"m-9"}},
	}
	kept := private{}
	if diags := mem.keep(t.Context(), kept, []member{running("M-1"), running("m-2")}, noon); diags.HasError() {
		t.Fatal(diags)
	}
	want := private{"fleet": `{"since":"2026-03-02T12:00:00Z","launched":{"m-1":"2026-03-02T11:58:00Z"},"older":{"ab":["m-1","m-2"]},"reported":{"m-1":null}}`}
	if !maps.Equal(kept, want) {
		t.Errorf("it keeps\n%s\nwant\n%s", kept, want)
	}
}

// The first look at a machine after an order says how KEC writes the order, and later ones what has
// changed. A machine of which nothing was ordered is what KEC reports.
func TestMemory_looks(t *testing.T) {
	t.Parallel()
	mem := &memory{}
	mem.launched([]string{"M-1", "m-2"}, noon)
	if want := map[string]time.Time{"m-1": noon, "m-2": noon}; !maps.Equal(mem.Launched, want) {
		t.Errorf("launched are %v, want %v", mem.Launched, want)
	}
	mem.launched([]string{"m-3"}, noon.Add(time.Minute))
	if len(mem.Launched) != 3 || len(mem.Reported) != 3 {
		t.Errorf("launched are %v, ordered %v", mem.Launched, mem.Reported)
	}
	look := func(id, name string) string {
		in := &kec.Instance{ID: id, Name: name}
		n, look := wizard.Naming{InstanceName: types.StringValue("ordered")}, mem.look(in)
		n.Refresh(look)
		mem.looked(in, look)
		return n.InstanceName.ValueString()
	}
	for _, c := range []struct{ id, shown, want string }{
		{"m-1", "as KEC writes it", "ordered"}, {"M-1", "as KEC writes it", "ordered"}, {"m-1", "by hand", "by hand"},
		{"m-7", "not ours", "not ours"}, {"m-2", "as KEC writes it", "ordered"},
	} {
		if got := look(c.id, c.shown); got != c.want {
			t.Errorf("%s that shows %q is %q, want %q", c.id, c.shown, got, c.want)
		}
	}
	if _, there := mem.Reported["m-7"]; there {
		t.Error("a machine that was not ordered is remembered")
	}
	mem.ordered("M-1")
	if got := look("m-1", "as KEC writes a new order"); got != "ordered" {
		t.Errorf("after an order it is %q", got)
	}
	if mem = (&memory{Hidden: []string{"m-1"}}); !mem.hides(running("M-1")) || mem.hides(running("m-2")) {
		t.Error("hidden is m-1, in any case, and no other")
	}
}

// The fingerprint stands for what holds for new machines only. It is in states, so it stays as it
// is.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	base := func() *model {
		m := sized(3, spotIn("s-a", "0.06"))
		m.ImageID, m.InstanceName = types.StringValue("IMG-6f2b"), types.StringValue("web-")
		return m
	}
	const want = "6b5b7aa01c8a"
	if got := fingerprint(base()); got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
	for name, c := range map[string]struct {
		change func(m *model)
		same   bool
	}{
		"the image":           {func(m *model) { m.ImageID = types.StringValue("IMG-7777") }, false},
		"a disk":              {func(m *model) { m.LocalDataDiskGiB = types.Int64Value(50) }, false},
		"the login":           {func(m *model) { m.KeyIDs = tfvalue.TextSet([]string{"k-1"}) }, false},
		"what boots":          {func(m *model) { m.UserData = types.StringValue("#!/bin/sh\n") }, false},
		"another spelling":    {func(m *model) { m.ImageID = types.StringValue("6F2B") }, true},
		"a lower-case prefix": {func(m *model) { m.ImageID = types.StringValue("img-6f2b") }, true},
		"the password":        {func(m *model) { m.PasswordWO = types.StringValue("Correct-Horse-1") }, true},
		"the name":            {func(m *model) { m.InstanceName = types.StringValue("api-") }, true},
		"the size":            {func(m *model) { m.TargetCapacity = types.Int64Value(9) }, true},
		"the groups":          {func(m *model) { m.SecurityGroupIDs = tfvalue.TextSet([]string{"g-1"}) }, true},
	} {
		m := base()
		if c.change(m); (fingerprint(m) == want) != c.same {
			t.Errorf("%s: the fingerprint is %s, and that of before is %s: want the same: %t", name, fingerprint(m), want, c.same)
		}
	}
}

// Which members keep an older template, through changes of it and back.
func TestSettle(t *testing.T) {
	t.Parallel()
	a, b, c := running("m-a"), running("m-b"), running("M-C")
	mem := &memory{Settings: "one"}
	step := func(settings string, older int, after map[string][]string, all ...member) {
		t.Helper()
		if got := mem.older(settings, all); got != older {
			t.Errorf("%s: %d keep an older template, want %d", settings, got, older)
		}
		mem.settle(settings, all)
		if mem.Settings != settings || len(mem.Older) != len(after) || len(after) > 0 && !reflect.DeepEqual(mem.Older, after) {
			t.Errorf("after %s it holds %s and %v, want %v", settings, mem.Settings, mem.Older, after)
		}
		if got := mem.older(settings, all); got != older {
			t.Errorf("%s: after the change %d keep an older template, want %d", settings, got, older)
		}
	}
	step("one", 0, nil, a, b)
	step("two", 2, map[string][]string{"one": {"m-a", "m-b"}}, a, b)
	step("two", 2, map[string][]string{"one": {"m-a", "m-b"}}, a, b, c)
	step("three", 3, map[string][]string{"one": {"m-a", "m-b"}, "two": {"m-c"}}, a, b, c)
	step("one", 1, map[string][]string{"two": {"m-c"}}, a, b, c)
	step("two", 2, map[string][]string{"one": {"m-a", "m-b"}}, a, b, c)

	unknown := &memory{}
	if got := unknown.older("one", []member{a, b}); got != 0 {
		t.Errorf("of an import %d keep an older template, want 0: nothing is known of it", got)
	}
	if unknown.settle("one", []member{a, b}); unknown.Settings != "one" || len(unknown.Older) > 0 {
		t.Errorf("after an import it holds %+v", unknown)
	}
}

// What a member costs at most: its limit, else the on-demand price that was noted.
func TestCost(t *testing.T) {
	t.Parallel()
	mem := &memory{}
	mem.price("N3.2B", "S-A", *amount("0.2"))
	mem.price("E1.2B", "s-a", *amount("0.15"))
	elsewhere := func(one *member) { one.SubnetID = types.StringValue("s-b") }
	for name, c := range map[string]struct {
		of   member
		want string
	}{
		"a bid with a limit":       {running("m", limited("0.06")), "0.06"},
		"one that follows":         {running("m"), "0.2"},
		"one on demand":            {running("m", onDemand), "0.2"},
		"a limit that means none":  {running("m", onDemand, limited("0.06")), "0.2"},
		"a limit without a price":  {running("m", elsewhere, limited("0.07")), "0.07"},
		"one of an unknown price":  {running("m", elsewhere), ""},
		"on demand, and not known": {running("m", elsewhere, onDemand, limited("0.06")), ""},
	} {
		if got := mem.cost(c.of); !same(got, amount(c.want)) {
			t.Errorf("%s costs %v, want %s", name, got, c.want)
		}
	}
	if got := mem.ceiling([]member{running("a", limited("0.06")), running("b"), running("c", onDemand)}); !same(got, amount("0.46")) {
		t.Errorf("all cost %v, want 0.46", got)
	}
	if got := mem.ceiling([]member{running("a", limited("0.06")), running("b", elsewhere)}); got != nil {
		t.Errorf("all cost %v, and of one nothing is known", got)
	}
	if got := mem.ceiling(nil); !same(got, amount("0")) {
		t.Errorf("none cost %v, want 0", got)
	}
}
