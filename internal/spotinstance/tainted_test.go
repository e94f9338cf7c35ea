package spotinstance_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// taintedMachine is the workspace of a tainted machine, which the old key has launched ten minutes
// ago.
func taintedMachine(t *testing.T, env *acctest.Env) *acctest.Workspace {
	t.Helper()
	w := env.Workspace(t)
	w.Write(fleet(1) + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)
	w.CLI("taint", "kec_spot_instance.a[0]").Want(t, 0)
	return w
}

// A CLI gives the deletion of a tainted machine no private data. So another account does not end
// it, and the state that is left behind is not taken for one of that account.
func TestAccOrigin_aTaintedMachine(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	w := taintedMachine(t, env)

	const said = "Error: The spot instance is not seen with these keys"
	w.Write(fleet(1) + home("cn-beijing-6", foreignKey, env.URL))
	w.Apply("-refresh=false").Want(t, 1, said, "The state does not tell which keys", "If it is really gone, take it out of the state with state rm.")
	untouched(t, env, w, 1)
	w.Apply().Want(t, 1, said)
	w.Plan().Want(t, 1, said)
	w.Destroy("-refresh=false").Want(t, 1, said)
	untouched(t, env, w, 1)

	w.Write(fleet(1) + home("cn-beijing-6", newKey, env.URL))
	w.Apply("-refresh=false").Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

// onlyForTheOldKey checks that a provider block of another account does not take the machine for
// gone, and that the old key replaces it.
func onlyForTheOldKey(t *testing.T, env *acctest.Env, w *acctest.Workspace, foreign string) {
	t.Helper()
	w.Write(fleet(1) + foreign)
	w.Plan().Want(t, 1, "Error: The spot instance is not seen with these keys", "The state does not tell which keys")
	untouched(t, env, w, 1)

	w.Write(fleet(1) + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

// Nor is it taken for one of another account after a deletion that failed before anything was
// known.
func TestAccOrigin_aTaintedMachineThatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	w := taintedMachine(t, env)
	env.Sim.DenyAction("kec", "DescribeInstances", true)
	w.Apply("-refresh=false").Want(t, 1, "Error: KEC refused access", "DescribeInstances")
	env.Sim.DenyAction("kec", "DescribeInstances", false)
	onlyForTheOldKey(t, env, w, home("cn-beijing-6", foreignKey, env.URL))
}

// unchecked is a provider block that has a plan look nothing up, so that an apply goes on.
func unchecked(region, key, endpoint string) string {
	return strings.Replace(home(region, key, endpoint), "}", "  preflight = \"off\"\n}", 1)
}

// Nor after one that failed because the provider works in another region.
func TestAccOrigin_aTaintedMachineOfAnotherRegion(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	w := taintedMachine(t, env)
	w.Write(fleet(1) + unchecked("cn-shanghai-2", oldKey, env.URL))
	w.Apply("-refresh=false").Want(t, 1, "Error: The instance is in another region", "is in the zone cn-beijing-6a; the provider works in cn-shanghai-2.")
	untouched(t, env, w, 1)
	onlyForTheOldKey(t, env, w, unchecked("cn-beijing-6", foreignKey, env.URL))
}

// A machine whose creation failed has no zone. Once it is tainted its billing record tells the
// region.
func TestAccOrigin_aTaintedMachineWithoutAZone(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "ErrorLasts", "KEC deletes a failed machine by itself, and nothing stays in the state")
	env.Decides(t, "ErrorState", "a machine that is recycling or deleted is gone by itself, and nothing stays in the state")
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	env.Decides(t, "NoOrders", "nothing tells in which region a tainted machine without a zone is, and the user finds the right one")
	env.Decides(t, "BillingRegions", "nothing tells in which region a tainted machine without a zone is, and the user finds the right one")
	env.Sim.FailLaunches(1, kecsim.ModeError, "")
	env.Sim.RefuseTerminate(firstID, "instance is locked by the operator")
	w := env.Workspace(t)
	w.Write(named() + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 1, firstID+" stays in the state")
	env.Sim.RefuseTerminate(firstID, "")
	env.Sim.Advance(10 * time.Minute)

	w.Write(named() + unchecked("cn-shanghai-2", oldKey, env.URL))
	w.Apply("-refresh=false").Want(t, 1, "Error: The spot instance is not seen in this region", "The state does not tell where", "names the region cn-beijing-6.")
	untouched(t, env, w, 1)

	w.Write(named() + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}
