package acctest_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/conform"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// anywhere is a service that the tests of this file can run against: KEC itself where the
// environment says so (conform.Permit), else a simulator.
type anywhere struct {
	conform.Options

	place   conform.Place
	block   string // the provider block
	mark    string // of the launch tag of every machine
	options []ksyun.Option
}

// anyKEC chooses the service, and ends whatever bears the test's mark when the test ends. A test
// that buys is skipped at KEC unless it may.
func anyKEC(t *testing.T, buys bool) *anywhere {
	t.Helper()
	env := acctest.New(t)
	a := &anywhere{mark: conform.NewMark(), block: env.Block("")}
	a.Endpoint, a.Region, a.Transport = env.URL, kecsim.Region, nil
	a.Keys = ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey}
	a.Client = []ksyun.Option{ksyun.WithClock(env.Sim.Now, env.Sim.Sleep)}
	a.options = env.Options()
	if os.Getenv("KEC_CONFORM") == "1" {
		a.block, a.Endpoint, a.Region = "provider \"kec\" {}\n", os.Getenv("KEC_ENDPOINT"), os.Getenv("KSYUN_REGION")
		a.Keys = ksyun.Credentials{
			AccessKey: os.Getenv("KSYUN_ACCESS_KEY"), SecretKey: os.Getenv("KSYUN_SECRET_KEY"), SecurityToken: os.Getenv("KSYUN_SECURITY_TOKEN"),
		}
		a.Client, a.options = nil, nil
	}
	permission, err := conform.Permit(a.Endpoint, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	if buys && !permission.Paid {
		t.Skip("it buys a machine: set KEC_CONFORM_PAID=1 too")
	}
	a.MaxCNY = permission.MaxCNY
	if a.place, err = conform.FindPlace(t.Context(), a.Options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		if gone, err := conform.Sweep(ctx, a.Options, a.mark); err != nil || len(gone) > 0 {
			t.Errorf("the test has left machines behind: %v were ended, error %v", gone, err)
		}
	})
	return a
}

// factories serve the provider, whose launches bear the mark.
func (a *anywhere) factories() map[string]func() (tfprotov6.ProviderServer, error) {
	server := provider.Server("test", append(a.options, ksyun.WithRandom(nil, func() string { return a.mark }))...)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"kec": func() (tfprotov6.ProviderServer, error) { return server(), nil },
	}
}

// machine is a configuration of one machine. KEC deletes it by itself, should this process die.
func (a *anywhere) machine(name string, until time.Time) string {
	return a.block + fmt.Sprintf(`
resource "kec_spot_instance" "a" {
  spot_price_limit   = %s
  instance_type      = %q
  image_id           = %q
  subnet_id          = %q
  security_group_ids = [%q]
  instance_name      = %q
  auto_delete_time   = %q
  tags               = { conform = "yes" }
}
`, a.place.Bid, a.place.Type, a.place.ImageID, a.place.SubnetID, a.place.SecurityGroupID, name, until.UTC().Format(time.RFC3339))
}

// One machine for a few minutes: it is launched, planned again, renamed in place, imported and
// destroyed.
func TestAccKEC_aMachinesLife(t *testing.T) {
	t.Parallel()
	a := anyKEC(t, true)
	if a.place.Worst.GreaterThan(a.MaxCNY) {
		t.Fatalf("the machine may cost %s CNY", a.place.Worst)
	}
	now := time.Now
	if len(a.options) > 0 {
		now = func() time.Time { return kecsim.DefaultStart }
	}
	until := now().Add(45 * time.Minute).Truncate(time.Minute)
	is := func(name string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("kec_spot_instance.a", tfjsonpath.New(name), value)
	}
	first, second := a.machine("kec-"+a.mark, until), a.machine("kec-"+a.mark+"-2", until)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: a.factories(),
		Steps: []resource.TestStep{
			{Config: first, ConfigStateChecks: []statecheck.StateCheck{
				is("state", knownvalue.StringExact("active")),
				is("availability_zone", knownvalue.StringExact(a.place.Zone)),
				is("instance_type", knownvalue.StringExact(a.place.Type)),
				is("private_ip_address", knownvalue.NotNull()),
				is("recycling_time", knownvalue.Null()),
				is("tags", knownvalue.MapExact(map[string]knownvalue.Check{"conform": knownvalue.StringExact("yes")})),
			}},
			{Config: first, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
			{Config: second, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectResourceAction("kec_spot_instance.a", plancheck.ResourceActionUpdate),
			}}},
			{ResourceName: "kec_spot_instance.a", ImportState: true, ImportStateVerify: true},
		},
		CheckDestroy: func(*terraform.State) error {
			gone, err := conform.Sweep(context.Background(), a.Options, a.mark)
			if err == nil && len(gone) > 0 {
				err = fmt.Errorf("destroy has left %v", gone)
			}
			return err
		},
	})
}

// What the data sources say agrees with what the checks have found. It buys nothing.
func TestAccKEC_dataSources(t *testing.T) {
	t.Parallel()
	a := anyKEC(t, false)
	config := a.block + fmt.Sprintf(`
data "kec_availability_zones" "all" {}

data "kec_subnets" "zone" {
  availability_zone = %[1]q
}

data "kec_images" "system" {
  type = "system"
}

data "kec_spot_price" "now" {
  instance_type     = %[2]q
  availability_zone = %[1]q
}

output "agrees" {
  value = alltrue([
    contains(data.kec_availability_zones.all.names, %[1]q),
    contains(data.kec_subnets.zone.subnets[*].id, %[3]q),
    contains(data.kec_images.system.ids, %[4]q),
    data.kec_spot_price.now.spot_price <= %[5]s,
  ])
}
`, a.place.Zone, a.place.Type, a.place.SubnetID, a.place.ImageID, a.place.Bid)
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: a.factories(),
		Steps: []resource.TestStep{{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("agrees", knownvalue.Bool(true)),
		}}},
	})
}
