package catalog_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestAccAvailabilityZones(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Run(t, resource.TestStep{
		Config: env.Config(acctest.Example(t, "data-sources/kec_availability_zones/data-source.tf")),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("zones", knownvalue.ListExact([]knownvalue.Check{
				knownvalue.StringExact("cn-beijing-6a"), knownvalue.StringExact("cn-beijing-6b"), knownvalue.StringExact("cn-beijing-6c"),
			})),
		},
	})
}

// KEC states no order, and nothing says that it leaves out other regions.
func TestAccAvailabilityZones_inAnyAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_availability_zones/data-source.tf"))
	env.Sim.FailNext("DescribeAvailabilityZones", kecsim.Fault{Status: 200, Body: `{"RequestId":"r","AvailabilityZoneSet":[
		{"AvailabilityZone":"z-b","Region":"cn-beijing-6"},{"AvailabilityZone":"other","Region":"cn-shanghai-2"},
		{"AvailabilityZone":"z-a"},{"AvailabilityZone":"z-b","Region":"cn-beijing-6"}]}`}, 1)
	w.Plan().Want(t, 2, `+ zones = [ + "z-a", + "z-b", ]`)
	env.Sim.FailNext("DescribeAvailabilityZones", kecsim.Fault{Status: 200, Body: `{"RequestId":"r","AvailabilityZoneSet":[]}`}, 1)
	w.Plan().Want(t, 2, `+ zones = []`)
}

func TestAccAvailabilityZones_whatCannotBeRead(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(strings.Replace(env.Block(""), `"cn-beijing-6"`, "terraform_data.region.output", 1) +
		"resource \"terraform_data\" \"region\" {\n  input = \"cn-beijing-6\"\n}\n" + acctest.Example(t, "data-sources/kec_availability_zones/data-source.tf"))
	w.Plan().Want(t, 1, "Error: Data of KEC cannot be read yet", "KEC cannot be asked for the availability zones: "+
		"the provider's region is known only after apply. Give it a known value, or apply first what it comes from (-target).")
	env.Sim.FailNext("DescribeAvailabilityZones", kecsim.Denied, 1)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_availability_zones/data-source.tf"))
	w.Plan().Want(t, 1, "Error: KEC refused access", "The availability zones cannot be looked up, which takes permission for DescribeAvailabilityZones.")
}
