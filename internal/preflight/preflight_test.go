package preflight_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

func TestCheck_aShortfallIsToldOnceWithItsTotals(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 300 * time.Millisecond, 5 * time.Second} {
		t.Run(latency.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, preflight.Error, latency)
				w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 25)
				w.sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 60)
				w.sim.SetStock(kecsim.ZoneC, kecsim.TypeSmall, 0)
				got := w.plan(40, 10, alike)
				equal(t, "findings", told(got), "Out of stock: 40 wanted, 25 available | "+
					"This plan orders 40 N3.2B in cn-beijing-6a; KEC can open 25 now, 15 short. In cn-beijing-6b it can open 60.")
				f := got[0]
				equal(t, "the rest", fmt.Sprint(f.Code, f.Param, f.Source, f.Action, f.Veto, f.Retry),
					fmt.Sprint(failure.OutOfStock, "InstanceType", failure.FromPreflight, "DescribeKecInventory", true, failure.RetryLater))
				equal(t, "remedy", f.RemedyText(wizard.Parameters()), "Order fewer, move some to another zone, or choose another instance_type.")
				w.passed(3*latency + quiet) // the subnet, what it decides, the silence, the zones elsewhere
				for action, want := range map[string]int{
					"DescribeSubnets": 1, "DescribeSecurityGroups": 1, "DescribeImages": 1, "DescribeSpotPriceHistory": 1, "DescribeInstanceTypeConfigs": 1,
					"DescribeKecInventory": 3,
				} {
					equal(t, action, w.sim.Count(action), want)
				}
			})
		})
	}
}

func TestCheck_aPlanThatFitsWaitsForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 40)
		w.sim.SetSubnetFree(kecsim.SubnetA, 40)
		equal(t, "findings", told(w.plan(40, 10, alike)), "")
		w.passed(0)
		equal(t, "one more", told(w.plan(1, 1, alike)), "Out of stock: 41 wanted, 40 available | "+
			"This plan orders 41 N3.2B in cn-beijing-6a; KEC can open 40 now, 1 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.\n"+
			"The subnet has too few free addresses: 41 wanted, 40 free | "+
			"This plan needs 41 addresses in subnet "+kecsim.SubnetA+" (10.7.0.0/24) in cn-beijing-6a; 40 are free, 1 short.")
		w.passed(quiet)
	})
}

// A CLI under load pauses between its requests, for longer than a look-up takes
// but less than the silence.
func TestCheck_aCLIThatPausesIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency, pause = 50 * time.Millisecond, 900 * time.Millisecond
		w := newWorld(t, preflight.Error, latency)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 2)
		var all board
		var asking sync.WaitGroup
		for range 10 {
			asking.Go(func() { all.add(w.ask(t.Context(), worker())) })
			time.Sleep(pause)
		}
		asking.Wait()
		equal(t, "findings", told(all.findings), "Out of stock: 10 wanted, 2 available | "+
			"This plan orders 10 N3.2B in cn-beijing-6a; KEC can open 2 now, 8 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
		w.passed(9*pause + 4*pause + latency) // the last request needs no look-up; the zones elsewhere take one
	})
}

// On a machine under load the CLI may pause for longer than a second. Its earlier pauses tell.
func TestCheck_aCLIThatIsSlowIsGivenMoreTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 0)
		var all board
		var asking sync.WaitGroup
		for _, pause := range []time.Duration{400 * time.Millisecond, 1500 * time.Millisecond, 4999 * time.Millisecond} {
			asking.Go(func() { all.add(w.ask(t.Context(), worker())) })
			time.Sleep(pause)
		}
		all.add(w.ask(t.Context(), worker()))
		asking.Wait()
		equal(t, "findings", told(all.findings), "Out of stock: 4 wanted, 0 available | "+
			"This plan orders 4 N3.2B in cn-beijing-6a; KEC can open 0 now, 4 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
		w.passed((400+1500+4999)*time.Millisecond + 5*time.Second) // never longer than five seconds
	})
}

// A request that is under way, such as a refresh, shows that more may come.
func TestCheck_whatIsUnderWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 0)
		refreshed := w.Busy()
		var all board
		var asking sync.WaitGroup
		asking.Go(func() { all.add(w.ask(t.Context(), worker())) })
		time.Sleep(7300 * time.Millisecond)
		refreshed()
		equal(t, "while it is under way", len(all.findings), 0)
		equal(t, "the one that was refreshed", told(w.ask(t.Context(), worker())), "")
		asking.Wait()
		equal(t, "findings", told(all.findings), "Out of stock: 2 wanted, 0 available | "+
			"This plan orders 2 N3.2B in cn-beijing-6a; KEC can open 0 now, 2 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
		equal(t, "remedy", all.findings[0].Remedy, failure.CauseOf(failure.OutOfStock).Remedy)
		w.passed(7300*time.Millisecond + quiet)
	})
}

// A CLI may be silent for a slow data source, and go on. A sum that was reported as that of the
// plan is reported again once it has grown.
func TestCheck_aSumThatHasGrownIsToldAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 1)
		equal(t, "findings", len(w.plan(5, 5, alike)), 1)
		w.passed(quiet)
		equal(t, "findings of late ones", told(w.plan(5, 5, alike)), "Out of stock: 10 wanted, 1 available | "+
			"This plan orders 10 N3.2B in cn-beijing-6a; KEC can open 1 now, 9 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
		w.passed(2 * quiet)
	})
}

// With one request at a time nobody can know how many are to come.
func TestCheck_oneAtATimeSaysAtLeast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 2)
		w.sim.SetSubnetFree(kecsim.SubnetA, 3)
		equal(t, "findings", told(w.plan(6, 1, alike)), "Out of stock: 3 wanted, 2 available | "+
			"This plan orders at least 3 N3.2B in cn-beijing-6a; KEC can open 2 now, 1 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.\n"+
			"The subnet has too few free addresses: 4 wanted, 3 free | "+
			"This plan needs at least 4 addresses in subnet "+kecsim.SubnetA+" (10.7.0.0/24) in cn-beijing-6a; 3 are free, 1 short.")
		w.passed(2 * quiet)

		w = newWorld(t, preflight.Error, 0)
		w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 0)
		w.sim.SetSubnetFree(kecsim.SubnetA, 0)
		equal(t, "findings about one", told(w.plan(1, 1, alike)), "Out of stock: 1 wanted, 0 available | "+
			"This plan orders 1 N3.2B in cn-beijing-6a; KEC can open 0 now, 1 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.\n"+
			"The subnet has no free address | "+
			"This plan needs 1 address in subnet "+kecsim.SubnetA+" (10.7.0.0/24) in cn-beijing-6a; 0 are free, 1 short.")
	})
}

// Where every request that the CLI makes at once is waiting, its silence proves as
// little. One of them speaks, so that the CLI can go on; the others know the totals.
func TestCheck_whereAllWaitOneSaysAtLeast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		types := []string{kecsim.TypeSmall, kecsim.TypeLarge, kecsim.TypeEntry}
		got := w.plan(12, 3, short(w, types))
		atLeast := 0
		for i, f := range got {
			for _, typ := range types {
				partly := "This plan orders at least 2 " + typ + " in cn-beijing-6a; KEC can open 1 now, 1 short."
				whole := "This plan orders 4 " + typ + " in cn-beijing-6a; KEC can open 1 now, 3 short."
				if f.Facts == partly {
					atLeast++
				}
				if f.Facts == partly || f.Facts == whole {
					got[i].Facts = ""
				}
			}
			equal(t, "unexpected", got[i].Facts, "")
		}
		equal(t, "findings", len(got), 3)
		equal(t, "findings that say at least", atLeast, 1)
		w.passed(2 * quiet)
	})
}

// Different shortfalls are told by different requests, after one silence.
func TestCheck_differentShortfallsWaitTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		types := []string{kecsim.TypeSmall, kecsim.TypeLarge, kecsim.TypeEntry}
		got := w.plan(30, 10, short(w, types))
		said := told(got)
		equal(t, "findings", len(got), 3)
		for _, typ := range types {
			want := "Out of stock: 10 wanted, 1 available | This plan orders 10 " + typ + " in cn-beijing-6a; KEC can open 1 now, 9 short."
			if !strings.Contains(said, want) {
				t.Errorf("nobody says %q, but\n%s", want, said)
			}
		}
		w.passed(quiet)
	})
}

func TestCheck_twoShortfallsOfOneLaunch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
		w.sim.SetImageState(kecsim.ImageUbuntu, "error")
		equal(t, "findings", told(w.plan(1, 1, alike)),
			"The image cannot be used | Image "+kecsim.ImageUbuntu+" is in state \"error\"; only active images boot.\n"+
				"Out of stock: 1 wanted, 0 available | This plan orders 1 N3.2B in cn-beijing-6a; KEC can open 0 now, 1 short. "+
				"In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
		w.passed(quiet)
	})
}

// Once a launch has begun KEC itself decides.
func TestCheck_aLaunchEndsTheCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
		var all board
		var asking sync.WaitGroup
		for range 3 {
			asking.Go(func() { all.add(w.ask(t.Context(), worker())) })
		}
		time.Sleep(400 * time.Millisecond)
		w.Applying()
		asking.Wait()
		w.passed(400 * time.Millisecond)
		equal(t, "findings", told(all.findings), "")

		before := len(w.sim.Calls())
		w.Applying()
		other := worker()
		other.InstanceType, other.SubnetID = kecsim.TypeLarge, kecsim.SubnetB
		equal(t, "findings afterwards", told(w.ask(t.Context(), other)), "")
		synctest.Wait()
		equal(t, "look-ups", len(w.sim.Calls()), before)
		w.passed(400 * time.Millisecond)
	})
}

// A launch may also begin while the look-ups of a plan are under way.
func TestCheck_aLaunchBeginsDuringTheLookUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, time.Second)
		w.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
		time.AfterFunc(500*time.Millisecond, w.Applying)
		equal(t, "findings", told(w.ask(t.Context(), worker())), "")
		w.passed(2 * time.Second) // the look-ups alone
	})
}

// One who is called off says nothing and keeps nobody waiting. The shortfall stays,
// so the next one tells it.
func TestCheck_oneWhoIsCalledOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
		w.sim.SellOut(kecsim.ZoneA, kecsim.TypeLarge)
		ctx, callOff := context.WithCancel(t.Context())
		var first, other board
		var asking, calledOff sync.WaitGroup
		calledOff.Go(func() { first.add(w.ask(ctx, worker())) })
		synctest.Wait()
		large := worker()
		large.InstanceType = kecsim.TypeLarge
		asking.Go(func() { other.add(w.ask(t.Context(), large)) })
		time.Sleep(700 * time.Millisecond)
		callOff()
		calledOff.Wait()
		w.passed(700 * time.Millisecond)
		equal(t, "findings of the one", told(first.findings), "")
		asking.Wait()
		w.passed(700*time.Millisecond + quiet)
		equal(t, "findings of the other", told(other.findings), "Out of stock: 1 wanted, 0 available | "+
			"This plan orders 1 N3.4B in cn-beijing-6a; KEC can open 0 now, 1 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")

		equal(t, "findings of the next", told(w.ask(t.Context(), worker())), "Out of stock: 2 wanted, 0 available | "+
			"This plan orders 2 N3.2B in cn-beijing-6a; KEC can open 0 now, 2 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
	})
}

func TestCheck_calledOffDuringTheLookUps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 10*time.Second)
		w.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
		ctx, end := context.WithTimeout(t.Context(), 12*time.Second) // the subnet is known by then
		defer end()
		equal(t, "findings", told(w.ask(ctx, worker())), "")
		w.passed(12 * time.Second)
		time.Sleep(15 * time.Second) // nothing runs on after that, or the bubble could not end
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, time.Second)
		ctx, callOff := context.WithCancel(t.Context())
		callOff()
		equal(t, "findings", told(w.ask(ctx, worker())), "")
		w.passed(0)
		time.Sleep(time.Minute)
		equal(t, "look-ups", len(w.sim.Calls()), 0)
	})
}

// An instance that the plan ends gives its address back, and the CLI may say so
// after the launch that needs it.
func TestCheck_whatThePlanFrees(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SetSubnetFree(kecsim.SubnetA, 2)
		var all board
		var asking sync.WaitGroup
		for range 3 {
			asking.Go(func() { all.add(w.ask(t.Context(), worker())) })
		}
		time.Sleep(900 * time.Millisecond)
		w.Ends("i-0", "")
		w.Ends("i-1", kecsim.SubnetB)
		w.Ends("i-2", kecsim.SubnetA)
		asking.Wait()
		equal(t, "findings", told(all.findings), "")
		w.passed(quiet)

		// What comes next is too much again.
		equal(t, "findings of the next", told(w.plan(2, 2, alike)), "The subnet has too few free addresses: 5 wanted, 2 free | "+
			"This plan needs 5 addresses in subnet "+kecsim.SubnetA+" (10.7.0.0/24) in cn-beijing-6a; 2 are free, 2 short. "+
			"1 more are those of instances that this plan ends.")
		w.passed(2 * quiet)
	})
}

func TestCheck_modes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[preflight.Mode]string{
		preflight.Error: "Out of stock: 3 wanted, 1 available true", preflight.Warn: "Out of stock: 3 wanted, 1 available false", preflight.Off: "",
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, mode, 0)
				w.sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 1)
				got := ""
				for _, f := range w.plan(3, 3, alike) {
					got += fmt.Sprint(f.Summary, " ", f.Veto)
				}
				equal(t, "findings", got, want)
				if mode == preflight.Off {
					w.passed(0)
					equal(t, "look-ups", len(w.sim.Calls()), 0)
				}
			})
		})
	}
}

// The CLI validates and plans without a configured provider too.
func TestCheck_nil(t *testing.T) {
	t.Parallel()
	var c *preflight.Check
	done := c.Busy()
	c.Ends("i-1", kecsim.SubnetA)
	equal(t, "findings", len(c.Plan(t.Context(), worker())), 0)
	c.Applying()
	equal(t, "findings", len(c.Plan(t.Context(), worker())), 0)
	done()
}
