package acctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

// Workspace is a folder with a configuration in which a test runs CLI commands
// and reads what a user would read. The harness of terraform-plugin-testing
// shows errors only; warnings, exit codes and files need this.
type Workspace struct {
	Dir string
	t   *testing.T
	env []string
}

// source makes the provider's address explicit: each CLI then looks for it
// under its own default host.
const source = `terraform {
  required_providers {
    kec = { source = "kingsoftcloud/kec" }
  }
}
`

// Workspace serves the provider to the CLI from this process, on the
// simulator's clock.
func (e *Env) Workspace(t *testing.T) *Workspace {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	attach, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
	served := make(chan error, 1)
	go func() {
		served <- tf6server.Serve("registry.terraform.io/kingsoftcloud/kec", provider.Server("test", e.Options()...),
			tf6server.WithDebug(ctx, attach, closed),
			tf6server.WithGoPluginLogger(hclog.New(&hclog.LoggerOptions{Output: io.Discard})),
			tf6server.WithoutLogStderrOverride(), tf6server.WithLoggingSink(t))
	}()
	var at *plugin.ReattachConfig
	select {
	case at = <-attach:
	case err := <-served:
		stop()
		t.Fatalf("the provider cannot be served: %v", err)
	}
	t.Cleanup(func() {
		stop()
		<-closed
	})
	one := map[string]any{
		"Protocol": string(at.Protocol), "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": at.Test,
		"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
	}
	all, err := json.Marshal(map[string]any{
		"registry.terraform.io/kingsoftcloud/kec": one, "registry.opentofu.org/kingsoftcloud/kec": one,
		// A stand-in for the official provider, which a state that is moved from it names.
		"registry.terraform.io/kingsoftcloud/ksyun": one, "registry.opentofu.org/kingsoftcloud/ksyun": one,
	})
	if err != nil {
		t.Fatal(err)
	}
	return newWorkspace(t, "TF_REATTACH_PROVIDERS="+string(all))
}

// binary is the provider's, built once per test process into the clone's ignored
// build folder. One package uses it, so no other process writes the same file.
var binary = sync.OnceValues(func() (string, error) {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(filepath.Dir(strings.TrimSpace(string(module))), "build", "acctest")
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "terraform-provider-kec"), //nolint:gosec // fixed arguments
		"github.com/kingsoftcloud/terraform-provider-kec")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the provider does not build: %w\n%s", err, out)
	}
	return dir, nil
})

// BinaryWorkspace lets the CLI start the provider's binary itself, as a user's
// does: it reads the environment of the command, and the CLI's log holds its own.
// It lives in real time, so the simulator must need none.
func (e *Env) BinaryWorkspace(t *testing.T) *Workspace {
	t.Helper()
	dir, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	e.Sim.Update(func(s *kecsim.Settings) { s.Boot, s.VisibleAfter, s.TerminateTime = 0, 0, 0 })
	file := filepath.Join(t.TempDir(), "cli.tfrc")
	settings := "provider_installation {\n  dev_overrides { \"kingsoftcloud/kec\" = \"" + dir + "\" }\n  direct {}\n}\n"
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	return newWorkspace(t, "TF_CLI_CONFIG_FILE="+file)
}

func newWorkspace(t *testing.T, env ...string) *Workspace {
	t.Helper()
	return &Workspace{Dir: t.TempDir(), t: t, env: append(os.Environ(), append(env, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")...)}
}

// Setenv adds NAME=VALUE to the environment of the commands that follow.
func (w *Workspace) Setenv(pairs ...string) { w.env = append(w.env, pairs...) }

// Write replaces the configuration. Line 1 of the HCL is line 1 of main.tf.
func (w *Workspace) Write(hcl string) {
	w.t.Helper()
	w.WriteModule(".", hcl)
}

// WriteModule replaces the configuration of a module in a folder of its own. The
// command "get" makes it known to those that follow.
func (w *Workspace) WriteModule(folder, hcl string) {
	w.t.Helper()
	w.Put(filepath.Join(folder, "main.tf"), strings.TrimPrefix(hcl, "\n"))
	w.Put(filepath.Join(folder, "source.tf"), source)
}

// Put writes any file of the workspace.
func (w *Workspace) Put(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.Dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Result is what a command printed, on both streams, and its exit code.
type Result struct {
	Raw  string
	Text string // Raw in one line: frames and line breaks are single spaces
	Code int
}

// CLI runs one command without colours and without questions.
func (w *Workspace) CLI(args ...string) Result {
	w.t.Helper()
	return w.run(os.Getenv("TF_ACC_TERRAFORM_PATH"), args...)
}

// Shell runs lines of a shell, in which "tofu" and "terraform" are the CLI under test.
func (w *Workspace) Shell(line string) Result {
	w.t.Helper()
	return w.run("sh", "-c", `tofu() { "$TF_ACC_TERRAFORM_PATH" "$@"; }; terraform() { tofu "$@"; }`+"\n"+line)
}

func (w *Workspace) run(command string, args ...string) Result {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), command, args...) //nolint:gosec // the CLI under test, or a line of a test's
	cmd.Dir, cmd.Env = w.Dir, w.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
	flat := strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(out.String())
	return Result{Raw: out.String(), Text: strings.Join(strings.Fields(flat), " "), Code: cmd.ProcessState.ExitCode()}
}

// Changes are the parts of a plan by the address that each is about, in one line each.
func (r Result) Changes() map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(r.Raw, "\n  # ") {
		if address, text, ok := strings.Cut(part, " "); ok {
			parts[address] = strings.Join(strings.Fields(text), " ")
		}
	}
	return parts
}

// Plan exits with 0 for an empty plan, 2 for a plan with changes, 1 for an error.
func (w *Workspace) Plan(args ...string) Result {
	w.t.Helper()
	return w.CLI(append([]string{"plan", "-no-color", "-input=false", "-detailed-exitcode"}, args...)...)
}

// Apply applies without asking.
func (w *Workspace) Apply(args ...string) Result {
	w.t.Helper()
	return w.CLI(append([]string{"apply", "-no-color", "-input=false", "-auto-approve"}, args...)...)
}

// Destroy destroys without asking.
func (w *Workspace) Destroy(args ...string) Result {
	w.t.Helper()
	return w.CLI(append([]string{"destroy", "-no-color", "-input=false", "-auto-approve"}, args...)...)
}

// Want fails the test unless the exit code is code and every fragment is there.
func (r Result) Want(t *testing.T, code int, fragments ...string) Result {
	t.Helper()
	if r.Code != code {
		t.Errorf("exit code %d, want %d, in\n%s", r.Code, code, r.Raw)
	}
	for _, f := range fragments {
		if !strings.Contains(r.Text, f) {
			t.Errorf("missing: %s\nin\n%s", f, r.Raw)
		}
	}
	return r
}

// Before tells, from what "version" printed, whether the CLI is older.
func (r Result) Before(t *testing.T, major, minor int) bool {
	t.Helper()
	var a, b int
	for _, line := range strings.Split(r.Raw, "\n") {
		if _, version, found := strings.Cut(line, " v"); found {
			if _, err := fmt.Sscanf(version, "%d.%d", &a, &b); err == nil {
				return a < major || a == major && b < minor
			}
		}
	}
	t.Fatalf("no version in\n%s", r.Raw)
	return false
}

// Lacks fails the test if a fragment is there.
func (r Result) Lacks(t *testing.T, fragments ...string) Result {
	t.Helper()
	for _, f := range fragments {
		if strings.Contains(r.Text, f) {
			t.Errorf("unwanted: %s\nin\n%s", f, r.Raw)
		}
	}
	return r
}
