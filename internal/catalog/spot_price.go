package catalog

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

type spotPrice struct {
	InstanceType     string       `tfsdk:"instance_type"`
	AvailabilityZone string       `tfsdk:"availability_zone"`
	Hours            *int64       `tfsdk:"hours"`
	Offered          types.Bool   `tfsdk:"offered"`
	SpotPrice        types.Number `tfsdk:"spot_price"`
	OnDemandPrice    types.Number `tfsdk:"on_demand_price"`
	Share            types.Number `tfsdk:"share"`
	Lowest           types.Number `tfsdk:"lowest"`
	Highest          types.Number `tfsdk:"highest"`
	Average          types.Number `tfsdk:"average"`
	History          []pricePoint `tfsdk:"history"`
}

type pricePoint struct {
	Time          types.String `tfsdk:"time"`
	SpotPrice     types.Number `tfsdk:"spot_price"`
	OnDemandPrice types.Number `tfsdk:"on_demand_price"`
}

// SpotPrice returns the data source kec_spot_price.
func SpotPrice() datasource.DataSource {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	return source[spotPrice]{
		name: "spot_price",
		what: "the spot price",
		schema: schema.Schema{
			MarkdownDescription: "What an instance type costs as a Spot Instance in a zone, now and over the last hours. Prices are exact, in CNY per hour, for CPU " +
				"and memory; disks and network are charged as usual. A type that KEC does not offer as Spot Instance there is no error: `offered` is false.",
			Attributes: map[string]schema.Attribute{
				"instance_type": schema.StringAttribute{Required: true, Validators: notEmpty,
					MarkdownDescription: "Instance type, such as `N3.2B`. Valid values: `kec_instance_types`."},
				"availability_zone": schema.StringAttribute{Required: true, Validators: notEmpty,
					MarkdownDescription: "Zone, such as `cn-beijing-6a`. Valid values: `kec_availability_zones`."},
				"hours": schema.Int64Attribute{Optional: true, Computed: true, Validators: []validator.Int64{int64validator.Between(1, kec.MaxPriceHours)},
					MarkdownDescription: "How many hours back to look, from 1 to 72. Default: 3, the look-up that a plan's checks make too."},
				"offered":         schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether KEC lists a spot price for the type in the zone."},
				"spot_price":      number("Spot price now, in CNY per hour: the last one of `history`; null if not offered."),
				"on_demand_price": number("Pay-as-you-go price now, in CNY per hour; null if KEC does not say."),
				"share":           number("The spot price as a share of the pay-as-you-go price, such as 0.2 for a fifth, rounded to 4 decimals; null if either is not known."),
				"lowest":          number("Lowest spot price of `history`, in CNY per hour; null if not offered."),
				"highest":         number("Highest spot price of `history`, in CNY per hour; null if not offered."),
				"average":         number("Mean of the spot prices of `history`, in CNY per hour, rounded half up to 5 decimals; null if not offered."),
				"history": objects("The prices of these hours as KEC lists them, one an hour, oldest first; empty if not offered.", map[string]schema.Attribute{
					"time":            text("Since when the price is so, RFC 3339 in UTC."),
					"spot_price":      number("Spot price, in CNY per hour."),
					"on_demand_price": number("Pay-as-you-go price, in CNY per hour; null if KEC does not say."),
				}),
			},
		},
		read: func(ctx context.Context, s *session.Session, m *spotPrice) error {
			if m.Hours == nil {
				hours := int64(kec.DefaultPriceHours)
				m.Hours = &hours
			}
			points, err := s.Market.Prices(ctx, m.InstanceType, m.AvailabilityZone, int(*m.Hours))
			if err != nil {
				return lookUp(fmt.Sprintf("the price of %s in %s", m.InstanceType, m.AvailabilityZone), err)
			}
			m.take(points)
			return nil
		},
	}.new()
}

// take fills the model from a price history.
func (m *spotPrice) take(points []kec.SpotPrice) {
	m.History, m.Offered = []pricePoint{}, types.BoolValue(false)
	if len(points) == 0 {
		return
	}
	last := points[len(points)-1]
	low, high, sum := last.Spot, last.Spot, decimal.Zero
	for _, p := range points {
		low, high, sum = decimal.Min(low, p.Spot), decimal.Max(high, p.Spot), sum.Add(p.Spot)
		m.History = append(m.History, pricePoint{tfvalue.Instant(&p.At), tfvalue.Number(&p.Spot), tfvalue.Number(known(p.OnDemand))})
	}
	average := sum.DivRound(decimal.NewFromInt(int64(len(points))), 5) // prices are above zero: half away from zero is up
	m.Offered, m.SpotPrice, m.OnDemandPrice = types.BoolValue(true), tfvalue.Number(&last.Spot), tfvalue.Number(known(last.OnDemand))
	m.Share = tfvalue.Number(shareOf(last.Spot, known(last.OnDemand)))
	m.Lowest, m.Highest, m.Average = tfvalue.Number(&low), tfvalue.Number(&high), tfvalue.Number(&average)
}

// known is a price, nil for zero: KEC has not said it.
func known(price decimal.Decimal) *decimal.Decimal {
	if price.Sign() <= 0 {
		return nil
	}
	return &price
}

// shareOf is a spot price as a share of the pay-as-you-go price, nil where that is not known.
func shareOf(spot decimal.Decimal, onDemand *decimal.Decimal) *decimal.Decimal {
	if onDemand == nil {
		return nil
	}
	share := spot.DivRound(*onDemand, 4)
	return &share
}
