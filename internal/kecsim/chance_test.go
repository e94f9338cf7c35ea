package kecsim

import (
	"strconv"
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
		seen := c.describe(id) != nil
		c.sim.Advance(10 * time.Second)
		switch state := c.state(id); {
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

// ended terminates instances in one call and writes down what each answer says.
func (c *caller) ended(action string, ids []string, pairs ...string) string {
	c.t.Helper()
	for i, id := range ids {
		pairs = append(pairs, "InstanceId."+strconv.Itoa(i+1), id)
	}
	var out strings.Builder
	for _, item := range c.KEC(action, pairs...).OK().JSON["InstancesSet"].([]any) {
		answer := item.(map[string]any)
		switch {
		case answer["Return"] == true:
			out.WriteByte('.')
		case answer["Message"] == "busy":
			out.WriteByte('x')
		}
	}
	return out.String()
}

func TestRefuseShare_drawsForEveryIdOfEveryCall(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "20", "MaxCount", "20")
	sim.Advance(time.Minute)
	sim.RefuseShare("TerminateInstances", 0.25, "busy")
	answer := me.ended("TerminateInstances", ids)
	same(t, "first", answer, "x.x...xx..x..x.x..xx")
	var left []string
	for i, id := range ids {
		state := "deleting"
		if answer[i] == 'x' {
			state = "active"
			left = append(left, id)
		}
		same(t, "state of "+id, me.state(id), state)
	}
	same(t, "once more", me.ended("TerminateInstances", left), "x.x.xx...")
	sim.RefuseShare("TerminateInstances", 1, "busy")
	same(t, "all", me.ended("TerminateInstances", left[:2]), "xx")
	sim.RefuseShare("TerminateInstances", 0, "")
	same(t, "none", me.ended("TerminateInstances", left[:2]), "..")
}

func TestRefuseShare_ofOtherActions(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "2", "MaxCount", "2")
	sim.Advance(time.Minute)
	sim.RefuseShare("StartInstances", 1, "busy")
	me.ended("StopInstances", ids)
	sim.Advance(time.Minute)
	same(t, "start", me.ended("StartInstances", ids), "xx")
	same(t, "state", me.state(ids[0]), "stopped")
	sim.RefuseShare("ModifyInstanceAttribute", 1, "")
	same(t, "return", me.KEC("ModifyInstanceAttribute", "InstanceId", ids[0], "InstanceName", "other").OK().JSON["Return"], any(false))
	same(t, "name", sim.Instances()[0].Name, "KSC-IN-0000000001")
}

func TestControl_leavesLaunchesAndRefusalsToChance(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	post := func(route, body string) {
		t.Helper()
		if status, answer := me.Control("POST", route, body); status != 200 {
			t.Fatalf("%s: %d %s", body, status, answer)
		}
	}
	post("fail-launches", `{"share":1,"mode":"vanish","reason":"r"}`)
	same(t, "launches", me.boots(2), "vv")
	post("fail-launches", `{"share":0,"mode":"vanish"}`)
	ids := me.launch()
	post("refuse-share", `{"action":"TerminateInstances","share":1,"message":"busy"}`)
	same(t, "terminate", me.ended("TerminateInstances", ids), "x")
	post("refuse-share", `{"action":"TerminateInstances","share":0}`)
	same(t, "terminate", me.ended("TerminateInstances", ids), ".")
}
