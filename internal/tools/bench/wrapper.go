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

// The CLI starts this program in place of the provider, and hands on its environment. With these
// variables in it, the program is no more than a wrapper: only the parent of a process is told what
// it has used.
const (
	wrappedVariable = "KEC_BENCH_PROVIDER" // the provider to run
	usageVariable   = "KEC_BENCH_USAGE"    // the folder for what it has used
)

// usage is what the processes of the provider have used. A CLI starts several, one after the other.
type usage struct {
	CPU    float64 `json:"cpu"`    // seconds
	Memory int64   `json:"memory"` // bytes at the peak; 0 where the system does not tell
}

// wrap runs the provider on this process's own input and output, and writes down what it has used.
// The result is its exit code.
func wrap(provider, folder string) int {
	code, err := func() (int, error) {
		// A file that stays empty tells that a process was killed.
		file, err := os.CreateTemp(folder, "usage-*.json")
		if err != nil {
			return 1, err
		}
		// The system ends the provider with the thread that started it, see dieWithParent.
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
