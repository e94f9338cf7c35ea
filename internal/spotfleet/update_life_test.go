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

// sent are the calls of an action since a place in the list of calls, by one parameter.
func sent(sim *kecsim.Server, since int, action, parameter string) (all []string) {
	for _, call := range sim.Calls()[since:] {
		if call.Action == action {
			all = append(all, call.Params.Get(parameter))
		}
	}
	slices.Sort(all)
	return all
}

// Names, groups, tags and project change in place on all machines, each with one call where it is
// needed, and an image holds for new ones.
func TestFleet_changesInPlace(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(2, settings{"tags": settings{"env": "a", "team": "x"}})), "create")
		ids := each(l, "id")
		wanted := settings{"tags": settings{"env": "a", "team": "x"}}
		for _, c := range []struct {
			name   string
			value  any
			action string
			more   []string // of the machines
		}{
			{"instance_name", "api-", "ModifyInstanceAttribute", []string{"api-1", "api-2"}},
			{"security_group_ids", []any{kecsim.SecurityGroup, kecsim.SecurityGroup2}, "ModifyNetworkInterfaceAttribute", []string{"api-1", "api-2"}},
			{"tags", settings{"env": "b"}, "ReplaceResourcesTags", []string{"api-1", "api-2"}},
			{"project_id", kecsim.ProjectB, "UpdateInstanceProjectId", []string{"api-1", "api-2"}},
		} {
			wanted[c.name] = c.value
			since := len(sim.Calls())
			l.Did(t, l.Apply(t, machines(2, wanted)), "update")
			changes := 0
			for _, call := range sim.Calls()[since:] {
				if !strings.HasPrefix(call.Action, "Describe") && !strings.HasPrefix(call.Action, "List") && !strings.HasPrefix(call.Action, "Get") {
					changes++
				}
			}
			if n := len(sent(sim, since, c.action, "")); n != 2 || changes != 2 {
				t.Errorf("%s: %d %s of %d changes, want 2 of 2", c.name, n, c.action, changes)
			}
			holds(t, sim, l, c.more...)
			l.Did(t, l.Apply(t, machines(2, wanted)), "nothing")
		}
		for _, in := range sim.Instances() {
			if _, team := in.Tags["team"]; in.ProjectID != kecsim.ProjectB || in.Tags["env"] != "b" || team || in.Tags["kec-fleet-id"] == "" || len(in.SecurityGroupIDs) != 2 {
				t.Errorf("%s has project %d, tags %v, groups %v", in.ID, in.ProjectID, in.Tags, in.SecurityGroupIDs)
			}
		}
		if got := each(l, "id"); !slices.Equal(got, ids) {
			t.Errorf("the machines are %v, want %v", got, ids)
		}
		wanted["image_id"] = kecsim.ImageCustom
		const older = "WARNING Machines of this fleet keep older settings | 2 of the %d machines were launched with another image, "
		l.Did(t, l.Apply(t, machines(2, wanted)), "update", fmt.Sprintf(older, 2))
		l.Did(t, l.Apply(t, machines(3, wanted)), "update", fmt.Sprintf(older, 2))
		l.Did(t, l.Apply(t, machines(3, wanted)), "nothing", fmt.Sprintf(older, 3))
		time.Sleep(2 * time.Hour)
		does, _ := l.Plan(t, machines(1, wanted)) // which ends two: all that are left are as they are wanted
		l.Did(t, does, "update")
	})
}

// A change that KEC refuses on one machine keeps what was done on the others, and the next apply
// goes on with that one.
func TestFleet_aChangeFails(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(3)), "create")
		sim.FailNext("ModifyNetworkInterfaceAttribute", kecsim.Fault{Status: 400, Code: "SecurityGroupIdInvalid", Message: "not now"}, 1)
		wanted := settings{"security_group_ids": []any{kecsim.SecurityGroup2}, "instance_name": "api-"}
		got := l.Apply(t, machines(4, wanted))
		if got != "" || len(l.Said) != 1 || !strings.Contains(l.Said[0], "Machines that were changed before this keep the change; the next apply goes on with the others.") ||
			!strings.Contains(l.Said[0], "not now") {
			t.Errorf("it does %q and says %v", got, l.Said)
		}
		if n := len(each(l, "id")); n != 3 || l.State()["instance_name"] != "web-" {
			t.Errorf("the state holds %d machines named %v", n, l.State()["instance_name"])
		}
		since := len(sim.Calls())
		l.Did(t, l.ApplyStale(t, machines(4, wanted)), "update", "WARNING Machines of this fleet differ | Not all of the 3 machines have the same security groups, project and tags: ")
		if n := len(sent(sim, since, "ModifyNetworkInterfaceAttribute", "")); n != 1 {
			t.Errorf("%d calls, want 1 for the machine that lacks it", n)
		}
		holds(t, sim, l, "api-1", "api-2", "api-3", "api-4")
		l.Did(t, l.Apply(t, machines(4, wanted)), "nothing")
	})
}

// What somebody changes on one machine is drift where the fleet manages it, and is set right on
// that one.
func TestFleet_driftOfOne(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		all := machines(3, settings{"tags": settings{"env": "prod"}})
		l.Did(t, l.Apply(t, all), "create")
		for i, id := range each(l, "id") {
			sim.Edit(id, func(in *kecsim.Instance) { in.Tags["owner"] = "someone" })
			l.Did(t, l.Apply(t, all), "nothing")
			sim.Edit(id, func(in *kecsim.Instance) { in.Tags["env"] = "test" })
			since := len(sim.Calls())
			l.Did(t, l.Apply(t, all), "update", "WARNING Machines of this fleet differ | ")
			if n := len(sent(sim, since, "ReplaceResourcesTags", "")); n != 1 {
				t.Errorf("machine %d: %d calls, want 1", i, n)
			}
			if in, _ := sim.Instance(id); in.Tags["env"] != "prod" || in.Tags["owner"] != "someone" {
				t.Errorf("machine %d has the tags %v", i, in.Tags)
			}
		}
		l.Did(t, l.Apply(t, all), "nothing")
	})
}

// A reclaim is announced once for all, and what is gone is told once and ordered anew.
func TestFleet_reclaims(t *testing.T) {
	t.Parallel()
	for before, c := range map[bool]struct {
		next  string
		did   string
		names []string // after an apply in the ten minutes
	}{
		false: {"the next apply after the release orders what is missing.", "update", []string{"web-1", "web-2", "web-3"}},
		true:  {"the next apply orders successors at once.", "update", []string{"web-1", "web-2", "web-3", "web-4"}},
	} {
		t.Run(fmt.Sprint(before), func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				all := machines(3, settings{"replace_before_release": before})
				l.Did(t, l.Apply(t, all), "create")
				time.Sleep(2 * time.Hour)
				sim.Reclaim(each(l, "id")[0])
				got := l.Apply(t, all)
				if len(l.Said) != 1 || !strings.HasPrefix(l.Said[0], "WARNING KEC will release 1 of the 3 machines of this fleet | web-1 (") || !strings.HasSuffix(l.Said[0], c.next) {
					t.Errorf("it does %q and says %v", got, l.Said)
				}
				holds(t, sim, l, c.names...)
				if got := l.State()["capacity"]; fmt.Sprint(got) != fmt.Sprint(counted(3, len(c.names), 1, 0)) {
					t.Errorf("the counts are %v", got)
				}
				time.Sleep(15 * time.Minute)
				want := "update"
				if before {
					want = "nothing"
				}
				l.Did(t, l.Apply(t, all), want, "WARNING A machine of this fleet is gone | KEC has released 1:\nweb-1 (")
				if n := len(each(l, "id")); n != 3 || sim.Count("RunInstances") != 2 {
					t.Errorf("%d machines after %d launches, want 3 after 2", n, sim.Count("RunInstances"))
				}
			})
		})
	}
}

// A member that a view which lags may hide stays, and goes first where the fleet shrinks.
func TestFleet_hidden(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(3)), "create")
		first := each(l, "id")[0]
		sim.Release(first) // its launch is so young that its absence proves nothing yet
		time.Sleep(10 * time.Second)
		l.Did(t, l.Apply(t, machines(3)), "nothing")
		l.Did(t, l.Apply(t, machines(2)), "update", "WARNING Ending 1 of the 3 machines of this fleet: 1 are in their protected hour | ")
		if got := each(l, "id"); len(got) != 2 || slices.Contains(got, first) {
			t.Errorf("the members are %v", got)
		}
	})
}

// A fleet that is imported takes in all machines with its tag, and touches none.
func TestFleet_imported(t *testing.T) {
	t.Parallel()
	tell(t, 2, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		all := machines(3, settings{"tags": settings{"env": "test"}})
		l.Did(t, l.Apply(t, all), "create")
		id := fmt.Sprint(l.State()["id"])
		l.Forget()
		if l.Import(t, "nonsense") || len(l.Said) != 1 || !strings.HasPrefix(l.Said[0], "ERROR Not a fleet id | \"nonsense\" is no UUID.") {
			t.Errorf("it says %v", l.Said)
		}
		if l.Import(t, "00000000-0000-4000-8000-000000000000") || len(l.Said) != 1 ||
			!strings.HasPrefix(l.Said[0], "ERROR No such fleet | KEC shows no machine with the tag kec-fleet-id = 00000000-0000-4000-8000-000000000000 in cn-beijing-6, at ") {
			t.Errorf("it says %v", l.Said)
		}
		if !l.Import(t, id) {
			t.Fatal(l.Said)
		}
		holds(t, sim, l, "web-1", "web-2", "web-3")
		since := len(sim.Calls())
		l.Did(t, l.Apply(t, all), "update")
		for _, action := range []string{"RunInstances", "TerminateInstances", "ModifyInstanceAttribute", "ReplaceResourcesTags"} {
			if n := len(sent(sim, since, action, "")); n > 0 {
				t.Errorf("%d %s", n, action)
			}
		}
		l.Did(t, l.Apply(t, all), "nothing")
	})
}

// A fleet of one machine is imported by it, and the rules of a configuration hold for it too.
func TestFleet_importedWithOneMachine(t *testing.T) {
	t.Parallel()
	tell(t, 2, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(1)), "create")
		id := fmt.Sprint(l.State()["id"])
		l.Forget()
		if !l.Import(t, id) {
			t.Fatal(l.Said)
		}
		holds(t, sim, l, "web-1")
		l.Did(t, l.Apply(t, machines(1, settings{"min_capacity": 2})), "",
			"ERROR min_capacity is above target_capacity | min_capacity is 2, and the fleet is to have 1 machines.")
		l.Did(t, l.Apply(t, machines(1)), "update")
		l.Did(t, l.Apply(t, machines(1)), "nothing")
	})
}

// A machine of a run that was killed bears the fleet's tag, and is taken in.
func TestFleet_takesIn(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(1)), "create")
		time.Sleep(10 * time.Minute)
		sim.AddInstance(kecsim.Instance{
			Type: kecsim.TypeSmall, SubnetID: kecsim.SubnetA, ChargeType: "Spot", SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: "0.06",
			ImageID: kecsim.ImageUbuntu, Name: "web-7", Tags: map[string]string{"kec-fleet-id": fmt.Sprint(l.State()["id"])},
			SecurityGroupIDs: []string{kecsim.SecurityGroup}, CreatedAt: sim.Now(),
		})
		l.Did(t, l.Apply(t, machines(3)), "update")
		launched(t, sim, "a 1 from 1 0.06", "a 1 from 2 0.06")
		holds(t, sim, l, "web-1", "web-2", "web-7")
	})
}

// What cannot be ended stays in the state, with KEC's words, by a destroy and by a smaller fleet.
func TestFleet_cannotBeEnded(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, machines(3)), "create")
		time.Sleep(2 * time.Hour)
		locked := each(l, "id")[2]
		sim.RefuseTerminate(locked, "locked by the operator")
		left := func(doing, note string, config settings) {
			t.Helper()
			if got := l.Apply(t, config); got != "" || len(l.Said) != 1 || !strings.Contains(l.Said[0], note) || !strings.Contains(l.Said[0], "locked by the operator") {
				t.Errorf("%s: it does %q and says %v", doing, got, l.Said)
			}
			holds(t, sim, l, each(l, "name")...)
		}
		left("smaller", "That is about web-3 ("+locked+"). 1 of the 2 machines that were to go are left, and stay in the state.", machines(1))
		holds(t, sim, l, "web-1", "web-3")
		left("destroyed", "That is about web-3 ("+locked+"). 1 of the 2 machines that were to go are left, and stay in the state.", nil)
		holds(t, sim, l, "web-3")
		if got := l.State()["capacity"]; fmt.Sprint(got) != fmt.Sprint(counted(1, 1, 0, 0)) {
			t.Errorf("the counts are %v", got)
		}
		sim.RefuseTerminate(locked, "")
		l.Did(t, l.Apply(t, nil), "delete")
		holds(t, sim, l)
	})
}

// Another region, and the keys of another account, show nothing of a fleet: nothing is forgotten,
// ended or bought.
func TestFleet_elsewhere(t *testing.T) {
	t.Parallel()
	const foreign, rotated, secret = "AKLTforeign000far3", "AKLTsecond0000new2", "secret-of-all-keys"
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.AddAccount(foreign, secret)
		sim.AddKey(rotated, secret, "")
		l.Did(t, l.Apply(t, machines(2)), "create")
		time.Sleep(10 * time.Minute)
		id := fmt.Sprint(l.State()["id"])
		for _, c := range []struct {
			block settings
			says  string
		}{
			{settings{"region": kecsim.Region2}, "ERROR The fleet is in another region | The fleet \"web-\" (" + id + ") is in the region cn-beijing-6; the provider works in cn-shanghai-2.\n\n" +
				"Use a provider for its region, or destroy it there first."},
			{settings{"access_key": foreign, "secret_key": secret}, "ERROR The fleet is not seen with these keys | 2 of the machines of the fleet \"web-\" (" + id + ") were last seen at "},
			{settings{"access_key": foreign, "secret_key": secret, "endpoint": "https://127.0.0.1:1"}, "ERROR The fleet is not seen at this endpoint | 2 of the machines of "},
		} {
			l.Block = c.block
			for _, config := range []settings{machines(2), machines(3), nil} {
				l.Did(t, l.Apply(t, config), "", c.says)
				if config == nil && c.block["region"] == nil {
					l.Did(t, l.ApplyStale(t, config), "", "WARNING Destroying this fleet: 2 are in their protected hour", c.says)
				} else if config["target_capacity"] != 2 {
					l.Did(t, l.ApplyStale(t, config), "", c.says)
				}
			}
			holds(t, sim, l, "web-1", "web-2")
		}
		launched(t, sim, "a 2 from 1 0.06")

		sim.Release(each(l, "id")[0])
		l.Block = settings{"access_key": rotated, "secret_key": secret}
		l.Did(t, l.Apply(t, machines(2)), "update", "WARNING A machine of this fleet is gone | 1 no longer exist: ")
		l.Did(t, l.Apply(t, machines(2)), "nothing")
	})
}
