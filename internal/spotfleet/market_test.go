package spotfleet_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// max_hourly_cost bounds what is bought, at the plan and whatever the market does until the apply.
func TestAccFleet_ceiling(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(40, set{"max_hourly_cost": "1.79", "min_capacity": "30"})))
	w.Plan().Want(t, 1, "Error: max_hourly_cost allows 29 machines, and at least 30 are wanted",
		"max_hourly_cost is 1.79 CNY per hour. The cheapest machine is that of candidates[0], 0.06 an hour at most: 29 of the 40 that are wanted fit under it, beside 0 that cost 0.",
		"Code: FleetTooDear", "Retry: after a change")
	w.Write(env.Config(fleet(40, set{"max_hourly_cost": "1.8", "min_capacity": "30"})))
	w.Apply().Want(t, 0, "Warning: max_hourly_cost allows 30 of 40 machines", "Warning: The fleet has 30 of 40 machines",
		"max_hourly_cost is 1.8; the machines cost up to 1.8, and one more 0.06.")
	living(t, env, map[string]int{"a Spot": 30})

	// Machines without a limit count with the on-demand price, at the launch.
	follow := set{"candidates": `[{ instance_type = "N3.2B", subnet_id = "@subnet_a" }]`, "max_hourly_cost": "8", "min_capacity": "0"}
	env, w = world(t, 60, 60)
	w.Write(env.Config(fleet(40, follow)))
	w.Plan("-out=plan").Want(t, 2).Lacks(t, "Warning")
	env.Sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.04", "0.4")
	w.CLI("apply", "-no-color", "plan").Want(t, 0, "Warning: The fleet has 20 of 40 machines", "max_hourly_cost is 8; the machines cost up to 8, and one more 0.4.")
	living(t, env, map[string]int{"a Spot": 20})
	if v := values(t, w); v["hourly_cost_ceiling"] != float64(8) {
		t.Errorf("the ceiling is %v, want 8", v["hourly_cost_ceiling"])
	}
	follow["max_hourly_cost"] = "5"
	w.Write(env.Config(fleet(20, follow)))
	w.Plan().Want(t, 1, "Error: The fleet costs more than max_hourly_cost", "max_hourly_cost is 5 CNY per hour; the 20 machines that stay cost up to 8.")
	w.Write(env.Config(fleet(12, follow)))
	w.Apply().Want(t, 0)
	env.Sim.Advance(time.Minute)
	living(t, env, map[string]int{"a Spot": 12})
}

// The orders in which candidates are asked; those on demand come last.
func TestAccFleet_order(t *testing.T) {
	t.Parallel()
	three := "[" + onDemand + ", " + inA + ", " + inB + "]"
	for order, c := range map[string]struct {
		prices [2]string
		want   map[string]int
	}{
		"listed": {[2]string{"0.05", "0.04"}, map[string]int{"a Spot": 10, "b Spot": 8, "b HourlyInstantSettlement": 2}},
		"price":  {[2]string{"0.05", "0.04"}, map[string]int{"a Spot": 10, "b Spot": 8, "b HourlyInstantSettlement": 2}},
		"spread": {[2]string{"0.05", "0.04"}, map[string]int{"a Spot": 10, "b Spot": 8, "b HourlyInstantSettlement": 2}},
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			env, w := world(t, 10, 8)
			env.Sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, c.prices[0], "0.2")
			env.Sim.SetPrice(kecsim.ZoneB, kecsim.TypeSmall, c.prices[1], "0.2")
			first := map[string]map[string]int{
				"listed": {"a Spot": 6}, "price": {"b Spot": 6}, "spread": {"a Spot": 3, "b Spot": 3},
			}[order]
			all := set{"candidates": three, "order": fmt.Sprintf("%q", order), "max_hourly_cost": "5"}
			w.Write(env.Config(fleet(6, all)))
			w.Apply().Want(t, 0)
			living(t, env, first)
			w.Write(env.Config(fleet(20, all)))
			w.Apply().Want(t, 0)
			living(t, env, c.want)
			w.Plan().Want(t, 0, "No changes.")
		})
	}
}

// max_price_share is resolved at the launch, rounded down, and follows the on-demand price.
func TestAccFleet_share(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	env.Sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.04", "0.19999")
	w.Write(env.Config(fleet(2, set{"candidates": `[{ instance_type = "N3.2B", subnet_id = "@subnet_a", max_price_share = 0.4 }]`})))
	w.Apply().Want(t, 0)
	for _, in := range env.Sim.Instances() {
		if in.SpotPriceLimit != "0.07999" {
			t.Errorf("the limit is %s, want 0.07999", in.SpotPriceLimit)
		}
	}
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.09", "0.19999")
	w.Write(env.Config(fleet(3, set{"candidates": `[{ instance_type = "N3.2B", subnet_id = "@subnet_a", max_price_share = 0.4 }]`, "min_capacity": "2"})))
	w.Apply().Want(t, 0, "Warning: The fleet has 2 of 3 machines", "candidates[0]", "0 of 1", "0.09", "0.07999")
}

// With wait_for_stock an apply looks until there is some, and orders what fits as it appears.
func TestAccFleet_waits(t *testing.T) {
	t.Parallel()
	env, w := world(t, 3, 0)
	env.Decides(t, "InventoryOfOthers", "a fleet that waits for stock orders at each look, and KEC refuses")
	w.Write(env.Config(fleet(10, set{"wait_for_stock": `"30m"`})))
	w.Plan("-out=plan").Want(t, 2)
	env.Sim.After(10*time.Minute, func() { env.Sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 4) })
	env.Sim.After(20*time.Minute, func() { env.Sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 5) })
	w.CLI("apply", "-no-color", "plan").Want(t, 0, "Resources: 1 added")
	living(t, env, map[string]int{"a Spot": 6, "b Spot": 4})
	launches(t, env, 4) // 3 and a refusal, then 4, then 3

	env, w = world(t, 3, 0)
	env.Decides(t, "InventoryOfOthers", "a fleet that waits for stock orders at each look, and KEC refuses")
	w.Write(env.Config(fleet(10, set{"wait_for_stock": `"30m"`})))
	began := env.Sim.Now()
	w.Apply().Want(t, 1, "Error: The fleet is short of machines: 10 wanted at least, 3 got", "The 3 machines that were got are given back")
	if took := env.Sim.Now().Sub(began); took < 30*time.Minute || took > 35*time.Minute {
		t.Errorf("it took %s", took)
	}
	empty(t, env)
}
