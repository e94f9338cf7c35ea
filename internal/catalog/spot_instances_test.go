package catalog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// same compares two texts of JSON.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	normal := func(s string) string {
		var v any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatalf("%s: %v in %s", what, err, s)
		}
		b, _ := json.MarshalIndent(v, "", " ")
		return string(b)
	}
	if got, want := normal(got), normal(want); got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// web is a machine with all that the data source shows.
var web = kecsim.Instance{
	ID: "a1000000-0000-4000-8000-000000000001", Name: "web-1", HostName: "web", Type: "N3.2B", ChargeType: "Spot", SpotPriceLimit: "0.12345",
	SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu, SecurityGroupIDs: []string{kecsim.SecurityGroup}, PrivateIP: "10.7.0.99",
	NetworkInterfaceID: "a2000000-0000-4000-8000-000000000001", PublicIP: "203.0.113.200", KeyIDs: []string{kecsim.KeyB, kecsim.KeyA},
	SystemDisk: kecsim.Disk{ID: "a3000000-0000-4000-8000-000000000001", Type: "SSD3.0", SizeGB: 40},
	DataDisks: []kecsim.Disk{
		{ID: "a3000000-0000-4000-8000-000000000002", Type: "SSD3.0", SizeGB: 50, DeleteWithInstance: true},
		{ID: "a3000000-0000-4000-8000-000000000003", Type: "EHDD", SizeGB: 100},
	},
	Tags:      map[string]string{"team": "search", "Kec-Launch-Mark": "0123456789abcdef", "KEC-fleet-id": "f-1", "kec-start-again": "true", "ksc:billing": "x"},
	CreatedAt: time.Date(2026, 3, 2, 7, 30, 0, 0, time.UTC),
}

const webShown = `{
	"id": "a1000000-0000-4000-8000-000000000001", "instance_name": "web-1", "host_name": "web", "state": "active", "instance_type": "N3.2B",
	"image_id": "IMG-0d000000-0000-4000-8000-000000000001", "availability_zone": "cn-beijing-6a", "vpc_id": "0a000000-0000-4000-8000-000000000001",
	"subnet_id": "0b000000-0000-4000-8000-000000000001", "network_interface_id": "a2000000-0000-4000-8000-000000000001",
	"private_ip_address": "10.7.0.99", "public_ip": "203.0.113.200", "security_group_ids": ["0c000000-0000-4000-8000-000000000001"],
	"key_ids": ["0e000000-0000-4000-8000-000000000001", "0e000000-0000-4000-8000-000000000002"],
	"spot_strategy": "SpotWithPriceLimit", "spot_price_limit": 0.12345, "project_id": 0,
	"system_disk": {"id": "a3000000-0000-4000-8000-000000000001", "type": "SSD3.0", "size_gib": 40},
	"data_disks": [
		{"id": "a3000000-0000-4000-8000-000000000002", "type": "SSD3.0", "size_gib": 50, "delete_with_instance": true},
		{"id": "a3000000-0000-4000-8000-000000000003", "type": "EHDD", "size_gib": 100, "delete_with_instance": false}
	],
	"tags": {"team": "search"}, "created_at": "2026-03-02T07:30:00Z", "protected_until": "2026-03-02T08:30:00Z", "recycling_time": null,
	"launched_by_terraform": true, "fleet_id": "f-1"
}`

const listAll = `
data "kec_spot_instances" "all" {}
output "all" {
  value = data.kec_spot_instances.all.instances
}
`

func TestAccSpotInstances(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Config(listAll))
	same(t, "of none", applied(t, w)["all"], "[]")

	env.Sim.AddInstance(web)
	env.Sim.AddInstance(kecsim.Instance{Name: "monthly", ChargeType: "Monthly"})
	plain := env.Sim.AddInstance(kecsim.Instance{
		Name: "plain", ChargeType: "Spot", State: "error", SubnetID: kecsim.SubnetB, CreatedAt: web.CreatedAt.Add(-time.Hour),
		NetworkInterfaceID: "a2000000-0000-4000-8000-000000000002", SystemDisk: kecsim.Disk{ID: "a3000000-0000-4000-8000-000000000009", Type: "SSD3.0", SizeGB: 40},
	})
	twin := env.Sim.AddInstance(kecsim.Instance{ID: "00000000-0000-4000-8000-000000000001", Name: "twin", ChargeType: "Spot", CreatedAt: web.CreatedAt})
	env.Sim.Reclaim(web.ID)
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(applied(t, w)["all"]), &all); err != nil || len(all) != 3 {
		t.Fatalf("%v in %d machines", err, len(all))
	}
	for i, id := range []string{plain, twin} { // by the time of creation, and then by id
		if !strings.Contains(string(all[i]), id) {
			t.Errorf("machine %d is %s, want %s", i, all[i], id)
		}
	}
	// Ten minutes after the world's begin: the release is announced at nine.
	same(t, "the machine", string(all[2]), strings.Replace(webShown, `"recycling_time": null`, `"recycling_time": "2026-03-02T09:10:00Z"`, 1))
	same(t, "without options", string(all[0]), fmt.Sprintf(`{
		"id": %q, "instance_name": "plain", "host_name": null, "state": "error", "instance_type": "N3.2B",
		"image_id": "IMG-0d000000-0000-4000-8000-000000000001", "availability_zone": "cn-beijing-6b", "vpc_id": "0a000000-0000-4000-8000-000000000001",
		"subnet_id": "0b000000-0000-4000-8000-000000000002", "network_interface_id": "a2000000-0000-4000-8000-000000000002",
		"private_ip_address": "10.7.1.2", "public_ip": null, "security_group_ids": ["0c000000-0000-4000-8000-000000000001"], "key_ids": null,
		"spot_strategy": "SpotAsPriceGo", "spot_price_limit": null, "project_id": 0,
		"system_disk": {"id": "a3000000-0000-4000-8000-000000000009", "type": "SSD3.0", "size_gib": 40}, "data_disks": [],
		"tags": {}, "created_at": "2026-03-02T06:30:00Z", "protected_until": "2026-03-02T07:30:00Z", "recycling_time": null,
		"launched_by_terraform": false, "fleet_id": null
	}`, plain))
	w.Plan().Want(t, 0)
}

func TestAccSpotInstances_filters(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) {
		s.Odd = []string{"InstanceType in lower case", "ChargeType by number", "ids in upper case"}
	})
	env.Sim.AddInstance(web)
	env.Sim.AddInstance(kecsim.Instance{Name: "db-1", ChargeType: "Spot", Type: "N3.4B", SubnetID: kecsim.SubnetB, State: "stopped"})
	env.Sim.AddInstance(kecsim.Instance{Name: "db-2", ChargeType: "Spot", ProjectID: kecsim.ProjectB, Tags: map[string]string{"team": "search", "env": "test"}})
	env.Sim.Reclaim(web.ID)
	w := env.Workspace(t)
	config := env.Block("")
	wants := map[string]string{}
	for i, c := range []struct{ filter, want string }{
		{``, `["web-1","db-1","db-2"]`},
		{`availability_zone = "cn-beijing-6B"`, `["db-1"]`},
		{`instance_type = "N3.4B"`, `["db-1"]`},
		{`instance_type = "n3.2b"`, `["web-1","db-2"]`},
		{`state = "Stopped"`, `["db-1"]`},
		{`project_id = 0`, `["web-1","db-1"]`},
		{`project_id = 100002`, `["db-2"]`},
		{`name_regex = "^db-"`, `["db-1","db-2"]`},
		{`name_regex = "(?i)WEB"`, `["web-1"]`},
		{`being_reclaimed = true`, `["web-1"]`},
		{`being_reclaimed = false`, `["db-1","db-2"]`},
		{`tags = { team = "search" }`, `["web-1","db-2"]`},
		{`tags = { team = "search", env = "test" }`, `["db-2"]`},
		{`tags = {}`, `["web-1","db-1","db-2"]`},
		{`tags = { team = "Search" }`, `[]`},
		{"state = \"active\"\n  name_regex = \"2$\"", `["db-2"]`},
	} {
		name := fmt.Sprintf("f%d", i)
		wants[name] = c.want
		config += fmt.Sprintf("data \"kec_spot_instances\" %q {\n  %s\n}\noutput %q {\n  value = data.kec_spot_instances.%s.instances[*].instance_name\n}\n", name, c.filter, name, name)
	}
	w.Write(config)
	got := applied(t, w)
	for name, want := range wants {
		same(t, name, got[name], want)
	}
	if n := env.Sim.Count("GetAccountAllProjectList"); n != 1 {
		t.Errorf("the projects were asked for %d times", n)
	}
}

func TestAccSpotInstances_whatCannotBe(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Config("data \"kec_spot_instances\" \"all\" {\n  name_regex = \"(\"\n}\n"))
	w.Plan().Want(t, 1, "Error: Not a regular expression", "with data.kec_spot_instances.all, on main.tf line 9", `9: name_regex = "("`,
		"error parsing regexp: missing closing ): `(`. Correct name_regex; the syntax is that of RE2, which has no look-ahead and no back-references.")
	w.Write(env.Config("data \"kec_spot_instances\" \"all\" {\n  state = \"\"\n  tags = { a = null }\n}\n"))
	w.Plan().Want(t, 1, "Attribute state string length must be at least 1", "Null Map Value")
	w.Write(env.Config("data \"kec_spot_instances\" \"all\" {\n  project_id = 1.5\n}\n"))
	w.Plan().Want(t, 1, "Error: Not a whole number")

	env.Sim.AddInstance(kecsim.Instance{Name: "here", ChargeType: "Spot"})
	env.Sim.AddInstance(kecsim.Instance{Name: "elsewhere", ChargeType: "Spot", ProjectID: kecsim.ProjectB})
	names := "\noutput \"names\" {\n  value = data.kec_spot_instances.all.instances[*].instance_name\n}\n"
	w.Write(env.Config("data \"kec_spot_instances\" \"all\" {}" + names))
	w.Plan().Want(t, 2, `+ names = [ + "here", + "elsewhere", ]`).Lacks(t, "Warning")

	env.Sim.DenyAction("iam", "GetAccountAllProjectList", true)
	env.Sim.Advance(time.Minute) // the projects are remembered for half of that
	w.Plan().Want(t, 2, `+ names = [ + "here", ]`, "Warning: Only machines of the default project are listed",
		"KEC does not tell the projects of the account (GetAccountAllProjectList), so machines of other projects are missing. "+
			"Give the keys the permission for GetAccountAllProjectList of iam, or set project_id to list one project.")
	w.Write(env.Config("data \"kec_spot_instances\" \"all\" {\n  project_id = 100002\n}" + names))
	w.Plan().Want(t, 2, `+ names = [ + "elsewhere", ]`).Lacks(t, "Warning")

	env.Sim.DenyAction("tagv2", "ListTagsByResourceIds", true)
	w.Plan().Want(t, 1, "Error: KEC refused access", "ListTagsByResourceIds")
	env.Sim.DenyAction("kec", "DescribeInstances", true)
	w.Plan().Want(t, 1, "Error: KEC refused access", "DescribeInstances")
}

// Three machines among 5000 take the pages and one request for tags, by their tags alone one for
// each hundred machines more; the description says so. `make bench` measures 12 among 20 000.
func TestAccSpotInstances_ofManyMachines(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.SetSubnetFree(kecsim.SubnetA, 0)  // none of them has an address, which takes no time
	env.Sim.Update(func(s *kecsim.Settings) { // and answers are short
		s.Odd = []string{
			"no ImageId", "no HostName", "no ProjectId", "no SubnetId", "no UserData", "no InstanceConfigure", "no NetworkInterfaceSet", "no SriovNetSupport",
			"no SystemDisk", "no DataDisks", "no KeySet", "no IsDistributeIpv6", "no StoppedMode", "no AutoDeleteTime", "no AutoDeleteEip", "no DataGuardSet",
			"no zone",
		}
	})
	for i := range 5000 {
		in := kecsim.Instance{ChargeType: "Spot", Name: fmt.Sprintf("worker-%05d", i)}
		if i%1700 == 0 {
			in.Name, in.Tags = fmt.Sprintf("db-%05d", i), map[string]string{"team": "db"}
		}
		env.Sim.AddInstance(in)
	}
	w := env.Workspace(t)
	for _, c := range []struct {
		filter       string
		pages, asked int
	}{
		{`name_regex = "^db-"`, 5, 1},
		{`tags = { team = "db" }`, 5, 50},
	} {
		w.Write(env.Config("data \"kec_spot_instances\" \"all\" {\n  " + c.filter + "\n}\noutput \"n\" {\n  value = length(data.kec_spot_instances.all.instances)\n}\n"))
		pages, asked := env.Sim.Count("DescribeInstances"), env.Sim.Count("ListTagsByResourceIds")
		w.Plan().Want(t, 2, "+ n = 3")
		if p, a := env.Sim.Count("DescribeInstances")-pages, env.Sim.Count("ListTagsByResourceIds")-asked; p != c.pages || a != c.asked {
			t.Errorf("%s: %d pages and %d requests for tags, want %d and %d", c.filter, p, a, c.pages, c.asked)
		}
	}
}

func TestAccSpotInstances_example(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.AddInstance(web)
	env.Sim.AddInstance(kecsim.Instance{ID: "b1000000-0000-4000-8000-000000000001", Name: "by-hand", ChargeType: "Spot"})
	env.Sim.Reclaim(web.ID)
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "data-sources/kec_spot_instances/data-source.tf"))
	got := applied(t, w)
	same(t, "launched_by_other_means", got["launched_by_other_means"], `["by-hand (b1000000-0000-4000-8000-000000000001)"]`)
	same(t, "being_reclaimed", got["being_reclaimed"], `{"a1000000-0000-4000-8000-000000000001": "2026-03-02T09:10:00Z"}`)
}

// What was launched by other means is imported with the configuration that the data source gives,
// and nothing is left to do.
func TestAccFindMachines_adopt(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	stray := web
	stray.Tags = map[string]string{"team": "search", "ksc:billing": "x"}
	env.Sim.AddInstance(stray)
	env.Sim.AddInstance(kecsim.Instance{Name: "plain", ChargeType: "Spot", SubnetID: kecsim.SubnetB, ProjectID: kecsim.ProjectB, Tags: map[string]string{"team": "search"}})
	env.Sim.AddInstance(kecsim.Instance{Name: "ours", ChargeType: "Spot", Tags: map[string]string{"team": "search", "kec-launch-mark": "0123"}})
	env.Sim.AddInstance(kecsim.Instance{Name: "theirs", ChargeType: "Spot", Tags: map[string]string{"team": "ads"}})
	before := fmt.Sprint(env.Sim.Instances())
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "find-machines/adopt/main.tf"))
	w.Apply().Want(t, 0, "2 imported, 0 added, 0 changed, 0 destroyed")
	w.Plan().Want(t, 0, "No changes")
	w.CLI("state", "list").Want(t, 0, `kec_spot_instance.adopted["`+stray.ID+`"]`)
	if after := fmt.Sprint(env.Sim.Instances()); after != before {
		t.Errorf("machines were touched:\n got %s\nwant %s", after, before)
	}

	env.Sim.Edit(stray.ID, func(in *kecsim.Instance) { delete(in.Tags, "team") })
	w.Plan().Want(t, 1, "nstance cannot be destroyed", "prevent_destroy")
}

func TestAccFindMachines_drain(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "find-machines/drain/main.tf"))
	same(t, "drain of none", applied(t, w)["drain"], "[]")
	env.Sim.AddInstance(kecsim.Instance{Name: "stays", ChargeType: "Spot"})
	later := env.Sim.AddInstance(kecsim.Instance{Name: "later", ChargeType: "Spot", PrivateIP: "10.7.0.50"})
	env.Sim.AddInstance(web)
	env.Sim.Reclaim(web.ID)
	env.Sim.Advance(90 * time.Second)
	env.Sim.Reclaim(later)
	same(t, "drain", applied(t, w)["drain"], `[
		{"id": "a1000000-0000-4000-8000-000000000001", "name": "web-1", "private_ip_address": "10.7.0.99", "until": "2026-03-02T09:10:00Z"},
		{"id": "`+later+`", "name": "later", "private_ip_address": "10.7.0.50", "until": "2026-03-02T09:11:30Z"}
	]`)
}

func TestAccFindMachines_count(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	for _, in := range []kecsim.Instance{
		{Type: "N3.2B", Tags: map[string]string{"team": "search"}}, {Type: "N3.2B", Tags: map[string]string{"team": "search"}, ProjectID: kecsim.ProjectB},
		{Type: "N3.4B", Tags: map[string]string{"team": "search"}}, {Type: "N3.4B", Tags: map[string]string{"team": "ads"}},
		{Type: "E1.2B", Tags: map[string]string{"team": "search"}, State: "stopped"},
	} {
		in.ChargeType = "Spot"
		env.Sim.AddInstance(in)
	}
	w := env.Workspace(t)
	w.Write(env.Block("") + acctest.Example(t, "find-machines/count/main.tf"))
	same(t, "machines_by_type", applied(t, w)["machines_by_type"], `{"N3.2B": 2, "N3.4B": 1}`)
}
