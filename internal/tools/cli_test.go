// Package tools_test tests the scripts that the Makefile runs.
package tools_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The programs cli.sh may use besides the shell and the go command.
var coreutils = []string{"dirname", "mkdir", "mv", "rm", "sleep", "tail"}

// clone is a folder that looks to cli.sh like this repository, on a machine with nothing but
// coreutils and what a test adds.
type clone struct {
	root string // of the repository
	path string // the only folder on PATH
}

func newClone(t *testing.T) clone {
	t.Helper()
	c := clone{root: t.TempDir(), path: t.TempDir()}
	script, err := os.ReadFile("cli.sh")
	if err != nil {
		t.Fatal(err)
	}
	c.write(t, filepath.Join(c.root, "internal/tools/cli.sh"), string(script))
	c.write(t, filepath.Join(c.root, "internal/tools/opentofu/go.mod"),
		"module example\n\nrequire (\n\texample.com/other v9.9.9 // indirect\n\tgithub.com/opentofu/opentofu v1.12.6 // indirect\n)\n")
	for _, name := range coreutils {
		file, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file, filepath.Join(c.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// write creates an executable file. No process may be forked meanwhile: it would hold the file open
// for writing, and running the file then fails with "text file busy".
func (c clone) write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

// run returns standard output, standard error and the exit status of cli.sh.
func (c clone) run(t *testing.T, cli string, args ...string) (string, string, int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "/bin/sh", append([]string{filepath.Join(c.root, "internal/tools/cli.sh")}, args...)...)
	cmd.Dir = c.root
	cmd.Env = []string{"PATH=" + c.path, "TF_CLI_CONFIG_FILE=" + filepath.Join(c.root, "missing")}
	if cli != "" {
		cmd.Env = append(cmd.Env, "CLI="+cli)
	}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// reports is a CLI whose version command prints one line.
func reports(line string) string {
	return "#!/bin/sh\n[ \"$*\" = version ] && echo '" + line + "'\n"
}

// warns is a CLI that behaves as OpenTofu does when TF_CLI_CONFIG_FILE names a missing file: a
// warning on standard output.
const warns = `#!/bin/sh
if ! [ -e "$TF_CLI_CONFIG_FILE" ]; then
	echo
	echo 'Warning: Unable to open CLI configuration file'
	echo
fi
echo 'OpenTofu v1.12.6'
echo 'on linux_amd64'
[ "$CHECKPOINT_DISABLE" = 1 ] || echo 'Your version of OpenTofu is out of date!'
`

func TestCLI_path(t *testing.T) {
	t.Parallel()
	const tofu, terraform, own = "PATH/tofu", "PATH/terraform", "ROOT/bin/tofu"
	tests := []struct {
		name    string
		files   map[string]string // what is installed; a key starts with PATH or ROOT
		cli     string
		args    []string // after "path"; 1.12.0 if there are none
		want    string
		wantErr string // a fragment of standard error; exit status 1
	}{
		{name: "nothing installed", want: own},
		{name: "tofu", files: map[string]string{tofu: reports("OpenTofu v1.12.0")}, want: tofu},
		{name: "tofu with warnings around its version", files: map[string]string{tofu: warns}, want: tofu},
		{name: "terraform", files: map[string]string{terraform: reports("Terraform v1.14.3")}, want: terraform},
		{
			name:  "tofu before terraform",
			files: map[string]string{tofu: reports("OpenTofu v1.12.1"), terraform: reports("Terraform v1.14.3")},
			want:  tofu,
		},
		{
			name:  "terraform when tofu is too old",
			files: map[string]string{tofu: reports("OpenTofu v1.11.9"), terraform: reports("Terraform v1.12.2")},
			want:  terraform,
		},
		{
			name:  "own build when both are too old",
			files: map[string]string{tofu: reports("OpenTofu v1.9.10"), terraform: reports("Terraform v1.11.4")},
			want:  own,
		},
		{name: "lower floor", files: map[string]string{terraform: reports("Terraform v1.11.4")}, args: []string{"1.11.0"}, want: terraform},
		{name: "lower patch", files: map[string]string{tofu: reports("OpenTofu v1.12.6")}, args: []string{"1.12.7"}, want: own},
		{name: "numbers, not text", files: map[string]string{tofu: reports("OpenTofu v1.9.0")}, args: []string{"1.11.0"}, want: own},
		{name: "higher major", files: map[string]string{tofu: reports("OpenTofu v2.0.0")}, want: tofu},
		{name: "pre-release of the floor", files: map[string]string{tofu: reports("OpenTofu v1.12.0-dev")}, want: own},
		{name: "release candidate of the floor", files: map[string]string{terraform: reports("Terraform v1.12.0-rc1")}, want: own},
		{name: "pre-release above the floor", files: map[string]string{tofu: reports("OpenTofu v1.13.0-alpha1")}, want: tofu},
		{name: "build metadata", files: map[string]string{terraform: reports("Terraform v1.12.0+ent")}, want: terraform},
		{name: "something else called tofu", files: map[string]string{tofu: reports("soy v3.0.0")}, want: own},
		{name: "tofu that fails", files: map[string]string{tofu: "#!/bin/sh\nexit 3\n"}, want: own},
		{
			name:  "only the names asked for",
			files: map[string]string{terraform: reports("Terraform v1.14.3")},
			args:  []string{"1.12.0", "tofu"},
			want:  own,
		},
		{
			name:  "CLI wins over PATH",
			files: map[string]string{tofu: reports("OpenTofu v1.12.1"), "ROOT/my cli": reports("Terraform v1.13.0")},
			cli:   "ROOT/my cli",
			want:  "ROOT/my cli",
		},
		{
			name:  "CLI by name",
			files: map[string]string{tofu: reports("OpenTofu v1.12.1"), terraform: reports("Terraform v1.13.0")},
			cli:   "terraform",
			want:  terraform,
		},
		{
			name:  "CLI by relative path",
			files: map[string]string{"ROOT/tool/tofu": reports("OpenTofu v1.12.1")},
			cli:   "tool/tofu",
			want:  "ROOT/tool/tofu",
		},
		{
			name:    "CLI too old, even with a good one on PATH",
			files:   map[string]string{tofu: reports("OpenTofu v1.12.1"), "ROOT/old": reports("Terraform v1.5.7")},
			cli:     "ROOT/old",
			wantErr: "is version 1.5.7; 1.12.0 or newer is needed",
		},
		{
			name:    "CLI is a pre-release of the floor",
			files:   map[string]string{"ROOT/dev": reports("OpenTofu v1.12.0-dev")},
			cli:     "ROOT/dev",
			wantErr: "is version 1.12.0-dev; 1.12.0 or newer is needed",
		},
		{name: "CLI is missing", cli: "ROOT/none", wantErr: "ROOT/none is not an executable file"},
		{name: "CLI is a folder", cli: "ROOT", wantErr: "is not an executable file"},
		{
			name:    "CLI is another program",
			files:   map[string]string{"ROOT/other": reports("hello")},
			cli:     "ROOT/other",
			wantErr: "does not answer",
		},
		{name: "bad floor", args: []string{"1.x"}, wantErr: "the floor 1.x is not MAJOR.MINOR.PATCH"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClone(t)
			at := strings.NewReplacer("PATH", c.path, "ROOT", c.root)
			for file, content := range test.files {
				c.write(t, at.Replace(file), content)
			}
			args := test.args
			if args == nil {
				args = []string{"1.12.0"}
			}
			stdout, stderr, status := c.run(t, at.Replace(test.cli), append([]string{"path"}, args...)...)
			if test.wantErr != "" {
				if status != 1 || stdout != "" || !strings.Contains(stderr, at.Replace(test.wantErr)) {
					t.Errorf("got status %d, output %q, message %q; want status 1 and a message with %q", status, stdout, stderr, test.wantErr)
				}
				return
			}
			if want := at.Replace(test.want) + "\n"; status != 0 || stdout != want || stderr != "" {
				t.Errorf("got status %d, output %q, message %q; want output %q alone", status, stdout, stderr, want)
			}
		})
	}
}

// fakeGo stands in for the go command: it records that it ran and writes the file named after -o.
const fakeGo = `#!/bin/sh
echo "go $*" >>ROOT/calls
while [ $# -gt 0 ]; do
	if [ "$1" = -o ]; then out=$2; fi
	shift
done
printf '%s\n' '#!/bin/sh' 'echo "OpenTofu v1.12.6"' >"$out"
PATH/chmod +x "$out"
`

func TestCLI_ensure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		files   map[string]string
		build   string // the go command; fakeGo if empty
		cli     string
		builds  bool
		wantErr string
	}{
		{name: "builds what is missing", builds: true},
		{name: "builds anew when the module has moved on", files: map[string]string{"ROOT/bin/tofu": reports("OpenTofu v1.12.5")}, builds: true},
		{name: "keeps what is there", files: map[string]string{"ROOT/bin/tofu": reports("OpenTofu v1.12.6")}},
		{name: "builds nothing when one is installed", files: map[string]string{"PATH/tofu": reports("OpenTofu v1.12.1")}},
		{name: "builds nothing when CLI is set", files: map[string]string{"ROOT/mine": reports("OpenTofu v1.12.1")}, cli: "ROOT/mine"},
		{
			name:    "shows why a build failed",
			build:   "#!/bin/sh\necho 'no such module' >&2\nexit 1\n",
			wantErr: "no such module",
		},
		{
			name:    "keeps no binary of another version",
			build:   strings.ReplaceAll(fakeGo, "v1.12.6", "v1.12.6-dev"),
			wantErr: "does not report version 1.12.6",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClone(t)
			chmod, err := exec.LookPath("chmod")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(chmod, filepath.Join(c.path, "chmod")); err != nil {
				t.Fatal(err)
			}
			at := strings.NewReplacer("PATH", c.path, "ROOT", c.root)
			for file, content := range test.files {
				c.write(t, at.Replace(file), content)
			}
			build := test.build
			if build == "" {
				build = fakeGo
			}
			c.write(t, filepath.Join(c.path, "go"), at.Replace(build))

			stdout, stderr, status := c.run(t, at.Replace(test.cli), "ensure", "1.12.0")
			if stdout != "" {
				t.Errorf("got output %q, want none", stdout)
			}
			left, err := filepath.Glob(filepath.Join(c.root, "bin", "*"))
			if err != nil {
				t.Fatal(err)
			}
			if test.wantErr != "" {
				if status != 1 || !strings.Contains(stderr, test.wantErr) || len(left) != 0 {
					t.Errorf("got status %d, message %q, files %q; want status 1, a message with %q and no file", status, stderr, left, test.wantErr)
				}
				return
			}
			if status != 0 {
				t.Fatalf("got status %d: %s", status, stderr)
			}
			calls, err := os.ReadFile(filepath.Join(c.root, "calls"))
			if got := err == nil; got != test.builds {
				t.Fatalf("built: got %t, want %t", got, test.builds)
			}
			if !test.builds {
				return
			}
			if !bytes.Contains(calls, []byte("version.dev=no")) {
				t.Errorf("the version is not marked as a release: %s", calls)
			}
			for _, fragment := range []string{"OpenTofu 1.12.6", "once", "three minutes", "CLI="} {
				if !strings.Contains(stderr, fragment) {
					t.Errorf("the message does not say %q: %s", fragment, stderr)
				}
			}
			if want := filepath.Join(c.root, "bin/tofu"); len(left) != 1 || left[0] != want {
				t.Errorf("got files %q, want %q alone", left, want)
			}
			if stdout, _, _ := c.run(t, "", "path", "1.12.0"); stdout != filepath.Join(c.root, "bin/tofu")+"\n" {
				t.Errorf("path: got %q", stdout)
			}
		})
	}
}
