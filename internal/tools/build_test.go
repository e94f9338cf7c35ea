package tools_test

import (
	"os"
	"strings"
	"testing"
)

// Every program is built stripped, both by make and for a release: a third of its size is for
// debuggers.
func TestBuild_strips(t *testing.T) {
	t.Parallel()
	for file, flags := range map[string]struct {
		line string
		n    int
	}{
		"../../GNUmakefile":     {`lean = -trimpath -tags grpcnotrace -ldflags "-s -w `, 1},
		"../../.goreleaser.yml": {`ldflags: ["-s -w `, 2},
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(raw)
		if got := strings.Count(text, flags.line); got != flags.n || strings.Count(text, "ldflags") != flags.n {
			t.Errorf("%s holds %q %d times, want %d and no other ldflags", file, flags.line, got, flags.n)
		}
	}
	raw, err := os.ReadFile("../../GNUmakefile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if strings.Contains(line, "go build") && strings.Contains(line, " -o bin/") && !strings.Contains(line, "go build $(lean) ") {
			t.Errorf("make builds with other flags: %s", line)
		}
	}
}
