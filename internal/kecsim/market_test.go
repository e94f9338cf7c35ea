package kecsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

func (c *caller) prices(pairs ...string) []any {
	c.t.Helper()
	pairs = append([]string{"InstanceType", TypeSmall, "AvailabilityZone", ZoneA}, pairs...)
	return c.KEC("DescribeSpotPriceHistory", pairs...).OK().JSON["SpotPrices"].([]any)
}

func TestPriceHistory_endsWithThePriceNow(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	points := me.prices()
	same(t, "points", len(points), 4)
	last := points[3].(map[string]any)
	same(t, "time", last["Timestamp"], any("2026-03-02 17:00:00"))
	same(t, "price", last["SpotPrice"], any(0.0393))
	same(t, "on demand", last["OriginPrice"], any(0.1965))
	sim.Advance(20 * time.Minute)
	sim.SetPrice(ZoneA, TypeSmall, "0.05", "")
	points = me.prices()
	same(t, "points", len(points), 4) // 15:00, 16:00, 17:00 and now
	same(t, "before", points[2].(map[string]any)["SpotPrice"], any(0.0393))
	same(t, "now", points[3].(map[string]any)["SpotPrice"], any(0.05))
	same(t, "three days", len(me.prices("StartTime", "2026-02-27T18:00:00Z", "EndTime", "2026-03-02T17:00:00Z")), 72)
	for _, wrong := range [][]string{
		{"StartTime", "2026-02-27T16:00:00Z", "EndTime", "2026-03-02T17:00:00Z"},
		{"StartTime", "2026-03-02T17:00:00Z", "EndTime", "2026-03-02T16:00:00Z"},
		{"StartTime", "yesterday"},
		{"InstanceType", "Z9.1A"},
		{"AvailabilityZone", zone2A},
	} {
		pairs := append([]string{"InstanceType", TypeSmall, "AvailabilityZone", ZoneA}, wrong...)
		if len(wrong) == 2 && wrong[0] != "StartTime" {
			pairs = append(wrong, pairs[:2]...)
			if wrong[0] == "InstanceType" {
				pairs = append(wrong, "AvailabilityZone", ZoneA)
			}
		}
		me.KEC("DescribeSpotPriceHistory", pairs...).Refused(400, "InvalidParameterValue", wrong[0])
	}
	same(t, "not for spot", len(me.KEC("DescribeSpotPriceHistory", "InstanceType", TypeNotSpot, "AvailabilityZone", ZoneA).OK().JSON["SpotPrices"].([]any)), 0)
}

// The price history is made on demand, and is the same whenever that is.
func TestPriceHistory_isTheSameHoweverLateItIsAskedFor(t *testing.T) {
	t.Parallel()
	story := func(early bool) string {
		sim, me := newWorld(t)
		sim.Advance(20 * time.Minute)
		if early {
			me.prices()
		}
		sim.SetPrice(ZoneA, TypeSmall, "0.05", "0.2")
		sim.Advance(50 * time.Hour)
		sim.SetPrice(ZoneA, TypeSmall, "0.06", "")
		out := fmt.Sprint(me.prices("StartTime", "2026-03-01T20:00:00Z", "EndTime", "2026-03-04T20:00:00Z"))
		sim.Advance(50 * time.Hour)
		sim.SetPrice(ZoneA, TypeSmall, "0.07", "") // what came first is forgotten
		return out + fmt.Sprint(me.prices("StartTime", "2026-03-03T22:00:00Z", "EndTime", "2026-03-06T21:00:00Z"))
	}
	same(t, "history", story(false), story(true))
}

func TestPrices_walkTheSameWayWithinTheBand(t *testing.T) {
	t.Parallel()
	walk := func() (out []string) {
		sim := New()
		sim.Update(func(s *Settings) { s.MovePrices = true })
		for range 200 {
			sim.Advance(time.Hour)
			p, _ := sim.Price(ZoneA, TypeSmall)
			out = append(out, p)
			if m, err := protocol.ParseMoney(p); err != nil || m < 1965 || m > 17685 {
				t.Fatalf("price %s is outside 10%% to 90%% of 0.1965", p)
			}
		}
		return out
	}
	first, second := walk(), walk()
	same(t, "walks", fmt.Sprint(first), fmt.Sprint(second))
	if first[0] == first[1] && first[1] == first[2] {
		t.Error("the price does not move")
	}
}

// Stock shrinks and returns by the hour, the same for the same seed, beside what machines take.
func TestStock_walksTheSameWayWithinItsBounds(t *testing.T) {
	t.Parallel()
	walk := func(seed int64, most int, prices bool) string {
		sim := New()
		sim.Update(func(s *Settings) { s.MoveStock, s.MaxStock, s.Seed, s.MovePrices = true, most, seed, prices })
		var out []int
		for range 24 {
			sim.Advance(time.Hour)
			out = append(out, sim.Stock(ZoneA, TypeSmall))
		}
		return fmt.Sprint(out)
	}
	same(t, "seed 1", walk(1, 50, false), "[50 46 34 24 29 23 23 20 20 13 20 22 23 28 33 25 13 12 3 8 5 5 7 4]")
	same(t, "seed 1 beside prices", walk(1, 50, true), walk(1, 50, false))
	same(t, "seed 2", walk(2, 50, false), "[46 50 50 50 41 49 50 50 50 50 43 34 46 40 34 37 39 49 50 41 50 50 41 49]")
	same(t, "at most 3", walk(1, 3, false), "[3 3 3 2 1 0 0 0 0 0 0 0 0 0 1 2 3 3 3 2 1 0 0 1]")
	same(t, "none", walk(1, 0, false), fmt.Sprint(make([]int, 24)))
}

// What is sold out comes back with the hours, and what machines hold is not there for others.
func TestStock_returns(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Update(func(s *Settings) { s.MoveStock = true })
	me.launch("MinCount", "40", "MaxCount", "40")
	sim.SellOut(ZoneA, TypeSmall)
	hours := 0
	for sim.Stock(ZoneA, TypeSmall) < 20 && hours < 100 {
		sim.Advance(time.Hour)
		hours++
	}
	same(t, "hours until 20 are back", hours, 15)
	same(t, "machines", len(sim.Instances()), 40)
	sim.Update(func(s *Settings) { s.MoveStock = false })
	before := sim.Stock(ZoneA, TypeSmall)
	sim.Advance(5 * time.Hour)
	same(t, "stock that stays", sim.Stock(ZoneA, TypeSmall), before)
}

func TestInventory_followsTheStock(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ask := func() any {
		return me.KEC("DescribeKecInventory", "InstanceType", TypeSmall, "AvailabilityZone", ZoneA).OK().JSON["InstanceCount"]
	}
	same(t, "count", ask(), any(50.0))
	me.launch("MinCount", "3", "MaxCount", "3")
	same(t, "count", ask(), any(47.0))
	sim.SellOut(ZoneA, TypeSmall)
	same(t, "count", ask(), any(0.0))
	me.KEC("DescribeKecInventory", "InstanceType", TypeSmall).Refused(400, "InvalidParameter", "AvailabilityZone is required")
}

func TestCatalogue_showsTheWorld(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	list := func(action, name string, pairs ...string) []any {
		return me.KEC(action, pairs...).OK().JSON[name].([]any)
	}
	same(t, "regions", len(list("DescribeRegions", "RegionSet")), 2)
	same(t, "zone", list("DescribeAvailabilityZones", "AvailabilityZoneSet")[1].(map[string]any)["AvailabilityZone"], any(ZoneB))
	same(t, "families", len(list("DescribeInstanceFamilys", "InstanceFamilySet")), 4)
	types := list("DescribeInstanceTypeConfigs", "InstanceTypeConfigSet", "Filter.1.Name.1", "instance-family", "Filter.1.Value.1", "N3")
	same(t, "types", len(types), 3)
	same(t, "cpu", types[1].(map[string]any)["CPU"], any(4.0))
	same(t, "fields", fmt.Sprint(slices.Sorted(maps.Keys(types[1].(map[string]any)))), "[AvailabilityZoneSet CPU DataDiskQuotaSet GPU GPUspec InstanceFamily"+
		" InstanceFamilyName InstanceType Memory NetworkInterfaceQuota PrivateIpQuota SystemDiskQuotaSet]")
	same(t, "images", len(list("DescribeImages", "ImagesSet", "ImageType", "system")), 2)
	sim.SetImageState(ImageUbuntu, "queued")
	same(t, "state", list("DescribeImages", "ImagesSet", "ImageId", ImageUbuntu)[0].(map[string]any)["ImageState"], any("queued"))
}

func TestZones_threeInTheDefaultRegion(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	zones := me.KEC("DescribeAvailabilityZones").OK().JSON["AvailabilityZoneSet"].([]any)
	same(t, "zones", fmt.Sprint(zones), "[map[AvailabilityZone:cn-beijing-6a Region:cn-beijing-6]"+
		" map[AvailabilityZone:cn-beijing-6b Region:cn-beijing-6] map[AvailabilityZone:cn-beijing-6c Region:cn-beijing-6]]")
	for zone, want := range map[string]string{ZoneA: "0.0393", ZoneB: "0.0403", ZoneC: "0.0413", zone2A: "0.0393", zone2B: "0.0403"} {
		spot, onDemand := sim.Price(zone, TypeSmall)
		same(t, "price in "+zone, spot, want)
		same(t, "price on demand in "+zone, onDemand, "0.1965")
	}
	for _, typ := range []string{TypeSmall, TypeLarge, TypeEntry, typeOld, TypeNotSpot} {
		same(t, typ, me.KEC("DescribeKecInventory", "InstanceType", typ, "AvailabilityZone", ZoneC).OK().JSON["InstanceCount"], any(50.0))
	}

	id := me.launch("SubnetId", SubnetC)[0]
	sim.Advance(20 * time.Second)
	in := me.Describe(id)
	same(t, "zone", in["AvailabilityZone"], any("cn-beijing-6c"))
	same(t, "address", in["PrivateIpAddress"], any("10.7.3.2"))
	same(t, "stock", sim.Stock(ZoneC, TypeSmall), 49)
	a := me.Call("vpc", "DescribeSubnets", "2016-03-04", "Filter.1.Name", "availability-zone-name", "Filter.1.Value.1", ZoneC).OK()
	set := a.JSON["SubnetSet"].([]any)
	same(t, "subnets", len(set), 1)
	for field, want := range map[string]any{
		"SubnetId": "0b000000-0000-4000-8000-000000000004", "SubnetName": "app-c", "VpcId": VPC, "SubnetType": "Normal",
		"CidrBlock": "10.7.3.0/24", "AvailableIpNumber": "249",
	} {
		same(t, field, set[0].(map[string]any)[field], want)
	}
}

func TestVPC_showsSubnetsAndGroups(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	me.launch()
	a := me.Call("vpc", "DescribeSubnets", "2016-03-04", "SubnetId.1", SubnetA, "SubnetId.2", VPC).OK()
	set := a.JSON["SubnetSet"].([]any)
	same(t, "subnets", len(set), 1)
	for field, want := range map[string]any{
		"AvailabilityZoneName": ZoneA, "CidrBlock": "10.7.0.0/24", "VpcId": VPC, "SubnetType": "Normal",
		"AvailableIpNumber": "249", "AvailbleIPNumber": "249", "RandomAvailableIpNum": "249",
	} {
		same(t, field, set[0].(map[string]any)[field], want)
	}
	a = me.Call("vpc", "DescribeSubnets", "2016-03-04", "Filter.1.Name", "availability-zone-name", "Filter.1.Value.1", ZoneB).OK()
	same(t, "in zone b", a.JSON["SubnetSet"].([]any)[0].(map[string]any)["SubnetId"], any(SubnetB))
	a = me.Call("vpc", "DescribeSecurityGroups", "2016-03-04", "Filter.1.Name", "vpc-id", "Filter.1.Value.1", VPC).OK()
	same(t, "groups", len(a.JSON["SecurityGroupSet"].([]any)), 2)
	a = me.Call("vpc", "DescribeVpcs", "2016-03-04").OK()
	same(t, "vpcs", len(a.JSON["VpcSet"].([]any)), 1)
}

// A type may be had in some zones only: it has no market in the others, also as the market moves,
// and none of the lists names them.
func TestAddType_inSomeZones(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.AddType(Type{Name: "X9.2B", Family: "X9", VCPUs: 2, MemoryGB: 8, Spot: "0.01", OnDemand: "0.05", Zones: []string{ZoneB}})
	sim.Update(func(set *Settings) { set.MovePrices, set.MoveStock = true, true })
	sim.Advance(3 * time.Hour)
	types := me.KEC("DescribeInstanceTypeConfigs", "Filter.1.Name", "instance-type", "Filter.1.Value.1", "X9.2B").OK().JSON["InstanceTypeConfigSet"].([]any)
	same(t, "zones of the type", fmt.Sprint(types[0].(map[string]any)["AvailabilityZoneSet"]), "[map[AzCode:cn-beijing-6b]]")
	families := me.KEC("DescribeInstanceFamilys").OK().JSON["InstanceFamilySet"].([]any)
	same(t, "zones of the family", fmt.Sprint(families[len(families)-1].(map[string]any)["AvailabilityZoneSet"]), "[map[AzCode:cn-beijing-6b]]")
	me.KEC("DescribeKecInventory", "InstanceType", "X9.2B", "AvailabilityZone", ZoneB).OK()
	me.KEC("DescribeKecInventory", "InstanceType", "X9.2B", "AvailabilityZone", ZoneA).Refused(400, "InvalidParameterValue")
	same(t, "markets on the page", len(sim.Watch("X9.2B").Markets), 1)
	me.Region = Region2
	same(t, "types of another region", strings.Contains(fmt.Sprint(me.KEC("DescribeInstanceTypeConfigs").OK().JSON), "X9.2B"), false)
	defer func() {
		if recover() == nil {
			t.Error("a type in a zone that is none was added")
		}
	}()
	sim.AddType(Type{Name: "X9.4B", Family: "X9", VCPUs: 2, MemoryGB: 8, OnDemand: "0.05", Zones: []string{"cn-x-1a"}})
}
