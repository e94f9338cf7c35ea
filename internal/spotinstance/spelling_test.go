package spotinstance_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// everything is a machine with everything that KEC reports.
func everything(more ...set) string {
	return block(append([]set{{
		"instance_type": `"E1.2B"`, "image_id": `"@custom"`, "spot_price_limit": "0.12", "security_group_ids": `["@group", "@group2"]`,
		"private_ip_address": `"10.7.0.50"`, "system_disk": `{ type = "SSD3.0", size_gib = 40 }`, "local_data_disk_gib": "50",
		"data_disks": `[
    { type = "SSD3.0", size_gib = 50, delete_with_instance = true },
    { type = "EHDD", size_gib = 100, delete_with_instance = false },
  ]`,
		"secondary_network_interfaces": `[{ subnet_id = "@subnet_a", security_group_ids = ["@group2"], private_ip_address = "10.7.0.51" }]`,
		"key_ids":                      `["@key_a"]`, "instance_name": `"worker-1"`, "host_name": `"worker-1"`, "project_id": "100002",
		"user_data": `"#!/bin/sh\n"`, "data_guard_id": `"guard-1"`, "sriov_net_support": "true", "distribute_ipv6": "true",
		"auto_delete_time": `"2026-03-02T20:00:00Z"`, "auto_delete_eip": "true", "tags": `{ env = "prod" }`,
	}}, more...)...)
}

// seen is what a plan says of a machine that somebody has changed in the console, by attribute.
var seen = map[string]string{
	"instance_name": `"renamed" -> "worker-1"`, "host_name": `"moved" -> "worker-1"`, "project_id": "0 -> 100002",
	"key_ids": `- "` + kecsim.KeyB + `"`, "security_group_ids": `+ "` + kecsim.SecurityGroup2 + `"`, "tags": `+ "env" = "prod"`,
	"auto_delete_time": `-> "2026-03-02T20:00:00Z"`, "data_disks": `-> 100`,
	"image_id": `~ image_id`, "sriov_net_support": "~ sriov_net_support", "distribute_ipv6": "~ distribute_ipv6",
	"data_guard_id": "~ data_guard_id", "user_data": "~ user_data",
}

// edited is a machine after all of these changes.
func edited(in *kecsim.Instance) {
	in.Name, in.HostName, in.ProjectID = "renamed", "moved", kecsim.ProjectDefault
	in.KeyIDs, in.SecurityGroupIDs = []string{kecsim.KeyA, kecsim.KeyB}, []string{kecsim.SecurityGroup}
	delete(in.Tags, "env")
	in.AutoDeleteTime = in.AutoDeleteTime.AddDate(100, 0, 0)
	in.DataDisks[1].SizeGB, in.ImageID = 200, kecsim.ImageUbuntu
	in.SriovNetSupport, in.DistributeIPv6, in.DataGuardID, in.UserData = false, false, "guard-2", "IyEvYmluL2Jhc2gK"
}

// untold lists what KEC does not tell in an odd answer, so that a change of it cannot be seen.
var untold = map[string][]string{
	"no InstanceName": {"instance_name"}, "no HostName": {"host_name"}, "HostName as KEC makes it": {"host_name"}, "no ProjectId": {"project_id"},
	"no KeySet": {"key_ids"}, "no groups of interfaces": {"security_group_ids"}, "no NetworkInterfaceSet": {"security_group_ids"},
	"no AutoDeleteTime": {"auto_delete_time"}, "no DataDisks": {"data_disks"}, "no ImageId": {"image_id"}, "no SriovNetSupport": {"sriov_net_support"},
	"no IsDistributeIpv6": {"distribute_ipv6"}, "no DataGuardSet": {"data_guard_id"}, "data guard group not reported": {"data_guard_id"},
	"ids in upper case": {"key_ids"}, // it is seen, in upper case
	"no UserData":       {"user_data"}, "SriovNetSupport otherwise": {"sriov_net_support"}, "IsDistributeIpv6 otherwise": {"distribute_ipv6"},
}

// However KEC writes what it was ordered, and whatever it leaves out: the plan after the creation
// is empty; an import into another state costs no machine, no stop and no restart, and its next
// plan is empty; and a change in the console is still seen. There is a machine for each way.
func TestAccSpelling_everyOddAnswer(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "StopForRoles", "the apply fails as KEC refuses it, and works once the machine is stopped")
	odd := kecsim.OddAnswers()
	env.Sim.Update(func(s *kecsim.Settings) { s.Odd, s.OddInTurn = odd, true })
	env.Sim.SetStock(kecsim.ZoneA, kecsim.TypeEntry, 2*len(odd)) // for replacements, too
	machines := everything(set{
		"count": fmt.Sprint(len(odd)), "private_ip_address": `"10.7.0.${10 + count.index}"`,
		"secondary_network_interfaces": `[{ subnet_id = "@subnet_a", security_group_ids = ["@group2"], private_ip_address = "10.7.0.${110 + count.index}" }]`,
	}) + env.Block("")
	all := several{t, env, env.Workspace(t)}
	all.w.Write(machines)
	all.w.Apply().Want(t, 0, fmt.Sprintf("Resources: %d added, 0 changed, 0 destroyed.", len(odd)))

	elsewhere, ids := env.Workspace(t), all.ids()
	var imports strings.Builder
	for address, id := range ids {
		fmt.Fprintf(&imports, "import {\n  to = %s\n  id = %q\n}\n", address, id)
	}
	elsewhere.Write(machines + imports.String())
	elsewhere.Apply().Want(t, 0, fmt.Sprintf("%d imported", len(odd)), "0 added", "0 destroyed")
	elsewhere.Plan().Want(t, 0, "No changes.")
	all.w.Plan().Want(t, 0, "No changes.")
	for _, call := range env.Sim.Calls() {
		if !slices.Contains([]string{"StopInstances", "RebootInstances", "TerminateInstances"}, call.Action) {
			continue
		}
		if way := env.Sim.OddOf(call.Params.Get("InstanceId.1")); !slices.Equal(way, []string{"HostName as KEC makes it"}) {
			t.Errorf("%v: an import makes the call %s", way, call.Action)
		}
	}

	tried := map[string]bool{}
	for _, id := range ids {
		env.Sim.Edit(id, edited)
	}
	changes := all.w.Plan().Want(t, 2).Changes()
	for address, id := range ids {
		way := env.Sim.OddOf(id)[0]
		tried[way] = true
		for attribute, fragment := range seen {
			if !slices.Contains(untold[way], attribute) && !strings.Contains(changes[address], fragment) {
				t.Errorf("%s: the change of %s is not seen, in\n%s", way, attribute, changes[address])
			}
		}
	}
	if len(tried) != len(odd) {
		t.Errorf("%d of %d ways were tried", len(tried), len(odd))
	}
}

// Two spellings of what is sent alike are one value, in the configuration too: to rewrite one as
// the other changes nothing, or nothing but the state.
func TestAccSpelling_inTheConfiguration(t *testing.T) {
	t.Parallel()
	eip := func(charge string) string {
		return `{ line_id = "l-1", bandwidth_mbps = 5, charge_type = "` + charge + `", purchase_months = 1 }`
	}
	cases := []struct {
		name, attribute, first, second, does string
		drop                                 string
	}{
		{"an image with and without IMG-", "image_id", `"@ubuntu"`, `trimprefix("@ubuntu", "IMG-")`, nothing, ""},
		{"an image in upper case", "image_id", `"@ubuntu"`, `upper("@ubuntu")`, nothing, ""},
		{"a type in lower case", "instance_type", `"N3.2B"`, `"n3.2b"`, nothing, ""},
		{"a subnet in upper case", "subnet_id", `"@subnet_a"`, `upper("@subnet_a")`, nothing, ""},
		{"keys in upper case", "key_ids", `["@key_a"]`, `[upper("@key_a")]`, nothing, ""},
		{"a disk type in lower case", "data_disks", `[{ type = "SSD3.0", size_gib = 50, delete_with_instance = true }]`,
			`[{ type = "ssd3.0", size_gib = 50, delete_with_instance = true }]`, nothing, ""},
		{"an instant", "auto_delete_time", `"2026-03-02T20:00:00Z"`, `"2026-03-03T04:00:00+08:00"`, nothing, ""},
		{"a computed price", "spot_price_limit", "0.04716", "0.0393 * 1.2", nothing, ""},
		{"a price that was computed", "spot_price_limit", "0.0393 * 1.2", "0.04716", nothing, ""},
		{"the charge type of an address", "eip", eip("Monthly"), eip("PrePaidByMonth"), nothing, ""},
		{"text as base64", "user_data", `"#!/bin/sh\n"`, `base64encode("#!/bin/sh\n")`, update, "user_data_base64"},
		{"no text as null", "user_data", `""`, "null", update, ""},
		{"null as no text", "user_data", "null", `""`, update, ""},
		{"no disks as null", "data_disks", "[]", "null", update, ""},
	}
	env := acctest.New(t)
	all := several{t, env, env.Workspace(t)}
	var first, second strings.Builder
	create, rewrite := map[string]string{}, map[string]string{}
	for _, c := range cases {
		name := strings.NewReplacer(" ", "_").Replace(c.name)
		attribute := cmp.Or(c.drop, c.attribute)
		first.WriteString(blockOf(name, set{c.attribute: c.first}))
		second.WriteString(blockOf(name, set{attribute: c.second}))
		create["kec_spot_instance."+name], rewrite["kec_spot_instance."+name] = added, c.does
	}
	all.become(first.String(), create)
	all.become(second.String(), rewrite)
	if got := slices.Compact(actions(env)); !slices.Equal(got, []string{"RunInstances"}) || env.Sim.Count("RunInstances") != len(cases) {
		t.Errorf("calls: %v", got)
	}
}

// A price that is computed is sent as the price that is meant, and one that is none is refused with
// a number that can be read.
func TestAccSpelling_computedPrices(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(block(set{"spot_price_limit": "0.131001"}) + env.Block(""))
	w.Plan().Want(t, 1, "Error: Spot price limit has more than 5 decimals", "the limit is 0.131001", "Round it to 0.131.")
	w.Write(block(set{"spot_price_limit": "1 / 7"}) + env.Block(""))
	w.Plan().Want(t, 1, "the limit is computed and is 0.142857142857....", "floor((...) * 100000) / 100000")
	w.Write(block(set{"spot_price_limit": "floor(1 / 7 * 100000) / 100000"}) + env.Block(""))
	w.Apply().Want(t, 0, "Resources: 1 added")
	if got := env.Sim.Instances()[0].SpotPriceLimit; got != "0.14285" {
		t.Errorf("the limit at KEC is %s", got)
	}
}

// An import lists disks in KEC's order, which says nothing. The state takes that of the
// configuration, each disk with its own id.
func TestAccSpelling_disksOfAnImportInAnyOrder(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	disks := func(first, second string) string {
		return block(set{"data_disks": "[" + first + ", " + second + "]"}) + env.Block("") +
			"output \"ids\" { value = kec_spot_instance.a.data_disks[*].id }\n"
	}
	small, large := `{ type = "SSD3.0", size_gib = 50, delete_with_instance = true }`, `{ type = "EHDD", size_gib = 100, delete_with_instance = false }`
	w.Write(disks(small, large))
	w.Apply().Want(t, 0, "Resources: 1 added")
	d := env.Sim.Instances()[0].DataDisks
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	w.Write(disks(large, small))
	w.CLI("import", "-no-color", "-input=false", "kec_spot_instance.a", firstID).Want(t, 0)
	w.Apply().Want(t, 0, update, `"`+d[1].ID+`", "`+d[0].ID+`",`)
	w.Plan().Want(t, 0, "No changes.")
	if got := actions(env); !slices.Equal(got, []string{"RunInstances"}) {
		t.Errorf("calls: %v", got)
	}
}

// Keys are managed where the configuration names them, if only as an empty list; automatic deletion
// always.
func TestAccSpelling_whatTheConsoleAddsIsSeen(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := running(t, env, block(set{"key_ids": "[]"}))
	at := env.Sim.Now().Add(48 * time.Hour)
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.KeyIDs, in.AutoDeleteTime = []string{kecsim.KeyA}, at })
	w.Plan().Want(t, 2, `- "`+kecsim.KeyA+`"`, "- auto_delete_time", "Plan: 0 to add, 1 to change, 0 to destroy.")
	w.Apply().Want(t, 0, update)
	w.Plan().Want(t, 0, "No changes.")
	if in := env.Sim.Instances()[0]; len(in.KeyIDs) > 0 || !in.AutoDeleteTime.IsZero() {
		t.Errorf("keys %v, deleted at %s", in.KeyIDs, in.AutoDeleteTime)
	}
}

// A view of the tags from before the launch shows none, not even the mark of the launch. Tags that
// somebody takes away later are seen.
func TestAccSpelling_tagsOfAViewThatLags(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Lag(kecsim.LookTags, 1, time.Hour)
	w := running(t, env, block(set{"tags": `{ env = "prod" }`}))
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.Lag(kecsim.LookTags, 0, 0)
	env.Sim.Advance(3 * time.Minute)
	w.Plan().Want(t, 0, "No changes.")
	env.Sim.Edit(firstID, func(in *kecsim.Instance) { in.Tags = nil })
	w.Plan().Want(t, 2, `+ "env" = "prod"`, "Plan: 0 to add, 1 to change, 0 to destroy.")
}
