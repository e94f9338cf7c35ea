package acctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// aliveBy counts the machines that live, by what of tells of each.
func aliveBy(env *acctest.Env, of func(kecsim.Instance) string) map[string]int {
	n := map[string]int{}
	for _, in := range env.Sim.Instances() {
		if in.State != "deleting" {
			n[of(in)]++
		}
	}
	return n
}

func TestAccExample_fleet(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(acctest.Example(t, "resources/kec_spot_fleet/resource.tf") + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 added")
	w.Plan().Want(t, 0, "No changes.")
	if got := aliveBy(env, func(in kecsim.Instance) string { return in.Type }); got["N3.2B"] != 6 {
		t.Errorf("alive are %v", got)
	}
}

// Two types in two zones by price, on demand last, under the ceiling; and 0 workers end the batch.
func TestAccExample_fleetBatch(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
		env.Sim.SetPrice(zone, kecsim.TypeSmall, "0.05", "0.2")
		env.Sim.SetPrice(zone, kecsim.TypeEntry, "0.04", "0.15")
		env.Sim.SetStock(zone, kecsim.TypeEntry, 5)
		env.Sim.SetStock(zone, kecsim.TypeSmall, 1)
	}
	w := env.Workspace(t)
	w.Write(acctest.Example(t, "fleet-batch/main.tf") + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 added", "at_most_an_hour = 0.95") // 10 at 0.075 and 2 at 0.1
	kinds := func(in kecsim.Instance) string { return in.Type + " " + in.ChargeType }
	if got := aliveBy(env, kinds); got["E1.2B Spot"] != 10 || got["N3.2B Spot"] != 2 || len(got) != 2 {
		t.Errorf("alive are %v", got)
	}
	w.Plan().Want(t, 0, "No changes.")

	// KEC takes four, and one E1.2B is left in the first zone, for the price of a pay-as-you-go
	// machine.
	env.Sim.Advance(2 * time.Hour)
	for _, in := range env.Sim.Instances()[:4] {
		env.Sim.Release(in.ID)
	}
	env.Sim.Advance(time.Minute)
	for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
		env.Sim.SellOut(zone, kecsim.TypeSmall)
		env.Sim.SetPrice(zone, kecsim.TypeEntry, "0.1", "")
	}
	env.Sim.SetStock(kecsim.ZoneA, kecsim.TypeEntry, 1)
	w.Apply().Want(t, 0, "4 machines of this fleet are gone", "The fleet has 9 of 12 machines", "Resources: 0 added, 1 changed")
	if got := aliveBy(env, kinds); got["E1.2B HourlyInstantSettlement"] != 1 {
		t.Errorf("alive are %v", got)
	}
	w.Apply("-var=workers=0").Want(t, 0, "Resources: 0 added, 1 changed")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// A reclaim, and a pipeline that runs within the ten minutes: there are never fewer than three.
func TestAccExample_fleetService(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	script := []byte(acctest.Example(t, "fleet-service/apply.sh"))
	if err := os.WriteFile(filepath.Join(w.Dir, "apply.sh"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want ...string) {
		t.Helper()
		w.Shell(`TF="$TF_ACC_TERRAFORM_PATH" sh apply.sh`).Want(t, 0, want...)
	}
	w.Write(acctest.Example(t, "fleet-service/main.tf") + env.Block(""))
	run("Resources: 1 added")
	run("Nothing to do.")
	zones := func(in kecsim.Instance) string { return in.Zone }
	if got := aliveBy(env, zones); got[kecsim.ZoneA] != 2 || got[kecsim.ZoneB] != 1 {
		t.Errorf("alive are %v", got)
	}
	env.Sim.Advance(2 * time.Hour)
	env.Sim.Reclaim(env.Sim.Instances()[0].ID)
	run("KEC will release 1 of the 3 machines of this fleet", "Resources: 0 added, 1 changed")
	if n := len(env.Sim.Instances()); n != 4 {
		t.Errorf("%d machines, want 4 until the release", n)
	}
	if said := w.CLI("output", "-json", "addresses").Text; strings.Count(said, "10.7.") != 3 {
		t.Errorf("the addresses are %s", said)
	}
	env.Sim.Advance(15 * time.Minute)
	run("A machine of this fleet is gone", "Nothing to do.")
	if n := len(env.Sim.Instances()); n != 3 {
		t.Errorf("%d machines, want 3", n)
	}
	w.Plan("-destroy").Want(t, 2, "something may outlive the machines", "delete_with_instance = false")
}
