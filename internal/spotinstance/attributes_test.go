package spotinstance_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
)

// set is a part of a resource block: expressions by attribute.
type set map[string]string

// What an apply does.
const (
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
	one("private_ip_address", `"10.7.0.50"`, `"10.7.0.51"`, replace, nothing),
	below("secondary_network_interfaces.subnet_id", `[{ subnet_id = "@subnet_a", security_group_ids = ["@group"] }]`,
		`[{ subnet_id = "@subnet_a", security_group_ids = ["@group"] }, { subnet_id = "@subnet_a", security_group_ids = ["@group"] }]`, replace),
	below("secondary_network_interfaces.security_group_ids", `[{ subnet_id = "@subnet_a", security_group_ids = ["@group"] }]`,
		`[{ subnet_id = "@subnet_a", security_group_ids = ["@group2"] }]`, replace).changedBy(update),
	below("secondary_network_interfaces.private_ip_address", `[{ subnet_id = "@subnet_a", security_group_ids = ["@group"], private_ip_address = "10.7.0.60" }]`,
		`[{ subnet_id = "@subnet_a", security_group_ids = ["@group"], private_ip_address = "10.7.0.61" }]`, replace),

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

func block(parts ...set) string {
	all := maps.Clone(minimal)
	for _, p := range parts {
		maps.Copy(all, p)
	}
	var b strings.Builder
	b.WriteString("resource \"kec_spot_instance\" \"a\" {\n")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "  %s = %s\n", name, all[name])
	}
	b.WriteString("}\n")
	return acctest.Expand(b.String())
}

func TestAccAttributes_everyOneThroughItsLife(t *testing.T) {
	t.Parallel()
	for _, r := range rows {
		t.Run(r.attribute, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			become := func(what string, parts ...set) {
				t.Helper()
				w.Write(block(parts...) + env.Block(""))
				w.Apply().Want(t, 0, what)
				w.Plan().Want(t, 0, "No changes.")
			}
			become("Resources: 1 added, 0 changed, 0 destroyed.", r.first)
			launches := env.Sim.Count("RunInstances")
			become(r.change, r.second)
			if got := env.Sim.Count("RunInstances") - launches; (got == 1) != (r.change == replace) {
				t.Errorf("%d launches for a change that should be: %s", got, r.change)
			}

			id := env.Sim.Instances()[len(env.Sim.Instances())-1].ID
			w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
			w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", id).Want(t, 0, "Import successful!")
			if r.adopted {
				w.Plan().Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.")
				become(update, r.second)
			} else {
				w.Plan().Want(t, 0, "No changes.")
			}

			if r.remove != "" {
				kept := maps.Clone(r.second)
				root, _, _ := strings.Cut(r.attribute, ".")
				delete(kept, root)
				become(r.remove, kept)
			}
			w.Destroy().Want(t, 0)
			if err := env.Empty(); err != nil {
				t.Error(err)
			}
		})
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
