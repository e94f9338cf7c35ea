package spotinstance

import (
	"context"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// providerOnly are settable attributes that no API parameter stands for.
var providerOnly = []string{"timeouts.create", "timeouts.read", "timeouts.update", "timeouts.delete"}

func schemaOf(t *testing.T) schema.Schema {
	t.Helper()
	var resp resource.SchemaResponse
	New().Schema(context.Background(), resource.SchemaRequest{}, &resp)
	if resp.Diagnostics.HasError() {
		t.Fatal(resp.Diagnostics)
	}
	if diags := resp.Schema.ValidateImplementation(context.Background()); diags.HasError() {
		t.Fatal(diags)
	}
	return resp.Schema
}

// leaves lists every attribute that holds a value of its own, with its path;
// list elements are written without an index.
func leaves(prefix string, attributes map[string]schema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for name, a := range attributes {
		switch nested := a.(type) {
		case schema.SingleNestedAttribute:
			for k, v := range leaves(prefix+name+".", nested.Attributes) {
				all[k] = v
			}
		case schema.ListNestedAttribute:
			for k, v := range leaves(prefix+name+".", nested.NestedObject.Attributes) {
				all[k] = v
			}
		default:
			all[prefix+name] = a
		}
	}
	return all
}

func withOneDisk() *model {
	var m model
	m.DataDisks, m.SecondaryNICs = dataDisks.List(make([]wizard.DataDisk, 1)), secondaryNICs.List(make([]wizard.SecondaryNIC, 1))
	return &m
}

func TestParams_holdEverySettableAttributeAndNothingElse(t *testing.T) {
	t.Parallel()
	var inTable []string
	encoded := withOneDisk()
	encoded.UserDataBase64 = types.StringValue("eA==") // one of two attributes for one setting
	for _, line := range slices.Concat(withOneDisk().params(), encoded.params()) {
		if len(line.Path.Steps()) > 0 {
			inTable = append(inTable, strings.ReplaceAll(line.Path.String(), "[0]", ""))
		}
	}
	var settable, computed []string
	for name, a := range leaves("", schemaOf(t).Attributes) {
		if a.IsRequired() || a.IsOptional() {
			settable = append(settable, name)
		} else {
			computed = append(computed, name)
		}
	}
	for _, name := range settable {
		if got := slices.Contains(inTable, name); got == slices.Contains(providerOnly, name) {
			t.Errorf("%s: in the table: %t; it needs a line in params() or an entry in providerOnly, not both", name, got)
		}
	}
	for _, name := range inTable {
		if !slices.Contains(settable, name) {
			t.Errorf("%s has a line in params(), but nobody can set it", name)
		}
	}
	sort.Strings(computed)
	want := []string{
		"availability_zone", "created_at", "data_disks.id", "id", "network_interface_id", "protected_until", "public_ip",
		"recycling_time", "secondary_network_interfaces.id", "state", "tags_all", "vpc_id",
	}
	if !slices.Equal(computed, want) {
		t.Errorf("computed: %v\nwant      %v", computed, want)
	}
}

func TestParams_locateEveryLine(t *testing.T) {
	t.Parallel()
	table := withOneDisk().params()
	for _, line := range table {
		if line.Name == "" || len(line.Path.Steps()) == 0 {
			continue
		}
		if line.Path.String() == "user_data_base64" {
			continue // the other way to set UserData, below
		}
		if got, ok := table.Locate(line.Name); !ok || !got.Equal(line.Path) {
			t.Errorf("Locate(%s) = %s, want %s", line.Name, got, line.Path)
		}
	}
	var encoded model
	encoded.UserDataBase64 = types.StringValue("aGk=")
	if got, ok := encoded.params().Locate("UserData"); !ok || got.String() != "user_data_base64" {
		t.Errorf("UserData, given in base64, is %s", got)
	}
	if got, ok := table.Locate("DataDisk.1.Size"); !ok || got.String() != "data_disks[0].size_gib" {
		t.Errorf("DataDisk.1.Size is %s", got)
	}
}

func TestSchema_everyAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	var walk func(prefix string, attributes map[string]schema.Attribute)
	walk = func(prefix string, attributes map[string]schema.Attribute) {
		for name, a := range attributes {
			description := a.GetMarkdownDescription()
			if description == "" {
				description = a.GetDescription()
			}
			if len(description) < 10 || !strings.HasSuffix(description, ".") {
				t.Errorf("%s%s: description %q", prefix, name, description)
			}
			optional := a.IsOptional() && prefix == "" && a.GetType() != nil && !a.IsWriteOnly()
			if optional && !strings.Contains(description, "Default") && !slices.Contains([]string{"timeouts", "password_wo_version"}, name) {
				t.Errorf("%s%s: the description gives no default", prefix, name)
			}
			switch nested := a.(type) {
			case schema.SingleNestedAttribute:
				walk(prefix+name+".", nested.Attributes)
			case schema.ListNestedAttribute:
				walk(prefix+name+".", nested.NestedObject.Attributes)
			}
		}
	}
	walk("", schemaOf(t).Attributes)
}

func TestRemedies_nameAttributesThatExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{ // of the provider block
		"access_key": true, "secret_key": true, "security_token": true, "requests_per_second": true, "max_retries": true,
	}
	ofFleets := map[string]bool{"min_capacity": true, "wait_for_stock": true, "max_hourly_cost": true}
	for name := range leaves("", schemaOf(t).Attributes) {
		known[name] = true
	}
	word := regexp.MustCompile(`[a-z]+(_[a-z]+)+`)
	for _, c := range failure.Catalogue() {
		fleet := c.Code == failure.FleetShort || c.Code == failure.FleetTooDear
		for _, name := range word.FindAllString(c.RemedyText(wizard.Parameters()), -1) {
			if !known[name] && !(fleet && ofFleets[name]) {
				t.Errorf("the remedy of %s names %s, which does not exist", c.Code, name)
			}
		}
		if _, ok := wizard.Parameters().Locate(c.Param); c.Param != "" && !ok && !fleet {
			t.Errorf("%s points at %s, which no attribute has", c.Code, c.Param)
		}
	}
}

// The description tells what a change does, and the line of the attribute says which change does
// it.
func TestSchema_descriptionsSayWhatAChangeDoes(t *testing.T) {
	t.Parallel()
	for _, group := range Groups(context.Background()) {
		for name, a := range group.Attributes {
			if !a.IsRequired() && !a.IsOptional() || name == "timeouts" || name == "password_wo" {
				continue
			}
			m := withOneDisk()
			if name == "user_data_base64" { // one of two attributes for one setting
				m.UserDataBase64 = types.StringValue("eA==")
			}
			lines := m.params()
			i := slices.IndexFunc(lines, func(l param.Line) bool { return param.TopLevel(l.Path).Equal(path.Root(name)) })
			if i < 0 {
				t.Errorf("%s has no line in its step's Lines, so that nothing is sent for it", name)
				continue
			}
			c, inPlace := changeOf(lines[i].Change)
			says := a.GetMarkdownDescription()
			if strings.Contains(says, "eplaces the instance") == inPlace || strings.Contains(says, "in place") != inPlace {
				t.Errorf("%s changes in place: %t, but its description says: %s", name, inPlace, says)
			}
			if restart := strings.Contains(says, "restart") || strings.Contains(says, "stop and a start"); restart != (c.disrupts != "") {
				t.Errorf("%s is %q for a change, but its description says: %s", name, c.disrupts, says)
			}
		}
	}
}

func TestGroups_holdEveryAttributeOnce(t *testing.T) {
	t.Parallel()
	n := 0
	for _, g := range Groups(context.Background()) {
		n += len(g.Attributes)
	}
	if got := len(schemaOf(t).Attributes); got != n {
		t.Errorf("%d attributes in the groups, %d in the schema", n, got)
	}
}

// Every change that a line names is there, and every change has a line.
func TestChanges_areThoseThatTheLinesName(t *testing.T) {
	t.Parallel()
	named := map[param.Change]bool{}
	for _, line := range withOneDisk().params() {
		if line.Change == "" {
			continue
		}
		named[line.Change] = true
		if _, ok := changeOf(line.Change); !ok {
			t.Errorf("%s is changed by %q, which does not exist", line.Path, line.Change)
		}
	}
	for _, c := range changes {
		if !named[c.name] {
			t.Errorf("no attribute is changed by %q", c.name)
		}
	}
}
