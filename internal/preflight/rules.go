package preflight

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// look asks what the launch depends on, all at once, and returns what may turn out
// to be wrong with it. The subnet comes first where the zone matters: it decides
// the zone (fact 102).
func (c *Check) look(ctx context.Context, launch market.Launch) []complaint {
	var asking sync.WaitGroup
	var answers []*[]complaint // in the order of the questions, whichever is answered first
	ask := func(find func() []complaint) {
		found := new([]complaint)
		answers = append(answers, found)
		asking.Go(func() { *found = find() })
	}
	ask(func() []complaint { return c.image(ctx, launch.ImageID) })
	for i, id := range launch.OtherSubnetIDs {
		ask(func() []complaint { return c.otherSubnet(ctx, id, fmt.Sprintf("NetworkInterface.%d.SubnetId", i+1)) })
	}
	subnet, err := c.subnet(ctx, launch.SubnetID)
	var all []complaint // those about the subnet of the launch before those about the others
	if err == nil && launch.SubnetID != "" {
		all = addresses(subnet, launch.SubnetID, "SubnetId")
	}
	if subnet != nil {
		all = append(all, inside(subnet, launch.PrivateIP)...)
		for _, id := range launch.SecurityGroupIDs {
			ask(func() []complaint { return c.group(ctx, id, subnet) })
		}
		if launch.InstanceType != "" && subnet.Zone != "" {
			ask(func() []complaint { return c.price(ctx, launch, subnet.Zone) })
			ask(func() []complaint { return c.stock(ctx, launch, subnet.Zone) })
			ask(func() []complaint { return c.offered(ctx, launch, subnet.Zone) })
		}
	}
	asking.Wait()
	for _, found := range answers {
		all = append(all, *found...)
	}
	slices.SortStableFunc(all, func(a, b complaint) int { return strings.Compare(a.key, b.key) })
	// Two disks or interfaces of one launch may have the same wrong value.
	return slices.CompactFunc(all, func(a, b complaint) bool { return a.once && a.key == b.key })
}

func (c *Check) subnet(ctx context.Context, id string) (*kec.Subnet, error) {
	if id == "" {
		return nil, nil
	}
	return c.snapshot.Subnet(ctx, id)
}

// otherSubnet checks the subnet of a secondary interface.
func (c *Check) otherSubnet(ctx context.Context, id, param string) []complaint {
	subnet, err := c.subnet(ctx, id)
	if err != nil || id == "" {
		return nil
	}
	return addresses(subnet, id, param)
}

// always refuses whatever the plan wants: the thing itself is wrong.
func always(int64, int64) bool { return true }

// wrong is a complaint about a value, told once for all that have it.
func wrong(f failure.Failure, kind string, parts ...string) []complaint {
	return []complaint{{
		key: kind + " " + strings.Join(parts, " "), once: true, refused: always,
		finding: func(t total) Finding {
			if t.wanted > 1 {
				f.Facts += fmt.Sprintf(" That goes for %s instances of this plan.", t)
			}
			return Finding{f, true}
		},
	}}
}

// invalid is a failure of a value that KEC does not accept.
func invalid(param, action, summary, facts, remedy string) failure.Failure {
	f := failure.Failure{Cause: failure.CauseOf(failure.InvalidParameter), Action: action, Facts: facts}
	f.Param, f.Summary, f.Remedy = param, summary, remedy
	return f
}

func (c *Check) price(ctx context.Context, launch market.Launch, zone string) []complaint {
	quote, err := c.snapshot.Price(ctx, launch.InstanceType, zone)
	switch {
	case err != nil:
		return nil
	case quote == nil: // nothing says what an empty list means, so this fails no plan (fact 203)
		f := failure.Failure{Cause: failure.CauseOf(failure.SpotNotOffered), Action: "DescribeSpotPriceHistory"}
		f.Summary = "Probably not offered as a Spot Instance"
		f.Facts = fmt.Sprintf("KEC lists no spot price for %s in %s.", launch.InstanceType, zone)
		found := wrong(f, "price", launch.InstanceType, zone)
		veto := found[0].finding
		found[0].finding = func(t total) Finding { return Finding{veto(t).Failure, false} }
		return found
	}
	f, outside := failure.OutsidePrices(launch, zone, quote)
	if !outside {
		return nil
	}
	f.Action = "DescribeSpotPriceHistory"
	return wrong(f, "bid", launch.InstanceType, zone, launch.PriceLimit.String())
}

func (c *Check) stock(ctx context.Context, launch market.Launch, zone string) []complaint {
	available, err := c.snapshot.Stock(ctx, launch.InstanceType, zone)
	if err != nil {
		return nil
	}
	return []complaint{{
		key:     "stock of " + launch.InstanceType + " in " + zone,
		refused: func(wanted, _ int64) bool { return wanted > int64(available) },
		finding: func(t total) Finding {
			f := failure.Failure{Cause: failure.CauseOf(failure.OutOfStock), Action: "DescribeKecInventory"}
			f.Summary = fmt.Sprintf("Out of stock: %d wanted, %d available", t.wanted, available)
			f.Facts = fmt.Sprintf("This plan orders %s %s in %s; KEC can open %d now, %d short.",
				t, launch.InstanceType, zone, available, t.wanted-int64(available))
			if places := c.snapshot.Elsewhere(ctx, launch.InstanceType, zone); len(places) > 0 {
				f.Facts += " " + failure.Elsewhere(places)
			}
			if available > 0 {
				f.Remedy = "Order fewer, move some to another zone, or choose another instance_type."
			}
			return Finding{f, true}
		},
	}}
}

// String is the total in a message.
func (t total) String() string {
	if t.partial && t.wanted > 1 {
		return fmt.Sprintf("at least %d", t.wanted)
	}
	return fmt.Sprint(t.wanted)
}

// offered checks the type and its data disks against what KEC sells in the zone.
func (c *Check) offered(ctx context.Context, launch market.Launch, zone string) []complaint {
	config, err := c.snapshot.Type(ctx, launch.InstanceType)
	if err != nil || config == nil {
		return nil
	}
	if len(config.Zones) > 0 && !contains(config.Zones, zone) {
		f := failure.Failure{Cause: failure.CauseOf(failure.SpotNotOffered), Action: "DescribeInstanceTypeConfigs"}
		f.Facts = fmt.Sprintf("KEC sells no %s in %s, but in %s.", launch.InstanceType, zone, strings.Join(config.Zones, ", "))
		return wrong(f, "type", launch.InstanceType, zone)
	}
	var found []complaint
	for i, disk := range launch.DataDiskTypes {
		for name, zones := range config.SoldOut {
			if disk == "" || !strings.EqualFold(name, disk) || !contains(zones, zone) {
				continue
			}
			f := failure.Failure{Cause: failure.SoldOutDisk(fmt.Sprintf("DataDisk.%d.Type", i+1)), Action: "DescribeInstanceTypeConfigs"}
			f.Facts = fmt.Sprintf("%s disks for %s are sold out in %s.", name, launch.InstanceType, zone)
			found = append(found, wrong(f, "disk", launch.InstanceType, zone, name)...)
		}
	}
	return found
}

func contains(all []string, s string) bool {
	return slices.ContainsFunc(all, func(one string) bool { return strings.EqualFold(one, s) })
}

func addressesOf(subnetID string) string { return "subnet " + subnetID }

// addresses checks that the subnet is there and has addresses enough. Those of
// instances that this plan ends count as free: whether they are in time is for KEC
// to say.
func addresses(subnet *kec.Subnet, id, param string) []complaint {
	if subnet == nil {
		return wrong(invalid(param, "DescribeSubnets", "No such subnet", fmt.Sprintf("KEC shows no subnet %s in this region.", id),
			"Choose a subnet_id of the provider's region, as the console's list of subnets shows it."), "subnet", id)
	}
	if subnet.FreeIPs == nil {
		return nil
	}
	free := *subnet.FreeIPs
	return []complaint{{
		key:     addressesOf(id),
		refused: func(wanted, freed int64) bool { return wanted > free+freed },
		finding: func(t total) Finding {
			f := failure.Failure{Cause: failure.CauseOf(failure.SubnetFull), Action: "DescribeSubnets"}
			f.Param = param
			noun := "addresses"
			if t.wanted == 1 {
				noun = "address"
			}
			f.Facts = fmt.Sprintf("This plan needs %s %s in subnet %s (%s) in %s; %d are free, %d short.",
				t, noun, id, subnet.CIDR, subnet.Zone, free, t.wanted-free-t.freed)
			if free > 0 {
				f.Summary = fmt.Sprintf("The subnet has too few free addresses: %d wanted, %d free", t.wanted, free)
				f.Remedy = "Order fewer in this subnet, free some of its addresses, or choose another subnet_id."
			}
			if t.freed > 0 {
				f.Facts += fmt.Sprintf(" %d more are those of instances that this plan ends.", t.freed)
			}
			return Finding{f, true}
		},
	}}
}

// inside checks a fixed address against the subnet's block.
func inside(subnet *kec.Subnet, address string) []complaint {
	ip, err := netip.ParseAddr(address)
	block, err2 := netip.ParsePrefix(subnet.CIDR)
	if err != nil || err2 != nil || block.Contains(ip) {
		return nil
	}
	return wrong(invalid("PrivateIpAddress", "DescribeSubnets", "The address is not in the subnet",
		fmt.Sprintf("%s is not in %s, the block of subnet %s.", ip, block, subnet.ID),
		"Choose a free address of that block, or leave private_ip_address out and let KEC pick one."), "address", address, subnet.ID)
}

// group checks that a security group is there and serves the VPC (fact 173).
func (c *Check) group(ctx context.Context, id string, subnet *kec.Subnet) []complaint {
	group, err := c.snapshot.SecurityGroup(ctx, id)
	switch {
	case err != nil:
		return nil
	case group == nil:
		return wrong(invalid("SecurityGroupId", "DescribeSecurityGroups", "No such security group",
			fmt.Sprintf("KEC shows no security group %s in this region.", id),
			"Choose security_group_ids of the provider's region, as the console's list of security groups shows them."), "group", id)
	case group.VPCID == "" || subnet.VPCID == "" || group.VPCID == subnet.VPCID:
		return nil
	}
	return wrong(invalid("SecurityGroupId", "DescribeSecurityGroups", "The security group belongs to another VPC",
		fmt.Sprintf("Security group %s belongs to VPC %s, subnet %s to VPC %s.", id, group.VPCID, subnet.ID, subnet.VPCID),
		"Choose security_group_ids of the subnet's VPC, or a subnet_id of theirs."), "group", id, subnet.VPCID)
}

func (c *Check) image(ctx context.Context, id string) []complaint {
	if id == "" {
		return nil
	}
	f := failure.Failure{Cause: failure.CauseOf(failure.ImageUnusable), Action: "DescribeImages"}
	image, err := c.snapshot.Image(ctx, id)
	switch {
	case err != nil:
		return nil
	case image == nil:
		f.Facts = fmt.Sprintf("KEC shows no image %s in this region.", id)
	case !failure.Boots(image):
		f.Facts = failure.BrokenImage(image)
	default:
		return nil
	}
	return wrong(f, "image", id)
}
