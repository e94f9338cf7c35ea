package spotinstance_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// actions lists the calls that change something, since the first.
func actions(env *acctest.Env) []string {
	var names []string
	for _, c := range env.Sim.Calls() {
		if !strings.HasPrefix(c.Action, "Describe") && !strings.HasPrefix(c.Action, "List") && !strings.HasPrefix(c.Action, "Get") {
			names = append(names, c.Action)
		}
	}
	return names
}

var before = set{
	"instance_name": `"worker-1"`, "host_name": `"worker-1"`, "key_ids": `["@key_a"]`, "tags": `{ env = "prod", team = "a" }`,
}

var after = set{
	"instance_name": `"worker-2"`, "host_name": `"worker-2"`, "key_ids": `["@key_b"]`, "tags": `{ env = "test" }`,
	"security_group_ids": `["@group2"]`, "project_id": "100002", "auto_delete_time": `"2026-03-02T20:00:00+08:00"`, "deletion_protection": "true",
}

// Everything that can change in place changes in one pass, in an order that
// disturbs the machine last and once for all that need it down.
func TestAccUpdate_manyChangesInOnePass(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(before) + env.Block(""))
	w.Apply().Want(t, 0)
	w.Write(block(after) + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.", "Warning: This update interrupts the spot instance",
		"worker-1 ("+firstID+") is running, and KEC needs it down for a moment to change key_ids (stopped and started), host_name (restarted). "+
			"It ends in the state it has now.")
	w.Apply().Want(t, 0, update)
	w.Plan().Want(t, 0, "No changes.").Lacks(t, "Warning: This update")
	want := []string{
		"RunInstances", "ModifyInstanceAttribute", "ModifyNetworkInterfaceAttribute", "ReplaceResourcesTags", "ModifyInstanceAutoDeleteTime",
		"SetInstanceResourceProtect", "UpdateInstanceProjectId", "ModifyInstanceAttribute",
		"ReplaceResourcesTags", "StopInstances", "AttachKey", "DetachKey", "StartInstances", "ReplaceResourcesTags",
	}
	if got := actions(env); !slices.Equal(got, want) {
		t.Errorf("calls %v\nwant  %v", got, want)
	}
	in := env.Sim.Instances()[0]
	if in.Name != "worker-2" || in.HostName != "worker-2" || !slices.Equal(in.KeyIDs, []string{kecsim.KeyB}) || ownTags(in) != "map[env:test]" || in.Tags[machines.LaunchTagKey] == "" ||
		!slices.Equal(in.SecurityGroupIDs, []string{kecsim.SecurityGroup2}) || in.ProjectID != kecsim.ProjectB || !in.Protected || in.State != "active" ||
		!in.AutoDeleteTime.Equal(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("the machine is %+v", in)
	}
}

// ownTags are the tags of a machine without the mark of its launch.
func ownTags(in kecsim.Instance) string {
	tags := maps.Clone(in.Tags)
	delete(tags, machines.LaunchTagKey)
	return fmt.Sprint(tags)
}

func TestAccUpdate_aStoppedMachineStaysStopped(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(before) + env.Block(""))
	w.Apply().Want(t, 0)
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.State = "stopped" })
	w.Write(block(before, set{"host_name": `"worker-2"`, "key_ids": `["@key_a", "@key_b"]`}) + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.").Lacks(t, "Warning: This update")
	w.Apply().Want(t, 0, update)
	w.Plan().Want(t, 0, "No changes.")
	if want := []string{"RunInstances", "ModifyInstanceAttribute", "AttachKey"}; !slices.Equal(actions(env), want) {
		t.Errorf("calls %v, want %v", actions(env), want)
	}
	if in := env.Sim.Instances()[0]; in.State != "stopped" || in.HostName != "worker-2" {
		t.Errorf("the machine is %s with host name %s", in.State, in.HostName)
	}
}

func TestAccUpdate_aKeyThatKECDoesNotKnowCostsNoneOfTheOthers(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(before) + env.Block(""))
	w.Apply().Want(t, 0)
	w.Write(block(before, set{"key_ids": `["0e000000-0000-4000-8000-000000000009"]`}) + env.Block(""))
	w.Apply().Want(t, 1, "Error: KEC does not accept a value", "key_ids")
	if in := env.Sim.Instances()[0]; in.State != "active" || !slices.Equal(in.KeyIDs, []string{kecsim.KeyA}) {
		t.Errorf("the machine is %s with the keys %v", in.State, in.KeyIDs)
	}
}

// A new version sets the password of the configuration, which is in no message
// and no state.
func TestAccUpdate_aNewPassword(t *testing.T) {
	t.Parallel()
	const old, fresh = "Correct-Horse-1", "Battery-Staple-2"
	env := acctest.New(t)
	w := env.Workspace(t)
	// The CLI quotes the line of a mistake, so the line must not hold the password.
	passwords := "locals {\n  old = sensitive(\"" + old + "\")\n  fresh = sensitive(\"" + fresh + "\")\n}\n"
	w.Write(block(set{"password_wo": "local.old", "password_wo_version": "1"}) + passwords + env.Block(""))
	w.Apply().Want(t, 0).Lacks(t, old)
	w.Write(block(set{"password_wo": "local.fresh", "password_wo_version": "2"}) + passwords + env.Block(""))
	w.Plan().Want(t, 2, "password_wo_version (restarted)").Lacks(t, fresh)
	env.Sim.FailNext("ModifyInstanceAttribute", kecsim.Fault{Code: "InvalidParameterValue", Message: "cannot do", Echo: true}, 1)
	w.Apply().Want(t, 1, "Error: KEC does not accept a value", "(hidden)").Lacks(t, fresh)
	w.Apply().Want(t, 0, update).Lacks(t, fresh)
	w.Plan().Want(t, 0, "No changes.")
	if got := env.Sim.Instances()[0].Password; got != fresh {
		t.Errorf("the password is %q", got)
	}
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
		state, err := os.ReadFile(filepath.Join(w.Dir, name))
		if err != nil || strings.Contains(string(state), fresh) || strings.Contains(string(state), old) {
			t.Errorf("%s holds a password, or cannot be read: %v", name, err)
		}
	}
}

// What was done before the failure is in the state, what was not is planned
// again, and the machine runs.
func TestAccUpdate_thatFailsHalfWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action string
		line   string
		left   []string // planned again
		done   []string
	}{
		{"ModifyNetworkInterfaceAttribute", "security_group_ids", []string{"security_group_ids", "tags", "key_ids"}, []string{"instance_name"}},
		{"ReplaceResourcesTags", "tags", []string{"tags", "key_ids"}, []string{"instance_name", "security_group_ids"}},
		{"UpdateInstanceProjectId", "project_id", []string{"project_id", "key_ids"}, []string{"instance_name", "tags", "deletion_protection"}},
		{"AttachKey", "key_ids", []string{"key_ids"}, []string{"instance_name", "project_id", "tags", "host_name"}},
	} {
		t.Run(c.action, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			w.Write(block(before) + env.Block(""))
			w.Apply().Want(t, 0)
			w.Write(block(after) + env.Block(""))
			env.Sim.FailNext(c.action, kecsim.Fault{Code: "InvalidParameterValue", Message: "not today"}, 1)
			w.Apply().Want(t, 1, "Error: KEC does not accept a value", `KEC: "not today" (InvalidParameterValue), `+c.action, c.line,
				"What was changed before this is in the state; the next apply goes on from there.")
			if in := env.Sim.Instances()[0]; in.State != "active" {
				t.Errorf("the machine is %s", in.State)
			}
			plan := w.Plan().Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.")
			for _, name := range c.left {
				plan.Want(t, 2, "~ "+name)
			}
			for _, name := range c.done {
				if strings.Contains(plan.Text, "~ "+name+" ") || strings.Contains(plan.Text, "+ "+name+" ") {
					t.Errorf("%s was done and is planned again:\n%s", name, plan.Raw)
				}
			}
			w.Apply().Want(t, 0, update)
			w.Plan().Want(t, 0, "No changes.")
		})
	}
}

func TestAccProtection_keepsTheMachineUntilItIsLifted(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "OtherCodes", "the cause is inferred from the words, and the message has the code of KEC")
	w := env.Workspace(t)
	protected := set{"instance_name": `"worker"`, "deletion_protection": "true"}
	w.Write(block(protected) + env.Block(""))
	w.Apply().Want(t, 0)
	refusal := []string{
		"Error: This spot instance is protected against deletion", "worker (" + firstID + ") has deletion_protection = true",
		"Set deletion_protection = false and apply that alone, then try again",
	}
	w.Plan("-destroy").Want(t, 2, "Warning: This spot instance is protected against deletion")
	w.Write(block(protected, set{"instance_type": `"N3.4B"`}) + env.Block(""))
	w.Plan().Want(t, 1, append(refusal, "It is replaced because of instance_type.")...)
	w.Write(block(protected) + env.Block(""))
	const forced = "Its replacement is forced: by -replace, or by replace_triggered_by."
	w.Apply("-replace=kec_spot_instance.a").Want(t, 1, append(refusal, forced)...)
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", firstID).Want(t, 0, "Import successful!")
	w.Apply().Want(t, 0, update)
	w.Apply("-replace=kec_spot_instance.a").Want(t, 1, append(refusal, forced)...)
	if got := env.Sim.Count("TerminateInstances"); got != 0 {
		t.Errorf("%d attempts to delete it", got)
	}
	w.Destroy().Want(t, 1, "Error: The instance is protected against deletion", "(InstanceResourceProtected), TerminateInstances")
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	w.Write(block(protected, set{"deletion_protection": "false"}) + env.Block(""))
	w.Apply().Want(t, 0, update)

	// Protected by somebody in the console, where no state knows it.
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Protected = true })
	w.Destroy().Want(t, 1, "Error: The instance is protected against deletion", "Code: InstanceProtected", "(InstanceResourceProtected), TerminateInstances",
		"worker ("+firstID+") stays in the state.")
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Protected = false })
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

func TestAccAutoDelete(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(set{"auto_delete_time": `"2026-03-02T09:29:00Z"`}) + env.Block(""))
	w.Plan().Want(t, 2, "Warning: Automatic deletion is less than 30 minutes ahead", "It is set to 2026-03-02T09:29:00Z; it is 2026-03-02T09:00:00Z now.",
		"Set auto_delete_time to 2026-03-02T09:31:00Z or later, or remove it.")
	w.Apply().Want(t, 1, "(AutoDeleteTimeIsInvalid), RunInstances", "auto_delete_time =")
	w.Destroy().Want(t, 0)
	w.Write(block(set{"auto_delete_time": `"2026-03-02T10:00:00Z"`}) + env.Block(""))
	w.Apply().Want(t, 0)
	for _, same := range []string{`"2026-03-02T18:00:00+08:00"`, `"2026-03-02T10:00:00+00:00"`, `"2026-03-02T05:00:00-05:00"`} {
		w.Write(block(set{"auto_delete_time": same}) + env.Block(""))
		w.Plan().Want(t, 0, "No changes.")
	}
	env.Sim.Advance(45 * time.Minute) // nothing is wrong with an old time that is not changed
	w.Plan().Want(t, 0, "No changes.")
	w.Write(block(set{"auto_delete_time": `"2026-03-02T10:05:00Z"`}) + env.Block(""))
	w.Plan().Want(t, 2, "Warning: Automatic deletion is less than 30 minutes ahead")
	env.Sim.Advance(20 * time.Minute)
	w.Plan().Want(t, 2, "Warning: This spot instance is gone", "auto_delete_time asked KEC to delete it at 2026-03-02T10:00:00Z.",
		"Warning: Automatic deletion is less than 30 minutes ahead")
	w.Destroy().Want(t, 0)
}

func TestAccSpelling_orderAndNotationNeverDiffer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(set{"spot_price_limit": "0.1", "key_ids": `["@key_a", "@key_b"]`, "security_group_ids": `["@group", "@group2"]`, "tags": `{ a = "1", b = "2" }`}) + env.Block(""))
	w.Apply().Want(t, 0)
	for _, price := range []string{"0.10", "1e-1", "0.100000"} {
		w.Write(block(set{"spot_price_limit": price, "key_ids": `["@key_b", "@key_a"]`, "security_group_ids": `["@group2", "@group"]`, "tags": `{ b = "2", a = "1" }`}) + env.Block(""))
		w.Plan().Want(t, 0, "No changes.")
	}
}

// The service did what it was asked and the answer was lost: the repetition is
// refused for the state, which must not be taken for "try again".
func TestAccUpdate_aLostAnswerIsNotRepeatedForEver(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"StopInstances", "StartInstances", "ModifyInstanceAttribute"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			w.Write(block(before) + env.Block(""))
			w.Apply().Want(t, 0)
			env.Sim.FailNext(action, kecsim.AnswerLost, 1)
			w.Write(block(before, set{"key_ids": `["@key_b"]`, "host_name": `"worker-2"`}) + env.Block(""))
			w.Apply().Want(t, 0, update)
			w.Plan().Want(t, 0, "No changes.")
			in := env.Sim.Instances()[0]
			if in.State != "active" || in.HostName != "worker-2" || !slices.Equal(in.KeyIDs, []string{kecsim.KeyB}) {
				t.Errorf("the machine is %s, %s, with %v", in.State, in.HostName, in.KeyIDs)
			}
			if got := env.Sim.Count(action); got > 3 {
				t.Errorf("%d calls of %s", got, action)
			}
		})
	}
}

func TestAccUpdate_waitsForAMachineThatIsJustChanging(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(before) + env.Block(""))
	w.Apply().Want(t, 0)
	w.Write(block(before, set{"host_name": `"worker-2"`}) + env.Block(""))
	w.Plan().Want(t, 2)
	env.Sim.FailNext("DescribeInstances", kecsim.Fault{Body: `{"RequestId":"r","InstanceCount":1,"InstancesSet":[{"InstanceId":"` + firstID + `","InstanceName":"worker-1",
	  "HostName":"worker-1","InstanceType":"N3.2B","InstanceState":{"Name":"rebooting"},"ChargeType":"Spot"}]}`}, 2)
	w.Apply("-refresh=false").Want(t, 0, update)
	if in := env.Sim.Instances()[0]; in.State != "active" || in.HostName != "worker-2" {
		t.Errorf("the machine is %s, %s", in.State, in.HostName)
	}
}

// Terraform never updates what a failed launch leaves, so its protection must
// not keep it from being cleaned up.
func TestAccProtection_doesNotOutliveAFailedLaunch(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.FailLaunches(1, kecsim.ModeError, "")
	w := env.Workspace(t)
	w.Write(block(set{"deletion_protection": "true"}) + env.Block(""))
	w.Apply().Want(t, 1, "Nothing is left of instance "+firstID)
	env.Sim.Update(func(s *kecsim.Settings) { s.Boot = 1e6 * time.Hour })
	w.Write(block(set{"deletion_protection": "true", "timeouts": `{ create = "3s" }`}) + env.Block(""))
	w.Apply().Want(t, 1, "was launched and is in the state")
	w.Destroy().Want(t, 0, "Resources: 1 destroyed.")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

func TestAccRegion_anotherOneProvesNothing(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(set{"instance_name": `"worker"`}) + env.Block(""))
	w.Apply().Want(t, 0)
	w.Write(block(set{"instance_name": `"worker"`}) + env.BlockIn(`"cn-shanghai-2"`, ""))
	w.Plan().Want(t, 1, "Error: The instance is in another region", "worker ("+firstID+") is in the region cn-beijing-6; the provider works in cn-shanghai-2.")
	w.CLI("state", "list").Want(t, 0, "kec_spot_instance.a")
	w.Write(block(set{"instance_name": `"worker"`}) + env.Block(""))
	w.Plan().Want(t, 0, "No changes.")
}
