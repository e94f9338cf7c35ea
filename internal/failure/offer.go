package failure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// offer is what KEC offers now to one launch. Whatever could not be had, or was
// not asked for, is nil.
type offer struct {
	zone      string
	quote     *market.Quote
	unpriced  bool // KEC lists no spot price
	stock     *int
	elsewhere []market.Place // where there is stock, if there is none here
	subnet    *kec.Subnet
	image     *kec.Image
}

// observe asks for the numbers that the cause is about, and for all where the cause
// is none that KEC says.
func observe(ctx context.Context, snapshot *market.Snapshot, launch market.Launch, about Code) offer {
	all := !CauseOf(about).recognised()
	price := about == PriceBelowMarket || about == PriceAboveOnDemand || all
	stock := about == OutOfStock || all
	o := offer{zone: launch.Zone}
	if launch.SubnetID != "" && (price || stock || about == SubnetFull) {
		if o.subnet, _ = snapshot.Subnet(ctx, launch.SubnetID); o.subnet != nil {
			o.zone = o.subnet.Zone
		}
	}
	if launch.ImageID != "" && (about == ImageUnusable || all) {
		o.image, _ = snapshot.Image(ctx, launch.ImageID)
	}
	if o.zone == "" || launch.InstanceType == "" {
		return o
	}
	if price {
		quote, err := snapshot.Price(ctx, launch.InstanceType, o.zone)
		o.quote, o.unpriced = quote, err == nil && quote == nil
	}
	if stock {
		if n, err := snapshot.Stock(ctx, launch.InstanceType, o.zone); err == nil {
			if o.stock = &n; n < 1 {
				o.elsewhere = snapshot.Elsewhere(ctx, launch.InstanceType, o.zone)
			}
		}
	}
	return o
}

// likely concludes a cause from what is offered alone.
func (o offer) likely(launch market.Launch) (Cause, bool) {
	switch limit := launch.PriceLimit; {
	case limit != nil && o.quote != nil && limit.LessThan(o.quote.Now):
		return CauseOf(PriceBelowMarket), true
	case limit != nil && o.quote != nil && o.quote.OnDemand != nil && limit.GreaterThan(*o.quote.OnDemand):
		return CauseOf(PriceAboveOnDemand), true
	case o.stock != nil && *o.stock < 1:
		return CauseOf(OutOfStock), true
	case o.subnet != nil && o.subnet.FreeIPs != nil && *o.subnet.FreeIPs < 1:
		return CauseOf(SubnetFull), true
	case o.image != nil && !Boots(o.image):
		return CauseOf(ImageUnusable), true
	case o.unpriced:
		return CauseOf(SpotNotOffered), true
	}
	return Cause{}, false
}

// denies tells whether what is offered is at odds with the refusal of a launch for
// stock or price.
func (o offer) denies(f Failure, launch market.Launch) bool {
	switch f.Code {
	case OutOfStock:
		return !nested(f.Param) && o.stock != nil && *o.stock > 0
	case PriceBelowMarket, PriceAboveOnDemand:
		_, outside := OutsidePrices(launch, o.zone, o.quote)
		return launch.PriceLimit != nil && o.quote != nil && !outside
	default:
		return false
	}
}

// weigh holds the launch against what is offered: it fills Facts and sharpens
// summary and remedy where the numbers allow it.
func (f *Failure) weigh(o offer, launch market.Launch) {
	where := launch.InstanceType + " in " + o.zone
	switch f.Code {
	case PriceBelowMarket, PriceAboveOnDemand:
		// The code alone does not tell which end of the range it is.
		if cause, ok := OutsidePrices(launch, o.zone, o.quote); ok {
			f.Cause, f.Facts = cause.Cause, cause.Facts
		} else if o.quote != nil && launch.PriceLimit != nil {
			f.Facts = priced(launch, o.zone, o.quote)
		}
	case OutOfStock:
		switch {
		case o.stock == nil || nested(f.Param): // a disk is sold out, not the type
		case *o.stock < 1:
			f.Summary = fmt.Sprintf("Out of stock: 1 wanted, %d available", *o.stock)
			f.Facts = joined(" ", fmt.Sprintf("1 %s was ordered; KEC can open %d there now.", where, *o.stock), Elsewhere(o.elsewhere))
		default:
			f.Facts = fmt.Sprintf("There is stock again: KEC can open %d %s now.", *o.stock, where)
			f.Remedy = "Apply again, or choose another instance_type or a subnet_id in another zone if it is sold out again."
		}
	case SubnetFull:
		if o.subnet == nil || o.subnet.FreeIPs == nil || *o.subnet.FreeIPs > 0 || nested(f.Param) { // some were freed meanwhile
			return
		}
		f.Facts = fmt.Sprintf("Subnet %s (%s) in %s has %d free addresses; the launch needs 1.",
			launch.SubnetID, o.subnet.CIDR, o.zone, *o.subnet.FreeIPs)
	case ImageUnusable:
		if o.image != nil && !Boots(o.image) {
			f.Facts = BrokenImage(o.image)
		}
	case SpotNotOffered:
		if o.unpriced {
			f.Facts = fmt.Sprintf("KEC lists no spot price for %s.", where)
		}
	}
}

// Boots tells whether an image is in the one state that boots (fact 95). An image
// whose state KEC does not tell is given the benefit of the doubt.
func Boots(image *kec.Image) bool {
	return image.State == "" || strings.EqualFold(image.State, "active")
}

// BrokenImage says why an image does not boot.
func BrokenImage(image *kec.Image) string {
	return fmt.Sprintf("Image %s is in state %q; only active images boot.", image.ID, image.State)
}

// OutsidePrices explains a price limit that is outside today's prices; false where
// it is inside, or where there is nothing to compare.
func OutsidePrices(launch market.Launch, zone string, q *market.Quote) (Failure, bool) {
	if launch.PriceLimit == nil || q == nil {
		return Failure{}, false
	}
	f := Failure{Facts: priced(launch, zone, q)}
	switch limit := *launch.PriceLimit; {
	case q.OnDemand != nil && limit.GreaterThan(*q.OnDemand):
		f.Cause = CauseOf(PriceAboveOnDemand)
		f.Remedy = fmt.Sprintf("Lower spot_price_limit to at most %s, or leave it out to follow the market.", q.OnDemand)
	case limit.LessThan(q.Now):
		f.Cause = CauseOf(PriceBelowMarket)
		f.Remedy = fmt.Sprintf("Raise spot_price_limit to at least %s, or leave it out to follow the market.", q.Now)
	default:
		return Failure{}, false
	}
	return f, true
}

// priced puts a price limit beside the prices, now and of the last hours.
func priced(launch market.Launch, zone string, q *market.Quote) string {
	also, before := "", ""
	if q.OnDemand != nil {
		also = fmt.Sprintf(" (on-demand %s)", q.OnDemand)
	}
	if q.Hours > 0 {
		last := "hour"
		if q.Hours > 1 {
			last = fmt.Sprintf("%d hours", q.Hours)
		}
		before = fmt.Sprintf("In the last %s it was %s at the lowest and %s at the highest.", last, q.Low, q.High)
	}
	return joined(" ", fmt.Sprintf("%s in %s costs %s CNY per hour now%s; the limit is %s.",
		launch.InstanceType, zone, q.Now, also, launch.PriceLimit), before)
}

// Elsewhere is a sentence that names the zones which have stock, "" without any.
func Elsewhere(places []market.Place) string {
	if len(places) == 0 {
		return ""
	}
	text := fmt.Sprintf("In %s it can open %d", places[0].Zone, places[0].Count)
	for _, p := range places[1:] {
		text += fmt.Sprintf(", in %s %d", p.Zone, p.Count)
	}
	return text + "."
}

// nested tells whether a parameter belongs to one disk or one interface.
func nested(param string) bool { return strings.Contains(param, ".") }

// joined leaves out what is empty.
func joined(separator string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, separator)
}
