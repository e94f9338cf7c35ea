package spotfleet_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// set are attributes by name, as HCL.
type set map[string]string

const (
	inA      = `{ instance_type = "N3.2B", subnet_id = "@subnet_a", spot_price_limit = 0.06 }`
	inB      = `{ instance_type = "N3.2B", subnet_id = "@subnet_b", spot_price_limit = 0.06 }`
	onDemand = `{ instance_type = "E1.2B", subnet_id = "@subnet_b", on_demand = true }`
)

// fleet is a configuration: n machines of inA, then inB, with these attributes in addition.
func fleet(n int, more ...set) string {
	all := set{
		"target_capacity": fmt.Sprint(n), "candidates": "[" + inA + ", " + inB + "]", "image_id": `"@ubuntu"`,
		"security_group_ids": `["@group"]`, "instance_name": `"web-"`,
	}
	for _, m := range more {
		maps.Copy(all, m)
	}
	var b strings.Builder
	b.WriteString("resource \"kec_spot_fleet\" \"a\" {\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] != "" {
			fmt.Fprintf(&b, "  %s = %s\n", name, all[name])
		}
	}
	return b.String() + "}\n"
}

// world is a simulator with prices that the bids meet, and this much stock of N3.2B in zones A and
// B.
func world(t *testing.T, a, b int) (*acctest.Env, *acctest.Workspace) {
	t.Helper()
	env := acctest.New(t)
	for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
		env.Sim.SetPrice(zone, kecsim.TypeSmall, "0.04", "0.2")
		env.Sim.SetPrice(zone, kecsim.TypeEntry, "0.03", "0.15")
	}
	env.Sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, a)
	env.Sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, b)
	return env, env.Workspace(t)
}

// alive are the simulator's machines that live, by zone and charge type.
func alive(env *acctest.Env) map[string]int {
	n := map[string]int{}
	for _, in := range env.Sim.Instances() {
		if in.State != "deleting" {
			n[strings.TrimPrefix(in.Zone, kecsim.Region)+" "+in.ChargeType]++
		}
	}
	return n
}

func living(t *testing.T, env *acctest.Env, want map[string]int) {
	t.Helper()
	if got := alive(env); !maps.Equal(got, want) {
		t.Errorf("alive are %v, want %v", got, want)
	}
}

func launches(t *testing.T, env *acctest.Env, want int) {
	t.Helper()
	if got := env.Sim.Count("RunInstances"); got != want {
		t.Errorf("%d launches, want %d", got, want)
	}
}

// values are the attributes of the fleet in the state.
func values(t *testing.T, w *acctest.Workspace) map[string]any {
	t.Helper()
	out := w.CLI("show", "-json").Want(t, 0)
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Address string         `json:"address"`
					Values  map[string]any `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal([]byte(out.Raw), &state); err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Values.RootModule.Resources {
		if strings.HasPrefix(r.Address, "kec_spot_fleet.") {
			return r.Values
		}
	}
	return nil
}

// field is one attribute of all members in the state.
func field(t *testing.T, w *acctest.Workspace, name string) (all []string) {
	t.Helper()
	members, _ := values(t, w)["members"].([]any)
	for _, m := range members {
		one, _ := m.(map[string]any)
		text, _ := one[name].(string)
		all = append(all, text)
	}
	return all
}

func empty(t *testing.T, env *acctest.Env) {
	t.Helper()
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}
