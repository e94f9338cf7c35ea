package market

import (
	"cmp"
	"fmt"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Words is how a shortfall reads. Summary and Remedy are "" where the catalogue of failures has
// what there is to say.
type Words struct {
	Summary string // one line
	Facts   string // sentences with the numbers that clash
	Remedy  string // one sentence; it names API parameters in braces, such as "{SubnetId}"
	Brief   string // one sentence with the numbers, for a line that names type and zone; "" where Facts are as short
}

// Why is one sentence with the numbers, for a line that names type and zone.
func (w Words) Why() string { return cmp.Or(w.Brief, w.Facts) }

// Form is the tense of the words.
type Form int

// The forms: of a plan, and of a launch that has failed.
const (
	Planned Form = iota
	Ordered
)

// String is how many are wanted, in a message: "3" or "at least 3".
func (d Demand) String() string {
	if d.AtLeast && d.Wanted > 1 {
		return fmt.Sprintf("at least %d", d.Wanted)
	}
	return fmt.Sprint(d.Wanted)
}

// others says how much of a thing others want, "" if they want none.
func (d Demand) others() string {
	if d.Others < 1 {
		return ""
	}
	return fmt.Sprintf(", %d for others", d.Others)
}

func (o Offer) stockWords(launch Launch, d Demand) Words {
	have := *o.Stock.Value
	w := Words{Summary: fmt.Sprintf("Out of stock: %d wanted, %d available", d.Wanted, have)}
	switch {
	case d.Form == Planned:
		w.Facts = fmt.Sprintf("This plan orders %s %s in %s; KEC can open %d now, %d short.",
			d, launch.InstanceType, o.Zone, have, d.Wanted-int64(have))
	case d.Wanted == 1:
		w.Facts = fmt.Sprintf("1 %s in %s was ordered; KEC can open %d there now.", launch.InstanceType, o.Zone, have)
	default:
		w.Facts = fmt.Sprintf("%s %s in %s were ordered; KEC can open %d there now.", d, launch.InstanceType, o.Zone, have)
	}
	if places := elsewhere(o.Elsewhere); places != "" {
		w.Facts += " " + places
	}
	w.Brief = fmt.Sprintf("Out of stock: %d wanted, %d available%s.", d.Wanted-d.Others, have, d.others())
	if have > 0 {
		w.Remedy = "Order fewer, move some to another zone, or choose another {InstanceType}."
	}
	return w
}

// elsewhere is a sentence that names the zones which have stock, "" without any.
func elsewhere(places []Place) string {
	if len(places) == 0 {
		return ""
	}
	text := fmt.Sprintf("In %s it can open %d", places[0].Zone, places[0].Count)
	for _, p := range places[1:] {
		text += fmt.Sprintf(", in %s %d", p.Zone, p.Count)
	}
	return text + "."
}

func addressWords(subnet *kec.Subnet, id string, d Demand) Words {
	free := *subnet.FreeIPs
	w := Words{Brief: fmt.Sprintf("Too few free addresses in subnet %s: %d wanted, %d free%s.", id, d.Wanted-d.Others, free+d.Freed, d.others())}
	if free > 0 {
		w.Summary = fmt.Sprintf("The subnet has too few free addresses: %d wanted, %d free", d.Wanted, free)
		w.Remedy = "Order fewer in this subnet, free some of its addresses, or choose another {SubnetId}."
	}
	if d.Form == Ordered {
		w.Facts = fmt.Sprintf("Subnet %s (%s) in %s has %d free addresses; the launch needs %s.", id, subnet.CIDR, subnet.Zone, free, d)
		return w
	}
	noun := "addresses"
	if d.Wanted == 1 {
		noun = "address"
	}
	w.Facts = fmt.Sprintf("This plan needs %s %s in subnet %s (%s) in %s; %d are free, %d short.",
		d, noun, id, subnet.CIDR, subnet.Zone, free, d.Wanted-free-d.Freed)
	if d.Freed > 0 {
		w.Facts += fmt.Sprintf(" %d more are those of instances that this plan ends.", d.Freed)
	}
	return w
}

// unpricedWords says "probably" in a plan, because an empty list of prices is no proof.
func (o Offer) unpricedWords(launch Launch, d Demand) Words {
	w := Words{Facts: fmt.Sprintf("KEC lists no spot price for %s in %s.", launch.InstanceType, o.Zone)}
	if d.Form == Planned {
		w.Summary = "Probably not offered as a Spot Instance"
	}
	return w
}

// SoldOutDisk says that a type of data disk is out of stock, for a plan and for KEC's refusal.
func SoldOutDisk() Words {
	return Words{
		Summary: "A type of data disk is out of stock",
		Remedy:  "Choose another type for this data disk, or a {SubnetId} in another zone, or try again later.",
	}
}

// Prices compares the price limit with the prices now and of the last hours. It is "" if the
// launch has no limit, or prices are not known.
func (o Offer) Prices(launch Launch) string {
	q := o.Quote.Value
	if q == nil || launch.PriceLimit == nil {
		return ""
	}
	onDemand := ""
	if q.OnDemand != nil {
		onDemand = fmt.Sprintf(" (on-demand %s)", q.OnDemand)
	}
	text := fmt.Sprintf("%s in %s costs %s CNY per hour now%s; the limit is %s.", launch.InstanceType, o.Zone, q.Now, onDemand, launch.PriceLimit)
	if q.Hours > 0 {
		last := "hour"
		if q.Hours > 1 {
			last = fmt.Sprintf("%d hours", q.Hours)
		}
		text += fmt.Sprintf(" In the last %s it was %s at the lowest and %s at the highest.", last, q.Low, q.High)
	}
	return text
}
