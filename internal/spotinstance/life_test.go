package spotinstance_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// settings are attributes by name.
type settings = map[string]any

// worker is a configuration of a machine, with these attributes in addition.
func worker(more ...settings) settings {
	all := settings{
		"instance_type": kecsim.TypeSmall, "image_id": kecsim.ImageUbuntu, "subnet_id": kecsim.SubnetA, "security_group_ids": []any{kecsim.SecurityGroup},
		"instance_name": "worker",
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	return all
}

// keptDisk is a data disk that outlives the machine.
func keptDisk() settings {
	return settings{"data_disks": []any{settings{"type": "EHDD", "size_gib": 60, "delete_with_instance": false}}}
}

// tell tells a story about one machine.
func tell(t *testing.T, story func(t *testing.T, sim *kecsim.Server, l *acctest.Life)) {
	t.Helper()
	acctest.Bubble(t, "kec_spot_instance", story)
}

// says fails the test unless a part of what was said last is there.
func says(t *testing.T, l *acctest.Life, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if all := strings.Join(l.Said, "\n"); !strings.Contains(all, part) {
			t.Errorf("it says\n%s\nand not %s", all, part)
		}
	}
}

// sent are the calls that change something, since a place in the list of calls.
func sent(sim *kecsim.Server, since int) (all []string) {
	for _, call := range sim.Calls()[since:] {
		if !strings.HasPrefix(call.Action, "Describe") && !strings.HasPrefix(call.Action, "List") && !strings.HasPrefix(call.Action, "Get") && !strings.HasPrefix(call.Action, "Query") {
			all = append(all, call.Action)
		}
	}
	return all
}

// owns fails the test unless the state holds a machine that is the only one alive, in this state of
// KEC's.
func owns(t *testing.T, sim *kecsim.Server, l *acctest.Life, state string) kecsim.Instance {
	t.Helper()
	all := sim.Instances()
	if len(all) != 1 || all[0].State != state || all[0].ID != l.State()["id"] {
		t.Fatalf("the state holds %v, and there are %+v, want one that is %s", l.State()["id"], all, state)
	}
	return all[0]
}

// none fails the test unless nothing is in the state and nothing is alive.
func none(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
	t.Helper()
	time.Sleep(time.Minute)
	if all := sim.Instances(); l.State() != nil || len(all) > 0 {
		t.Errorf("the state holds %v, and there are %+v", l.State(), all)
	}
}

const title = "worker (" + firstID + ")"

// A machine from its plan to its end.
func TestInstance_life(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		does, plan := l.Plan(t, worker())
		l.Did(t, does, "create")
		if plan["id"] != "unknown" || plan["spot_strategy"] != "SpotAsPriceGo" {
			t.Errorf("the plan has %v", plan)
		}
		_, plan = l.Plan(t, worker(settings{"spot_price_limit": "0.1"}))
		if plan["spot_strategy"] != "SpotWithPriceLimit" {
			t.Errorf("the plan has %v", plan)
		}
		l.Did(t, l.Apply(t, worker()), "create")
		owns(t, sim, l, "active")
		state := l.State()
		for name, want := range map[string]any{
			"state": "active", "availability_zone": kecsim.ZoneA, "spot_price_limit": nil, "deletion_protection": false, "project_id": "0",
			"created_at": "2000-01-01T00:00:00Z", "protected_until": "2000-01-01T01:00:00Z", "recycling_time": nil, "public_ip": nil,
		} {
			if name != "created_at" && name != "protected_until" && state[name] != want {
				t.Errorf("%s is %v, want %v", name, state[name], want)
			}
		}
		l.Did(t, l.Apply(t, worker()), "nothing")
		time.Sleep(10 * time.Minute)
		l.Did(t, l.Apply(t, nil), "delete", "WARNING Destroying a spot instance in its protected hour | "+title+" is protected until "+fmt.Sprint(state["protected_until"])+
			", 50 minutes from now: KEC does not release it before, whatever the market does. A new launch may find no stock or a higher price.")
		none(t, sim, l)
	})
}

// The time of the update ends while the machine is down: it is started all the same.
func TestInstance_updateOutOfTime(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, worker(settings{"key_ids": []any{kecsim.KeyA}})), "create")
		since := len(sim.Calls())
		sim.Update(func(s *kecsim.Settings) { s.Stop = 0 })
		sim.FailNext("DetachKey", kecsim.Fault{Slow: time.Minute}, 1)
		config := worker(settings{"key_ids": []any{kecsim.KeyB}, "timeouts": settings{"update": "4s"}})
		l.Did(t, l.Apply(t, config), "", "WARNING This update interrupts", "ERROR KEC did not get there in time")
		says(t, l, "DetachKey", "Code: DeadlineExceeded")
		owns(t, sim, l, "active")
		if calls := slices.Compact(sent(sim, since)); !slices.Equal(calls, []string{"ReplaceResourcesTags", "StopInstances", "AttachKey", "DetachKey", "StartInstances", "ReplaceResourcesTags"}) {
			t.Errorf("the calls are %v", calls)
		}
	})
}

// Everything that changes in place is one call, in an order that disturbs the machine last.
func TestInstance_changes(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		before := settings{
			"host_name": "worker-1", "key_ids": []any{kecsim.KeyA}, "tags": settings{"env": "prod"}, "iam_role_name": "reader", "data_guard_id": "guard-1",
			"secondary_network_interfaces": []any{settings{"subnet_id": kecsim.SubnetA, "security_group_ids": []any{kecsim.SecurityGroup}}},
		}
		l.Did(t, l.Apply(t, worker(before)), "create")
		wanted := worker(before)
		in2 := []any{settings{"subnet_id": kecsim.SubnetA, "security_group_ids": []any{kecsim.SecurityGroup2}}}
		for _, c := range []struct {
			name  string
			value any
			calls []string
			says  []string
		}{
			{"instance_name", "worker-2", []string{"ModifyInstanceAttribute"}, nil},
			{"security_group_ids", []any{kecsim.SecurityGroup2}, []string{"ModifyNetworkInterfaceAttribute"}, nil},
			{"secondary_network_interfaces", in2, []string{"ModifyNetworkInterfaceAttribute"}, nil},
			{"tags", settings{"env": "test"}, []string{"ReplaceResourcesTags"}, nil},
			{"auto_delete_time", "2000-01-03T00:00:00Z", []string{"ModifyInstanceAutoDeleteTime"}, nil},
			{"auto_delete_time", nil, []string{"ModifyInstanceAutoDeleteTime"}, nil},
			{"deletion_protection", true, []string{"SetInstanceResourceProtect"}, nil},
			{"deletion_protection", false, []string{"SetInstanceResourceProtect"}, nil},
			{"project_id", kecsim.ProjectB, []string{"UpdateInstanceProjectId"}, nil},
			{"iam_role_name", "writer", []string{"AttachInstancesIamRole"}, nil},
			{"iam_role_name", nil, []string{"DetachInstancesIamRole"}, nil},
			{"data_guard_id", "guard-2", []string{"RemoveVmFromDataGuard", "AddVmIntoDataGuard"}, nil},
			{"data_guard_id", nil, []string{"RemoveVmFromDataGuard"}, nil},
			{"data_guard_id", "guard-3", []string{"AddVmIntoDataGuard"}, nil},
			{"host_name", "worker-2", []string{"ModifyInstanceAttribute", "RebootInstances"}, []string{"WARNING This update interrupts the spot instance | worker-2 (" + firstID +
				") is running, and KEC needs it down for a moment to change host_name (restarted). It ends in the state it has now."}},
			{"key_ids", []any{kecsim.KeyB}, []string{"ReplaceResourcesTags", "StopInstances", "AttachKey", "DetachKey", "StartInstances", "ReplaceResourcesTags"},
				[]string{"WARNING This update interrupts the spot instance | worker-2 (" + firstID + ") is running, and KEC needs it down for a moment to change key_ids (stopped and started)."}},
			{"key_ids", []any{kecsim.KeyA, kecsim.KeyB}, []string{"ReplaceResourcesTags", "StopInstances", "AttachKey", "StartInstances", "ReplaceResourcesTags"},
				[]string{"WARNING This update interrupts the spot instance | "}},
			{"key_ids", []any{kecsim.KeyA}, []string{"ReplaceResourcesTags", "StopInstances", "DetachKey", "StartInstances", "ReplaceResourcesTags"},
				[]string{"WARNING This update interrupts the spot instance | "}},
		} {
			if wanted[c.name] = c.value; c.value == nil {
				delete(wanted, c.name)
			}
			since := len(sim.Calls())
			l.Did(t, l.Apply(t, wanted), "update", c.says...)
			if got := sent(sim, since); !slices.Equal(got, c.calls) {
				t.Errorf("%s = %v takes %v, want %v", c.name, c.value, got, c.calls)
			}
			l.Did(t, l.Apply(t, wanted), "nothing")
		}
		in := owns(t, sim, l, "active")
		if in.Name != "worker-2" || in.HostName != "worker-2" || in.ProjectID != kecsim.ProjectB || in.Tags["env"] != "test" || in.IAMRoleName != "" || in.DataGuardID != "guard-3" ||
			in.Protected || !in.AutoDeleteTime.IsZero() || !slices.Equal(in.KeyIDs, []string{kecsim.KeyA}) || !slices.Equal(in.Secondary[0].SecurityGroupIDs, []string{kecsim.SecurityGroup2}) {
			t.Errorf("the machine is %+v", in)
		}
	})
}

// A new password restarts the machine, by KEC itself, and once beside a new host name. What is
// taken out asks KEC for nothing.
func TestInstance_password(t *testing.T) {
	t.Parallel()
	const interrupts = "WARNING This update interrupts the spot instance | "
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		with := func(password, version any, host string) settings {
			return worker(settings{"password_wo": password, "password_wo_version": version, "host_name": host})
		}
		l.Did(t, l.Apply(t, with("Correct-Horse-1", 1, "one")), "create")
		for _, c := range []struct {
			config settings
			calls  []string
			says   []string
		}{
			{with("Correct-Horse-2", 2, "one"), []string{"ModifyInstanceAttribute"}, []string{interrupts}},
			{with("Correct-Horse-3", 3, "two"), []string{"ModifyInstanceAttribute", "ModifyInstanceAttribute"}, []string{interrupts}},
			{with(nil, nil, "two"), nil, nil},
		} {
			since := len(sim.Calls())
			l.Did(t, l.Apply(t, c.config), "update", c.says...)
			if got := sent(sim, since); !slices.Equal(got, c.calls) {
				t.Errorf("it takes %v, want %v", got, c.calls)
			}
			l.Did(t, l.Apply(t, c.config), "nothing")
		}
		if in := owns(t, sim, l, "active"); in.Password != "Correct-Horse-3" || in.HostName != "two" {
			t.Errorf("the machine is %+v", in)
		}
		sim.FailNext("ModifyInstanceAttribute", kecsim.AnswerLost, 1)
		if got := l.Apply(t, with("Correct-Horse-4", 4, "two")); got != "" {
			t.Errorf("it does %q", got)
		}
		says(t, l, "No look-up shows a password: the instance may have the old one or the new one, and the next apply sets the new one again. "+
			"What was changed before this is in the state; the next apply goes on from there.")
		time.Sleep(time.Minute) // KEC restarts it
		l.Did(t, l.Apply(t, with("Correct-Horse-4", 4, "two")), "update", interrupts)
	})
}

// A machine that is stopped stays so, whatever is changed on it.
func TestInstance_stopped(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		before := settings{"host_name": "one", "key_ids": []any{kecsim.KeyA}}
		l.Did(t, l.Apply(t, worker(before)), "create")
		sim.Edit(firstID, func(in *kecsim.Instance) { in.State = "stopped" })
		l.Did(t, l.Apply(t, worker(before)), "nothing")
		since := len(sim.Calls())
		l.Did(t, l.Apply(t, worker(settings{"host_name": "two", "key_ids": []any{kecsim.KeyB}})), "update")
		if got, want := sent(sim, since), []string{"ModifyInstanceAttribute", "AttachKey", "DetachKey"}; !slices.Equal(got, want) {
			t.Errorf("it takes %v, want %v", got, want)
		}
		owns(t, sim, l, "stopped")
	})
}

// An update that fails keeps what was changed before it, and the next one goes on from there.
func TestInstance_failsHalfWay(t *testing.T) {
	t.Parallel()
	const on = "What was changed before this is in the state; the next apply goes on from there."
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, worker(settings{"tags": settings{"env": "prod"}})), "create")
		wanted := worker(settings{"instance_name": "renamed", "tags": settings{"env": "test"}, "project_id": kecsim.ProjectB})
		sim.FailNext("ReplaceResourcesTags", kecsim.Denied, 1)
		since := len(sim.Calls())
		if got := l.Apply(t, wanted); got != "" {
			t.Errorf("it does %q", got)
		}
		says(t, l, on, "ERROR KEC refused access | ")
		if got, want := sent(sim, since), []string{"ModifyInstanceAttribute", "ReplaceResourcesTags"}; !slices.Equal(got, want) {
			t.Errorf("it takes %v, want %v", got, want)
		}
		if state := l.State(); state["instance_name"] != "renamed" || fmt.Sprint(state["tags"]) != "map[env:prod]" || state["project_id"] != "0" {
			t.Errorf("the state holds %v", state)
		}
		since = len(sim.Calls())
		l.Did(t, l.Apply(t, wanted), "update")
		if got, want := sent(sim, since), []string{"ReplaceResourcesTags", "UpdateInstanceProjectId"}; !slices.Equal(got, want) {
			t.Errorf("it takes %v, want %v", got, want)
		}
		l.Did(t, l.Apply(t, wanted), "nothing")
	})
}

// A machine that was stopped for its keys and could not be started again is started by the next
// apply, which the plan announces.
func TestInstance_startIsRefused(t *testing.T) {
	t.Parallel()
	for name, denied := range map[string]bool{"with the tag": false, "without the permission for tags": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				l.Did(t, l.Apply(t, worker(settings{"key_ids": []any{kecsim.KeyA}})), "create")
				if denied {
					sim.FailNext("ReplaceResourcesTags", kecsim.Denied, 1)
				}
				sim.FailNext("StartInstances", kecsim.Fault{Status: 400, Code: "MoonPhase", Message: "The moon is full."}, 1)
				wanted := worker(settings{"key_ids": []any{kecsim.KeyB}})
				if got := l.Apply(t, wanted); got != "" {
					t.Errorf("it does %q", got)
				}
				says(t, l, "The instance was stopped for the change and could not be started again; the next apply starts it. What was changed before this is in the state;", "The moon is full.")
				if in := owns(t, sim, l, "stopped"); (in.Tags["kec-start-again"] == "true") == denied {
					t.Errorf("it bears the tags %v", in.Tags)
				}
				since := len(sim.Calls())
				got := l.Apply(t, wanted)
				l.Did(t, got, "update", "WARNING An update has left this spot instance stopped | "+title+" was running when an update stopped it for a change of key_ids. "+
					"That update was cut, or KEC did not start the instance again.\n\nThe next apply starts it.")
				if calls := sent(sim, since); !slices.Contains(calls, "StartInstances") || slices.Contains(calls, "StopInstances") {
					t.Errorf("it takes %v", calls)
				}
				if in := owns(t, sim, l, "active"); in.Tags["kec-start-again"] != "" || !slices.Contains(in.KeyIDs, kecsim.KeyB) {
					t.Errorf("the machine is %+v", in)
				}
				l.Did(t, l.Apply(t, wanted), "nothing")
			})
		})
	}
}

// A refusal to stop leaves the machine as it runs, without the tag.
func TestInstance_stopIsRefused(t *testing.T) {
	t.Parallel()
	tell(t, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		l.Did(t, l.Apply(t, worker(settings{"key_ids": []any{kecsim.KeyA}})), "create")
		sim.FailNext("StopInstances", kecsim.Fault{Status: 400, Code: "MoonPhase", Message: "The moon is full."}, 1)
		since := len(sim.Calls())
		if got := l.Apply(t, worker(settings{"key_ids": []any{kecsim.KeyB}})); got != "" {
			t.Errorf("it does %q", got)
		}
		if got, want := sent(sim, since), []string{"ReplaceResourcesTags", "StopInstances", "ReplaceResourcesTags"}; !slices.Equal(got, want) {
			t.Errorf("it takes %v, want %v", got, want)
		}
		if in := owns(t, sim, l, "active"); in.Tags["kec-start-again"] != "" || !slices.Equal(in.KeyIDs, []string{kecsim.KeyA}) {
			t.Errorf("the machine is %+v", in)
		}
	})
}
