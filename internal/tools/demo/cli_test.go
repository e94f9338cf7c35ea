package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeCLI is a shell script that stands in for the CLI.
func fakeCLI(t *testing.T, script string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tofu")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNewCLI(t *testing.T) {
	t.Parallel()
	example, provider, temp := t.TempDir(), filepath.Join(t.TempDir(), "kec"), t.TempDir()
	for name, content := range map[string]string{
		filepath.Join(example, "main.tf"):           "# main\n",
		filepath.Join(example, "terraform.tfvars"):  "# vars\n",
		filepath.Join(example, "terraform.tfstate"): "{}",
		provider: "binary",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := fakeCLI(t, "echo '└── provider[cli.example/kingsoftcloud/kec]'\n")
	c, err := newCLI(t.Context(), path, example, provider, temp, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(temp, "demo", "*"))
	if want := []string{filepath.Join(c.dir, "main.tf"), filepath.Join(c.dir, "terraform.tfvars")}; err != nil || !slices.Equal(files, want) {
		t.Errorf("the copy has %q (%v), want %q", files, err, want)
	}
	mirrored, err := filepath.Glob(filepath.Join(temp, "mirror/cli.example/kingsoftcloud/kec/*/*/terraform-provider-kec_v*"))
	if err != nil || len(mirrored) != 1 {
		t.Errorf("the mirror has %q (%v)", mirrored, err)
	}
	settings, err := os.ReadFile(filepath.Join(temp, "cli.tfrc"))
	if err != nil || !strings.Contains(string(settings), "filesystem_mirror") || strings.Contains(string(settings), "direct") {
		t.Errorf("got settings %q, %v", settings, err)
	}
	if !slices.Contains(c.env, "TF_CLI_ARGS=-no-color") {
		t.Error("output that is no terminal would be coloured")
	}

	silent := fakeCLI(t, "echo nothing\n")
	if _, err := newCLI(t.Context(), silent, example, provider, t.TempDir(), &bytes.Buffer{}); err == nil {
		t.Error("a CLI that lists no provider was accepted")
	}
}

func TestCLI_run(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	c := &cli{path: fakeCLI(t, "echo \"$1 $VALUE\"; echo trouble >&2; exit 3\n"), dir: t.TempDir(), out: &shown}
	c.setenv("VALUE=v")
	code, output, err := c.run(t.Context(), "plan")
	if want := "plan v\ntrouble\n"; code != 3 || output != want || shown.String() != want || err != nil {
		t.Errorf("got %d, %q, %v, and showed %q; want 3 and %q twice", code, output, err, shown.String(), want)
	}
	c.path = filepath.Join(c.dir, "none")
	if _, _, err := c.run(t.Context(), "plan"); err == nil {
		t.Error("a CLI that is not there ran")
	}
}

// An interrupted CLI is asked to stop, which lets it save its state, and the reason reaches the
// user.
func TestCLI_runInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	c := &cli{path: fakeCLI(t, "trap 'echo saved; exit 0' INT\necho ready\nwhile :; do sleep 0.05; done\n"), dir: t.TempDir()}
	c.out = writerFunc(func(p []byte) (int, error) {
		cancel(reason)
		return len(p), nil
	})
	_, output, err := c.run(ctx, "apply")
	if !errors.Is(err, reason) || output != "ready\nsaved\n" {
		t.Errorf("got %q, %v; want the CLI to have ended by itself, and %v", output, err, reason)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
