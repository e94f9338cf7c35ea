package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestRun_servesUntilStopped(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-quota", "3", "-boot", "1s", "-time-scale", "100", "-move-prices"}, in, io.Discard)
		_ = in.Close()
	}()
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url, found := strings.CutPrefix(strings.TrimSpace(line), "kecsim: ready at ")
	if !found {
		t.Fatalf("the first line is %q", line)
	}
	req, err := http.NewRequestWithContext(ctx, "GET", url+"/_kecsim/world", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || !strings.Contains(string(body), `"quota":3`) || !strings.Contains(string(body), `"boot":"1s"`) {
		t.Errorf("%v: %s", err, body)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v", err)
	}
	if rest, _ := io.ReadAll(lines); len(rest) > 0 {
		t.Errorf("more than one line: %q", rest)
	}
}

func TestRun_refusals(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-listen", "0.0.0.0:0"}, {"-listen", ":0"}, {"-listen", "example.com:80"}, {"-listen", "127.0.0.1"}, {"-listen", "192.0.2.1:80"},
		{"-time-scale", "-1"}, {"-time-scale", "NaN"}, {"-quota", "-1"}, {"-boot", "-1s"}, {"surplus"}, {"-nonsense"},
	} {
		if err := run(context.Background(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v was accepted", args)
		}
	}
	wrong := filepath.Join(t.TempDir(), "wrong.hcl")
	if err := os.WriteFile(wrong, []byte("quota {\n  count = -1\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := wrong + ":2,11: quota: count must be a number from 0"
	if err := run(context.Background(), []string{"-scenario", wrong}, io.Discard, io.Discard); err == nil || err.Error() != want {
		t.Errorf("a wrong scenario: %v, want %s", err, want)
	}
	var help bytes.Buffer
	if err := run(context.Background(), []string{"-help"}, io.Discard, &help); !errors.Is(err, flag.ErrHelp) || !strings.Contains(help.String(), "-scenario file") ||
		!strings.HasPrefix(help.String(), "kecsim serves a local Kingsoft Cloud (KEC)") {
		t.Errorf("help: %v\n%s", err, help.String())
	}
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-version"}, &out, io.Discard); err != nil || out.String() != "kecsim dev\n" {
		t.Errorf("version: %v %q", err, out.String())
	}
}

// The second command of the guide works as it stands, for somebody who has no more than the first
// one has installed. A file goes before a scenario of the same name, and a name that is neither is
// told what there is.
func TestWorld_ofTheGuide(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(root + "/internal/tools/guides/rehearsing.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^"\$\(go env GOPATH\)/bin/kecsim" (.+)$`).FindSubmatch(guide)
	if command == nil {
		t.Fatal("the guide has no line that starts the simulator")
	}
	o, err := parse(strings.Fields(string(command[1])), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := o.world(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if left := sim.Stock(kecsim.ZoneA, kecsim.TypeSmall); o.listen != "127.0.0.1:7480" || left != 0 {
		t.Errorf("at %s there are %d left of what is sold out", o.listen, left)
	}
	for _, name := range ownScenarios() {
		if _, err := events(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = events("sold-in")
	want := "open sold-in: no such file or directory, and of the scenarios that come with kecsim there are flaky-api, market-day, notice-and-release, price-spike, sold-out"
	if err == nil || err.Error() != want {
		t.Errorf("an unknown name: %v, want %s", err, want)
	}
}

// The clock runs as fast as the scenario says, unless the command line says otherwise.
func TestWorld_timeScale(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "still.kecsim.hcl")
	if err := os.WriteFile(file, []byte("settings {\n  time_scale = 0\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args  []string
		still bool
	}{
		{[]string{"-scenario", file}, true},
		{[]string{"-scenario", file, "-time-scale", "1000000"}, false},
		{[]string{"-time-scale", "0"}, true},
		{nil, false},
	} {
		o, err := parse(c.args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		sim, err := o.world(io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if first := sim.Now(); sim.Now().Equal(first) != c.still {
			t.Errorf("%v: the clock stands still is %t, want %t", c.args, !c.still, c.still)
		}
	}
}
