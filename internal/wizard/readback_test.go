package wizard

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Automatic deletion is read in the user's spelling of the instant.
func TestRelease_refresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		was   types.String
		told  bool
		shown string
		want  string
	}{
		"the same instant":    {text("2026-03-02T20:00:00+08:00"), true, "2026-03-02 20:00", "2026-03-02T20:00:00+08:00"},
		"in UTC":              {text("2026-03-02T12:00:00Z"), true, "2026-03-02 20:00:00", "2026-03-02T12:00:00Z"},
		"moved":               {text("2026-03-02T12:00:00Z"), true, "2026-03-02 20:01", "2026-03-02T12:01:00Z"},
		"switched off":        {text("2026-03-02T12:00:00Z"), true, "", ""},
		"left out":            {text("2026-03-02T12:00:00Z"), false, "", "2026-03-02T12:00:00Z"},
		"set by somebody":     {types.StringNull(), true, "2026-03-02 20:00", "2026-03-02T12:00:00Z"},
		"none, as it is told": {types.StringNull(), true, "", ""},
	} {
		r := Release{AutoDeleteTime: c.was}
		l := NewLook(&kec.Instance{AutoDeleteTime: c.shown, TellsAutoDelete: c.told, AutoDeleteEIP: ptr(true)}, Baseline{})
		if r.Refresh(l); r.AutoDeleteTime.ValueString() != c.want || r.AutoDeleteTime.IsNull() != (c.want == "") || !r.AutoDeleteEIP.ValueBool() || !r.DeletionProtection.Equal(types.BoolValue(false)) {
			t.Errorf("%s: %s, want %s", name, r.AutoDeleteTime, c.want)
		}
	}
	r := Release{AutoDeleteEIP: types.BoolValue(true), DeletionProtection: types.BoolValue(true)}
	r.Refresh(NewLook(&kec.Instance{}, Baseline{}))
	if !r.AutoDeleteEIP.ValueBool() || !r.DeletionProtection.ValueBool() {
		t.Errorf("what is left out becomes %s and %s", r.AutoDeleteEIP, r.DeletionProtection)
	}
	var table param.Table
	Release{AutoDeleteTime: text("2026-03-02T12:00:00Z"), AutoDeleteEIP: types.BoolValue(true), DeletionProtection: types.BoolValue(true)}.Lines(&table)
	if q, err := table.Encode(); err != nil || q.Encode() != "AutoDeleteEip=true&AutoDeleteTime=2026-03-02+20%3A00&IsProtect=true" {
		t.Errorf("it sends %s, %v", q.Encode(), err)
	}
}

// What KEC reports of a machine beside its settings: what it leaves out stays, but for what only
// the present has.
func TestReported(t *testing.T) {
	t.Parallel()
	whole := &kec.Instance{
		ID: "M-1", State: "active", Zone: "z", Created: "2026-03-02T09:14:05Z", RecyclingTime: "2026-03-02 18:20:00",
		NICs: []kec.NIC{{ID: "n-1", Type: "primary", VPCID: "v-1", PublicIP: "1.2.3.4"}},
	}
	r := Reported{ID: text("m-1"), PublicIP: types.StringUnknown(), CreatedAt: types.StringUnknown(), ProtectedUntil: types.StringUnknown()}
	r.Refresh(whole)
	want := Reported{text("m-1"), text("active"), text("z"), text("v-1"), text("n-1"), text("1.2.3.4"), text("2026-03-02T09:14:05Z"), text("2026-03-02T10:14:05Z"), text("2026-03-02T10:20:00Z")}
	if r != want {
		t.Errorf("it is %+v, want %+v", r, want)
	}
	want.RecyclingTime = types.StringNull()
	if r.Refresh(&kec.Instance{ID: "m-1"}); r != want {
		t.Errorf("after an answer that says nothing it is %+v, want %+v", r, want)
	}
	want.PublicIP, want.RecyclingTime, want.ID = types.StringNull(), text("soon"), text("m-2")
	if r.Refresh(&kec.Instance{ID: "m-2", RecyclingTime: "soon", NICs: []kec.NIC{{Type: "primary"}}}); r != want {
		t.Errorf("without an address it is %+v, want %+v", r, want)
	}
	var fresh Reported
	fresh.CreatedAt = types.StringUnknown()
	if fresh.Refresh(&kec.Instance{ID: "m-1", Created: "soon"}); !fresh.CreatedAt.IsNull() || !fresh.ProtectedUntil.IsNull() {
		t.Errorf("a date that cannot be read is %+v", fresh)
	}
}

// Keys that the user leaves out are not managed.
func TestLogin_refresh(t *testing.T) {
	t.Parallel()
	none, some := tfvalue.TextSet(nil), tfvalue.TextSet([]string{"k-1"})
	left := types.SetNull(types.StringType)
	for name, c := range map[string]struct {
		imported bool
		was      types.Set
		shown    []string
		want     types.Set
		unsure   string
	}{
		"left out":               {false, left, []string{"k-1"}, left, "[]"},
		"as it was":              {false, some, []string{"K-1"}, some, "[]"},
		"taken away":             {false, some, []string{}, none, "[]"},
		"not told":               {false, some, nil, some, "[]"},
		"added":                  {false, none, []string{"k-1"}, some, "[]"},
		"imported":               {true, left, []string{"k-1"}, some, "[]"},
		"imported without":       {true, left, []string{}, left, "[]"},
		"imported, and not told": {true, left, nil, left, `["key_ids"]`},
	} {
		in := &kec.Instance{KeyIDs: c.shown}
		l := NewLook(in, Baseline{})
		if c.imported {
			l = NewImport(in)
		}
		login := Login{KeyIDs: c.was}
		if login.Refresh(l); !login.KeyIDs.Equal(c.want) || string(l.Unsure()) != c.unsure || !login.KeepImageLogin.Equal(types.BoolValue(false)) {
			t.Errorf("%s: %s, unsure of %s, want %s", name, login.KeyIDs, l.Unsure(), c.want)
		}
	}
}

// An image has two names.
func TestSameImage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"IMG-6f2b", "6F2B", true}, {"img-6f2b", "IMG-6f2b", true}, {"6f2b", "6f2c", false}, {"", "", false}, {"IMG-", "IMG-", true}, {"IMG-", "", false},
		{"IMG-a", "a", true}, {"IMGxa", "a", false},
	} {
		if got := sameImage(text(c.a), text(c.b)); got != c.same {
			t.Errorf("%q and %q are one image: %t", c.a, c.b, got)
		}
	}
	var now, was param.Table
	Image{text("IMG-6f2b")}.Lines(&now)
	Image{text("6f2b")}.Lines(&was)
	if len(now.Changed(was)) > 0 {
		t.Error("another spelling is a change")
	}
}

// Tags: those of the provider block, those of KEC and of the client, and those that are left.
func TestTags(t *testing.T) {
	t.Parallel()
	of := func(pairs ...string) types.Map {
		all := map[string]attr.Value{}
		for pair := range slices.Chunk(pairs, 2) {
			all[pair[0]] = text(pair[1])
		}
		return types.MapValueMust(types.StringType, all)
	}
	null, unknown := types.MapNull(types.StringType), types.MapUnknown(types.StringType)
	for name, c := range map[string]struct{ tags, defaults, want types.Map }{
		"both":             {of("a", "1", "b", "2"), of("a", "0", "c", "3"), of("a", "1", "b", "2", "c", "3")},
		"none":             {null, null, of()},
		"unknown":          {unknown, of("a", "1"), unknown},
		"unknown defaults": {of("a", "1"), unknown, unknown},
	} {
		if got := (TagMaps{Tags: c.tags}).Merged(c.defaults); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		tags, all     types.Map
		now, defaults map[string]string
		want, wantAll types.Map
	}{
		"own":                        {of("a", "1"), of("a", "1"), map[string]string{"a": "1"}, nil, of("a", "1"), of("a", "1")},
		"KEC's and the client's":     {null, of(), map[string]string{"KSCx": "1", "kec-launch-mark": "m", "kec-start-again": "true"}, nil, null, of()},
		"a default":                  {null, of("a", "1"), map[string]string{"a": "1"}, map[string]string{"a": "1"}, null, of("a", "1")},
		"a default that is written":  {of("a", "1"), of("a", "1"), map[string]string{"a": "1"}, map[string]string{"a": "1"}, of("a", "1"), of("a", "1")},
		"a default of before":        {null, of("a", "0"), map[string]string{"a": "0"}, map[string]string{"a": "1"}, null, of("a", "0")},
		"a default, changed by hand": {null, of("a", "1"), map[string]string{"a": "9"}, map[string]string{"a": "1"}, of("a", "9"), of("a", "9")},
		"added by hand":              {null, of(), map[string]string{"x": "9"}, map[string]string{"a": "1"}, of("x", "9"), of("x", "9")},
		"taken away, and empty":      {of("a", "1"), of("a", "1"), nil, nil, of(), of()},
		"none, and left out":         {null, of(), nil, nil, null, of()},
		"none, and written":          {of(), of(), nil, nil, of(), of()},
	} {
		m := TagMaps{Tags: c.tags, TagsAll: c.all}
		if m.Refresh(c.now, c.defaults); !m.Tags.Equal(c.want) || !m.TagsAll.Equal(c.wantAll) {
			t.Errorf("%s: %s of %s, want %s of %s", name, m.Tags, m.TagsAll, c.want, c.wantAll)
		}
	}
	for n, want := range map[int]string{0: "", 1: "SyncTag=true&Tag.1.Key=a&Tag.1.Value=1"} {
		var table param.Table
		TagMaps{TagsAll: of([]string{"a", "1"}[:2*n]...)}.Lines(&table)
		if q, err := table.Encode(); err != nil || q.Encode() != want {
			t.Errorf("%d tags send %s, %v", n, q.Encode(), err)
		}
	}
}

// A time of automatic deletion that KEC would refuse, to the second.
func TestWarnTooSoon(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 11, 30, 20, 0, time.UTC)
	for at, want := range map[string]string{
		"2026-03-02T12:00:20Z": "", "2026-03-02T20:01:00+08:00": "", "soon": "",
		"2026-03-02T20:00:00+08:00": "It is set to 2026-03-02T12:00:00Z; it is 2026-03-02T11:30:20Z now. KEC refuses to launch or change the instance so.\n\n" +
			"Set auto_delete_time to 2026-03-02T12:01:00Z or later, or remove it.",
	} {
		diags := Release{AutoDeleteTime: text(at)}.WarnTooSoon(func() time.Time { return now })
		if len(diags) > 1 || (len(diags) == 1) != (want != "") || len(diags) == 1 && diags[0].Detail() != want {
			t.Errorf("%s: it says %v", at, diags)
		}
	}
}
