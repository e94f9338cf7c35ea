package spotfleet

import (
	"maps"
	"net/url"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// dear is a candidate on demand in the subnet s-b.
func dear() candidate {
	return candidate{InstanceType: types.StringValue("E1.2B"), SubnetID: types.StringValue("s-b"), OnDemand: types.BoolValue(true)}
}

// sharing is a candidate whose limit is a share of the on-demand price.
func sharing(subnet, share string) candidate {
	return candidate{InstanceType: types.StringValue("N3.2B"), SubnetID: types.StringValue(subnet), MaxPriceShare: number(share)}
}

// What one request orders of each kind of candidate, to the parameter.
func TestParams(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order order
		want  url.Values
		limit string // the attribute that is blamed for a price limit
	}{
		"with a limit": {
			order{candidate: 0, limit: amount("0.06"), machines: 7, number: 4},
			url.Values{"ChargeType": {"Spot"}, "SpotStrategy": {"SpotWithPriceLimit"}, "SpotPriceLimit": {"0.06"}, "InstanceType": {"N3.2B"}, "SubnetId": {"s-a"}, "MaxCount": {"7"}},
			"candidates[0].spot_price_limit",
		},
		"without one": {
			order{candidate: 1, machines: 1, number: 1},
			url.Values{"ChargeType": {"Spot"}, "SpotStrategy": {"SpotAsPriceGo"}, "InstanceType": {"N3.2B"}, "SubnetId": {"s-b"}, "MaxCount": {"1"}},
			"candidates[1].spot_price_limit",
		},
		"on demand": {
			order{candidate: 2, machines: 100, number: 9},
			url.Values{"ChargeType": {"HourlyInstantSettlement"}, "InstanceType": {"E1.2B"}, "SubnetId": {"s-b"}, "MaxCount": {"100"}},
			"candidates[2].spot_price_limit",
		},
		"a share": {
			order{candidate: 3, limit: amount("0.0786"), machines: 2, number: 9999},
			url.Values{"ChargeType": {"Spot"}, "SpotStrategy": {"SpotWithPriceLimit"}, "SpotPriceLimit": {"0.0786"}, "InstanceType": {"N3.2B"}, "SubnetId": {"s-c"}, "MaxCount": {"2"}},
			"candidates[3].max_price_share",
		},
	} {
		m := sized(40, spotIn("s-a", "0.06"), spotIn("s-b", ""), dear(), sharing("s-c", "0.4"))
		m.ImageID, m.InstanceName = types.StringValue("IMG-1"), types.StringValue("web-")
		m.SecurityGroupIDs = tfvalue.TextSet([]string{"g-1"})
		m.TagsAll = types.MapValueMust(types.StringType, map[string]attr.Value{"env": types.StringValue("prod")})
		table := m.params(c.order)
		got, err := table.Encode()
		if err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(c.want)
		maps.Copy(want, url.Values{
			"MinCount": {"1"}, "ImageId": {"IMG-1"}, "SecurityGroupId.1": {"g-1"}, "InstanceName": {"web-"}, "SyncTag": {"true"},
			"InstanceNameSuffix": {types.Int64Value(c.order.number).String()},
			"Tag.1.Key":          {"env"}, "Tag.1.Value": {"prod"}, "Tag.2.Key": {"kec-fleet-id"}, "Tag.2.Value": {"f-1"},
		})
		if got.Encode() != want.Encode() {
			t.Errorf("%s sends\n%s\nwant\n%s", name, got.Encode(), want.Encode())
		}
		for parameter, attribute := range map[string]string{
			"SpotPriceLimit": c.limit, "MaxCount": "target_capacity", "SubnetId": c.limit[:len("candidates[0]")] + ".subnet_id",
			"InstanceType": c.limit[:len("candidates[0]")] + ".instance_type",
		} {
			if at, ok := table.Locate(parameter); !ok || at.String() != attribute {
				t.Errorf("%s: %s is blamed for %s, want %s", name, at, parameter, attribute)
			}
		}
	}
}

// Without names there are no numbers behind them.
func TestParams_withoutNames(t *testing.T) {
	t.Parallel()
	m := sized(1, spotIn("s-a", ""))
	m.HostName = types.StringValue("web")
	q, err := m.params(order{machines: 1, number: 3}).Encode()
	if err != nil || q.Get("HostNameSuffix") != "3" || q.Has("InstanceNameSuffix") {
		t.Errorf("it sends %s, %v", q.Encode(), err)
	}
	m.MaxHourlyCost = number("1")
	if at, ok := m.table().Locate("MaxHourlyCost"); !ok || at.String() != "max_hourly_cost" {
		t.Errorf("for the ceiling %s is blamed", at)
	}
}

// What is compared with KEC's offer, of a launch and of a machine.
func TestLaunch(t *testing.T) {
	t.Parallel()
	m := sized(1, spotIn("s-a", "0.06"), dear())
	m.InstanceName, m.ImageID, m.SecurityGroupIDs = types.StringValue("web-"), types.StringValue("IMG-1"), tfvalue.TextSet([]string{"g-1", "g-2"})
	got := m.launch(0, amount("0.06"))
	if got.Name != "web-" || got.InstanceType != "N3.2B" || got.SubnetID != "s-a" || got.ImageID != "IMG-1" || !same(got.PriceLimit, amount("0.06")) || got.OnDemand ||
		!slices.Equal(got.SecurityGroupIDs, []string{"g-1", "g-2"}) || got.DataDiskTypes != nil || got.Count != 0 {
		t.Errorf("the first is %+v", got)
	}
	if got := m.launch(1, nil); got.InstanceType != "E1.2B" || got.SubnetID != "s-b" || got.PriceLimit != nil || !got.OnDemand {
		t.Errorf("the second is %+v", got)
	}
	one := running("m-1", named("web-1"))
	one.AvailabilityZone = types.StringValue("cn-beijing-6a")
	if got := m.launchOf(one); got.Name != "web-1" || got.InstanceType != "N3.2B" || got.SubnetID != "s-a" || got.Zone != "cn-beijing-6a" {
		t.Errorf("a member is %+v", got)
	}
}

// How many there are of each kind, and how many are missing: a member that did not start counts for
// nothing, and one that is announced until its successor is to come.
func TestCounts(t *testing.T) {
	t.Parallel()
	all := []member{running("a", in("ACTIVE")), running("b", in("stopped")), running("c", announced), running("d", in("error")), running("e", in(""))}
	for _, c := range []struct {
		target  int64
		before  bool
		missing int64 // less than zero where there are too many
	}{{6, false, 2}, {4, false, 0}, {3, false, -1}, {4, true, 1}, {3, true, 0}, {2, true, -1}} {
		m := sized(c.target)
		m.ReplaceBeforeRelease = types.BoolValue(c.before)
		if got := m.missing(all); got != c.missing {
			t.Errorf("of %d, %t: %d are missing, want %d", c.target, c.before, got, c.missing)
		}
		want := capacity{Target: types.Int64Value(c.target), Running: types.Int64Value(2), BeingReclaimed: types.Int64Value(1), Missing: types.Int64Value(max(c.missing, 0))}
		if got := m.counts(all); got != want {
			t.Errorf("of %d, %t: the counts are %+v, want %+v", c.target, c.before, got, want)
		}
	}
	m, mem := sized(5), &memory{}
	m.have([]member{running("b", limited("0.06")), running("a", limited("0.07"))}, mem)
	if got := ids(m.members()); !slices.Equal(got, []string{"a", "b"}) || !m.HourlyCostCeiling.Equal(number("0.13")) {
		t.Errorf("the members are %v, at %s", got, m.HourlyCostCeiling)
	}
	if got := capacities.Struct(m.Capacity); got.Missing.ValueInt64() != 3 || got.Running.ValueInt64() != 2 {
		t.Errorf("the counts are %+v", got)
	}
	if m.have([]member{running("a")}, mem); !m.HourlyCostCeiling.IsNull() {
		t.Errorf("of a price that is not known the ceiling is %s", m.HourlyCostCeiling)
	}
}

// Small questions about a fleet.
func TestModel_small(t *testing.T) {
	t.Parallel()
	m := sized(40)
	if m.least() != 40 || m.target() != 40 {
		t.Errorf("at least %d of %d", m.least(), m.target())
	}
	if m.MinCapacity = types.Int64Value(0); m.least() != 0 {
		t.Errorf("at least %d, want 0", m.least())
	}
	if m.project() != nil {
		t.Errorf("the project is %v", m.project())
	}
	m.ProjectID = types.Int64Value(0)
	if m.project() != nil {
		t.Errorf("the project is %v", m.project())
	}
	if m.ProjectID = types.Int64Value(7); m.project() == nil || *m.project() != 7 {
		t.Errorf("the project is %v", m.project())
	}
	if m.title() != "the fleet f-1" || sentence(m.title()) != "The fleet f-1" {
		t.Errorf("it is %s", m.title())
	}
	if m.InstanceName = types.StringValue("web-"); m.title() != `the fleet "web-" (f-1)` {
		t.Errorf("it is %s", m.title())
	}
	if m.unread() {
		t.Error("a fleet with a size has been read")
	}
	if m.TargetCapacity = types.Int64Null(); !m.unread() {
		t.Error("a fleet without size and members has not been read")
	}
	if m.Members = membersOf.List(nil); m.unread() {
		t.Error("a fleet that has no members has been read")
	}
	if id, err := newID("00112233445566778899aabbccddeeff"); err != nil || id != "00112233-4455-4677-8899-aabbccddeeff" {
		t.Errorf("an id is %s, %v", id, err)
	}
	if id, err := newID("ffffffffffffffffffffffffffffffff"); err != nil || id != "ffffffff-ffff-4fff-bfff-ffffffffffff" {
		t.Errorf("an id is %s, %v", id, err)
	}
	if _, err := newID("no hex"); err == nil {
		t.Error("what is no hex makes an id")
	}
	if !inProject(&kec.Instance{}, 7) || !inProject(&kec.Instance{ProjectID: m.project()}, 7) || inProject(&kec.Instance{ProjectID: m.project()}, 8) {
		t.Error("a machine of no project is in any, and one of 7 in 7 only")
	}
}
