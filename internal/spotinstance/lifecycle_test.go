package spotinstance_test

import (
	"encoding/base64"
	"strconv"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/worlds"
)

// full sets every attribute that can be set beside the others.
const full = `
resource "kec_spot_instance" "a" {
  spot_price_limit   = 0.12345
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group", "@group2"]
  private_ip_address = "10.7.0.77"
  system_disk        = { type = "SSD3.0", size_gib = 40 }
  data_disks = [
    { type = "EHDD", size_gib = 100, delete_with_instance = true },
    { type = "SSD3.0", size_gib = 50, delete_with_instance = false },
  ]
  key_ids       = ["@key_b", "@key_a"]
  instance_name = "worker-a"
  host_name     = "worker-a"
  project_id    = 100002
  tags          = { env = "prod", team = "search" }
  user_data     = "#!/bin/sh\necho ready\n"
  timeouts      = { create = "10m", delete = "5m" }
}
`

// bare sets what must be set and nothing else.
const bare = `
resource "kec_spot_instance" "a" {
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group"]
}
`

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func at(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("kec_spot_instance.a", tfjsonpath.New(name), value)
}

func TestAccSpotInstance_fullLife(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Run(t,
		resource.TestStep{
			Config: env.Config(full),
			ConfigStateChecks: []statecheck.StateCheck{
				at("spot_strategy", knownvalue.StringExact("SpotWithPriceLimit")),
				at("spot_price_limit", knownvalue.Float64Exact(0.12345)),
				at("private_ip_address", knownvalue.StringExact("10.7.0.77")),
				at("system_disk", knownvalue.ObjectExact(map[string]knownvalue.Check{
					"type": knownvalue.StringExact("SSD3.0"), "size_gib": knownvalue.Int64Exact(40),
				})),
				at("data_disks", knownvalue.ListExact([]knownvalue.Check{
					knownvalue.ObjectPartial(map[string]knownvalue.Check{
						"type": knownvalue.StringExact("EHDD"), "delete_with_instance": knownvalue.Bool(true), "id": knownvalue.NotNull(),
					}),
					knownvalue.ObjectPartial(map[string]knownvalue.Check{
						"type": knownvalue.StringExact("SSD3.0"), "delete_with_instance": knownvalue.Bool(false), "id": knownvalue.NotNull(),
					}),
				})),
				at("state", knownvalue.StringExact("active")),
				at("availability_zone", knownvalue.StringExact("cn-beijing-6a")),
				at("vpc_id", knownvalue.StringExact(kecsim.VPC)),
				at("network_interface_id", knownvalue.NotNull()),
				at("public_ip", knownvalue.Null()),
				at("created_at", knownvalue.StringExact("2026-03-02T09:00:00Z")),
				at("protected_until", knownvalue.StringExact("2026-03-02T10:00:00Z")),
				at("recycling_time", knownvalue.Null()),
			},
		},
		resource.TestStep{Config: env.Config(full), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{
			ResourceName: "kec_spot_instance.a", ImportState: true, ImportStateVerify: true,
			ImportStateVerifyIgnore: []string{"timeouts"},
		},
	)
	var sent kecsim.Call
	for _, call := range env.Sim.Calls() {
		if call.Action == "RunInstances" {
			sent = call
		}
	}
	for name, want := range map[string]string{
		"ChargeType": "Spot", "MinCount": "1", "MaxCount": "1", "SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": "0.12345",
		"SecurityGroupId.1": kecsim.SecurityGroup, "SecurityGroupId.2": kecsim.SecurityGroup2, "KeyId.1": kecsim.KeyA,
		"DataDisk.1.Type": "EHDD", "DataDisk.2.Size": "50", "DataDisk.2.DeleteWithInstance": "false", "SystemDisk.DiskSize": "40",
		"Tag.1.Key": "env", "Tag.2.Value": "search", "SyncTag": "true", "ProjectId": "100002",
		"UserData": base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\necho ready\n")),
	} {
		if got := sent.Params.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := env.Sim.Count("RunInstances"); got != 1 {
		t.Errorf("%d launches, want 1", got)
	}
}

// A life in four worlds that between them give every open question about KEC every answer.
func TestAccWorlds_aLife(t *testing.T) {
	t.Parallel()
	for turn := range worlds.Turns {
		t.Run(strconv.Itoa(turn+1), func(t *testing.T) {
			t.Parallel()
			env := acctest.NewIn(t, strconv.Itoa(turn+1))
			w := env.Workspace(t)
			w.Write(acctest.Expand(full) + env.Block(""))
			w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 0 destroyed.")
			env.Sim.Advance(10 * time.Minute)
			w.Plan().Want(t, 0, "No changes.")
			w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
			if err := env.Empty(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAccSpotInstance_whatIsLeftOutCausesNoDiff(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Run(t,
		resource.TestStep{
			Config: env.Config(bare),
			ConfigStateChecks: []statecheck.StateCheck{
				at("spot_strategy", knownvalue.StringExact("SpotAsPriceGo")),
				at("spot_price_limit", knownvalue.Null()),
				at("data_disks", knownvalue.Null()),
				at("key_ids", knownvalue.Null()),
				at("tags", knownvalue.Null()),
				at("user_data", knownvalue.Null()),
				at("project_id", knownvalue.Int64Exact(0)),
				at("instance_name", knownvalue.NotNull()),
				at("system_disk", knownvalue.NotNull()),
			},
		},
		resource.TestStep{Config: env.Config(bare), ConfigPlanChecks: emptyPlan()},
		resource.TestStep{ResourceName: "kec_spot_instance.a", ImportState: true, ImportStateVerify: true},
	)
}

// The tags are read also where there are none, or nobody would see one that is added in the
// console: a refresh is two requests.
func TestAccSpotInstance_aRefreshAsksForTagsWhereThereAreNone(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, bare)
	asked := len(env.Sim.Calls())
	w.Plan().Want(t, 0, "No changes.")
	if got := len(env.Sim.Calls()) - asked; got != 2 {
		t.Errorf("%d requests for a refresh; want 2", got)
	}
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags = map[string]string{"by-hand": "1"} })
	w.Plan().Want(t, 2, `"by-hand" = "1"`, "Plan: 0 to add, 1 to change, 0 to destroy.")
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags = nil })
	env.Sim.DenyService("tag", true) // whoever has no tags needs no permission to read them
	w.Plan().Want(t, 0, "No changes.")
}

func TestAccSpotInstance_everyChangeReplaces(t *testing.T) {
	t.Parallel()
	const changed = `
resource "kec_spot_instance" "a" {
  instance_type      = "N3.4B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_b"
  security_group_ids = ["@group"]
  tags               = {}
}
`
	env := acctest.New(t)
	env.Run(t,
		resource.TestStep{Config: env.Config(bare)},
		resource.TestStep{
			Config: env.Config(changed),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("kec_spot_instance.a", plancheck.ResourceActionDestroyBeforeCreate),
			}},
			ConfigStateChecks: []statecheck.StateCheck{at("availability_zone", knownvalue.StringExact("cn-beijing-6b"))},
		},
		resource.TestStep{Config: env.Config(changed), ConfigPlanChecks: emptyPlan()},
	)
}

func TestAccSpotInstance_ownSettingsChangeWithoutKEC(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	const withTimeouts = bare + "# \n"
	longer := env.Config(bare[:len(bare)-2] + "  timeouts = { create = \"40m\" }\n}\n")
	env.Run(t,
		resource.TestStep{Config: env.Config(withTimeouts)},
		resource.TestStep{
			Config: longer,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("kec_spot_instance.a", plancheck.ResourceActionUpdate),
			}},
		},
		resource.TestStep{Config: longer, ConfigPlanChecks: emptyPlan()},
	)
	if got := env.Sim.Count("RunInstances"); got != 1 {
		t.Errorf("%d launches, want 1", got)
	}
}
