package spotinstance_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Keys of the simulator's account, and of another one.
const (
	oldKey, newKey, foreignKey = "AKLTfirst00000old1", "AKLTsecond0000new2", "AKLTforeign000far3"
	someSecret                 = "secret-of-all-keys"
)

// twoAccounts is a simulator with two accounts, of which the first has two keys.
func twoAccounts(t *testing.T) *acctest.Env {
	t.Helper()
	env := acctest.New(t)
	env.Sim.AddKey(oldKey, someSecret, "")
	env.Sim.AddKey(newKey, someSecret, "")
	env.Sim.AddAccount(foreignKey, someSecret)
	return env
}

// home is a provider block for a region, a key and an endpoint.
func home(region, key, endpoint string) string {
	return fmt.Sprintf("provider \"kec\" {\n  region = %q\n  access_key = %q\n  secret_key = %q\n  endpoint = %q\n}\n", region, key, someSecret, endpoint)
}

// fleet is n machines, known as kec_spot_instance.a[0] and so on.
func fleet(n int, more ...set) string { return block(append(more, set{"count": fmt.Sprint(n)})...) }

// untouched fails the test unless the state holds n machines, which are all alive at the old key,
// and no other key has bought anything.
func untouched(t *testing.T, env *acctest.Env, w *acctest.Workspace, n int) {
	t.Helper()
	held := inState(t, w)
	var alive []string
	for _, in := range env.Sim.Instances() {
		alive = append(alive, in.ID)
	}
	slices.Sort(alive)
	if !slices.Equal(held, alive) || len(held) != n {
		t.Errorf("the state holds %v, alive are %v, want %d of each", held, alive, n)
	}
	if all := env.Sim.InstancesOf(foreignKey); len(all) > 0 {
		t.Errorf("bought in another account: %v", all)
	}
	if got := env.Sim.Count("RunInstances"); got != n {
		t.Errorf("%d launches, want %d", got, n)
	}
}

// inState are the ids of the machines in the state.
func inState(t *testing.T, w *acctest.Workspace) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Resources []struct {
			Type      string
			Instances []struct{ Attributes struct{ ID string } }
		}
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range state.Resources {
		for _, one := range r.Instances {
			if r.Type == "kec_spot_instance" {
				ids = append(ids, one.Attributes.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// forgetPlace takes out of the state what earlier versions did not write: the private data, and
// also the identity unless it is to stay.
func forgetPlace(t *testing.T, w *acctest.Workspace, change func(instance map[string]any)) {
	t.Helper()
	file := filepath.Join(w.Dir, "terraform.tfstate")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	resources, _ := state["resources"].([]any)
	for _, r := range resources {
		one, _ := r.(map[string]any)
		instances, _ := one["instances"].([]any)
		for _, i := range instances {
			instance, _ := i.(map[string]any)
			delete(instance, "private")
			change(instance)
		}
	}
	if raw, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A create that fails leaves a machine without a zone. Its region is known from the launch on.
func TestAccOrigin_aMachineWithoutAZoneStaysInItsRegion(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "ErrorLasts", "KEC deletes a failed machine by itself, and nothing stays in the state")
	env.Decides(t, "ErrorState", "a machine that is recycling or deleted is gone by itself, and nothing stays in the state")
	env.Sim.FailLaunches(1, kecsim.ModeError, "")
	w := env.Workspace(t)
	w.Write(named() + home("cn-beijing-6", oldKey, env.URL))
	env.Sim.RefuseTerminate(firstID, "instance is locked by the operator")
	w.Apply().Want(t, 1, firstID+" stays in the state")
	env.Sim.RefuseTerminate(firstID, "")
	untouched(t, env, w, 1)

	const wrong = "Error: The instance is in another region"
	w.Write(named() + home("cn-shanghai-2", oldKey, env.URL))
	const said = "is in the region cn-beijing-6; the provider works in cn-shanghai-2."
	w.Plan().Want(t, 1, wrong, said)
	w.Apply().Want(t, 1, wrong, said)
	w.Destroy().Want(t, 1, wrong, said)
	w.Destroy("-refresh=false").Want(t, 1, wrong, said)
	untouched(t, env, w, 1)

	w.Write(named() + home("cn-beijing-6", oldKey, env.URL))
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// A region whose name begins like another's is another region.
func TestAccOrigin_aPrefixIsNoRegion(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	w := env.Workspace(t)
	w.Write(named() + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0)
	for name, earlier := range map[string]func(map[string]any){
		"of this version":                  nil,
		"of an earlier one, with identity": func(map[string]any) {},
		"of an earlier one, without identity": func(one map[string]any) {
			delete(one, "identity")
			delete(one, "identity_schema_version")
		},
	} {
		if earlier != nil {
			forgetPlace(t, w, earlier)
		}
		for _, region := range []string{"cn-beijing", "cn-beijing-60", "cn-shanghai-2"} {
			w.Write(named() + home(region, oldKey, env.URL))
			for _, got := range []acctest.Result{w.Plan(), w.Plan("-refresh=false"), w.Destroy("-refresh=false")} {
				if got.Want(t, 1, "Error: The instance is in another region", "; the provider works in "+region+"."); t.Failed() {
					t.Fatalf("a state %s, in %s", name, region)
				}
			}
		}
		w.Write(named() + home("cn-beijing-6", oldKey, env.URL))
		w.Plan().Want(t, 0, "No changes.")
	}
	untouched(t, env, w, 1)
}

// With the keys of another account nothing is there, and nothing is forgotten, destroyed or bought.
func TestAccOrigin_keysOfAnotherAccount(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	w := env.Workspace(t)
	w.Write(fleet(3) + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0, "Resources: 3 added")
	env.Sim.Advance(10 * time.Minute)

	const said = "Error: The spot instance is not seen with these keys"
	w.Write(fleet(3) + home("cn-beijing-6", foreignKey, env.URL))
	w.Plan().Want(t, 1, said, "was last seen at "+env.URL[len("http://"):]+" with the access key that ends in old1.",
		"with the access key that ends in far3, and KEC does not show it there.",
		"It stays in the state, and nothing is ordered in its place.",
		"Use the old keys. If it is really gone, take it out of the state with state rm.").Lacks(t, oldKey, foreignKey, someSecret)
	w.Apply().Want(t, 1, said)
	w.Destroy().Want(t, 1, said)
	w.Destroy("-refresh=false").Want(t, 1, said)
	w.Write(fleet(3, set{"instance_name": `"other"`}) + home("cn-beijing-6", foreignKey, env.URL))
	w.Apply("-refresh=false").Want(t, 1, said)
	replaced := strings.TrimSuffix(fleet(3, set{"instance_type": `"N3.4B"`}), "}\n") + "  lifecycle {\n    create_before_destroy = true\n  }\n}\n"
	w.Write(replaced + home("cn-beijing-6", foreignKey, env.URL))
	w.Apply("-refresh=false").Want(t, 1, said)
	untouched(t, env, w, 3)

	w.Write(fleet(3) + home("cn-beijing-6", oldKey, env.URL))
	w.Plan().Want(t, 0, "No changes.")
	w.Destroy().Want(t, 0, "Resources: 3 destroyed.")
}

// Another endpoint is another place, whatever the keys.
func TestAccOrigin_anotherEndpoint(t *testing.T) {
	t.Parallel()
	env, there := twoAccounts(t), twoAccounts(t)
	w := env.Workspace(t)
	w.Write(fleet(2) + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)
	there.Sim.Advance(10 * time.Minute)

	w.Write(fleet(2) + home("cn-beijing-6", oldKey, there.URL))
	w.Apply().Want(t, 1, "Error: The spot instance is not seen at this endpoint", "Use the old endpoint.", env.URL[len("http://"):], there.URL[len("http://"):])
	w.Destroy("-refresh=false").Want(t, 1, "Error: The spot instance is not seen at this endpoint")
	w.Write(fleet(2) + home("cn-beijing-6", newKey, there.URL))
	w.Apply().Want(t, 1, "Error: The spot instance is not seen with these keys at this endpoint", "Use the old keys and the old endpoint.")
	untouched(t, env, w, 2)
	if n := there.Sim.Count("RunInstances"); n > 0 {
		t.Errorf("%d bought at the other endpoint", n)
	}

	// A second way to the same KEC proves itself by what it shows.
	proxy := httptest.NewServer(env.Sim)
	t.Cleanup(proxy.Close)
	ids := inState(t, w)
	env.Sim.Release(ids[0])
	w.Write(fleet(2) + home("cn-beijing-6", oldKey, proxy.URL))
	w.Apply().Want(t, 0, "Warning: This spot instance is gone", "Resources: 1 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

// A rotated key is proven by the machines that it finds, and then absences count again.
func TestAccOrigin_aRotatedKey(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	w := env.Workspace(t)
	w.Write(fleet(3) + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0)
	env.Sim.Advance(10 * time.Minute)
	env.Sim.Release(inState(t, w)[1])
	// The billing service is silent, so that only the machines can prove it.
	env.Sim.FailNext("QueryInstances", kecsim.Denied, 1000)

	w.Write(fleet(3) + home("cn-beijing-6", newKey, env.URL))
	w.Plan().Want(t, 2, "Warning: This spot instance is gone", "Plan: 1 to add, 0 to change, 0 to destroy.").Lacks(t, "Error")
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	w.Destroy("-refresh=false").Want(t, 0, "Resources: 3 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// Where all machines are gone, nothing is left to prove a rotated key by but their billing records,
// and without those the message names the way out.
func TestAccOrigin_aRotatedKeyAndNothingLeft(t *testing.T) {
	t.Parallel()
	gone := func(t *testing.T) (*acctest.Env, *acctest.Workspace) {
		env := twoAccounts(t)
		env.Decides(t, "NoOrders", "nothing proves that a new key is of the same account once no machine is left, and the user takes them out of the state")
		w := env.Workspace(t)
		w.Write(fleet(2) + home("cn-beijing-6", oldKey, env.URL))
		w.Apply().Want(t, 0)
		env.Sim.Advance(10 * time.Minute)
		for _, id := range inState(t, w) {
			env.Sim.Release(id)
		}
		w.Write(fleet(2) + home("cn-beijing-6", newKey, env.URL))
		return env, w
	}
	t.Run("the billing service knows them", func(t *testing.T) {
		t.Parallel()
		_, w := gone(t)
		w.Plan().Want(t, 2, "Warning: This spot instance is gone", "Plan: 2 to add, 0 to change, 0 to destroy.")
		w.Destroy("-refresh=false").Want(t, 0, "Resources: 2 destroyed.")
	})
	t.Run("it may not be asked", func(t *testing.T) {
		t.Parallel()
		env, w := gone(t)
		env.Sim.FailNext("QueryInstances", kecsim.Denied, 1000)
		w.Plan().Want(t, 1, "Error: The spot instance is not seen with these keys", "take it out of the state with state rm.")
		w.Destroy("-refresh=false").Want(t, 1, "Error: The spot instance is not seen with these keys")
		w.Write(fleet(2) + home("cn-beijing-6", oldKey, env.URL)) // the one way out
		w.Plan().Want(t, 2, "Plan: 2 to add, 0 to change, 0 to destroy.")
		w.Write(fleet(2) + home("cn-beijing-6", newKey, env.URL)) // the other
		w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
		w.Plan().Want(t, 2, "Plan: 2 to add, 0 to change, 0 to destroy.")
	})
}

// A machine that is taken over has no place in its state, and is not forgotten where it is not
// seen.
func TestAccOrigin_aMachineThatIsTakenOver(t *testing.T) {
	t.Parallel()
	env := twoAccounts(t)
	env.Decides(t, "RefuseStrangers", "the error is the refusal of KEC, and nothing is forgotten or ordered")
	id := env.Sim.AddInstance(grown)
	w := env.Workspace(t)
	takenOver(t, w, id)
	const moved = "moved {\n  from = ksyun_instance.old\n  to = kec_spot_instance.a\n}\n"
	for _, block := range []string{home("cn-beijing-6", foreignKey, env.URL), home("cn-shanghai-2", oldKey, env.URL)} {
		w.Write(grownBlock("") + moved + block)
		w.Apply().Want(t, 1, "Error: The spot instance that is taken over is not seen", id+" comes from a ksyun_instance")
	}
	w.Write(grownBlock("") + moved + home("cn-beijing-6", oldKey, env.URL))
	w.Apply().Want(t, 0, "Resources: 0 added, 0 changed, 0 destroyed.")
	if got := actions(env); len(got) > 0 {
		t.Errorf("something was changed: %v", got)
	}
}
