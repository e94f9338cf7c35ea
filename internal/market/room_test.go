package market_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

func price(s string) *decimal.Decimal {
	d := decimal.RequireFromString(s)
	return &d
}

// quote is one of N3.2B in the simulator's first zone.
var quote = known(market.Quote{Now: *price("0.0393"), OnDemand: price("0.1965")})

// As many launches are served as the scarcest thing allows, and each thing that is short is told
// with what is wanted of it and what there is.
func TestRoom(t *testing.T) {
	t.Parallel()
	launch := market.Launch{InstanceType: "N3.2B", SubnetID: "s-1", ImageID: "IMG-1"}
	two, low, high, onDemand, disk := launch, launch, launch, launch, launch
	two.OtherSubnetIDs = []string{"s-1"}
	low.PriceLimit, high.PriceLimit, onDemand.PriceLimit = price("0.02"), price("0.2"), price("0.02")
	onDemand.OnDemand = true
	disk.DataDiskTypes = []string{"EHDD"}
	const stock, addresses = "stock of N3.2B in z", "subnet s-1"
	for name, c := range map[string]struct {
		launch market.Launch
		wanted int64
		offer  market.Offer
		taken  map[string]int64
		n      int64
		why    []string
	}{
		"nothing is known":     {launch: launch, wanted: 1000, n: 1000},
		"none is wanted":       {launch: launch, offer: market.Offer{Zone: "z", Stock: known(0), Image: market.AnswerOf[kec.Image](nil, nil)}},
		"as many as there are": {launch: launch, wanted: 3, offer: market.Offer{Zone: "z", Stock: known(3), Subnet: subnet(3)}, n: 3},
		"out of stock": {launch: launch, wanted: 40, offer: market.Offer{Zone: "z", Stock: known(25)}, n: 25, why: []string{
			"Out of stock: 40 wanted, 25 available.",
		}},
		"others take some": {
			launch: launch, wanted: 40, offer: market.Offer{Zone: "z", Stock: known(25), Subnet: subnet(30)},
			taken: map[string]int64{stock: 10, addresses: 4}, n: 15,
			why: []string{
				"Out of stock: 40 wanted, 25 available, 10 for others.",
				"Too few free addresses in subnet s-1: 40 wanted, 30 free, 4 for others.",
			},
		},
		"others want more than there is": {
			launch: launch, wanted: 2, offer: market.Offer{Zone: "z", Stock: known(25)}, taken: map[string]int64{stock: 26},
			why: []string{"Out of stock: 2 wanted, 25 available, 26 for others."},
		},
		"others give some back": {
			launch: launch, wanted: 40, offer: market.Offer{Zone: "z", Subnet: subnet(30)}, taken: map[string]int64{addresses: -4}, n: 34,
			why: []string{"Too few free addresses in subnet s-1: 40 wanted, 34 free."},
		},
		"two addresses each": {
			launch: two, wanted: 3, offer: market.Offer{Subnet: subnet(5), Others: []market.Answer[kec.Subnet]{subnet(5)}}, n: 2,
			why: []string{"Too few free addresses in subnet s-1: 6 wanted, 5 free."},
		},
		"the scarcest": {
			launch: launch, wanted: 9, offer: market.Offer{Zone: "z", Stock: known(5), Subnet: subnet(2)}, n: 2,
			why: []string{"Out of stock: 9 wanted, 5 available.", "Too few free addresses in subnet s-1: 9 wanted, 2 free."},
		},
		"a bid below the market": {
			launch: low, wanted: 40, offer: market.Offer{Zone: "z", Quote: quote, Stock: known(60)},
			why: []string{"The limit 0.02 is below the market price 0.0393."},
		},
		"a bid above on-demand": {
			launch: high, wanted: 40, offer: market.Offer{Zone: "z", Quote: quote},
			why: []string{"The limit 0.2 is above the on-demand price 0.1965."},
		},
		"pay-as-you-go has no bid":        {launch: onDemand, wanted: 40, offer: market.Offer{Zone: "z", Quote: quote, Stock: known(60)}, n: 40},
		"pay-as-you-go takes from stock":  {launch: onDemand, wanted: 4, offer: market.Offer{Zone: "z", Stock: known(3)}, n: 3, why: []string{"Out of stock: 4 wanted, 3 available."}},
		"pay-as-you-go needs no price":    {launch: onDemand, wanted: 4, offer: market.Offer{Zone: "z", Quote: market.AnswerOf[market.Quote](nil, nil)}, n: 4},
		"no price is told, and no limit":  {launch: launch, wanted: 4, offer: market.Offer{Zone: "z", Quote: market.AnswerOf[market.Quote](nil, nil)}, n: 4, why: []string{"KEC lists no spot price for N3.2B in z."}},
		"no such image":                   {launch: launch, wanted: 4, offer: market.Offer{Image: market.AnswerOf[kec.Image](nil, nil)}, why: []string{"KEC shows no image IMG-1 in this region."}},
		"no such subnet":                  {launch: two, wanted: 4, offer: market.Offer{Subnet: market.AnswerOf[kec.Subnet](nil, nil), Others: []market.Answer[kec.Subnet]{{Known: true}}}, why: []string{"KEC shows no subnet s-1 in this region."}},
		"a disk is sold out":              {launch: disk, wanted: 4, offer: soldOutDisk, why: []string{"EHDD disks for N3.2B are sold out in z."}},
		"one who waits waits for a disk":  {launch: disk, wanted: 4, offer: soldOutDisk.Patient(), n: 4},
		"one who waits waits for a price": {launch: low, wanted: 4, offer: market.Offer{Zone: "z", Quote: quote, Stock: known(0)}.Patient(), n: 4},
		"one who waits gets no address": {
			launch: low, wanted: 4, offer: market.Offer{Zone: "z", Quote: quote, Stock: known(0), Subnet: subnet(3)}.Patient(), n: 3,
			why: []string{"Too few free addresses in subnet s-1: 4 wanted, 3 free."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, short := market.Room(c.launch, c.wanted, c.offer, market.Planned, func(key string) int64 { return c.taken[key] })
			equal(t, "machines", n, c.n)
			why := make([]string, len(short))
			for i, s := range short {
				why[i] = s.Why()
			}
			equal(t, "why", strings.Join(why, "\n"), strings.Join(c.why, "\n"))
		})
	}
}

var soldOutDisk = market.Offer{Zone: "z", Type: known(kec.InstanceTypeConfig{SoldOut: map[string][]string{"EHDD": {"z"}}})}

// A line of a table names what leaves the least room.
func TestReason(t *testing.T) {
	t.Parallel()
	offer := market.Offer{Zone: "z", Stock: known(5), Subnet: subnet(2), Quote: market.AnswerOf[market.Quote](nil, nil)}
	for wanted, want := range map[int64]string{
		2: "KEC lists no spot price for N3.2B in z.",
		4: "Too few free addresses in subnet s-1: 4 wanted, 2 free.",
		9: "Too few free addresses in subnet s-1: 9 wanted, 2 free.",
	} {
		_, short := market.Room(market.Launch{InstanceType: "N3.2B", SubnetID: "s-1"}, wanted, offer, market.Planned, func(string) int64 { return 0 })
		equal(t, fmt.Sprint(wanted), market.Reason(short), want)
	}
	equal(t, "none", market.Reason(nil), "")
}

// A plan is told what all its resources want together, as a single machine tells it.
func TestRoom_itsFactsAreThoseOfThePlan(t *testing.T) {
	t.Parallel()
	launch := market.Launch{InstanceType: "N3.2B", SubnetID: "s-1"}
	offer := market.Offer{Zone: "z", Stock: known(25), Subnet: subnet(30)}
	taken := map[string]int64{"stock of N3.2B in z": 10, "subnet s-1": -4}
	_, short := market.Room(launch, 40, offer, market.Planned, func(key string) int64 { return taken[key] })
	equal(t, "shortfalls", len(short), 2)
	equal(t, "stock", short[0].Facts, "This plan orders 50 N3.2B in z; KEC can open 25 now, 25 short.")
	equal(t, "addresses", short[1].Facts, "This plan needs 40 addresses in subnet s-1 (10.0.0.0/24) in z; 30 are free, 6 short. "+
		"4 more are those of instances that this plan ends.")
}

// A ceiling counts the limit of a machine, or the on-demand price of one without a limit.
func TestOffer_hourlyCost(t *testing.T) {
	t.Parallel()
	limited := market.Launch{PriceLimit: price("0.06")}
	for name, c := range map[string]struct {
		launch market.Launch
		offer  market.Offer
		want   string
	}{
		"a limit":                     {limited, market.Offer{Quote: quote}, "0.06"},
		"a limit alone":               {limited, market.Offer{}, "0.06"},
		"no limit":                    {market.Launch{}, market.Offer{Quote: quote}, "0.1965"},
		"on-demand":                   {market.Launch{OnDemand: true}, market.Offer{Quote: quote}, "0.1965"},
		"on-demand beside a limit":    {market.Launch{OnDemand: true, PriceLimit: price("0.06")}, market.Offer{Quote: quote}, "0.1965"},
		"no price":                    {market.Launch{}, market.Offer{}, "<nil>"},
		"a price, and none on-demand": {market.Launch{}, market.Offer{Quote: known(market.Quote{Now: *price("0.03")})}, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "cost", fmt.Sprint(c.offer.HourlyCost(c.launch)), c.want)
		})
	}
}

// A share of the on-demand price becomes a limit that KEC takes, and never one above the share.
func TestOffer_share(t *testing.T) {
	t.Parallel()
	for share, want := range map[string]string{"1": "0.1965", "0.4": "0.0786", "0.333": "0.06543", "0.00001": "0", "0.19999": "0.03929"} {
		equal(t, share, market.Offer{Quote: quote}.Share(*price(share)).String(), want)
	}
	equal(t, "without prices", market.Offer{}.Share(*price("0.4")), nil)
	equal(t, "without an on-demand price", market.Offer{Quote: known(market.Quote{Now: *price("0.03")})}.Share(*price("0.4")), nil)
}

func TestTable(t *testing.T) {
	t.Parallel()
	rows := []market.Row{
		{At: "candidates[0]", Type: "N3.2B", Zone: "cn-beijing-6a", Wanted: 40, Got: 25, Why: "Out of stock: 40 wanted, 25 available."},
		{At: "candidates[1]", Type: "N3.2B", Wanted: 15, Got: 15},
		{At: "candidates[10]", Type: "E1.2B", Zone: "cn-beijing-6b"},
		{At: "candidates[11]", Wanted: 1, Why: "KEC shows no image IMG-1 in this region."},
	}
	equal(t, "table", market.Table(rows), strings.Join([]string{
		"candidates[0]   N3.2B in cn-beijing-6a: 25 of 40. Out of stock: 40 wanted, 25 available.",
		"candidates[1]   N3.2B: 15 of 15.",
		"candidates[10]  E1.2B in cn-beijing-6b: not asked.",
		"candidates[11]  0 of 1. KEC shows no image IMG-1 in this region.",
	}, "\n"))
	equal(t, "none", market.Table(nil), "")
}
