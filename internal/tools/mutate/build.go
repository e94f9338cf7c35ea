package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// workshop builds test binaries with mistakes in them. Nothing in the clone changes: the compiler
// is given the changed files as an overlay.
type workshop struct {
	root, dir string        // the repository, and a directory for what is built
	least     time.Duration // that tests may take, however quick they are without a mistake
	files     atomic.Int64
}

// file is the path of a new file.
func (w *workshop) file(extension string) string {
	return filepath.Join(w.dir, strconv.FormatInt(w.files.Add(1), 10)+extension)
}

// overlay writes the file that tells the compiler which files to read in place of others, and
// returns which of the repository each of them stands for, by the last part of its path. Each
// package gets a file more where it has to know which mistake is on.
func (w *workshop) overlay(edits map[*source][]edit, switched bool) (file string, stands map[string]string, err error) {
	replace := map[string]string{}
	stands = map[string]string{}
	put := func(name string, text []byte) error {
		at := w.file(".go")
		stands[filepath.Base(at)] = name
		replace[filepath.Join(w.root, filepath.FromSlash(name))] = at
		return os.WriteFile(at, text, 0o600)
	}
	for src, all := range edits {
		err := put(src.path, apply(src.text, src.start, all))
		if switched {
			err = errors.Join(err, put(path.Join(path.Dir(src.path), "mutant_switch.go"), fmt.Appendf(nil, switchFile, src.name)))
		}
		if err != nil {
			return "", nil, err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", nil, err
	}
	file = w.file(".json")
	return file, stands, os.WriteFile(file, text, 0o600)
}

// position is where the compiler reports an error: file and line.
var position = regexp.MustCompile(`(?m)^([^\s:]+\.go):(\d+):`)

// switched is an overlay with all mistakes, each behind its number, which is its index and one.
// Those whose line does not compile that way have no number.
func (w *workshop) switched(all []*mutant) (string, error) {
	homes := homesOf(all)
	for {
		edits := map[*source][]edit{}
		for i, m := range all {
			if m.switched != nil {
				edits[m.source] = append(edits[m.source], m.switched(i+1)...)
			}
		}
		file, stands, err := w.overlay(edits, true)
		if err != nil {
			return "", err
		}
		out, err := w.command(append([]string{"build", "-gcflags=-e", "-overlay", file}, homes...)...).CombinedOutput()
		if err == nil {
			return file, nil
		}
		wrong := map[string]bool{}
		for _, found := range position.FindAllStringSubmatch(string(out), -1) {
			wrong[stands[filepath.Base(found[1])]+":"+found[2]] = true
		}
		taken := 0
		for _, m := range all {
			if m.switched != nil && wrong[m.file+":"+strconv.Itoa(m.line)] {
				m.switched = nil
				taken++
			}
		}
		if taken == 0 {
			return "", fmt.Errorf("the code with all mistakes in it does not compile: %w\n%s", err, out)
		}
	}
}

func homesOf(all []*mutant) (homes []string) {
	seen := map[string]bool{}
	for _, m := range all {
		if home := m.home(); !seen[home] {
			seen[home] = true
			homes = append(homes, home)
		}
	}
	return homes
}

// tests builds the tests of a package, and returns their binary.
func (w *workshop) tests(home, overlay string) (string, error) {
	binary := w.file(".test")
	out, err := w.command("test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, home).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the tests of %s do not compile: %w\n%s", home, err, out)
	}
	return binary, nil
}

func (w *workshop) command(args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = w.root
	return cmd
}

// passes runs a suite with one mistake on, or none for 0, without a CLI for acceptance tests. Tests
// that take longer than the limit have noticed the mistake.
func (w *workshop) passes(s *suite, number int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), s.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.binary, append([]string{"-test.failfast"}, s.args...)...) //nolint:gosec // built by tests
	cmd.Dir = filepath.Join(w.root, s.home)
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TF_ACC") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	cmd.Env = append(cmd.Env, variable+"="+strconv.Itoa(number), "TMPDIR="+w.dir)
	cmd.WaitDelay = time.Second
	return cmd.Run() == nil
}
