package spotfleet_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// 40 machines over stock of 25 and 60: two requests, and nothing to do afterwards.
func TestAccFleet_overTwoZones(t *testing.T) {
	t.Parallel()
	env, w := world(t, 25, 60)
	w.Write(env.Config(fleet(40)))
	w.Apply().Want(t, 0, "Resources: 1 added")
	launches(t, env, 2)
	living(t, env, map[string]int{"a Spot": 25, "b Spot": 15})
	w.Plan().Want(t, 0, "No changes.")
	names := field(t, w, "name")
	slices.Sort(names)
	if len(names) != 40 || names[0] != "web-1" || slices.Contains(names, "") || len(slices.Compact(slices.Clone(names))) != 40 {
		t.Errorf("the names are %v", names)
	}
	for _, in := range env.Sim.Instances() {
		if in.SpotPriceLimit != "0.06" || in.SpotStrategy != "SpotWithPriceLimit" {
			t.Errorf("%s bids %s %s", in.ID, in.SpotStrategy, in.SpotPriceLimit)
		}
	}
	if v := values(t, w); v["hourly_cost_ceiling"] != 2.4 {
		t.Errorf("the ceiling is %v, want 2.4", v["hourly_cost_ceiling"])
	}
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.", "40 are in their protected hour")
	empty(t, env)
}

// Stock that falls between plan and apply: as many as min_capacity are enough, and the warning says
// what each candidate gave.
func TestAccFleet_stockFallsAfterThePlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		preflight, least string
		code             int
		says             []string
		alive            map[string]int
	}{
		"enough": {"error", "30", 0, []string{
			"Warning: The fleet has 30 of 40 machines", "25 of 40", "5 of 15",
		}, map[string]int{"a Spot": 25, "b Spot": 5}},
		"too few, seen before the launch": {"error", "31", 1, []string{
			"Error: The fleet stays below min_capacity: at least 31 wanted, 30 available", "25 of 40", "5 of 15",
		}, nil},
		"too few": {"warn", "31", 1, []string{
			"Error: The fleet is short of machines: 31 wanted at least, 30 got", "25 of 40", "5 of 15",
			"The 30 machines that were got are given back, and nothing is in the state.",
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, w := world(t, 25, 60)
			env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
			w.Write(env.Block("preflight = \""+c.preflight+"\"") + acctest.Expand(fleet(40, set{"min_capacity": c.least})))
			w.Plan("-out=plan").Want(t, 2)
			env.Sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 5)
			w.CLI("apply", "-no-color", "plan").Want(t, c.code, c.says...)
			env.Sim.Advance(time.Minute)
			living(t, env, c.alive)
			if in := len(field(t, w, "id")); in != c.alive["a Spot"]+c.alive["b Spot"] {
				t.Errorf("%d in the state", in)
			}
		})
	}
}

// A living fleet that cannot be filled keeps everything, and the next apply orders what is missing.
func TestAccFleet_cannotBeFilled(t *testing.T) {
	t.Parallel()
	env, w := world(t, 25, 5)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	w.Write(env.Config(fleet(20)))
	w.Apply().Want(t, 0)
	w.Write(env.Config(fleet(40, set{"min_capacity": "31"})))
	w.Plan().Want(t, 1, "Error: The fleet stays below min_capacity: at least 11 wanted, 10 available", "5 of 20", "5 of 15", "destroy -refresh=false")
	w.Write(env.Block(`preflight = "warn"`) + acctest.Expand(fleet(40, set{"min_capacity": "31"})))
	env.Sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 20)
	w.Plan("-out=plan").Want(t, 2)
	env.Sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 5)
	w.CLI("apply", "-no-color", "plan").Want(t, 1, "Error: The fleet is short of machines: 31 wanted at least, 30 there",
		"Everything that there is stays; the next apply orders what is missing.")
	living(t, env, map[string]int{"a Spot": 25, "b Spot": 5})
	env.Sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 20)
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	living(t, env, map[string]int{"a Spot": 25, "b Spot": 15})
	w.Plan().Want(t, 0, "No changes.")
}

// A reclaim of 3 of 40: one warning for all, an update in place, 3 ordered.
func TestAccFleet_reclaim(t *testing.T) {
	t.Parallel()
	env, w := world(t, 25, 60)
	w.Write(env.Config(fleet(40)))
	w.Apply().Want(t, 0)
	env.Sim.Advance(2 * time.Hour)
	ids := field(t, w, "id")
	for _, id := range ids[:3] {
		env.Sim.Reclaim(id)
	}
	w.Plan().Want(t, 0, "Warning: KEC will release 3 of the 40 machines of this fleet", "in 10 minutes",
		"Move their work now; the next apply after the release orders what is missing.")
	w.Apply("-refresh-only").Want(t, 0)
	env.Sim.Advance(15 * time.Minute)
	said := w.Plan().Want(t, 2, "Warning: 3 machines of this fleet are gone", "KEC has released 3:", "0 to add, 1 to change, 0 to destroy")
	if n := strings.Count(said.Text, "Warning: "); n != 1 {
		t.Errorf("%d warnings", n)
	}
	before := env.Sim.Count("RunInstances")
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	if n := env.Sim.Count("RunInstances") - before; n != 1 {
		t.Errorf("%d launches for 3 machines", n)
	}
	if now := field(t, w, "id"); len(now) != 40 || slices.Contains(now, ids[0]) {
		t.Errorf("%d members", len(now))
	}
	w.Plan().Want(t, 0, "No changes.")
}

// With replace_before_release an apply within the ten minutes leaves no moment with fewer machines.
func TestAccFleet_replaceBeforeRelease(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(40, set{"replace_before_release": "true"})))
	w.Apply().Want(t, 0)
	env.Sim.Advance(2 * time.Hour)
	ids := field(t, w, "id")
	for _, id := range ids[:3] {
		env.Sim.Reclaim(id)
	}
	var moments, fewest atomic.Int64
	fewest.Store(40)
	for at := range 15 * 60 {
		env.Sim.After(time.Duration(at)*time.Second, func() {
			running := 0
			for _, in := range env.Sim.Instances() {
				if in.State == "active" {
					running++
				}
			}
			moments.Add(1)
			fewest.Store(min(fewest.Load(), int64(running)))
		})
	}
	w.Apply().Want(t, 0, "KEC will release 3 of the 40 machines of this fleet", "the next apply orders successors at once.")
	if now := field(t, w, "id"); len(now) != 43 {
		t.Errorf("%d members, want 43 until the three are gone", len(now))
	}
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.Advance(15 * time.Minute)
	w.Plan().Want(t, 0, "3 machines of this fleet are gone", "No changes.")
	living(t, env, map[string]int{"a Spot": 40})
	if n, least := moments.Load(), fewest.Load(); n != 15*60 || least != 40 {
		t.Errorf("in %d moments there were at least %d machines, want 40 in 900", n, least)
	}
}

// A size and a bid that are known in the apply only are planned as a change of everything, and then
// carried out.
func TestAccFleet_sizeAndBidKnownLate(t *testing.T) {
	t.Parallel()
	env, w := world(t, 5, 5)
	config := func(size, bid string) string {
		late := set{"target_capacity": "terraform_data.size.output", "candidates": strings.Replace("["+inA+"]", "0.06", "terraform_data.bid.output", 1)}
		return env.Config(fmt.Sprintf("resource \"terraform_data\" \"size\" {\n  input = %s\n}\nresource \"terraform_data\" \"bid\" {\n  input = %s\n}\n", size, bid) +
			fleet(0, late))
	}
	w.Write(config("2", "0.06"))
	w.Apply().Want(t, 0, "Resources: 3 added")
	living(t, env, map[string]int{"a Spot": 2})
	w.Write(config("3", "0.06"))
	w.Plan().Want(t, 2, "~ target_capacity = 2 -> (known after apply)", "] -> (known after apply)")
	w.Apply().Want(t, 0, "0 added, 2 changed, 0 destroyed.")
	living(t, env, map[string]int{"a Spot": 3})
	w.Write(config("3", "0.07"))
	w.Apply().Want(t, 0, "0 added, 2 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	living(t, env, map[string]int{"a Spot": 3})
}

// A smaller fleet ends first what is lost least: machines that KEC takes anyway, stopped ones,
// those on demand, and those whose protected hour is over.
func TestAccFleet_smaller(t *testing.T) {
	t.Parallel()
	env, w := world(t, 3, 0)
	all := set{"candidates": "[" + inA + ", " + onDemand + "]", "max_hourly_cost": "1", "instance_name": ""}
	w.Write(env.Config(fleet(5, all)))
	w.Apply().Want(t, 0)
	living(t, env, map[string]int{"a Spot": 3, "b HourlyInstantSettlement": 2})
	env.Sim.Advance(2 * time.Hour)
	env.Sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 1)
	w.Write(env.Config(fleet(6, all)))
	w.Apply().Want(t, 0)
	var young string
	for _, in := range env.Sim.Instances() {
		if time.Since(in.CreatedAt) < 0 || young == "" || in.CreatedAt.After(time.Time{}) {
			young = in.ID
		}
	}
	taken := env.Sim.Instances()[0].ID
	env.Sim.Reclaim(taken)
	w.Write(env.Config(fleet(2, all)))
	w.Plan().Want(t, 2, "Warning: KEC will release 1 of the 6 machines").Lacks(t, "are in their protected hour")
	w.Apply().Want(t, 0)
	env.Sim.Advance(time.Minute)
	living(t, env, map[string]int{"a Spot": 2})
	if !slices.Contains(field(t, w, "id"), young) || slices.Contains(field(t, w, "id"), taken) {
		t.Errorf("left are %v; %s is the youngest, %s is taken by KEC", field(t, w, "id"), young, taken)
	}
	w.Write(env.Config(fleet(0, all)))
	w.Apply().Want(t, 0)
	env.Sim.Advance(time.Minute)
	living(t, env, nil)
	w.Plan().Want(t, 0, "No changes.")
}

// Names, groups, tags and project change on all machines in place; an image holds for new ones.
func TestAccFleet_changes(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(3, set{"tags": `{ env = "test" }`})))
	w.Apply().Want(t, 0)
	ids := field(t, w, "id")
	changed := set{
		"tags": `{ env = "prod" }`, "instance_name": `"api-"`, "security_group_ids": `["@group", "@group2"]`, "project_id": "100002",
		"image_id": `"@custom"`,
	}
	w.Write(env.Config(fleet(3, changed)))
	w.Plan().Want(t, 2, "0 to add, 1 to change, 0 to destroy", "Warning: Machines of this fleet keep older settings", "3 of the 3 machines")
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	if now := field(t, w, "id"); !slices.Equal(now, ids) {
		t.Errorf("the machines are %v, want %v", now, ids)
	}
	names := field(t, w, "name")
	slices.Sort(names)
	if want := []string{"api-1", "api-2", "api-3"}; !slices.Equal(names, want) {
		t.Errorf("the names are %v, want %v", names, want)
	}
	for _, in := range env.Sim.Instances() {
		if in.ProjectID != 100002 || in.Tags["env"] != "prod" || in.Tags["kec-fleet-id"] == "" || len(in.SecurityGroupIDs) != 2 || in.ImageID != kecsim.ImageUbuntu {
			t.Errorf("%s has project %d, tags %v, groups %v, image %s", in.ID, in.ProjectID, in.Tags, in.SecurityGroupIDs, in.ImageID)
		}
	}
	w.Plan().Want(t, 0, "No changes.", "3 of the 3 machines")
	changed["target_capacity"] = "4"
	w.Write(env.Config(fleet(4, changed)))
	w.Apply().Want(t, 0)
	launches(t, env, 2)
	w.Plan().Want(t, 0, "No changes.", "3 of the 4 machines")
}

// A fleet that is imported takes what KEC does not report from the configuration, and touches no
// machine.
func TestAccFleet_import(t *testing.T) {
	t.Parallel()
	env, w := world(t, 25, 60)
	w.Write(env.Config(fleet(30, set{"tags": `{ env = "test" }`})))
	w.Apply().Want(t, 0)
	id, _ := values(t, w)["id"].(string)
	w.CLI("state", "rm", "kec_spot_fleet.a").Want(t, 0)
	w.CLI("import", "-no-color", "kec_spot_fleet.a", "nonsense").Want(t, 1, "Error: Not a fleet id")
	w.CLI("import", "-no-color", "kec_spot_fleet.a", "00000000-0000-4000-8000-000000000000").Want(t, 1, "Error: No such fleet")
	before := env.Sim.Counts()
	w.CLI("import", "-no-color", "kec_spot_fleet.a", id).Want(t, 0)
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	for _, action := range []string{"RunInstances", "TerminateInstances", "ModifyInstanceAttribute", "ReplaceResourcesTags"} {
		if n := env.Sim.Counts()[action] - before[action]; n > 0 {
			t.Errorf("%d %s", n, action)
		}
	}
	if n := len(field(t, w, "id")); n != 30 {
		t.Errorf("%d members", n)
	}
}

// Bad input is an error before any request.
func TestAccFleet_badInput(t *testing.T) {
	t.Parallel()
	env, w := world(t, 25, 60)
	for name, c := range map[string]struct {
		of   set
		says []string
	}{
		"no candidate":          {set{"candidates": "[]"}, []string{"candidates"}},
		"two alike":             {set{"candidates": "[" + inA + ", " + inA + "]"}, []string{"Error: Two candidates are alike", "candidates[0] and candidates[1]"}},
		"a limit on demand":     {set{"candidates": `[{ instance_type = "N3.2B", subnet_id = "s", on_demand = true, spot_price_limit = 0.1 }]`, "max_hourly_cost": "1"}, []string{"Error: A price limit does not go with on_demand"}},
		"two limits":            {set{"candidates": `[{ instance_type = "N3.2B", subnet_id = "s", max_price_share = 0.5, spot_price_limit = 0.1 }]`}, []string{"Error: Two price limits"}},
		"a share above 1":       {set{"candidates": `[{ instance_type = "N3.2B", subnet_id = "s", max_price_share = 1.5 }]`}, []string{"Error: Not a share of the on-demand price", "1.5"}},
		"min above target":      {set{"min_capacity": "41"}, []string{"Error: min_capacity is above target_capacity", "min_capacity is 41", "40 machines"}},
		"no ceiling":            {set{"candidates": "[" + onDemand + "]"}, []string{"Error: on_demand needs max_hourly_cost"}},
		"a fixed address":       {set{"private_ip_address": `"10.7.0.9"`}, []string{"private_ip_address"}},
		"no type":               {set{"candidates": `[{ subnet_id = "s" }]`}, []string{"Error: A required attribute is missing", "candidates[0] has no instance_type"}},
		"nonsense for the wait": {set{"wait_for_stock": `"soon"`}, []string{"Error: Not a time to wait"}},
	} {
		w.Write(env.Config(fleet(40, c.of)))
		if w.Plan().Want(t, 1, c.says...); t.Failed() {
			t.Fatal(name)
		}
	}
	if n := len(env.Sim.Calls()); n > 0 {
		t.Errorf("%d requests", n)
	}
}
