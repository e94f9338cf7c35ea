package spotinstance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// alive fails the test unless the machines at KEC are these, whatever a view of KEC says.
func alive(t *testing.T, env *acctest.Env, want int) {
	t.Helper()
	if got := len(env.Sim.Instances()); got != want {
		t.Errorf("%d machines are alive, want %d", got, want)
	}
}

// hidden has every look-up answered from views that are older than the machine.
func hidden(env *acctest.Env) {
	env.Sim.Lag(kecsim.LookByID, 1, time.Hour)
	env.Sim.Lag(kecsim.LookList, 1, time.Hour)
}

// shown ends that.
func shown(env *acctest.Env) {
	env.Sim.Lag(kecsim.LookByID, 0, 0)
	env.Sim.Lag(kecsim.LookList, 0, 0)
}

// A launch that is shown once, and then not for a while, is still that launch.
func TestAccViews_aLaunchThatIsShownAndThenNot(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.VisibleAfter = 0; s.Boot = time.Minute })
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	empty := kecsim.Fault{Body: `{"RequestId":"r","InstanceCount":0,"InstancesSet":[]}`}
	once := kecsim.Fault{Body: `{"RequestId":"r","InstanceCount":1,"InstancesSet":[{"InstanceId":"` + firstID + `","InstanceState":{"Name":"scheduling"}}]}`}
	env.Sim.FailNext("DescribeInstances", once, 1)
	env.Sim.FailNext("DescribeInstances", empty, 4)
	w.Apply().Want(t, 0, "Resources: 1 added")
	alive(t, env, 1)
	w.Plan().Want(t, 0, "No changes.")
}

// A machine that was bought seconds ago is not bought again because a view lags.
func TestAccViews_aPlanSoonAfterTheApply(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Lag(kecsim.LookTags, 1, time.Hour) // views are kept from here on
	w := running(t, env, named())
	hidden(env)
	w.Plan().Want(t, 0, "No changes.", "Warning: KEC does not show this new spot instance yet")
	shown(env)
	w.Plan().Want(t, 0, "No changes.").Lacks(t, "Warning")
	env.Sim.Release(firstID)
	env.Sim.Advance(2 * time.Minute)
	w.Plan().Want(t, 2, "Warning: This spot instance is gone", "Plan: 1 to add")
}

// A launch that no look-up shows for two minutes is terminated. Where KEC refuses that, and the
// billing record speaks of a living machine, nothing is forgotten.
func TestAccViews_aBillingRecordContradicts(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "no billing record speaks for a machine that no look-up shows, and once terminated it counts as gone")
	w := env.Workspace(t)
	w.Write(named(set{"deletion_protection": "true"}) + env.Block(""))
	env.Sim.RefuseTerminate(firstID, "no such instance")
	hidden(env)
	contradiction := []string{"KEC does not show instance " + firstID + ", but its billing record says:", "(status 2). It may come to life, and be charged. So it stays in the state.",
		"terraform untaint (or tofu untaint) with its address keeps it"}
	w.Apply().Want(t, 1, contradiction...).Lacks(t, "Nothing is left")
	env.Sim.Advance(time.Minute)
	w.Plan("-refresh-only").Want(t, 0, append(contradiction, "Warning: KEC does not show this new spot instance yet")...)
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	alive(t, env, 1)

	shown(env)
	w.CLI("untaint", "kec_spot_instance.a").Want(t, 0)
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.") // its protection again
	w.Plan().Want(t, 0, "No changes.")
}

// Nor is it forgotten once it is to be replaced or destroyed: KEC knows no such id, and bills it.
func TestAccViews_aBillingRecordContradictsADeletion(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "no billing record speaks for a machine that no look-up shows, and once terminated it counts as gone")
	env.Decides(t, "BillingRegions", "nothing tells in which region a tainted machine without a zone is, and the user finds the right one")
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	env.Sim.RefuseTerminate(firstID, "no such instance")
	hidden(env)
	w.Apply().Want(t, 1, firstID)
	for _, age := range []time.Duration{0, 5 * time.Minute} {
		env.Sim.Advance(age)
		for _, out := range []acctest.Result{w.Apply("-refresh=false"), w.Destroy("-refresh=false")} {
			out.Want(t, 1, "Error: KEC may have made the change", "KEC does not show instance "+firstID+", but its billing record says:", "stays in the state.", "Code: ChangeUnknown")
		}
		w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
		alive(t, env, 1)
	}

	shown(env)
	env.Sim.RefuseTerminate(firstID, "")
	w.Destroy("-refresh=false").Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// Without that record the machine that KEC has terminated is gone, whatever the kind of failure.
func TestAccViews_aLaunchThatIsNeverShownIsTerminated(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "VisibleAfter", "a machine that vanishes before it was visible has never appeared")
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	hidden(env)
	w.Apply().Want(t, 1, "Nothing is left of instance "+firstID+", at KEC or in the state.")
	env.Sim.Advance(time.Minute)
	alive(t, env, 0)
	for mode, is := range map[string]string{kecsim.ModeVanish: "and then vanished", kecsim.ModeInvisible: "which never appeared"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Decides(t, "VisibleAfter", "a machine that vanishes before it was visible has never appeared")
			env.Sim.FailLaunches(1, mode, "")
			w := env.Workspace(t)
			w.Write(named() + env.Block(""))
			w.Apply().Want(t, 1, is, "Nothing is left of instance "+firstID)
			if n := env.Sim.Count("TerminateInstances"); n != 1 {
				t.Errorf("told %d times to terminate it, want once", n)
			}
		})
	}
}

// A failed launch that was to be protected can be deleted, also where its clean-up fails.
func TestAccProtection_isLiftedWhereTheCleanUpFails(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "ErrorState", "KEC deletes a failed machine by itself, and nothing stays in the state")
	env.Decides(t, "ErrorLasts", "KEC deletes a failed machine by itself, and nothing stays in the state")
	env.Decides(t, "NoOrders", "no billing record speaks for a machine that no look-up shows, and once terminated it counts as gone")
	env.Sim.FailLaunches(1, kecsim.ModeError, "")
	env.Sim.RefuseTerminate(firstID, "instance is locked by the operator")
	w := env.Workspace(t)
	w.Write(named(set{"deletion_protection": "true"}) + env.Block(""))
	w.Apply().Want(t, 1, "Cleaning up failed too:", "Instance "+firstID+" stays in the state")
	env.Sim.RefuseTerminate(firstID, "")
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// An instance whose creation was given up can be kept: the message says how, and nothing is bought.
func TestAccLaunch_untaintKeepsIt(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.Boot = time.Hour })
	w := env.Workspace(t)
	w.Write(named(set{"timeouts": `{ create = "3s" }`}) + env.Block(""))
	w.Apply().Want(t, 1, "Error: KEC did not get there in time", "terraform untaint (or tofu untaint) with its address keeps it", "KEC accepted the launch in request KEC-")
	env.Sim.Advance(2 * time.Hour)
	w.CLI("untaint", "kec_spot_instance.a").Want(t, 0)
	w.Plan().Want(t, 0, "No changes.")
	alive(t, env, 1)
}

// No read has less time than one request may take; and where that is not enough, the message says
// how to give it more, because a refresh takes the limit from the state.
func TestAccRead_aLimitThatIsTooShort(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named(set{"timeouts": `{ read = "1ns" }`}))
	w.Write(named(set{"timeouts": `{ read = "1ns" }`}) + env.Block(`request_timeout = "50ms"`))
	env.Sim.FailNext("DescribeInstances", kecsim.Fault{Slow: 200 * time.Millisecond}, 9)
	w.Plan().Want(t, 1, "Error: KEC did not get there in time", "raise timeouts.read in the configuration and apply once with -refresh=false",
		"or raise request_timeout of the provider")
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	env.Sim.ClearFaults()
	w.Write(named(set{"timeouts": `{ read = "1m" }`}) + env.Block(`request_timeout = "50ms"`))
	w.Apply("-refresh=false").Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
}

// A machine that somebody moves to another project is a difference, and not gone, whichever way
// KEC reads a look-up by id without a project.
func TestAccProject_movedInTheConsole(t *testing.T) {
	t.Parallel()
	for _, perProject := range []bool{false, true} {
		t.Run(fmt.Sprint(perProject), func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Sim.Update(func(s *kecsim.Settings) { s.LookUpsPerProject = perProject })
			w := running(t, env, named(set{"project_id": "0"}))
			env.Sim.Advance(time.Hour)
			env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.ProjectID = kecsim.ProjectB })
			w.Plan().Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.", "project_id").Lacks(t, "gone")
			w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.")
			w.Plan().Want(t, 0, "No changes.")
			env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.ProjectID = kecsim.ProjectB })
			w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
			if err := env.Empty(); err != nil {
				t.Error(err)
			}
		})
	}
}
