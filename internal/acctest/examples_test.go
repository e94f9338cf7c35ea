package acctest_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestAccExample_cheapestType(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "RefuseUnknown", "a look-up that KEC refuses is skipped, and the apply says what is not there")
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	stock := func(n int) {
		for _, typ := range []string{"E1.8B", "N3.8B"} {
			for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC} {
				env.Sim.SetStock(zone, typ, n)
			}
		}
	}
	const none = "No type with 8 vCPUs is in stock as a Spot Instance in a zone that has a subnet with room."
	w := env.Workspace(t)
	w.Write(acctest.Example(t, "cheapest-type/main.tf") + env.Block(""))
	stock(0)
	w.Plan().Want(t, 1, "Warning: Check block assertion failed", none, "Error: No such subnet", "KEC shows no subnet none-in-stock in this region.", "subnet_id = try(")
	stock(50)
	env.Sim.SellOut(kecsim.ZoneA, "E1.8B") // the cheapest of all
	w.Apply().Want(t, 0, "Resources: 1 added", `worker = "E1.8B in cn-beijing-6b"`)

	// Another offer is cheaper now, or none is left: the machine stays what it is.
	env.Sim.SetPrice(kecsim.ZoneC, "N3.8B", "0.09", "")
	w.Plan().Want(t, 0, "No changes").Lacks(t, "Warning")
	stock(0)
	w.Plan().Want(t, 0, "No changes", "Warning: Check block assertion failed", none).Lacks(t, "Error")

	// Once KEC has taken it back, the choice is that of the day.
	env.Sim.Advance(3 * time.Minute)
	env.Sim.Release(env.Sim.Instances()[0].ID)
	env.Sim.Advance(time.Minute)
	stock(3)
	w.Apply().Want(t, 0, "Resources: 1 added", `worker = "N3.8B in cn-beijing-6c"`)
	w.Plan().Want(t, 0, "No changes")
}

func TestAccExample_newestImage(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(acctest.Example(t, "newest-image/main.tf") + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 2 added")
	w.Plan().Want(t, 0, "No changes")

	const newer = "IMG-0d000000-0000-4000-8000-000000000099"
	env.Sim.AddImage(kecsim.Image{
		ID: newer, Name: "ubuntu-24.04", State: "active", Platform: "ubuntu-24.04", Type: "system", SizeGB: 20, Created: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	})
	w.Plan().Want(t, 2, "# kec_spot_instance.stateless must be replaced", `~ image_id = "`+kecsim.ImageUbuntu+`" -> "`+newer+`" # forces replacement`,
		"Plan: 1 to add, 0 to change, 1 to destroy.").Lacks(t, "kec_spot_instance.stateful must", "kec_spot_instance.stateful will")
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed")
	w.Plan().Want(t, 0, "No changes")
	w.Plan("-replace=kec_spot_instance.stateful").Want(t, 2, `-> "`+newer+`"`, "Plan: 1 to add, 0 to change, 1 to destroy.")
	for _, in := range env.Sim.Instances() {
		if want := map[string]string{"stateless": newer, "stateful": kecsim.ImageUbuntu}[in.Name]; in.ImageID != want {
			t.Errorf("%s has image %s, want %s", in.Name, in.ImageID, want)
		}
		if in.Name == "stateful" {
			env.Sim.Advance(3 * time.Minute)
			env.Sim.Release(in.ID)
		}
	}
	env.Sim.Advance(time.Minute)
	w.Plan().Want(t, 2, "# kec_spot_instance.stateful will be created", `+ image_id = "`+newer+`"`, "Plan: 1 to add, 0 to change, 0 to destroy.")
	env.Sim.SetImageState(newer, "deleted")
	env.Sim.SetImageState(kecsim.ImageUbuntu, "deleted")
	w.Plan().Want(t, 1, "There is no active system image of the platform ubuntu-24.04.")
}

// The example takes hashicorp/random. RANDOM_PROVIDER names the folder that holds its binary.
func TestAccExample_ephemeralPassword(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	text := acctest.Example(t, "ephemeral-password/main.tf")
	folder := os.Getenv("RANDOM_PROVIDER")
	if folder == "" {
		w.Write(text)
		w.CLI("fmt", "-check", "-diff", "-no-color").Want(t, 0)
		t.Log("RANDOM_PROVIDER does not say where hashicorp/random is: the example was checked for its form only, and not applied")
		return
	}
	settings := filepath.Join(t.TempDir(), "cli.tfrc")
	if err := os.WriteFile(settings, []byte("provider_installation {\n  dev_overrides { \"hashicorp/random\" = \""+folder+"\" }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Setenv("TF_CLI_CONFIG_FILE=" + settings)
	w.Write(text + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 added")
	w.Plan().Want(t, 0, "No changes")
	if state := w.CLI("show", "-json").Want(t, 0).Raw; len(env.Sim.Instances()) != 1 || !strings.Contains(state, `"password_wo":null`) {
		t.Errorf("the state holds no machine without its password:\n%s", state)
	}
}

// The pipeline tells the machines that are being taken back, and no others. A stand-in for ssh
// writes down what they are told.
func TestAccExample_notice(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("needs jq, with which the example reads the output")
	}
	env := acctest.New(t)
	w := env.Workspace(t)
	for _, name := range []string{"pipeline.sh", "drain.sh"} {
		if err := os.WriteFile(filepath.Join(w.Dir, name), []byte(acctest.Example(t, "notice/"+name)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.Write(acctest.Example(t, "notice/main.tf") + env.Block(""))
	w.WriteModule("watch", acctest.Example(t, "notice/watch/main.tf")+env.Block(""))
	w.Apply().Want(t, 0, "Resources: 2 added")
	w.Plan().Want(t, 0, "No changes")
	machines := env.Sim.Instances()
	userData, err := base64.StdEncoding.DecodeString(machines[0].UserData)
	if script := base64.StdEncoding.EncodeToString([]byte(acctest.Example(t, "notice/drain.sh"))); err != nil || !strings.Contains(string(userData), script) {
		t.Errorf("the user data does not hold drain.sh: %v\n%s", err, userData)
	}

	w.Shell(`mkdir tools && printf '#!/bin/sh\necho "told: $*" >>"$TOLD"\n' >tools/ssh && cp tools/ssh tools/logger && cp tools/ssh tools/systemctl && chmod 755 tools/*`).Want(t, 0)
	const look = `export CLI="$TF_ACC_TERRAFORM_PATH" TOLD="$PWD/told" PATH="$PWD/tools:$PATH"; ./pipeline.sh && cat told 2>/dev/null`
	w.Shell(look).Want(t, 1) // nobody is told anything
	var worker kecsim.Instance
	for _, in := range machines {
		if in.Name == "worker-1" {
			worker = in
		}
	}
	env.Sim.Reclaim(worker.ID)
	now, _ := env.Sim.Instance(worker.ID)
	until := now.RecyclingTime.UTC().Format(time.RFC3339)
	if got, want := w.Shell(look).Want(t, 0).Text, "told: -n root@"+worker.PrivateIP+" echo "+until+" >/run/notice"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}

	w.Shell(`export TOLD="$PWD/done" PATH="$PWD/tools:$PATH"; echo `+until+` >notice && ./drain.sh notice && cat done`).Want(t, 0,
		"told: -t drain KEC releases this machine at "+until+": draining told: stop worker.service told: -t drain drained")
	env.Sim.Advance(11 * time.Minute)
	w.Apply().Want(t, 0, "Resources: 1 added", "This spot instance is gone")
}

func TestAccExample_order(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	env.Sim.PutOrder(kecsim.Order{ID: "20260302170512000000001", Status: 21, SubOrders: []kecsim.SubOrder{{ID: "20260302170512000000001-1", Status: 3}}})
	env.Sim.AddInstance(kecsim.Instance{ID: "5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11", ChargeType: "Spot"})
	env.Sim.SetBillingStatus("5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11", 3)
	w := env.Workspace(t)
	w.Write(acctest.Example(t, "data-sources/kec_spot_order/data-source.tf") + env.Block(""))
	w.Apply().Want(t, 0, "Warning: Check block assertion failed").Lacks(t, "Error:")
}

// configBlock is the block "config" of a list or an action, and setting is an attribute in it.
var (
	configBlock = regexp.MustCompile(`(?s)\n  config \{\n(.*?)\n  \}\n`)
	setting     = regexp.MustCompile(`(?m)^    (\w+) += `)
)

func TestExample_listAndActions(t *testing.T) {
	t.Parallel()
	schemas := acctest.NewProtocol(t, kecsim.New(), nil).Schemas
	for folder, of := range map[string]*tfprotov6.SchemaBlock{
		"list-resources/kec_spot_instance/list-resource.tfquery.hcl": schemas.ListResourceSchemas["kec_spot_instance"].Block,
		"actions/kec_spot_instance_start/action.tf":                  schemas.ActionSchemas["kec_spot_instance_start"].Schema.Block,
		"actions/kec_spot_instance_stop/action.tf":                   schemas.ActionSchemas["kec_spot_instance_stop"].Schema.Block,
		"actions/kec_spot_instance_reboot/action.tf":                 schemas.ActionSchemas["kec_spot_instance_reboot"].Schema.Block,
	} {
		block := configBlock.FindStringSubmatch(acctest.Example(t, folder))
		if block == nil {
			t.Fatalf("%s has no config", folder)
		}
		given := map[string]bool{}
		for _, name := range setting.FindAllStringSubmatch(block[1], -1) {
			given[name[1]] = true
		}
		known := map[string]bool{}
		for _, a := range of.Attributes {
			if known[a.Name] = true; a.Required && !given[a.Name] {
				t.Errorf("%s lacks %s", folder, a.Name)
			}
		}
		for name := range given {
			if !known[name] {
				t.Errorf("%s sets %s, which is not there", folder, name)
			}
		}
		if len(given) == 0 {
			t.Errorf("%s sets nothing", folder)
		}
	}
}

// Where each example is applied. No CLI that the tests use has lists and actions: their examples
// are held against the schema.
var appliedBy = map[string]string{
	"rehearsal":                           "kecsim/scenario/scenario_test.go TestExamples_allAreTried",
	"rehearsal/module":                    "provider/example_test.go TestAccExample_moduleTests",
	"rehearsal/module/tests":              "provider/example_test.go TestAccExample_moduleTests",
	"rehearsal/module/tests/steer":        "provider/example_test.go TestAccExample_moduleTests",
	"actions/kec_spot_instance_reboot":    "acctest/examples_test.go TestExample_listAndActions",
	"actions/kec_spot_instance_start":     "acctest/examples_test.go TestExample_listAndActions",
	"actions/kec_spot_instance_stop":      "acctest/examples_test.go TestExample_listAndActions",
	"cheapest-type":                       "acctest/examples_test.go TestAccExample_cheapestType",
	"data-sources/kec_availability_zones": "catalog/availability_zones_test.go TestAccAvailabilityZones",
	"data-sources/kec_images":             "catalog/images_test.go TestAccImages",
	"data-sources/kec_instance_types":     "catalog/instance_types_test.go TestAccInstanceTypes",
	"data-sources/kec_spot_instances":     "catalog/spot_instances_test.go TestAccSpotInstances_example",
	"data-sources/kec_spot_offers":        "catalog/spot_offers_test.go TestAccSpotOffers",
	"data-sources/kec_spot_order":         "acctest/examples_test.go TestAccExample_order",
	"data-sources/kec_spot_price":         "catalog/spot_price_test.go TestAccSpotPrice",
	"data-sources/kec_subnets":            "catalog/subnets_test.go TestAccSubnets",
	"demo":                                "tools/demo/check_test.go TestExample",
	"ephemeral-password":                  "acctest/examples_test.go TestAccExample_ephemeralPassword",
	"fleet-batch":                         "acctest/fleet_examples_test.go TestAccExample_fleetBatch",
	"fleet-service":                       "acctest/fleet_examples_test.go TestAccExample_fleetService",
	"find-machines/adopt":                 "catalog/spot_instances_test.go TestAccFindMachines_adopt",
	"find-machines/count":                 "catalog/spot_instances_test.go TestAccFindMachines_count",
	"find-machines/drain":                 "catalog/spot_instances_test.go TestAccFindMachines_drain",
	"list-resources/kec_spot_instance":    "acctest/examples_test.go TestExample_listAndActions",
	"newest-image":                        "acctest/examples_test.go TestAccExample_newestImage",
	"notice":                              "acctest/examples_test.go TestAccExample_notice",
	"notice/watch":                        "acctest/examples_test.go TestAccExample_notice",
	"policies":                            "acctest/policies_test.go TestAccPolicies",
	"provider":                            "provider/example_test.go TestAccExample_resource",
	"resources/kec_spot_fleet":            "acctest/fleet_examples_test.go TestAccExample_fleet",
	"resources/kec_spot_instance":         "provider/example_test.go TestAccExample_resource",
}

// Every folder of examples has a test that applies it.
func TestExamples_areAllApplied(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	err := filepath.WalkDir("../../examples", func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (strings.HasSuffix(path, ".tf") || strings.HasSuffix(path, ".hcl")) {
			found[strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../examples/")] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range found {
		file, test, named := strings.Cut(appliedBy[folder], " ")
		if !named {
			t.Errorf("examples/%s: appliedBy names no test that applies it", folder)
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
		if err != nil || !strings.Contains(string(text), "\nfunc "+test+"(t *testing.T) {") {
			t.Errorf("examples/%s: no test %q in %q: %v", folder, test, file, err)
		}
	}
	if len(found) != len(appliedBy) {
		t.Errorf("%d folders of examples, %d tests", len(found), len(appliedBy))
	}
}
