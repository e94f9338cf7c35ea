package tools_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A fuzz target fails for an input, a panic or a build, and not for the way in which Go ends it.
func TestFuzz(t *testing.T) {
	t.Parallel()
	const progress = "fuzz: elapsed: 1m0s, execs: 345628 (0/sec), new interesting: 530 (total: 657)\n"
	for name, c := range map[string]struct {
		says   string
		status int
		passes bool
	}{
		"nothing is found": {progress + "PASS\nok  \tx\t60.187s\n", 0, true},
		"the time is over": {progress + "--- FAIL: FuzzIt (60.02s)\n    context deadline exceeded\nFAIL\nexit status 1\nFAIL\tx\t60.1s\n", 1, true},
		"an input fails": {progress + "--- FAIL: FuzzIt (1.02s)\n    --- FAIL: FuzzIt (0.00s)\n        x_test.go:9: no\n    \n" +
			"    Failing input written to testdata/fuzz/FuzzIt/1\nFAIL\nexit status 1\nFAIL\tx\t1.1s\n", 1, false},
		"an input fails for a deadline": {progress + "--- FAIL: FuzzIt (1.02s)\n    --- FAIL: FuzzIt (0.00s)\n    context deadline exceeded\n" +
			"FAIL\nexit status 1\nFAIL\tx\t1.1s\n", 1, false},
		"a deadline, and more": {"--- FAIL: FuzzIt (60.02s)\n    context deadline exceeded\n    fuzzing process hung\nFAIL\n", 1, false},
		"it does not build":    {"FAIL\tx [build failed]\nFAIL\n", 1, false},
		"it says nothing":      {"", 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			fake := fmt.Sprintf("#!/bin/sh\ncat <<'END'\n%sEND\nexit %d\n", c.says, c.status)
			if err := os.WriteFile(filepath.Join(dir, "go"), []byte(fake), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "fuzz.sh", "x", "FuzzIt", "60s", filepath.Join(dir, "kept"))
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if passes := err == nil; passes != c.passes {
				t.Errorf("it passes: %v, want %v; it said\n%s", passes, c.passes, out)
			}
		})
	}
}
