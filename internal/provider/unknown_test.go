package provider_test

import (
	"fmt"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// later is a value that is known only after apply, as often as its trigger changes.
func later(value, trigger string) string {
	return fmt.Sprintf("resource \"terraform_data\" \"later\" {\n  input = %s\n  triggers_replace = %q\n}\n", value, trigger)
}

// What belongs to no machine may be unknown: the provider works, and only tags_all waits.
func TestAccProvider_unknownValuesThatNeedNotBeKnown(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]struct{ line, value string }{
		"default_tags":        {"default_tags = { for k in [terraform_data.later.output] : k => k }", `"team"`},
		"a value of them":     {"default_tags = { team = terraform_data.later.output }", `"search"`},
		"max_retries":         {"max_retries = terraform_data.later.output", "3"},
		"request_timeout":     {"request_timeout = terraform_data.later.output", `"30s"`},
		"requests_per_second": {"requests_per_second = terraform_data.later.output", "100"},
		"preflight":           {"preflight = terraform_data.later.output", `"error"`},
		"ca_file":             {"ca_file = terraform_data.later.output == \"\" ? null : null", `""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			id := env.Sim.AddInstance(kecsim.Instance{
				Type: "N3.2B", SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu, ChargeType: "Spot", SecurityGroupIDs: []string{kecsim.SecurityGroup},
			})
			w := env.Workspace(t)
			const importing = "import {\n  to = kec_spot_instance.a\n  id = %q\n}\ndata \"kec_spot_order\" \"a\" {\n  instance_id = %q\n}\n"
			w.Write(acctest.Expand(machine) + env.Block(line.line) + later(line.value, "1") + fmt.Sprintf(importing, id, id))
			w.Plan().Want(t, 2, "1 to import", "0 to destroy.").Lacks(t, "Error", "not refreshed", "not checked against KEC")
			w.Apply().Want(t, 0, "1 imported").Lacks(t, "destroyed. ")
			w.Plan().Want(t, 0, "No changes.")

			w.Write(acctest.Expand(machine) + env.Block(line.line) + later(line.value, "2"))
			w.Plan().Want(t, 2, "1 to destroy.").Lacks(t, "not refreshed", "kec_spot_instance.a must be replaced", "kec_spot_instance.a will be destroyed")
			w.Destroy("-target=kec_spot_instance.a").Want(t, 0, "Resources: 1 destroyed.")
			if err := env.Empty(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Without region, keys or endpoint nothing can be asked, and every operation says so.
func TestAccProvider_unknownValuesThatMustBeKnown(t *testing.T) {
	t.Parallel()
	for attribute, value := range map[string]string{
		"region": `"cn-beijing-6"`, "access_key": `"` + kecsim.AccessKey + `"`, "secret_key": `"` + kecsim.SecretKey + `"`, "endpoint": "", "endpoints": "",
	} {
		t.Run(attribute, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			if value == "" {
				value = `"` + env.URL + `"`
			}
			unknown := "terraform_data.later.output"
			if attribute == "endpoints" {
				unknown = "{ kec = terraform_data.later.output }"
			}
			pairs := []string{"region", `"cn-beijing-6"`, "access_key", `"` + kecsim.AccessKey + `"`, "secret_key", `"` + kecsim.SecretKey + `"`, "endpoint", `"` + env.URL + `"`}
			block := acctest.NewHCL(`provider "kec"`, pairs...).With(attribute, unknown).String()
			why := "the provider's " + map[bool]string{true: "endpoints.kec", false: attribute}[attribute == "endpoints"] + " is known only after apply."
			w := env.Workspace(t)
			sent := len(env.Sim.Calls())

			w.Write(acctest.Expand(machine) + block + later(value, "1"))
			w.Plan().Want(t, 2, "Warning: This plan is not checked against KEC", why, "Plan: 2 to add, 0 to change, 0 to destroy.")
			w.Write(acctest.Expand(machine) + block + later(value, "1") + "import {\n  to = kec_spot_instance.a\n  id = \"i-1\"\n}\n")
			w.Plan().Want(t, 1, "Error: The spot instance cannot be imported yet", why, "Nothing was done.")
			w.Write(block + later(value, "1") + "data \"kec_spot_order\" \"a\" {\n  order_id = \"1\"\n}\ndata \"kec_availability_zones\" \"a\" {}\n")
			w.Plan().Want(t, 1, "Error: The order cannot be read yet", "Error: Data of KEC cannot be read yet", why)
			if n := len(env.Sim.Calls()) - sent; n > 0 {
				t.Errorf("%d requests were sent", n)
			}

			w.Write(acctest.Expand(machine) + block + later(value, "1"))
			w.Apply().Want(t, 0, "Resources: 2 added")
			w.Plan().Want(t, 0, "No changes.").Lacks(t, "Warning")
			w.Write(acctest.Expand(machine) + block + later(value, "2"))
			w.Plan().Want(t, 2, "Warning: Spot instance not refreshed", why, "Plan: 1 to add, 0 to change, 1 to destroy.")
			w.Destroy("-target=kec_spot_instance.a").Want(t, 0, "Resources: 1 destroyed.")
		})
	}
}
