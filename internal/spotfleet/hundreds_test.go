package spotfleet_test

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Hundreds of machines are as easy as one: what a life of them asks of KEC. The benchmark holds a
// thousand to the same.
func TestAccFleet_ofHundreds(t *testing.T) {
	t.Parallel()
	env, w := world(t, 180, 600)
	env.Decides(t, "InventoryOfOthers", "the plan splits a fleet without regard to stock, and the apply goes on to other candidates as KEC refuses")
	env.Decides(t, "AsyncChecks", "what is short fails after acceptance, and the fleet orders it elsewhere")
	env.Sim.SetQuota(2000)
	env.Sim.SetBalance("100000")
	for _, subnet := range []string{kecsim.SubnetA, kecsim.SubnetB} {
		env.Sim.SetSubnetFree(subnet, 1000)
	}
	before := map[string]int{}
	asked := func() (all int, by map[string]int) {
		by = map[string]int{}
		for action, n := range env.Sim.Counts() {
			by[action] = n - before[action]
			all += by[action]
			before[action] = n
		}
		return all, by
	}
	most := func(what string, got, want int) {
		t.Helper()
		if got > want {
			t.Errorf("%s took %d requests, want at most %d", what, got, want)
		}
	}
	w.Write(env.Config(fleet(300)))
	w.Plan("-out=plan").Want(t, 2)
	n, _ := asked()
	most("the first plan", n, 9)
	w.CLI("apply", "-no-color", "plan").Want(t, 0, "Resources: 1 added")
	living(t, env, map[string]int{"a Spot": 180, "b Spot": 120})
	n, by := asked()
	most("the creation", n, 40)
	if by["RunInstances"] != 4 { // 100 and 80, then 100 and 20
		t.Errorf("%d launches, want 4", by["RunInstances"])
	}
	w.Plan().Want(t, 0, "No changes.")
	n, _ = asked()
	most("a refresh", n, 5)
	w.Plan("-refresh=false").Want(t, 0, "No changes.")
	n, _ = asked()
	most("a plan without a refresh", n, 0)
	env.Sim.Advance(10 * time.Minute)
	w.Destroy("-refresh=false").Want(t, 0, "Resources: 1 destroyed.")
	n, _ = asked()
	most("the deletion", n, 20)
	empty(t, env)
}
