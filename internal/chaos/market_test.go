package chaos

import (
	"flag"
	"testing"
	"testing/synctest"
)

var (
	marketSeeds = flag.Int("market-seeds", 1, "how many moving markets a fleet lives through")
	marketDays  = flag.Int("market-days", 1, "days of each")
)

// TestMarket keeps a fleet through moving markets, and prints what it had of what could be had, and
// what it paid beside the two planners of outcome.
func TestMarket(t *testing.T) {
	t.Parallel()
	withoutRace(t)
	var sum outcome
	t.Logf("%d days, %d machines over 9 candidates with max_price_share = 0.5, an apply each hour. Fill is that of what could be had. "+
		"The costs are those of a planner who knows the future and launches when the fleet does, and of one who moves all machines "+
		"to the cheapest places at any time, which nobody can.", *marketDays, marketFleet)
	for seed := range uint64(*marketSeeds) {
		var one outcome
		var err error
		synctest.Test(t, func(*testing.T) { one, err = runMarket(seed+1, *marketDays) })
		if err != nil {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
		t.Logf("seed %2d: %s", seed+1, one)
		sum.looks, sum.had, sum.most = sum.looks+one.looks, sum.had+one.had, sum.most+one.most
		sum.paid, sum.first, sum.second = sum.paid.Add(one.paid), sum.first.Add(one.first), sum.second.Add(one.second)
	}
	t.Logf("all:     %s", sum)
	if sum.looks != *marketSeeds**marketDays*24*6 || sum.fill() < 80 {
		t.Errorf("%d looks, %s", sum.looks, sum)
	}
}
