package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

var writeStates = flag.Bool("states", false, "write what the schema of today leaves in a state into testdata/states, for a new version of the schema")

// stored is what a state file holds of a resource.
type stored struct {
	SchemaVersion int64           `json:"schema_version"`
	Attributes    json.RawMessage `json:"attributes"`
	Private       []byte          `json:"private"`
}

// TestStates reads states that earlier versions of the provider have written, with the provider's
// private data in them: nothing is lost, nothing is to be changed, and the machines end.
// CONTRIBUTING.md says what a new version of the schema needs.
func TestStates(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"spot_instance.v0.json", "spot_fleet.v0.json"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { readState(t, "testdata/states/"+file, file[:len("spot_fleet")] == "spot_fleet") })
		})
	}
}

func readState(t *testing.T, file string, fleet bool) {
	t.Helper()
	h, err := beginFleets(3)
	must(t, err)
	defer func() { h.link.sever() }()
	address, config := "fleet-0", configured(0, 16)
	if fleet {
		h.want(address, operation{A: 0, B: 5})
		config = h.wanted[address]
	} else {
		h.core = h.single
	}
	ctx := t.Context()
	start := func() {
		must(t, h.core.start(ctx))
		h.core.deaf()
	}
	start()
	h.core.apply(ctx, address, h.core.plan(ctx, address, config))
	made := h.core.entry(address)
	if made == nil {
		t.Fatal(h.core.complaints())
	}
	if *writeStates {
		raw, err := json.MarshalIndent(stored{0, asJSON(t, made.value), made.private}, "", "  ")
		must(t, err)
		must(t, os.WriteFile(file, append(raw, '\n'), 0o600))
	}
	time.Sleep(2 * time.Hour) // past the protected hour
	start()
	read := old(ctx, t, h.core, file)
	if read.id() != made.id() {
		t.Errorf("id %s, want %s", read.id(), made.id())
	}
	h.core.put(address, read)
	if !h.core.refresh(ctx, address) || h.core.entry(address) == nil {
		t.Fatal("the refresh failed: ", h.core.complaints())
	}
	if p := h.core.plan(ctx, address, config); p.action != "none" {
		t.Errorf("the plan is to %s, want none", p.action)
	}
	h.core.apply(ctx, address, h.core.plan(ctx, address, nil))
	time.Sleep(time.Minute)
	if left := len(h.sim.Instances()); left > 0 || h.core.entry(address) != nil || len(h.core.said) > 0 {
		t.Errorf("%d machines are left, and it said %q", left, h.core.said)
	}
}

// old is an entry of a state file, as the provider of today reads it.
func old(ctx context.Context, t *testing.T, c *core, file string) *entry {
	t.Helper()
	raw, err := os.ReadFile(file)
	must(t, err)
	var was stored
	must(t, json.Unmarshal(raw, &was))
	var had map[string]json.RawMessage
	must(t, json.Unmarshal(was.Attributes, &had))
	for name := range had {
		if c.resource.AttributeTypes[name] == nil {
			t.Errorf("%s has %s, which the schema lacks", file, name)
		}
	}
	var compact bytes.Buffer
	must(t, json.Compact(&compact, was.Attributes))
	resp, err := c.server.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{
		TypeName: c.kind, Version: was.SchemaVersion, RawState: &tfprotov6.RawState{JSON: compact.Bytes()},
	})
	must(t, err)
	if c.hear("", resp.Diagnostics) {
		t.Fatal(c.complaints())
	}
	return &entry{value: c.read(resp.UpgradedState), private: was.Private}
}
