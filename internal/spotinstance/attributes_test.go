package spotinstance_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
)

// set is a part of a resource block: expressions by attribute.
type set map[string]string

// What an apply does.
const (
	added   = "Resources: 1 added, 0 changed, 0 destroyed."
	nothing = "Resources: 0 added, 0 changed, 0 destroyed."
	update  = "Resources: 0 added, 1 changed, 0 destroyed."
	replace = "Resources: 1 added, 0 changed, 1 destroyed."
)

// row is the life of one attribute: set, changed, imported and taken out.
type row struct {
	attribute     string
	first, second set
	change        string // what the step from first to second does
	remove        string // what taking it out does; "" where it cannot be taken out
	// adopted: KEC does not report it, so after an import the configuration is
	// taken at its word by an update that asks KEC for nothing.
	adopted bool
}

var minimal = set{
	"instance_type": `"N3.2B"`, "image_id": `"@ubuntu"`, "subnet_id": `"@subnet_a"`, "security_group_ids": `["@group"]`,
}

const (
	disk    = `[{ type = "%s", size_gib = %d, delete_with_instance = %t }]`
	address = `{ line_id = "%s", bandwidth_mbps = %d, charge_type = "%s"%s }`
)

func one(attribute, first, second, change, remove string) row {
	return row{attribute: attribute, first: set{attribute: first}, second: set{attribute: second}, change: change, remove: remove}
}

// below is a row for an attribute inside another.
func below(attribute, first, second, remove string) row {
	root, _, _ := strings.Cut(attribute, ".")
	return row{attribute: attribute, first: set{root: first}, second: set{root: second}, change: replace, remove: remove}
}

func adopted(r row) row {
	r.adopted = true
	return r
}

func with(r row, more set) row {
	for _, s := range []set{r.first, r.second} {
		maps.Copy(s, more)
	}
	return r
}

var rows = []row{
	one("spot_strategy", `"SpotAsPriceGo"`, `null`, nothing, nothing),
	one("spot_price_limit", "0.05", "0.06", replace, replace),
	one("instance_type", `"N3.2B"`, `"N3.4B"`, replace, ""),
	one("image_id", `"@ubuntu"`, `"@custom"`, replace, ""),

	one("subnet_id", `"@subnet_a"`, `"@subnet_b"`, replace, ""),
	one("security_group_ids", `["@group"]`, `["@group2", "@group"]`, update, ""),
	one("private_ip_address", `"10.7.0.150"`, `"10.7.0.151"`, replace, nothing),
	below("secondary_network_interfaces.subnet_id", `[{ subnet_id = "@subnet_a", security_group_ids = ["@group"] }]`,
		`[{ subnet_id = "@subnet_a", security_group_ids = ["@group"] }, { subnet_id = "@subnet_a", security_group_ids = ["@group"] }]`, replace),
	below("secondary_network_interfaces.security_group_ids", `[{ subnet_id = "@subnet_a", security_group_ids = ["@group"] }]`,
		`[{ subnet_id = "@subnet_a", security_group_ids = ["@group2"] }]`, replace).changedBy(update),
	below("secondary_network_interfaces.private_ip_address", `[{ subnet_id = "@subnet_a", security_group_ids = ["@group"], private_ip_address = "10.7.0.160" }]`,
		`[{ subnet_id = "@subnet_a", security_group_ids = ["@group"], private_ip_address = "10.7.0.161" }]`, replace),

	below("system_disk.type", `{ type = "SSD3.0" }`, `{ type = "EHDD" }`, nothing),
	below("system_disk.size_gib", `{ size_gib = 40 }`, `{ size_gib = 50 }`, nothing),
	below("data_disks.type", fmt.Sprintf(disk, "SSD3.0", 50, true), fmt.Sprintf(disk, "EHDD", 50, true), replace),
	below("data_disks.size_gib", fmt.Sprintf(disk, "SSD3.0", 50, true), fmt.Sprintf(disk, "SSD3.0", 60, true), replace),
	below("data_disks.delete_with_instance", fmt.Sprintf(disk, "SSD3.0", 50, true), fmt.Sprintf(disk, "SSD3.0", 50, false), replace),
	adopted(below("data_disks.snapshot_id", `[{ type = "SSD3.0", size_gib = 50, delete_with_instance = true, snapshot_id = "s-1" }]`,
		`[{ type = "SSD3.0", size_gib = 50, delete_with_instance = true, snapshot_id = "s-2" }]`, replace)),
	with(one("local_data_disk_gib", "50", "60", replace, replace), set{"instance_type": `"E1.2B"`}),

	adopted(below("eip.line_id", fmt.Sprintf(address, "l-1", 5, "Daily", ""), fmt.Sprintf(address, "l-2", 5, "Daily", ""), replace)),
	adopted(below("eip.bandwidth_mbps", fmt.Sprintf(address, "l-1", 5, "Daily", ""), fmt.Sprintf(address, "l-1", 6, "Daily", ""), replace)),
	adopted(below("eip.charge_type", fmt.Sprintf(address, "l-1", 5, "Daily", ""), fmt.Sprintf(address, "l-1", 5, "HourlyInstantSettlement", ""), replace)),
	adopted(below("eip.purchase_months", fmt.Sprintf(address, "l-1", 5, "Monthly", ", purchase_months = 1"),
		fmt.Sprintf(address, "l-1", 5, "Monthly", ", purchase_months = 2"), replace)),
	adopted(below("eip.project_id", fmt.Sprintf(address, "l-1", 5, "Daily", ""), fmt.Sprintf(address, "l-1", 5, "Daily", ", project_id = 100002"), replace)),
	adopted(below("eip.bandwidth_share_id", fmt.Sprintf(address, "l-1", 5, "Daily", ""),
		fmt.Sprintf(address, "l-1", 5, "Daily", `, bandwidth_share_id = "b-1"`), replace)),

	one("password_wo", `"Correct-Horse-1"`, `"Correct-Horse-2"`, nothing, nothing),
	adopted(with(one("password_wo_version", "1", "2", update, update), set{"password_wo": `"Correct-Horse-1"`})),
	one("key_ids", `["@key_a"]`, `["@key_b", "@key_a"]`, update, update),
	with(one("keep_image_login", "true", "false", replace, nothing), set{"image_id": `"@custom"`}),

	one("instance_name", `"worker-1"`, `"工人-2"`, update, nothing),
	one("host_name", `"worker-1"`, `"worker-2"`, update, nothing),
	one("project_id", "0", "100002", update, nothing),
	one("tags", `{ env = "prod", team = "a" }`, `{ env = "test" }`, update, update),

	one("user_data", `"#!/bin/sh\n"`, `"#!/bin/bash\n"`, replace, replace),
	one("user_data_base64", `base64gzip("a")`, `base64gzip("b")`, replace, replace),
	adopted(one("iam_role_name", `"reader"`, `"writer"`, update, update)),
	one("data_guard_id", `"guard-1"`, `"guard-2"`, update, update),
	one("sriov_net_support", "true", "false", replace, nothing),
	one("distribute_ipv6", "true", "false", replace, nothing),

	one("auto_delete_time", `"2026-03-02T20:00:00Z"`, `"2026-03-03T20:00:00+08:00"`, update, update),
	{
		attribute: "auto_delete_eip", first: set{"auto_delete_time": `"2026-03-02T20:00:00Z"`, "auto_delete_eip": "true"},
		second: set{"auto_delete_time": `"2026-03-02T20:00:00Z"`, "auto_delete_eip": "false"}, change: update, remove: nothing,
	},
	// Whether an imported machine is protected, nobody knows: the update asks KEC
	// for what is written.
	adopted(one("deletion_protection", "false", "true", update, update)),

	{attribute: "timeouts.create", first: set{"timeouts": `{ create = "10m" }`}, second: set{"timeouts": `{ create = "11m" }`}, change: update, remove: update, adopted: true},
	{attribute: "timeouts.read", first: set{"timeouts": `{ read = "10m" }`}, second: set{"timeouts": `{ read = "11m" }`}, change: update, remove: update, adopted: true},
	{attribute: "timeouts.update", first: set{"timeouts": `{ update = "10m" }`}, second: set{"timeouts": `{ update = "11m" }`}, change: update, remove: update, adopted: true},
	{attribute: "timeouts.delete", first: set{"timeouts": `{ delete = "10m" }`}, second: set{"timeouts": `{ delete = "11m" }`}, change: update, remove: update, adopted: true},
}

// changedBy is the row with another way to change the attribute.
func (r row) changedBy(change string) row {
	r.change = change
	return r
}

func block(parts ...set) string { return blockOf("a", parts...) }

func blockOf(name string, parts ...set) string {
	all := maps.Clone(minimal)
	for _, p := range parts {
		maps.Copy(all, p)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "resource \"kec_spot_instance\" %q {\n", name)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "  %s = %s\n", name, all[name])
	}
	b.WriteString("}\n")
	return acctest.Expand(b.String())
}

// several are resources in one workspace, each with its own expectations, so that a step of all of
// them takes as many commands as that of one.
type several struct {
	t   *testing.T
	env *acctest.Env
	w   *acctest.Workspace
}

// address is that of the machine of a row.
func (r row) address() string { return "kec_spot_instance." + r.name() }

func (r row) name() string { return strings.ReplaceAll(r.attribute, ".", "_") }

// become writes a configuration and applies it. Want is what becomes of each machine.
func (s several) become(hcl string, want map[string]string) {
	s.t.Helper()
	s.w.Write(hcl + s.env.Block(""))
	s.w.Plan("-out=plan")
	var plan struct {
		Changes []struct {
			Address string `json:"address"`
			Change  struct {
				Actions []string `json:"actions"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal([]byte(s.w.CLI("show", "-json", "plan").Raw), &plan); err != nil {
		s.t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range plan.Changes {
		got[c.Address] = map[string]string{
			"create": added, "no-op": nothing, "update": update, "delete create": replace,
		}[strings.Join(c.Change.Actions, " ")]
	}
	for address, does := range want {
		if got[address] != does {
			s.t.Errorf("%s: the plan does %q, want %q", address, got[address], does)
		}
	}
	s.w.CLI("apply", "-no-color", "plan").Want(s.t, 0, "Apply complete!")
	s.w.Plan().Want(s.t, 0, "No changes.")
}

// ids are the machines in the state, by address.
func (s several) ids() map[string]string {
	s.t.Helper()
	var state struct {
		Values struct {
			Root struct {
				Resources []struct {
					Address string `json:"address"`
					Values  struct {
						ID string `json:"id"`
					} `json:"values"`
				} `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal([]byte(s.w.CLI("show", "-json").Raw), &state); err != nil {
		s.t.Fatal(err)
	}
	ids := map[string]string{}
	for _, r := range state.Values.Root.Resources {
		ids[r.Address] = r.Values.ID
	}
	return ids
}

// Each attribute is set, changed, imported and taken out, on a machine of its own.
func TestAccAttributes_everyOneThroughItsLife(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "StopForRoles", "the apply fails as KEC refuses it, and works once the machine is stopped")
	env.Sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 200)
	all := several{t, env, env.Workspace(t)}
	config := func(of func(r row) set) string {
		var b strings.Builder
		for _, r := range rows {
			b.WriteString(blockOf(r.name(), of(r)))
		}
		return b.String()
	}
	does := func(of func(r row) string) map[string]string {
		want := map[string]string{}
		for _, r := range rows {
			want[r.address()] = of(r)
		}
		return want
	}
	first, second := func(r row) set { return r.first }, func(r row) set { return r.second }
	all.become(config(first), does(func(row) string { return added }))

	before := all.ids()
	all.become(config(second), does(func(r row) string { return r.change }))
	after := all.ids()
	for _, r := range rows {
		if launched := before[r.address()] != after[r.address()]; launched != (r.change == replace) {
			t.Errorf("%s: there is another machine: %t, after a change that should be: %s", r.attribute, launched, r.change)
		}
	}

	var imports strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&imports, "import {\n  to = %s\n  id = %q\n}\n", r.address(), after[r.address()])
	}
	all.w.CLI(append([]string{"state", "rm"}, slices.Collect(maps.Keys(after))...)...).Want(t, 0)
	all.become(config(second)+imports.String(), does(func(r row) string {
		if r.adopted {
			return update
		}
		return nothing
	}))
	if got := all.ids(); !maps.Equal(got, after) {
		t.Errorf("the imports have the machines %v, want %v", got, after)
	}

	all.become(config(func(r row) set {
		kept := maps.Clone(r.second)
		if root, _, _ := strings.Cut(r.attribute, "."); r.remove != "" {
			delete(kept, root)
		}
		return kept
	}), does(func(r row) string { return cmp.Or(r.remove, nothing) }))
	all.w.Destroy().Want(t, 0)
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

// An attribute that nobody has thought through to its end is not finished.
func TestAttributes_everyOneHasARow(t *testing.T) {
	t.Parallel()
	var resp resource.SchemaResponse
	spotinstance.New().Schema(context.Background(), resource.SchemaRequest{}, &resp)
	var walk func(prefix string, attributes map[string]schema.Attribute)
	walk = func(prefix string, attributes map[string]schema.Attribute) {
		for name, a := range attributes {
			switch nested := a.(type) {
			case schema.SingleNestedAttribute:
				walk(prefix+name+".", nested.Attributes)
			case schema.ListNestedAttribute:
				walk(prefix+name+".", nested.NestedObject.Attributes)
			default:
				n := 0
				for _, r := range rows {
					if r.attribute == prefix+name {
						n++
					}
				}
				if settable := a.IsRequired() || a.IsOptional(); (n == 1) != settable {
					t.Errorf("%s%s has %d rows; can it be set: %t", prefix, name, n, settable)
				}
			}
		}
	}
	walk("", resp.Schema.Attributes)
}
