package failure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// market is what KEC offers now to a launch. Whatever could not be had is nil.
type market struct {
	zone           string
	spot, onDemand *decimal.Decimal
	stock          *int
	subnet         *kec.Subnet
}

// observe asks for the numbers that the cause is about; Unknown asks for all.
func observe(ctx context.Context, client *kec.Client, launch Launch, about Code) market {
	price := about == PriceBelowMarket || about == PriceAboveOnDemand || about == Unknown
	stock := about == OutOfStock || about == Unknown
	m := market{zone: launch.Zone}
	if launch.SubnetID != "" && (price || stock || about == SubnetFull) {
		subnets, err := client.DescribeSubnets(ctx, launch.SubnetID)
		if err == nil && len(subnets) == 1 {
			m.subnet = &subnets[0]
			m.zone = m.subnet.Zone
		}
	}
	if m.zone == "" || launch.InstanceType == "" {
		return m
	}
	if price {
		if points, err := client.DescribeSpotPriceHistory(ctx, launch.InstanceType, m.zone); err == nil && len(points) > 0 {
			last := points[len(points)-1]
			m.spot = &last.Spot
			if last.OnDemand.Sign() > 0 { // which an answer may leave out
				m.onDemand = &last.OnDemand
			}
		}
	}
	if stock {
		if n, err := client.DescribeKecInventory(ctx, launch.InstanceType, m.zone); err == nil {
			m.stock = &n
		}
	}
	return m
}

// likely concludes a cause from the numbers alone.
func (m market) likely(launch Launch) (Cause, bool) {
	switch {
	case launch.PriceLimit != nil && m.spot != nil && launch.PriceLimit.LessThan(*m.spot):
		return causeOf(PriceBelowMarket), true
	case m.stock != nil && *m.stock < 1:
		return causeOf(OutOfStock), true
	case m.subnet != nil && m.subnet.FreeIPs != nil && *m.subnet.FreeIPs < 1:
		return causeOf(SubnetFull), true
	}
	return Cause{}, false
}

// weigh holds the launch against the numbers: it fills Facts and sharpens
// summary and remedy where the numbers allow it.
func (f *Failure) weigh(m market, launch Launch) {
	where := launch.InstanceType + " in " + m.zone
	switch f.Code {
	case PriceBelowMarket, PriceAboveOnDemand:
		if m.spot == nil || launch.PriceLimit == nil {
			return
		}
		limit := *launch.PriceLimit
		also := ""
		if m.onDemand != nil {
			also = fmt.Sprintf(" (on-demand %s)", m.onDemand)
		}
		f.Facts = fmt.Sprintf("%s costs %s CNY per hour now%s; the limit is %s.", where, m.spot, also, limit)
		switch {
		case m.onDemand != nil && limit.GreaterThan(*m.onDemand):
			f.Cause = causeOf(PriceAboveOnDemand) // the code alone does not tell which end of the range it is
			f.Remedy = fmt.Sprintf("Lower spot_price_limit to at most %s, or leave it out to follow the market.", m.onDemand)
		case limit.LessThan(*m.spot):
			f.Cause = causeOf(PriceBelowMarket)
			f.Remedy = fmt.Sprintf("Raise spot_price_limit to at least %s, or leave it out to follow the market.", m.spot)
		}
	case OutOfStock:
		switch {
		case m.stock == nil:
		case *m.stock < 1:
			f.Summary = fmt.Sprintf("Out of stock: 1 wanted, %d available", *m.stock)
			f.Facts = fmt.Sprintf("1 %s was ordered; KEC can open %d there now.", where, *m.stock)
		default:
			f.Facts = fmt.Sprintf("There is stock again: KEC can open %d %s now.", *m.stock, where)
			f.Remedy = "Apply again, or choose another instance_type or a subnet_id in another zone if it is sold out again."
		}
	case SubnetFull:
		if m.subnet == nil || m.subnet.FreeIPs == nil || *m.subnet.FreeIPs > 0 { // some were freed meanwhile
			return
		}
		f.Facts = fmt.Sprintf("Subnet %s (%s) in %s has %d free addresses; the launch needs 1.",
			launch.SubnetID, m.subnet.CIDR, m.zone, *m.subnet.FreeIPs)
	}
}

// joined leaves out what is empty.
func joined(separator string, parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return strings.Join(parts, separator)
}
