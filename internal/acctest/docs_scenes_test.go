package acctest_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/scenario"
)

// whichOf is the machine that a message names. Any of a plan may be the one.
var whichOf = regexp.MustCompile(`kec_spot_instance\.worker\[\d+\]`)

// placeOfFleet is where a message points, which the pages leave out for a fleet.
var placeOfFleet = regexp.MustCompile(`with kec_spot_fleet\.workers, on main\.tf line \d+, in resource "kec_spot_fleet" "workers": \d+: \S+ = \S+ `)

// The messages that the pages show are those of a plan, to the letter.
func TestAccDocs_messages(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 25)
	env.Sim.SetStock(kecsim.ZoneB, "N3.2B", 60)
	env.Sim.SetStock(kecsim.ZoneC, "N3.2B", 0)
	w := env.Workspace(t)
	w.Write(workers(40) + env.Block(""))
	one := w.Plan().Want(t, 1).Text
	env.Sim.SetStock(kecsim.ZoneB, "N3.2B", 5)
	w.Write(acctest.Expand(`
resource "kec_spot_fleet" "workers" {
  target_capacity = 40
  min_capacity    = 31
  candidates = [
    { instance_type = "N3.2B", subnet_id = "@subnet_a" },
    { instance_type = "N3.2B", subnet_id = "@subnet_b" },
  ]
  image_id           = "@ubuntu"
  security_group_ids = ["@group"]
  instance_name      = "worker-"
}
`) + env.Block(""))
	fleet := w.Plan().Want(t, 1).Text
	for _, c := range []struct{ says, shown string }{
		{one, acctest.Documented(t, "README.md", "Error: Out of stock: 40 wanted")},
		{one, acctest.Documented(t, "docs/guides/failures.md", "Error: Out of stock: 40 wanted")},
		{fleet, acctest.Documented(t, "docs/guides/failures.md", "Error: The fleet stays below")},
		{fleet, acctest.Documented(t, "docs/guides/spot-fleets.md", "Error: The fleet stays below")},
	} {
		says := placeOfFleet.ReplaceAllString(whichOf.ReplaceAllString(c.says, "MACHINE"), "")
		if shown := strings.Join(strings.Fields(whichOf.ReplaceAllString(c.shown, "MACHINE")), " "); !strings.Contains(says, shown) {
			t.Errorf("a page shows\n%s\nand the plan says\n%s", shown, says)
		}
	}
}

// The mistake that the guide shows is one in the scenario that it names.
func TestDocs_mistakeInAScenario(t *testing.T) {
	t.Parallel()
	shown := acctest.Documented(t, "docs/guides/rehearsing.md", "kecsim: sold-out")
	text := strings.Replace(acctest.Example(t, "rehearsal/sold-out.kecsim.hcl"), `"N3.2B"`, `"N3.9B"`, 1)
	if _, err := scenario.Read("sold-out.kecsim.hcl", []byte(text)); err == nil || "kecsim: "+err.Error()+"\n" != shown {
		t.Errorf("the guide shows\n%s\nand the simulator says\n%v", shown, err)
	}
}

// A fleet that no state knows comes back by the command of the guide, and by that of the example;
// neither touches a machine.
func TestAccDocs_fleetOfAKilledRun(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(acctest.Example(t, "resources/kec_spot_fleet/resource.tf") + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 added")
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct{ Values struct{ ID string } }
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal([]byte(w.CLI("show", "-json").Want(t, 0).Raw), &state); err != nil || len(state.Values.RootModule.Resources) != 1 {
		t.Fatalf("no fleet in the state: %v", err)
	}
	id := strings.NewReplacer("FLEET_ID", state.Values.RootModule.Resources[0].Values.ID,
		"7c9e6679-7425-40de-944b-e07fc1f90ae7", state.Values.RootModule.Resources[0].Values.ID)
	launches := env.Sim.Count("RunInstances")
	for _, command := range []string{
		acctest.Documented(t, "docs/guides/spot-fleets.md", "terraform import"), acctest.Documented(t, "docs/resources/spot_fleet.md", "# By the fleet id"),
	} {
		w.Shell("tofu state rm kec_spot_fleet.workers").Want(t, 0)
		w.Shell(id.Replace(command)).Want(t, 0, "Import successful!")
	}
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed")
	w.Plan().Want(t, 0, "No changes.")
	if n := env.Sim.Count("RunInstances"); n != launches || len(env.Sim.Instances()) != 6 {
		t.Errorf("%d launches after %d, and %d machines of 6", n, launches, len(env.Sim.Instances()))
	}
}
