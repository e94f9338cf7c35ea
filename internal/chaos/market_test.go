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

// TestMarket keeps a fleet through moving markets, and prints what it had and paid beside somebody
// who is always at the cheapest places, which nobody can be.
func TestMarket(t *testing.T) {
	t.Parallel()
	withoutRace(t)
	var sum outcome
	t.Logf("%d days, %d machines over 9 candidates with max_price_share = 0.5, an apply each hour", *marketDays, marketFleet)
	for seed := range uint64(*marketSeeds) {
		var one outcome
		var err error
		synctest.Test(t, func(*testing.T) { one, err = runMarket(seed+1, *marketDays) })
		if err != nil {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
		t.Logf("seed %2d: %s", seed+1, one)
		sum.looks, sum.had, sum.most = sum.looks+one.looks, sum.had+one.had, sum.most+one.most
		sum.paid, sum.best = sum.paid.Add(one.paid), sum.best.Add(one.best)
	}
	t.Logf("all:     %s", sum)
	if sum.looks != *marketSeeds**marketDays*24*6 || sum.fill() < 80 {
		t.Errorf("%d looks, %s", sum.looks, sum)
	}
}
