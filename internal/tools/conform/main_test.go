package main

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/conform"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// simulatorVariable makes this test's own binary the simulator that a run starts.
const simulatorVariable = "CONFORM_TEST_SIMULATOR"

func TestMain(m *testing.M) {
	if os.Getenv(simulatorVariable) == "" {
		os.Exit(m.Run())
	}
	server := httptest.NewServer(kecsim.New(kecsim.WithControl(control.Serve)))
	fmt.Println("kecsim: ready at", server.URL)
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	<-end
	server.Close()
}

// simulator is the path of a program that serves a simulator.
func simulator(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kecsim")
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s'\n", simulatorVariable, self)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// conformed runs the command and returns what it has printed.
func conformed(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	var out, said strings.Builder
	err := run(t.Context(), args, func(name string) string { return env[name] }, &out, &said)
	return out.String(), err
}

func TestConform_startsASimulatorAndAsksIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	facts, patch := filepath.Join(dir, "facts.md"), filepath.Join(dir, "build", "conform.patch")
	if err := os.WriteFile(facts, []byte("| 162 | Placeholder |\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := conformed(t, nil, "-kecsim", simulator(t), "-facts", facts, "-patch", patch)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"FACTS ", "0 differ, 0 without an answer, 0 not asked.", "Nothing to change in " + facts,
		"Bought: one E1.2B in cn-beijing-6a, bid 0.0524 CNY per hour, at most 0.0924 CNY in the worst case.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if _, err := os.Stat(patch); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a patch was written: %v", err)
	}
}

// Nothing is asked of a service on another machine before its user says so; nothing would answer.
func TestConform_guardsWhatIsNotOnThisMachine(t *testing.T) {
	t.Parallel()
	keys := map[string]string{"KSYUN_REGION": "cn-beijing-6", "KSYUN_ACCESS_KEY": "AKLTmine", "KSYUN_SECRET_KEY": "mine"}
	with := func(pairs ...string) map[string]string {
		env := map[string]string{}
		for name, value := range keys {
			env[name] = value
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			env[pairs[i]] = pairs[i+1]
		}
		return env
	}
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"without the variable", with("KEC_ENDPOINT", "https://kec.api.ksyun.com"), nil, "https://kec.api.ksyun.com is not on this machine: set KEC_CONFORM=1"},
		{"sweeping without the variable", with("KEC_ENDPOINT", "https://kec.api.ksyun.com"), []string{"-sweep"}, "set KEC_CONFORM=1"},
		{"sweeping nothing", with(), []string{"-sweep"}, "nothing to sweep: set KEC_ENDPOINT, or KEC_CONFORM=1 for KEC itself"},
		{"without keys", map[string]string{"KEC_CONFORM": "1"}, nil, "set KSYUN_REGION, KSYUN_ACCESS_KEY and KSYUN_SECRET_KEY"},
		{"with a cap that is none", with("KEC_CONFORM", "1", "KEC_CONFORM_MAX_CNY", "-1"), nil, "KEC_CONFORM_MAX_CNY must be an amount"},
		{"with an argument too many", with(), []string{"now"}, `unexpected argument "now"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := conformed(t, c.env, c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestSweep_ofAServiceWithoutAMachine(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(kecsim.New())
	t.Cleanup(server.Close)
	out, err := conformed(t, map[string]string{"KEC_ENDPOINT": server.URL}, "-sweep")
	if err != nil || out != "No run has left a machine behind.\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestWritePatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	set := settings{facts: filepath.Join(dir, "facts.md"), patch: filepath.Join(dir, "build", "conform.patch")}
	if err := os.WriteFile(set.facts, []byte("| 162 | Placeholder |\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	report := &conform.Report{Host: "kec.api.ksyun.com", Results: []conform.Result{
		{Facts: []int{162}, Asks: "an unknown order", Expects: "400 OrderNotExist", Observed: "400 NoSuchOrder", Verdict: conform.Differs},
	}}
	var out strings.Builder
	if err := writePatch(report, set, true, &out); err != nil {
		t.Fatal(err)
	}
	patch, err := os.ReadFile(set.patch)
	if err != nil || !strings.Contains(string(patch), ": an unknown order: 400 NoSuchOrder, not 400 OrderNotExist. Before: Placeholder |") {
		t.Errorf("%v\n%s", err, patch)
	}
	if !strings.Contains(out.String(), "git apply "+set.patch) {
		t.Error(out.String())
	}
}

func TestConform_saysWhatItDoesNotAsk(t *testing.T) {
	t.Parallel()
	out, err := conformed(t, nil, "-unasked")
	if err != nil || !strings.Contains(out, "274: it needs a second project\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSimulatorKeys(t *testing.T) {
	t.Parallel()
	if simulatorKeys != (ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey}) || simulatorRegion != kecsim.Region {
		t.Error("the simulator has other keys or another region")
	}
}
