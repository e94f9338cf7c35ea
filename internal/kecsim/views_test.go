package kecsim

import (
	"testing"
	"time"
)

// Somebody looks at a new machine, by views of which one is five seconds old.
func TestLag_viewsOfOneServiceDisagree(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Lag(LookByID, 1, 5*time.Second)
	id := me.launch("Tag.1.Key", "team", "Tag.1.Value", "search")[0]
	listed := func() int { return len(me.KEC("DescribeInstances").OK().JSON["InstancesSet"].([]any)) }

	sim.Advance(4 * time.Second)
	same(t, "in the list after 4 s", listed(), 1)
	same(t, "by its id after 4 s", me.State(id), "")
	sim.Advance(5 * time.Second)
	same(t, "by its id after 9 s", me.State(id), "scheduling")
	sim.Advance(11 * time.Second)
	same(t, "by its id after 20 s", me.State(id), "block_device_mapping")
	sim.Lag(LookByID, 0, 0)
	same(t, "without a lag", me.State(id), "active")

	sim.Lag(LookTags, 1, 3*time.Second)
	sim.Lag(LookList, 1, 3*time.Second)
	sim.Edit(id, func(in *Instance) { in.Tags["team"] = "ads" })
	sim.Advance(2 * time.Second)
	same(t, "the tags 2 s later", me.tags(id), "team=search#1")
	sim.Advance(time.Second)
	same(t, "the tags 3 s later", me.tags(id), "team=ads#2")
	sim.Release(id)
	sim.Advance(2 * time.Second)
	same(t, "in the list 2 s after its end", listed(), 1)
	same(t, "by its id 2 s after its end", me.State(id), "")
	sim.Advance(time.Second)
	same(t, "in the list 3 s after its end", listed(), 0)
}

// With a share of one half, a machine is there, and not, and there again: the same way for a seed.
func TestLag_share(t *testing.T) {
	t.Parallel()
	looks := func(seed uint64) string {
		sim, me := newWorld(t)
		sim.Seed(seed)
		sim.Lag(LookByID, 0.5, time.Minute)
		id := me.launch()[0]
		sim.Advance(10 * time.Second)
		seen := ""
		for range 20 {
			if me.State(id) == "" {
				seen += "-"
			} else {
				seen += "x"
			}
		}
		return seen
	}
	same(t, "seed 1", looks(1), looks(1))
	if one, two := looks(1), looks(2); one == two {
		t.Errorf("seeds 1 and 2 see the same: %s", one)
	}
}
