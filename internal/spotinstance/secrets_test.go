package spotinstance_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// A reason may quote what the machine was launched with; a message must not.
func TestAccCauses_aReasonThatQuotesASecret(t *testing.T) {
	t.Parallel()
	const password = "Correct-Horse-1"
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
	env.Sim.FailLaunches(1, kecsim.ModeError, "the image rejected the password "+password)
	w := env.Workspace(t)
	w.Write(block(set{"password_wo": "local.password"}) + "locals {\n  password = sensitive(\"" + password + "\")\n}\n" + env.Block(""))
	w.Apply().Want(t, 1, `KEC: "the image rejected the password (hidden)"`).Lacks(t, password)
}
