package spotinstance_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// grown is a machine that somebody made in the console, with everything.
var grown = kecsim.Instance{
	Name: "grown", HostName: "grown-1", Type: "N3.2B", SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu, ChargeType: "Spot",
	SecurityGroupIDs: []string{kecsim.SecurityGroup, kecsim.SecurityGroup2}, KeyIDs: []string{kecsim.KeyA}, ProjectID: kecsim.ProjectB,
	SpotPriceLimit: "0.05", Tags: map[string]string{"team": "a"},
	SystemDisk: kecsim.Disk{Type: "SSD3.0", SizeGB: 40},
	DataDisks:  []kecsim.Disk{{Type: "EHDD", SizeGB: 100, DeleteWithInstance: true}, {Type: "SSD3.0", SizeGB: 50}},
}

// grownBlock is the configuration of grown, with more lines in it.
func grownBlock(more string) string {
	return acctest.Expand(`resource "kec_spot_instance" "a" {
  spot_price_limit   = 0.05
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group", "@group2"]
  data_disks = [
    { type = "EHDD", size_gib = 100, delete_with_instance = true },
    { type = "SSD3.0", size_gib = 50, delete_with_instance = false },
  ]
  key_ids       = ["@key_a"]
  instance_name = "grown"
  project_id    = 100002
  tags          = { team = "a" }
  ` + more + `
}
`)
}

func TestAccImport_byIDBlock(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	id := env.Sim.AddInstance(grown)
	w := env.Workspace(t)
	w.Write(grownBlock("") + "import {\n  to = kec_spot_instance.a\n  id = \"" + id + "\"\n}\n" + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 imported, 0 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	if got := actions(env); len(got) > 0 {
		t.Errorf("an import changed something: %v", got)
	}
}

func TestAccImport_byIdentity(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	id := env.Sim.AddInstance(grown)
	block := func(region string) string {
		return grownBlock("") + "import {\n  to = kec_spot_instance.a\n  identity = {\n    region = \"" + region + "\"\n    id = \"" + id + "\"\n  }\n}\n" + env.Block("")
	}
	w := env.Workspace(t)
	if w.CLI("version").Before(t, 1, 12) {
		t.Skip("this CLI has no resource identity")
	}
	w.Write(block("cn-shanghai-2"))
	w.Plan().Want(t, 1, "Error: The instance is in another region", "The identity names the region cn-shanghai-2; the provider works in cn-beijing-6.")
	w.Write(block("cn-beijing-6"))
	w.Apply().Want(t, 0, "Resources: 1 imported, 0 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

func TestAccIdentity_isInTheState(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	resource.UnitTest(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		ProtoV6ProviderFactories: env.Factories(),
		CheckDestroy:             func(*terraform.State) error { return env.Empty() },
		Steps: []resource.TestStep{
			{
				Config: env.Config(bare),
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity("kec_spot_instance.a", map[string]knownvalue.Check{
					"region": knownvalue.StringExact("cn-beijing-6"), "id": knownvalue.StringExact(firstID),
				})},
			},
			{ResourceName: "kec_spot_instance.a", ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// A generated configuration plans clean: it asks for nothing that is not so.
func TestAccImport_generatedConfiguration(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	machine := grown
	machine.DataDisks = nil
	id := env.Sim.AddInstance(machine)
	w := env.Workspace(t)
	w.Write("import {\n  to = kec_spot_instance.a\n  id = \"" + id + "\"\n}\n" + env.Block(""))
	w.Plan("-generate-config-out=generated.tf").Want(t, 2, "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.")
	generated, err := os.ReadFile(filepath.Join(w.Dir, "generated.tf"))
	if err != nil || !strings.Contains(string(generated), "spot_price_limit") {
		t.Fatalf("generated %s, %v", generated, err)
	}
	w.Apply().Want(t, 0, "Resources: 1 imported, 0 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

// moved asks the provider to take a machine over from ksyun_instance, as a CLI
// does for a moved block.
func moved(t *testing.T, env *acctest.Env, address, source string) *tfprotov6.MoveResourceStateResponse {
	t.Helper()
	server := providerserver.NewProtocol6(provider.New("test", env.Options()...)())()
	resp, err := server.MoveResourceState(t.Context(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: address, SourceTypeName: "ksyun_instance", TargetTypeName: "kec_spot_instance",
		SourceState: &tfprotov6.RawState{JSON: []byte(source)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestMoved_fromTheOfficialProvider(t *testing.T) {
	t.Parallel()
	const official = "registry.terraform.io/kingsoftcloud/ksyun"
	for _, c := range []struct{ name, address, source, want string }{
		{"a spot instance", official, `{"id":"i-1","charge_type":"Spot","image_id":"x"}`, ""},
		{"one without a charge type, which the refresh will check", official, `{"id":"i-1"}`, ""},
		{"a monthly one", official, `{"id":"i-1","charge_type":"Monthly"}`, "This ksyun_instance is no Spot Instance"},
		{"one without an id", official, `{"charge_type":"Spot"}`, "This ksyun_instance cannot be taken over"},
		{"one whose provider an older OpenTofu names without its address", "ksyun", `{"id":"i-1","charge_type":"Spot"}`, ""},
		{"one of a provider with a longer name", "not-ksyun", `{"id":"i-1"}`, "Unable to Move Resource State"},
		{"one of somebody else", "registry.terraform.io/acme/ksyun", `{"id":"i-1"}`, "Unable to Move Resource State"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			resp := moved(t, &acctest.Env{Sim: kecsim.New()}, c.address, c.source)
			got := ""
			for _, d := range resp.Diagnostics {
				got += d.Summary
			}
			if got != c.want {
				t.Errorf("said %q, want %q", got, c.want)
			}
			if (resp.TargetState != nil) != (c.want == "") {
				t.Errorf("state %v", resp.TargetState)
			}
		})
	}
}

// takenOver writes a state that holds the machine as the official provider's.
func takenOver(t *testing.T, w *acctest.Workspace, id string) {
	t.Helper()
	host := "registry.terraform.io"
	if strings.Contains(w.CLI("version").Raw, "OpenTofu") {
		host = "registry.opentofu.org"
	}
	state, err := json.Marshal(map[string]any{
		"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "5b7f0a52-3f0c-4a6e-9f5d-2f1f6f0f9c11", "outputs": map[string]any{},
		"resources": []any{map[string]any{
			"mode": "managed", "type": "ksyun_instance", "name": "old", "provider": `provider["` + host + `/kingsoftcloud/ksyun"]`,
			"instances": []any{map[string]any{"schema_version": 0, "attributes": map[string]any{"id": id, "charge_type": "Spot"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.Dir, "terraform.tfstate"), state, 0o600); err != nil {
		t.Fatal(err)
	}
}

// With a real CLI: a state that the official provider wrote, and a moved block.
func TestAccMoved_adoptsWithoutTouching(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	id := env.Sim.AddInstance(grown)
	w := env.Workspace(t)
	takenOver(t, w, id)
	w.Write(grownBlock("") + "moved {\n  from = ksyun_instance.old\n  to = kec_spot_instance.a\n}\n" + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 0 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a").Lacks(t, "ksyun_instance")
	if got := actions(env); len(got) > 0 {
		t.Errorf("the move changed something: %v", got)
	}
}

// Where KEC shows nothing of an imported machine, nothing proves that there is nothing. The
// configuration is believed, and the plan says so: a machine is worth more than a doubt.
func TestAccImport_whatKECShowsNothingOfIsBelieved(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{
		"eip":       `eip = { line_id = "l-1", bandwidth_mbps = 5, charge_type = "Daily" }`,
		"user_data": `user_data = "#!/bin/sh"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			id := env.Sim.AddInstance(grown)
			w := env.Workspace(t)
			w.Write(grownBlock("") + env.Block(""))
			w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", id).Want(t, 0)
			w.Plan().Want(t, 0, "No changes.")
			w.Write(grownBlock(more) + env.Block(""))
			w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.", "Warning: Taken from the configuration without a check", name)
			w.Plan().Want(t, 0, "No changes.")
		})
	}
}

func TestAccImport_ofNothing(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(grownBlock("") + env.Block(""))
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", "").Want(t, 1, "Error: Nothing to import", "The id is empty.").Lacks(t, "always an error")
}
