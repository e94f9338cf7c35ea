package spotfleet

import (
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// What a member is, by what is known of it.
func TestMember_kinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of                              member
		reclaimed, failed, spot, counts bool
		title                           string
	}{
		"one that runs":    {running("m-1", named("web-1")), false, false, true, true, "web-1 (m-1)"},
		"one without name": {running("m-1"), false, false, true, true, "m-1"},
		"announced":        {running("m-1", announced), true, false, true, true, "m-1"},
		"failed":           {running("m-1", in("Build_Error")), false, true, true, false, "m-1"},
		"on demand":        {running("m-1", onDemand), false, false, false, true, "m-1"},
		"in small letters": {running("m-1", func(one *member) { one.ChargeType = types.StringValue("hourlyinstantsettlement") }), false, false, false, true, "m-1"},
		"just ordered":     {ordered("M-1", spotIn("s-a", "0.06"), number("0.06")), false, false, true, true, "M-1"},
	} {
		got := len(started([]member{c.of})) == 1
		if c.of.reclaimed() != c.reclaimed || c.of.failed() != c.failed || c.of.spot() != c.spot || got != c.counts || c.of.title() != c.title || c.of.key() != "m-1" {
			t.Errorf("%s: reclaimed %t, failed %t, spot %t, counts %t, %s, %s", name, c.of.reclaimed(), c.of.failed(), c.of.spot(), got, c.of.title(), c.of.key())
		}
	}
	order := candidate{InstanceType: types.StringValue("E1.2B"), SubnetID: types.StringValue("s-b"), OnDemand: types.BoolValue(true)}
	if got := ordered("m-1", order, number("")); got.ChargeType.ValueString() != kec.ChargeHourly || got.InstanceType.ValueString() != "E1.2B" ||
		got.SubnetID.ValueString() != "s-b" || !got.SpotPriceLimit.IsNull() || !got.Name.IsNull() {
		t.Errorf("ordered is %+v", got)
	}
}

// KEC guarantees a Spot Instance until its first hour is over, to the second, and no other machine.
func TestProtectedAt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   member
		left time.Duration
		ok   bool
	}{
		"a second before the end": {running("m", until("2026-03-02T12:00:01Z")), time.Second, true},
		"at the end":              {running("m", until("2026-03-02T12:00:00Z")), 0, false},
		"a second after it":       {running("m", until("2026-03-02T11:59:59Z")), -time.Second, false},
		"not known":               {running("m"), 0, false},
		"on demand":               {running("m", until("2026-03-02T12:30:00Z"), onDemand), 0, false},
		"one that did not start":  {running("m", until("2026-03-02T12:30:00Z"), in("error")), 0, false},
	} {
		if left, ok := c.of.protectedAt(noon); left != c.left || ok != c.ok {
			t.Errorf("%s: %s %t, want %s %t", name, left, ok, c.left, c.ok)
		}
	}
}

// Members are shown by creation, then id in any case; those whose creation is not known come last.
func TestSortMembers(t *testing.T) {
	t.Parallel()
	all := []member{
		running("x"), running("B", created("2026-03-02T09:00:00Z")), running("c", created("2026-03-02T08:00:00Z")), running("M"),
		running("a", created("2026-03-02T09:00:00Z")), running("n"),
	}
	sortMembers(all)
	if got, want := ids(all), []string{"c", "a", "B", "M", "n", "x"}; !slices.Equal(got, want) {
		t.Errorf("they are shown as %v, want %v", got, want)
	}
	if indexOf(all, "b") != 2 || indexOf(all, "N") != 4 || indexOf(all, "z") != -1 {
		t.Errorf("b is at %d, n at %d, z at %d", indexOf(all, "b"), indexOf(all, "N"), indexOf(all, "z"))
	}
	if got, want := ids(without(all, map[string]bool{"b": true, "n": true, "c": false})), []string{"c", "a", "M", "x"}; !slices.Equal(got, want) {
		t.Errorf("without two they are %v, want %v", got, want)
	}
	if len(ids(all)) != 6 {
		t.Errorf("the members themselves are %v", ids(all))
	}
}

// What KEC reports of a member is taken over, and what it leaves out stays.
func TestMember_refresh(t *testing.T) {
	t.Parallel()
	whole := &kec.Instance{
		ID: "M-1", Name: "web-1", Type: "N3.4B", State: "active", Zone: "cn-beijing-6a", SubnetID: "s-b", PrivateIP: "10.7.0.9", ChargeType: "810",
		SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: amount("0.07"), Created: "2026-03-02T11:30:00Z",
		NICs: []kec.NIC{{ID: "n-1", Type: "primary", PublicIP: "1.2.3.4"}},
	}
	one := running("m-1", limited("0.06"))
	one.refresh(whole)
	want := member{
		ID: types.StringValue("m-1"), Name: types.StringValue("web-1"), InstanceType: types.StringValue("N3.4B"), AvailabilityZone: types.StringValue("cn-beijing-6a"),
		SubnetID: types.StringValue("s-b"), ChargeType: types.StringValue("Spot"), SpotPriceLimit: number("0.07"), State: types.StringValue("active"),
		PrivateIPAddress: types.StringValue("10.7.0.9"), PublicIP: types.StringValue("1.2.3.4"), CreatedAt: types.StringValue("2026-03-02T11:30:00Z"),
		ProtectedUntil: types.StringValue("2026-03-02T12:30:00Z"),
	}
	if got, want := membersOf.Object(one), membersOf.Object(want); !got.Equal(want) {
		t.Errorf("it is\n%s, want\n%s", got, want)
	}
	if one.refresh(&kec.Instance{ID: "m-1"}); !membersOf.Object(one).Equal(membersOf.Object(want)) {
		t.Errorf("after an answer that says nothing it is\n%s, want\n%s", membersOf.Object(one), membersOf.Object(want))
	}
	for name, c := range map[string]struct {
		now    kec.Instance
		charge string
		limit  string
	}{
		"a limit of zero says nothing": {kec.Instance{ChargeType: "Spot", SpotPriceLimit: amount("0")}, "Spot", "0.06"},
		"the least limit":              {kec.Instance{ChargeType: "spot", SpotPriceLimit: amount("0.00001")}, "Spot", "0.00001"},
		"it follows the market":        {kec.Instance{ChargeType: "Spot", SpotStrategy: "spotaspricego", SpotPriceLimit: amount("0.2")}, "Spot", ""},
		"on demand":                    {kec.Instance{ChargeType: kec.ChargeHourly, SpotPriceLimit: amount("0.2")}, kec.ChargeHourly, ""},
	} {
		one := running("m-1", limited("0.06"))
		if one.refresh(&c.now); one.ChargeType.ValueString() != c.charge || !one.SpotPriceLimit.Equal(number(c.limit)) {
			t.Errorf("%s: %s with the limit %s, want %s with %s", name, one.ChargeType, one.SpotPriceLimit, c.charge, c.limit)
		}
	}
}
