package catalog_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// priceOf is a data source of a type in the first zone, and what it tells as outputs.
func priceOf(instanceType, more string) string {
	return `
data "kec_spot_price" "this" {
  instance_type     = "` + instanceType + `"
  availability_zone = "cn-beijing-6a"
  ` + more + `
}

output "prices" {
  value = [for name in ["spot_price", "on_demand_price", "share", "lowest", "highest", "average"] : data.kec_spot_price.this[name]]
}

output "history" {
  value = join(" ", [for p in data.kec_spot_price.this.history : "${formatdate("hh:mm", p.time)} ${p.spot_price}/${p.on_demand_price == null ? "-" : p.on_demand_price}"])
}

output "offered" {
  value = "${data.kec_spot_price.this.offered}, ${data.kec_spot_price.this.hours} hours"
}
`
}

// movingMarket is a world whose prices have moved for a day, to the same prices on every run.
func movingMarket(t *testing.T) *acctest.Env {
	t.Helper()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.MovePrices = true })
	env.Sim.Advance(26*time.Hour + 20*time.Minute)
	return env
}

func TestAccSpotPrice(t *testing.T) {
	t.Parallel()
	env := movingMarket(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_spot_price/data-source.tf"))
	outputs(t, w, map[string]string{ // the mean of 25 points is 0.031696
		"today": `{"average":0.0317,"highest":0.0404,"lowest":0.022,"now":0.0237,"share":0.1206}`,
		"limit": `0.04444`,
	})

	// The mean of 0.0336, 0.0306, 0.0237 and 0.0237 is 0.0279, and 0.0237 of 0.1965 is 0.12061.
	w.Write(env.Block("") + priceOf("N3.2B", ""))
	outputs(t, w, map[string]string{
		"prices":  `[0.0237,0.1965,0.1206,0.0237,0.0336,0.0279]`,
		"history": `"09:00 0.0336/0.1965 10:00 0.0306/0.1965 11:00 0.0237/0.1965 11:20 0.0237/0.1965"`,
		"offered": `"true, 3 hours"`,
	})
	w.Plan().Want(t, 0, "No changes")

	w.Write(env.Block("") + priceOf("N3.2B", "hours = 1"))
	outputs(t, w, map[string]string{
		"prices": `[0.0237,0.1965,0.1206,0.0237,0.0237,0.0237]`, "history": `"11:00 0.0237/0.1965 11:20 0.0237/0.1965"`, "offered": `"true, 1 hours"`,
	})
	w.Write(env.Block("") + priceOf("N3.2B", "hours = 72") + "output \"points\" {\n  value = length(data.kec_spot_price.this.history)\n}\n")
	w.Apply().Want(t, 0, "points = 73")

	w.Write(env.Block("") + priceOf("I4.2B", ""))
	outputs(t, w, map[string]string{"prices": `[null,null,null,null,null,null]`, "history": `""`, "offered": `"false, 3 hours"`})
}

// Numbers may be texts, points may come in any order and be without a price of their own.
func TestAccSpotPrice_inAnyAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + priceOf("N3.2B", ""))
	for body, want := range map[string][]string{
		`{"SpotPrices":[{"SpotPrice":"0.04","OriginPrice":"0.1965","Timestamp":"2023-09-17 18:00:00"},
			{"SpotPrice":0.03,"OriginPrice":0.1965,"Timestamp":"2023-09-17T16:00:00"},{"OriginPrice":1,"Timestamp":"2023-09-17 17:00:00"}]}`: {
			`[ + 0.04, + 0.1965, + 0.2036, + 0.03, + 0.04, + 0.035, ]`, `"08:00 0.03/0.1965 10:00 0.04/0.1965"`,
		},
		`{"spotPrices":[{"spotPrice":0.00001,"timestamp":"2023-09-17T08:00:00Z"},{"spotPrice":0.00002,"timestamp":"2023-09-17T09:00:00Z"}]}`: {
			`[ + 0.00002, + null, + null, + 0.00001, + 0.00002, + 0.00002, ]`, `"08:00 0.00001/- 09:00 0.00002/-"`, // half of a step is rounded up
		},
		`{"SpotPrices":[]}`: {`offered = "false, 3 hours"`, `history = ""`},
	} {
		env.Sim.FailNext("DescribeSpotPriceHistory", kecsim.Fault{Status: 200, Body: body}, 1)
		w.Plan().Want(t, 2, want...)
	}
	env.Sim.FailNext("DescribeSpotPriceHistory", kecsim.Fault{Status: 200, Body: `{"RequestId":"r-1"}`}, 9)
	w.Plan().Want(t, 1, "Error: The answer cannot be used", "The price of N3.2B in cn-beijing-6a cannot be looked up.", "Code: UnusableAnswer")
}

func TestAccSpotPrice_whatCannotBeRead(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	config := env.Block("") + priceOf("N3.2B", "")
	w.Write(config)
	env.Sim.DenyAction("kec", "DescribeSpotPriceHistory", true)
	w.Plan().Want(t, 1, "Error: KEC refused access",
		"The price of N3.2B in cn-beijing-6a cannot be looked up, which takes permission for DescribeSpotPriceHistory.",
		`KEC: "lack of policy: this key may not use kec DescribeSpotPriceHistory" (PermissionDenied), DescribeSpotPriceHistory, request KEC-`)
	env.Sim.DenyAction("kec", "DescribeSpotPriceHistory", false)
	w.Write(strings.Replace(config, "cn-beijing-6a", "cn-beijing-6x", 1))
	w.Plan().Want(t, 1, "The price of N3.2B in cn-beijing-6x cannot be looked up.", "is not a zone of cn-beijing-6", "(InvalidParameterValue), DescribeSpotPriceHistory, request KEC-")
	for _, hours := range []string{"0", "73"} {
		w.Write(env.Block("") + priceOf("N3.2B", "hours = "+hours))
		w.Plan().Want(t, 1, "Attribute hours value must be between 1 and 72, got: "+hours, "hours = "+hours)
	}
}
