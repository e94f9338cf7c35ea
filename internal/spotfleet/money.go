package spotfleet

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// quote is what KEC offers a candidate, as far as its price needs it: the zone and the prices.
func quote(ctx context.Context, s *market.Snapshot, launch market.Launch) (market.Offer, error) {
	var o market.Offer
	subnet, err := s.Subnet(ctx, launch.SubnetID)
	if err != nil || subnet == nil {
		return o, err
	}
	o.Zone = subnet.Zone
	o.Quote = market.AnswerOf(s.Price(ctx, launch.InstanceType, o.Zone))
	return o, o.Quote.Err
}

// bid is the price limit of a candidate, nil for none, and what one of its machines costs an hour
// at most, nil if nobody asks. Why says what keeps it from being known.
func (f *filling) bid(ctx context.Context, i int) (limit, price *decimal.Decimal, why string) {
	c := f.plan.offers()[i]
	limit = c.limit()
	if limit != nil {
		return limit, limit, ""
	}
	launch := f.plan.launch(i, nil)
	offer, err := quote(ctx, f.Market.Recent(priceAge), launch)
	f.rows[i].Zone = offer.Zone
	if share := tfvalue.Decimal(c.MaxPriceShare); share != nil {
		limit = offer.Share(*share)
		if limit == nil {
			return nil, nil, unknownPrice(launch, err)
		}
		return limit, limit, ""
	}
	price = offer.HourlyCost(launch)
	switch {
	case price != nil:
		f.mem.price(launch.InstanceType, launch.SubnetID, *price)
	case !f.plan.MaxHourlyCost.IsNull():
		return nil, nil, unknownPrice(launch, err)
	}
	return nil, price, ""
}

// unknownPrice says that a price is needed and not known.
func unknownPrice(launch market.Launch, err error) string {
	text := "The on-demand price of " + launch.InstanceType + " is not known, and without it no bid"
	if launch.OnDemand {
		text = "The on-demand price of " + launch.InstanceType + " is not known, and without it no cost"
	}
	if err != nil {
		return text + fmt.Sprintf(": %v.", err)
	}
	return text + "."
}

// affordable is how many machines of a candidate, up to n, fit under max_hourly_cost beside those
// that there are. If that is none, the candidate is closed.
func (f *filling) affordable(ctx context.Context, i int, n int64, price *decimal.Decimal) int64 {
	most := tfvalue.Decimal(f.plan.MaxHourlyCost)
	if most == nil {
		return n
	}
	f.learnPrices(ctx)
	now := f.mem.ceiling(f.have)
	switch {
	case price == nil || now == nil:
		f.close(i, "What the machines cost is not known, and max_hourly_cost must not be exceeded.", false)
		f.dear = true
		return 0
	case price.Sign() <= 0:
		return n
	}
	fits := most.Sub(*now).Div(*price).Floor().IntPart()
	if fits < n {
		f.dear = true
	}
	if fits < 1 {
		f.close(i, fmt.Sprintf("max_hourly_cost is %s; the machines cost up to %s, and one more %s.", most, now, price), false)
	}
	return max(min(n, fits), 0)
}

// learnPrices asks for the on-demand prices that the cost of the members needs and that nothing
// remembers, as after an import.
func (f *filling) learnPrices(ctx context.Context) {
	for _, one := range f.have {
		if f.mem.cost(one) != nil {
			continue
		}
		launch := f.plan.launchOf(one)
		if offer, err := quote(ctx, f.Market.Recent(priceAge), launch); err == nil {
			if price := offer.HourlyCost(launch); price != nil {
				f.mem.price(launch.InstanceType, launch.SubnetID, *price)
			}
		}
	}
}

// priceNow is what a machine of a candidate costs at this moment, nil if that is not known.
func (f *filling) priceNow(ctx context.Context, i int) *decimal.Decimal {
	offer, err := quote(ctx, f.Market.Recent(priceAge), f.plan.launch(i, nil))
	if err != nil || offer.Quote.Value == nil {
		return nil
	}
	return &offer.Quote.Value.Now
}
