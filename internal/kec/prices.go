package kec

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// SpotPrice is one point of the price history of an instance type in a zone, in CNY per hour.
type SpotPrice struct {
	Spot     decimal.Decimal
	OnDemand decimal.Decimal // the pay-as-you-go price; zero when the answer has none
	At       time.Time       // UTC
}

// DescribeSpotPriceHistory returns the prices of an instance type in a zone over the service's default window, which is the last
// three hours in hourly points (facts 90 and 91), oldest first. A point without a price or a time is left out; an answer with none but such
// points is an error. No points at all is none.
func (c *Client) DescribeSpotPriceHistory(ctx context.Context, instanceType, zone string) ([]SpotPrice, error) {
	var prices []SpotPrice
	err := c.ask(ctx, &call{
		service: kecService, action: "DescribeSpotPriceHistory", version: kecVersion,
		form: url.Values{"InstanceType": {instanceType}, "AvailabilityZone": {zone}},
	}, func(ans *answer) error {
		list, ok := ans.list("spotprices")
		if !ok {
			return ans.malformed("the answer holds no SpotPrices")
		}
		if prices = pricesIn(list); len(prices) == 0 && len(list) > 0 {
			return ans.malformed("none of the %d points of the answer has a price and a time", len(list))
		}
		return nil
	})
	return prices, err
}

// pricesIn are the points of SpotPrices that have a price and a time, oldest first.
func pricesIn(list []json.RawMessage) []SpotPrice {
	var prices []SpotPrice
	for _, raw := range list {
		var w struct {
			SpotPrice, OriginPrice number
			Timestamp              instant
		}
		decode(raw, &w)
		if w.SpotPrice.Decimal == nil || w.Timestamp.Time == nil {
			continue
		}
		p := SpotPrice{Spot: *w.SpotPrice.Decimal, At: *w.Timestamp.Time}
		if w.OriginPrice.Decimal != nil {
			p.OnDemand = *w.OriginPrice.Decimal
		}
		prices = append(prices, p)
	}
	slices.SortStableFunc(prices, func(a, b SpotPrice) int { return a.At.Compare(b.At) })
	return prices
}

// DescribeKecInventory returns how many instances of a type can be opened in a zone now (fact 92). Whether that counts spot stock is not
// documented.
func (c *Client) DescribeKecInventory(ctx context.Context, instanceType, zone string) (int, error) {
	var count number
	err := c.ask(ctx, &call{
		service: kecService, action: "DescribeKecInventory", version: kecVersion,
		form: url.Values{"InstanceType": {instanceType}, "AvailabilityZone": {zone}},
	}, func(ans *answer) error {
		if decode(ans.fields["instancecount"], &count); count.int() == nil {
			return ans.malformed("the answer holds no InstanceCount")
		}
		return nil
	})
	return int(count.intOr(0)), err
}
