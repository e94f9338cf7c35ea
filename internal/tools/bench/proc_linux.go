package main

import (
	"os"
	"os/exec"
	"syscall"
)

// dieWithParent lets the system end the provider when its wrapper ends: a CLI kills the wrapper
// only.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// peak is the most memory that a process had, in bytes. A child process starts with the peak of its
// parent, so the result is at least the few megabytes of the wrapper.
func peak(state *os.ProcessState) int64 {
	if used, ok := state.SysUsage().(*syscall.Rusage); ok {
		return used.Maxrss * 1024
	}
	return 0
}
