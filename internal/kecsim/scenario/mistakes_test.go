package scenario_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/scenario"
)

// loaded loads a scenario of this text, and returns the error with the file's name as FILE.
func loaded(t *testing.T, text string) (*scenario.Scenario, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scenario.kecsim.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := scenario.Load(file)
	if err == nil {
		return s, ""
	}
	return nil, strings.ReplaceAll(err.Error(), file, "FILE")
}

const (
	zones = "cn-beijing-6a, cn-beijing-6b, cn-beijing-6c, cn-shanghai-2a, cn-shanghai-2b"
	types = "E1.2B, E1.8B, I4.2B, N2.2B, N3.2B, N3.4B, N3.8B"
)

// A mistake in each place: the file, the line and the column, what is wrong, and what was expected.
func TestLoad_mistakes(t *testing.T) {
	t.Parallel()
	price := func(line string) string {
		return "price {\n  zone = \"cn-beijing-6a\"\n  type = \"N3.2B\"\n  " + line + "\n}\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"syntax": {"price {\n  zone =\n}\n", "FILE:2,9: Invalid expression; Expected the start of an expression, but found an invalid expression token."},
		"a block that does not end": {"at \"+1m\" {\n  quota {\n", "FILE:2,9: Unclosed configuration block; There is no closing brace for this block before the end of the file. " +
			"This may be caused by incorrect brace nesting elsewhere in this file."},
		"an unknown block": {"\nprise {\n}\n", `FILE:2,1: there is no block "prise" here; expected is one of at, balance, clock, deny, disk, fail_launches, fault, image, lag, machines, price, ` +
			"quota, reclaim, refuse_share, release, settings, stock, subnet, throttle, type"},
		"at in at":                {"at \"+1m\" {\n  at \"+2m\" {}\n}\n", `FILE:2,3: there is no block "at" here; expected is one of balance, clock, deny, disk,`},
		"an attribute at the top": {"quota = 3\n", `FILE:1,1: an attribute "quota" stands alone; expected is a block: at, balance,`},
		"an unknown attribute":    {price("spott = 0.05"), `FILE:4,3: the block price has no attribute "spott"; expected is one of on_demand, spot, type, zone`},
		"a block in a block":      {price("at \"+1m\" {}"), `FILE:4,3: there is a block "at" in the block price; expected are attributes: on_demand, spot, type, zone`},
		"a label":                 {"quota \"x\" {\n  count = 1\n}\n", `FILE:1,7: the block quota has the label "x"; expected is none`},
		"at without a time":       {"at {}\n", `FILE:1,1: the block at has 0 labels; expected is one, the time since the begin, such as "+90m"`},
		"at with no duration":     {"at \"+90\" {}\n", `FILE:1,4: "+90" is no time since the begin; expected is one such as "+90m" or "+1h30m", of at most a year`},
		"at without a plus":       {"at \"90m\" {}\n", `FILE:1,4: "90m" is no time since the begin; expected is one such as "+90m"`},
		"at before the begin":     {"at \"+-90m\" {}\n", `FILE:1,4: "+-90m" is no time since the begin;`},
		"a text for a number":     {"quota {\n  count = \"3\"\n}\n", `FILE:2,11: "3" is not what count holds; expected is a whole number`},
		"a part of a machine":     {"quota {\n  count = 1.5\n}\n", `FILE:2,11: 1.5 is not what count holds; expected is a whole number`},
		"a number for a text":     {"image {\n  id = 3\n  state = \"error\"\n}\n", `FILE:2,8: 3 is not what id holds; expected is a text that is not empty`},
		"too many decimals":       {price("spot = 0.039301"), `FILE:4,10: 0.039301 is not what spot holds; expected is an amount in CNY with up to five decimals, such as 0.0393`},
		"money below zero":        {price("spot = -1"), `FILE:4,10: -1 is not what spot holds; expected is an amount in CNY`},
		"no duration":             {"settings {\n  boot = \"20\"\n}\n", `FILE:2,10: "20" is not what boot holds; expected is a duration such as "20s" or "1h30m"`},
		"no flag":                 {"settings {\n  move_prices = \"yes\"\n}\n", `FILE:2,17: "yes" is not what move_prices holds; expected is true or false`},
		"no list":                 {"settings {\n  odd = \"ids in upper case\"\n}\n", `FILE:2,9: "ids in upper case" is not what odd holds; expected is a list of texts`},
		"null":                    {"quota {\n  count = null\n}\n", `FILE:2,11: null is not what count holds; expected is a whole number`},
		"a variable":              {"quota {\n  count = var.n\n}\n", "FILE:2,11: Variables not allowed; Variables may not be used here."},
		"nothing given":           {price(""), "FILE:1,1: price: spot or on_demand must be given"},
		"an unknown zone": {"stock {\n  zone  = \"cn-beijing-6z\"\n  type  = \"N3.2B\"\n  count = 0\n}\n",
			`FILE:2,11: stock: there is no zone "cn-beijing-6z"; there are ` + zones},
		"an unknown type": {"stock {\n  type  = \"N3.9B\"\n  zone  = \"cn-beijing-6a\"\n  count = 0\n}\n",
			`FILE:2,11: stock: there is no type "N3.9B"; there are ` + types},
		"stock below zero": {"stock {\n  type  = \"N3.2B\"\n  zone  = \"cn-beijing-6a\"\n  count = -1\n}\n", "FILE:4,11: stock: count must be a number from 0"},
		"later": {"at \"+1m\" {\n  stock {\n    type  = \"N3.9B\"\n    zone  = \"cn-beijing-6a\"\n    count = 0\n  }\n}\n",
			`FILE:3,13: stock: there is no type "N3.9B"; there are ` + types},
		"an unknown fault":  {"fault {\n  action = \"*\"\n  times  = 1\n  name   = \"Flood\"\n}\n", `FILE:4,12: fault: there is no fault named "Flood"; there are AnswerCut, AnswerLost, `},
		"a share above 1":   {"fault {\n  action = \"*\"\n  name   = \"Throttled\"\n  share = 1.5\n}\n", "FILE:4,11: fault: share must be above 0 and at most 1, not 1.5"},
		"an unknown mode":   {"fail_launches {\n  count = 1\n  mode = \"never\"\n}\n", `FILE:3,10: fail_launches: mode must be error, vanish or invisible, not "never"`},
		"an unknown image":  {"image {\n  id = \"IMG-x\"\n  state = \"error\"\n}\n", `FILE:2,8: image: there is no image "IMG-x"; there are IMG-`},
		"an unknown subnet": {"subnet {\n  id = \"x\"\n  free = 0\n}\n", `FILE:2,8: subnet: there is no subnet "x"; there are `},
		"a subnet that overlaps": {"subnet {\n  id = \"0b000000-0000-4000-8000-0000000000aa\"\n  zone = \"cn-beijing-6a\"\n  cidr = \"10.7.0.0/25\"\n}\n",
			`FILE:4,10: subnet: there is a subnet "0b000000-0000-4000-8000-000000000001" already, with the cidr 10.7.0.0/24`},
		"a type twice":   {"type {\n  name = \"N3.2B\"\n  family = \"N3\"\n  vcpus = 2\n  memory_gib = 4\n  on_demand = 0.1\n}\n", `FILE:2,10: type: there is a type "N3.2B" already; give a name that is new`},
		"whose notice":   {"at \"+1m\" {\n  reclaim {}\n}\n", "FILE:2,3: the block reclaim is empty; expected is at least one of count, name, type, zone"},
		"two mistakes":   {"quota {\n  count = -1\n}\nbalance {}\n", "FILE:2,11: quota: count must be a number from 0\nFILE:4,1: the block balance has no yuan; expected is at least yuan"},
		"an odd setting": {"settings {\n  odd = [\"so\"]\n}\n", `FILE:2,9: settings: there is no odd answer "so"; there are AutoDeleteEip otherwise, `},
		"three in the order of the file": {"at \"+2m\" {\n  quota {\n    count = -1\n  }\n}\nquota {\n  count = -2\n}\nstock {\n  count = 1\n}\n",
			"FILE:3,13: quota: count must be a number from 0\nFILE:7,11: quota: count must be a number from 0\nFILE:9,1: the block stock has no zone and no type; expected is at least zone, type, count"},
		"of what is not understood nothing follows": {"type {\n  name = 9\n}\nstock {\n  zone = \"cn-beijing-6a\"\n  type = \"X9.2B\"\n  count = 1\n}\n",
			"FILE:1,1: the block type has no family and no vcpus and no memory_gib and no on_demand; expected is at least name, family, vcpus, memory_gib, on_demand\n" +
				"FILE:2,10: 9 is not what name holds; expected is a text that is not empty"},
		"a type where it is not offered": {"type {\n  name = \"X9.2B\"\n  family = \"X9\"\n  vcpus = 2\n  memory_gib = 8\n  on_demand = 0.05\n  zones = [\"cn-beijing-6b\"]\n}\n" +
			"at \"+1m\" {\n  reclaim {\n    type = \"X9.2B\"\n    zone = \"cn-beijing-6a\"\n  }\n}\n",
			`FILE:12,12: reclaim: the zone "cn-beijing-6a" does not offer the type X9.2B; these do: cn-beijing-6b`},
		"a zone twice": {"type {\n  name = \"X9.2B\"\n  family = \"X9\"\n  vcpus = 2\n  memory_gib = 8\n  on_demand = 0.05\n  zones = [\"cn-beijing-6b\", \"cn-beijing-6b\"]\n}\n",
			`FILE:7,11: type: zones must name each zone once, and name "cn-beijing-6b" twice`},
		"no zone at all": {"type {\n  name = \"X9.2B\"\n  family = \"X9\"\n  vcpus = 2\n  memory_gib = 8\n  on_demand = 0.05\n  zones = []\n}\n",
			`FILE:7,11: type: zones must name at least one; there are cn-beijing-6a,`},
		"a part of a network": {"subnet {\n  id = \"x\"\n  zone = \"cn-beijing-6a\"\n  cidr = \"10.7.9.0/25\"\n}\n",
			`FILE:4,10: subnet: cidr must have room for 250 addresses, as a /24 has, not "10.7.9.0/25"`},
		"a second settings": {"settings {\n  boot = \"1s\"\n}\nsettings {\n  stop = \"1s\"\n}\n",
			"FILE:4,1: a second block settings at the same time; expected is one, and there is one in line 1"},
		"an attribute twice": {"quota {\n  count = 1\n  count = 2\n}\n", `FILE:3,3: Attribute redefined; The argument "count" was already set at FILE:2,3-8.`},
		"a wrong service":    {"deny {\n  service = \"ecs\"\n  deny = true\n}\n", `FILE:2,13: deny: there is no service "ecs"; there are iam, kec, tagv2, trade, vpc`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, got := loaded(t, c.text); !strings.HasPrefix(got, c.want) {
				t.Errorf("it says\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLoad_noFile(t *testing.T) {
	t.Parallel()
	if _, err := scenario.Load(filepath.Join(t.TempDir(), "none.hcl")); err == nil || !strings.HasSuffix(err.Error(), "none.hcl: no such file or directory") {
		t.Errorf("the error is %v", err)
	}
}
