package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent ends the provider with its wrapper: a CLI that must kill it kills the wrapper only.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// peak is the most memory that a process had, in bytes. A child starts with its parent's peak, so
// the wrapper's own few megabytes are the least that this can tell.
func peak(state *os.ProcessState) int64 {
	if used, ok := state.SysUsage().(*syscall.Rusage); ok {
		return used.Maxrss * 1024
	}
	return 0
}
