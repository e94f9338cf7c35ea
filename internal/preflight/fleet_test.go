package preflight_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

const (
	moreCandidates = "Add candidates in other zones or of other types"
	orWait         = ", or set wait_for_stock to wait for what is short."
	fleetRemedy    = moreCandidates + ", lower min_capacity, or set wait_for_stock to wait for what is short."
)

// in is a candidate for the small type in a subnet.
func in(i int, subnet string) preflight.Candidate {
	l := worker()
	l.SubnetID = subnet
	return preflight.Candidate{At: fmt.Sprintf("candidates[%d]", i), Launch: l}
}

// overZones are machines over two zones.
func overZones(wanted, least int64) preflight.Fleet {
	return preflight.Fleet{Candidates: []preflight.Candidate{in(0, kecsim.SubnetA), in(1, kecsim.SubnetB)}, Wanted: wanted, Least: least}
}

// fleet is one request of the CLI: it plans one fleet.
func (w *world) fleet(f preflight.Fleet) []preflight.Finding {
	defer w.Busy()()
	return w.Fleet(w.t.Context(), f)
}

// stocks sets the stock of the small type in zones A and B.
func (w *world) stocks(a, b int) {
	w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, a)
	w.sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, b)
}

// A fleet that fits says nothing, waits for nothing and asks for each thing once.
func TestFleet_fits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.stocks(25, 60)
		equal(t, "findings", whole(w.fleet(overZones(40, 40))), "")
		w.passed(0)
		for action, want := range map[string]int{
			"DescribeSubnets": 2, "DescribeSecurityGroups": 1, "DescribeImages": 1, "DescribeSpotPriceHistory": 2, "DescribeInstanceTypeConfigs": 1,
			"DescribeKecInventory": 2,
		} {
			equal(t, action, w.sim.Count(action), want)
		}
		// What it has taken is not there for others: 25 in zone A, 15 in zone B.
		equal(t, "another fleet", whole(w.fleet(overZones(46, 40))), "warning FleetShort at MaxCount: The fleet stays below target_capacity: 46 wanted, 45 available\n"+
			"This plan orders 46 machines for the fleet; KEC can open 45 of them now:\n"+
			"candidates[0]  N3.2B in cn-beijing-6a: 0 of 46. Out of stock: 46 wanted, 25 available, 25 for others.\n"+
			"candidates[1]  N3.2B in cn-beijing-6b: 45 of 46. Out of stock: 46 wanted, 60 available, 15 for others.\n"+
			moreCandidates+orWait+"\nDescribeKecInventory")
		equal(t, "a machine", told(w.ask(t.Context(), worker())), "Out of stock: 26 wanted, 25 available | "+
			"This plan orders at least 26 N3.2B in cn-beijing-6a; KEC can open 25 now, 1 short. In cn-beijing-6b it can open 60, in cn-beijing-6c 50.")
	})
}

// Below the target is a warning, below the least an error, and either has a line a candidate.
func TestFleet_findings(t *testing.T) {
	t.Parallel()
	short := "This plan orders 40 machines for the fleet; KEC can open 30 of them now:\n" +
		"candidates[0]  N3.2B in cn-beijing-6a: 25 of 40. Out of stock: 40 wanted, 25 available.\n" +
		"candidates[1]  N3.2B in cn-beijing-6b: 5 of 15. Out of stock: 15 wanted, 5 available.\n"
	target := "warning FleetShort at MaxCount: The fleet stays below target_capacity: 40 wanted, 30 available\n"
	for name, c := range map[string]struct {
		mode         preflight.Mode
		wanted, from int64
		change       func(*preflight.Fleet, *kecsim.Server)
		want         string
		note         string
	}{
		"at the least":                       {wanted: 40, from: 30, want: target + short + moreCandidates + orWait + "\nDescribeKecInventory"},
		"a fleet that has its least already": {wanted: 40, from: -5, want: target + short + moreCandidates + orWait + "\nDescribeKecInventory"},
		"below the least": {
			wanted: 40, from: 31,
			want: "error FleetShort at MaxCount: The fleet stays below min_capacity: at least 31 wanted, 30 available\n" + short + fleetRemedy + "\nDescribeKecInventory",
		},
		"a warning is asked for": {
			mode: preflight.Warn, wanted: 40, from: 31,
			want: "warning FleetShort at MaxCount: The fleet stays below min_capacity: at least 31 wanted, 30 available\n" + short + fleetRemedy + "\nDescribeKecInventory",
		},
		"no check": {mode: preflight.Off, wanted: 40, from: 31},
		"KEC has taken as many": {
			wanted: 40, from: 31, change: func(f *preflight.Fleet, _ *kecsim.Server) { f.Lost = 1 },
			want: "warning FleetShort at MaxCount: The fleet stays below min_capacity: at least 31 wanted, 30 available\n" + short + fleetRemedy + "\nDescribeKecInventory",
			note: "KEC has taken 1 of the machines in the state and cannot replace it now. That blocks nothing else; an apply orders them all the same.",
		},
		"KEC has taken fewer": {
			wanted: 40, from: 32, change: func(f *preflight.Fleet, _ *kecsim.Server) { f.Lost = 1 },
			want: "error FleetShort at MaxCount: The fleet stays below min_capacity: at least 32 wanted, 30 available\n" + short + fleetRemedy + "\nDescribeKecInventory",
		},
		"one that waits": {
			wanted: 40, from: 31, change: func(f *preflight.Fleet, _ *kecsim.Server) { f.Waits = true },
			want: "warning FleetShort at MaxCount: The fleet stays below min_capacity: at least 31 wanted, 30 available\n" + short +
				moreCandidates + ", or lower min_capacity.\nDescribeKecInventory",
			note: "The apply waits for what is short, for as long as wait_for_stock says.",
		},
		"one that waits in vain": {
			wanted: 40, from: 31, change: func(f *preflight.Fleet, sim *kecsim.Server) {
				f.Waits = true
				sim.SetSubnetFree(kecsim.SubnetA, 10)
				sim.SetSubnetFree(kecsim.SubnetB, 20)
			},
			want: "error FleetShort at MaxCount: The fleet stays below min_capacity: at least 31 wanted, 30 available\n" +
				"This plan orders 40 machines for the fleet; KEC can open 30 of them, whatever becomes of stock and prices:\n" +
				"candidates[0]  N3.2B in cn-beijing-6a: 10 of 40. Too few free addresses in subnet " + kecsim.SubnetA + ": 40 wanted, 10 free.\n" +
				"candidates[1]  N3.2B in cn-beijing-6b: 20 of 30. Too few free addresses in subnet " + kecsim.SubnetB + ": 30 wanted, 20 free.\n" +
				moreCandidates + ", or lower min_capacity.\nDescribeSubnets",
		},
		"a bid, a group and a last resort": {
			wanted: 20, from: 20, change: func(f *preflight.Fleet, _ *kecsim.Server) {
				share := bid("0.1")
				f.Candidates[0].Share = share // 0.01965, below the market
				f.Candidates[1].Launch.SecurityGroupIDs = []string{nowhere}
				last := in(2, kecsim.SubnetB)
				last.Launch.OnDemand, last.Launch.InstanceType = true, kecsim.TypeNotSpot
				f.Candidates = append(f.Candidates, last, in(3, kecsim.SubnetB))
			},
			want: "",
		},
		"bids alone": {
			wanted: 3, from: 1, change: func(f *preflight.Fleet, _ *kecsim.Server) {
				f.Candidates[0].Share, f.Candidates[1].Launch.SecurityGroupIDs = bid("0.1"), []string{nowhere}
			},
			want: "error FleetShort at MaxCount: The fleet stays below min_capacity: at least 1 wanted, 0 available\n" +
				"This plan orders 3 machines for the fleet; KEC can open 0 of them now:\n" +
				"candidates[0]  N3.2B in cn-beijing-6a: 0 of 3. The limit 0.01965 is below the market price 0.0393.\n" +
				"candidates[1]  N3.2B in cn-beijing-6b: 0 of 3. KEC shows no security group " + nowhere + " in this region.\n" +
				fleetRemedy + "\nDescribeSpotPriceHistory, DescribeSecurityGroups",
		},
		"an image of all": {
			wanted: 40, from: 30, change: func(f *preflight.Fleet, _ *kecsim.Server) {
				f.Candidates[0].Launch.ImageID, f.Candidates[1].Launch.ImageID = strangeImage, strangeImage
			},
			want: "error ImageUnusable at ImageId: The image cannot be used\n" +
				"KEC shows no image " + strangeImage + " in this region. That goes for 40 instances of this plan.\n" + chooseImage + "\nDescribeImages",
		},
		"an image of all that wait": {
			wanted: 40, from: 30, change: func(f *preflight.Fleet, _ *kecsim.Server) {
				f.Candidates[0].Launch.ImageID, f.Candidates[1].Launch.ImageID, f.Waits = strangeImage, strangeImage, true
			},
			want: "error ImageUnusable at ImageId: The image cannot be used\n" +
				"KEC shows no image " + strangeImage + " in this region. That goes for 40 instances of this plan.\n" + chooseImage + "\nDescribeImages",
		},
		"a bid of the only one": {
			wanted: 40, from: 40, change: func(f *preflight.Fleet, _ *kecsim.Server) {
				f.Candidates = f.Candidates[:1]
				f.Candidates[0].Launch.PriceLimit = bid("0.02")
			},
			want: "error PriceBelowMarket at SpotPriceLimit: Spot price limit is below the market price\n" +
				"N3.2B in cn-beijing-6a costs 0.0393 CNY per hour now (on-demand 0.1965); the limit is 0.02. " +
				"In the last 3 hours it was 0.0393 at the lowest and 0.0484 at the highest. That goes for 40 instances of this plan.\n" +
				"Raise spot_price_limit to at least 0.0393, or leave it out to follow the market.\nDescribeSpotPriceHistory",
		},
		"two addresses each": {
			wanted: 40, from: 1, change: func(f *preflight.Fleet, sim *kecsim.Server) {
				sim.SetSubnetFree(kecsim.SubnetA, 7)
				f.Candidates[0].Launch.OtherSubnetIDs, f.Candidates[1] = []string{kecsim.SubnetA}, in(1, kecsim.SubnetA)
			},
			want: "warning FleetShort at MaxCount: The fleet stays below target_capacity: 40 wanted, 4 available\n" +
				"This plan orders 40 machines for the fleet; KEC can open 4 of them now:\n" +
				"candidates[0]  N3.2B in cn-beijing-6a: 3 of 40. Too few free addresses in subnet " + kecsim.SubnetA + ": 80 wanted, 7 free.\n" +
				"candidates[1]  N3.2B in cn-beijing-6a: 1 of 37. Too few free addresses in subnet " + kecsim.SubnetA + ": 37 wanted, 7 free, 6 for others.\n" +
				moreCandidates + orWait + "\nDescribeKecInventory, DescribeSubnets",
		},
		"a type without a price": {
			wanted: 2, from: 2, change: func(f *preflight.Fleet, _ *kecsim.Server) { f.Candidates[0].Launch.InstanceType = kecsim.TypeNotSpot },
			want: "warning SpotNotOffered at InstanceType: Probably not offered as a Spot Instance\nKEC lists no spot price for I4.2B in cn-beijing-6a. " +
				"That goes for 2 instances of this plan.\n" + chooseType + "\nDescribeSpotPriceHistory",
		},
		"nothing is known": {
			wanted: 2, from: 2, change: func(f *preflight.Fleet, _ *kecsim.Server) { f.Candidates[0].Launch = market.Launch{} },
		},
		"nothing is wanted": {wanted: 0, from: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				mode := c.mode
				if mode == "" {
					mode = preflight.Error
				}
				w := newWorld(t, mode, 0)
				w.stocks(25, 5)
				f := overZones(c.wanted, c.from)
				if c.change != nil {
					c.change(&f, w.sim)
				}
				findings := w.fleet(f)
				equal(t, "findings", whole(findings), c.want)
				if len(findings) > 0 {
					equal(t, "note", findings[0].Note, c.note)
				}
			})
		})
	}
}

// What machines that were planned before a fleet want is not there for it. One that is planned
// while the fleet waits for the rest of the plan is told that it is too much, and not the fleet.
func TestFleet_besideMachines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.stocks(25, 5)
		equal(t, "machines", told(w.plan(20, 10, alike)), "")
		var all board
		var asking sync.WaitGroup
		asking.Go(func() { all.add(w.fleet(overZones(40, 11))) })
		synctest.Wait()
		asking.Go(func() { all.add(w.ask(t.Context(), worker())) })
		asking.Wait()
		w.passed(quiet)
		got := whole(all.findings)
		for _, want := range []string{
			"The fleet stays below min_capacity: at least 11 wanted, 10 available\n",
			"candidates[0]  N3.2B in cn-beijing-6a: 5 of 40. Out of stock: 40 wanted, 25 available, 20 for others.\n",
			"candidates[1]  N3.2B in cn-beijing-6b: 5 of 35. Out of stock: 35 wanted, 5 available.\n",
			"This plan orders 26 N3.2B in cn-beijing-6a; KEC can open 25 now, 1 short. ",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("nobody says %q, but\n%s", want, got)
			}
		}
	})
}

// Addresses that the plan gives back serve a fleet, though the CLI says so after it.
func TestFleet_whatThePlanFrees(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetSubnetFree(kecsim.SubnetA, 2)
		f := preflight.Fleet{Candidates: []preflight.Candidate{in(0, kecsim.SubnetA)}, Wanted: 4, Least: 4}
		var all board
		var asking sync.WaitGroup
		asking.Go(func() { all.add(w.fleet(f)) })
		synctest.Wait()
		w.Ends("i-1", kecsim.SubnetA)
		w.Ends("i-2", kecsim.SubnetA)
		asking.Wait()
		equal(t, "findings", whole(all.findings), "")
		w.passed(quiet)

		all = board{}
		asking.Go(func() { all.add(w.fleet(f)) })
		synctest.Wait()
		w.Gone("i-3")
		w.Gone("i-4")
		w.Gone("i-5")
		asking.Wait()
		equal(t, "another fleet", whole(all.findings), "error FleetShort at MaxCount: The fleet stays below min_capacity: at least 4 wanted, 0 available\n"+
			"This plan orders 4 machines for the fleet; KEC can open 0 of them now:\n"+
			"candidates[0]  N3.2B in cn-beijing-6a: 0 of 4. Too few free addresses in subnet "+kecsim.SubnetA+": 4 wanted, 2 free, 2 for others.\n"+
			fleetRemedy+"\nDescribeSubnets")
	})
}

// A launch ends the check of a fleet too, and a look-up that fails is told once.
func TestFleet_whatIsNotChecked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.stocks(0, 0)
		w.sim.FailNext("DescribeKecInventory", kecsim.Denied, 9)
		got := w.fleet(overZones(40, 40))
		equal(t, "findings", len(got), 1)
		equal(t, "the warning", fmt.Sprint(got[0].Veto, " ", got[0].Code, " ", got[0].Summary),
			fmt.Sprint("false ", failure.PermissionDenied, " A part of this plan is not checked against KEC"))
		w.passed(0)

		w = newWorld(t, preflight.Error, 0)
		w.stocks(0, 0)
		var all board
		var asking sync.WaitGroup
		asking.Go(func() { all.add(w.fleet(overZones(40, 40))) })
		synctest.Wait()
		w.Applying()
		asking.Wait()
		equal(t, "findings in an apply", whole(append(all.findings, w.fleet(overZones(40, 40))...)), "")
		w.passed(0)
	})
	var c *preflight.Check
	equal(t, "of none", len(c.Fleet(t.Context(), overZones(40, 40))), 0)
	equal(t, "blind", len(preflight.Blind(preflight.Error).Fleet(t.Context(), overZones(40, 40))), 0)
}

// The whole message, as the guide shows it.
func TestFleet_message(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.stocks(25, 5)
		f := w.fleet(overZones(40, 31))[0]
		equal(t, "message", f.Summary+"\n\n"+f.Detail(wizard.Parameters()), `The fleet stays below min_capacity: at least 31 wanted, 30 available

This plan orders 40 machines for the fleet; KEC can open 30 of them now:
candidates[0]  N3.2B in cn-beijing-6a: 25 of 40. Out of stock: 40 wanted, 25 available.
candidates[1]  N3.2B in cn-beijing-6b: 5 of 15. Out of stock: 15 wanted, 5 available.

Add candidates in other zones or of other types, lower min_capacity, or set wait_for_stock to wait for what is short.

Code: FleetShort (preflight, DescribeKecInventory)
Retry: later`)
	})
}
