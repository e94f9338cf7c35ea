package spotinstance_test

import (
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// good holds one attribute of every kind that has a rule.
const good = `resource "kec_spot_instance" "a" {
  spot_price_limit   = 0.05
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group"]
  data_disks         = [{ type = "EHDD", size_gib = 50, delete_with_instance = true }]
  instance_name      = "worker"
  tags               = { env = "prod" }
  # more
}
`

func TestAccValidate_badInputIsRefusedBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	const secret = "lowercase-passphrase" // the CLI quotes the line of a mistake, so the line must not hold it
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"six decimals", "0.05", "0.123456", []string{
			"Error: Spot price limit has more than 5 decimals", "on main.tf line 2", "the limit is 0.123456.", "Round it to 0.12346."}},
		{"six decimals, all of them zero", "0.05", "0.050000", nil},
		{"no price", "0.05", "0", []string{"Error: Spot price limit is not above zero", "on main.tf line 2"}},
		{"a negative price", "0.05", "-1", []string{"Error: Spot price limit is not above zero"}},
		{"a price with automatic bidding", "# more", `spot_strategy = "SpotAsPriceGo"`, []string{
			"Error: A spot price limit does not go with automatic bidding", "on main.tf line 2",
			`Remove spot_price_limit, or set spot_strategy to "SpotWithPriceLimit".`}},
		{"a limit without a price", "spot_price_limit   = 0.05", `spot_strategy = "SpotWithPriceLimit"`, []string{
			"Error: Bidding with a limit needs the limit", "on main.tf line 2"}},
		{"an unknown strategy", "# more", `spot_strategy = "Cheapest"`, []string{`spot_strategy`, `"SpotAsPriceGo" "SpotWithPriceLimit"`}},
		{"two ways to log in", "# more", "key_ids = [\"k\"]\n  keep_image_login = true", []string{
			"Error: Two ways to log in", "on main.tf line 11", "Both key_ids and keep_image_login are set"}},
		{"password and keys", "# more", "key_ids = [\"k\"]\n  password_wo = \"${local.upper}${local.lower}1\"\n  password_wo_version = 1", []string{
			"Error: Two ways to log in", "Both password_wo and key_ids are set"}},
		{"keys and no kept login", "# more", "key_ids = [\"k\"]\n  keep_image_login = false", nil},
		{"a password without a digit", "# more", "password_wo = \"${local.upper}${local.lower}\"\n  password_wo_version = 1", []string{
			"Error: Password breaks KEC's rule", "It has no digit;"}},
		{"a password without an upper-case letter", "# more", "password_wo = \"${local.lower}1\"\n  password_wo_version = 1", []string{
			"Error: Password breaks KEC's rule", "It has no upper-case letter;"}},
		{"a short password", "# more", "password_wo = \"Ab1\"\n  password_wo_version = 1", []string{"It has 3 characters;"}},
		{"a password without a version", "# more", "password_wo = \"${local.upper}${local.lower}1\"", nil},
		{"a version without a password", "# more", "password_wo_version = 1", []string{"password_wo"}},
		{"a disk without size", "size_gib = 50, ", "", []string{
			"Error: A required attribute is missing", "on main.tf line 7", "data_disks[0] has no size_gib."}},
		{"a disk without its fate", ", delete_with_instance = true", "", []string{"on main.tf line 7", "data_disks[0] has no delete_with_instance."}},
		{"a disk of no size", "size_gib = 50", "size_gib = 0", []string{"on main.tf line 7", "data_disks[0].size_gib"}},
		{"user data over 16 KiB", "# more", `user_data = "` + strings.Repeat("x", 16385) + `"`, []string{
			"Error: User data is too long", "on main.tf line 10", "It has 16385 bytes; KEC takes 16384."}},
		{"user data of 16 KiB", "# more", `user_data = "` + strings.Repeat("x", 16384) + `"`, nil},
		{"a tag of KEC's own", "env =", "kscloud =", []string{"on main.tf line 9", "must not start with ksc"}},
		{"a tag without a value", `{ env = "prod" }`, `{ env = null }`, []string{"on main.tf line 9", "null"}},
		{"a key that is null", "# more", `key_ids = [null]`, []string{"on main.tf line 10", "null"}},
		{"a tag close to KEC's own", "env =", "ks =", nil},
		{"a long tag value", `"prod"`, `join("", [for i in range(256) : "x"])`, []string{"on main.tf line 9", "255"}},
		{"a name of one letter", `"worker"`, `"w"`, []string{"on main.tf line 8", "2", "64"}},
		{"a name of two Chinese letters", `"worker"`, `"工人"`, nil},
		{"a host name with a dot", "# more", `host_name = "a.b"`, []string{"on main.tf line 10", "only letters, digits and hyphens"}},
		{"an IPv6 address", "# more", `private_ip_address = "fe80::1"`, []string{"Error: Not an IPv4 address"}},
		{"a small system disk", "# more", `system_disk = { size_gib = 10 }`, []string{"on main.tf line 10", "system_disk.size_gib", "between 20 and 500"}},
		{"an address that dies with nothing", "# more", "auto_delete_eip = true", []string{
			"Error: Nothing to delete the address with", "on main.tf line 10", "auto_delete_eip is true, but auto_delete_time is not set."}},
		{"a monthly address without months", "# more", `eip = { line_id = "l", bandwidth_mbps = 5, charge_type = "Monthly" }`, []string{
			"Error: A monthly address needs its months", "eip.charge_type is \"Monthly\", but eip.purchase_months is not set."}},
		{"half an address", "# more", `eip = { line_id = "l", charge_type = "Daily" }`, []string{`attribute "bandwidth_mbps" is required`}},
		{"user data twice", "# more", "user_data = \"a\"\n  user_data_base64 = \"YQ==\"", []string{"on main.tf line 10", "user_data_base64", "user_data"}},
		{"user data that is no base64", "# more", `user_data_base64 = "not base64"`, []string{"Error: User data is not base64"}},
		{"encoded user data over 16 KiB", "# more", `user_data_base64 = base64encode("` + strings.Repeat("x", 16385) + `")`, []string{
			"Error: User data is too long", "It has 16385 bytes; KEC takes 16384."}},
		{"a time with seconds", "# more", `auto_delete_time = "2026-03-02T20:00:30Z"`, []string{
			"Error: KEC deletes at whole minutes", "Round it to 2026-03-02T20:00:00Z."}},
		{"a time without an offset", "# more", `auto_delete_time = "2026-03-02 20:00"`, []string{"Error: Not a time", "2026-11-23T18:30:00+08:00"}},
		{"a local disk of no size", "# more", `local_data_disk_gib = 0`, []string{"local_data_disk_gib", "between 1 and 16000"}},
		{"an interface without a group", "# more", `secondary_network_interfaces = [{ subnet_id = "s", security_group_ids = [] }]`, []string{"on main.tf line 10", "secondary_network_interfaces[0].security_group_ids", "at least 1"}},
		{"a deadline in the past", "# more", `timeouts = { create = "-5m" }`, []string{
			"Error: A deadline that is always over", "on main.tf line 10", "timeouts.create is -5m."}},
		{"no security group", `["@group"]`, "[]", []string{"on main.tf line 6", "at least 1"}},
		{"nothing known yet", `"N3.2B"`, "terraform_data.later.output\n  user_data = terraform_data.later.output\n" +
			"  key_ids = [terraform_data.later.output]\n  iam_role_name = terraform_data.later.output\n  auto_delete_time = terraform_data.later.output\n" +
			"  auto_delete_eip = true\n  eip = { line_id = terraform_data.later.output, bandwidth_mbps = terraform_data.number.output, charge_type = terraform_data.later.output }\n" +
			"  secondary_network_interfaces = [{ subnet_id = terraform_data.later.output, security_group_ids = [terraform_data.later.output] }]\n" +
			"  host_name = terraform_data.later.output\n  data_guard_id = terraform_data.later.output", nil},
		{"a price that is not known yet", "0.05", "terraform_data.number.output\n  spot_strategy = \"SpotWithPriceLimit\"", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			w := env.Workspace(t)
			hcl := acctest.Expand(good)
			if c.old = acctest.Expand(c.old); !strings.Contains(hcl, c.old) {
				t.Fatalf("nothing to replace: %s", c.old)
			}
			w.Write(strings.Replace(hcl, c.old, c.new, 1) + env.Block(`preflight = "off"`) +
				"locals {\n  upper = \"L\"\n  lower = sensitive(\"" + secret + "\")\n}\n" +
				"resource \"terraform_data\" \"later\" { input = \"later\" }\nresource \"terraform_data\" \"number\" { input = 0.05 }\n")
			code := 1
			if c.want == nil {
				code = 0
			}
			w.CLI("validate", "-no-color").Want(t, code, c.want...).Lacks(t, secret)
			if c.want == nil {
				w.Plan().Want(t, 2, "Plan: 3 to add")
			}
			if calls := env.Sim.Calls(); len(calls) > 0 {
				t.Errorf("%d requests were sent, the first %s", len(calls), calls[0].Action)
			}
		})
	}
}
