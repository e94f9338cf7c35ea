package wizard

import (
	"encoding/base64"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func text(s string) types.String { return types.StringValue(s) }

// money is a price, nil for "".
func money(s string) *decimal.Decimal {
	if s == "" {
		return nil
	}
	d := decimal.RequireFromString(s)
	return &d
}

func cny(s string) types.Number { return tfvalue.Number(money(s)) }

// The looks at one attribute: the first report after an order is KEC's way of writing the order,
// and only what it reports otherwise afterwards is a change.
func TestSettle(t *testing.T) {
	t.Parallel()
	baseline := Baseline(nil)
	value := text("ordered")
	for i, c := range []struct {
		shown string // "" where KEC leaves it out
		want  string
		kept  string // of the baseline: "none", "to be set", "set"
	}{
		{"", "ordered", "to be set"}, {"", "ordered", "to be set"}, {"spelt", "ordered", "set"}, {"spelt", "ordered", "set"}, {"", "ordered", "set"},
		{"by hand", "by hand", "none"}, {"spelt", "spelt", "none"}, {"by hand", "by hand", "none"}, {"by hand", "by hand", "none"}, {"", "by hand", "none"},
	} {
		l := NewLook(&kec.Instance{Name: c.shown}, ParseBaseline(baseline.JSON()))
		if i == 0 {
			l = NewLook(&kec.Instance{Name: c.shown}, nil)
		}
		n := Naming{InstanceName: value}
		n.Refresh(l)
		value, baseline = n.InstanceName, l.Baseline()
		kept, known := baseline["instance_name"]
		got := map[bool]string{true: "none", false: "set"}[!known]
		if known && kept == toBeSet {
			got = "to be set"
		}
		if value.ValueString() != c.want || got != c.kept {
			t.Errorf("look %d, at %q: %s, and the baseline is %s, want %s and %s", i+1, c.shown, value, got, c.want, c.kept)
		}
	}

	// What is shown as it was ordered needs no baseline.
	l := NewLook(&kec.Instance{Name: "ordered"}, Baseline{"instance_name": toBeSet})
	n := Naming{InstanceName: text("ordered")}
	if n.Refresh(l); len(l.Baseline()) > 0 || n.InstanceName.ValueString() != "ordered" {
		t.Errorf("as it was ordered: %+v, %v", n, l.Baseline())
	}

	// Nothing was ordered: the report is believed, and of what is not reported nothing is awaited.
	n, l = Naming{}, NewLook(&kec.Instance{}, nil)
	if n.Refresh(l); len(l.Baseline()) > 0 || !n.InstanceName.IsNull() || n.ProjectID.ValueInt64() != 0 {
		t.Errorf("without an order: %+v, %v", n, l.Baseline())
	}
	n.InstanceName = types.StringUnknown()
	if n.Refresh(NewLook(&kec.Instance{Name: "KSC-IN-1"}, nil)); n.InstanceName.ValueString() != "KSC-IN-1" {
		t.Errorf("a name of KEC's is %s", n.InstanceName)
	}
	n.ProjectID = types.Int64Unknown()
	if n.Refresh(NewLook(&kec.Instance{}, nil)); !n.ProjectID.Equal(types.Int64Value(0)) {
		t.Errorf("a project that is not told is %s", n.ProjectID)
	}
	if n.Refresh(NewLook(&kec.Instance{ProjectID: ptr(int64(7))}, Baseline{})); n.ProjectID.ValueInt64() != 7 {
		t.Errorf("a project that is told is %s", n.ProjectID)
	}
}

// What the private state holds of a baseline, and what an order takes out of it.
func TestBaseline(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Baseline{"": nil, "nonsense": nil, "null": nil, "{}": {}, `{"a":"b"}`: {"a": "b"}} {
		got := ParseBaseline([]byte(raw))
		if (got == nil) != (want == nil) || !maps.Equal(got, want) {
			t.Errorf("%s is %v, want %v", raw, got, want)
		}
	}
	if got := string(Baseline(nil).JSON()); got != "{}" {
		t.Errorf("nothing is %s", got)
	}
	if got := string(Baseline{"a": "b"}.JSON()); got != `{"a":"b"}` {
		t.Errorf("it is %s", got)
	}
	var t1 param.Table
	t1.Root("a", "A", text("x"))
	before := Baseline{"a": "1", "b": "2"}
	if got := before.Ordered(t1); !maps.Equal(got, Baseline{"a": toBeSet, "b": "2"}) || before["a"] != "1" {
		t.Errorf("after an order it is %v", got)
	}
	if got := before.Ordered(nil); !maps.Equal(got, before) {
		t.Errorf("without an order it is %v", got)
	}
	if Baseline(nil).Ordered(t1) != nil {
		t.Error("a machine that nobody has looked at has a baseline")
	}
	if got := fingerprint(text("x")); len(got) != 12 || got != fingerprint(text("x")) || got == fingerprint(text("y")) {
		t.Errorf("a fingerprint is %s", got)
	}
	if fingerprint(tfvalue.TextSet([]string{"A", "b"})) != fingerprint(tfvalue.TextSet([]string{"a", "B"})) || fingerprint(text("A")) == fingerprint(text("a")) {
		t.Error("the case of ids says nothing, and that of a text does")
	}
	l := NewImport(&kec.Instance{})
	if got := string(l.Unsure()); got != "[]" {
		t.Errorf("unsure is %s", got)
	}
	l.untold("data_disks")
	if got := string(l.Unsure()); got != `["data_disks"]` {
		t.Errorf("unsure is %s", got)
	}
	for setting, want := range map[string]bool{"data_disks": true, "data_disks[0].type": true, "data_disks2": false, "data": false} {
		if got := Silent([]string{"data_disks"}, setting); got != want {
			t.Errorf("silent about %s: %t", setting, got)
		}
	}
	// Elements that have moved keep what is known of them.
	l = NewLook(&kec.Instance{}, Baseline{"d[0].a": "0", "d[1].a": "1", "d[1].b": "1b", "d[10].a": "10", "e": "x"})
	if l.renumber("d", []int{1, 10}); !maps.Equal(l.Baseline(), Baseline{"d[0].a": "1", "d[0].b": "1b", "d[1].a": "10", "e": "x"}) {
		t.Errorf("renumbered it is %v", l.Baseline())
	}
}

// The bid, as KEC reports it of machines that were ordered and of one that is imported.
func TestBid_refresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		imported      bool
		was           Bid
		strategy      string
		limit         string
		want, wantFor string
		unsure        []string
	}{
		"as ordered":              {false, Bid{SpotStrategy: text("SpotWithPriceLimit"), SpotPriceLimit: cny("0.1")}, "SpotWithPriceLimit", "0.1", "SpotWithPriceLimit", "0.1", nil},
		"in other letters":        {false, Bid{SpotStrategy: text("SpotWithPriceLimit"), SpotPriceLimit: cny("0.1")}, "spotwithpricelimit", "0.100", "SpotWithPriceLimit", "0.1", nil},
		"follows, and a ceiling":  {false, Bid{SpotStrategy: text("SpotAsPriceGo")}, "SpotAsPriceGo", "0.2", "SpotAsPriceGo", "", nil},
		"nothing told":            {false, Bid{}, "", "", "SpotAsPriceGo", "", nil},
		"a limit alone":           {false, Bid{}, "", "0.00001", "SpotWithPriceLimit", "0.00001", nil},
		"a limit of zero":         {false, Bid{}, "", "0", "SpotAsPriceGo", "", nil},
		"imported":                {true, Bid{}, "SpotWithPriceLimit", "0.1", "SpotWithPriceLimit", "0.1", []string{}},
		"imported, without limit": {true, Bid{}, "SpotWithPriceLimit", "", "SpotWithPriceLimit", "", []string{"spot_price_limit"}},
		"imported, zero":          {true, Bid{}, "SpotWithPriceLimit", "0", "SpotWithPriceLimit", "", []string{"spot_price_limit"}},
		"imported, follows":       {true, Bid{}, "SpotAsPriceGo", "0.2", "SpotAsPriceGo", "", []string{}},
	} {
		in := &kec.Instance{Type: "N3.2B", SpotStrategy: c.strategy, SpotPriceLimit: money(c.limit)}
		l := NewLook(in, Baseline{})
		if c.imported {
			l = NewImport(in)
		}
		if c.was.Refresh(l); c.was.SpotStrategy.ValueString() != c.want || !c.was.SpotPriceLimit.Equal(cny(c.wantFor)) || c.was.InstanceType.ValueString() != "N3.2B" ||
			!slices.Equal(l.unsure, c.unsure) {
			t.Errorf("%s: %s with the limit %s, unsure of %v, want %s with %q", name, c.was.SpotStrategy, c.was.SpotPriceLimit, l.unsure, c.want, c.wantFor)
		}
	}
}

// Sizes and flags that KEC leaves out, and those of the least value.
func TestLook_kinds(t *testing.T) {
	t.Parallel()
	l := func() *Look { return NewLook(&kec.Instance{}, Baseline{}) }
	two := types.Int64Value(2)
	for now, want := range map[int64]types.Int64{0: two, 1: types.Int64Value(1), 2: two, 3: types.Int64Value(3)} {
		if got := l().size("a", now, two); !got.Equal(want) {
			t.Errorf("a size of %d becomes %s, want %s", now, got, want)
		}
	}
	if got := l().size("a", 0, types.Int64Unknown()); !got.IsNull() {
		t.Errorf("a size that nobody knows is %s", got)
	}
	for _, was := range []types.Bool{types.BoolNull(), types.BoolUnknown()} {
		if got := l().flag("a", nil, was); !got.Equal(types.BoolValue(false)) {
			t.Errorf("a flag that nobody knows is %s", got)
		}
		if got := l().flag("a", ptr(true), was); !got.Equal(types.BoolValue(true)) {
			t.Errorf("a flag that KEC sets is %s", got)
		}
	}
	for _, c := range []struct {
		a, b types.String
		same bool
	}{
		{text("a"), text("A"), true}, {text("a"), text("b"), false}, {types.StringNull(), text(""), false}, {text(""), types.StringNull(), false},
	} {
		if got := sameFold(c.a, c.b); got != c.same {
			t.Errorf("%s and %s are the same: %t", c.a, c.b, got)
		}
	}
	if !encoded(types.StringUnknown()).IsUnknown() || !encoded(types.StringNull()).IsNull() || !encoded(text("")).IsNull() {
		t.Error("what is unknown stays so, and no text is none")
	}
}

// User data comes back into the attribute that is in use, in its own spelling.
func TestUserData_refresh(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	const script, binary = "#!/bin/sh\n", "\x1f\x8b\x00"
	null := types.StringNull()
	for name, c := range map[string]struct {
		plain, base types.String
		told        bool
		shown       string
		wantPlain   types.String
		wantBase    types.String
	}{
		"as it was sent":            {text(script), null, true, encode(script), text(script), null},
		"as text":                   {text(script), null, true, script, text(script), null},
		"in base64, as it was sent": {null, text(encode(binary)), true, encode(binary), null, text(encode(binary))},
		"in another base64":         {null, text("aGk=\n"), true, "aGk=", null, text("aGk=\n")},
		"changed to text":           {text(script), null, true, encode("new"), text("new"), null},
		"changed to what is none":   {text(script), null, true, encode(binary), null, text(encode(binary))},
		"changed from what is none": {null, text(encode(binary)), true, encode("new"), text("new"), null},
		"no base64 at all":          {text(script), null, true, "new!", text("new!"), null},
		"gone":                      {text(script), null, true, "", null, null},
		"left out":                  {text(script), null, false, "", text(script), null},
		"an empty text":             {text(""), null, true, "", text(""), null},
	} {
		b := Boot{UserData: c.plain, UserDataBase64: c.base}
		b.Refresh(NewLook(&kec.Instance{UserData: c.shown, TellsUserData: c.told}, Baseline{}))
		if !b.UserData.Equal(c.wantPlain) || !b.UserDataBase64.Equal(c.wantBase) {
			t.Errorf("%s: %s and %s, want %s and %s", name, b.UserData, b.UserDataBase64, c.wantPlain, c.wantBase)
		}
	}
	var imported Boot
	imported.Refresh(NewImport(&kec.Instance{UserData: encode(script), DataGuardID: "g-1", SriovNetSupport: ptr(true)}))
	if !imported.UserData.Equal(text(script)) || imported.DataGuardID.ValueString() != "g-1" || !imported.SriovNetSupport.ValueBool() || imported.DistributeIPv6.ValueBool() {
		t.Errorf("imported it is %+v", imported)
	}
	guarded := Boot{DataGuardID: text("g-1")}
	if guarded.Refresh(NewLook(&kec.Instance{}, Baseline{})); guarded.DataGuardID.ValueString() != "g-1" {
		t.Errorf("a group that is left out becomes %s", guarded.DataGuardID)
	}
	if guarded.Refresh(NewLook(&kec.Instance{TellsDataGuard: true}, Baseline{})); !guarded.DataGuardID.IsNull() {
		t.Errorf("a group that is gone becomes %s", guarded.DataGuardID)
	}
	guarded.DataGuardID = text("g-1")
	if guarded.Refresh(NewLook(&kec.Instance{DataGuardID: "G-1"}, Baseline{})); guarded.DataGuardID.ValueString() != "g-1" {
		t.Errorf("the same group becomes %s", guarded.DataGuardID)
	}
}

// What is sent for user data, and by what two values are one.
func TestUserData_lines(t *testing.T) {
	t.Parallel()
	sent := func(b Boot) string {
		var table param.Table
		b.Lines(&table)
		q, err := table.Encode()
		if err != nil {
			t.Fatal(err)
		}
		return q.Encode()
	}
	for _, c := range []struct {
		of   Boot
		want string
	}{
		{Boot{}, ""}, {Boot{UserData: text("a")}, "UserData=YQ%3D%3D"}, {Boot{UserData: text("")}, ""}, {Boot{UserDataBase64: text("YQ==")}, "UserData=YQ%3D%3D"},
		{Boot{UserData: text("b"), UserDataBase64: text("")}, "UserData=Yg%3D%3D"}, {Boot{UserDataBase64: types.StringUnknown()}, ""}, {Boot{UserData: types.StringUnknown()}, ""},
		{Boot{SriovNetSupport: types.BoolValue(true), DistributeIPv6: types.BoolValue(false)}, "SriovNetSupport=true"},
		{Boot{IAMRoleName: text("r"), DataGuardID: text("g")}, "DataGuardId=g&IamRoleName=r"},
	} {
		if got := sent(c.of); got != c.want {
			t.Errorf("%+v sends %s, want %s", c.of, got, c.want)
		}
	}
	changed := func(now, was Boot) bool {
		var a, b param.Table
		now.Lines(&a)
		was.Lines(&b)
		return len(a.Changed(b)) > 0
	}
	for name, c := range map[string]struct {
		now, was Boot
		want     bool
	}{
		"the same text":            {Boot{UserData: text("a")}, Boot{UserData: text("a")}, false},
		"another text":             {Boot{UserData: text("b")}, Boot{UserData: text("a")}, true},
		"the same in base64":       {Boot{UserDataBase64: text("YQ==")}, Boot{UserData: text("a")}, false},
		"in another base64":        {Boot{UserDataBase64: text("YQ==\n")}, Boot{UserDataBase64: text("YQ==")}, false},
		"other bytes":              {Boot{UserDataBase64: text("Yg==")}, Boot{UserDataBase64: text("YQ==")}, true},
		"what is no base64, twice": {Boot{UserDataBase64: text("!!")}, Boot{UserDataBase64: text("??")}, true},
	} {
		if got := changed(c.now, c.was); got != c.want {
			t.Errorf("%s is a change: %t, want %t", name, got, c.want)
		}
	}
}
