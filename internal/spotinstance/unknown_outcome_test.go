package spotinstance_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// No look-up shows a password. When the first try of a change is cut and the second is refused for
// a state, nobody knows which password the machine has: that is said, and the next apply sends it
// again.
func TestAccPassword_anUnknownOutcomeIsNoSuccess(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	login := func(version string) string {
		return named(set{"password_wo": `"Correct-Horse-` + version + `"`, "password_wo_version": version})
	}
	w := running(t, env, login("1"))
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.State = "stopped" })
	env.Sim.FailNext("ModifyInstanceAttribute", kecsim.ConnectionLost, 1)
	env.Sim.FailNext("ModifyInstanceAttribute", kecsim.Fault{Status: 400, Code: "InstanceStateNotSupported", Message: "the instance is busy"}, 1)
	w.Write(login("2") + env.Block(""))
	w.Apply().Want(t, 1, "Error: KEC may have made the change", "password_wo",
		"the instance may have the old one or the new one, and the next apply sets the new one again.")
	if got := env.Sim.Instances()[0].Password; got != "Correct-Horse-1" {
		t.Errorf("the password is %s: the fault was to come before the change", got)
	}
	w.Plan().Want(t, 2, "password_wo_version", "Plan: 0 to add, 1 to change, 0 to destroy.")
	w.Apply().Want(t, 0, update)
	if got := env.Sim.Instances()[0].Password; got != "Correct-Horse-2" {
		t.Errorf("the password is %s", got)
	}
	w.Plan().Want(t, 0, "No changes.")
}
