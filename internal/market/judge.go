package market

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Kind says what KEC cannot do for a launch.
type Kind int

// The kinds of shortfall.
const (
	BelowMarket Kind = iota
	AboveOnDemand
	OutOfStock
	AddressesShort
	ImageNotActive
	NoSpotPrice
	NotSoldInZone
	DiskSoldOut
	NoSuchImage
	NoSuchSubnet
	AddressOutside
	NoSuchGroup
	ForeignGroup
)

// Need is one thing that a launch cannot do without, and that KEC may be short of.
type Need struct {
	Kind   Kind
	Key    string // names the thing: needs with the same key share what KEC has of it
	Param  string // the API parameter that asks for it
	Lookup string // the API action that tells what KEC has
	have   int64  // how many KEC has, if it is a thing that is counted
	launch Launch // of a need for stock
	offer  *Offer // of a need for stock
	words  func(Demand) Words
}

// perLaunch tells whether the thing itself is wrong: a launch then has the need once, however
// often it names the thing. The other needs are for stock and addresses, and each is one more that
// is wanted.
func (n Need) perLaunch() bool { return n.Kind != OutOfStock && n.Kind != AddressesShort }

// Exceeds tells whether launches want more than KEC has. A thing that is wrong is always too much.
func (n Need) Exceeds(d Demand) bool { return n.Short(d) > 0 }

// Short is how many launches KEC cannot serve: all of them where the thing itself is wrong.
func (n Need) Short(d Demand) int64 {
	if n.perLaunch() {
		return max(d.Wanted, 1)
	}
	return d.Wanted - n.have - d.Freed
}

// Demand is how much of one thing all launches of a plan want together, or those of an order.
type Demand struct {
	Form    Form
	Wanted  int64
	Others  int64 // how much of what is wanted is for others than the launch that is judged
	Freed   int64 // how much the plan gives back
	AtLeast bool  // more may be wanted than is known
}

// Shortfall is one thing that KEC cannot do for launches.
type Shortfall struct {
	Kind          Kind
	Param, Lookup string // as those of the need
	Words
	fits int64 // how many of the launches it leaves room for
}

// Wrong tells whether KEC would surely refuse every launch like it, because the thing itself is
// wrong, and not because there is too little of it.
func (s Shortfall) Wrong() bool {
	return s.Certain() && s.Kind != OutOfStock && s.Kind != AddressesShort
}

// Certain tells whether KEC would surely refuse the launch. An empty list of prices is no proof
// (fact 203: assumed to mean "not offered for spot").
func (s Shortfall) Certain() bool { return s.Kind != NoSpotPrice }

func (n Need) shortfall(d Demand) Shortfall {
	w := n.words(d)
	w.Brief = w.Why()
	if n.perLaunch() && d.Form == Planned && d.Wanted > 1 {
		w.Facts += fmt.Sprintf(" That goes for %s instances of this plan.", d)
	}
	return Shortfall{Kind: n.Kind, Param: n.Param, Lookup: n.Lookup, Words: w}
}

// Shortfall words a need that launches exceed. For stock it asks which other zones have some,
// which it does here and not in Offer, because only a launch that KEC cannot serve is worth these
// look-ups.
func (s *Snapshot) Shortfall(ctx context.Context, n Need, d Demand) Shortfall {
	if n.Kind == OutOfStock {
		n.offer.Elsewhere = s.Elsewhere(ctx, n.launch.InstanceType, n.offer.Zone)
	}
	return n.shortfall(d)
}

// Judge tells what KEC cannot do for n launches like this one. The likeliest reason for a failure
// comes first.
func Judge(launch Launch, n int64, o Offer, form Form) []Shortfall {
	_, short := Room(launch, n, o, form, func(string) int64 { return 0 })
	return short
}

// Needs lists what a launch needs, as far as the offer is known: each machine and each address, and
// each thing that is wrong with the launch.
func Needs(launch Launch, o Offer) []Need {
	all := slices.Concat(o.price(launch), o.stock(launch), addresses(o.Subnet, launch.SubnetID, "SubnetId"),
		o.image(launch), o.soldHere(launch), o.disks(launch), o.fixedAddress(launch), o.groups(launch))
	for i, subnet := range o.Others {
		all = append(all, addresses(subnet, launch.OtherSubnetIDs[i], fmt.Sprintf("NetworkInterface.%d.SubnetId", i+1))...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(n Need) bool {
		twice := n.perLaunch() && seen[n.Key]
		seen[n.Key] = true
		return twice
	})
}

// wrong is the need of a thing that is wrong, however many launches want it.
func wrong(kind Kind, param, lookup, key string, w Words) []Need {
	return []Need{{Kind: kind, Param: param, Lookup: lookup, Key: key, words: func(Demand) Words { return w }}}
}

// price compares the price limit with the prices in the zone.
func (o Offer) price(launch Launch) []Need {
	q, limit := o.Quote.Value, launch.PriceLimit
	if q == nil || limit == nil || launch.OnDemand {
		return nil
	}
	w, kind := Words{Facts: o.Prices(launch)}, BelowMarket
	switch {
	case q.OnDemand != nil && limit.GreaterThan(*q.OnDemand):
		kind = AboveOnDemand
		w.Brief = fmt.Sprintf("The limit %s is above the on-demand price %s.", limit, q.OnDemand)
		w.Remedy = fmt.Sprintf("Lower {SpotPriceLimit} to at most %s, or leave it out to follow the market.", q.OnDemand)
	case limit.LessThan(q.Now):
		w.Brief = fmt.Sprintf("The limit %s is below the market price %s.", limit, q.Now)
		w.Remedy = fmt.Sprintf("Raise {SpotPriceLimit} to at least %s, or leave it out to follow the market.", q.Now)
	default:
		return nil
	}
	return wrong(kind, "SpotPriceLimit", "DescribeSpotPriceHistory", "bid "+launch.InstanceType+" "+o.Zone+" "+limit.String(), w)
}

// stock is the need of one machine of the type in the zone.
func (o Offer) stock(launch Launch) []Need {
	if o.Stock.Value == nil {
		return nil
	}
	n := Need{
		Kind: OutOfStock, Param: "InstanceType", Lookup: "DescribeKecInventory", Key: "stock of " + launch.InstanceType + " in " + o.Zone,
		have: int64(*o.Stock.Value), launch: launch, offer: &o,
	}
	n.words = func(d Demand) Words { return n.offer.stockWords(launch, d) }
	return []Need{n}
}

// AddressKey is the key of needs for the addresses of a subnet.
func AddressKey(subnetID string) string { return "subnet " + subnetID }

// addresses is the need of one free address in a subnet that KEC shows.
func addresses(in Answer[kec.Subnet], id, param string) []Need {
	const lookup = "DescribeSubnets"
	subnet := in.Value
	switch {
	case !in.Known:
		return nil
	case subnet == nil:
		return wrong(NoSuchSubnet, param, lookup, AddressKey(id), Words{
			Summary: "No such subnet", Facts: fmt.Sprintf("KEC shows no subnet %s in this region.", id),
			Remedy: "Choose a {SubnetId} of the provider's region, as the console's list of subnets shows it.",
		})
	case subnet.FreeIPs == nil:
		return nil
	}
	return []Need{{
		Kind: AddressesShort, Param: param, Lookup: lookup, Key: AddressKey(id), have: *subnet.FreeIPs,
		words: func(d Demand) Words { return addressWords(subnet, id, d) },
	}}
}

// fixedAddress checks that a fixed address is in the subnet's block.
func (o Offer) fixedAddress(launch Launch) []Need {
	subnet := o.Subnet.Value
	if subnet == nil {
		return nil
	}
	ip, err := netip.ParseAddr(launch.PrivateIP)
	block, err2 := netip.ParsePrefix(subnet.CIDR)
	if err != nil || err2 != nil || block.Contains(ip) {
		return nil
	}
	return wrong(AddressOutside, "PrivateIpAddress", "DescribeSubnets", "address "+launch.PrivateIP+" "+subnet.ID, Words{
		Summary: "The address is not in the subnet", Facts: fmt.Sprintf("%s is not in %s, the block of subnet %s.", ip, block, subnet.ID),
		Remedy: "Choose a free address of that block, or leave {PrivateIpAddress} out and let KEC pick one.",
	})
}

// groups checks that the security groups are in the subnet's VPC (fact 173: KEC wants them in one).
func (o Offer) groups(launch Launch) []Need {
	const param, lookup = "SecurityGroupId", "DescribeSecurityGroups"
	subnet := o.Subnet.Value
	var needs []Need
	for i, answer := range o.Groups {
		id, group := launch.SecurityGroupIDs[i], answer.Value
		switch {
		case !answer.Known || subnet == nil:
		case group == nil:
			needs = append(needs, wrong(NoSuchGroup, param, lookup, "group "+id, Words{
				Summary: "No such security group", Facts: fmt.Sprintf("KEC shows no security group %s in this region.", id),
				Remedy: "Choose {SecurityGroupId} of the provider's region, as the console's list of security groups shows them.",
			})...)
		case group.VPCID != "" && subnet.VPCID != "" && group.VPCID != subnet.VPCID:
			needs = append(needs, wrong(ForeignGroup, param, lookup, "group "+id+" "+subnet.VPCID, Words{
				Summary: "The security group belongs to another VPC",
				Facts:   fmt.Sprintf("Security group %s belongs to VPC %s, subnet %s to VPC %s.", id, group.VPCID, subnet.ID, subnet.VPCID),
				Remedy:  "Choose {SecurityGroupId} of the subnet's VPC, or a {SubnetId} of theirs.",
			})...)
		}
	}
	return needs
}

// image checks that the image is in the state that boots (fact 95: active). An image without a
// state passes.
func (o Offer) image(launch Launch) []Need {
	const param, lookup = "ImageId", "DescribeImages"
	image, key := o.Image.Value, "image "+launch.ImageID
	switch {
	case !o.Image.Known:
		return nil
	case image == nil:
		return wrong(NoSuchImage, param, lookup, key, Words{Facts: fmt.Sprintf("KEC shows no image %s in this region.", launch.ImageID)})
	case image.State == "" || strings.EqualFold(image.State, kec.ImageActive):
		return nil
	}
	return wrong(ImageNotActive, param, lookup, key,
		Words{Facts: fmt.Sprintf("Image %s is in state %q; only active images boot.", image.ID, image.State)})
}

// soldHere checks that KEC sells the type in the zone, and has a spot price for it.
func (o Offer) soldHere(launch Launch) []Need {
	var needs []Need
	if o.Quote.Known && o.Quote.Value == nil && !launch.OnDemand {
		n := wrong(NoSpotPrice, "InstanceType", "DescribeSpotPriceHistory", "price "+launch.InstanceType+" "+o.Zone, Words{})
		n[0].words = func(d Demand) Words { return o.unpricedWords(launch, d) }
		needs = n
	}
	if o.soldElsewhere() {
		needs = append(needs, wrong(NotSoldInZone, "InstanceType", "DescribeInstanceTypeConfigs", "type "+launch.InstanceType+" "+o.Zone, Words{
			Facts: fmt.Sprintf("KEC sells no %s in %s, but in %s.", launch.InstanceType, o.Zone, strings.Join(o.Type.Value.Zones, ", ")),
		})...)
	}
	return needs
}

// soldElsewhere tells whether KEC sells the type in other zones only.
func (o Offer) soldElsewhere() bool {
	return o.Type.Value != nil && len(o.Type.Value.Zones) > 0 && !contains(o.Type.Value.Zones, o.Zone)
}

// disks checks that no type of data disk is sold out for the instance type in the zone.
func (o Offer) disks(launch Launch) []Need {
	if o.Type.Value == nil || o.soldElsewhere() {
		return nil
	}
	var needs []Need
	for i, disk := range launch.DataDiskTypes {
		for name, zones := range o.Type.Value.SoldOut {
			if disk == "" || !strings.EqualFold(name, disk) || !contains(zones, o.Zone) {
				continue
			}
			w := SoldOutDisk()
			w.Facts = fmt.Sprintf("%s disks for %s are sold out in %s.", name, launch.InstanceType, o.Zone)
			needs = append(needs, wrong(DiskSoldOut, fmt.Sprintf("DataDisk.%d.Type", i+1), "DescribeInstanceTypeConfigs",
				"disk "+launch.InstanceType+" "+o.Zone+" "+name, w)...)
		}
	}
	return needs
}

func contains(all []string, s string) bool {
	return slices.ContainsFunc(all, func(one string) bool { return strings.EqualFold(one, s) })
}
