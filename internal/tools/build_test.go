package tools_test

import (
	"os"
	"os/exec"
	"path/filepath"
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

// The size check of a release judges the builds that there are, and fails where there are none.
func TestSize(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	for name, c := range map[string]struct {
		file string
		size int64
		want string // "" passes
	}{
		"as large as allowed": {"linux_amd64/terraform-provider-kec_v1.0.0", 21 * mib, ""},
		"too large":           {"linux_amd64/terraform-provider-kec_v1.0.0", 21*mib + 1, "Above 21 MiB: "},
		"for Windows":         {"windows_amd64/terraform-provider-kec_v1.0.0.exe", 22 * mib, "Above 21 MiB: "},
		"under another name":  {"linux_amd64/provider", mib, "No build of the provider below "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dist := t.TempDir()
			file := filepath.Join(dist, c.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(file, c.size); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "sh", "size.sh", dist).CombinedOutput()
			if (err == nil) != (c.want == "") || !strings.HasPrefix(string(out), c.want) {
				t.Errorf("%v: %s, want %q", err, out, c.want)
			}
		})
	}
}
