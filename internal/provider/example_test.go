package provider_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// A new user's first lines: the provider block and the resource, with all that the environment
// gives.
func TestAccExample_resource(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.BinaryWorkspace(t)
	w.Setenv("KSYUN_ACCESS_KEY="+kecsim.AccessKey, "KSYUN_SECRET_KEY="+kecsim.SecretKey, "KEC_ENDPOINT="+env.URL)
	// The provider block says where the provider comes from, and so does the file beside it.
	_, block, ok := strings.Cut(acctest.Example(t, "provider/provider.tf"), "# The keys come from")
	if !ok {
		t.Fatal("the provider's example has another form")
	}
	w.Write("# The keys come from" + block + acctest.Example(t, "resources/kec_spot_instance/resource.tf"))
	w.Apply().Want(t, 0, "Resources: 1 added")
	w.Plan().Want(t, 0, "No changes")
	id := env.Sim.Instances()[0].ID

	// By the command that the example shows, and by its identity where the CLI has such imports.
	command := strings.NewReplacer("terraform import", "tofu import -no-color", "5b7f0a52-4c3d-4e8f-9a1b-2c3d4e5f6a7b", id)
	w.Shell("tofu state rm kec_spot_instance.worker").Want(t, 0)
	w.Shell(command.Replace(acctest.Example(t, "resources/kec_spot_instance/import.sh"))).Want(t, 0, "Import successful!")
	w.Plan().Want(t, 0, "No changes")
	if !w.CLI("version").Before(t, 1, 12) {
		w.Shell("tofu state rm kec_spot_instance.worker").Want(t, 0)
		w.Write("# The keys come from" + block + acctest.Example(t, "resources/kec_spot_instance/resource.tf") +
			command.Replace(acctest.Example(t, "resources/kec_spot_instance/import-by-identity.tf")))
		w.Apply().Want(t, 0, "Resources: 1 imported, 0 added, 0 changed, 0 destroyed")
	}
}

// The module with tests: a sold-out plan, a fleet that moves, a release that the next run repairs.
// The tests steer the simulator with curl.
func TestAccExample_moduleTests(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl on PATH, which the tests of this example need")
	}
	env := acctest.New(t)
	env.Decides(t, "AsyncChecks", "what is short fails after acceptance, and the fleet orders it elsewhere")
	env.Decides(t, "FreeAfter", "stock of a released machine comes back later, so that machines go where it does")
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	w := env.BinaryWorkspace(t)
	w.Setenv("KSYUN_REGION="+kecsim.Region, "KSYUN_ACCESS_KEY="+kecsim.AccessKey, "KSYUN_SECRET_KEY="+kecsim.SecretKey, "KEC_ENDPOINT="+env.URL)
	if err := os.CopyFS(w.Dir, os.DirFS(filepath.Join("..", "..", "examples", "rehearsal", "module"))); err != nil {
		t.Fatal(err)
	}
	w.CLI("get").Want(t, 0)
	w.CLI("test", "-no-color").Want(t, 0,
		`run "a_plan_says_that_nothing_is_left"... pass`, `run "the_fleet_moves_to_the_other_zone"... pass`, `run "the_next_run_repairs_it"... pass`,
		"Success! 6 passed, 0 failed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}

	// A module that does not keep its promise fails its tests.
	main := filepath.Join(w.Dir, "main.tf")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Replace(string(text), "for subnet_id in var.subnet_ids :", "for subnet_id in [var.subnet_ids[0]] :", 1)
	if err := os.WriteFile(main, []byte(broken), 0o600); err != nil || broken == string(text) {
		t.Fatalf("the module is as it was: %v", err)
	}
	w.CLI("test", "-no-color").Want(t, 1, `run "the_fleet_moves_to_the_other_zone"... fail`, "Error: The fleet stays below min_capacity: at least 3 wanted, 2 available")
}
