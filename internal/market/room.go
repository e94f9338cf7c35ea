package market

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Room is how many launches like this one KEC can serve of those wanted, and what keeps it from
// serving all. What others want of a need already, less what is given back, is taken by the need's
// key. What is unknown does not limit; nor does what is not certain, which is told all the same.
func Room(launch Launch, wanted int64, o Offer, form Form, taken func(key string) int64) (n int64, short []Shortfall) {
	needs := Needs(launch, o)
	each := map[string]int64{}
	for _, need := range needs {
		each[need.Key]++
	}
	n = max(wanted, 0)
	for _, need := range needs {
		per := each[need.Key]
		if per == 0 || wanted < 1 {
			continue // told already, or nothing to tell
		}
		others := taken(need.Key)
		d := Demand{Form: form, Wanted: wanted*per + max(others, 0), Others: max(others, 0), Freed: max(-others, 0)}
		if need.perLaunch() {
			d = Demand{Form: form, Wanted: wanted}
		}
		if !need.Exceeds(d) {
			continue
		}
		s := need.shortfall(d)
		switch {
		case !need.perLaunch():
			s.fits = max(need.have-others, 0) / per
		case !s.Certain():
			s.fits = wanted
		}
		short, each[need.Key], n = append(short, s), 0, min(n, s.fits)
	}
	return n, short
}

// Reason is one sentence with its numbers about the shortfall that leaves room for the fewest
// launches, the likeliest of several; "" without any.
func Reason(short []Shortfall) string {
	if len(short) == 0 {
		return ""
	}
	return slices.MinFunc(short, func(a, b Shortfall) int { return cmp.Compare(a.fits, b.fits) }).Why()
}

// Patient is the offer to one who waits: without stock and price, which come and go.
func (o Offer) Patient() Offer {
	o.Quote, o.Stock = Answer[Quote]{}, Answer[int]{}
	if o.Type.Value != nil {
		sold := *o.Type.Value
		sold.SoldOut = nil
		o.Type.Value = &sold
	}
	return o
}

// HourlyCost is what a machine of the launch costs an hour at most, in CNY: its limit, or without
// one the on-demand price. It is nil if that price is unknown.
func (o Offer) HourlyCost(launch Launch) *decimal.Decimal {
	switch {
	case launch.PriceLimit != nil && !launch.OnDemand:
		return launch.PriceLimit
	case o.Quote.Value == nil:
		return nil
	default:
		return o.Quote.Value.OnDemand
	}
}

// limitDecimals is how exact a price limit may be.
const limitDecimals = 5

// Share is the price limit that is this share of the on-demand price, rounded down. It is nil where
// that price is unknown.
func (o Offer) Share(share decimal.Decimal) *decimal.Decimal {
	if o.Quote.Value == nil || o.Quote.Value.OnDemand == nil {
		return nil
	}
	limit := o.Quote.Value.OnDemand.Mul(share).RoundDown(limitDecimals)
	return &limit
}

// Row is one candidate of a fleet in a message.
type Row struct {
	At          string // such as "candidates[0]"
	Type, Zone  string // "" where they are unknown
	Wanted, Got int64  // wanted is 0 where it is not asked
	Why         string // one sentence with its numbers; "" where it got all
}

// Table writes candidates one a line.
func Table(rows []Row) string {
	widest := 0
	for _, r := range rows {
		widest = max(widest, len(r.At))
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprintf("%-*s  %s", widest, r.At, r)
	}
	return strings.Join(lines, "\n")
}

// String is what a row says of its candidate: "N3.2B in cn-beijing-6a: 25 of 40. Out of stock: 40
// wanted, 25 available."
func (r Row) String() string {
	text := r.Type
	if r.Type != "" && r.Zone != "" {
		text += " in " + r.Zone
	}
	if text != "" {
		text += ": "
	}
	if r.Wanted > 0 {
		text += fmt.Sprintf("%d of %d.", r.Got, r.Wanted)
	} else {
		text += "not asked."
	}
	return strings.TrimSuffix(text+" "+r.Why, " ")
}
