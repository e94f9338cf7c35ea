package kec

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// SpotPrice is one point of the price history of an instance type in a zone, in CNY per hour.
type SpotPrice struct {
	Spot     decimal.Decimal
	OnDemand decimal.Decimal // the pay-as-you-go price; zero when the answer has none
	At       time.Time       // UTC
}

// The window of a price history, in hours (fact 90: three by default, at most three days).
const (
	DefaultPriceHours = 3
	MaxPriceHours     = 72
)

// startTimeLayout is how StartTime is written. It means UTC+8 in spite of its Z (fact 90).
const startTimeLayout = "2006-01-02T15:04:05Z"

// DescribeSpotPriceHistory returns the prices of an instance type in a zone, oldest first: hourly
// points of the last hours (facts 90 and 91: window and points). A point without a price or a time
// is left out. An answer that has points, and only such ones, is an error; an answer without points
// is none. The default window is asked for by leaving it out, so that it is KEC's clock that
// counts.
func (c *Client) DescribeSpotPriceHistory(ctx context.Context, instanceType, zone string, hours int) ([]SpotPrice, error) {
	params := typeInZone(instanceType, zone)
	if hours != DefaultPriceHours {
		start := c.Now().Add(-time.Duration(hours) * time.Hour)
		if hours == MaxPriceHours {
			start = start.Add(time.Minute) // by KEC's clock it might be more than three days
		}
		params.Set("StartTime", start.In(ksyun.Beijing).Format(startTimeLayout))
	}
	var prices []SpotPrice
	err := c.read(ctx, action("DescribeSpotPriceHistory", params), func(ans *ksyun.Answer) error {
		list, ok := ans.List("spotprices")
		if !ok {
			return ans.Unusable("the answer holds no SpotPrices")
		}
		if prices = pricesIn(list); len(prices) == 0 && len(list) > 0 {
			return ans.Unusable("none of the %d points of the answer has a price and a time", len(list))
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
			SpotPrice, OriginPrice ksyun.Number
			Timestamp              ksyun.Instant
		}
		ksyun.Decode(raw, &w)
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

// DescribeKecInventory returns how many instances of a type can be opened in a zone now (fact 92:
// InstanceCount). Whether that counts spot stock is not documented.
func (c *Client) DescribeKecInventory(ctx context.Context, instanceType, zone string) (int, error) {
	var count ksyun.Number
	err := c.read(ctx, action("DescribeKecInventory", typeInZone(instanceType, zone)), func(ans *ksyun.Answer) error {
		if ksyun.Decode(ans.Fields["instancecount"], &count); count.Int() == nil {
			return ans.Unusable("the answer holds no InstanceCount")
		}
		return nil
	})
	return int(count.IntOr(0)), err
}

func typeInZone(instanceType, zone string) url.Values {
	return url.Values{"InstanceType": {instanceType}, "AvailabilityZone": {zone}}
}
