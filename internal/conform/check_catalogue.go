package conform

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// catalogueChecks are about types, prices, stock, images and zones.
func catalogueChecks() []check {
	inZone := func(action string, more ...string) asker {
		return here(func(ctx context.Context, s *session, w *world) (reply, error) {
			return s.call(ctx, ksyun.KEC, action, form(append([]string{"InstanceType", w.Type, "AvailabilityZone", w.zone}, more...)...))
		})
	}
	history, stock := inZone("DescribeSpotPriceHistory"), inZone("DescribeKecInventory")
	ownType := here(func(ctx context.Context, s *session, w *world) (reply, error) {
		return s.call(ctx, ksyun.KEC, "DescribeInstanceTypeConfigs", form("Filter.1.Name", "instance-type", "Filter.1.Value.1", w.Type))
	})
	return []check{
		{facts: about(90), asks: "DescribeSpotPriceHistory without times", expects: "points of the last 3 hours", ask: defaultWindow},
		{facts: about(90), asks: "DescribeSpotPriceHistory from 4 days ago", expects: "refused", ask: tooLongWindow},
		holdsFields(about(91), "DescribeSpotPriceHistory", history, "SpotPrices.SpotPrice", "SpotPrices.OriginPrice", "SpotPrices.Timestamp"),
		shows(about(91), "Timestamp of DescribeSpotPriceHistory", "like 2023-09-17 16:00:00", history, func(r reply) (string, bool) {
			at := r.text("SpotPrices.Timestamp")
			return at, regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`).MatchString(at)
		}),
		shows(about(91, 203), "SpotPrice of DescribeSpotPriceHistory", "a JSON number of at most 4 decimals", history, func(r reply) (string, bool) {
			raw, _ := r.at("SpotPrices.SpotPrice")
			price, err := decimal.NewFromString(ksyun.TextOf(raw))
			return "a JSON " + kind(raw) + ", " + string(raw), kind(raw) == "number" && err == nil && price.Exponent() >= -4
		}),
		{facts: about(130), asks: "the spot prices of the zone beside the pay-as-you-go prices", expects: "each from 10 % to 90 %", ask: priceBand},
		{facts: about(203), asks: "DescribeSpotPriceHistory of a type without spot prices", expects: "0 in SpotPrices", ask: historyOfUnsold},
		holdsFields(about(92), "DescribeKecInventory of a type in a zone", stock, "InstanceCount"),
		answers(about(176), "DescribeKecInventory without a zone", badName, callsKEC("DescribeKecInventory", "InstanceType", "N3.2B")),
		answers(about(176), "DescribeKecInventory of a type that does not exist", badValue, here(func(ctx context.Context, s *session, w *world) (reply, error) {
			return s.call(ctx, ksyun.KEC, "DescribeKecInventory", form("InstanceType", "Z9.1A", "AvailabilityZone", w.zone))
		})),
		answers(about(176), "DescribeSpotPriceHistory in a zone that does not exist", badValue,
			callsKEC("DescribeSpotPriceHistory", "InstanceType", "N3.2B", "AvailabilityZone", "cn-nowhere-1a")),
		holdsFields(about(93), "DescribeInstanceTypeConfigs of a type", ownType,
			"InstanceTypeConfigSet.InstanceType", "InstanceTypeConfigSet.AvailabilityZoneSet.AzCode", "InstanceTypeConfigSet.SystemDiskQuotaSet.SystemDiskType",
			"InstanceTypeConfigSet.DataDiskQuotaSet.DataDiskType", "InstanceTypeConfigSet.DataDiskQuotaSet.DataDiskMinSize",
			"InstanceTypeConfigSet.DataDiskQuotaSet.DataDiskMaxsize", "InstanceTypeConfigSet.DataDiskQuotaSet.DataDiskCount"),
		holdsFields(about(93, 230), "the disks of a type by zone", ownType,
			"InstanceTypeConfigSet.DataDiskQuotaSet.AvailabilityZoneSet.AzCode", "InstanceTypeConfigSet.DataDiskQuotaSet.AvailabilityZoneSet.IsSellOut"),
		shows(about(42), "the name of a type in DescribeInstanceTypeConfigs", "like N3.2B", ownType, func(r reply) (string, bool) {
			name := r.text("InstanceTypeConfigSet.InstanceType")
			return name, regexp.MustCompile(`^[A-Z0-9]+\.\d+[A-Z]$`).MatchString(name)
		}),
		{facts: about(244, 297), asks: "the zones of the type that is sold in the zone, in the list of all types", expects: "the zone is among them", ask: zonesOfType},
		holdsFields(about(94), "DescribeInstanceFamilys", callsKEC("DescribeInstanceFamilys"), "InstanceFamilySet.InstanceFamily"),
		holdsFields(about(95), "DescribeImages", callsKEC("DescribeImages"), "ImagesSet.ImageId", "ImagesSet.ImageState"),
		shows(about(205), "DescribeImages with ImageType=system", "each with Type system", callsKEC("DescribeImages", "ImageType", "system"), func(r reply) (string, bool) {
			observed, holds := only("ImagesSet", "Type", "system")(r)
			return observed, holds
		}),
		shows(about(205, 243), "DescribeImages of an id that nothing has", "0 in ImagesSet", callsKEC("DescribeImages", "ImageId", "IMG-"+nobody),
			countOf("ImagesSet", "0 in ImagesSet")),
		{facts: about(217), asks: "DescribeImages of one id with and without IMG-", expects: "the same image", ask: bothImageIDs},
		holdsFields(about(96), "DescribeAvailabilityZones", callsKEC("DescribeAvailabilityZones"), "AvailabilityZoneSet.AvailabilityZone", "AvailabilityZoneSet.Region"),
		holdsFields(about(96), "DescribeRegions", callsKEC("DescribeRegions"), "RegionSet.Region", "RegionSet.RegionName"),
	}
}

// defaultWindow asks for the history that is given without times.
func defaultWindow(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	r, err := s.call(ctx, ksyun.KEC, "DescribeSpotPriceHistory", form("InstanceType", w.Type, "AvailabilityZone", w.zone))
	if err != nil || r.status != 200 {
		return r.String(), false, err
	}
	points := r.list("SpotPrices")
	for _, raw := range points {
		text, _ := within(raw, "Timestamp")
		at, readable := ksyun.ParseTime(ksyun.TextOf(text))
		if age := s.api.Now().Sub(at); !readable || age > 4*time.Hour || age < -time.Hour {
			return "a point of " + ksyun.TextOf(text), false, nil
		}
	}
	return fmt.Sprintf("%d points of the last 3 hours", len(points)), len(points) >= 3 && len(points) <= 5, nil
}

func tooLongWindow(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	from := s.api.Now().Add(-96 * time.Hour).In(ksyun.Beijing).Format("2006-01-02T15:04:05Z")
	r, err := s.call(ctx, ksyun.KEC, "DescribeSpotPriceHistory", form("InstanceType", w.Type, "AvailabilityZone", w.zone, "StartTime", from))
	return "answered " + r.String(), r.status == 400, err
}

func priceBand(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	var odd, all []string
	for _, o := range w.offers {
		if o.OnDemand.IsZero() {
			continue
		}
		share := o.Spot.Mul(decimal.NewFromInt(100)).Div(o.OnDemand)
		seen := o.Type + " " + share.StringFixed(1) + " %"
		if all = append(all, seen); share.LessThan(decimal.NewFromInt(10)) || share.GreaterThan(decimal.NewFromInt(90)) {
			odd = append(odd, seen)
		}
	}
	if len(odd) > 0 {
		return strings.Join(odd, ", "), false, nil
	}
	return strings.Join(all, ", "), true, nil
}

func historyOfUnsold(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err == nil && w.unsold == "" {
		err = notAsked("every type that was looked at has spot prices")
	}
	if err != nil {
		return "", false, err
	}
	r, err := s.call(ctx, ksyun.KEC, "DescribeSpotPriceHistory", form("InstanceType", w.unsold, "AvailabilityZone", w.zone))
	if err != nil || r.status != 200 {
		return r.String(), false, err
	}
	observed, holds := countOf("SpotPrices", "0 in SpotPrices")(r)
	return observed, holds, nil
}

// zonesOfType asks for all types at once, which has no pages.
func zonesOfType(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	types, err := s.api.DescribeInstanceTypeConfigs(ctx)
	if err != nil {
		return "", false, err
	}
	for _, t := range types {
		if t.Name != w.Type {
			continue
		}
		for _, zone := range t.Zones {
			if zone == w.zone {
				return "the zone is among them", true, nil
			}
		}
		return "zones " + strings.Join(t.Zones, ", "), false, nil
	}
	return fmt.Sprintf("%d types without %s", len(types), w.Type), false, nil
}

func bothImageIDs(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	bare := strings.TrimPrefix(w.image, "IMG-")
	for _, id := range []string{bare, "IMG-" + bare} {
		r, err := s.call(ctx, ksyun.KEC, "DescribeImages", form("ImageId", id))
		if err != nil || r.status != 200 {
			return r.String(), false, err
		}
		if observed, holds := only("ImagesSet", "ImageId", w.image)(r); !holds || len(r.list("ImagesSet")) != 1 {
			return id + ": " + observed, false, nil
		}
	}
	return "the same image", true, nil
}

// tradeChecks are about orders and billing, without a machine of ours.
func tradeChecks() []check {
	records := func(body map[string]any) asker {
		return func(ctx context.Context, s *session) (reply, error) {
			return s.callJSON(ctx, ksyun.Trade, "QueryInstances", body)
		}
	}
	return []check{
		holdsFields(about(117), "trade QueryInstances of an id that nothing has", records(map[string]any{"instanceIds": []string{nobody}}), "data.total", "data.retResponse"),
		answers(about(118), "trade QueryInstances with status 12, the last that is listed", ok, records(map[string]any{"status": 12})),
		shows(about(119), "trade DescribeInstances of an id that nothing has", "0 in data", calls(ksyun.Trade, "DescribeInstances", "InstanceIds", nobody),
			countOf("data", "0 in data")),
	}
}
