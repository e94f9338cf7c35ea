package scenario

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// attempt is an attribute in a block: what else the block needs, a value that the world takes, and
// one that has the right kind and that it does not take, with what is said of it. Without a wrong
// value any value of the kind is right.
type attempt struct{ with, right, wrong, want string }

const (
	market  = `zone = "cn-beijing-6a"; type = "N3.2B"`
	newType = `name = "X9.2B"; family = "X9"; vcpus = 2; memory_gib = 8; on_demand = 0.05`
	newNet  = `id = "0b000000-0000-4000-8000-0000000000aa"; name = "new"; zone = "cn-beijing-6b"; cidr = "10.7.9.0/24"`
	newDisk = `id = "IMG-new"; name = "new"; platform = "debian-13"; size_gib = 20; state = "active"`
	image1  = `"IMG-0d000000-0000-4000-8000-000000000001"`
	one     = `action = "RunInstances"; times = 1`
	noZone  = `there is no zone "cn-x-1a"; there are cn-beijing-6a, cn-beijing-6b, cn-beijing-6c`
	noType  = `there is no type "N3.9B"; there are E1.2B, E1.8B, I4.2B, N2.2B, N3.2B, N3.4B, N3.8B`
	atLeast = `count must be at least 1, not 0`
	noMoney = "-0.05 is not what %s holds; expected is an amount in CNY with up to five decimals, such as 0.0393, below a milliard"
	span    = `"-1s"`
)

// attemptsCases is one attempt for each attribute of each block. An attribute without one fails the
// test.
func attemptsCases() map[string]attempt {
	all := map[string]attempt{
		"type.name":       {newType, `"X9.4B"`, `"N3.2B"`, `type: there is a type "N3.2B" already; give a name that is new`},
		"type.family":     {newType, `"X8"`, "", ""},
		"type.vcpus":      {newType, "4", "0", "type: vcpus must be at least 1, not 0"},
		"type.memory_gib": {newType, "4", "-1", "type: memory_gib must be at least 1, not -1"},
		"type.gpus":       {newType, "1", "-1", "type: gpus must not be below 0, not -1"},
		"type.spot":       {newType, "0.01", "-0.05", fmt.Sprintf(noMoney, "spot")},
		"type.on_demand":  {newType, "0.06", "-0.05", fmt.Sprintf(noMoney, "on_demand")},
		"type.zones":      {newType, `["cn-beijing-6a"]`, `["cn-beijing-6a", "cn-x-1a"]`, "type: " + noZone},

		"price.zone":      {market + "; spot = 0.05", `"cn-beijing-6b"`, `"cn-x-1a"`, "price: " + noZone},
		"price.type":      {market + "; spot = 0.05", `"N3.4B"`, `"N3.9B"`, "price: " + noType},
		"price.spot":      {market, "0.05", "-0.05", fmt.Sprintf(noMoney, "spot")},
		"price.on_demand": {market, "0.2", "-0.05", fmt.Sprintf(noMoney, "on_demand")},
		"stock.zone":      {market + "; count = 1", `"cn-beijing-6b"`, `"cn-x-1a"`, "stock: " + noZone},
		"stock.type":      {market + "; count = 1", `"N3.4B"`, `"N3.9B"`, "stock: " + noType},
		"stock.count":     {market, "0", "-1", "stock: count must be a number from 0"},
		"disk.zone":       {`type = "SSD3.0"; sold_out = true`, `"cn-beijing-6b"`, `"cn-x-1a"`, "disk: " + noZone},
		"disk.type":       {`zone = "cn-beijing-6a"; sold_out = true`, `"EHDD"`, `"HDD"`, `disk: there is no data disk type "HDD"; there are EHDD, ESSD_AutoPL,`},
		"disk.sold_out":   {`zone = "cn-beijing-6a"; type = "SSD3.0"`, "true", "", ""},
		"quota.count":     {"", "0", "-1", "quota: count must be a number from 0"},
		"balance.yuan":    {"", "0.5", "-0.05", fmt.Sprintf(noMoney, "yuan")},
		"clock.offset":    {"", `"-20m"`, `"9000h"`, "clock: offset must be like -20m, at most 8784h0m0s either way, not \"9000h\""},

		"subnet.id":   {"free = 1", `"0b000000-0000-4000-8000-000000000001"`, `"0b-x"`, `subnet: there is no subnet "0b-x"; there are 0b000000-0000-4000-8000-000000000001,`},
		"subnet.free": {newNet, "250", "251", "subnet: free must be a number from 1 to 250, not 251"},
		"subnet.name": {newNet, `"other"`, "", ""},
		"subnet.zone": {newNet, `"cn-beijing-6c"`, `"cn-shanghai-2a"`, `subnet: there is no zone "cn-shanghai-2a"; there are cn-beijing-6a, cn-beijing-6b, cn-beijing-6c`},
		"subnet.cidr": {newNet, `"10.7.8.0/24"`, `"10.9.0.0/24"`, `subnet: cidr must be a network of 10.7.0.0/16, such as 10.7.9.0/24, not "10.9.0.0/24"`},

		"image.id":       {`state = "error"`, image1, `"IMG-x"`, `image: there is no image "IMG-x"; there are IMG-0d000000-0000-4000-8000-000000000001,`},
		"image.state":    {"id = " + image1, `"saving"`, `"broken"`, `image: there is no state of images "broken"; there are active, creating, deactivated, deleted, error, killed, pending_delete, queued, saving`},
		"image.name":     {newDisk, `"other"`, "", ""},
		"image.platform": {newDisk, `"other-linux"`, "", ""},
		"image.type":     {newDisk, `"system"`, "", ""},
		"image.size_gib": {newDisk, "40", "0", "image: size_gib must be at least 1 for a new image, not 0"},

		"machines.count":       {"", "2", "0", "machines: count must be between 1 and 100000, not 0"},
		"machines.name":        {"count = 1", `"other"`, "", ""},
		"machines.charge_type": {"count = 1", `"Spot"`, `"Free"`, `machines: there is no charge type "Free"; there are `},

		"throttle.per_second":  {"", "2.5", "-1", "throttle: per_second must be a rate, or 0, which lifts it"},
		"throttle.burst":       {"per_second = 1", "5", "-1", "throttle: burst must be a number from 1, not -1"},
		"throttle.spelling":    {"per_second = 1", `"TooManyRequests"`, `"AnswerLost"`, `throttle: spelling must be one of BandwidthExceeded, BandwidthExceededJSON, Denied,`},
		"fail_launches.count":  {`mode = "error"`, "1", "-1", "fail_launches: count must be at least 1, or a share be given instead"},
		"fail_launches.share":  {`mode = "error"`, "0.5", "1.5", "fail_launches: share must be between 0 and 1, not 1.5"},
		"fail_launches.mode":   {"count = 1", `"vanish"`, `"never"`, `fail_launches: mode must be error, vanish or invisible, not "never"`},
		"fail_launches.reason": {`count = 1; mode = "error"`, `"out of stock"`, "", ""},
		"refuse_share.action":  {"share = 0.5", `"StopInstances"`, `"RunInstances"`, `refuse_share: there is no action with a Return for each machine "RunInstances"; there are AddVmIntoDataGuard,`},
		"refuse_share.share":   {`action = "StopInstances"`, "1", "-0.5", "refuse_share: share must be between 0 and 1, not -0.5"},
		"refuse_share.message": {`action = "StopInstances"; share = 1`, `"locked"`, "", ""},
		"lag.look":             {`share = 0.5; age = "5s"`, `"DescribeInstances list"`, `"DescribeImages"`, `lag: look must be one of ["DescribeInstances by id" "DescribeInstances list" "ListTagsByResourceIds"], not "DescribeImages"`},
		"lag.share":            {`look = "DescribeInstances list"; age = "5s"`, "1", "2", "lag: share must be between 0 and 1, not 2"},
		"lag.age":              {`look = "DescribeInstances list"; share = 0.5`, `"5s"`, `"0s"`, `lag: age must be like 5s, not "0s"`},
		"deny.service":         {"deny = true", `"trade"`, `"ecs"`, `deny: there is no service "ecs"; there are iam, kec, tagv2, trade, vpc`},
		"deny.action":          {`service = "trade"; deny = true`, `"QueryOrderInfo"`, `"RunInstances"`, `deny: service "trade" has no action "RunInstances"; it has DescribeInstances, QueryInstances, QueryOrderInfo`},
		"deny.deny":            {`service = "trade"`, "false", "", ""},

		"fault.action":      {`times = 1; name = "Throttled"`, `"*"`, `"RunInstance"`, `fault: there is no action "RunInstance"; there are AddVmIntoDataGuard, AttachInstancesIamRole,`},
		"fault.name":        {one, `"AnswerLost"`, `"Flood"`, `fault: there is no fault named "Flood"; there are AnswerCut, AnswerLost,`},
		"fault.times":       {`action = "*"; name = "Denied"`, "3", "-1", "fault: times must be at least 1, unless there is a share, not -1"},
		"fault.share":       {`action = "*"; name = "Denied"`, "0.5", "0", "fault: share must be above 0 and at most 1, not 0"},
		"fault.seed":        {`action = "*"; name = "Denied"; share = 0.5`, "7", "-7", "-7 is not what seed holds; expected is a whole number from 0"},
		"fault.status":      {one, "500", "99", "fault: status must be between 200 and 599, not 99"},
		"fault.code":        {one, `"Odd"`, "", ""},
		"fault.message":     {one + `; code = "Odd"`, `"odd"`, "", ""},
		"fault.body":        {one, `"<html>"`, "", ""},
		"fault.retry_after": {one + "; status = 503", "2", "-2", "-2 is not what retry_after holds; expected is a whole number of seconds from 0"},
		"fault.slow":        {one, `"2s"`, `"11m"`, `fault: slow must be like 2s, above 0 and at most 10m0s, not "11m"`},
		"fault.late":        {one, `"10s"`, `"0s"`, `fault: late must be like 2s, above 0 and at most 8784h0m0s, not "0s"`},
		"fault.clear":       {"", "true", "", ""},

		"settings.time_scale":           {"", "60", "1000001", "1000001 is not what time_scale holds; expected is a number from 0, which stands still, to 1000000"},
		"settings.max_stock":            {"", "20", "-1", "settings: max_stock must be a number from 0"},
		"settings.seed":                 {"", "-26", "9007199254740993", "9007199254740993 is not what seed holds; expected is a whole number"},
		"settings.max_data_disks":       {"", "4", "-1", "settings: max_data_disks must be a number from 0"},
		"settings.max_data_disk_size":   {"", "4000", "-1", "settings: max_data_disk_size must be a number from 0"},
		"settings.failure_mode":         {"", `"vanish"`, `"never"`, `settings: failure_mode must be error, vanish or invisible, not "never"`},
		"settings.error_state":          {"", `"build_error"`, `"broken"`, `settings: error_state must be recycling, deleting, deleted or end in error, not "broken"`},
		"settings.odd":                  {"", `["ids in upper case"]`, `["so"]`, `settings: there is no odd answer "so"; there are AutoDeleteEip otherwise,`},
		"settings.odd_orders":           {"", `["keys in Chinese"]`, `["so"]`, `settings: there is no odd order "so"; there are instanceId from the first on, keys in Chinese,`},
		"settings.move_prices":          {"", "true", "", ""},
		"settings.move_stock":           {"", "true", "", ""},
		"settings.keep_eip":             {"", "true", "", ""},
		"settings.async_checks":         {"", "true", "", ""},
		"settings.cause_fields":         {"", "true", "", ""},
		"settings.upper_keys":           {"", "true", "", ""},
		"settings.wrap_orders":          {"", "true", "", ""},
		"settings.look_ups_per_project": {"", "true", "", ""},
		"settings.return_as_boolean":    {"", "true", "", ""},
		"settings.xml":                  {"", "true", "", ""},
	}
	for _, name := range []string{"boot", "visible_after", "terminate_time", "free_after", "stop", "start", "reboot", "modify", "error_lasts"} {
		all["settings."+name] = attempt{"", `"30s"`, span, "settings: " + name + ` must be like 20s, not below 0 and at most 8784h0m0s, not "-1s"`}
	}
	for _, name := range []string{"reclaim", "release"} {
		all[name+".name"] = attempt{"", `"web-*"`, "", ""}
		all[name+".zone"] = attempt{"", `"cn-beijing-6b"`, `"cn-x-1a"`, name + ": " + noZone}
		all[name+".type"] = attempt{"", `"N3.4B"`, `"N3.9B"`, name + ": " + noType}
		all[name+".count"] = attempt{"", "2", "0", name + ": " + atLeast}
	}
	return all
}

// otherKinds are values of another kind, by the kind that is expected.
var otherKinds = map[kind][]string{
	text: {"3", "true", `""`, `["x"]`, `{}`}, number: {`"3"`, "1.5", "true", "[1]", "1e300"}, natural: {`"3"`, "1.5", "-1"}, seconds: {`"2"`, "1.5", "-1"},
	fraction: {`"0.5"`, "true", "1e400"}, money: {`"0.05"`, "0.000001", "1000000000", "true"}, flag: {`"true"`, "1", `"yes"`},
	duration: {"20", `"20"`, `"soon"`, `""`}, texts: {`"x"`, "[1]", "[null]", `[""]`, "{}"}, scale: {`"60"`, "-1", "true"},
}

// problems are the mistakes in a text, with the file's name as FILE.
func problems(t *testing.T, content string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scenario.kecsim.hcl")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Load(file)
	if err == nil {
		return nil
	}
	return strings.Split(strings.ReplaceAll(err.Error(), file, "FILE"), "\n")
}

// written is a block with an attribute in its second line, and with the others after it.
func written(block, attribute, value, with string) string {
	lines := []string{block + " {", "  " + attribute + " = " + value}
	for other := range strings.SplitSeq(with, "; ") {
		if !strings.HasPrefix(other, attribute+" =") {
			lines = append(lines, "  "+other)
		}
	}
	return strings.Join(append(lines, "}", ""), "\n")
}

func expectOne(t *testing.T, content, want string) {
	t.Helper()
	if got := problems(t, content); len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("%s\nsays\n%s\nwant\n%s", content, strings.Join(got, "\n"), want)
	}
}

// Each attribute of each block has a right value, which is taken, and what is wrong in each way is
// told with its line and column, at the begin and in a block "at".
func TestAttributes_aMistakeInEach(t *testing.T) {
	t.Parallel()
	attempts := attemptsCases()
	for block, shape := range blocks {
		for attribute, kind := range shape.attributes {
			name := block + "." + attribute
			c, ok := attempts[name]
			delete(attempts, name)
			if !ok {
				t.Errorf("%s has no attempt", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if got := problems(t, written(block, attribute, c.right, c.with)); got != nil {
					t.Errorf("the right value: %s", got)
				}
				at := fmt.Sprintf("FILE:2,%d: ", len("   = ")+len(attribute)+1)
				if c.wrong != "" {
					expectOne(t, written(block, attribute, c.wrong, c.with), at+c.want)
				}
				for _, other := range append(otherKinds[kind], "null") {
					got := problems(t, written(block, attribute, other, c.with))
					if !slices.ContainsFunc(got, func(one string) bool {
						return strings.HasPrefix(one, at) && strings.HasSuffix(one, fmt.Sprintf(" is not what %s holds; expected is %s", attribute, kind))
					}) {
						t.Errorf("%s says %s", other, got)
					}
				}
				expectOne(t, written(block, attribute, c.right, c.with+fmt.Sprintf("; %sx = 1", attribute)),
					fmt.Sprintf(`FILE:%d,3: the block %s has no attribute "%sx"; expected is one of %s`, lines(written(block, attribute, c.right, c.with)), block, attribute, list(names(shape))))
				expectOne(t, strings.Replace(written(block, attribute, c.right, c.with), "\n", "\n  "+attribute+" = "+c.right+"\n", 1), "FILE:3,3: Attribute redefined; ")
				if c.wrong != "" && name != "settings.time_scale" {
					later := "at \"+1m\" {\n" + written(block, attribute, c.wrong, c.with) + "}\n"
					expectOne(t, later, strings.Replace(at, ":2,", ":3,", 1)+c.want)
				}
			})
		}
	}
	for name := range attempts {
		t.Errorf("there is no attribute %s to attempt", name)
	}
}

func lines(content string) int { return strings.Count(content, "\n") }

// whole is a block with the attributes that it needs, and enough to do something.
func whole(name string) []string {
	attempts := attemptsCases()
	shape := blocks[name]
	one := shape.needs
	if len(one) == 0 {
		one = []string{map[string]string{"fault": "clear", "settings": "boot"}[name]}
	}
	if one[0] == "" {
		one = []string{"name"}
	}
	var out []string
	for _, attribute := range one {
		out = append(out, attribute+" = "+attempts[name+"."+attribute].right)
	}
	return append(out, map[string][]string{"price": {"spot = 0.05"}, "subnet": {"free = 1"}, "fail_launches": {"count = 1"}, "lag": {`age = "5s"`}}[name]...)
}

// Each block needs what it needs, takes neither a label nor a block, and stands once at a time
// unless it does something that may be done again.
func TestBlocks_aMistakeInEach(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(blocks)) {
		shape := blocks[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := whole(name)
			right := name + " {\n  " + strings.Join(body, "\n  ") + "\n}\n"
			if got := problems(t, right); got != nil {
				t.Fatalf("%s says %s", right, got)
			}
			for i, attribute := range shape.needs {
				less := slices.Delete(slices.Clone(body), i, i+1)
				if got := problems(t, name+" {\n  "+strings.Join(less, "\n  ")+"\n}\n"); len(got) != 1 ||
					got[0] != fmt.Sprintf("FILE:1,1: the block %s has no %s; expected is at least %s", name, attribute, list(shape.needs)) {
					t.Errorf("without %s it says %s", attribute, got)
				}
			}
			if got := problems(t, name+" {}\n"); len(got) == 0 || !strings.HasPrefix(got[0], "FILE:1,1: the block "+name+" ") || !strings.Contains(got[0], "; expected is at least ") {
				t.Errorf("empty it says %s", got)
			}
			expectOne(t, strings.Replace(right, " {", " \"x\" {", 1), fmt.Sprintf(`FILE:1,%d: the block %s has the label "x"; expected is none`, len(name)+2, name))
			expectOne(t, strings.Replace(right, "\n}", "\n  at \"+1m\" {}\n}", 1), fmt.Sprintf(`FILE:%d,3: there is a block "at" in the block %s; expected are attributes: %s`, len(body)+2, name, list(names(shape))))
			got := problems(t, right+"\n"+right)
			if shape.again {
				if got != nil {
					t.Errorf("twice it says %s", got)
				}
				return
			}
			if begin := fmt.Sprintf("FILE:%d,1: a second block %s", lines(right)+2, name); len(got) == 0 || !strings.HasPrefix(got[0], begin) ||
				!strings.HasSuffix(got[0], " at the same time; expected is one, and there is one in line 1") {
				t.Errorf("twice it says %s", got)
			}
			if got := problems(t, right+"at \"+1m\" {\n"+right+"}\n"); got != nil && !shape.adds {
				t.Errorf("later it says %s", got)
			}
		})
	}
}

// Two blocks "at" of one time are one time, and what they set together they set once.
func TestBlocks_twiceAtATime(t *testing.T) {
	t.Parallel()
	stock := func(zone string) string {
		return "  stock {\n    zone = \"" + zone + "\"\n    type = \"N3.2B\"\n    count = 0\n  }\n"
	}
	later := func(at, body string) string { return "at \"" + at + "\" {\n" + body + "}\n" }
	if got := problems(t, stock("cn-beijing-6a")+later("+60m", stock("cn-beijing-6a"))+later("+1h", stock("cn-beijing-6b"))); got != nil {
		t.Errorf("it says %s", got)
	}
	expectOne(t, later("+60m", stock("cn-beijing-6a"))+later("+1h", stock("cn-beijing-6a")),
		`FILE:9,3: a second block stock of the zone "cn-beijing-6a" of the type "N3.2B" at the same time; expected is one, and there is one in line 2`)
	expectOne(t, later("+1m", "  settings {\n    time_scale = 2\n  }\n"),
		"FILE:3,5: time_scale stands in a block at; expected is the block settings outside of it, since it holds from the begin")
	expectOne(t, "at \"+1m\" {\n}\n", `FILE:1,1: nothing happens at "+1m"; expected is at least one block: balance, clock, deny,`)
}
