package spotinstance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// bid has one attribute on each line, so that a test can name the line that a
// message must point at.
const bid = `resource "kec_spot_instance" "worker" {
  for_each           = { b = "@subnet_a" }
  spot_price_limit   = 0.05
  instance_type      = "N3.2B"
  image_id           = "@custom"
  subnet_id          = each.value
  security_group_ids = ["@group"]
  system_disk        = { type = "SSD3.0", size_gib = 40 }
  data_disks = [
    { type = "EHDD", size_gib = 50, delete_with_instance = true },
    { type = "EHDD", size_gib = 60, delete_with_instance = true },
  ]
  key_ids = ["@key_a"]
}
`

// cause is a state of the world in which KEC cannot do what bid asks for.
type cause struct {
	code    string
	arrange func(sim *kecsim.Server)
	alter   []string // old and new text in bid
	line    string   // the line the message points at; "" for the resource
	summary string
	facts   string
	remedy  string
	kec     string // KEC's code and words, as RunInstances says them
	reason  string // what a reason field would say after acceptance
}

var causes = []cause{
	{
		code:    "OutOfStock",
		arrange: func(sim *kecsim.Server) { sim.SellOut(kecsim.ZoneA, "N3.2B") },
		line:    `4: instance_type = "N3.2B"`,
		summary: "Out of stock: 1 wanted, 0 available",
		facts:   "1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now.",
		remedy:  "Choose another instance_type, or a subnet_id in another zone, or try again later.",
		kec:     `"InstanceType N3.2B is sell out in cn-beijing-6a: 1 wanted, 0 available" (ProductSellOutInvalid)`,
		reason:  "out of stock",
	},
	{
		code:    "ExcessiveNumber",
		arrange: func(sim *kecsim.Server) { sim.SetQuota(0) },
		summary: "The account's instance quota is used up",
		remedy:  "Release instances, order fewer, or ask KEC to raise the quota of this account and region.",
		kec:     `"MinCount 1 exceeds the instance quota: 0 of 0 left" (InstanceQuotaExceeded)`,
		reason:  "excessive number",
	},
	{
		code:    "PriceBelowMarket",
		arrange: func(sim *kecsim.Server) { sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.0801", "0.1965") },
		line:    `3: spot_price_limit = 0.05`,
		summary: "Spot price limit is below the market price",
		facts:   "N3.2B in cn-beijing-6a costs 0.0801 CNY per hour now (on-demand 0.1965); the limit is 0.05.",
		remedy:  "Raise spot_price_limit to at least 0.0801, or leave it out to follow the market.",
		kec:     `"SpotPriceLimit 0.05 is out of range: N3.2B in cn-beijing-6a costs 0.0801 now and 0.1965 on demand" (SpotPriceLimitInvalid)`,
		reason:  "spot price limit is out of range",
	},
	{
		code:    "PriceAboveOnDemand",
		arrange: func(*kecsim.Server) {},
		alter:   []string{"0.05\n", "0.5\n"},
		line:    `3: spot_price_limit = 0.5`,
		summary: "Spot price limit is above the on-demand price",
		facts:   "N3.2B in cn-beijing-6a costs 0.0393 CNY per hour now (on-demand 0.1965); the limit is 0.5.",
		remedy:  "Lower spot_price_limit to at most 0.1965, or leave it out to follow the market.",
		kec:     `"SpotPriceLimit 0.5 is out of range: N3.2B in cn-beijing-6a costs 0.0393 now and 0.1965 on demand" (SpotPriceLimitInvalid)`,
		reason:  "spot price limit is out of range",
	},
	{
		code:    "SpotNotOffered",
		arrange: func(*kecsim.Server) {},
		alter:   []string{"N3.2B", "I4.2B"},
		line:    `4: instance_type = "I4.2B"`,
		summary: "This instance type is not offered as a Spot Instance here",
		remedy:  "Choose an instance_type that is sold as Spot Instance in this zone, or a subnet_id in another zone.",
		kec:     `"ChargeType Spot is not offered for InstanceType I4.2B in cn-beijing-6a" (ChargeTypeNotSupported)`,
	},
	{
		code:    "InsufficientBalance",
		arrange: func(sim *kecsim.Server) { sim.SetBalance("99.99") },
		summary: "The account's balance is too low",
		remedy:  "Top the account up: KEC wants at least CNY 100 in cash, vouchers not counted, before it opens an instance.",
		kec:     `"the account balance is 99.99 CNY, at least 100 is needed" (Payment.InsufficientBalance)`,
		reason:  "insufficient balance",
	},
	{
		code:    "SubnetFull",
		arrange: func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) },
		line:    `6: subnet_id = each.value`,
		summary: "The subnet has no free address",
		facts:   "Subnet " + kecsim.SubnetA + " (10.7.0.0/24) in cn-beijing-6a has 0 free addresses; the launch needs 1.",
		remedy:  "Choose a subnet_id with free addresses, or free some in this subnet.",
		kec:     `"SubnetId 0b000000-0000-4000-8000-000000000001 has 0 free addresses, 1 wanted" (SubnetIpNotEnough)`,
		reason:  "no free address in the subnet",
	},
	{
		code:    "ImageUnusable",
		arrange: func(sim *kecsim.Server) { sim.SetImageState(kecsim.ImageCustom, "error") },
		line:    `5: image_id = "` + kecsim.ImageCustom + `"`,
		summary: "The image cannot be used",
		remedy:  "Choose an image_id that exists in this region, is active and fits the instance type.",
		kec:     `"ImageId IMG-0d000000-0000-4000-8000-000000000002 is in state error, not active" (ImageIdInvalid)`,
		reason:  "image is not usable",
	},
	{
		code:    "InvalidParameter",
		arrange: func(*kecsim.Server) {},
		alter:   []string{"size_gib = 60", "size_gib = 6"},
		line:    `9: data_disks = [`,
		facts:   "Attribute: data_disks[1].size_gib",
		summary: "KEC does not accept a value",
		remedy:  "Change the value as KEC says below.",
		kec:     `"DataDisk.2.Size must be between 10 and 16000, not 6" (InvalidParameterValue)`,
	},
	{
		code:    "PermissionDenied",
		arrange: func(sim *kecsim.Server) { sim.FailNext("RunInstances", kecsim.Denied, 1) },
		summary: "KEC refused access",
		remedy:  "Check access_key, secret_key and security_token of the provider, and that their user has permission for the action named below.",
		kec:     `"lack of policy for this action" (PermissionDenied)`,
	},
	{
		code: "Unknown",
		arrange: func(sim *kecsim.Server) {
			sim.FailNext("RunInstances", kecsim.Fault{Code: "MoonPhase", Message: "The moon is full, come back tomorrow."}, 1)
		},
		summary: "KEC refused the request",
		remedy:  "KEC gave the reason below; ask KEC support with the request id if it does not help.",
		kec:     `"The moon is full, come back tomorrow." (MoonPhase)`,
	},
}

// pointsAt checks the place of a message in the user's own HCL.
func (c cause) pointsAt(t *testing.T, got acctest.Result, line string) {
	t.Helper()
	got.Want(t, 1, `with kec_spot_instance.worker["b"],`)
	if line == "" {
		got.Want(t, 1, `in resource "kec_spot_instance" "worker": 1: resource "kec_spot_instance" "worker" {`)
		return
	}
	number, _, _ := strings.Cut(line, ":")
	got.Want(t, 1, fmt.Sprintf(`on main.tf line %s, in resource "kec_spot_instance" "worker":`, number), acctest.Expand(line))
}

func (c cause) hcl(env *acctest.Env) string {
	return acctest.Expand(strings.NewReplacer(c.alter...).Replace(bid)) + env.Block("")
}

func TestAccCauses_refusedByRunInstances(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			c.arrange(env.Sim)
			w := env.Workspace(t)
			w.Write(c.hcl(env))
			got := w.Apply().Want(t, 1, "Error: "+c.summary, c.facts, c.remedy, "Code: "+c.code, "KEC: "+c.kec+", RunInstances, request KEC-")
			c.pointsAt(t, got, c.line)
			if n := env.Sim.Count("RunInstances"); n != 1 {
				t.Errorf("%d launches, want 1", n)
			}
			w.CLI("state", "list").Want(t, 0).Lacks(t, "kec_spot_instance")
		})
	}
}

func TestAccCauses_afterAcceptanceWithAReason(t *testing.T) {
	t.Parallel()
	modes := []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible}
	n := 0
	for _, c := range causes {
		if c.reason == "" {
			continue
		}
		mode := modes[n%len(modes)]
		n++
		t.Run(c.code+" "+mode, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			c.arrange(env.Sim)
			env.Sim.Update(func(s *kecsim.Settings) { s.AsyncChecks, s.CauseFields, s.FailureMode = true, true, mode })
			w := env.Workspace(t)
			w.Write(c.hcl(env))
			summary, _, _ := strings.Cut(strings.ToLower(c.summary[:1])+c.summary[1:], ":")
			got := w.Apply().Want(t, 1, "Error: Spot launch failed: "+summary, c.facts, c.remedy, "Code: "+c.code,
				fmt.Sprintf("KEC: %q", c.reason), "KEC accepted the launch of instance", "Nothing is left of instance")
			c.pointsAt(t, got, c.line)
			w.CLI("state", "list").Want(t, 0).Lacks(t, "kec_spot_instance")
			if err := env.Empty(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAccCauses_afterAcceptanceWithoutAReason(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		want := c
		switch c.code {
		case "OutOfStock", "PriceBelowMarket", "SubnetFull": // which the market shows
		case "ExcessiveNumber": // which nothing shows
			want.code, want.line = "LaunchFailed", ""
			want.remedy = "Apply again; if it fails again, try another instance_type or image_id, or ask KEC support with the ids below."
		default:
			continue
		}
		for _, mode := range []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible} {
			t.Run(c.code+" "+mode, func(t *testing.T) {
				t.Parallel()
				env := acctest.New(t)
				c.arrange(env.Sim)
				env.Sim.Update(func(s *kecsim.Settings) { s.AsyncChecks, s.FailureMode = true, mode })
				w := env.Workspace(t)
				w.Write(c.hcl(env))
				got := w.Apply().Want(t, 1, want.facts, want.remedy, "Code: "+want.code, "KEC: no reason given, RunInstances, request KEC-",
					"Nothing is left of instance")
				if want.code == "LaunchFailed" {
					got.Want(t, 1, "Error: KEC accepted the launch, but the instance did not start").Lacks(t, "inferred")
				} else {
					got.Want(t, 1, "Error: Spot launch failed, likely cause: ", "Code: "+want.code+" (inferred)",
						"KEC gave no reason; this is concluded from what it offers now.")
				}
				c.pointsAt(t, got, want.line)
				w.CLI("state", "list").Want(t, 0).Lacks(t, "kec_spot_instance")
				if err := env.Empty(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A reason may quote what the machine was launched with; a message must not.
func TestAccCauses_aReasonThatQuotesASecret(t *testing.T) {
	t.Parallel()
	const password = "Correct-Horse-1"
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
	env.Sim.FailLaunches(1, kecsim.ModeError, "the image rejected the password "+password)
	w := env.Workspace(t)
	w.Write(block(set{"password_wo": "local.password"}) + "locals {\n  password = sensitive(\"" + password + "\")\n}\n" + env.Block(""))
	w.Apply().Want(t, 1, `KEC: "the image rejected the password (hidden)"`).Lacks(t, password)
}
