//go:build !linux

package main

import (
	"os"
	"os/exec"
)

// Only Linux reports this, so on other systems the tables leave it out.

func dieWithParent(*exec.Cmd) {}

func peak(*os.ProcessState) int64 { return 0 }
