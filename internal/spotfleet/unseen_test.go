package spotfleet_test

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Machines that KEC never shows and bills are not forgotten, whatever is done with their fleet.
func TestAccFleet_machinesThatAreBilledAndNeverShown(t *testing.T) {
	t.Parallel()
	const first, second = "1a5ce000-0000-4000-8000-000000000001", "1a5ce000-0000-4000-8000-000000000002"
	env, w := world(t, 60, 60)
	env.Decides(t, "NoOrders", "no billing record speaks for a machine that no look-up shows, and once terminated it counts as gone")
	show := func(lag float64, refusal string) {
		for _, look := range []string{kecsim.LookByID, kecsim.LookList} {
			env.Sim.Lag(look, lag, time.Hour)
		}
		for _, id := range []string{first, second} {
			env.Sim.RefuseTerminate(id, refusal)
		}
	}
	show(1, "no such instance")
	w.Write(acctest.Expand(fleet(2)) + env.Block(""))
	w.Apply().Want(t, 0, "Warning: Machines of the fleet do not run yet")
	env.Sim.Advance(5 * time.Minute)

	const unseen = "Warning: KEC does not show new machines of this fleet"
	w.Apply("-refresh-only").Want(t, 0, unseen, first, second, "So they stay in the state.")
	w.Plan().Want(t, 0, unseen, "No changes.")
	w.Write(acctest.Expand(fleet(1)) + env.Block(""))
	w.Apply().Want(t, 1, unseen, "Error: KEC may have made the change", "but its billing record says that it lives", "Code: ChangeUnknown")
	w.Destroy("-refresh=false").Want(t, 1, "Error: KEC may have made the change", "2 of the 2 machines that were to go are left, and stay in the state.")
	living(t, env, map[string]int{"a Spot": 2})
	launches(t, env, 1)

	show(0, "")
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	living(t, env, map[string]int{"a Spot": 1})
	w.Destroy("-refresh=false").Want(t, 0, "Resources: 1 destroyed.")
	empty(t, env)
}
