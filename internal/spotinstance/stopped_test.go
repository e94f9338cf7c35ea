package spotinstance_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// wantRunning fails the test unless the machine runs, with one key and without the tag of a machine
// that is stopped for a change.
func wantRunning(t *testing.T, env *acctest.Env, key string) {
	t.Helper()
	in := alone(t, env)
	if _, marked := in.Tags[machines.StartAgainTagKey]; marked || len(in.KeyIDs) != 1 || in.KeyIDs[0] != key {
		t.Errorf("the machine is %+v", in)
	}
}

const leftStopped = "Warning: An update has left this spot instance stopped"

// An update that is killed while the machine is stopped for a change leaves a tag. By it the next
// plan, in whatever process, tells that the machine is to be started, and the next apply starts it.
func TestAccStopped_anUpdateThatIsKilledIsMadeGood(t *testing.T) {
	t.Parallel()
	keys := func(key string) string { return named(set{"key_ids": `["` + key + `"]`}) }
	for name, c := range map[string]struct{ has, wanted string }{
		"before the change": {has: kecsim.KeyA, wanted: kecsim.KeyB},
		"after the change":  {has: kecsim.KeyB, wanted: kecsim.KeyB},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := running(t, env, keys(c.has))
			// What a process leaves behind that is killed between its stop and its start.
			env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.State, in.Tags[machines.StartAgainTagKey] = "stopped", "true" })
			w.Write(keys(c.wanted) + env.Block(""))
			w.Plan().Want(t, 2, leftStopped, "The next apply starts it.", `"stopped" -> "active"`, "Plan: 0 to add, 1 to change, 0 to destroy.").Lacks(t, machines.StartAgainTagKey)
			w.Apply().Want(t, 0, update)
			wantRunning(t, env, c.wanted)
			w.Plan().Want(t, 0, "No changes.")
		})
	}
}

// A machine that KEC does not start again after a change is started by the next apply, with or
// without the permission for tags.
func TestAccStopped_aStartThatIsRefusedIsMadeUpFor(t *testing.T) {
	t.Parallel()
	for name, deny := range map[string]bool{"with tags": false, "without the permission for tags": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Sim.DenyAction("tagv2", "ReplaceResourcesTags", deny)
			w := running(t, env, named(set{"key_ids": `["@key_a"]`}))
			env.Sim.FailNext("StartInstances", kecsim.Fault{Status: 400, Code: "ProductSellOutInvalid", Message: "no room"}, 1)
			w.Write(named(set{"key_ids": `["@key_b"]`}) + env.Block(""))
			w.Apply().Want(t, 1, "no room", "could not be started again; the next apply starts it.")
			w.Plan().Want(t, 2, leftStopped)
			w.Apply().Want(t, 0, update)
			wantRunning(t, env, kecsim.KeyB)
			w.Plan().Want(t, 0, "No changes.")
		})
	}
}

// A machine that somebody has stopped in the console is nobody's to start.
func TestAccStopped_byHandStaysStopped(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named(set{"key_ids": `["@key_a"]`}))
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.State = "stopped" })
	w.Write(named(set{"key_ids": `["@key_b"]`}) + env.Block(""))
	w.Apply().Want(t, 0, update).Lacks(t, leftStopped)
	if in := env.Sim.Instances()[0]; in.State != "stopped" || in.KeyIDs[0] != kecsim.KeyB {
		t.Errorf("the machine is %+v", in)
	}
	w.Plan().Want(t, 0, "No changes.")
}
