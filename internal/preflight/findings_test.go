package preflight_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

const (
	nowhere       = "0b000000-0000-4000-8000-00000000dead"
	strangeImage  = "IMG-0d000000-0000-4000-8000-00000000dead"
	foreignGroup  = "0c000000-0000-4000-8000-0000000000ff"
	zone          = kecsim.ZoneA
	chooseSubnet  = "Choose a subnet_id of the provider's region, as the console's list of subnets shows it."
	chooseImage   = "Choose an image_id that exists in this region, is active and fits the instance type."
	chooseGroup   = "Choose security_group_ids of the provider's region, as the console's list of security groups shows them."
	chooseType    = "Choose an instance_type that is sold as Spot Instance in this zone, or a subnet_id in another zone."
	chooseDisk    = "Choose another type for this data disk, or a subnet_id in another zone, or try again later."
	orLater       = "Choose another instance_type, or a subnet_id in another zone, or try again later."
	fewerInSubnet = "Order fewer in this subnet, free some of its addresses, or choose another subnet_id."
	freeAddresses = "Choose a subnet_id with free addresses, or free some in this subnet."
)

func bid(s string) *decimal.Decimal {
	d := decimal.RequireFromString(s)
	return &d
}

// whole is everything a finding says, one part a line.
func whole(findings []preflight.Finding) string {
	var lines []string
	for _, f := range findings {
		loud := "warning"
		if f.Veto {
			loud = "error"
		}
		lines = append(lines, fmt.Sprintf("%s %s at %s: %s", loud, f.Code, f.Param, f.Summary), f.Facts, f.RemedyText(wizard.Parameters()), f.Action)
	}
	return strings.Join(lines, "\n")
}

// answers has the simulator answer an action with this body.
func answers(action, body string) func(*kecsim.Server) {
	return func(sim *kecsim.Server) { sim.FailNext(action, kecsim.Fault{Body: body}, 1) }
}

// Each finding of one launch, word for word.
func TestCheck_findings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world  func(*kecsim.Server)
		change func(*market.Launch)
		want   []string // four lines a finding
	}{
		"nothing": {},
		"nothing to complain about": {change: func(l *market.Launch) {
			l.PriceLimit, l.PrivateIP = bid("0.05"), "10.7.0.77"
			l.SecurityGroupIDs = []string{kecsim.SecurityGroup, kecsim.SecurityGroup2}
			l.OtherSubnetIDs, l.DataDiskTypes = []string{kecsim.SubnetA, kecsim.SubnetReserve}, []string{"SSD3.0", "EHDD"}
		}},
		"the market price itself":    {change: func(l *market.Launch) { l.PriceLimit = bid("0.0393") }},
		"the on-demand price itself": {change: func(l *market.Launch) { l.PriceLimit = bid("0.19650") }},
		"nothing known":              {change: func(l *market.Launch) { *l = market.Launch{} }},
		"no type": {
			world:  func(sim *kecsim.Server) { sim.SellOut(zone, kecsim.TypeSmall) },
			change: func(l *market.Launch) { l.InstanceType = "" },
		},
		"no subnet": {
			world:  func(sim *kecsim.Server) { sim.SellOut(zone, kecsim.TypeSmall) },
			change: func(l *market.Launch) { l.SubnetID, l.PrivateIP = "", "192.0.2.1" },
		},
		"empty ids": {change: func(l *market.Launch) {
			l.SecurityGroupIDs, l.OtherSubnetIDs, l.DataDiskTypes, l.ImageID = []string{"", kecsim.SecurityGroup}, []string{""}, []string{""}, ""
		}},
		"a bid below the market": {change: func(l *market.Launch) { l.PriceLimit = bid("0.02") }, want: []string{
			"error PriceBelowMarket at SpotPriceLimit: Spot price limit is below the market price",
			"N3.2B in cn-beijing-6a costs 0.0393 CNY per hour now (on-demand 0.1965); the limit is 0.02. " +
				"In the last 3 hours it was 0.0393 at the lowest and 0.0484 at the highest.",
			"Raise spot_price_limit to at least 0.0393, or leave it out to follow the market.", "DescribeSpotPriceHistory",
		}},
		"a bid above on-demand": {change: func(l *market.Launch) { l.PriceLimit = bid("0.19651") }, want: []string{
			"error PriceAboveOnDemand at SpotPriceLimit: Spot price limit is above the on-demand price",
			"N3.2B in cn-beijing-6a costs 0.0393 CNY per hour now (on-demand 0.1965); the limit is 0.19651. " +
				"In the last 3 hours it was 0.0393 at the lowest and 0.0484 at the highest.",
			"Lower spot_price_limit to at most 0.1965, or leave it out to follow the market.", "DescribeSpotPriceHistory",
		}},
		"no spot price": {change: func(l *market.Launch) { l.InstanceType, l.PriceLimit = kecsim.TypeNotSpot, bid("0.01") }, want: []string{
			"warning SpotNotOffered at InstanceType: Probably not offered as a Spot Instance",
			"KEC lists no spot price for I4.2B in cn-beijing-6a.", chooseType, "DescribeSpotPriceHistory",
		}},
		"sold out everywhere": {world: func(sim *kecsim.Server) {
			for _, z := range []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC} {
				sim.SellOut(z, kecsim.TypeSmall)
			}
		}, want: []string{
			"error OutOfStock at InstanceType: Out of stock: 1 wanted, 0 available",
			"This plan orders 1 N3.2B in cn-beijing-6a; KEC can open 0 now, 1 short.", orLater, "DescribeKecInventory",
		}},
		"a disk": {
			world:  func(sim *kecsim.Server) { sim.SellOutDisk(zone, "EHDD", true) },
			change: func(l *market.Launch) { l.DataDiskTypes = []string{"SSD3.0", "ehdd"} },
			want: []string{
				"error OutOfStock at DataDisk.2.Type: A type of data disk is out of stock",
				"EHDD disks for N3.2B are sold out in cn-beijing-6a.", chooseDisk, "DescribeInstanceTypeConfigs",
			},
		},
		"a disk in another zone": {
			world:  func(sim *kecsim.Server) { sim.SellOutDisk(kecsim.ZoneB, "EHDD", true) },
			change: func(l *market.Launch) { l.DataDiskTypes = []string{"EHDD"} },
		},
		"several disks": {
			world: func(sim *kecsim.Server) {
				sim.SellOutDisk(zone, "EHDD", true)
				sim.SellOutDisk(zone, "SSD3.0", true)
			},
			change: func(l *market.Launch) { l.DataDiskTypes = []string{"SSD3.0", "EHDD", "ESSD_PL1", "SSD3.0", "SSD3.0"} },
			want: []string{
				"error OutOfStock at DataDisk.2.Type: A type of data disk is out of stock",
				"EHDD disks for N3.2B are sold out in cn-beijing-6a.", chooseDisk, "DescribeInstanceTypeConfigs",
				"error OutOfStock at DataDisk.1.Type: A type of data disk is out of stock",
				"SSD3.0 disks for N3.2B are sold out in cn-beijing-6a.", chooseDisk, "DescribeInstanceTypeConfigs",
			},
		},
		"no address": {world: func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) }, want: []string{
			"error SubnetFull at SubnetId: The subnet has no free address",
			"This plan needs 1 address in subnet " + kecsim.SubnetA + " (10.7.0.0/24) in cn-beijing-6a; 0 are free, 1 short.", freeAddresses, "DescribeSubnets",
		}},
		"an interface too many": {
			world:  func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 1) },
			change: func(l *market.Launch) { l.OtherSubnetIDs = []string{kecsim.SubnetReserve, kecsim.SubnetA} },
			want: []string{
				"error SubnetFull at NetworkInterface.2.SubnetId: The subnet has too few free addresses: 2 wanted, 1 free",
				"This plan needs at least 2 addresses in subnet " + kecsim.SubnetA + " (10.7.0.0/24) in cn-beijing-6a; 1 are free, 1 short.", fewerInSubnet, "DescribeSubnets",
			},
		},
		"interfaces without addresses": {
			world:  func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) },
			change: func(l *market.Launch) { l.OtherSubnetIDs = []string{kecsim.SubnetA, kecsim.SubnetA} },
			want: []string{
				"error SubnetFull at SubnetId: The subnet has no free address",
				"This plan needs at least 3 addresses in subnet " + kecsim.SubnetA + " (10.7.0.0/24) in cn-beijing-6a; 0 are free, 3 short.", freeAddresses, "DescribeSubnets",
			},
		},
		"another subnet without addresses": {
			world:  func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetReserve, 0) },
			change: func(l *market.Launch) { l.OtherSubnetIDs = []string{kecsim.SubnetA, kecsim.SubnetReserve} },
			want: []string{
				"error SubnetFull at NetworkInterface.2.SubnetId: The subnet has no free address",
				"This plan needs 1 address in subnet " + kecsim.SubnetReserve + " (10.7.2.0/24) in cn-beijing-6a; 0 are free, 1 short.", freeAddresses, "DescribeSubnets",
			},
		},
		"an unknown subnet": {change: func(l *market.Launch) { l.SubnetID = nowhere }, want: []string{
			"error InvalidParameter at SubnetId: No such subnet", "KEC shows no subnet " + nowhere + " in this region.", chooseSubnet, "DescribeSubnets",
		}},
		"an unknown subnet of several interfaces": {
			change: func(l *market.Launch) { l.OtherSubnetIDs = []string{kecsim.SubnetA, nowhere, nowhere} },
			want: []string{
				"error InvalidParameter at NetworkInterface.2.SubnetId: No such subnet", "KEC shows no subnet " + nowhere + " in this region.", chooseSubnet, "DescribeSubnets",
			},
		},
		"an unknown subnet of all interfaces": {
			change: func(l *market.Launch) { l.SubnetID, l.OtherSubnetIDs = nowhere, []string{nowhere} },
			want: []string{
				"error InvalidParameter at SubnetId: No such subnet", "KEC shows no subnet " + nowhere + " in this region.", chooseSubnet, "DescribeSubnets",
			},
		},
		"an address of another subnet": {change: func(l *market.Launch) { l.PrivateIP = "10.7.1.4" }, want: []string{
			"error InvalidParameter at PrivateIpAddress: The address is not in the subnet",
			"10.7.1.4 is not in 10.7.0.0/24, the block of subnet " + kecsim.SubnetA + ".",
			"Choose a free address of that block, or leave private_ip_address out and let KEC pick one.", "DescribeSubnets",
		}},
		"an unknown group": {change: func(l *market.Launch) { l.SecurityGroupIDs = []string{kecsim.SecurityGroup, nowhere} }, want: []string{
			"error InvalidParameter at SecurityGroupId: No such security group", "KEC shows no security group " + nowhere + " in this region.", chooseGroup,
			"DescribeSecurityGroups",
		}},
		"a group of another VPC": {
			world:  func(sim *kecsim.Server) { sim.AddSecurityGroup(foreignGroup, "vpc-other") },
			change: func(l *market.Launch) { l.SecurityGroupIDs = []string{foreignGroup} },
			want: []string{
				"error InvalidParameter at SecurityGroupId: The security group belongs to another VPC",
				"Security group " + foreignGroup + " belongs to VPC vpc-other, subnet " + kecsim.SubnetA + " to VPC " + kecsim.VPC + ".",
				"Choose security_group_ids of the subnet's VPC, or a subnet_id of theirs.", "DescribeSecurityGroups",
			},
		},
		"a group of no VPC": {
			world:  func(sim *kecsim.Server) { sim.AddSecurityGroup(foreignGroup, "") },
			change: func(l *market.Launch) { l.SecurityGroupIDs = []string{foreignGroup} },
		},
		"an unknown image": {change: func(l *market.Launch) { l.ImageID = strangeImage }, want: []string{
			"error ImageUnusable at ImageId: The image cannot be used", "KEC shows no image " + strangeImage + " in this region.", chooseImage, "DescribeImages",
		}},
		"an image that does not boot": {change: func(l *market.Launch) { l.ImageID = kecsim.ImageBroken }, want: []string{
			"error ImageUnusable at ImageId: The image cannot be used",
			"Image " + kecsim.ImageBroken + " is in state \"error\"; only active images boot.", chooseImage, "DescribeImages",
		}},
		"a type of other zones": {
			world: answers("DescribeInstanceTypeConfigs", `{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B","AvailabilityZoneSet":["cn-beijing-6b","cn-beijing-6c"]}]}`),
			want: []string{
				"error SpotNotOffered at InstanceType: This instance type is not offered as a Spot Instance here",
				"KEC sells no N3.2B in cn-beijing-6a, but in cn-beijing-6b, cn-beijing-6c.", chooseType, "DescribeInstanceTypeConfigs",
			},
		},
		"a type of this zone, spelt otherwise": {
			world: answers("DescribeInstanceTypeConfigs", `{"InstanceTypeConfigSet":[{"InstanceType":"n3.2b","AvailabilityZoneSet":["CN-BEIJING-6A"]}]}`),
		},
		"a type without zones": {world: answers("DescribeInstanceTypeConfigs", `{"InstanceTypeConfigSet":[{"InstanceType":"N3.2B"}]}`)},
		"a type nobody knows":  {world: answers("DescribeInstanceTypeConfigs", `{"InstanceTypeConfigSet":[]}`)},
		"a subnet that does not say how many are free": {
			world: answers("DescribeSubnets", `{"SubnetSet":[{"SubnetId":"`+kecsim.SubnetA+`","AvailabilityZoneName":"cn-beijing-6a"}]}`),
		},
		"a subnet of no zone": {
			world: func(sim *kecsim.Server) {
				sim.SellOut(zone, kecsim.TypeSmall)
				answers("DescribeSubnets", `{"SubnetSet":[{"SubnetId":"`+kecsim.SubnetA+`","AvailableIpNumber":"1"}]}`)(sim)
			},
		},
		"an image without a state":    {world: answers("DescribeImages", `{"ImagesSet":[{"ImageId":"`+kecsim.ImageUbuntu+`"}]}`)},
		"an image without its prefix": {change: func(l *market.Launch) { l.ImageID = strings.TrimPrefix(kecsim.ImageUbuntu, "IMG-") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, preflight.Error, 0)
				l := worker()
				if c.world != nil {
					c.world(w.sim)
				}
				if c.change != nil {
					c.change(&l)
				}
				equal(t, "findings", whole(w.ask(t.Context(), l)), strings.Join(c.want, "\n"))
				if len(c.want) == 0 {
					w.passed(0)
				}
			})
		})
	}
}

// What is wrong with a value is told once for all launches that have it.
func TestCheck_aWrongValueIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		w.sim.SellOutDisk(zone, "EHDD", true)
		got := w.plan(6, 6, func(i int) market.Launch {
			l := worker()
			l.PriceLimit = bid([]string{"0.02", "0.020"}[i%2])
			l.DataDiskTypes = []string{"EHDD", "SSD3.0", "EHDD"}
			l.OtherSubnetIDs = []string{nowhere, nowhere}
			return l
		})
		said := told(got)
		for _, want := range []string{
			"EHDD disks for N3.2B are sold out in cn-beijing-6a. That goes for 6 instances of this plan.",
			"KEC shows no subnet " + nowhere + " in this region. That goes for 6 instances of this plan.",
			"0.0484 at the highest. That goes for 6 instances of this plan.",
		} {
			if strings.Count(said, want) != 1 {
				t.Errorf("not once %q, but\n%s", want, said)
			}
		}
		equal(t, "findings", len(got), 3)
	})

	// Requests that nobody has noted may be all that the CLI asks at once.
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		var all board
		var asking sync.WaitGroup
		for range 2 {
			asking.Go(func() {
				l := worker()
				l.PriceLimit = bid("0.02")
				all.add(w.Plan(t.Context(), l))
			})
		}
		asking.Wait()
		equal(t, "findings", strings.Count(told(all.findings), "0.0484 at the highest. That goes for at least 2 instances of this plan."), 1)
		equal(t, "findings", len(all.findings), 1)
	})
}

// A look-up that fails is skipped with one warning, and what others know is still told.
func TestCheck_aLookUpThatFailsIsSkipped(t *testing.T) {
	t.Parallel()
	for _, action := range []string{
		"DescribeKecInventory", "DescribeSpotPriceHistory", "DescribeSubnets", "DescribeSecurityGroups", "DescribeImages", "DescribeInstanceTypeConfigs",
	} {
		for name, fault := range map[string]kecsim.Fault{
			"denied": kecsim.Denied, "gateway": kecsim.HTMLGateway, "empty": kecsim.EmptyObject, "garbage": kecsim.Garbage, "lost": kecsim.ConnectionLost,
			"missing": {Code: "INVALID_ACTION", Message: "Not Found"},
		} {
			t.Run(action+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, preflight.Error, 0)
					l := worker()
					l.PriceLimit, l.ImageID, l.DataDiskTypes, l.SecurityGroupIDs = bid("0.02"), kecsim.ImageBroken, []string{"EHDD"}, []string{nowhere}
					w.sim.SellOut(zone, kecsim.TypeSmall)
					w.sim.SellOutDisk(zone, "EHDD", true)
					w.sim.SetSubnetFree(kecsim.SubnetA, 0)
					w.sim.FailNext(action, fault, 100)
					var got []string
					findings := w.ask(t.Context(), l)
					failed := findings[len(findings)-1]
					equal(t, "the warning", fmt.Sprint(failed.Veto, " ", failed.Summary), "false A part of this plan is not checked against KEC")
					for _, f := range findings[:len(findings)-1] {
						got = append(got, f.Action+" "+string(f.Code))
					}
					var want []string
					for _, all := range []string{
						"DescribeSpotPriceHistory PriceBelowMarket", "DescribeInstanceTypeConfigs OutOfStock", "DescribeSecurityGroups InvalidParameter",
						"DescribeImages ImageUnusable", "DescribeKecInventory OutOfStock", "DescribeSubnets SubnetFull",
					} {
						// Without the subnet neither zone nor VPC is known.
						if a, _, _ := strings.Cut(all, " "); a != action && (action != "DescribeSubnets" || a == "DescribeImages") {
							want = append(want, all)
						}
					}
					equal(t, "findings", strings.Join(got, ", "), strings.Join(want, ", "))
				})
			})
		}
	}
}
