package provider_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// simulatorOfThePages is the endpoint that the pages give to the simulator.
const simulatorOfThePages = "http://127.0.0.1:7480"

// A newcomer's first hour: the environment, the configuration, the commands and the requests of the
// guides, in their order, on a simulator that has another port.
func TestAccDocs_gettingStarted(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	here := strings.NewReplacer(simulatorOfThePages, env.URL)
	w := env.BinaryWorkspace(t)
	w.Setenv("TF_CLI_ARGS=-no-color")
	exports := here.Replace(acctest.Documented(t, "docs/guides/getting-started.md", "export KEC_ENDPOINT="))
	configuration := acctest.Documented(t, "docs/guides/getting-started.md", "terraform {") +
		acctest.Documented(t, "docs/guides/getting-started.md", "# The newest of KEC's own images")
	w.Put("main.tf", configuration)
	w.Shell(exports+"terraform apply -auto-approve -input=false -no-color").Want(t, 0, "Resources: 2 added")

	// The command of the other guide needs no such environment.
	plan := here.Replace(acctest.Documented(t, "docs/guides/rehearsing.md", "KEC_ENDPOINT="))
	w.Shell(plan).Want(t, 0, "No changes.")

	requests := acctest.Documented(t, "docs/guides/rehearsing.md", "curl -d")
	if _, err := exec.LookPath("curl"); err == nil {
		w.Shell("set -e\n"+exports+strings.ReplaceAll(requests, "curl ", "curl -fsS ")).Want(t, 0)
	} else {
		env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	}
	const machine = `resource "kec_spot_instance" "stateless" {`
	w.Put("main.tf", strings.Replace(configuration, machine, machine+"\n  count = 2", 1))
	w.Shell(exports+"terraform plan -input=false -no-color").Want(t, 1, "Error: Out of stock: 1 wanted, 0 available", "instance_type = \"N3.2B\"")
}

// The demo on a simulator, as the README has it, with the provider that was built in bin/, and the
// same with the README's settings for such a build.
func TestAccDocs_ownBuild(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.BinaryWorkspace(t)
	w.Setenv("TF_CLI_ARGS=-no-color")
	built, err := filepath.Abs("../../build/acctest")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(built, filepath.Join(w.Dir, "bin")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(w.Dir, "examples/demo"), os.DirFS("../../examples/demo")); err != nil {
		t.Fatal(err)
	}
	commands := strings.ReplaceAll(acctest.Documented(t, "README.md", "export KEC_ENDPOINT="), simulatorOfThePages, env.URL)
	// The file of settings stays in this test's folder.
	commands = strings.Replace(commands, "$PWD/bin/dev.tfrc", "$PWD/dev.tfrc", 1)
	w.Shell(commands).Want(t, 0, "Plan: 3 to add")

	settings := acctest.Documented(t, "README.md", "provider_installation {")
	w.Put("own.tfrc", strings.Replace(settings, "/absolute/path/to/this/clone/bin", filepath.Join(w.Dir, "bin"), 1))
	exports, _, _ := strings.Cut(commands, "export TF_CLI_CONFIG_FILE")
	w.Shell(exports+`export TF_CLI_CONFIG_FILE="$PWD/own.tfrc"; cd examples/demo && tofu validate`).Want(t, 0, "kingsoftcloud/kec in "+w.Dir, "The configuration is valid")
}
