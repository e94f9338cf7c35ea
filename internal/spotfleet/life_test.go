package spotfleet_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// settings are attributes by name.
type settings = map[string]any

// from is a candidate of type N3.2B in a subnet, with these attributes in addition.
func from(subnet string, pairs ...any) settings {
	c := settings{"instance_type": kecsim.TypeSmall, "subnet_id": subnet}
	for pair := range slices.Chunk(pairs, 2) {
		name, _ := pair[0].(string)
		c[name] = pair[1]
	}
	return c
}

// The candidates of most stories.
func bidA() settings { return from(kecsim.SubnetA, "spot_price_limit", "0.06") }
func bidB() settings { return from(kecsim.SubnetB, "spot_price_limit", "0.06") }
func lastB() settings {
	return from(kecsim.SubnetB, "instance_type", kecsim.TypeEntry, "on_demand", true)
}

// machines is a configuration of n machines of bidA, then bidB, with these attributes in addition.
func machines(n int, more ...settings) settings {
	all := settings{
		"target_capacity": n, "candidates": []any{bidA(), bidB()}, "image_id": kecsim.ImageUbuntu, "security_group_ids": []any{kecsim.SecurityGroup},
		"instance_name": "web-",
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// tell tells a story about a fleet, in a world with prices that the bids meet, and this much stock
// of N3.2B in zones A and B.
func tell(t *testing.T, a, b int, story func(t *testing.T, sim *kecsim.Server, l *acctest.Life)) {
	t.Helper()
	acctest.Bubble(t, "kec_spot_fleet", func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
			sim.SetPrice(zone, kecsim.TypeSmall, "0.04", "0.2")
			sim.SetPrice(zone, kecsim.TypeEntry, "0.03", "0.15")
		}
		sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, a)
		sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, b)
		story(t, sim, l)
	})
}

// asked are the launches that were sent: zone, most machines, first number, limit.
func asked(sim *kecsim.Server) (all []string) {
	for _, call := range sim.Calls() {
		if p := call.Params; call.Action == "RunInstances" {
			zone := map[string]string{kecsim.SubnetA: "a", kecsim.SubnetB: "b"}[p.Get("SubnetId")]
			all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s from %s %s", zone, p.Get("MaxCount"), p.Get("InstanceNameSuffix"), p.Get("SpotPriceLimit"))))
		}
	}
	return all
}

// launched fails the test unless these launches were sent.
func launched(t *testing.T, sim *kecsim.Server, want ...string) {
	t.Helper()
	if got := asked(sim); !slices.Equal(got, want) {
		t.Errorf("the launches are %q, want %q", got, want)
	}
}

// each is one attribute of all members in the state.
func each(l *acctest.Life, name string) (all []string) {
	members, _ := l.State()["members"].([]any)
	for _, m := range members {
		one, _ := m.(map[string]any)
		all = append(all, fmt.Sprint(one[name]))
	}
	return all
}

// holds fails the test unless the state has machines of these names, and no others are alive.
func holds(t *testing.T, sim *kecsim.Server, l *acctest.Life, names ...string) {
	t.Helper()
	got := each(l, "name")
	slices.Sort(got)
	if !slices.Equal(got, names) {
		t.Errorf("the state holds %v, want %v", got, names)
	}
	var alive []string
	for _, in := range sim.Instances() {
		if in.State != "deleting" {
			alive = append(alive, in.ID)
		}
	}
	ids := each(l, "id")
	slices.Sort(ids)
	slices.Sort(alive)
	if !slices.Equal(ids, alive) {
		t.Errorf("alive are %v, in the state %v", alive, ids)
	}
}

// counted is the attribute capacity.
func counted(target, running, reclaimed, missing int) map[string]any {
	return map[string]any{"target": fmt.Sprint(target), "running": fmt.Sprint(running), "being_reclaimed": fmt.Sprint(reclaimed), "missing": fmt.Sprint(missing)}
}

// A fleet over two zones, from its plan to its end.
func TestFleet_life(t *testing.T) {
	t.Parallel()
	tell(t, 3, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		does, plan := l.Plan(t, machines(5))
		l.Did(t, does, "create")
		for _, name := range []string{"id", "members", "capacity", "hourly_cost_ceiling"} {
			if plan[name] != "unknown" {
				t.Errorf("the plan has %s = %v", name, plan[name])
			}
		}
		l.Did(t, l.Apply(t, machines(5)), "create")
		launched(t, sim, "a 5 from 1 0.06", "b 2 from 4 0.06")
		holds(t, sim, l, "web-1", "web-2", "web-3", "web-4", "web-5")
		if got, want := l.State()["capacity"], counted(5, 5, 0, 0); fmt.Sprint(got) != fmt.Sprint(want) || l.State()["hourly_cost_ceiling"] != "0.3" {
			t.Errorf("the counts are %v, at %v, want %v at 0.3", got, l.State()["hourly_cost_ceiling"], want)
		}
		if got, want := each(l, "state"), []string{"active", "active", "active", "active", "active"}; !slices.Equal(got, want) {
			t.Errorf("they are %v", got)
		}
		if got, want := each(l, "availability_zone"), []string{kecsim.ZoneA, kecsim.ZoneA, kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneB}; !slices.Equal(got, want) {
			t.Errorf("they are in %v, want %v", got, want)
		}
		before := len(sim.Calls())
		l.Did(t, l.Apply(t, machines(5)), "nothing")
		for _, call := range sim.Calls()[before:] {
			if call.Action == "RunInstances" || call.Action == "TerminateInstances" {
				t.Errorf("nothing is to be done, and %s is sent", call.Action)
			}
		}
		l.Did(t, l.Apply(t, nil), "delete", "WARNING Destroying this fleet: 5 are in their protected hour")
		holds(t, sim, l)
		if l.State() != nil {
			t.Errorf("the state still holds %v", l.State())
		}
	})
}

// A request asks for a hundred machines at most.
func TestFleet_ofMoreThanAHundred(t *testing.T) {
	t.Parallel()
	tell(t, 201, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.SetQuota(1000)
		sim.SetBalance("100000")
		sim.SetSubnetFree(kecsim.SubnetA, 250)
		l.Did(t, l.Apply(t, machines(202)), "create")
		launched(t, sim, "a 100 from 1 0.06", "a 100 from 101 0.06", "a 2 from 201 0.06", "b 1 from 202 0.06")
	})
}

// Fewer than wanted are a warning where they are enough, and else everything is given back.
func TestFleet_createdShort(t *testing.T) {
	t.Parallel()
	const table = "candidates[0]  N3.2B in cn-beijing-6a: 3 of 5. Out of stock: 2 wanted, 0 available.\n" +
		"candidates[1]  N3.2B in cn-beijing-6b: 1 of 2. Out of stock: 1 wanted, 0 available."
	for least, c := range map[int]struct {
		did, says string
		names     []string
	}{
		4: {"create", "WARNING The fleet has 4 of 5 machines | " + table, []string{"web-1", "web-2", "web-3", "web-4"}},
		5: {"", "ERROR The fleet is short of machines: 5 wanted at least, 4 got | " + table, nil},
	} {
		t.Run(fmt.Sprintf("at least %d", least), func(t *testing.T) {
			t.Parallel()
			tell(t, 3, 2, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				// Of the two in zone B one is gone before the apply.
				got := l.Apply(t, machines(5, settings{"min_capacity": least}), func() { sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 1) })
				l.Did(t, got, c.did, c.says)
				launched(t, sim, "a 5 from 1 0.06", "b 2 from 4 0.06")
				holds(t, sim, l, c.names...)
				switch last := l.Said[0][strings.LastIndex(l.Said[0], table)+len(table):]; {
				case c.names == nil && l.State() != nil:
					t.Errorf("the state holds %v", l.State())
				case c.names == nil && !strings.Contains(last, "The 4 machines that were got are given back, and nothing is in the state."):
					t.Errorf("it says %s", last)
				case c.names != nil && fmt.Sprint(l.State()["capacity"]) != fmt.Sprint(counted(5, 4, 0, 1)):
					t.Errorf("the counts are %v", l.State()["capacity"])
				}
			})
		})
	}
}

// What a failed creation cannot give back stays in the state, and the next destroy ends it.
func TestFleet_cannotBeGivenBack(t *testing.T) {
	t.Parallel()
	tell(t, 3, 5, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		locked := ""
		got := l.Apply(t, machines(5), func() {
			sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 0)
			sim.After(10*time.Second, func() {
				locked = sim.Instances()[1].ID
				sim.RefuseTerminate(locked, "locked by the operator")
			})
		})
		l.Did(t, got, "", "ERROR The fleet is short of machines: 5 wanted at least, 3 got")
		if !strings.Contains(l.Said[0], "1 of the 3 machines that were got could not be given back. They are in the state; the next apply or destroy ends them. web-2 ("+locked+"): ") ||
			!strings.Contains(l.Said[0], "locked by the operator") {
			t.Errorf("it says %s", l.Said[0])
		}
		holds(t, sim, l, "web-2")
		sim.RefuseTerminate(locked, "")
		l.Did(t, l.Apply(t, nil), "delete", "WARNING Destroying this fleet: 1 are in their protected hour")
		holds(t, sim, l)
	})
}

// An update orders what is missing, keeps what there is where KEC has too little, and ends what is
// too many, and the plan says so before.
func TestFleet_resized(t *testing.T) {
	t.Parallel()
	tell(t, 2, 2, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(2)), "create")
		does, plan := l.Plan(t, machines(3))
		l.Did(t, does, "update")
		if plan["members"] != "unknown" || plan["capacity"] != "unknown" || plan["hourly_cost_ceiling"] != "unknown" {
			t.Errorf("the plan has %v", plan)
		}
		got := l.Apply(t, machines(4), func() { sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 1) })
		l.Did(t, got, "", "ERROR The fleet is short of machines: 4 wanted at least, 3 there")
		if !strings.Contains(l.Said[0], "Everything that there is stays; the next apply orders what is missing.") {
			t.Errorf("it says %s", l.Said[0])
		}
		holds(t, sim, l, "web-1", "web-2", "web-3")
		launched(t, sim, "a 2 from 1 0.06", "a 2 from 3 0.06", "b 2 from 3 0.06")

		time.Sleep(2 * time.Hour)
		l.Did(t, l.Apply(t, machines(1)), "update") // no hour is protected any more
		holds(t, sim, l, "web-1")
		l.Did(t, l.Apply(t, machines(0)), "update")
		holds(t, sim, l)
		if fmt.Sprint(l.State()["capacity"]) != fmt.Sprint(counted(0, 0, 0, 0)) || l.State()["hourly_cost_ceiling"] != "0" {
			t.Errorf("an empty fleet is %v", l.State())
		}
	})
}

// What is given to every machine: the password, which no state holds, and an address of its own.
func TestFleet_loginAndAddress(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		with := func(n int, password string) settings {
			return machines(n, settings{"password_wo": password, "eip": settings{"line_id": "l-1", "bandwidth_mbps": 5, "charge_type": "Daily"}})
		}
		l.Did(t, l.Apply(t, with(1, "Correct-Horse-1")), "create")
		l.Did(t, l.Apply(t, with(2, "Correct-Horse-2")), "update")
		for i, in := range sim.Instances() {
			if in.Password != fmt.Sprintf("Correct-Horse-%d", i+1) || in.PublicIP == "" || in.PublicIP != each(l, "public_ip")[i] {
				t.Errorf("machine %d has the password %s and the address %s, in the state %v", i+1, in.Password, in.PublicIP, each(l, "public_ip"))
			}
		}
		if l.State()["password_wo"] != nil {
			t.Error("the state holds a password")
		}
	})
}

// A fleet of none is a fleet, and the plan of the first machine is held against the stock.
func TestFleet_ofNone(t *testing.T) {
	t.Parallel()
	tell(t, 0, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(0)), "create")
		if state := l.State(); fmt.Sprint(state["members"]) != "[]" || fmt.Sprint(state["capacity"]) != fmt.Sprint(counted(0, 0, 0, 0)) || state["id"] == nil {
			t.Errorf("the state holds %v", state)
		}
		l.Did(t, l.Apply(t, machines(0)), "nothing")
		does, _ := l.Plan(t, machines(1))
		l.Did(t, does, "", "ERROR The fleet stays below min_capacity: at least 1 wanted, 0 available | ")
		launched(t, sim)
	})
}

// What is not known yet is decided by the apply, and nothing is asked for it.
func TestFleet_notKnownYet(t *testing.T) {
	t.Parallel()
	tell(t, 0, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		for _, name := range []string{"target_capacity", "candidates"} {
			does, plan := l.Plan(t, machines(1, settings{name: tftypes.UnknownValue}))
			if l.Did(t, does, "create"); plan["members"] != "unknown" || plan["capacity"] != "unknown" || len(sim.Calls()) > 0 {
				t.Errorf("without %s the plan has %v after %d requests", name, plan, len(sim.Calls()))
			}
		}
	})
}
