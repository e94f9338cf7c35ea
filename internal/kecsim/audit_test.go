package kecsim

import (
	"fmt"
	"testing"
	"time"
)

func id(n int) string { return fmt.Sprintf("1a5ce000-0000-4000-8000-%012x", n) }

func TestAudit_orphansAndGhosts(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "5", "MaxCount", "5")
	byHand := sim.AddInstance(Instance{})
	sim.FailLaunches(1, ModeError, "out of stock")
	failed := me.launch()[0]
	sim.Advance(time.Minute)
	audit := func(known ...string) string { return fmt.Sprint(sim.Audit(known, "")) }
	same(t, "all known", audit(append(ids, byHand, failed)...), "{7 [] [] map[]}")
	same(t, "none known", audit(), fmt.Sprint("{7 ", append(ids, byHand, failed), " [] map[]}"))
	same(t, "one in error", me.State(failed), "error")

	me.KEC("TerminateInstances", "InstanceId.1", ids[0]).OK()
	same(t, "being deleted", me.State(ids[0]), "deleting")
	sim.Release(ids[1])
	same(t, "all known", audit(append(ids, byHand, failed)...), fmt.Sprint("{5 [] ", ids[:2], " map[]}"))
	same(t, "three known, one unheard of, one twice", audit("nobody", ids[1], failed, byHand, ids[1]), fmt.Sprint("{5 ", ids[2:], " [nobody ", ids[1], "] map[]}"))
}

func TestAudit_marksThatWereUsedTwice(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	buy := func(mark string) string {
		t.Helper()
		return me.launch("Tag.1.Key", "mark", "Tag.1.Value", mark, "Tag.2.Key", "env", "Tag.2.Value", "prod")[0]
	}
	buy("m1")
	first := buy("m2")
	buy("m3")
	same(t, "so far", len(sim.Audit(nil, "mark").Twice), 0)
	same(t, "of another tag", fmt.Sprint(sim.Audit(nil, "env").Twice), fmt.Sprint("map[prod:", []string{id(1), id(2), id(3)}, "]"))
	sim.Release(first) // gone, but it was bought
	second := buy("m2")
	want := fmt.Sprint("map[m2:", []string{first, second}, "]")
	same(t, "twice", fmt.Sprint(sim.Audit(nil, "mark").Twice), want)
	sim.Edit(second, func(in *Instance) { delete(in.Tags, "mark") }) // nor does taking the tag off help
	same(t, "twice", fmt.Sprint(sim.Audit(nil, "mark").Twice), want)
	added := sim.AddInstance(Instance{Tags: map[string]string{"mark": "m3"}})
	same(t, "not only launches", fmt.Sprint(sim.Audit(nil, "mark").Twice["m3"]), fmt.Sprint([]string{id(3), added}))
}

func TestLaunches_rememberWhatIsGone(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	same(t, "at first", len(sim.launchRecords()), 0)
	me.KEC("RunInstances", spot("MinCount", "200", "MaxCount", "200")...).Refused(400, "ProductSellOutInvalid")
	me.KEC("RunInstances", spot("DryRun", "true")...).Refused(412, "DryRunOperation")
	me.launch("MinCount", "2", "MaxCount", "2", "InstanceName", "pair", "InstanceNameSuffix", "1", "Tag.1.Key", "env", "Tag.1.Value", "prod")
	sim.Advance(time.Hour)
	sim.FailLaunches(1, ModeInvisible, "out of stock")
	me.launch("InstanceName", "lost")
	sim.AddInstance(Instance{Name: "no order made it"})
	me.KEC("TerminateInstances", "InstanceId.1", id(1)).OK()
	same(t, "while it is being deleted", sim.launchRecords()[0].Gone, false)
	sim.Advance(time.Minute)
	for i, want := range []string{
		"{" + id(1) + " pair1 map[env:prod] 2026-03-02 09:00:00 +0000 UTC KEC-0000000a-0000-4000-8000-000000000003 true}",
		"{" + id(2) + " pair2 map[env:prod] 2026-03-02 09:00:00 +0000 UTC KEC-0000000a-0000-4000-8000-000000000003 false}",
		"{" + id(3) + " lost map[] 2026-03-02 10:00:00 +0000 UTC KEC-0000000a-0000-4000-8000-000000000004 true}",
	} {
		same(t, "launch", fmt.Sprint(sim.launchRecords()[i]), want)
	}
	same(t, "launches", len(sim.launchRecords()), 3)
	same(t, "request on record", sim.Calls()[2].RequestID, sim.launchRecords()[0].RequestID)
	sim.launchRecords()[1].Tags["env"] = "changed" // a copy
	same(t, "tag", sim.launchRecords()[1].Tags["env"], "prod")
}
