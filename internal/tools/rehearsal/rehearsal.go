// Package rehearsal has what the tools share that drive a real CLI on a simulated KEC: the
// simulator's process, the commands of the CLI, and an environment that leads to no real account.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// killTime is how long an interrupted CLI may take to save its state and stop the provider.
const killTime = 20 * time.Second

// CleanEnvironment drops the user's own account and CLI settings: a tool must reach nothing but the
// simulator.
func CleanEnvironment(environment []string) []string {
	var kept []string
	for _, pair := range environment {
		name, _, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "KSYUN_") && !strings.HasPrefix(name, "KEC_") && !strings.HasPrefix(name, "TF_") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// Locate makes paths absolute, for commands that run elsewhere. What they name must exist.
func Locate(paths []string) (err error) {
	for i, p := range paths {
		if paths[i], err = filepath.Abs(p); err != nil {
			return err
		}
		if _, err := os.Stat(paths[i]); err != nil {
			return err
		}
	}
	return nil
}

// Command is a command of the CLI, for Run. Where the context ends it, it is asked first, which
// lets it save its state.
func Command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = killTime
	ownGroup(cmd)
	return cmd
}

// Run runs a Command and returns its exit code. Where the context has ended it, the error is the
// context's cause.
func Run(ctx context.Context, cmd *exec.Cmd) (code int, err error) {
	err = cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			_ = killGroup(cmd) // a provider may be left of a CLI that was killed
		}
		return 0, context.Cause(ctx)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return cmd.ProcessState.ExitCode(), nil
}
