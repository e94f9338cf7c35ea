package kecsim

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// firstItem is what an action answers for its first id.
func firstItem(a answer) map[string]any {
	a.T.Helper()
	set, _ := a.OK().JSON["InstancesSet"].([]any)
	if len(set) == 0 {
		a.T.Fatalf("no InstancesSet: %s", a.Raw)
	}
	first, _ := set[0].(map[string]any)
	return first
}

// machine adds an active spot instance.
func machine(sim *Server, in Instance) string {
	in.ChargeType = "Spot"
	return sim.AddInstance(in)
}

// stopped shuts a machine down.
func (c *caller) stopped(id string) {
	c.t.Helper()
	c.KEC("StopInstances", "InstanceId.1", id).OK()
	c.sim.Advance(5 * time.Second)
	same(c.t, "state", c.State(id), "stopped")
}

func TestPower_stopStartReboot(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch()[0]
	sim.Advance(20 * time.Second)

	item := firstItem(me.KEC("StopInstances", "InstanceId.1", id, "ForceStop", "true"))
	same(t, "id", item["InstanceId"], any(id))
	same(t, "return", item["Return"], any(true))
	same(t, "the misspelling", item["Messgae"], any(""))
	for _, step := range []struct {
		after time.Duration
		state string
		mode  any
	}{{0, "stopping", ""}, {4 * time.Second, "stopping", ""}, {time.Second, "stopped", "KeepCharging"}, {time.Hour, "stopped", "KeepCharging"}} {
		sim.Advance(step.after)
		same(t, "state", me.State(id), step.state)
		same(t, "mode", me.Describe(id)["StoppedMode"], step.mode)
	}
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49)
	sim.SellOut(ZoneA, TypeSmall) // it has kept its place

	item = firstItem(me.KEC("StartInstances", "InstanceId", id))
	same(t, "message", item["Message"], any(""))
	same(t, "state", me.State(id), "starting")
	same(t, "mode", me.Describe(id)["StoppedMode"], any(""))
	sim.Advance(5 * time.Second)
	same(t, "state", me.State(id), "active")

	item = firstItem(me.KEC("RebootInstances", "InstanceId.1", id, "ForceReboot", "false"))
	same(t, "fields", len(item), 2)
	same(t, "state", me.State(id), "rebooting")
	sim.Advance(7 * time.Second)
	same(t, "state", me.State(id), "rebooting")
	sim.Advance(time.Second)
	same(t, "state", me.State(id), "active")
}

// Every row tries one action in one state.
func TestChanges_needTheRightState(t *testing.T) {
	t.Parallel()
	const wrong, reboot = "InstanceStateNotSupported", "InstanceStateNotSupportedReboot"
	change := map[string][]string{
		"StartInstances":               {"InstanceId.1", ""},
		"StopInstances":                {"InstanceId.1", ""},
		"RebootInstances":              {"InstanceId.1", ""},
		"AttachKey":                    {"InstanceId.1", "", "KeyId.1", KeyA},
		"DetachKey":                    {"InstanceId.1", "", "KeyId.1", KeyA},
		"ModifyInstanceAttribute":      {"InstanceId", "", "InstanceName", "new"},
		"ModifyInstanceAutoDeleteTime": {"InstanceId.1", ""},
		"SetInstanceResourceProtect":   {"InstanceId.1", "", "IsProtection", "true"},
	}
	for _, c := range []struct {
		action string
		fine   []string
		code   string
	}{
		{"StartInstances", []string{"stopped"}, wrong},
		{"StopInstances", []string{"active"}, wrong},
		{"RebootInstances", []string{"active"}, reboot},
		{"AttachKey", []string{"stopped"}, wrong},
		{"DetachKey", []string{"stopped"}, wrong},
		{"ModifyInstanceAttribute", []string{"scheduling", "active", "stopping", "stopped", "rebooting", "error"}, wrong},
		{"ModifyInstanceAutoDeleteTime", []string{"scheduling", "active", "stopping", "stopped", "rebooting", "error"}, wrong},
		{"SetInstanceResourceProtect", []string{"scheduling", "active", "stopping", "stopped", "rebooting", "error"}, wrong},
	} {
		t.Run(c.action, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			for _, state := range []string{"scheduling", "active", "stopping", "stopped", "rebooting", "error", "deleting"} {
				id := machine(sim, Instance{State: state})
				pairs := append([]string(nil), change[c.action]...)
				pairs[1] = id
				a := me.KEC(c.action, pairs...)
				allowed := false
				for _, fine := range c.fine {
					allowed = allowed || fine == state
				}
				if allowed {
					a.OK()
				} else {
					a.Refused(400, c.code, pairs[0]+" "+id+" is in state "+state)
				}
			}
			pairs := append([]string(nil), change[c.action]...)
			pairs[1] = VPC
			me.KEC(c.action, pairs...).Refused(400, "InstanceIdInvalid", pairs[0]+" "+VPC+" does not exist")
			me.KEC(c.action, pairs[2:]...).Refused(400, "InstanceIdRequired", pairs[0]+" is required")
			me.KEC(c.action, append(pairs, "Colour", "red")...).Refused(400, "InvalidParameter", "Colour is not known")
		})
	}
}

func TestChanges_oneThatDoesNotFitRefusesAll(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	a, b := machine(sim, Instance{}), machine(sim, Instance{State: "stopped"})
	me.KEC("StopInstances", "InstanceId.1", a, "InstanceId.2", b).Refused(400, "InstanceStateNotSupported", "InstanceId.2 "+b+" is in state stopped, not active")
	me.KEC("StopInstances", "InstanceId.1", a, "InstanceId.2", a).Refused(400, "InvalidParameterValue", "InstanceId.2 "+a+" is listed twice")
	me.KEC("StopInstances", "InstanceId.1", a, "StoppedMode", "Sleep").Refused(400, "InvalidParameterValue", "StoppedMode must be one of KeepCharging, StopCharging")
	same(t, "state", me.State(a), "active")
	me.Region = Region2
	me.KEC("StopInstances", "InstanceId.1", a).Refused(400, "InstanceIdInvalid", "InstanceId.1")
	me.Region = Region
	ids := []string{"InstanceId.1", a, "InstanceId.2", machine(sim, Instance{})}
	me.KEC("StopInstances", ids...).OK()
	sim.Advance(5 * time.Second)
	same(t, "second", me.State(ids[3]), "stopped")
}

func TestStopCharging_losesItsPlace(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.SetStock(ZoneA, TypeSmall, 2)
	a, b := machine(sim, Instance{}), machine(sim, Instance{})
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 0)
	me.KEC("StopInstances", "InstanceId.1", a, "InstanceId.2", b, "StoppedMode", "StopCharging").OK()
	same(t, "stock while stopping", sim.Stock(ZoneA, TypeSmall), 0)
	sim.Advance(5 * time.Second)
	same(t, "mode", me.Describe(a)["StoppedMode"], any("StopCharging"))
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 2)
	sim.SetStock(ZoneA, TypeSmall, 1)
	me.KEC("StartInstances", "InstanceId.1", a, "InstanceId.2", b).Refused(400, "ProductSellOutInvalid",
		"InstanceId.2 "+b, "InstanceType N3.2B is sell out in cn-beijing-6a")
	me.KEC("StartInstances", "InstanceId.1", a).OK()
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 0)
	me.KEC("TerminateInstances", "InstanceId.1", b).OK()
	sim.Advance(5 * time.Second)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 0) // b had given its own back before
	me.KEC("TerminateInstances", "InstanceId.1", a).OK()
	sim.Advance(5 * time.Second)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 1)
}

func TestPower_whatHappensOnTheWay(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	a, b, c := machine(sim, Instance{}), machine(sim, Instance{}), machine(sim, Instance{State: "stopped"})

	// A deletion wins over a stop.
	me.KEC("StopInstances", "InstanceId.1", a).OK()
	me.KEC("TerminateInstances", "InstanceId.1", a).OK()
	sim.Advance(4 * time.Second)
	same(t, "state", me.State(a), "deleting")
	sim.Advance(time.Second)
	same(t, "state", me.State(a), "")

	// A change by hand wins over a stop, too.
	me.KEC("RebootInstances", "InstanceId.1", b).OK()
	sim.Edit(b, func(in *Instance) { in.State = "stopped" })
	sim.Advance(time.Minute)
	same(t, "state", me.State(b), "stopped")

	// A stopped instance is reclaimed, too.
	sim.Reclaim(c)
	same(t, "notice", me.Describe(c)["SpotRecyclingTime"], any("2026-03-02 17:11:05"))
	sim.Advance(10 * time.Minute)
	same(t, "state", me.State(c), "")
}

// Every action that changes something can fail by a fault, be refused inside a 200, and be tried
// with DryRun.
func TestChanges_faultsRefusalsAndDryRuns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, state string
		pairs         []string
		perID         bool
	}{
		{"StartInstances", "stopped", []string{"InstanceId.1", ""}, true},
		{"StopInstances", "active", []string{"InstanceId.1", ""}, true},
		{"RebootInstances", "active", []string{"InstanceId.1", ""}, true},
		{"AttachKey", "stopped", []string{"InstanceId.1", "", "KeyId.1", KeyB}, true},
		{"DetachKey", "stopped", []string{"InstanceId.1", "", "KeyId.1", KeyA}, true},
		{"ModifyInstanceAttribute", "active", []string{"InstanceId", "", "InstanceName", "new"}, false},
		{"ModifyInstanceAutoDeleteTime", "active", []string{"InstanceId.1", "", "AutoDeleteTime", "2026-03-02 20:00"}, false},
		{"SetInstanceResourceProtect", "active", []string{"InstanceId.1", "", "IsProtection", "true"}, false},
		{"ModifyNetworkInterfaceAttribute", "active", []string{"InstanceId", "", "SecurityGroupId.1", SecurityGroup2}, false},
	} {
		t.Run(c.action, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			id := machine(sim, Instance{State: c.state, KeyIDs: []string{KeyA}})
			before, _ := sim.Instance(id)
			c.pairs[1] = id
			if c.action == "ModifyNetworkInterfaceAttribute" {
				c.pairs = append(c.pairs, "NetworkInterfaceId", before.NetworkInterfaceID)
			}
			unchanged := func(when string) {
				t.Helper()
				now, _ := sim.Instance(id)
				same(t, when, string(protocol.Encode(now)), string(protocol.Encode(before)))
			}
			sim.FailNext(c.action, Throttled, 1)
			me.KEC(c.action, c.pairs...).Refused(503, "RequestLimitExceeded")
			unchanged("throttled")
			me.KEC(c.action, append([]string{"DryRun", "true"}, c.pairs...)...).Refused(412, "DryRunOperation")
			unchanged("dry run")
			sim.DenyService("kec", true)
			me.KEC(c.action, c.pairs...).Refused(403, "PermissionDenied")
			sim.DenyService("kec", false)
			sim.refuse(c.action, id, "not now")
			a := me.KEC(c.action, c.pairs...).OK()
			unchanged("refused")
			if c.perID {
				same(t, "return", firstItem(a)["Return"], any(false))
			} else if v := a.JSON["Return"]; v != any(false) && v != any("false") {
				t.Errorf("return: %v", v)
			}
			sim.refuse(c.action, id, "")
			me.KEC(c.action, c.pairs...).OK()
			if now, _ := sim.Instance(id); string(protocol.Encode(now)) == string(protocol.Encode(before)) {
				t.Error("nothing was done in the end")
			}
		})
	}
}
