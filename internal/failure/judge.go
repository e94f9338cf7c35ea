package failure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// codes are the catalogue's codes of what KEC can be short of.
var codes = map[market.Kind]Code{
	market.BelowMarket:    PriceBelowMarket,
	market.AboveOnDemand:  PriceAboveOnDemand,
	market.OutOfStock:     OutOfStock,
	market.DiskSoldOut:    OutOfStock,
	market.AddressesShort: SubnetFull,
	market.ImageNotActive: ImageUnusable,
	market.NoSuchImage:    ImageUnusable,
	market.NoSpotPrice:    SpotNotOffered,
	market.NotSoldInZone:  SpotNotOffered,
	market.NoSuchSubnet:   InvalidParameter,
	market.AddressOutside: InvalidParameter,
	market.NoSuchGroup:    InvalidParameter,
	market.ForeignGroup:   InvalidParameter,
}

// OfPlan is the failure of a plan that KEC cannot serve now.
func OfPlan(s market.Shortfall) Failure {
	f := newFailure(codes[s.Kind])
	f.Source, f.Action, f.Param = FromPreflight, s.Lookup, s.Param
	f.say(s.Words)
	return f
}

// say takes over the words of a shortfall. A summary or remedy that they leave out stays that of
// the catalogue.
func (f *Failure) say(w market.Words) {
	f.Facts, f.why = w.Facts, w.Why()
	if w.Summary != "" {
		f.Summary = w.Summary
	}
	if w.Remedy != "" {
		f.Remedy = w.Remedy
	}
}

// wants is what an explanation asks KEC for.
type wants struct{ price, stock, addresses, image bool }

// everything is what the likely cause is concluded from, where KEC has not named one.
var everything = wants{price: true, stock: true, addresses: true, image: true}

// wants is what the failure's cause is about. A cause that no look-up can bear out wants nothing,
// so that nobody waits for what no message shows.
func (f Failure) wants(launch market.Launch) wants {
	if f.aside() {
		return wants{}
	}
	return wants{
		price:     f.aboutPrice() && launch.PriceLimit != nil,
		stock:     f.Code == OutOfStock,
		addresses: f.Code == SubnetFull,
		image:     f.Code == ImageUnusable,
	}
}

// offerOf asks for what is wanted. A subnet or an image that KEC does not show is left out: KEC
// took the launch with it, or has refused it with words of its own.
func offerOf(ctx context.Context, snapshot *market.Snapshot, launch market.Launch, w wants) market.Offer {
	o := market.Offer{Zone: launch.Zone}
	if launch.SubnetID != "" && (w.price || w.stock || w.addresses) {
		if subnet, _ := snapshot.Subnet(ctx, launch.SubnetID); subnet != nil {
			o.Subnet, o.Zone = market.AnswerOf(subnet, nil), subnet.Zone
		}
	}
	if launch.ImageID != "" && w.image {
		if image, _ := snapshot.Image(ctx, launch.ImageID); image != nil {
			o.Image = market.AnswerOf(image, nil)
		}
	}
	if o.Zone == "" || launch.InstanceType == "" {
		return o
	}
	if w.price {
		o.Quote = market.AnswerOf(snapshot.Price(ctx, launch.InstanceType, o.Zone))
	}
	if w.stock {
		if n, err := snapshot.Stock(ctx, launch.InstanceType, o.Zone); err == nil {
			if o.Stock = market.AnswerOf(&n, nil); n < 1 {
				o.Elsewhere = snapshot.Elsewhere(ctx, launch.InstanceType, o.Zone)
			}
		}
	}
	return o
}

// aboutPrice tells whether the cause is a bid outside of today's prices. KEC has one code for both
// ends of the range.
func (f Failure) aboutPrice() bool { return f.Code == PriceBelowMarket || f.Code == PriceAboveOnDemand }

// shortfall is what KEC is short of for so many launches, if the failure's cause is such a thing.
func (f Failure) shortfall(o market.Offer, launch market.Launch, n int64) (market.Shortfall, bool) {
	if f.aside() {
		return market.Shortfall{}, false
	}
	short := market.Judge(launch, n, o, market.Ordered)
	i := slices.IndexFunc(short, func(s market.Shortfall) bool {
		code := codes[s.Kind]
		return code == f.Code || f.aboutPrice() && Failure{Cause: CauseOf(code)}.aboutPrice()
	})
	if i < 0 {
		return market.Shortfall{}, false
	}
	return short[i], true
}

// contradicts tells whether KEC offers what it has just refused for stock or price. One machine is
// enough: KEC refuses a batch only if it can open none of it (fact 43: it opens as many as fit).
func (f Failure) contradicts(o market.Offer, launch market.Launch) bool {
	_, short := f.shortfall(o, launch, 1)
	switch {
	case f.Code == OutOfStock:
		return !f.aside() && o.Stock.Known && !short
	case f.aboutPrice():
		return launch.PriceLimit != nil && o.Quote.Value != nil && !short
	default:
		return false
	}
}

// judge holds the launch against what KEC offers now: it fills Facts, and puts the numbers into
// summary and remedy.
func (f *Failure) judge(o market.Offer, launch market.Launch) {
	s, short := f.shortfall(o, launch, launch.Machines())
	again := f.contradicts(o, launch)
	switch {
	case short && !again:
		if f.aboutPrice() {
			f.Cause = CauseOf(codes[s.Kind]) // the numbers tell which end of the range it is
		}
		f.say(s.Words)
	case again && f.aboutPrice():
		f.Summary = "KEC refused the spot price limit, which is within the prices now"
		f.brief = f.Summary
		f.Facts = o.Prices(launch)
		f.Remedy = "Apply again, or leave {SpotPriceLimit} out to follow the market."
		f.Retry = RetryLater // whichever end of the range KEC meant
	case again:
		f.Facts = fmt.Sprintf("There is stock again: KEC can open %d %s in %s now.", *o.Stock.Value, launch.InstanceType, o.Zone)
		f.Remedy = "Apply again, or choose another {InstanceType} or a {SubnetId} in another zone if it is sold out again."
	}
}

// infer concludes the likely cause from what KEC offers now, where KEC has named none.
func (f *Failure) infer(o market.Offer, launch market.Launch) {
	short := market.Judge(launch, 1, o, market.Ordered)
	if len(short) == 0 {
		return
	}
	f.Cause, f.Source = CauseOf(codes[short[0].Kind]), Inferred
	f.say(short[0].Words)
	f.Facts += " KEC gave no reason; this is concluded from what it offers now."
}

// aside tells whether something beside the machine is short: one disk, one interface or a thing.
func (f Failure) aside() bool {
	return f.thing != nil || nested(f.Param) && (f.Code == OutOfStock || f.Code == SubnetFull)
}

// nested tells whether a parameter belongs to one disk or one network interface.
func nested(param string) bool { return strings.Contains(param, ".") }

// joined joins the parts that are not empty.
func joined(separator string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, separator)
}
