//go:build !unix

package rehearsal

import "os/exec"

// Process groups are left alone where they work otherwise; a child is ended by itself.

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func terminate(cmd *exec.Cmd) error { return cmd.Process.Kill() }
