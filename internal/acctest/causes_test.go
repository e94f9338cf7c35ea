package acctest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// bid has one attribute on each line, so that a test can name the line that a
// message must point at.
var bid = acctest.NewHCL(`resource "kec_spot_instance" "worker"`,
	"for_each", `{ b = "@subnet_a" }`, "spot_price_limit", "0.05", "instance_type", `"N3.2B"`, "image_id", `"@custom"`,
	"subnet_id", "each.value", "security_group_ids", `["@group"]`, "system_disk", `{ type = "SSD3.0", size_gib = 40 }`,
	"data_disks", dataDisks(60), "private_ip_address", `"10.7.0.99"`, "password_wo", "local.password", "user_data", "local.script")

// dataDisks is a value of data_disks, in which the second disk has the given size.
func dataDisks(sizeGiB int) string {
	return fmt.Sprintf(`[
    { type = "EHDD", size_gib = 50, delete_with_instance = true },
    { type = "SSD3.0", size_gib = %d, delete_with_instance = true },
  ]`, sizeGiB)
}

const secrets = `
locals {
  password = sensitive("Pa55word-canary")
  script   = sensitive("#!/bin/sh\nexport TOKEN=canary-of-user-data\n")
}
`

const (
	foreignVPC   = "0a000000-0000-4000-8000-000000000099"
	foreignGroup = "0c000000-0000-4000-8000-000000000099"
)

// canaries must be in no message.
var canaries = []string{"Pa55word-canary", "canary-of-user-data", url.QueryEscape("Pa55word-canary")}

// said is how one cause reads in one way of appearing.
type said struct{ summary, facts, remedy string }

// cause is a state of the world in which KEC cannot do what bid asks for, and how
// that must read wherever it shows.
type cause struct {
	code      string
	attribute string // of kec_spot_instance; "" where the cause lies outside of it
	line      string // the line that a message about the resource points at; "" for the resource
	arrange   func(sim *kecsim.Server)
	alter     []string // pairs of attribute and value in bid

	refused said
	kec     string // KEC's code and words, as RunInstances says them
	tries   int    // how often RunInstances is asked until it is given up; once, if 0

	plan   said   // what the plan says; none where it cannot know
	lookup string // the look-up by which the plan knows

	reasons []string // what a reason field may say after acceptance, in English and Chinese
	blind   said     // how a reason reads where neither bid nor subnet is known; refused if empty
	likely  bool     // whether it can be concluded where no reason is given
}

var causes = []cause{
	{
		code: "OutOfStock", attribute: "instance_type", line: `4: instance_type = "N3.2B"`,
		arrange: func(sim *kecsim.Server) { sim.SellOut(kecsim.ZoneA, "N3.2B") },
		refused: said{
			"Out of stock: 1 wanted, 0 available",
			"1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.",
			"Choose another instance_type, or a subnet_id in another zone, or try again later.",
		},
		kec: `"InstanceType N3.2B is sell out in cn-beijing-6a: 1 wanted, 0 available" (ProductSellOutInvalid)`,
		plan: said{
			"Out of stock: 1 wanted, 0 available",
			"This plan orders 1 N3.2B in cn-beijing-6a; KEC can open 0 now, 1 short. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.",
			"Choose another instance_type, or a subnet_id in another zone, or try again later.",
		},
		lookup: "DescribeKecInventory", reasons: []string{"out of stock", "库存不足"}, likely: true,
	},
	{
		code: "OutOfStock", attribute: "data_disks[1].type", line: `9: data_disks = [`,
		arrange: func(sim *kecsim.Server) { sim.SellOutDisk(kecsim.ZoneA, "SSD3.0", true) },
		refused: said{
			"A type of data disk is out of stock", "Attribute: data_disks[1].type",
			"Choose another type for this data disk, or a subnet_id in another zone, or try again later.",
		},
		kec: `"DataDisk.2.Type SSD3.0 is sell out in cn-beijing-6a" (ProductSellOutInvalid)`,
		plan: said{
			"A type of data disk is out of stock", "SSD3.0 disks for N3.2B are sold out in cn-beijing-6a.",
			"Choose another type for this data disk, or a subnet_id in another zone, or try again later.",
		},
		lookup: "DescribeInstanceTypeConfigs",
	},
	{
		code: "ExcessiveNumber", attribute: "",
		arrange: func(sim *kecsim.Server) { sim.SetQuota(0) },
		refused: said{
			"The account's instance quota is used up", "",
			"Release instances, order fewer, or ask KEC to raise the quota of this account and region.",
		},
		kec:     `"MinCount 1 exceeds the instance quota: 0 of 0 left" (InstanceQuotaExceeded)`,
		reasons: []string{"excessive number", "实例数量超过配额"},
	},
	{
		code: "PriceBelowMarket", attribute: "spot_price_limit", line: `3: spot_price_limit = 0.05`,
		arrange: func(sim *kecsim.Server) { sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.0801", "0.1965") },
		refused: said{
			"Spot price limit is below the market price",
			"N3.2B in cn-beijing-6a costs 0.0801 CNY per hour now (on-demand 0.1965); the limit is 0.05.",
			"Raise spot_price_limit to at least 0.0801, or leave it out to follow the market.",
		},
		kec: `"SpotPriceLimit 0.05 is out of range: N3.2B in cn-beijing-6a costs 0.0801 now and 0.1965 on demand" (SpotPriceLimitInvalid)`,
		plan: said{
			"Spot price limit is below the market price",
			"N3.2B in cn-beijing-6a costs 0.0801 CNY per hour now (on-demand 0.1965); the limit is 0.05. " +
				"In the last 3 hours it was 0.0433 at the lowest and 0.0801 at the highest.",
			"Raise spot_price_limit to at least 0.0801, or leave it out to follow the market.",
		},
		lookup: "DescribeSpotPriceHistory", reasons: []string{"spot price limit is below the market price", "出价低于市场价"}, likely: true,
		blind: said{"Spot price limit is below the market price", "", "Raise spot_price_limit to at least the market price, or leave it out to follow the market."},
	},
	{
		code: "PriceAboveOnDemand", attribute: "spot_price_limit", line: `3: spot_price_limit = 0.5`,
		arrange: func(*kecsim.Server) {}, alter: []string{"spot_price_limit", "0.5"},
		refused: said{
			"Spot price limit is above the on-demand price",
			"N3.2B in cn-beijing-6a costs 0.0393 CNY per hour now (on-demand 0.1965); the limit is 0.5.",
			"Lower spot_price_limit to at most 0.1965, or leave it out to follow the market.",
		},
		kec: `"SpotPriceLimit 0.5 is out of range: N3.2B in cn-beijing-6a costs 0.0393 now and 0.1965 on demand" (SpotPriceLimitInvalid)`,
		plan: said{
			"Spot price limit is above the on-demand price",
			"N3.2B in cn-beijing-6a costs 0.0393 CNY per hour now (on-demand 0.1965); the limit is 0.5.",
			"Lower spot_price_limit to at most 0.1965, or leave it out to follow the market.",
		},
		lookup: "DescribeSpotPriceHistory", reasons: []string{"the limit is above the on-demand price", "出价超过按量付费价格"}, likely: true,
		blind: said{"Spot price limit is above the on-demand price", "", "Lower spot_price_limit to at most the on-demand price, or leave it out to follow the market."},
	},
	{
		code: "SpotNotOffered", attribute: "instance_type", line: `4: instance_type = "I4.2B"`,
		arrange: func(*kecsim.Server) {}, alter: []string{"instance_type", `"I4.2B"`},
		refused: said{
			"This instance type is not offered as a Spot Instance here", "",
			"Choose an instance_type that is sold as Spot Instance in this zone, or a subnet_id in another zone.",
		},
		kec: `"ChargeType Spot is not offered for InstanceType I4.2B in cn-beijing-6a" (ChargeTypeNotSupported)`,
	},
	{
		code: "SpotNotOffered", attribute: "instance_type", line: `4: instance_type = "N3.2B"`,
		refused: said{
			"This instance type is not offered as a Spot Instance here", "",
			"Choose an instance_type that is sold as Spot Instance in this zone, or a subnet_id in another zone.",
		},
		reasons: []string{"spot instance is not supported for this type", "竞价实例暂不支持该机型"},
	},
	{
		code: "InsufficientBalance", attribute: "",
		arrange: func(sim *kecsim.Server) { sim.SetBalance("99.99") },
		refused: said{
			"The account's balance is too low", "",
			"Top the account up: KEC wants at least CNY 100 in cash, vouchers not counted, before it opens an instance.",
		},
		kec:     `"the account balance is 99.99 CNY, at least 100 is needed" (Payment.InsufficientBalance)`,
		reasons: []string{"insufficient balance", "账户余额不足"},
	},
	{
		code: "SubnetFull", attribute: "subnet_id", line: `6: subnet_id = each.value`,
		arrange: func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) },
		refused: said{
			"The subnet has no free address",
			"Subnet " + kecsim.SubnetA + " (10.7.0.0/24) in cn-beijing-6a has 0 free addresses; the launch needs 1.",
			"Choose a subnet_id with free addresses, or free some in this subnet.",
		},
		kec: `"SubnetId 0b000000-0000-4000-8000-000000000001 has 0 free addresses, 1 wanted" (SubnetIpNotEnough)`,
		plan: said{
			"The subnet has no free address",
			"This plan needs 1 address in subnet " + kecsim.SubnetA + " (10.7.0.0/24) in cn-beijing-6a; 0 are free, 1 short.",
			"Choose a subnet_id with free addresses, or free some in this subnet.",
		},
		lookup: "DescribeSubnets", reasons: []string{"no free address in the subnet", "子网IP地址已用完"}, likely: true,
		blind: said{"The subnet has no free address", "", "Choose a subnet_id with free addresses, or free some in this subnet."},
	},
	{
		code: "ImageUnusable", attribute: "image_id", line: `5: image_id = "` + kecsim.ImageCustom + `"`,
		arrange: func(sim *kecsim.Server) { sim.SetImageState(kecsim.ImageCustom, "error") },
		refused: said{
			"The image cannot be used", "Image " + kecsim.ImageCustom + ` is in state "error"; only active images boot.`,
			"Choose an image_id that exists in this region, is active and fits the instance type.",
		},
		kec: `"ImageId IMG-0d000000-0000-4000-8000-000000000002 is in state error, not active" (ImageIdInvalid)`,
		plan: said{
			"The image cannot be used", "Image " + kecsim.ImageCustom + ` is in state "error"; only active images boot.`,
			"Choose an image_id that exists in this region, is active and fits the instance type.",
		},
		lookup: "DescribeImages", reasons: []string{"image is not usable", "镜像不可用"}, likely: true,
		blind: said{"The image cannot be used", "", "Choose an image_id that exists in this region, is active and fits the instance type."},
	},
	{
		code: "InvalidParameter", attribute: "data_disks[1].size_gib", line: `9: data_disks = [`,
		arrange: func(*kecsim.Server) {}, alter: []string{"data_disks", dataDisks(6)},
		refused: said{"KEC does not accept a value", "Attribute: data_disks[1].size_gib", "Change the value as KEC says below."},
		kec:     `"DataDisk.2.Size must be between 10 and 16000, not 6" (InvalidParameterValue)`,
	},
	{
		code: "InvalidParameter", attribute: "security_group_ids", line: `7: security_group_ids = ["` + foreignGroup + `"]`,
		arrange: func(sim *kecsim.Server) { sim.AddSecurityGroup(foreignGroup, foreignVPC) },
		alter:   []string{"security_group_ids", `["` + foreignGroup + `"]`},
		refused: said{"KEC does not accept a value", "", "Change the value as KEC says below."},
		kec:     `"SecurityGroupId.1 ` + foreignGroup + ` belongs to VPC ` + foreignVPC + `, the subnet to ` + kecsim.VPC + `" (InvalidParameterValue)`,
		plan: said{
			"The security group belongs to another VPC",
			"Security group " + foreignGroup + " belongs to VPC " + foreignVPC + ", subnet " + kecsim.SubnetA + " to VPC " + kecsim.VPC + ".",
			"Choose security_group_ids of the subnet's VPC, or a subnet_id of theirs.",
		},
		lookup: "DescribeSecurityGroups",
	},
	{
		code: "InvalidParameter", attribute: "private_ip_address", line: `13: private_ip_address = "10.9.0.99"`,
		arrange: func(*kecsim.Server) {}, alter: []string{"private_ip_address", `"10.9.0.99"`},
		refused: said{"KEC does not accept a value", "", "Change the value as KEC says below."},
		kec:     `"PrivateIpAddress 10.9.0.99 is not inside the subnet's 10.7.0.0/24" (InvalidParameterValue)`,
		plan: said{
			"The address is not in the subnet", "10.9.0.99 is not in 10.7.0.0/24, the block of subnet " + kecsim.SubnetA + ".",
			"Choose a free address of that block, or leave private_ip_address out and let KEC pick one.",
		},
		lookup: "DescribeSubnets",
	},
	{
		code: "PermissionDenied", attribute: "",
		arrange: func(sim *kecsim.Server) { sim.FailNext("RunInstances", kecsim.Denied, 1) },
		refused: said{
			"KEC refused access", "",
			"Check access_key, secret_key and security_token of the provider, and that their user has permission for the action named below.",
		},
		kec: `"lack of policy for this action" (PermissionDenied)`,
	},
	{
		code: "Throttled", attribute: "", tries: 5,
		arrange: func(sim *kecsim.Server) { sim.FailNext("RunInstances", kecsim.Throttled, 5) },
		refused: said{"KEC is throttling requests", "", "Lower requests_per_second in the provider block, or raise max_retries."},
		kec:     `"Request limit exceeded." (RequestLimitExceeded)`,
	},
	{
		code: "Unknown", attribute: "",
		arrange: func(sim *kecsim.Server) {
			sim.FailNext("RunInstances", kecsim.Fault{Code: "MoonPhase", Message: "The moon is full, come back tomorrow."}, 1)
		},
		refused: said{"KEC refused the request", "", "KEC gave the reason below; ask KEC support with the request id if it does not help."},
		kec:     `"The moon is full, come back tomorrow." (MoonPhase)`,
	},
	{
		code: "LaunchFailed", attribute: "",
		reasons: []string{"the instance failed to start", "实例启动失败"},
		refused: said{
			"KEC accepted the launch, but the instance did not start", "",
			"Apply again; if it fails again, try another instance_type or image_id, or ask KEC support with the ids below.",
		},
	},
}

func (c cause) name() string { return strings.TrimSpace(c.code + " " + c.attribute) }

// world is a simulator in which the cause holds, and a workspace with bid.
func (c cause) world(t *testing.T, preflight string) (*acctest.Env, *acctest.Workspace) {
	t.Helper()
	env := acctest.New(t)
	env.Decides(t, "AsyncChecks", "what is short is told once the launch has failed, as far as KEC gives a reason")
	env.Decides(t, "OtherCodes", "the cause is inferred from the words, and the message says so")
	env.Decides(t, "InventoryOfOthers", "a plan cannot tell what is short, and the apply says it as KEC refuses")
	env.Decides(t, "NoOrders", "a failure that the machine shows no reason for has none")
	if c.arrange != nil {
		c.arrange(env.Sim)
	}
	w := env.Workspace(t)
	w.Write(c.config(env, preflight))
	return env, w
}

func (c cause) config(env *acctest.Env, preflight string) string {
	return bid.With(c.alter...).String() + secrets + env.Block(`preflight = "`+preflight+`"`)
}

// pointsAt checks the place of a message in the user's own HCL.
func (c cause) pointsAt(t *testing.T, got acctest.Result) {
	t.Helper()
	got.Want(t, got.Code, `with kec_spot_instance.worker["b"],`).Lacks(t, canaries...)
	if c.line == "" {
		got.Want(t, got.Code, `in resource "kec_spot_instance" "worker": 1: resource "kec_spot_instance" "worker" {`)
		return
	}
	number, _, _ := strings.Cut(c.line, ":")
	got.Want(t, got.Code, fmt.Sprintf(`on main.tf line %s, in resource "kec_spot_instance" "worker":`, number), acctest.Expand(c.line))
	if strings.Contains(c.attribute, ".") {
		got.Want(t, got.Code, "Attribute: "+c.attribute)
	}
}

// nothingLeft checks that a failed launch has left nothing behind.
func nothingLeft(t *testing.T, env *acctest.Env, w *acctest.Workspace) {
	t.Helper()
	w.CLI("state", "list").Want(t, 0).Lacks(t, "kec_spot_instance")
	if err := env.Empty(); err != nil {
		t.Error(err)
	}
}

func TestAccCauses_inThePlan(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		if c.lookup == "" {
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			env, w := c.world(t, "error")
			detail := []string{c.plan.facts, c.plan.remedy, fmt.Sprintf("Code: %s (preflight, %s)", c.code, c.lookup)}
			got := w.Plan().Want(t, 1, append(detail, "Error: "+c.plan.summary)...).Lacks(t, "KEC:")
			c.pointsAt(t, got)
			w.Write(c.config(env, "warn"))
			got = w.Plan().Want(t, 2, append(detail, "Warning: "+c.plan.summary, "Plan: 1 to add")...).Lacks(t, "Error:")
			c.pointsAt(t, got)
			if n := env.Sim.Count("RunInstances"); n != 0 {
				t.Errorf("%d launches, want none", n)
			}
		})
	}
}

func TestAccCauses_refusedByRunInstances(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		if c.kec == "" {
			continue
		}
		t.Run(c.name(), func(t *testing.T) {
			t.Parallel()
			env, w := c.world(t, "off")
			got := w.Apply().Want(t, 1, "Error: "+c.refused.summary, c.refused.facts, c.refused.remedy, "Code: "+c.code,
				"KEC: "+c.kec+", RunInstances, request KEC-")
			if c.code == "PriceBelowMarket" {
				got.Want(t, 1, "the limit is 0.05. In the last 3 hours it was 0.0433 at the lowest and 0.0801 at the highest.")
			}
			c.pointsAt(t, got)
			if n := env.Sim.Count("RunInstances"); n != max(1, c.tries) {
				t.Errorf("%d launches, want %d", n, max(1, c.tries))
			}
			nothingLeft(t, env, w)
		})
	}
}
