package catalog_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// offersOf is a data source with these arguments, and its offers in a line.
func offersOf(name, arguments string) string {
	return `
data "kec_spot_offers" "` + name + `" {
` + arguments + `
}

output "` + name + `" {
  value = join(", ", [
    for o in data.kec_spot_offers.` + name + `.offers : "${o.instance_type} ${trimprefix(o.availability_zone, "cn-beijing-6")} ${o.spot_price} ${o.available}"
  ])
}
`
}

func TestAccSpotOffers(t *testing.T) {
	t.Parallel()
	env := movingMarket(t)
	env.Decides(t, "InventoryOfOthers", "offers show what others can buy as available")
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_spot_offers/data-source.tf"))
	outputs(t, w, map[string]string{
		"cheapest": `{"availability_zone":"cn-beijing-6c","available":50,"instance_type":"N3.2B","memory_gib":4,"on_demand_price":0.1965,` +
			`"share":0.1069,"spot_price":0.021,"vcpus":2}`,
		"all": `["N3.2B in cn-beijing-6c: 0.021","N3.2B in cn-beijing-6a: 0.0237","N3.2B in cn-beijing-6b: 0.0269","E1.2B in cn-beijing-6a: 0.0276",` +
			`"E1.2B in cn-beijing-6b: 0.0316","N2.2B in cn-beijing-6c: 0.0505","N2.2B in cn-beijing-6b: 0.0507"]`,
	})
	w.Plan().Want(t, 0, "No changes")
}

func TestAccSpotOffers_filters(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "offers show what others can buy as available")
	// Three offers of one price: by type, then by zone.
	env.Sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.03", "")
	env.Sim.SetPrice(kecsim.ZoneB, "N3.2B", "0.03", "")
	env.Sim.SetPrice(kecsim.ZoneC, "E1.2B", "0.03", "")
	env.Sim.SetStock(kecsim.ZoneB, "N3.2B", 3)
	env.Sim.SellOut(kecsim.ZoneC, "N3.2B")
	cases(t, env, offersOf, map[string]string{
		`instance_types = ["N3.2B", "E1.2B"]`: "E1.2B a 0.0262 50, E1.2B b 0.0272 50, E1.2B c 0.03 50, N3.2B a 0.03 50, N3.2B b 0.03 3",
		// Case says nothing, and what nobody sells is no offer.
		`instance_types = ["n3.2b", "N9.2B"]`:                                                "N3.2B a 0.03 50, N3.2B b 0.03 3",
		"family = \"n3\"\nmin_available = 4":                                                 "N3.2B a 0.03 50, N3.4B a 0.0786 50, N3.4B b 0.0796 50, N3.4B c 0.0806 50, N3.8B a 0.1572 50, N3.8B b 0.1582 50, N3.8B c 0.1592 50",
		"instance_types = [\"N3.2B\"]\nmin_available = 0":                                    "N3.2B a 0.03 50, N3.2B b 0.03 3, N3.2B c 0.0413 0",
		"min_vcpus = 8\navailability_zones = [\"cn-beijing-6b\"]":                            "E1.8B b 0.1058 50, N3.8B b 0.1582 50",
		"min_vcpus = 4\nmax_memory_gib = 8\navailability_zones = [\"CN-BEIJING-6A\", \"x\"]": "N3.4B a 0.0786 50",
		"max_vcpus = 2\nmax_price = 0.0272":                                                  "E1.2B a 0.0262 50, E1.2B b 0.0272 50",
		"max_vcpus = 2\nmax_share = 0.2\navailability_zones = [\"cn-beijing-6a\"]":           "E1.2B a 0.0262 50, N3.2B a 0.03 50, N2.2B a 0.0524 50",
		`family = "I4"`:    "", // not sold as a Spot Instance
		`min_vcpus = 1000`: "",
	})
}

// What is too dear is not asked for its stock, and nothing is asked twice.
func TestAccSpotOffers_asksForLittle(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + `
data "kec_spot_offers" "a" {
  family    = "N3"
  max_price = 0.04
}
data "kec_spot_offers" "b" {
  min_vcpus = 2
  max_price = 0.04
}
data "kec_spot_price" "c" {
  instance_type     = "N3.2B"
  availability_zone = "cn-beijing-6a"
}
`)
	w.Plan().Want(t, 0, "No changes")
	// 7 types in 3 zones; N3.2B in one of them and E1.2B in all three cost no more than 0.04.
	want := map[string]int{"DescribeInstanceTypeConfigs": 1, "DescribeSpotPriceHistory": 21, "DescribeKecInventory": 4}
	if got := env.Sim.Counts(); !maps.Equal(got, want) {
		t.Errorf("requests %v, want %v", got, want)
	}
}

func TestAccSpotOffers_tooMany(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	for i := range 60 {
		env.Sim.AddType(kecsim.Type{Name: fmt.Sprintf("X1.%d", i), Family: "X1", VCPUs: 2, MemoryGB: 4, Spot: "0.05", OnDemand: "0.2"})
	}
	w := env.Workspace(t)
	w.Write(env.Block("") + offersOf("offers", `min_vcpus = 2`))
	const narrow = "Narrow them with instance_types, family, availability_zones or the limits of vCPUs and memory."
	w.Plan().Want(t, 1, "Error: Too many pairs of type and zone",
		"201 pairs of instance type and zone are asked for; at most 200 are looked up at once.", narrow)
	if got := env.Sim.Counts(); len(got) != 1 || got["DescribeInstanceTypeConfigs"] != 1 {
		t.Errorf("requests %v, want one for the types", got)
	}
	w.Write(env.Block("") + offersOf("offers", `family = "X1"`))
	if r := w.Plan().Want(t, 2); strings.Count(r.Text, "X1.") != 180 {
		t.Errorf("%d offers, want 180", strings.Count(r.Text, "X1."))
	}

	env = acctest.New(t)
	w = env.Workspace(t)
	w.Write(env.Block("") + offersOf("offers", "instance_types = [for i in range(101) : \"X1.${i}\"]\navailability_zones = [\"cn-beijing-6a\", \"cn-beijing-6b\"]"))
	w.Plan().Want(t, 1, "202 pairs of instance type and zone are asked for; at most 200 are looked up at once.", narrow)
	if got := env.Sim.Counts(); len(got) != 0 {
		t.Errorf("requests %v, want none", got)
	}
}

func TestAccSpotOffers_inAnyAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + offersOf("offers", `instance_types = ["N3.2B"]`))
	// Where KEC does not say in which zones it sells a type, all are looked up.
	env.Sim.FailNext("DescribeInstanceTypeConfigs", kecsim.Fault{Status: 200, Body: `{"InstanceTypeConfigSet":[{"InstanceType":"n3.2b"},{"InstanceType":"N3.2B"}]}`}, 1)
	env.Sim.FailNext("DescribeSpotPriceHistory", kecsim.Fault{Status: 200, Body: `{"SpotPrices":[{"SpotPrice":"0.04","Timestamp":"2026-03-02 18:00:00"}]}`}, 3)
	env.Sim.FailNext("DescribeKecInventory", kecsim.Fault{Status: 200, Body: `{"InstanceCount":"7"}`}, 3)
	w.Plan().Want(t, 2, `offers = "n3.2b a 0.04 7, n3.2b b 0.04 7, n3.2b c 0.04 7"`)
}

func TestAccSpotOffers_whatCannotBeRead(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + offersOf("offers", "instance_types = [\"N3.2B\"]\navailability_zones = [\"cn-beijing-6b\"]"))
	for action, what := range map[string]string{
		"DescribeKecInventory": "The stock of N3.2B in cn-beijing-6b", "DescribeSpotPriceHistory": "The price of N3.2B in cn-beijing-6b",
		"DescribeInstanceTypeConfigs": "The list of instance types",
	} {
		env.Sim.DenyAction("kec", action, true)
		w.Plan().Want(t, 1, "Error: KEC refused access", what+" cannot be looked up, which takes permission for "+action+".", "(PermissionDenied), "+action+", request KEC-")
		env.Sim.DenyAction("kec", action, false)
	}
	config, want := env.Block(""), []string{}
	for i, c := range []struct {
		arguments string
		want      []string
	}{
		{``, []string{"Error: No instance types are asked for", "Every type in every zone would be looked up.",
			"Set at least one of instance_types, family, min_vcpus, max_vcpus, min_memory_gib and max_memory_gib."}},
		{"min_vcpus = 9\nmax_vcpus = 8", []string{"Error: The lower limit is above the upper one", "min_vcpus is 9 and max_vcpus is 8: nothing is within these limits.",
			"Lower min_vcpus, or raise max_vcpus."}},
		{"min_memory_gib = 4.5\nmax_memory_gib = 4", []string{"min_memory_gib is 4.5 and max_memory_gib is 4: nothing is within these limits."}},
		{"family = \"N3\"\nmax_price = 0", []string{"Error: Not above zero", "It is 0, and nothing costs that little."}},
		{"family = \"N3\"\nmin_available = -1", []string{"Attribute min_available value must be at least 0, got: -1"}},
		{"family = \"N3\"\navailability_zones = []", []string{"Attribute availability_zones set must contain at least 1 elements, got: 0"}},
	} {
		config += offersOf(fmt.Sprint("case_", i), c.arguments)
		want = append(want, c.want...)
	}
	w.Write(config)
	w.Plan().Want(t, 1, want...)
	if got := slices.Sorted(maps.Keys(env.Sim.Counts())); len(got) != 3 {
		t.Errorf("requests %v", got)
	}
}
