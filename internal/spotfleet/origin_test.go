package spotfleet_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// Another region, and the keys of another account, show nothing of a fleet: nothing is forgotten,
// ended or bought. A rotated key of the same account is proven by the machines that it finds.
func TestAccFleet_belongsToOneAccountAndRegion(t *testing.T) {
	t.Parallel()
	const own, rotated, foreign, secret = "AKLTfirst00000old1", "AKLTsecond0000new2", "AKLTforeign000far3", "secret-of-all-keys"
	env, w := world(t, 60, 60)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	env.Sim.AddKey(own, secret, "")
	env.Sim.AddKey(rotated, secret, "")
	env.Sim.AddAccount(foreign, secret)
	with := func(region, key string, n int) {
		w.Write(acctest.Expand(fleet(n)) + fmt.Sprintf("provider \"kec\" {\n  region = %q\n  access_key = %q\n  secret_key = %q\n  endpoint = %q\n}\n", region, key, secret, env.URL))
	}
	with("cn-beijing-6", own, 3)
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)

	const elsewhere, unseen = "Error: The fleet is in another region", "Error: The fleet is not seen with these keys"
	with("cn-shanghai-2", own, 3)
	w.Plan().Want(t, 1, elsewhere, "is in the region cn-beijing-6; the provider works in cn-shanghai-2.")
	w.Destroy("-refresh=false").Want(t, 1, elsewhere)
	with("cn-beijing-6", foreign, 5)
	w.Apply().Want(t, 1, unseen, "3 of the machines of the fleet", "with the access key that ends in old1", "with the access key that ends in far3",
		"They stay in the state, and nothing is ordered in their place.").Lacks(t, own, foreign, secret)
	w.Apply("-refresh=false").Want(t, 1, unseen)
	w.Destroy("-refresh=false").Want(t, 1, unseen)
	living(t, env, map[string]int{"a Spot": 3})
	launches(t, env, 1)

	env.Sim.Release(field(t, w, "id")[0])
	with("cn-beijing-6", rotated, 3)
	w.Apply().Want(t, 0, "Warning: A machine of this fleet is gone", "Resources: 0 added, 1 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	living(t, env, map[string]int{"a Spot": 3})
}

// A CLI gives the deletion of a tainted fleet no private data. So another account does not end it,
// and the state that is left behind is not taken for one of that account.
func TestAccFleet_taintedOneOfAnotherAccount(t *testing.T) {
	t.Parallel()
	const own, foreign, secret = "AKLTfirst00000old1", "AKLTforeign000far3", "secret-of-all-keys"
	env, w := world(t, 60, 60)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	env.Sim.AddKey(own, secret, "")
	env.Sim.AddAccount(foreign, secret)
	with := func(key string) {
		w.Write(acctest.Expand(fleet(2)) +
			fmt.Sprintf("provider \"kec\" {\n  region = \"cn-beijing-6\"\n  access_key = %q\n  secret_key = %q\n  endpoint = %q\n}\n", key, secret, env.URL))
	}
	with(own)
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)
	w.CLI("taint", "kec_spot_fleet.a").Want(t, 0)

	const unseen = "Error: The fleet is not seen with these keys"
	with(foreign)
	w.Apply("-refresh=false").Want(t, 1, unseen, "The state does not tell which keys")
	w.Apply().Want(t, 1, unseen)
	living(t, env, map[string]int{"a Spot": 2})
	launches(t, env, 1)

	with(own)
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

// Nor is it ended, forgotten or bought anew by a provider of another region.
func TestAccFleet_taintedOneOfAnotherRegion(t *testing.T) {
	t.Parallel()
	const own, secret = "AKLTfirst00000old1", "secret-of-all-keys"
	env, w := world(t, 60, 60)
	env.Sim.AddKey(own, secret, "")
	in := func(region string) {
		w.Write(acctest.Expand(fleet(2)) +
			fmt.Sprintf("provider \"kec\" {\n  region = %q\n  access_key = %q\n  secret_key = %q\n  endpoint = %q\n  preflight = \"off\"\n}\n", region, own, secret, env.URL))
	}
	in("cn-beijing-6")
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)
	w.CLI("taint", "kec_spot_fleet.a").Want(t, 0)

	in("cn-shanghai-2")
	w.Apply("-refresh=false").Want(t, 1, "Error: The fleet is in another region", "is in the zone cn-beijing-6a; the provider works in cn-shanghai-2.")
	living(t, env, map[string]int{"a Spot": 2})
	launches(t, env, 1)

	in("cn-beijing-6")
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}
