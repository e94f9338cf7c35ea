package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// The variables that make this program a wrapper of the provider. The CLI starts the program in
// place of the provider, and passes its environment on. A wrapper is needed because the system
// tells only the parent of a process what the process has used.
const (
	wrappedVariable = "KEC_BENCH_PROVIDER" // the provider to run
	usageVariable   = "KEC_BENCH_USAGE"    // the folder for what it has used
)

// usage is what the processes of the provider have used in one command. A CLI starts several of
// them, one after the other.
type usage struct {
	CPU    float64 `json:"cpu"`    // seconds
	Memory int64   `json:"memory"` // bytes at the peak; 0 where the system does not tell
}

// wrap runs the provider with the input and output of this process, and writes what it has used
// into the folder. It returns the provider's exit code.
func wrap(provider, folder string) int {
	code, err := func() (int, error) {
		// The file is made before, so that one that stays empty shows that a wrapper was killed.
		file, err := os.CreateTemp(folder, "usage-*.json")
		if err != nil {
			return 1, err
		}
		// dieWithParent ends the provider when the thread that started it ends, so the thread must
		// stay.
		runtime.LockOSThread()
		cmd := exec.Command(provider, os.Args[1:]...) //nolint:gosec // the program's own path for it
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		dieWithParent(cmd)
		signals := make(chan os.Signal, 8)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		if err := cmd.Start(); err != nil {
			return 1, errors.Join(err, file.Close())
		}
		go func() {
			for s := range signals {
				_ = cmd.Process.Signal(s)
			}
		}()
		err = cmd.Wait()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return 1, errors.Join(err, file.Close())
		}
		state := cmd.ProcessState
		used := usage{CPU: (state.UserTime() + state.SystemTime()).Seconds(), Memory: peak(state)}
		return state.ExitCode(), errors.Join(json.NewEncoder(file).Encode(used), file.Close())
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench, in place of the provider:", err)
		return 1
	}
	return code
}

// readUsage adds up what the wrappers have written into a folder.
func readUsage(folder string) (usage, error) {
	var all usage
	files, err := filepath.Glob(filepath.Join(folder, "usage-*.json"))
	if err != nil {
		return all, err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return all, err
		}
		var one usage
		if err := json.Unmarshal(text, &one); err != nil {
			return all, fmt.Errorf("a process of the provider did not end by itself: %w", err)
		}
		all.CPU += one.CPU
		all.Memory = max(all.Memory, one.Memory)
	}
	return all, nil
}
