package kecsim

import (
	"fmt"
	"testing"
	"time"
)

// shown is an order in one line for each sub-order.
func (c *caller) shown(id string) string {
	c.t.Helper()
	text := ""
	for _, sub := range c.order(id)["orderList"].([]any) {
		s := sub.(map[string]any)
		first := s["productItems"].([]any)[0].(map[string]any)
		text += fmt.Sprintln(s["productGroup"], s["productGroupName"], s["status"], s["instanceId"], first["key"], first["value"])
	}
	return text
}

func TestOddOrders(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Update(func(set *Settings) { set.OddOrders = OddOrders() })
	sim.FailLaunches(1, ModeVanish, "out of stock")
	parts := []string{
		"LineId", "bgp", "AddressBandWidth", "5", "AddressChargeType", "PostPaidByDay", "DataDisk.1.Type", "EHDD", "DataDisk.1.Size", "20",
	}
	failed, opened := me.launch(parts...)[0], me.launch(parts...)[0]
	want := func(status, instance, eip, disk string) string {
		return "100 KEC " + status + " " + instance + " 实例类型 N3.2B\n101 EIP " + status + " " + eip + " 线路 BGP\n103 EBS " + status + " " + disk + " 云盘类型 EHDD\n"
	}
	const eip1, eip2 = "e1900000-0000-4000-8000-000000000001", "e1900000-0000-4000-8000-000000000002"
	const disk1, disk2 = "d15c0000-0000-4000-8000-000000000002", "d15c0000-0000-4000-8000-000000000004"
	same(t, "while opening", me.shown(sim.OrderOf(failed)), want("1", failed, eip1, disk1))
	sim.Advance(time.Minute)
	same(t, "failed", me.shown(sim.OrderOf(failed)), want("3", failed, eip1, disk1))
	same(t, "its status", me.order(sim.OrderOf(failed))["status"], any(21.0))
	same(t, "opened", me.shown(sim.OrderOf(opened)), want("2", opened, eip2, disk2))

	sim.Update(func(set *Settings) { set.OddOrders = []string{OrderParts} })
	id := me.launch(parts...)[0]
	same(t, "ids once opened only", me.shown(sim.OrderOf(id)), "100 KEC 1  instance_type N3.2B\n101 EIP 1  line BGP\n103 EBS 1  disk_type EHDD\n")
}

// A failed launch may be in a state of its own, for a while.
func TestErrorState(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state, want string
		lasts, gone time.Duration
	}{
		{"", "error", 0, 0},
		{"", "error", time.Minute, time.Minute},
		{"build_error", "build_error", time.Minute, time.Minute},
		{"recycling", "recycling", 0, 5 * time.Second},
		{"deleting", "deleting", 0, 5 * time.Second},
		{"deleted", "deleted", 7 * time.Second, 7 * time.Second},
	} {
		sim, me := newWorld(t)
		sim.Update(func(set *Settings) { set.ErrorState, set.ErrorLasts = c.state, c.lasts })
		sim.FailLaunches(1, ModeError, "")
		id := me.launch()[0]
		sim.Advance(20 * time.Second)
		same(t, "state", me.Describe(id)["InstanceState"].(map[string]any)["Name"], any(c.want))
		if c.gone == 0 {
			sim.Advance(time.Hour)
			same(t, "stays", len(sim.Instances()), 1)
			continue
		}
		sim.Advance(c.gone - time.Second)
		same(t, c.want+" still", len(sim.Instances()), 1)
		sim.Advance(time.Second)
		same(t, c.want+" after it", len(sim.Instances()), 0)
	}
}
