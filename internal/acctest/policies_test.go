package acctest_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// The sample policies judge real plans, by the commands that their README shows.
func TestAccPolicies(t *testing.T) {
	t.Parallel()
	if os.Getenv("POLICY_ENGINE") == "" {
		t.Skip("needs Open Policy Agent: make policies installs it and runs this")
	}

	for _, c := range []struct {
		name        string
		defaultTags string
		hcl         string
		want        []string
	}{
		{
			name: "a clean plan: bids of exactly the share, automatic bidding outside production, a limit inside",
			hcl: block("worker", `
  for_each         = { "N3.2B" = 0.1179, "N3.4B" = 0.2358, "E1.2B" = 0.0786, "N2.2B" = 0.1572 }
  instance_type    = each.key
  spot_price_limit = each.value
  tags             = { env = "production" }`) + block("test", `
  instance_type = "N3.2B"
  tags          = { env = "test" }`) + block("untagged", `
  instance_type = "N3.2B"`),
		},
		{
			name: "a bid above the share",
			hcl: block("worker", `
  instance_type    = "N3.2B"
  spot_price_limit = 0.15`),
			want: []string{"kec_spot_instance.worker" + above("0.15")},
		},
		{
			name: "of two bids, the one that is above by KEC's smallest step",
			hcl: block("worker", `
  for_each         = { a = 0.1179, b = 0.11791 }
  instance_type    = "N3.2B"
  spot_price_limit = each.value`),
			want: []string{`kec_spot_instance.worker["b"]` + above("0.11791")},
		},
		{
			name: "a bid that is not known yet, which leaves the strategy open too",
			hcl: block("worker", `
  count            = 1
  instance_type    = "N3.2B"
  spot_price_limit = terraform_data.later.output
  tags             = { env = "production" }`) + later(`0.05`),
			want: []string{
				"kec_spot_instance.worker[0]: spot_price_limit is known only after apply, too late to judge the bid by. Give it a value that the plan knows.",
				"kec_spot_instance.worker[0]: spot_strategy is known only after apply, but the tag env is production. " +
					"Set spot_price_limit to the most that the machine may cost.",
			},
		},
		{
			name: "a type that is not known yet",
			hcl: block("worker", `
  instance_type    = terraform_data.later.output
  spot_price_limit = 0.05`) + later(`"N3.2B"`),
			want: []string{"kec_spot_instance.worker: instance_type is known only after apply, too late to judge the bid by. Give it a value that the plan knows."},
		},
		{
			name: "automatic bidding in production, asked for and left to the default",
			hcl: block("asked", `
  instance_type = "N3.2B"
  spot_strategy = "SpotAsPriceGo"
  tags          = { env = "production" }`) + block("left", `
  count         = 2
  instance_type = "N3.2B"
  tags          = { env = count.index == 0 ? "test" : "production" }`),
			want: []string{
				"kec_spot_instance.asked" + automatic,
				"kec_spot_instance.left[1]" + automatic,
			},
		},
		{
			name:        "production by the provider's default tags, which an instance's own tags override",
			defaultTags: `default_tags = { env = "production" }`,
			hcl: block("worker", `
  instance_type = "N3.2B"
  tags          = { team = "a" }`) + block("test", `
  instance_type = "N3.2B"
  tags          = { env = "test" }`),
			want: []string{"kec_spot_instance.worker" + automatic},
		},
		{
			name: "tags that are not known yet, all of them or only env",
			hcl: block("all", `
  instance_type = "N3.2B"
  tags          = { for tag in [terraform_data.later.output] : tag => tag }`) + block("env", `
  instance_type = "N3.2B"
  tags          = { env = terraform_data.later.output }`) + block("limited", `
  instance_type    = "N3.2B"
  spot_price_limit = 0.1
  tags             = { env = terraform_data.later.output }`) + block("other", `
  instance_type = "N3.2B"
  tags          = { env = "test", team = terraform_data.later.output }`) + later(`"production"`),
			want: []string{
				"kec_spot_instance.all" + automaticSoFar,
				"kec_spot_instance.env" + automaticSoFar,
			},
		},
		{
			name:        "default tags that are not known yet, beside an instance's own that are",
			defaultTags: `default_tags = { for tag in [terraform_data.later.output] : tag => tag }`,
			hcl: block("worker", `
  instance_type = "N3.2B"`) + block("test", `
  instance_type = "N3.2B"
  tags          = { env = "test" }`) + block("production", `
  instance_type = "N3.2B"
  tags          = { env = "production" }`) + later(`"env"`),
			want: []string{
				"kec_spot_instance.production" + automatic,
				"kec_spot_instance.worker" + automaticSoFar,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			w.Write(c.hcl + acctest.Example(t, "policies/prices.tf") + env.Block(c.defaultTags))
			w.Plan("-out=plan").Want(t, 2)
			judge(t, w, c.want...)
		})
	}

	t.Run("the prices are those of the plan, and the share is data", func(t *testing.T) {
		t.Parallel()
		env := acctest.New(t)
		for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
			env.Sim.SetPrice(zone, "N3.2B", "0.04", "0.2")
			env.Sim.SetPrice(zone, "N2.2B", "0.04", "0.3")
		}
		w := env.Workspace(t)
		workers := block("worker", `
  for_each         = toset(["N3.2B", "N2.2B"])
  instance_type    = each.key
  spot_price_limit = 0.0654`) + block("automatic", `
  instance_type = "E1.2B"`) + env.Block("preflight = \"off\"")
		shown := func(more string) string {
			w.Write(workers + more)
			w.Plan("-out=plan").Want(t, 2)
			return w.CLI("show", "-json", "plan").Want(t, 0).Raw
		}
		settings := filepath.Join(t.TempDir(), "settings.json")
		if err := os.WriteFile(settings, []byte(`{"max_bid_percent": 32.5}`), 0o600); err != nil {
			t.Fatal(err)
		}
		bid := filepath.Join(policies, "bid.rego")
		judgeInput(t, shown(acctest.Example(t, "policies/prices.tf")), []string{bid, settings},
			`kec_spot_instance.worker["N3.2B"]: spot_price_limit 0.0654 is above 0.065 CNY per hour, 32.5 % of the on-demand price 0.2 of N3.2B. `+
				"Lower spot_price_limit to 0.065 or less.")
		env.Sim.SetPrice(kecsim.ZoneB, "N3.2B", "", "0.10899") // of two zones, the lower price counts
		env.Sim.SetPrice(kecsim.ZoneA, "N2.2B", "", "0.109")
		judgeInput(t, shown(acctest.Example(t, "policies/prices.tf")+`
data "kec_spot_price" "other_zone" {
  instance_type     = "N3.2B"
  availability_zone = "cn-beijing-6b"
}
`), []string{bid},
			`kec_spot_instance.worker["N3.2B"]: spot_price_limit 0.0654 is above 0.06539 CNY per hour, 60 % of the on-demand price 0.10899 of N3.2B. `+
				"Lower spot_price_limit to 0.06539 or less.")
		judgeInput(t, shown(`
data "kec_spot_price" "small" {
  instance_type     = "N3.2B"
  availability_zone = "cn-beijing-6a"
}
`), []string{bid},
			`kec_spot_instance.worker["N2.2B"]: instance_type is N2.2B, and the plan holds no on-demand price of it to judge the bid by. `+
				"Add a kec_spot_price of N2.2B to the configuration.")
	})

	for _, page := range []struct{ name, begins string }{
		{"README.md", "tofu plan -out=plan && tofu show"},
		{"docs/guides/pipelines.md", "terraform plan -input=false -out=plan"},
		{"examples/policies/README.md", "tofu plan -out=plan"},
	} {
		t.Run("the commands of "+page.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			w.Setenv("TF_CLI_ARGS=-no-color", "POLICIES="+filepath.Join(w.Dir, policiesBelow))
			if err := os.CopyFS(filepath.Join(w.Dir, policiesBelow), os.DirFS(policies)); err != nil {
				t.Fatal(err)
			}
			commands := `opa() { "$POLICY_ENGINE" "$@"; }` + "\n" + acctest.Documented(t, page.name, page.begins)
			write := func(bid string) {
				w.Write(block("worker", `
  for_each         = { "web-1" = `+bid+` }
  instance_type    = "N3.2B"
  spot_price_limit = each.value`) + acctest.Example(t, "policies/prices.tf") + env.Block(""))
			}
			denied := acctest.Documented(t, "examples/policies/README.md", "kec_spot_instance.worker[")
			write("0.15")
			w.Shell(commands).Want(t, 1, strings.TrimSpace(denied)).Lacks(t, "Apply complete!")
			write("0.1")
			w.Shell(commands).Want(t, 0, "Apply complete! Resources: 1 added").Lacks(t, "kec_spot_instance.worker[\"web-1\"]: spot_price_limit")
		})
	}

	// An input without changes has nothing to deny, so it must at least be a plan.
	t.Run("an empty plan, and what is no plan", func(t *testing.T) {
		t.Parallel()
		env := acctest.New(t)
		w := env.Workspace(t)
		w.Write(env.Block(""))
		w.Plan("-out=plan").Want(t, 0, "No changes.")
		judge(t, w)
		state := w.CLI("show", "-json").Want(t, 0).Raw
		for _, input := range []string{state, "", "{}", "No such plan"} {
			judgeInput(t, input, []string{policies},
				"The input is not the JSON of a plan, so no bid can be judged. Pass what show -json prints for a saved plan.",
				"The input is not the JSON of a plan, so no tag can be judged. Pass what show -json prints for a saved plan.")
		}
	})

	t.Run("instances of a module", func(t *testing.T) {
		t.Parallel()
		env := acctest.New(t)
		w := env.Workspace(t)
		w.Write(`
module "fleet" {
  source   = "./fleet"
  for_each = { a = 0.1, b = 0.15 }
  limit    = each.value
}
` + env.Block(""))
		w.WriteModule("fleet", block("worker", `
  count            = 2
  instance_type    = "N3.2B"
  spot_price_limit = var.limit`)+`
variable "limit" {
  type = number
}
`+acctest.Example(t, "policies/prices.tf"))
		w.CLI("get", "-no-color").Want(t, 0)
		w.Plan("-out=plan").Want(t, 2, "Plan: 4 to add")
		judge(t, w,
			`module.fleet["b"].kec_spot_instance.worker[0]`+above("0.15"),
			`module.fleet["b"].kec_spot_instance.worker[1]`+above("0.15"))
	})

	// What was bought before there was a policy is judged when it next changes.
	t.Run("a running instance", func(t *testing.T) {
		t.Parallel()
		env := acctest.New(t)
		w := env.Workspace(t)
		running := func(limit, tag string) string {
			return block("worker", `
  instance_type    = "N3.2B"
  spot_price_limit = `+limit+`
  tags             = { env = "`+tag+`" }`) + acctest.Example(t, "policies/prices.tf") + env.Block("")
		}
		w.Write(running("0.15", "test"))
		w.Apply().Want(t, 0, "Resources: 1 added")

		w.Write(running("0.15", "test") + block("second", `
  instance_type    = "N3.2B"
  spot_price_limit = 0.1`))
		w.Plan("-out=plan").Want(t, 2, "Plan: 1 to add, 0 to change, 0 to destroy.")
		judge(t, w)

		w.Write(running("0.15", "production"))
		w.Plan("-out=plan").Want(t, 2, "Plan: 0 to add, 1 to change, 0 to destroy.")
		judge(t, w, "kec_spot_instance.worker"+above("0.15"))

		w.Write(running("0.16", "test"))
		w.Plan("-out=plan").Want(t, 2, "Plan: 1 to add, 0 to change, 1 to destroy.")
		judge(t, w, "kec_spot_instance.worker"+above("0.16"))

		w.Write(running("null", "production"))
		w.Plan("-out=plan").Want(t, 2, "Plan: 1 to add, 0 to change, 1 to destroy.")
		judge(t, w, "kec_spot_instance.worker"+automatic)

		w.Plan("-destroy", "-out=plan").Want(t, 2, "Plan: 0 to add, 0 to change, 1 to destroy.")
		judge(t, w)
	})
}

const (
	policiesBelow = "examples/policies" // the root of the repository
	policies      = "../../" + policiesBelow
)

// What follows the address in a denial.
const (
	automatic      = ": spot_strategy is SpotAsPriceGo, but the tag env is production. Set spot_price_limit to the most that the machine may cost."
	automaticSoFar = ": spot_strategy is SpotAsPriceGo, but the tag env is known only after apply. " +
		"Set spot_price_limit, or give env a value that the plan knows."
)

// above is the denial of a bid for an N3.2B.
func above(bid string) string {
	return ": spot_price_limit " + bid + " is above 0.1179 CNY per hour, 60 % of the on-demand price 0.1965 of N3.2B. Lower spot_price_limit to 0.1179 or less."
}

// block is one resource block: what every instance needs, and more lines.
func block(name, more string) string {
	return acctest.Expand(`
resource "kec_spot_instance" "` + name + `" {
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group"]
` + more + `
}
`)
}

// later is a value that a plan does not know.
func later(value string) string {
	return `
resource "terraform_data" "later" {
  input = ` + value + `
}
`
}

// judge hands the plan to the sample policies and compares the denials.
func judge(t *testing.T, w *acctest.Workspace, want ...string) {
	t.Helper()
	judgeInput(t, w.CLI("show", "-json", "plan").Want(t, 0).Raw, []string{policies}, want...)
}

// judgeInput hands any input to files or folders of policies and data.
func judgeInput(t *testing.T, input string, paths []string, want ...string) {
	t.Helper()
	plan := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(plan, []byte(input), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"eval", "--fail-defined", "--format", "raw", "--input", plan, "data.kec[_].deny[_]"}
	for _, path := range paths {
		args = append(args, "--data", path)
	}
	out, err := exec.CommandContext(t.Context(), os.Getenv("POLICY_ENGINE"), args...).Output()
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 1: // there are denials
		code = 1
	case errors.As(err, &exit):
		t.Fatalf("%v\n%s", err, exit.Stderr)
	case err != nil:
		t.Fatal(err)
	}
	got := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || code != min(len(want), 1) {
		t.Errorf("exit code %d, denied:\n%s\nwant:\n%s", code, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
