package kecsim

import (
	"strings"
	"testing"
	"time"
)

// boots launches one after the other and writes down what becomes of them: "a" active,
// "e" error, "v" vanished, "i" never visible.
func (c *caller) boots(n int) string {
	c.t.Helper()
	var out strings.Builder
	for range n {
		id := c.launch()[0]
		c.sim.Advance(10 * time.Second)
		seen := c.Describe(id) != nil
		c.sim.Advance(10 * time.Second)
		switch state := c.State(id); {
		case !seen:
			out.WriteByte('i')
		case state == "":
			out.WriteByte('v')
		default:
			out.WriteByte(state[0])
		}
	}
	return out.String()
}

func TestFailLaunchesShare_inEveryMode(t *testing.T) {
	t.Parallel()
	story := func(seed uint64) string {
		sim, me := newWorld(t)
		sim.Seed(seed)
		sim.FailLaunchesShare(0.1, ModeError, "out of stock")
		sim.FailLaunchesShare(0.1, ModeVanish, "out of stock")
		sim.FailLaunchesShare(0.1, ModeInvisible, "out of stock")
		return me.boots(40)
	}
	same(t, "seed 1", story(1), "iaeaaaveaivaavavaaevvaeaviaaaavaaaeaaaee")
	same(t, "seed 1 again", story(1), "iaeaaaveaivaavavaaevvaeaviaaaavaaaeaaaee")
	same(t, "seed 2", story(2), "aaiiivaaaaevaaaeaaaiaeaeaaeeaaaeaiaaaaae")

	sim, me := newWorld(t)
	sim.FailLaunchesShare(1, ModeVanish, "")
	same(t, "all", me.boots(5), "vvvvv")
	sim.FailLaunches(2, ModeInvisible, "")
	same(t, "the scripted ones first", me.boots(5), "iivvv")
	sim.FailLaunchesShare(0, ModeVanish, "")
	sim.FailLaunchesShare(1, ModeError, "by chance")
	same(t, "another mode", me.boots(2), "ee")
	same(t, "reason", sim.Instances()[0].FailReason, "by chance")
	sim.FailLaunchesShare(0, ModeError, "")
	same(t, "none", me.boots(5), "aaaaa")
}

func TestRefuseShare_drawsForEveryIdOfEveryCall(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "20", "MaxCount", "20")
	sim.Advance(time.Minute)
	sim.RefuseShare("TerminateInstances", 0.25, "busy")
	answer := me.Refusals("TerminateInstances", ids)
	same(t, "first", answer, "x.x...xx..x..x.x..xx")
	var left []string
	for i, id := range ids {
		state := "deleting"
		if answer[i] == 'x' {
			state = "active"
			left = append(left, id)
		}
		same(t, "state of "+id, me.State(id), state)
	}
	same(t, "once more", me.Refusals("TerminateInstances", left), "x.x.xx...")
	sim.RefuseShare("TerminateInstances", 1, "busy")
	same(t, "all", me.Refusals("TerminateInstances", left[:2]), "xx")
	sim.RefuseShare("TerminateInstances", 0, "")
	same(t, "none", me.Refusals("TerminateInstances", left[:2]), "..")
}

func TestRefuseShare_ofOtherActions(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "2", "MaxCount", "2")
	sim.Advance(time.Minute)
	sim.RefuseShare("StartInstances", 1, "busy")
	me.Refusals("StopInstances", ids)
	sim.Advance(time.Minute)
	same(t, "start", me.Refusals("StartInstances", ids), "xx")
	same(t, "state", me.State(ids[0]), "stopped")
	sim.RefuseShare("ModifyInstanceAttribute", 1, "")
	same(t, "return", me.KEC("ModifyInstanceAttribute", "InstanceId", ids[0], "InstanceName", "other").OK().JSON["Return"], any(false))
	same(t, "name", sim.Instances()[0].Name, "KSC-IN-0000000001")
}
