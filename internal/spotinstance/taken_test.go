package spotinstance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// two are two machines, a and b.
func two(changed ...set) string {
	a := named(changed...)
	return a + strings.Replace(a, `"kec_spot_instance" "a"`, `"kec_spot_instance" "b"`, 1)
}

// A CLI plans normally before it destroys, so what is wrong with the replacement of a machine that
// KEC has taken must not keep the others alive.
func TestAccTaken_blocksNoDestroy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrong func(*kecsim.Server)
		want  string
	}{
		"no stock":    {func(sim *kecsim.Server) { sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall) }, "Warning: Out of stock: 1 wanted, 0 available"},
		"no address":  {func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) }, "Warning: The subnet has no free address"},
		"no image":    {func(sim *kecsim.Server) { sim.SetImageState(kecsim.ImageUbuntu, "error") }, "Warning: The image cannot be used"},
		"a low limit": {func(sim *kecsim.Server) { sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.09", "0.1965") }, "Warning: Spot price limit is below the market price"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
			w := env.Workspace(t)
			w.Write(two(set{"spot_price_limit": "0.05"}) + env.Block(""))
			w.Apply().Want(t, 0)
			env.Sim.Advance(10 * time.Minute)
			env.Sim.Release(firstID)
			c.wrong(env.Sim)
			w.Plan().Want(t, 2, c.want, "KEC has taken 1 of the machines in the state and cannot replace it now.", "Plan: 1 to add")
			w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
			if err := env.Empty(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A shortfall that is larger than what KEC has taken is the plan's own, and the veto names the way
// to what there is.
func TestAccTaken_aLargerShortfallVetoesAndNamesTheWayOut(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	w := env.Workspace(t)
	w.Write(two() + env.Block(""))
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)
	env.Sim.Release(firstID)
	env.Sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	w.Write(two() + strings.Replace(named(), `"kec_spot_instance" "a"`, `"kec_spot_instance" "c"`, 1) + env.Block(""))
	out := `destroy -refresh=false, or preflight = "warn" in the provider block.`
	w.Plan().Want(t, 1, "Error: Out of stock: 2 wanted, 0 available", out+" Code: OutOfStock (preflight, DescribeKecInventory) Retry: later")
	w.Destroy().Want(t, 1, out)
	w.Destroy("-refresh=false").Want(t, 0, "Resources: 2 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// The time at which a machine was to be deleted has passed once it is gone. That keeps nobody from
// destroying the others.
func TestAccTaken_aTimeThatHasPassedBlocksNoDestroy(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(two(set{"auto_delete_time": `"2026-03-02T10:00:00Z"`}) + env.Block(""))
	w.Apply().Want(t, 0)
	env.Sim.Release(firstID)
	env.Sim.Advance(50 * 60 * 1e9)
	w.Plan().Want(t, 2, "Warning: Automatic deletion is less than 30 minutes ahead", "Plan: 1 to add")
	w.Apply().Want(t, 1, "(AutoDeleteTimeIsInvalid), RunInstances")
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
}
