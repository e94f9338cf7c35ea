package acctest_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// example is a file of an example, as a user reads it.
func example(t *testing.T, name ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"../../examples"}, name...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAccExample_cheapestType(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	stock := func(n int) {
		for _, typ := range []string{"E1.8B", "N3.8B"} {
			for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC} {
				env.Sim.SetStock(zone, typ, n)
			}
		}
	}
	const none = "No type with 8 vCPUs is in stock as a Spot Instance in a zone that has a subnet with room."
	w := env.Workspace(t)
	w.Write(example(t, "cheapest-type", "main.tf") + env.Block(""))
	stock(0)
	w.Plan().Want(t, 1, "Warning: Check block assertion failed", none, "Error: No such subnet", "KEC shows no subnet none-in-stock in this region.", "subnet_id = try(")
	stock(50)
	env.Sim.SellOut(kecsim.ZoneA, "E1.8B") // the cheapest of all
	w.Apply().Want(t, 0, "Resources: 1 added", `worker = "E1.8B in cn-beijing-6b"`)

	// Another offer is cheaper now, or none is left: the machine stays what it is.
	env.Sim.SetPrice(kecsim.ZoneC, "N3.8B", "0.09", "")
	w.Plan().Want(t, 0, "No changes").Lacks(t, "Warning")
	stock(0)
	w.Plan().Want(t, 0, "No changes", "Warning: Check block assertion failed", none).Lacks(t, "Error")

	// Once KEC has taken it back, the choice is that of the day.
	env.Sim.Advance(3 * time.Minute)
	env.Sim.Release(env.Sim.Instances()[0].ID)
	env.Sim.Advance(time.Minute)
	stock(3)
	w.Apply().Want(t, 0, "Resources: 1 added", `worker = "N3.8B in cn-beijing-6c"`)
	w.Plan().Want(t, 0, "No changes")
}

func TestAccExample_newestImage(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(example(t, "newest-image", "main.tf") + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 2 added")
	w.Plan().Want(t, 0, "No changes")

	const newer = "IMG-0d000000-0000-4000-8000-000000000099"
	env.Sim.AddImage(kecsim.Image{
		ID: newer, Name: "ubuntu-24.04", State: "active", Platform: "ubuntu-24.04", Type: "system", SizeGB: 20, Created: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	})
	w.Plan().Want(t, 2, "# kec_spot_instance.stateless must be replaced", `~ image_id = "`+kecsim.ImageUbuntu+`" -> "`+newer+`" # forces replacement`,
		"Plan: 1 to add, 0 to change, 1 to destroy.").Lacks(t, "kec_spot_instance.stateful must", "kec_spot_instance.stateful will")
	w.Apply().Want(t, 0, "Resources: 1 added, 0 changed, 1 destroyed")
	w.Plan().Want(t, 0, "No changes")
	w.Plan("-replace=kec_spot_instance.stateful").Want(t, 2, `-> "`+newer+`"`, "Plan: 1 to add, 0 to change, 1 to destroy.")
	for _, in := range env.Sim.Instances() {
		if want := map[string]string{"stateless": newer, "stateful": kecsim.ImageUbuntu}[in.Name]; in.ImageID != want {
			t.Errorf("%s has image %s, want %s", in.Name, in.ImageID, want)
		}
		if in.Name == "stateful" {
			env.Sim.Advance(3 * time.Minute)
			env.Sim.Release(in.ID)
		}
	}
	env.Sim.Advance(time.Minute)
	w.Plan().Want(t, 2, "# kec_spot_instance.stateful will be created", `+ image_id = "`+newer+`"`, "Plan: 1 to add, 0 to change, 0 to destroy.")
	env.Sim.SetImageState(newer, "deleted")
	env.Sim.SetImageState(kecsim.ImageUbuntu, "deleted")
	w.Plan().Want(t, 1, "There is no active system image of the platform ubuntu-24.04.")
}

// The example takes hashicorp/random. RANDOM_PROVIDER names the folder that holds its binary.
func TestAccExample_ephemeralPassword(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	text := example(t, "ephemeral-password", "main.tf")
	folder := os.Getenv("RANDOM_PROVIDER")
	if folder == "" {
		w.Write(text)
		w.CLI("fmt", "-check", "-diff", "-no-color").Want(t, 0)
		t.Log("RANDOM_PROVIDER does not say where hashicorp/random is: the example was checked for its form only, and not applied")
		return
	}
	settings := filepath.Join(t.TempDir(), "cli.tfrc")
	if err := os.WriteFile(settings, []byte("provider_installation {\n  dev_overrides { \"hashicorp/random\" = \""+folder+"\" }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.Setenv("TF_CLI_CONFIG_FILE=" + settings)
	w.Write(text + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 added")
	w.Plan().Want(t, 0, "No changes")
	if state := w.CLI("show", "-json").Want(t, 0).Raw; len(env.Sim.Instances()) != 1 || !strings.Contains(state, `"password_wo":null`) {
		t.Errorf("the state holds no machine without its password:\n%s", state)
	}
}

// The pipeline tells the machines that are being taken back, and no others. A stand-in for ssh
// writes down what they are told.
func TestAccExample_notice(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("needs jq, with which the example reads the output")
	}
	env := acctest.New(t)
	w := env.Workspace(t)
	for _, name := range []string{"pipeline.sh", "drain.sh"} {
		if err := os.WriteFile(filepath.Join(w.Dir, name), []byte(example(t, "notice", name)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.Write(example(t, "notice", "main.tf") + env.Block(""))
	w.WriteModule("watch", example(t, "notice", "watch", "main.tf")+env.Block(""))
	w.Apply().Want(t, 0, "Resources: 2 added")
	w.Plan().Want(t, 0, "No changes")
	machines := env.Sim.Instances()
	userData, err := base64.StdEncoding.DecodeString(machines[0].UserData)
	if script := base64.StdEncoding.EncodeToString([]byte(example(t, "notice", "drain.sh"))); err != nil || !strings.Contains(string(userData), script) {
		t.Errorf("the user data does not hold drain.sh: %v\n%s", err, userData)
	}

	w.Shell(`mkdir tools && printf '#!/bin/sh\necho "told: $*" >>"$TOLD"\n' >tools/ssh && cp tools/ssh tools/logger && cp tools/ssh tools/systemctl && chmod 755 tools/*`).Want(t, 0)
	const look = `export CLI="$TF_ACC_TERRAFORM_PATH" TOLD="$PWD/told" PATH="$PWD/tools:$PATH"; ./pipeline.sh && cat told 2>/dev/null`
	w.Shell(look).Want(t, 1) // nobody is told anything
	var worker kecsim.Instance
	for _, in := range machines {
		if in.Name == "worker-1" {
			worker = in
		}
	}
	env.Sim.Reclaim(worker.ID)
	now, _ := env.Sim.Instance(worker.ID)
	until := now.RecyclingTime.UTC().Format(time.RFC3339)
	if got, want := w.Shell(look).Want(t, 0).Text, "told: -n root@"+worker.PrivateIP+" echo "+until+" >/run/notice"; got != want {
		t.Errorf("told %q, want %q", got, want)
	}

	w.Shell(`export TOLD="$PWD/done" PATH="$PWD/tools:$PATH"; echo `+until+` >notice && ./drain.sh notice && cat done`).Want(t, 0,
		"told: -t drain KEC releases this machine at "+until+": draining told: stop worker.service told: -t drain drained")
	env.Sim.Advance(11 * time.Minute)
	w.Apply().Want(t, 0, "Resources: 1 added", "This spot instance is gone")
}
