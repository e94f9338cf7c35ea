package kecsim

import (
	"fmt"
	"testing"
	"time"
)

// An instance with a fixed address, the only one of its quota and its type, is ended and ordered
// anew: while it is deleting, and for a while after, what it holds cannot be had.
func TestFreeAfter_whatAnInstanceHeldStaysTaken(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.SetStock(ZoneA, TypeSmall, 1)
	sim.SetQuota(1)
	sim.Update(func(set *Settings) { set.FreeAfter = 30 * time.Second })
	again := spot("PrivateIpAddress", "10.7.0.50")
	id := me.launch("PrivateIpAddress", "10.7.0.50")[0]
	sim.Advance(20 * time.Second)
	me.KEC("TerminateInstances", "InstanceId.1", id).OK()
	refused := func() {
		t.Helper()
		me.KEC("RunInstances", again...).Refused(400, "InvalidParameterValue", "10.7.0.50 is already in use")
		me.KEC("RunInstances", spot()...).Refused(400, "InstanceQuotaExceeded")
		same(t, "stock", sim.Stock(ZoneA, TypeSmall), 0)
	}
	refused()
	sim.Advance(34 * time.Second)
	same(t, "it is gone", me.State(id), "")
	refused()
	sim.Advance(time.Second)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 1)
	me.KEC("RunInstances", again...).OK()
}

func TestKeepEIP_anEIPOutlivesItsInstance(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	eip := []string{"AddressBandWidth", "5", "LineId", "0f000000-0000-4000-8000-000000000001", "AddressChargeType", "PostPaidByDay"}
	first := me.launch(eip...)[0]
	same(t, "EIPs", fmt.Sprint(sim.EIPs()), "[{e1900000-0000-4000-8000-000000000001 203.0.113.2 "+first+"}]")
	sim.Release(first)
	same(t, "EIPs, as a rule", len(sim.EIPs()), 0)

	sim.Update(func(set *Settings) { set.KeepEIP = true })
	second := me.launch(eip...)[0]
	timer := append([]string{"AutoDeleteTime", "2026-03-02 18:00", "AutoDeleteEip", "true"}, eip...)
	me.launch(timer...)
	same(t, "EIPs of two", len(sim.EIPs()), 2)
	sim.Release(second)
	sim.Advance(time.Hour + 5*time.Second) // the other one is deleted by its timer, with its EIP
	same(t, "instances", len(sim.Instances()), 0)
	same(t, "EIPs that stayed", fmt.Sprint(sim.EIPs()), "[{e1900000-0000-4000-8000-000000000002 203.0.113.3 }]")
}

// No two of a thousand EIPs share an address.
func TestEIP_addressesDoNotRepeat(t *testing.T) {
	t.Parallel()
	sim, _ := newWorld(t)
	seen := map[string]bool{}
	for range 1000 {
		_, address := sim.w.newEIP()
		if seen[address] {
			t.Fatalf("%s is given twice", address)
		}
		seen[address] = true
	}
}
