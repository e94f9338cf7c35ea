package spotfleet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// What a plan says of max_hourly_cost, on both sides of what the cheapest candidate allows.
func TestFleet_ceilingOfThePlan(t *testing.T) {
	t.Parallel()
	const cheapest = "max_hourly_cost is %s CNY per hour. The cheapest machine is that of %s, %s an hour at most: %d of the 5 that are wanted fit under it, beside 0 that cost 0."
	for name, c := range map[string]struct {
		most       string
		candidates []any
		says       []string
	}{
		"all":              {"0.3", []any{bidA(), bidB()}, nil},
		"one less":         {"0.29999", []any{bidA(), bidB()}, []string{"WARNING max_hourly_cost allows 4 of 5 machines | " + fmt.Sprintf(cheapest, "0.29999", "candidates[0]", "0.06", 4)}},
		"just enough":      {"0.18", []any{bidA(), bidB()}, []string{"WARNING max_hourly_cost allows 3 of 5 machines | " + fmt.Sprintf(cheapest, "0.18", "candidates[0]", "0.06", 3)}},
		"too few":          {"0.17", []any{bidA(), bidB()}, []string{"ERROR max_hourly_cost allows 2 machines, and at least 3 are wanted | " + fmt.Sprintf(cheapest, "0.17", "candidates[0]", "0.06", 2)}},
		"none":             {"0.05", []any{bidA(), bidB()}, []string{"ERROR max_hourly_cost allows 0 machines, and at least 3 are wanted | " + fmt.Sprintf(cheapest, "0.05", "candidates[0]", "0.06", 0)}},
		"the second":       {"0.2", []any{bidA(), from(kecsim.SubnetB, "spot_price_limit", "0.05")}, []string{"WARNING max_hourly_cost allows 4 of 5 machines | " + fmt.Sprintf(cheapest, "0.2", "candidates[1]", "0.05", 4)}},
		"the first of two": {"0.2", []any{bidA(), bidB()}, []string{"WARNING max_hourly_cost allows 3 of 5 machines | " + fmt.Sprintf(cheapest, "0.2", "candidates[0]", "0.06", 3)}},
		"without a limit":  {"0.99", []any{from(kecsim.SubnetA)}, []string{"WARNING max_hourly_cost allows 4 of 5 machines | " + fmt.Sprintf(cheapest, "0.99", "candidates[0]", "0.2", 4)}},
		"on demand":        {"0.6", []any{from(kecsim.SubnetA), lastB()}, []string{"WARNING max_hourly_cost allows 4 of 5 machines | " + fmt.Sprintf(cheapest, "0.6", "candidates[1]", "0.15", 4)}},
		"a share":          {"0.3", []any{from(kecsim.SubnetA, "max_price_share", "0.4")}, []string{"WARNING max_hourly_cost allows 3 of 5 machines | " + fmt.Sprintf(cheapest, "0.3", "candidates[0]", "0.08", 3)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, _ *kecsim.Server, l *acctest.Life) {
				does, _ := l.Plan(t, machines(5, settings{"max_hourly_cost": c.most, "candidates": c.candidates, "min_capacity": 3}))
				want := "create"
				if len(c.says) > 0 && strings.HasPrefix(c.says[0], "ERROR") {
					want = ""
				}
				l.Did(t, does, want, c.says...)
			})
		})
	}
}

// max_hourly_cost bounds what an apply buys, whatever the market does after the plan, and machines
// that stay above it are an error of the next plan.
func TestFleet_ceilingOfTheApply(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		follows := settings{"candidates": []any{from(kecsim.SubnetA)}, "max_hourly_cost": "1", "min_capacity": 0}
		got := l.Apply(t, machines(5, follows), func() {
			sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.04", "0.3")
			time.Sleep(6 * time.Second) // the plan's price is too old then
		})
		l.Did(t, got, "create", "WARNING The fleet has 3 of 5 machines | candidates[0]  N3.2B in cn-beijing-6a: 3 of 5. "+
			"max_hourly_cost is 1; the machines cost up to 0.9, and one more 0.3.\n\nRaise max_hourly_cost, lower the limits of the candidates, or order fewer machines.\n\nCode: FleetTooDear")
		launched(t, sim, "a 3 from 1")
		if l.State()["hourly_cost_ceiling"] != "0.9" {
			t.Errorf("the ceiling is %v, want 0.9", l.State()["hourly_cost_ceiling"])
		}
		follows["max_hourly_cost"] = "0.9"
		does, _ := l.Plan(t, machines(3, follows))
		l.Did(t, does, "update")
		follows["max_hourly_cost"] = "0.89"
		does, _ = l.Plan(t, machines(3, follows))
		l.Did(t, does, "", "ERROR The fleet costs more than max_hourly_cost | max_hourly_cost is 0.89 CNY per hour; the 3 machines that stay cost up to 0.9.\n\n"+
			"Raise max_hourly_cost to at least 0.9, or lower target_capacity.")
		time.Sleep(2 * time.Hour)
		l.Did(t, l.Apply(t, machines(2, follows)), "update")
		holds(t, sim, l, "web-1", "web-2")
		if l.State()["hourly_cost_ceiling"] != "0.6" {
			t.Errorf("the ceiling is %v, want 0.6", l.State()["hourly_cost_ceiling"])
		}
	})
}

// After an import the on-demand prices of the members are asked for before anything is bought under
// a ceiling: 0.2 and 0.2 of a bid without a limit, so that one more of 0.06 fits under 0.46.
func TestFleet_ceilingAfterAnImport(t *testing.T) {
	t.Parallel()
	for most, want := range map[string]int{"0.46": 3, "0.45": 2} {
		t.Run(most, func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				l.Did(t, l.Apply(t, machines(2, settings{"candidates": []any{from(kecsim.SubnetA)}})), "create")
				id := fmt.Sprint(l.State()["id"])
				if l.State()["hourly_cost_ceiling"] != "0.4" {
					t.Errorf("the ceiling is %v, want 0.4", l.State()["hourly_cost_ceiling"])
				}
				l.Forget()
				if !l.Import(t, id) || l.State()["hourly_cost_ceiling"] != nil {
					t.Errorf("imported, the ceiling is %v: %v", l.State()["hourly_cost_ceiling"], l.Said)
				}
				l.Did(t, l.Apply(t, machines(2, settings{"candidates": []any{from(kecsim.SubnetA)}})), "update")
				var says []string
				if want == 2 {
					says = []string{"WARNING The fleet has 2 of 3 machines"}
				}
				l.Did(t, l.Apply(t, machines(3, settings{"max_hourly_cost": most, "min_capacity": 0})), "update", says...)
				if got := len(each(l, "id")); got != want || len(sim.Instances()) != want {
					t.Errorf("%d machines, want %d", got, want)
				}
			})
		})
	}
}

// The order in which candidates are asked. Those without a price come after those with one, and
// those on demand last, whatever they cost.
func TestFleet_orders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order  any
		prices [2]string
		n      int
		want   []string
	}{
		"as listed":        {nil, [2]string{"0.05", "0.04"}, 4, []string{"a 4 from 1 0.06"}},
		"listed":           {"listed", [2]string{"0.05", "0.04"}, 12, []string{"a 12 from 1 0.06", "b 2 from 11 0.06"}},
		"by price":         {"price", [2]string{"0.05", "0.04"}, 4, []string{"b 4 from 1 0.06"}},
		"by price, turned": {"price", [2]string{"0.04", "0.05"}, 4, []string{"a 4 from 1 0.06"}},
		"as dear":          {"price", [2]string{"0.05", "0.05"}, 4, []string{"a 4 from 1 0.06"}},
		"spread":           {"spread", [2]string{"0.05", "0.04"}, 5, []string{"a 3 from 1 0.06", "b 2 from 4 0.06"}},
		"spread, too many": {"spread", [2]string{"0.05", "0.04"}, 19, []string{"a 10 from 1 0.06", "b 9 from 11 0.06", "a 1 from 19 0.06", "b 1 from 19"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, 10, 8, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, c.prices[0], "0.2")
				sim.SetPrice(kecsim.ZoneB, kecsim.TypeSmall, c.prices[1], "0.2")
				all := machines(c.n, settings{"candidates": []any{lastB(), bidA(), bidB()}, "order": c.order, "max_hourly_cost": "5"})
				if got := l.Apply(t, all); got != "create" {
					t.Errorf("it does %q and says %v", got, l.Said)
				}
				if got := asked(sim); !slices.Equal(got[:min(len(got), len(c.want))], c.want) {
					t.Errorf("the launches are %q, want %q", got, c.want)
				}
			})
		})
	}
}

// A candidate whose price is not known is asked after those whose price is.
func TestFleet_ordersWithoutAPrice(t *testing.T) {
	t.Parallel()
	tell(t, 10, 8, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Block = settings{"preflight": "off"}
		nowhere := from("0b000000-0000-4000-8000-00000000dead", "spot_price_limit", "0.06")
		l.Did(t, l.Apply(t, machines(4, settings{"candidates": []any{nowhere, bidA()}, "order": "price"})), "create")
		launched(t, sim, "a 4 from 1 0.06")
	})
}

// A share of the on-demand price is the limit at the launch, rounded down.
func TestFleet_shareOfThePrice(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.04", "0.19999")
		share := settings{"candidates": []any{from(kecsim.SubnetA, "max_price_share", "0.4")}}
		l.Did(t, l.Apply(t, machines(2, share)), "create")
		launched(t, sim, "a 2 from 1 0.07999")
		if got := each(l, "spot_price_limit"); !slices.Equal(got, []string{"0.07999", "0.07999"}) || l.State()["hourly_cost_ceiling"] != "0.15998" {
			t.Errorf("the limits are %v, together %v", got, l.State()["hourly_cost_ceiling"])
		}
		share["min_capacity"] = 2
		got := l.Apply(t, machines(3, share), func() { sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.09", "0.19999") })
		l.Did(t, got, "update", "WARNING The fleet has 2 of 3 machines | candidates[0]  N3.2B in cn-beijing-6a: 0 of 1. ")
		if !strings.Contains(l.Said[0], "0.07999") || !strings.Contains(l.Said[0], "0.09") {
			t.Errorf("it says %s", l.Said[0])
		}
	})
}

// Where KEC tells no price, a candidate that needs one is not asked, and one that does not is.
func TestFleet_unknownPrices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		candidate settings
		most      any
		want      []string
		why       string
	}{
		"a limit":                {bidA(), "5", []string{"a 1 from 1 0.06"}, ""},
		"it follows":             {from(kecsim.SubnetA), nil, []string{"a 1 from 1"}, ""},
		"it follows, bounded":    {from(kecsim.SubnetA), "5", nil, "The on-demand price of N3.2B is not known, and without it no bid: "},
		"a share":                {from(kecsim.SubnetA, "max_price_share", "0.4"), nil, nil, "The on-demand price of N3.2B is not known, and without it no bid: "},
		"on demand, and bounded": {lastB(), "5", nil, "The on-demand price of E1.2B is not known, and without it no cost: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				l.Block = map[string]any{"preflight": "off"}
				sim.FailNext("DescribeSpotPriceHistory", kecsim.Denied, 1000)
				got := l.Apply(t, machines(1, settings{"candidates": []any{c.candidate}, "max_hourly_cost": c.most}))
				launched(t, sim, c.want...)
				switch {
				case c.why == "":
					l.Did(t, got, "create")
				case got != "" || len(l.Said) != 1 || !strings.Contains(l.Said[0], ": 0 of 1. "+c.why):
					t.Errorf("it does %q and says %v", got, l.Said)
				}
			})
		})
	}
}

// With wait_for_stock an apply looks every half a minute, and orders as soon as a candidate has
// some again. It gives up at the end, to the second.
func TestFleet_waitsForStock(t *testing.T) {
	t.Parallel()
	const vetoed = "WARNING The fleet stays below min_capacity: at least 10 wanted, 3 available | "
	tell(t, 3, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.After(10*time.Minute, func() { sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 4) })
		sim.After(20*time.Minute, func() { sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 5) })
		began := time.Now()
		l.Did(t, l.Apply(t, machines(10, settings{"wait_for_stock": "30m"})), "create", vetoed)
		launched(t, sim, "a 10 from 1 0.06", "b 7 from 4 0.06", "b 7 from 4 0.06", "a 3 from 8 0.06")
		if took := time.Since(began); took < 20*time.Minute || took > 21*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
	tell(t, 3, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		began := time.Now()
		got := l.Apply(t, machines(10, settings{"wait_for_stock": "100s", "min_capacity": 3}))
		l.Did(t, got, "create", "WARNING The fleet stays below target_capacity: 10 wanted, 3 available | ", "WARNING The fleet has 3 of 10 machines | candidates[0]  N3.2B in cn-beijing-6a: 3 of 10. ")
		launched(t, sim, "a 10 from 1 0.06", "b 7 from 4 0.06")
		if took := time.Since(began); took < 100*time.Second || took > 102*time.Second {
			t.Errorf("it took %s", took)
		}
		looks := 0
		for _, call := range sim.Calls() {
			if call.Action == "DescribeKecInventory" && call.At.Sub(began) > 10*time.Second {
				looks++
			}
		}
		if looks != 6 { // for two candidates, each half a minute after the machines run, and at the end
			t.Errorf("it looks %d times, want 6", looks)
		}
	})
}
