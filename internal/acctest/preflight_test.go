package acctest_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// workers is a block of n alike instances, changed by pairs of attribute and value.
func workers(n int, pairs ...string) string {
	return instances("worker", "count", strconv.Itoa(n), "instance_type", `"N3.2B"`, "spot_price_limit", "0.05").With(pairs...).String()
}

// instances is a resource with the pairs of attribute and value, and what every instance needs.
func instances(name string, pairs ...string) acctest.HCL {
	return acctest.NewHCL(`resource "kec_spot_instance" "`+name+`"`, pairs...).With(
		"image_id", `"@ubuntu"`, "subnet_id", `"@subnet_a"`, "security_group_ids", `["@group"]`)
}

// lookups are the actions with which a plan asks what KEC offers.
var lookups = []string{
	"DescribeKecInventory", "DescribeSpotPriceHistory", "DescribeSubnets", "DescribeSecurityGroups", "DescribeImages", "DescribeInstanceTypeConfigs",
}

func looked(sim *kecsim.Server) map[string]int {
	counts := map[string]int{}
	for _, action := range lookups {
		if n := sim.Count(action); n > 0 {
			counts[action] = n
		}
	}
	return counts
}

func TestAccPreflight_aShortfallIsToldOnceWithItsTotals(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 25)
	env.Sim.SetStock(kecsim.ZoneB, "N3.2B", 60)
	env.Sim.SetStock(kecsim.ZoneC, "N3.2B", 0)
	w := env.Workspace(t)
	w.Write(workers(40) + env.Block(""))
	got := w.Plan().Want(t, 1,
		"Error: Out of stock: 40 wanted, 25 available",
		`on main.tf line 3, in resource "kec_spot_instance" "worker": 3: instance_type = "N3.2B"`,
		"This plan orders 40 N3.2B in cn-beijing-6a; KEC can open 25 now, 15 short. In cn-beijing-6b it can open 60.",
		"Order fewer, move some to another zone, or choose another instance_type.",
		"Code: OutOfStock (preflight, DescribeKecInventory) Retry: later")
	if n := strings.Count(got.Text, "Error: "); n != 1 {
		t.Errorf("%d errors, want 1, in\n%s", n, got.Raw)
	}

	// The same for a machine that reads the plan.
	var errors []string
	for line := range strings.Lines(w.CLI("plan", "-json").Raw) {
		var message struct {
			Diagnostic struct {
				Severity, Summary, Detail, Address string
				Range                              struct{ Start struct{ Line int } }
			}
		}
		if json.Unmarshal([]byte(line), &message) == nil && message.Diagnostic.Severity == "error" {
			d := message.Diagnostic
			end := strings.ReplaceAll(d.Detail[strings.LastIndex(d.Detail, "Code: "):], "\n", "; ")
			errors = append(errors, fmt.Sprintf("line %d: %s; %s", d.Range.Start.Line, d.Summary, end))
		}
	}
	if got, want := strings.Join(errors, "\n"), "line 3: Out of stock: 40 wanted, 25 available; Code: OutOfStock (preflight, DescribeKecInventory); Retry: later"; got != want {
		t.Errorf("plan -json says\n%s\nwant\n%s", got, want)
	}

	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 40)
	w.Plan().Want(t, 2, "Plan: 40 to add").Lacks(t, "Error", "Warning")
	w.Apply().Want(t, 0, "Apply complete! Resources: 40 added").Lacks(t, "Error", "Warning")
	if left := env.Sim.Stock(kecsim.ZoneA, "N3.2B"); left != 0 {
		t.Errorf("%d left in stock, want 0", left)
	}
	w.Plan().Want(t, 0, "No changes.")
}

// Somebody else buys between plan and apply: KEC decides then, launch by launch.
func TestAccPreflight_inTheApplyKECDecides(t *testing.T) {
	t.Parallel()
	for _, left := range []int{25, 5, 0} {
		t.Run(fmt.Sprint(left), func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Decides(t, "InventoryOfOthers", "the apply says that KEC is out of stock, without the number that it can open")
			env.Decides(t, "AsyncChecks", "what is short is told once the launch has failed, as far as KEC gives a reason")
			w := env.Workspace(t)
			w.Write(workers(40) + env.Block(""))
			w.Plan("-out=saved").Want(t, 2, "Plan: 40 to add")
			env.Sim.SetStock(kecsim.ZoneA, "N3.2B", left)
			got := w.Apply("saved").Want(t, 1, "Choose another instance_type, or a subnet_id in another zone, or try again later.").Lacks(t, "preflight")
			for _, each := range []string{
				"Error: Out of stock: 1 wanted, 0 available", "(ProductSellOutInvalid), RunInstances, request KEC-", "Code: OutOfStock", `3: instance_type = "N3.2B"`,
			} {
				if n := strings.Count(got.Text, each); n != 40-left {
					t.Errorf("%d times %q, want %d, in\n%s", n, each, 40-left, got.Raw)
				}
			}
			// What is wanted once there is none is not sent, but for those that are sent at the same time.
			if n := env.Sim.Count("RunInstances"); n <= left || n > 40 || left == 0 && n > 10 {
				t.Errorf("%d launches, want %d and up to 10 more", n, left)
			}
			if spared := strings.Count(got.Text, "KEC was not asked again"); spared != 40-env.Sim.Count("RunInstances") {
				t.Errorf("%d launches, and %d are said not to be sent", env.Sim.Count("RunInstances"), spared)
			}
			if n := len(strings.Fields(w.CLI("state", "list").Raw)); n != left {
				t.Errorf("%d in the state, want %d", n, left)
			}
		})
	}
}

// Data sources about the same things in the same configuration add nothing but the list of types.
func TestAccPreflight_oneLookUpForEachThing(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC} {
		for _, typ := range []string{"N3.2B", "N3.4B", "E1.2B", "N2.2B"} {
			env.Sim.SetStock(zone, typ, 500)
		}
	}
	w := env.Workspace(t)
	w.Write(acctest.Expand(`locals {
  types   = ["N3.2B", "N3.4B", "E1.2B", "N2.2B"]
  subnets = ["@subnet_a", "@subnet_b", "@subnet_c"]
}
resource "kec_spot_instance" "worker" {
  count              = 500
  instance_type      = local.types[count.index % 4]
  spot_price_limit   = 0.1
  image_id           = "@ubuntu"
  subnet_id          = local.subnets[count.index % 3]
  security_group_ids = ["@group"]
}
data "kec_spot_offers" "same" {
  instance_types     = local.types
  availability_zones = ["cn-beijing-6a", "cn-beijing-6b", "cn-beijing-6c"]
}
data "kec_spot_price" "same" {
  for_each          = toset(local.types)
  instance_type     = each.key
  availability_zone = "cn-beijing-6b"
}
output "offers" {
  value = length(data.kec_spot_offers.same.offers)
}
`) + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 500 to add", "+ offers = 12").Lacks(t, "Error", "Warning")
	want := map[string]int{
		"DescribeKecInventory": 12, "DescribeSpotPriceHistory": 12, "DescribeSubnets": 3, "DescribeSecurityGroups": 1, "DescribeImages": 1,
		"DescribeInstanceTypeConfigs": 4 + 1,
	}
	if got := looked(env.Sim); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("look-ups %v, want %v", got, want)
	}
}

// With one resource at a time nobody can know how many are to come.
func TestAccPreflight_oneAtATimeSaysAtLeast(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 2)
	w := env.Workspace(t)
	w.Write(workers(5) + env.Block(""))
	got := w.Plan("-parallelism=1").Want(t, 1, "Error: Out of stock: 3 wanted, 2 available",
		"This plan orders at least 3 N3.2B in cn-beijing-6a; KEC can open 2 now, 1 short.")
	if n := strings.Count(got.Text, "Error: "); n != 1 {
		t.Errorf("%d errors, want 1, in\n%s", n, got.Raw)
	}
}

func TestAccPreflight_sumsOverAllResources(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Sim.SetSubnetFree(kecsim.SubnetA, 7)
	w := env.Workspace(t)
	other := instances("other", "count", "4", "instance_type", `"N3.4B"`, "spot_price_limit", "0.01")
	w.Write(workers(5) + other.String() + env.Block(""))
	got := w.Plan().Want(t, 1,
		"Error: The subnet has too few free addresses: 9 wanted, 7 free",
		"This plan needs 9 addresses in subnet "+kecsim.SubnetA+" (10.7.0.0/24) in cn-beijing-6a; 7 are free, 2 short.",
		"Order fewer in this subnet, free some of its addresses, or choose another subnet_id.", "Code: SubnetFull (preflight, DescribeSubnets)",
		"Error: Spot price limit is below the market price",
		"N3.4B in cn-beijing-6a costs 0.0786 CNY per hour now (on-demand 0.393); the limit is 0.01.", "That goes for 4 instances of this plan.")
	if n := strings.Count(got.Text, "Error: "); n != 2 {
		t.Errorf("%d errors, want 2, in\n%s", n, got.Raw)
	}
}

func TestAccPreflight_asksNothingWhereNothingIsOrdered(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(workers(2) + env.Block(""))
	w.Apply().Want(t, 0)
	before := fmt.Sprint(looked(env.Sim))
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	env.Sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.19", "")
	w.Plan().Want(t, 0, "No changes.")
	w.Plan("-destroy").Want(t, 2, "Plan: 0 to add, 0 to change, 2 to destroy.")
	w.Write(workers(2, "instance_name", `"renamed"`) + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 0 to add, 2 to change, 0 to destroy.")
	if after := fmt.Sprint(looked(env.Sim)); after != before {
		t.Errorf("look-ups %s, were %s", after, before)
	}
}

// A replacement is planned twice by the CLI, and counts once. Its address comes
// back to the subnet; stock that comes back may be sold to somebody else.
func TestAccPreflight_aReplacementCountsOnce(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	w := env.Workspace(t)
	w.Write(workers(3) + env.Block(""))
	w.Apply().Want(t, 0)
	w.Write(workers(3, "image_id", `"@custom"`) + env.Block(""))
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 3)
	env.Sim.SetSubnetFree(kecsim.SubnetA, 0)
	w.Plan().Want(t, 2, "Plan: 3 to add, 0 to change, 3 to destroy.").Lacks(t, "Error")
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 2)
	w.Plan().Want(t, 1, "Error: Out of stock: 3 wanted, 2 available").Lacks(t, "SubnetFull")
	w.Write(workers(5, "image_id", `"@custom"`) + env.Block(""))
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 50)
	w.Plan().Want(t, 1, "Error: The subnet has no free address", "This plan needs 5 addresses in subnet", "0 are free, 2 short.",
		"3 more are those of instances that this plan ends.")
}

// What is known only after apply is no reason to refuse a plan, or to ask.
func TestAccPreflight_skipsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	w := env.Workspace(t)
	later := "resource \"terraform_data\" \"later\" {\n  input = { type = \"N3.2B\", subnet = \"" + kecsim.SubnetA + "\" }\n}\n"
	w.Write(workers(1, "instance_type", "terraform_data.later.output.type") + later + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 2 to add").Lacks(t, "Error", "Warning")
	w.Write(workers(1, "subnet_id", "terraform_data.later.output.subnet") + later + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 2 to add").Lacks(t, "Error", "Warning")
	want := map[string]int{"DescribeImages": 2, "DescribeSubnets": 1, "DescribeSecurityGroups": 1}
	if got := looked(env.Sim); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("look-ups %v, want %v", got, want)
	}
}

// A look-up that fails never fails a plan, and is told once.
func TestAccPreflight_aLookUpThatFailsIsSkipped(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kecsim.Fault{
		"no permission": kecsim.Denied, "no such action": {Code: "INVALID_ACTION", Message: "Not Found"}, "HTML": {Status: 404, ContentType: "text/html", Body: "<html>"},
		"empty object": kecsim.EmptyObject, "garbage": kecsim.Garbage, "connection lost": kecsim.ConnectionLost,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			for _, action := range lookups {
				env.Sim.FailNext(action, fault, 100)
			}
			w := env.Workspace(t)
			w.Write(workers(3) + env.Block(""))
			got := w.Plan().Want(t, 2, "Plan: 3 to add", "look-ups for a new spot instance failed in region cn-beijing-6, at "+env.URL[len("http://"):]+":").Lacks(t, "Error")
			if n := strings.Count(got.Text, "Warning: This plan is not checked against KEC"); n != 1 || strings.Count(got.Text, "Warning") != 1 {
				t.Errorf("%d such warnings in\n%s", n, got.Raw)
			}
			w.Write(workers(3) + env.Block(`preflight = "off"`))
			w.Plan().Want(t, 2, "Plan: 3 to add").Lacks(t, "Error", "Warning")
			w.Apply().Want(t, 0, "Resources: 3 added")
		})
	}
}

func TestAccPreflight_modes(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Sim.SetStock(kecsim.ZoneA, "N3.2B", 1)
	w := env.Workspace(t)
	w.Write(workers(3) + env.Block(`preflight = "warn"`))
	w.Plan().Want(t, 2, "Warning: Out of stock: 3 wanted, 1 available", "Code: OutOfStock (preflight, DescribeKecInventory)", "Plan: 3 to add").Lacks(t, "Error")
	env.Sim.Advance(time.Minute)
	before := fmt.Sprint(looked(env.Sim))
	w.Write(workers(3) + env.Block(`preflight = "off"`))
	w.Plan().Want(t, 2, "Plan: 3 to add").Lacks(t, "Error", "Warning")
	if after := fmt.Sprint(looked(env.Sim)); after != before {
		t.Errorf("look-ups %s, were %s", after, before)
	}
	w.Setenv("KEC_PREFLIGHT=perhaps") // of the CLI; this provider runs in the test
	w.Write(workers(3) + env.Block(`preflight = "perhaps"`))
	w.CLI("validate", "-no-color").Want(t, 1, "preflight", `"error" "warn" "off"`)
}

// That an empty price list means "not sold as Spot Instance" is assumed, so it
// fails no plan.
func TestAccPreflight_aDoubtIsAWarning(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	w := env.Workspace(t)
	w.Write(workers(2, "instance_type", `"I4.2B"`) + env.Block(""))
	w.Plan().Want(t, 2, "Warning: Probably not offered as a Spot Instance", `3: instance_type = "I4.2B"`, "KEC lists no spot price for I4.2B in cn-beijing-6a.",
		"Choose an instance_type that is sold as Spot Instance in this zone, or a subnet_id in another zone.",
		"Code: SpotNotOffered (preflight, DescribeSpotPriceHistory)").Lacks(t, "Error")
}

// An id that a well-formed answer does not hold is told with the plan.
func TestAccPreflight_whatDoesNotExist(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ attribute, value, line, want, facts string }{
		{
			"subnet_id", `"0b000000-0000-4000-8000-00000000dead"`, "6: subnet_id", "Error: No such subnet",
			"KEC shows no subnet 0b000000-0000-4000-8000-00000000dead in this region.",
		},
		{
			"security_group_ids", `["` + kecsim.SecurityGroupOther + `"]`, "7: security_group_ids", "Error: No such security group",
			"KEC shows no security group " + kecsim.SecurityGroupOther + " in this region.",
		},
		{
			"image_id", `"IMG-0d000000-0000-4000-8000-00000000dead"`, "5: image_id", "Error: The image cannot be used",
			"KEC shows no image IMG-0d000000-0000-4000-8000-00000000dead in this region.",
		},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Decides(t, "RefuseUnknown", "a look-up that KEC refuses is skipped, and the apply says what is not there")
			w := env.Workspace(t)
			w.Write(workers(1, c.attribute, c.value) + env.Block(""))
			w.Plan().Want(t, 1, c.want, c.line, c.facts, "(preflight, Describe")
		})
	}
}
