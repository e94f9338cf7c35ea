package spotinstance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// named is a block with the name "worker", changed by sets of attributes.
func named(changed ...set) string {
	return block(append([]set{{"instance_name": `"worker"`}}, changed...)...)
}

const firstID = "1a5ce000-0000-4000-8000-000000000001"

// running applies hcl and returns the workspace with its one machine.
func running(t *testing.T, env *acctest.Env, hcl string) *acctest.Workspace {
	t.Helper()
	w := env.Workspace(t)
	w.Write(acctest.Expand(hcl) + env.Block(""))
	w.Apply().Want(t, 0, "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	return w
}

func TestAccReclaim_isAnnouncedThenExplained(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())

	env.Sim.Advance(2 * time.Hour)
	env.Sim.Reclaim(firstID)
	announced := env.Sim.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)
	w.Plan().Want(t, 0,
		"Warning: KEC will release this spot instance in 10 minutes",
		"with kec_spot_instance.a,",
		"worker ("+firstID+") is being reclaimed at "+announced+". Data on disks that go with it will be lost.",
		"Move its work now; the next apply after the release orders a replacement.")
	env.Sim.Advance(7 * time.Minute)
	w.Plan().Want(t, 0, "Warning: KEC will release this spot instance in 3 minutes")
	w.Apply("-refresh-only").Want(t, 0) // a plan alone would not remember the notice

	env.Sim.Advance(5 * time.Minute)
	w.Plan().Want(t, 2,
		"Warning: KEC has released this spot instance",
		"worker ("+firstID+") is gone: KEC had announced to reclaim it at "+announced+".",
		"The next apply orders a replacement.",
		"Plan: 1 to add, 0 to change, 0 to destroy.")
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.").Lacks(t, "Warning")
}

func TestAccReclaim_withoutNoticeSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())
	env.Sim.Advance(2 * time.Minute)
	env.Sim.Release(firstID)
	w.Plan().Want(t, 2, "Warning: This spot instance is gone", "worker ("+firstID+") no longer exists.", "or somebody has deleted it.", "Plan: 1 to add")
}

// Anything but a proof of absence leaves the state alone.
func TestAccRead_onlyAProofForgets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault kecsim.Fault
		times int
		want  string // "" if the plan must succeed
	}{
		{"a wrong key", kecsim.Fault{Status: 403, Code: "SignatureDoesNotMatch", Message: "the signature does not match"}, 9, "Error: KEC refused access"},
		{"a refusal that says invalid", kecsim.Fault{Code: "InvalidParameterValue", Message: "InstanceId is invalid"}, 9, "Error: KEC does not accept a value"},
		{"an empty object", kecsim.EmptyObject, 9, "DescribeInstances"},
		{"an empty set once", kecsim.Fault{Body: `{"RequestId":"r","InstanceCount":0,"InstancesSet":[]}`}, 1, ""},
		{"a set that is null", kecsim.Fault{Body: `{"RequestId":"r","InstanceCount":0,"InstancesSet":null}`}, 9, "DescribeInstances"},
		{"a page of HTML", kecsim.HTMLGateway, 9, "HTML"},
		{"half an answer", kecsim.Garbage, 9, "DescribeInstances"},
		{"a page of HTML that says 404", kecsim.Fault{Status: 404, ContentType: "text/html", Body: "<html>not found</html>"}, 99, "HTML"},
		{"a refusal for lack of permission", kecsim.Denied, 99, "Error: KEC refused access"},
		{"throttled twice", kecsim.Throttled, 2, ""},
		{"one 429", kecsim.TooManyRequests, 1, ""},
		{"one reset", kecsim.ConnectionReset, 1, ""},
		{"one answer that is cut", kecsim.AnswerCut, 1, ""},
		{"a refusal of a clock that is right", kecsim.Fault{Status: 403, Code: "RequestTimeTooSkewed", Message: "the clock is off"}, 1, "Error: KEC refused access"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := running(t, env, named())
			env.Sim.FailNext("DescribeInstances", c.fault, c.times)
			if c.want == "" {
				w.Plan().Want(t, 0, "No changes.")
				return
			}
			w.Plan().Want(t, 1, c.want)
			w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
		})
	}
}

func TestAccDestroy_inTheProtectedHourWarns(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())
	w.Plan("-destroy").Want(t, 2, "Warning: Destroying a spot instance in its protected hour",
		"worker ("+firstID+") is protected until 2026-03-02T10:00:00Z", "A new launch may find no stock or a higher price.")
	w.Write(named(set{"instance_type": `"N3.4B"`}) + env.Block(""))
	w.Plan().Want(t, 2, "Warning: Replacing a spot instance in its protected hour", "It is replaced because of instance_type.")
	env.Sim.Advance(time.Hour)
	w.Plan().Want(t, 2, "Plan: 1 to add, 0 to change, 1 to destroy.").Lacks(t, "Warning")
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.").Lacks(t, "Warning")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

func TestAccDestroy_aRefusalInsideASuccessIsAFailure(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())
	env.Sim.RefuseTerminate(firstID, "instance is locked by the operator")
	w.Destroy().Want(t, 1, `KEC: "instance is locked by the operator"`, "TerminateInstances, request KEC-", "worker ("+firstID+") stays in the state.")
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	env.Sim.RefuseTerminate(firstID, "")
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

func TestAccDestroy_ofWhatIsGoneAlready(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())
	env.Sim.Release(firstID)
	w.Destroy("-refresh=false").Want(t, 0, "Resources: 1 destroyed.")
}

func TestAccLaunch_theIDIsSavedBeforeTheWait(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.Boot = 1e6 * time.Hour })
	w := env.Workspace(t)
	w.Write(named(set{"timeouts": `{ create = "3s" }`}) + env.Block(""))
	w.Apply().Want(t, 1, "Error: KEC did not get there in time", "instance "+firstID+" is not active after",
		"Instance "+firstID+" was launched and is in the state. If it runs, terraform untaint (or tofu untaint) with its address keeps it;",
		"without that the next apply replaces it, and destroy deletes it. KEC accepted the launch in request KEC-")
	w.CLI("state", "show", "-no-color", "kec_spot_instance.a").Want(t, 0, firstID)
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

func TestAccLaunch_aFailedCleanUpKeepsTheID(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "ErrorState", "KEC deletes a failed machine by itself, and nothing stays in the state")
	env.Decides(t, "ErrorLasts", "KEC deletes a failed machine by itself, and nothing stays in the state")
	env.Sim.FailLaunches(1, kecsim.ModeError, "")
	env.Sim.RefuseTerminate(firstID, "instance is locked by the operator")
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	w.Apply().Want(t, 1, "Error: KEC accepted the launch, but the instance did not start",
		"Cleaning up failed too:", "instance is locked by the operator", "Instance "+firstID+" stays in the state; the next apply or destroy deletes it.",
		"Code: LaunchFailed", "Retry: after a change").Lacks(t, "Retry: later") // as long as the operator has locked it, an apply fails again
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	env.Sim.RefuseTerminate(firstID, "")
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed.")
}

// The answer to a launch is lost. What was ordered is found again by the mark that
// the launch carries, which no user ever sees.
func TestAccLaunch_aLostAnswerIsFoundAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    kecsim.Fault
		launches int
	}{
		"after KEC has done it":  {kecsim.AnswerLost, 1},
		"cut after it":           {kecsim.AnswerCut, 1},
		"an error after it":      {kecsim.InternalFailureAfter, 1},
		"before KEC has done it": {kecsim.ConnectionLost, 2},
		"an error before it":     {kecsim.InternalFailure, 2},
		"an empty object":        {kecsim.EmptyObject, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Sim.FailNext("RunInstances", c.fault, 1)
			w := running(t, env, named(set{"tags": `{ team = "search" }`}))
			if got := env.Sim.Count("RunInstances"); got != c.launches {
				t.Errorf("%d launches, want %d", got, c.launches)
			}
			instances := env.Sim.Instances()
			if len(instances) != 1 || instances[0].ID != firstID || len(instances[0].Tags) != 2 || instances[0].Tags[machines.LaunchTagKey] == "" {
				t.Errorf("the machines are %+v", instances)
			}
			w.CLI("state", "show", "-no-color", "kec_spot_instance.a").Want(t, 0, firstID, `"team" = "search"`).Lacks(t, machines.LaunchTagKey)
			w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
		})
	}
}

// Where nobody can look, nothing is ordered again, and the message says how to look.
func TestAccLaunch_aLostAnswerThatCannotBeLookedFor(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.FailNext("RunInstances", kecsim.AnswerLost, 1)
	env.Sim.DenyAction("kec", "DescribeInstances", true)
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	mark := ""
	got := w.Apply().Want(t, 1, "Error: KEC may have accepted the launch", "Look for an instance with that tag in the console before the next apply")
	if instances := env.Sim.Instances(); len(instances) == 1 {
		mark = instances[0].Tags[machines.LaunchTagKey]
	}
	got.Want(t, 1, `look for an instance named "worker" with the tag `+machines.LaunchTagKey+" = "+mark, `(PermissionDenied), DescribeInstances, request KEC-`)
	if n := env.Sim.Count("RunInstances"); n != 1 || mark == "" {
		t.Errorf("%d launches, want 1; the mark is %q", n, mark)
	}
}

// An import shows no mark, and the mark is nobody's own tag.
func TestAccTags_theMarkIsInvisible(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, named())
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", firstID).Want(t, 0, "Import successful!")
	w.Plan().Want(t, 0, "No changes.").Lacks(t, machines.LaunchTagKey)
	w.Write(named(set{"tags": "{ " + machines.LaunchTagKey + " = \"mine\" }"}) + env.Block(""))
	w.CLI("validate", "-no-color").Want(t, 1, machines.LaunchTagKey)
}

func TestAccLaunch_throttlingIsRepeated(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.FailNext("RunInstances", kecsim.Throttled, 3)
	running(t, env, named())
	if n := len(env.Sim.Instances()); n != 1 {
		t.Errorf("%d instances, want 1", n)
	}
}

// Should KEC open more machines than one, the state holds one of them and the message names them
// all.
func TestAccLaunch_opensMoreThanOne(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	var ids []string
	for range 2 {
		ids = append(ids, env.Sim.AddInstance(kecsim.Instance{Name: "one", ChargeType: "Spot", Type: "N3.2B", SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu}))
	}
	env.Sim.FailNext("RunInstances", kecsim.Fault{Status: 200, Body: fmt.Sprintf(
		`{"RequestId":"KEC-9","InstancesSet":[{"InstanceId":%q},{"InstanceId":%q}]}`, ids[0], ids[1])}, 1)
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	w.Apply().Want(t, 1, "Error: KEC opened more instances than the one ordered", ids[0]+", "+ids[1], "KEC-9",
		"The state holds "+ids[0]+"; import or delete the others.")
	w.CLI("state", "show", "-no-color", "kec_spot_instance.a").Want(t, 0, ids[0])
	w.CLI("destroy", "-auto-approve", "-no-color", "-input=false").Want(t, 0, "1 destroyed")
	if err := env.Empty(); err == nil || !strings.Contains(err.Error(), ids[1]) || strings.Contains(err.Error(), ids[0]) {
		t.Errorf("%v, want that %s alone is left", err, ids[1])
	}
}

func TestAccImport_refusesAMachineThatIsNoSpotInstance(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	id := env.Sim.AddInstance(kecsim.Instance{Name: "db", ChargeType: "Monthly", Type: "N3.2B", SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu})
	w := env.Workspace(t)
	w.Write(named() + env.Block(""))
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", id).Want(t, 1, "Error: Not a Spot Instance", "has the charge type Monthly")
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", "no-such-id").Want(t, 1, "Cannot import non-existent remote object")
}

// KEC does not report these, so an import cannot know them; the configuration
// is believed rather than a healthy machine replaced.
func TestAccImport_whatKECDoesNotReportIsAdopted(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	login := func(version string) string {
		return block(set{"password_wo": `"Correct-Horse-1"`, "password_wo_version": version})
	}
	w := running(t, env, login("3"))
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", firstID).Want(t, 0, "Import successful!")
	w.Apply().Want(t, 0, "Resources: 0 added, 1 changed, 0 destroyed.", "Warning: Taken from the configuration without a check",
		"was imported, and KEC does not report password_wo_version of it.")
	w.Plan().Want(t, 0, "No changes.")
	w.Write(login("4") + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.", "Warning: This update interrupts the spot instance",
		"password_wo_version (restarted)")
}

// A disk that is kept goes on costing money where no state knows it, so its id
// is named whenever its machine goes.
func TestAccDisks_keptOnesAreNamed(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	hcl := named(set{"data_disks": `[
    { type = "EHDD", size_gib = 50, delete_with_instance = true },
    { type = "EHDD", size_gib = 60, delete_with_instance = false },
  ]`})
	w := running(t, env, hcl)
	disk := env.Sim.Instances()[0].DataDisks[1].ID
	stays := "Its data disks with delete_with_instance = false stay, outside the state, and go on being charged: " + disk + "."
	w.Plan("-destroy").Want(t, 2, "Warning: A data disk outlives this spot instance", stays)
	env.Sim.Advance(2 * time.Minute)
	env.Sim.Release(firstID)
	w.Plan().Want(t, 2, "Warning: This spot instance is gone", stays)
}

// KEC may report a value in another form than it was ordered, from the first look on. That is its
// way of writing it: no crash, and no difference.
func TestAccLaunch_whatKECReportsOtherwiseIsNoDifference(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(named(set{"host_name": `"worker"`}) + env.Block(""))
	env.Sim.FailNext("DescribeInstances", kecsim.Fault{Body: `{"RequestId":"r","InstanceCount":1,"InstancesSet":[{
	  "InstanceId":"` + firstID + `","InstanceName":"WORKER","InstanceState":{"Name":"active"},"ChargeType":"Spot","HostName":"other"}]}`}, 2)
	w.Apply().Want(t, 0, "Resources: 1 added")
	env.Sim.Advance(time.Minute) // the answer above came before its time
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Name = "renamed" })
	w.Plan().Want(t, 2, `"renamed" -> "worker"`, "Plan: 0 to add, 1 to change, 0 to destroy.")
}
