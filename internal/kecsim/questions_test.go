package kecsim

import (
	"fmt"
	"testing"
	"time"
)

// set changes the settings of a server.
func (c *caller) set(change func(*Settings)) { c.sim.Update(change) }

func TestOtherCodes_leaveTheWords(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.set(func(s *Settings) { s.OtherCodes = true })
	sim.SetQuota(0)
	me.KEC("RunInstances", spot()...).Refused(400, "OperationFailed", "MinCount 1 exceeds the instance quota: 0 of 0 left")
	me.KEC("RunInstances", spot("InstanceType", "none")...).Refused(400, "InvalidParameterValue") // a code that is documented
	sim.FailNext("DescribeRegions", Fault{Code: "InstanceQuotaExceeded"}, 1)                      // one that a test has chosen
	me.KEC("DescribeRegions").Refused(400, "InstanceQuotaExceeded")
}

func TestRecyclingTimes_areWrittenInFourWays(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]string{
		"": "2026-03-02 17:10:00", RecyclingUTC: "2026-03-02 09:10:00", RecyclingRFC3339: "2026-03-02T09:10:00Z", RecyclingFalseZ: "2026-03-02T17:10:00Z",
	} {
		sim, me := newWorld(t)
		me.set(func(s *Settings) { s.RecyclingTimes = how })
		id := machine(sim, Instance{})
		same(t, how+" before the notice", me.Describe(id)["SpotRecyclingTime"], any(""))
		sim.Reclaim(id)
		same(t, how, me.Describe(id)["SpotRecyclingTime"], any(want))
	}
}

func TestBillingRegions_areToldInThreeWays(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]any{"": Region, BillingRegionNone: nil, BillingRegionNumber: float64(1)} {
		sim, me := newWorld(t)
		me.set(func(s *Settings) { s.BillingRegions = how })
		id := me.launch()[0]
		sim.Advance(time.Minute)
		same(t, how, me.billed(id, "")[0].(map[string]any)["region"], want)
	}
}

func TestProtectedFromBoot(t *testing.T) {
	t.Parallel()
	for fromBoot, after := range map[bool]time.Duration{false: time.Hour, true: time.Hour + 20*time.Second} {
		sim, me := newWorld(t)
		me.set(func(s *Settings) { s.ProtectedFromBoot = fromBoot })
		id := me.launch("SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.05")[0]
		sim.SetPrice(ZoneA, TypeSmall, "0.1", "")
		sim.Advance(after - time.Second)
		same(t, "announced too early", me.Describe(id)["SpotRecyclingTime"], any(""))
		sim.Advance(time.Second)
		if got := me.Describe(id)["SpotRecyclingTime"]; got == "" {
			t.Errorf("from boot %v: no release after %s", fromBoot, after)
		}
	}
}

func TestNoOrders(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.set(func(s *Settings) { s.NoOrders = true })
	id := me.launch()[0]
	sim.Advance(20 * time.Second)
	same(t, "state", me.State(id), "active")
	same(t, "orders", len(sim.Orders()), 0)
	for status := 1; status <= 12; status++ {
		data := me.Call("trade", "QueryInstances", "2025-08-28", "instanceIds", id, "status", fmt.Sprint(status)).OK().JSON["data"]
		same(t, "billing records", data.(map[string]any)["total"], any(0.0))
	}
}

func TestNoMarker(t *testing.T) {
	t.Parallel()
	for without, want := range map[bool]bool{false: true, true: false} {
		_, me := newWorld(t)
		me.set(func(s *Settings) { s.NoMarker = without })
		_, there := me.KEC("DescribeInstances").OK().JSON["Marker"]
		same(t, "Marker", there, want)
	}
}

func TestKeysTwiceAndWhileRunning(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.set(func(s *Settings) { s.KeysTwice, s.KeysWhileRunning = true, true })
	id := machine(sim, Instance{KeyIDs: []string{KeyA}})
	for _, action := range []string{"AttachKey", "DetachKey", "DetachKey"} {
		same(t, action, firstItem(me.KEC(action, "InstanceId.1", id, "KeyId.1", KeyA))["Return"], any(true))
	}
	same(t, "keys", fmt.Sprint(me.Describe(id)["KeySet"]), "[]")
}

func TestStopForRoles(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.set(func(s *Settings) { s.StopForRoles = true })
	id := machine(sim, Instance{})
	for _, call := range [][]string{{"AttachInstancesIamRole", "IamRoleName", "r"}, {"AddVmIntoDataGuard", "DataGuardId", "g"}} {
		params := []string{"InstanceId.1", id, call[1], call[2]}
		me.KEC(call[0], params...).Refused(400, "InstanceStateNotSupported", "InstanceId.1 "+id+" is in state active, not stopped")
	}
	me.stopped(id)
	me.KEC("AttachInstancesIamRole", "InstanceId.1", id, "IamRoleName", "r").OK()
}

func TestInventoryOfOthers(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.SellOut(ZoneA, TypeSmall)
	count := func() any {
		return me.KEC("DescribeKecInventory", "InstanceType", TypeSmall, "AvailabilityZone", ZoneA).OK().JSON["InstanceCount"]
	}
	same(t, "of Spot Instances", count(), any(0.0))
	me.set(func(s *Settings) { s.InventoryOfOthers = true })
	same(t, "of others", count(), any(1000.0))
	me.KEC("RunInstances", spot()...).Refused(400, "ProductSellOutInvalid")
}

func TestRefuseUnknown(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	subnets := func(ids ...string) answer {
		return me.Call("vpc", "DescribeSubnets", "2016-03-04", "SubnetId.1", ids[0], "SubnetId.2", ids[1])
	}
	groups := func(id string) answer {
		return me.Call("vpc", "DescribeSecurityGroups", "2016-03-04", "SecurityGroupId.1", id)
	}
	subnets(SubnetA, "none").OK()
	groups("none").OK()
	me.KEC("DescribeImages", "ImageId", "IMG-00000000-0000-4000-8000-000000000000").OK()
	me.set(func(s *Settings) { s.RefuseUnknown = true })
	subnets(SubnetA, "none").Refused(400, "InvalidParameterValue", "1 that do not exist")
	groups("none").Refused(400, "InvalidParameterValue", "1 that do not exist")
	me.KEC("DescribeImages", "ImageId", "IMG-00000000-0000-4000-8000-000000000000").Refused(400, "ImageIdInvalid", "ImageId IMG-00000000-0000-4000-8000-000000000000 does not exist")
	subnets(SubnetA, SubnetB).OK()
	groups(SecurityGroup).OK()
	me.KEC("DescribeImages", "ImageId", ImageUbuntu).OK()
}

func TestRefuseStrangers(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.AddAccount("AKLTother", "other-secret")
	other, id := me.as("AKLTother", "other-secret"), machine(sim, Instance{})
	same(t, "left out", len(other.KEC("DescribeInstances", "InstanceId.1", id).OK().JSON["InstancesSet"].([]any)), 0)
	me.set(func(s *Settings) { s.RefuseStrangers = true })
	same(t, "its own account's", me.State(id), "active")
	same(t, "nobody's", len(me.KEC("DescribeInstances", "InstanceId.1", "00000000-0000-4000-8000-000000000000").OK().JSON["InstancesSet"].([]any)), 0)
	other.KEC("DescribeInstances", "InstanceId.1", id).Refused(400, "InstanceIdInvalid", "InstanceId.1 "+id+" is not yours")
}

func TestTagIDsAsText(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.set(func(s *Settings) { s.TagIDsAsText = true })
	id := machine(sim, Instance{Tags: map[string]string{"a": "b"}})
	tags := me.Call("tagv2", "ListTagsByResourceIds", "2020-09-01", "ResourceType", "instance", "ResourceUuids", id).OK().JSON["Tags"].([]any)
	same(t, "TagId", tags[0].(map[string]any)["TagId"], any("1"))
}
