package spotfleet_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Machines that do not start are ended and count as not got; the next candidate is asked for them.
func TestAccFleet_machinesThatDoNotStart(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	env.Sim.FailLaunches(4, kecsim.ModeError, "out of stock")
	w.Write(env.Config(fleet(10)))
	w.Apply().Want(t, 0, "Resources: 1 added")
	env.Sim.Advance(time.Minute)
	living(t, env, map[string]int{"a Spot": 6, "b Spot": 4})
	w.Plan().Want(t, 0, "No changes.")

	env, w = world(t, 60, 0)
	env.Decides(t, "NoOrders", "a failure that the machine shows no reason for has none")
	env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
	env.Sim.FailLaunches(4, kecsim.ModeError, "out of stock")
	w.Write(env.Config(fleet(10, set{"candidates": "[" + inA + "]"})))
	w.Apply().Want(t, 1, "Error: The fleet is short of machines: 10 wanted at least, 6 got", "6 of 10", "out of stock",
		"The 6 machines that were got are given back, and nothing is in the state.")
	empty(t, env)
}

// What no candidate can cure ends the run: KEC is not asked for the next one.
func TestAccFleet_refusedAccess(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	env.Sim.FailNext("RunInstances", kecsim.Denied, 10)
	w.Write(env.Config(fleet(10)))
	w.Apply().Want(t, 1, "Error: KEC refused access", "Code: PermissionDenied", "The fleet is short of machines: 10 wanted at least, 0 got",
		"Nothing was bought, and nothing is in the state.")
	launches(t, env, 1)
}

// A lost answer: what KEC has opened is found by its mark and adopted, and nothing is ordered
// twice.
func TestAccFleet_lostAnswer(t *testing.T) {
	t.Parallel()
	env, w := world(t, 25, 60)
	env.Sim.FailNext("RunInstances", kecsim.AnswerLost, 1)
	w.Write(env.Config(fleet(40)))
	w.Apply().Want(t, 0, "Resources: 1 added")
	launches(t, env, 2)
	living(t, env, map[string]int{"a Spot": 25, "b Spot": 15})
	w.Plan().Want(t, 0, "No changes.")
}

// A machine of a run that was killed bears the fleet's tag, and the refresh takes it in.
func TestAccFleet_takesInWhatAKilledRunHasOrdered(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(3)))
	w.Apply().Want(t, 0)
	id, _ := values(t, w)["id"].(string)
	env.Sim.Advance(10 * time.Minute)
	lost := env.Sim.AddInstance(kecsim.Instance{
		Type: kecsim.TypeSmall, SubnetID: kecsim.SubnetA, ChargeType: "Spot", SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: "0.06",
		ImageID: kecsim.ImageUbuntu, Name: "web-4", Tags: map[string]string{"kec-fleet-id": id, "kec-launch-mark": "0123"},
		SecurityGroupIDs: []string{kecsim.SecurityGroup}, CreatedAt: env.Sim.Now(),
	})
	w.Plan().Want(t, 2, "0 to add, 1 to change, 0 to destroy") // four, and three are wanted
	w.Write(env.Config(fleet(4)))
	w.Apply().Want(t, 0)
	launches(t, env, 1)
	if ids := field(t, w, "id"); len(ids) != 4 || !slices.Contains(ids, lost) {
		t.Errorf("the members are %v, want %s among them", ids, lost)
	}
	w.Plan().Want(t, 0, "No changes.")
}

// What somebody changes by hand on one machine is drift where the fleet manages it, and is left
// alone where it does not.
func TestAccFleet_drift(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(3, set{"tags": `{ env = "prod" }`})))
	w.Apply().Want(t, 0)
	id := field(t, w, "id")[1]
	env.Sim.Edit(id, func(in *kecsim.Instance) { in.Tags["owner"], in.Name = "someone", "by-hand" })
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.Edit(id, func(in *kecsim.Instance) {
		in.Tags["env"], in.SecurityGroupIDs = "test", []string{kecsim.SecurityGroup2}
	})
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	in, _ := env.Sim.Instance(id)
	if in.Tags["env"] != "prod" || in.Tags["owner"] != "someone" || in.SecurityGroupIDs[0] != kecsim.SecurityGroup {
		t.Errorf("tags %v, groups %v", in.Tags, in.SecurityGroupIDs)
	}
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.Edit(id, func(in *kecsim.Instance) { in.State = "stopped" })
	w.Plan().Want(t, 0, "No changes.") // a stopped machine is a member
}

// A killed run may have been the first with machines on demand, which no state knows of.
func TestAccFleet_takesInMachinesOnDemand(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(1)))
	w.Apply().Want(t, 0)
	id, _ := values(t, w)["id"].(string)
	env.Sim.Advance(10 * time.Minute)
	env.Sim.AddInstance(kecsim.Instance{
		Type: kecsim.TypeEntry, SubnetID: kecsim.SubnetB, ChargeType: "HourlyInstantSettlement", ImageID: kecsim.ImageUbuntu, Name: "web-2",
		Tags: map[string]string{"kec-fleet-id": id}, SecurityGroupIDs: []string{kecsim.SecurityGroup}, CreatedAt: env.Sim.Now(),
	})
	w.Write(env.Config(fleet(2)))
	w.Apply().Want(t, 0)
	launches(t, env, 1)
	if all := field(t, w, "charge_type"); !slices.Equal(all, []string{"Spot", "HourlyInstantSettlement"}) {
		t.Errorf("the members are %v", all)
	}
}

// An update that was cut leaves machines that differ. Whichever of them has what is wanted, the
// next apply makes all alike.
func TestAccFleet_machinesThatDiffer(t *testing.T) {
	t.Parallel()
	for i, which := range []string{"the first", "the last"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			env, w := world(t, 60, 60)
			w.Write(env.Config(fleet(2, set{"tags": `{ env = "a" }`})))
			w.Apply().Want(t, 0)
			env.Sim.Edit(field(t, w, "id")[i], func(in *kecsim.Instance) { in.Tags["env"] = "b" })
			w.Write(env.Config(fleet(2, set{"tags": `{ env = "b" }`})))
			w.Apply().Want(t, 0, "Warning: Machines of this fleet differ", "Resources: 0 added, 1 changed, 0 destroyed.")
			for _, in := range env.Sim.Instances() {
				if in.Tags["env"] != "b" {
					t.Errorf("%s has the tags %v", in.ID, in.Tags)
				}
			}
			w.Plan().Want(t, 0, "No changes.").Lacks(t, "Machines of this fleet differ")
		})
	}
}

// A change of tags right after the launch, where views of the tags lag: the machine stays a member.
func TestAccFleet_tagsOfAViewThatLags(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	env.Sim.Lag(kecsim.LookTags, 1, time.Hour)
	w.Write(env.Config(fleet(2, set{"tags": `{ env = "a" }`})))
	w.Apply().Want(t, 0)
	id, _ := values(t, w)["id"].(string)
	w.Write(env.Config(fleet(2, set{"tags": `{ env = "b" }`})))
	w.Apply().Want(t, 0)
	for _, in := range env.Sim.Instances() {
		if in.Tags["env"] != "b" || in.Tags["kec-fleet-id"] != id {
			t.Errorf("%s has the tags %v", in.ID, in.Tags)
		}
	}
}

// A fleet that shrinks ends first what a view that lags may hide, and no machine that is seen to
// run: the hidden one may be gone.
func TestAccFleet_shrinksByWhatIsNotShown(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(3)))
	w.Apply().Want(t, 0)
	ids := field(t, w, "id")
	env.Sim.Release(ids[0]) // its launch is so young that its absence proves nothing yet
	w.Write(env.Config(fleet(2)))
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	env.Sim.Advance(time.Minute)
	living(t, env, map[string]int{"a Spot": 2})
	if left := field(t, w, "id"); len(left) != 2 || slices.Contains(left, ids[0]) {
		t.Errorf("the members are %v, want those of %v but for the first", left, ids)
	}
	w.Plan().Want(t, 0, "No changes.")
}

// A member that has failed to start, as after a run that was cut, is not one of the machines that
// the fleet is to have: the next apply ends it and orders another.
func TestAccFleet_replacesWhatFailedToStart(t *testing.T) {
	t.Parallel()
	env, w := world(t, 60, 60)
	w.Write(env.Config(fleet(3)))
	w.Apply().Want(t, 0)
	ids := field(t, w, "id")
	env.Sim.Edit(ids[1], func(in *kecsim.Instance) { in.State = "error" })
	w.Plan().Want(t, 2, "Warning: 1 of the 3 machines of this fleet did not start", ids[1], "0 to add, 1 to change, 0 to destroy")
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	env.Sim.Advance(time.Minute)
	living(t, env, map[string]int{"a Spot": 3})
	if now := field(t, w, "id"); len(now) != 3 || slices.Contains(now, ids[1]) {
		t.Errorf("the members are %v, want three, and not %s", now, ids[1])
	}
	w.Plan().Want(t, 0, "No changes.").Lacks(t, "did not start")

	// A fleet that is to have fewer machines ends the failed one first.
	ids = field(t, w, "id")
	env.Sim.Edit(ids[0], func(in *kecsim.Instance) { in.State = "error" })
	w.Write(env.Config(fleet(2)))
	w.Apply().Want(t, 0)
	env.Sim.Advance(time.Minute)
	living(t, env, map[string]int{"a Spot": 2})
	if now := field(t, w, "id"); len(now) != 2 || slices.Contains(now, ids[0]) {
		t.Errorf("the members are %v, want two, and not %s", now, ids[0])
	}
	launches(t, env, 2)
}
