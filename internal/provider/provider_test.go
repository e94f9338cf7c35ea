package provider_test

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	frameworkprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/provider"
)

const machine = `
resource "kec_spot_instance" "a" {
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group"]
}
`

func TestAccProvider_badBlocksAreRefusedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	const complete = "  region = \"cn-beijing-6\"\n  access_key = \"k\"\n  secret_key = \"s\"\n"
	for _, c := range []struct {
		name, block string
		env         []string
		want        []string
	}{
		{"no region", "  access_key = \"k\"\n  secret_key = \"s\"\n", nil,
			[]string{"Error: Missing region", "Set region in the provider block, or the environment variable KSYUN_REGION."}},
		{"no keys", "  region = \"cn-beijing-6\"\n", nil, []string{
			"Error: Missing access key", "the environment variable KSYUN_ACCESS_KEY.",
			"Error: Missing secret key", "the environment variable KSYUN_SECRET_KEY.", "on main.tf line 1, in provider \"kec\":"}},
		{"http to a foreign host", complete + "  endpoint = \"http://kec.example.com\"\n", nil, []string{
			"Error: Endpoint cannot be used", "on main.tf line 5", "http is allowed only to this machine"}},
		{"http to a foreign host from the environment", complete, []string{"KEC_ENDPOINT=http://10.0.0.1"}, []string{
			"Error: Endpoint cannot be used", "the environment variable KEC_ENDPOINT."}},
		{"one service over http", complete + "  endpoints = { trade = \"http://trade.example.com\" }\n", nil, []string{"Error: Endpoint cannot be used"}},
		{"user info", complete + "  endpoint = \"https://me:hunter2@kec.example.com\"\n", nil, []string{"must not hold a user name or password"}},
		{"a path", complete + "  endpoint = \"https://kec.example.com/api\"\n", nil, []string{"must not hold a path"}},
		{"another scheme", complete + "  endpoint = \"ftp://127.0.0.1\"\n", nil, []string{"only https is allowed"}},
		{"a region that is none", "  region = \"Beijing!\"\n  access_key = \"k\"\n  secret_key = \"s\"\n", nil, []string{"is not a region name"}},
		{"a key with a line end", "  region = \"cn-beijing-6\"\n  access_key = \"k\"\n  secret_key = \"hunter2\\n\"\n", nil, []string{"The secret key holds"}},
		{"a CA file that is not there", complete + "  ca_file = \"nowhere.pem\"\n", nil, []string{"Error: CA file cannot be read", "nowhere.pem"}},
		{"a CA file without a certificate", complete + "  ca_file = \"provider_test.go\"\n", nil, []string{"certificate"}},
		{"a rate that holds nothing back", complete + "  requests_per_second = 1000.1\n", nil, []string{"requests_per_second", "between 0.100000 and 1000.000000"}},
		{"a rate of nothing", complete + "  requests_per_second = 0\n", nil, []string{"requests_per_second"}},
		{"a time-out without unit", complete + "  request_timeout = \"30\"\n", nil, []string{"Error: Not a duration", `"30" is not a positive duration.`}},
		{"too many retries", complete + "  max_retries = 51\n", nil, []string{"max_retries"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			if c.env != nil {
				w = env.BinaryWorkspace(t)
				w.Setenv(c.env...)
			}
			w.Write("provider \"kec\" {\n" + c.block + "}\n" + acctest.Expand(machine))
			got := w.Plan().Want(t, 1, c.want...)
			// The CLI quotes the user's own line; what the provider says holds no secret.
			for _, line := range strings.Split(got.Raw, "\n") {
				if strings.Contains(line, "hunter2") && !strings.Contains(line, "=") {
					t.Errorf("a secret is in the message: %s", line)
				}
			}
			if calls := env.Sim.Calls(); len(calls) > 0 {
				t.Errorf("%d requests were sent, the first %s", len(calls), calls[0].Action)
			}
		})
	}
}

func TestAccProvider_settingsFromTheEnvironment(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.AddKey("AKLTtemporary", "temporary-secret", "temporary-token")
	w := env.BinaryWorkspace(t)
	w.Write("provider \"kec\" {}\n" + acctest.Expand(machine))
	w.Setenv("KSYUN_REGION=cn-beijing-6", "KSYUN_ACCESS_KEY=AKLTtemporary", "KSYUN_SECRET_KEY=temporary-secret",
		"KSYUN_SECURITY_TOKEN=temporary-token", "KEC_ENDPOINT="+env.URL)
	w.Apply().Want(t, 0, "Resources: 1 added")
	w.Setenv("KSYUN_SECURITY_TOKEN=")
	w.Plan().Want(t, 1, "Error: KEC refused access")
}

// The CLI plans a destroy in a process that has not heard from KEC yet, and the
// simulator's clock is months away from this machine's.
func TestAccProvider_warnsByTheServicesClock(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.BinaryWorkspace(t)
	w.Write(env.Block("") + acctest.Expand(machine))
	w.Apply().Want(t, 0)
	w.Plan("-destroy").Want(t, 2, "Warning: Destroying a spot instance in its protected hour", "60 minutes from now")
	env.Sim.Advance(61 * time.Minute)
	w.Plan("-destroy").Want(t, 2).Lacks(t, "Warning: Destroying")
	w.Destroy().Want(t, 0).Lacks(t, "Warning: Destroying")
}

// The same holds for a machine that is not there yet, and so names nothing to look at.
func TestAccProvider_holdsANewMachinesTimesAgainstTheServicesClock(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.BinaryWorkspace(t)
	block := func(ahead time.Duration) string {
		at := env.Sim.Now().Add(ahead).UTC().Truncate(time.Minute).Format(time.RFC3339)
		return env.Block(`preflight = "off"`) + acctest.Expand(machine[:len(machine)-2]+"  auto_delete_time = \""+at+"\"\n}\n")
	}
	w.Write(block(time.Hour))
	w.Plan().Want(t, 2, "Plan: 1 to add").Lacks(t, "Automatic deletion")
	if got := len(env.Sim.Calls()); got != 1 {
		t.Errorf("%d requests, want one for the time", got)
	}
	w.Write(block(20 * time.Minute))
	w.Plan().Want(t, 2, "Warning: Automatic deletion is less than 30 minutes ahead", "it is 2026-03-02T09:00:")
	w.Write(block(time.Hour))
	w.Apply().Want(t, 0, "Resources: 1 added")
}

func TestAccProvider_oneEndpointPerServiceWins(t *testing.T) {
	t.Parallel()
	env, elsewhere := acctest.New(t), acctest.New(t)
	for _, one := range []*acctest.Env{env, elsewhere} {
		one.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	}
	w := env.Workspace(t)
	w.Write(env.Block("endpoints = { vpc = \""+elsewhere.URL+"\" }") + acctest.Expand(machine))
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	w.Plan().Want(t, 1, "Code: OutOfStock")
	var there []string
	for _, call := range elsewhere.Sim.Calls() {
		there = append(there, call.Action)
	}
	slices.Sort(there)
	if got, want := strings.Join(there, " "), "DescribeSecurityGroups DescribeSubnets"; got != want {
		t.Errorf("the vpc endpoint was asked for %s, want %s", got, want)
	}
	if got := env.Sim.Count("DescribeSubnets") + env.Sim.Count("DescribeSecurityGroups"); got != 0 {
		t.Errorf("%d such requests went elsewhere", got)
	}
}

func TestAccProvider_trustsACAFile(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	server := httptest.NewTLSServer(env.Sim)
	t.Cleanup(server.Close)
	env.URL = server.URL
	w := env.BinaryWorkspace(t)
	w.Write(env.Block("max_retries = 0") + acctest.Expand(machine))
	w.Apply().Want(t, 1, "certificate")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	file := filepath.Join(w.Dir, "ca.pem")
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	w.Setenv("KEC_CA_FILE=" + file)
	w.Apply().Want(t, 0, "Resources: 1 added")
}

// A region that another resource decides must not break the plan.
func TestAccProvider_unknownValuesDoNotBreakThePlan(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	region := acctest.NewHCL(`resource "terraform_data" "region"`, "input", `"cn-beijing-6"`)
	block := env.BlockIn("terraform_data.region.output", "") + acctest.Expand(machine)
	w.Write(block + region.String())
	w.Plan().Want(t, 2, "Plan: 2 to add, 0 to change, 0 to destroy.")
	w.Apply().Want(t, 0, "Resources: 2 added, 0 changed, 0 destroyed.")
	w.Plan().Want(t, 0, "No changes.")
	w.Write(block + region.With("triggers_replace", "1").String())
	w.Plan().Want(t, 2, "Warning: Spot instance not refreshed", "Plan: 1 to add, 0 to change, 1 to destroy.")
}

func TestSchemas_everyAttributeIsDescribed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := provider.New("test")()
	var block frameworkprovider.SchemaResponse
	p.Schema(ctx, frameworkprovider.SchemaRequest{}, &block)
	if diags := block.Schema.ValidateImplementation(ctx); diags.HasError() {
		t.Fatal(diags)
	}
	var walk func(prefix string, attributes map[string]schema.Attribute)
	walk = func(prefix string, attributes map[string]schema.Attribute) {
		for name, a := range attributes {
			if d := a.GetMarkdownDescription(); !strings.HasSuffix(d, ".") || !strings.Contains(d, "Default:") {
				t.Errorf("%s%s: %q lacks a default or its full stop", prefix, name, d)
			}
			if nested, ok := a.(schema.SingleNestedAttribute); ok {
				walk(prefix+name+".", nested.Attributes)
			}
		}
	}
	walk("", block.Schema.Attributes)
	for _, name := range []string{"access_key", "secret_key", "security_token"} {
		if !block.Schema.Attributes[name].IsSensitive() {
			t.Errorf("%s is not sensitive", name)
		}
	}
	for _, source := range p.DataSources(ctx) {
		var resp datasource.SchemaResponse
		source().Schema(ctx, datasource.SchemaRequest{}, &resp)
		if diags := resp.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Fatal(diags)
		}
		described(t, "", resp.Schema.Attributes)
	}
}

func described(t *testing.T, prefix string, attributes map[string]datasourceschema.Attribute) {
	t.Helper()
	for name, a := range attributes {
		if !strings.HasSuffix(a.GetMarkdownDescription(), ".") {
			t.Errorf("%s%s: %q", prefix, name, a.GetMarkdownDescription())
		}
		if nested, ok := a.(datasourceschema.ListNestedAttribute); ok {
			described(t, prefix+name+".", nested.NestedObject.Attributes)
		}
	}
}

// The environment chooses how loud the check of a plan is, and the provider block
// goes before it.
func TestAccProvider_preflightFromTheEnvironment(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	w := env.BinaryWorkspace(t)
	w.Write(env.Block("") + acctest.Expand(machine))
	w.Plan().Want(t, 1, "Error: Out of stock: 1 wanted, 0 available")
	w.Setenv("KEC_PREFLIGHT=warn")
	w.Plan().Want(t, 2, "Warning: Out of stock: 1 wanted, 0 available").Lacks(t, "Error:")
	w.Setenv("KEC_PREFLIGHT=off")
	w.Plan().Want(t, 2).Lacks(t, "Out of stock")
	w.Write(env.Block(`preflight = "error"`) + acctest.Expand(machine))
	w.Plan().Want(t, 1, "Error: Out of stock: 1 wanted, 0 available")
	w.Setenv("KEC_PREFLIGHT=perhaps")
	w.Write(env.Block("") + acctest.Expand(machine))
	w.Plan().Want(t, 1, "Error: Not a way to check a plan", `It is "perhaps".`,
		"Set preflight in the provider block, or the environment variable KEC_PREFLIGHT, to one of: error, warn, off.")
}
