package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

// cli runs OpenTofu or Terraform in a working folder of its own, as a user would.
type cli struct {
	path string
	dir  string // the copy of the example
	env  []string
	out  io.Writer
}

// providerVersion is the version the demo installs the provider as; no CLI installs a 0.0.0 or a
// pre-release unasked.
const providerVersion = "0.1.0"

// newCLI copies the example into temp and prepares a mirror that holds the provider's binary and
// nothing else.
func newCLI(ctx context.Context, path, example, provider, temp string, out io.Writer) (*cli, error) {
	c := &cli{path: path, dir: filepath.Join(temp, "demo"), out: out}
	settings := filepath.Join(temp, "cli.tfrc")
	mirror := filepath.Join(temp, "mirror")
	c.env = append(rehearsal.CleanEnvironment(os.Environ()), "TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1")
	if !colours(out) {
		c.env = append(c.env, "TF_CLI_ARGS=-no-color")
	}
	if err := copyExample(example, c.dir); err != nil {
		return nil, fmt.Errorf("the example: %w", err)
	}
	// No "direct": nothing is ever asked of a registry.
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		return nil, err
	}
	address, err := c.address(ctx)
	if err != nil {
		return nil, err
	}
	target := filepath.Join(mirror, filepath.FromSlash(address), providerVersion, runtime.GOOS+"_"+runtime.GOARCH,
		"terraform-provider-kec_v"+providerVersion)
	if err := copyFile(provider, target, 0o700); err != nil {
		return nil, fmt.Errorf("the provider: %w", err)
	}
	return c, nil
}

var addressPattern = regexp.MustCompile(`provider\[([^\s\]]+/kingsoftcloud/kec)\]`)

// address is the provider's full address. Its host is the CLI's own choice, so the CLI is asked.
func (c *cli) address(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, c.path, "providers") //nolint:gosec // the user names the CLI
	cmd.Dir, cmd.Env = c.dir, c.env
	text, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s providers: %w\n%s", c.path, err, text)
	}
	found := addressPattern.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("%s does not list the provider of the example:\n%s", c.path, text)
	}
	return string(found[1]), nil
}

// setenv sets variables of the commands that follow.
func (c *cli) setenv(pairs ...string) { c.env = append(c.env, pairs...) }

// name is what a user calls the CLI.
func (c *cli) name() string { return strings.TrimSuffix(filepath.Base(c.path), ".exe") }

// run runs one command, shows what it prints as it comes, and returns it with the exit code.
func (c *cli) run(ctx context.Context, args ...string) (code int, output string, err error) {
	var kept bytes.Buffer
	both := io.MultiWriter(c.out, &kept)
	cmd := rehearsal.Command(ctx, c.path, args...)
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.Stdout, cmd.Stderr = both, both
	code, err = rehearsal.Run(ctx, cmd)
	return code, kept.String(), err
}

// read and write are for files of the working folder.
func (c *cli) read(name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(c.dir, name))
	return string(data), err
}

func (c *cli) write(name, content string) error {
	return os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600)
}

// colours tells whether the CLI may colour its output, which it does without looking where it goes.
func colours(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// copyExample copies what is part of the example, and nothing that a run by hand has left in its
// folder.
func copyExample(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.Type().IsRegular() || ext != ".tf" && ext != ".tfvars" {
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string, mode os.FileMode) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, mode) //nolint:gosec // into a folder of the demo's own
}
