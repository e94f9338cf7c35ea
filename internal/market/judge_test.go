package market_test

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

func known[T any](value T) market.Answer[T] { return market.AnswerOf(&value, nil) }

// subnet is one of zone z with so many free addresses.
func subnet(free int64) market.Answer[kec.Subnet] {
	return known(kec.Subnet{ID: "s-1", Zone: "z", CIDR: "10.0.0.0/24", FreeIPs: &free})
}

// The same numbers are judged alike for a launch that failed and for many that are planned.
func TestJudge(t *testing.T) {
	t.Parallel()
	limit := decimal.RequireFromString("0.05")
	launch := market.Launch{InstanceType: "N3.2B", SubnetID: "s-1", ImageID: "IMG-1", PriceLimit: &limit}
	two := launch
	two.OtherSubnetIDs = []string{"s-1"}
	dear := market.Quote{Now: decimal.RequireFromString("0.08")}
	for name, c := range map[string]struct {
		launch market.Launch
		n      int64
		form   market.Form
		offer  market.Offer
		want   []string // the facts
	}{
		"nothing is known":     {launch, 1000, market.Planned, market.Offer{}, nil},
		"as many as there are": {launch, 3, market.Planned, market.Offer{Zone: "z", Stock: known(3), Subnet: subnet(3)}, nil},
		"one": {launch, 1, market.Ordered, market.Offer{Zone: "z", Stock: known(0), Subnet: subnet(0)}, []string{
			"1 N3.2B in z was ordered; KEC can open 0 there now.", "Subnet s-1 (10.0.0.0/24) in z has 0 free addresses; the launch needs 1.",
		}},
		"many": {launch, 4, market.Planned, market.Offer{Zone: "z", Stock: known(3), Subnet: subnet(2)}, []string{
			"This plan orders 4 N3.2B in z; KEC can open 3 now, 1 short.", "This plan needs 4 addresses in subnet s-1 (10.0.0.0/24) in z; 2 are free, 2 short.",
		}},
		"many that were ordered": {launch, 4, market.Ordered, market.Offer{Zone: "z", Stock: known(3)}, []string{
			"4 N3.2B in z were ordered; KEC can open 3 there now.",
		}},
		"elsewhere": {launch, 1, market.Ordered, market.Offer{Zone: "z", Stock: known(0), Elsewhere: []market.Place{{Zone: "y", Count: 2}}}, []string{
			"1 N3.2B in z was ordered; KEC can open 0 there now. In y it can open 2.",
		}},
		"two addresses each": {
			two, 2, market.Planned, market.Offer{Subnet: subnet(3), Others: []market.Answer[kec.Subnet]{subnet(3)}},
			[]string{"This plan needs 4 addresses in subnet s-1 (10.0.0.0/24) in z; 3 are free, 1 short."},
		},
		"a bid": {launch, 2, market.Planned, market.Offer{Zone: "z", Quote: known(dear)}, []string{
			"N3.2B in z costs 0.08 CNY per hour now; the limit is 0.05. That goes for 2 instances of this plan.",
		}},
		"a bid that was refused": {launch, 1, market.Ordered, market.Offer{Zone: "z", Quote: known(dear)}, []string{
			"N3.2B in z costs 0.08 CNY per hour now; the limit is 0.05.",
		}},
		"the likeliest first": {
			launch, 1, market.Ordered,
			market.Offer{Zone: "z", Quote: market.AnswerOf[market.Quote](nil, nil), Stock: known(0), Image: known(kec.Image{ID: "IMG-1", State: "error"})},
			[]string{
				"1 N3.2B in z was ordered; KEC can open 0 there now.", `Image IMG-1 is in state "error"; only active images boot.`,
				"KEC lists no spot price for N3.2B in z.",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range market.Judge(c.launch, c.n, c.offer, c.form) {
				got = append(got, s.Facts)
			}
			equal(t, "facts", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		})
	}
}
