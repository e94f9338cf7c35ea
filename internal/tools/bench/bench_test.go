package main

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the pages in testdata anew")

// The test program stands in for the bench program: started by a CLI, it wraps the provider.
func TestMain(m *testing.M) {
	if provider := os.Getenv(wrappedVariable); provider != "" {
		os.Exit(wrap(provider, os.Getenv(usageVariable)))
	}
	os.Exit(m.Run())
}

// script is a shell script that stands in for a program.
func script(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// measured is a result with every number of it different.
func measured() result {
	point := func(s, cpu float64, memory int64, requests counts) sample {
		return sample{seconds: s, requests: requests, usage: usage{CPU: cpu, Memory: memory}}
	}
	at := func(s sample) *sample { return &s }
	return result{
		settings: settings{latency: 50 * time.Millisecond, boot: 2 * time.Second, parallelism: 10, runs: 3},
		date:     time.Date(2026, 3, 2, 23, 59, 0, 0, time.UTC),
		computer: "Some CPU × 2; Some Linux 12, linux/amd64", versions: "OpenTofu v1.12.6, go1.26.8",
		fleets: []fleet{
			{machines: 1,
				plan: point(0.391, 0.14, 27.7e6, counts{describe: 1, listTags: 1}), unrefreshed: point(0.3, 0.13, 26e6, nil), planFloor: point(0.04, 0, 0, nil), cpu: cost{0.0123, 0.001, 0.002, 0.003},
				apply: at(point(3.81, 0.3, 28e6, counts{launch: 1, describe: 3})), applyFloor: at(point(0.06, 0, 0, nil)),
				destroy: at(point(0.74, 0.2, 28e6, counts{describe: 3, "TerminateInstances": 1})), destroyFloor: at(point(0.061, 0, 0, nil))},
			{machines: 100,
				plan: point(1.2, 0.9, 41e6, counts{describe: 1, listTags: 2}), unrefreshed: point(0.9, 0.8, 40e6, nil), planFloor: point(0.4, 0, 0, nil), cpu: cost{0.0012, 0.0011, 0.0031, 0.0005},
				apply: at(point(24.06, 3, 55e6, counts{launch: 100, describe: 35, "DescribeImages": 15})), applyFloor: at(point(0.97, 0, 0, nil)),
				destroy: at(point(2.5, 1, 50e6, counts{describe: 30, "TerminateInstances": 11})), destroyFloor: at(point(0.93, 0, 0, nil)), alive: 2},
			{machines: 1000,
				plan: point(12.34, 4.5, 151e6, counts{describe: 5, listTags: 10}), unrefreshed: point(9.5, 4, 120e6, nil), planFloor: point(3.7, 0, 0, nil), cpu: cost{0.00167, 0.0007, 0.0029, 0.00006}},
		},
		spotFleets: []spotFleet{
			{machines: 1, apply: point(3.7, 0.3, 28e6, counts{launch: 1, describe: 2}), plan: point(0.36, 0.1, 27e6, counts{describe: 2, listTags: 1}),
				unrefreshed: point(0.29, 0.1, 26e6, nil), destroy: point(0.7, 0.1, 27e6, counts{"TerminateInstances": 1, describe: 3})},
			{machines: 1000, apply: point(6.1, 2.1, 90e6, counts{launch: 10, describe: 6}), plan: point(2.9, 1.1, 80e6, counts{describe: 2, listTags: 11}),
				unrefreshed: point(0.8, 0.5, 70e6, nil), destroy: point(7.5, 1.3, 201e6, counts{"TerminateInstances": 10, describe: 14}), alive: 0},
		},
		few: 12, others: 20000, fewPlan: point(0.75, 0.2, 30e6, counts{describe: 2, listTags: 1}),
		start: 6152 * time.Microsecond, binary: 16_300_000, schema: 18_900,
	}
}

func TestPageAndPlot(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{"testdata/benchmarks.md": page(measured()), "testdata/benchmarks.svg": plot(measured())} {
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s\nlook at it, and write it anew with -update", name, got)
		}
	}
}

// A single size, and none of the rest, still makes a page and a picture.
func TestPlot_oneSize(t *testing.T) {
	t.Parallel()
	r := result{fleets: []fleet{{machines: 1, plan: sample{seconds: 0.5}, unrefreshed: sample{seconds: 0.4}}}}
	if svg := plot(r); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Error(svg)
	}
	if text := page(r); strings.Contains(text, "NaN") || strings.Contains(text, "in an account") {
		t.Error(text)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	var wrong []string
	for _, c := range limits(measured()) {
		if !c.holds {
			wrong = append(wrong, c.what)
		}
	}
	want := []string{"creation of 100: DescribeInstances", "destruction of 100: all requests", "destruction of 100: alive 5s later", "memory of the provider, refresh of 1000",
		"refresh of a fleet of 1000: all requests", "refresh of a fleet of 1000, beyond `-refresh=false`", "memory of the provider, a fleet of 1000"}
	if !slices.Equal(wrong, want) {
		t.Errorf("got %q, want %q", wrong, want)
	}
	err := exceeded(limits(measured()))
	const text = "more than may be:\n  creation of 100: DescribeInstances: 35, at most 34 allowed\n" +
		"  destruction of 100: all requests: 41, at most 40 allowed\n  destruction of 100: alive 5s later: 2, at most 0 allowed\n" +
		"  refresh of a fleet of 1000: all requests: 13, at most 12 allowed"
	if err == nil || err.Error() != text {
		t.Errorf("got %v, want %s", err, text)
	}

	slow := measured()
	slow.fleets, slow.spotFleets = slow.fleets[2:], nil
	slow.fleets[0].plan.seconds = 99
	if err := exceeded(limits(slow)); err != nil {
		t.Errorf("seconds alone: %v", err)
	}
}

func TestTypical(t *testing.T) {
	t.Parallel()
	got := typical([]sample{
		{seconds: 3, requests: counts{"A": 1}, usage: usage{CPU: 3, Memory: 9}},
		{seconds: 1, requests: counts{"A": 4, "B": 1}, usage: usage{CPU: 1, Memory: 7}},
		{seconds: 2, requests: counts{"A": 2}, usage: usage{CPU: 2, Memory: 8}},
	})
	if got.seconds != 2 || got.CPU != 1 || got.Memory != 9 || got.requests.String() != "5: A 4, B 1" {
		t.Errorf("got %+v", got)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	got := counts{"A": 3, "B": 2, "C": 1}.since(counts{"A": 1, "B": 2})
	if got.String() != "3: A 2, C 1" || (counts{}).String() != "none" {
		t.Errorf("got %s", got)
	}
}

func TestReadSizes(t *testing.T) {
	t.Parallel()
	if got, err := readSizes("1, 10,100"); err != nil || !slices.Equal(got, []int{1, 10, 100}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "10,1", "1,1", "x", "10001"} {
		if got, err := readSizes(bad); err == nil {
			t.Errorf("%q: got %v", bad, got)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	wrapped := func(text string) (*exec.Cmd, *bytes.Buffer) {
		var out bytes.Buffer
		cmd := exec.Command(os.Args[0], "-x")
		cmd.Env = append(os.Environ(), wrappedVariable+"="+script(t, text), usageVariable+"="+folder)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader("in\n"), &out, &out
		return cmd, &out
	}
	for range 2 {
		cmd, out := wrapped("read line\necho \"$line $1\"\ni=0\nwhile [ $i -lt 20000 ]; do i=$((i+1)); done\nexit 3\n")
		_ = cmd.Run()
		if got := out.String(); cmd.ProcessState.ExitCode() != 3 || got != "in -x\n" {
			t.Errorf("got code %d, %q", cmd.ProcessState.ExitCode(), got)
		}
	}
	used, err := readUsage(folder)
	if err != nil || used.CPU <= 0 {
		t.Errorf("got %+v, %v", used, err)
	}

	// What a killed process has used cannot be told, and must not be taken for nothing.
	cmd, out := wrapped("echo ready\nexec sleep 60\n")
	cmd.WaitDelay = time.Second // its provider lives on where the system does not end it
	cmd.Stdout = nil
	ready, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = ready.Read(make([]byte, 10))
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if used, err := readUsage(folder); err == nil {
		t.Errorf("got %+v; the program said %s", used, out)
	}
}

func TestStartProvider(t *testing.T) {
	t.Parallel()
	b := &bench{temp: t.TempDir(), provider: script(t, "echo \"1|$PLUGIN_PROTOCOL_VERSIONS|unix|/none|grpc|\"\nexec sleep 60\n")}
	p, err := b.startProvider(t.Context(), b.environment())
	if err != nil {
		t.Fatal(err)
	}
	p.stop()
	if target := p.conn.Target(); target != "unix:/none" || p.took <= 0 || p.cmd.ProcessState == nil {
		t.Errorf("got %s, %s, %v", target, p.took, p.cmd.ProcessState)
	}
	for text, want := range map[string]string{"echo no >&2\n": "does not answer: EOF\nno", "echo no\n": `answers "no\n"`} {
		b.provider = script(t, text)
		if _, err = b.startProvider(t.Context(), b.environment()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	m := message(part{1, []byte("a")}, part{2, nil}, part{3, message(part{1, []byte("b")})})
	if got := string(m); got != "\n\x01a\x1a\x03\n\x01b" {
		t.Errorf("got %q", got)
	}
	// A number of another kind before it, and one that ends too early.
	m = append([]byte{0x10, 0x07}, m...)
	if got := string(field(field(m, 3), 1)); got != "b" {
		t.Errorf("got %q", got)
	}
	if field(m, 4) != nil || field(m[:len(m)-1], 3) != nil || field([]byte{0x0a}, 1) != nil {
		t.Error("found what is not there")
	}
}
