package kecsim

import (
	"context"
	"strconv"
	"testing"
	"time"
)

func TestLife_fromOrderToGone(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch("Tag.1.Key", "env", "Tag.1.Value", "prod")[0]
	for _, step := range []struct {
		after time.Duration
		state string
	}{
		{0, ""}, {2 * time.Second, ""}, {time.Second, "scheduling"}, {9 * time.Second, "block_device_mapping"}, {8 * time.Second, "active"},
	} {
		sim.Advance(step.after)
		same(t, "state at "+sim.Now().Format("15:04:05"), me.State(id), step.state)
	}
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49)
	same(t, "addresses", sim.SubnetFree(SubnetA), 249)
	same(t, "balance", sim.Balance(), "999.9607")
	tags := me.Call("tagv2", "ListTagsByResourceIds", "2020-09-01", "ResourceType", "instance", "ResourceUuids", id+",unknown").OK().JSON["Tags"].([]any)
	same(t, "tags", len(tags), 1)
	same(t, "tag", tags[0].(map[string]any)["TagValue"], any("prod"))

	set := me.KEC("TerminateInstances", "InstanceId.1", id, "ForceDelete", "true").OK().JSON["InstancesSet"].([]any)
	same(t, "return", set[0].(map[string]any)["Return"], any(true))
	same(t, "state", me.State(id), "deleting")
	sim.Advance(5 * time.Second)
	same(t, "state", me.State(id), "")
	me.KEC("TerminateInstances", "InstanceId.1", id).Refused(400, "InstanceIdInvalid", "InstanceId.1 "+id)
	same(t, "instances", len(sim.Instances()), 0)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 50)
	same(t, "addresses", sim.SubnetFree(SubnetA), 250)
	same(t, "balance", sim.Balance(), "1000")
}

func TestMarket_outgrowsALimit(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	capped := me.launch("SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.05")[0]
	follows := me.launch()[0]
	sim.Advance(10 * time.Minute)
	sim.SetPrice(ZoneA, TypeSmall, "0.06", "")
	sim.Advance(49 * time.Minute)
	same(t, "in the protected hour", me.Describe(capped)["SpotRecyclingTime"], any(""))
	sim.Advance(time.Minute)
	same(t, "after it", me.Describe(capped)["SpotRecyclingTime"], any("2026-03-02 18:10:00"))
	same(t, "the follower", me.Describe(follows)["SpotRecyclingTime"], any(""))
	sim.SetPrice(ZoneA, TypeSmall, "0.0393", "")
	sim.Advance(9*time.Minute + 59*time.Second)
	same(t, "one second before", me.State(capped), "active")
	sim.Advance(time.Second)
	same(t, "released", me.State(capped), "")
	same(t, "the follower", me.State(follows), "active")
	sim.Advance(24 * time.Hour)
	same(t, "instances", len(sim.Instances()), 1)
}

func TestEvents_happenInOrderHoweverFarTheClockJumps(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch("SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.05")[0]
	sim.SetPrice(ZoneA, TypeSmall, "0.06", "0.2")
	sim.Advance(100 * time.Hour)
	same(t, "state", me.State(id), "")
	sub := sim.Orders()[0].SubOrders[0]
	same(t, "begin", sub.ServiceBegin, DefaultStart.Add(20*time.Second))
	same(t, "end", sub.ServiceEnd, DefaultStart.Add(70*time.Minute))
}

func TestReclaimAndRelease_byHand(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	a, b := me.launch()[0], me.launch()[0]
	sim.Advance(time.Minute)
	sim.Reclaim(a)
	same(t, "notice", sim.Instances()[0].RecyclingTime, DefaultStart.Add(11*time.Minute))
	sim.Release(b)
	same(t, "released at once", me.State(b), "")
	sim.Advance(10 * time.Minute)
	same(t, "instances", len(sim.Instances()), 0)
	sim.Reclaim("nobody")
	sim.Release("nobody")
}

func TestFailLaunches_threeWays(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailLaunches(1, ModeError, "out of stock")
	sim.FailLaunches(1, ModeVanish, "excessive number")
	sim.FailLaunches(1, ModeInvisible, "whatever")
	ids := me.launch("MinCount", "4", "MaxCount", "4")
	sim.Advance(10 * time.Second)
	for i, want := range []string{"scheduling", "scheduling", "", "scheduling"} {
		same(t, "state while opening", me.State(ids[i]), want)
	}
	sim.Advance(10 * time.Second)
	for i, want := range []string{"error", "", "", "active"} {
		same(t, "state at the end", me.State(ids[i]), want)
	}
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49)
	same(t, "addresses", sim.SubnetFree(SubnetA), 248) // the one in error keeps its own
	if _, shown := me.Describe(ids[0])["InstanceState"].(map[string]any)["FailReason"]; shown {
		t.Error("a cause field is shown though no model has one")
	}
	sim.Update(func(s *Settings) { s.CauseFields = true })
	same(t, "cause", me.Describe(ids[0])["InstanceState"].(map[string]any)["FailReason"], any("out of stock"))

	// FailureAutoDelete turns error into vanishing.
	sim.FailLaunches(1, ModeError, "")
	id := me.launch("FailureAutoDelete", "true")[0]
	sim.Advance(20 * time.Second)
	same(t, "with FailureAutoDelete", me.State(id), "")
}

func TestAsyncChecks_acceptThenFail(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		prepare func(*Server)
		change  []string
		cause   string
	}{
		{"stock", func(s *Server) { s.SellOut(ZoneA, TypeSmall) }, nil, "out of stock"},
		{"quota", func(s *Server) { s.SetQuota(0) }, nil, "excessive number"},
		{"balance", func(s *Server) { s.SetBalance("5") }, nil, "insufficient balance"},
		{"subnet", func(s *Server) { s.SetSubnetFree(SubnetA, 0) }, nil, "no free address in the subnet"},
		{"image", func(*Server) {}, []string{"ImageId", ImageBroken}, "image is not usable"},
		{"price", func(*Server) {}, []string{"SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.01"}, "spot price limit is out of range"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			sim.Update(func(s *Settings) { s.AsyncChecks = true })
			c.prepare(sim)
			id := me.launch(c.change...)[0]
			sim.Advance(20 * time.Second)
			same(t, "state", me.State(id), "error")
			same(t, "cause", sim.Instances()[0].FailReason, c.cause)
			same(t, "order", sim.Orders()[0].Status, 21)
			me.KEC("TerminateInstances", "InstanceId.1", id).OK()
			sim.Advance(5 * time.Second)
			same(t, "instances", len(sim.Instances()), 0)
		})
	}
}

func TestTerminateInstances_answersPerID(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "2", "MaxCount", "2")
	sim.RefuseTerminate(ids[0], "the order is not settled")
	set := me.KEC("TerminateInstances", "InstanceId.0", ids[0], "InstanceId.1", ids[1]).OK().JSON["InstancesSet"].([]any)
	same(t, "return", set[0].(map[string]any)["Return"], any(false))
	same(t, "message", set[0].(map[string]any)["Message"], any("the order is not settled"))
	same(t, "return", set[1].(map[string]any)["Return"], any(true))
	sim.Advance(time.Minute)
	same(t, "left", sim.Instances()[0].ID, ids[0])
	me.KEC("TerminateInstances").Refused(400, "InstanceIdRequired", "InstanceId.1")
	var many []string
	for i := range 101 {
		many = append(many, "InstanceId."+strconv.Itoa(i), ids[0])
	}
	me.KEC("TerminateInstances", many...).Refused(400, "InstanceIdLimitExceeded", "101")
}

func TestDescribeInstances_selection(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	var ids []string
	for _, name := range []string{"web-c", "web-a", "db-b"} {
		ids = append(ids, me.launch("InstanceName", name)[0])
	}
	elsewhere := me.launch("ProjectId", "100002", "InstanceName", "other")[0]
	monthly := sim.AddInstance(Instance{Name: "fixed", ChargeType: "Monthly"})
	sim.Advance(time.Minute)
	cases := []struct {
		name  string
		pairs []string
		count float64
		first string
	}{
		{"project 0 by default", nil, 4, ids[0]},
		{"a project", []string{"ProjectId.1", "100002"}, 1, elsewhere},
		{"an id, whatever its project", []string{"InstanceId.1", elsewhere}, 1, elsewhere},
		{"an id outside the project named", []string{"InstanceId.1", elsewhere, "ProjectId.1", "0"}, 0, ""},
		{"charge type by name", []string{"Filter.1.Name", "charge-type", "Filter.1.Value.1", "Spot"}, 3, ids[0]},
		{"charge type by number", []string{"Filter.1.Name.1", "charge-type", "Filter.1.Value.1", "1"}, 1, monthly},
		{"two filters", []string{"Filter.1.Name", "instance-name", "Filter.1.Value.1", "web-a", "Filter.1.Value.2", "db-b",
			"Filter.2.Name", "subnet-id", "Filter.2.Value.1", SubnetA}, 2, ids[1]},
		{"sorted", []string{"Sort.Name", "InstanceName", "Sort.Value", "DESC"}, 4, ids[0]},
		{"searched", []string{"Search", "web"}, 2, ids[0]},
		{"unknown id", []string{"InstanceId.1", VPC}, 0, ""},
	}
	for _, c := range cases {
		a := me.KEC("DescribeInstances", c.pairs...).OK()
		same(t, c.name+": count", a.JSON["InstanceCount"], any(c.count))
		first := ""
		if set := a.JSON["InstancesSet"].([]any); len(set) > 0 {
			first = set[0].(map[string]any)["InstanceId"].(string)
		}
		same(t, c.name+": first", first, c.first)
	}
	me.KEC("DescribeInstances", "MaxResults", "4").Refused(400, "InvalidParameterValue", "MaxResults must be between 5 and 1000, not 4")
	me.KEC("DescribeInstances", "Filter.1.Name", "colour", "Filter.1.Value.1", "x").Refused(400, "InvalidParameterValue", "Filter.1.Name")
	me.Region = Region2
	same(t, "other region", me.KEC("DescribeInstances").OK().JSON["InstanceCount"], any(0.0))
}

func TestDescribeInstances_pages(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.launch("MinCount", "12", "MaxCount", "12")
	sim.Advance(time.Minute)
	a := me.KEC("DescribeInstances").OK()
	same(t, "page", len(a.JSON["InstancesSet"].([]any)), 10)
	same(t, "total", a.JSON["InstanceCount"], any(12.0))
	same(t, "next", a.JSON["Marker"], any(10.0))
	a = me.KEC("DescribeInstances", "Marker", "10").OK()
	same(t, "rest", len(a.JSON["InstancesSet"].([]any)), 2)
	same(t, "end", a.JSON["Marker"], any(0.0))
}

func TestSleep_waitsInSimulatedTime(t *testing.T) {
	t.Parallel()
	sim := New()
	ctx, cancel := context.WithCancel(context.Background())
	same(t, "error", sim.Sleep(ctx, time.Hour), nil)
	same(t, "now", sim.Now(), DefaultStart.Add(time.Hour))
	cancel()
	same(t, "error", sim.Sleep(ctx, time.Hour), context.Canceled)
	same(t, "now", sim.Now(), DefaultStart.Add(time.Hour))
}

func TestDescribeInstances_everyFilter(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch("InstanceName", "one", "SecurityGroupId.2", SecurityGroup2)[0]
	me.launch("InstanceName", "two", "SubnetId", SubnetB, "InstanceType", TypeEntry, "ImageId", ImageCustom)
	sim.FailLaunches(1, ModeError, "")
	me.launch("InstanceName", "three", "SubnetId", SubnetB, "InstanceType", TypeEntry, "ImageId", ImageCustom)
	sim.Advance(20 * time.Second)
	nic := me.Describe(id)["NetworkInterfaceSet"].([]any)[0].(map[string]any)["NetworkInterfaceId"].(string)
	for _, c := range []struct {
		name, value string
		count       float64
	}{
		{"instance-id", id, 1}, {"subnet-id", SubnetA, 1}, {"vpc-id", VPC, 3}, {"vpc-id", vpc2, 0}, {"instance-name", "one", 1},
		{"instance-type", TypeSmall, 1}, {"private-ip-address", "10.7.0.2", 1}, {"image-id", ImageUbuntu, 1}, {"charge-type", "810", 3},
		{"network-interface.subnet-id", SubnetA, 1}, {"network-interface.network-interface-id", nic, 1},
		{"network-interface.group-id", SecurityGroup2, 1}, {"instance-state.name", "error", 1}, {"availability-zone-name", ZoneA, 1},
	} {
		a := me.KEC("DescribeInstances", "Filter.1.Name", c.name, "Filter.1.Value.1", c.value).OK()
		same(t, c.name, a.JSON["InstanceCount"], any(c.count))
	}
	for by, first := range map[string]string{"InstanceName": "one", "CreationDate": "one", "PrivateIpAddress": "one"} {
		a := me.KEC("DescribeInstances", "Sort.Name", by, "Sort.Value", "ASC").OK()
		same(t, by, a.JSON["InstancesSet"].([]any)[0].(map[string]any)["InstanceName"], any(first))
	}
}

func TestSteering_panicsOnAWorldThatIsNotThere(t *testing.T) {
	t.Parallel()
	sim := New()
	for name, do := range map[string]func(){
		"zone":           func() { sim.SetPrice("cn-beijing-6z", TypeSmall, "1", "") },
		"number":         func() { sim.SetPrice(ZoneA, TypeSmall, "cheap", "") },
		"subnet":         func() { sim.SetSubnetFree("x", 1) },
		"image":          func() { sim.SetImageState("x", "active") },
		"zone of a disk": func() { sim.SellOutDisk("cn-beijing-6z", "EHDD", true) },
		"record":         func() { sim.SetBillingStatus("x", 3) },
		"service":        func() { sim.DenyAction("ecs", "QueryInstances", true) },
		"action":         func() { sim.DenyAction("kec", "QueryInstances", true) },
		"disk type":      func() { sim.SellOutDisk(ZoneA, "ESSD_SYSTEM_PL0", true) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a wrong %s was taken", name)
				}
			}()
			do()
		}()
	}
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 50) // and the world is not left locked
}
