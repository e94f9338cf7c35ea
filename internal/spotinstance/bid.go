package spotinstance

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

const (
	asPriceGo      = "SpotAsPriceGo"
	withPriceLimit = "SpotWithPriceLimit"
)

func billingAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"spot_strategy": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "How to bid: `SpotAsPriceGo` follows the market price, `SpotWithPriceLimit` never pays more than `spot_price_limit`. " +
				"Default: follows from whether `spot_price_limit` is set. A change replaces the instance: KEC cannot change a bid.",
			Validators:    []validator.String{stringvalidator.OneOf(asPriceGo, withPriceLimit)},
			PlanModifiers: []planmodifier.String{strategyFromLimit{}},
		},
		"spot_price_limit": schema.NumberAttribute{
			Optional: true,
			MarkdownDescription: "Highest price to pay, in CNY per hour, exact to at most 5 decimals. Between the market price at the time of the launch " +
				"and the pay-as-you-go price of the type, both included; KEC refuses anything else. Covers CPU and memory; disks and network are " +
				"charged as usual. Default: none, the bid follows the market. A change replaces the instance: KEC cannot change a bid.",
			Validators: []validator.Number{price{}},
		},
		"instance_type": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Instance type, such as `N3.2B`. Valid values: the console's wizard, for the zone and the billing mode Spot " +
				"Instance (families E1, N2 and N3 are known to have a spot price). A change replaces the instance: KEC cannot change the type of a Spot Instance.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"image_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Image to boot: a UUID, or `IMG-` and a UUID. Valid values: the console's image list of the region; the image must be active. A change replaces the instance.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
	}
}

// price accepts what KEC can bill: more than zero, at most 5 decimals.
type price struct{}

func (price) Description(context.Context) string {
	return "more than 0, at most 5 decimals"
}

func (p price) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

func (price) ValidateNumber(_ context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	limit := tfvalue.Decimal(req.ConfigValue)
	switch {
	case limit == nil:
	case limit.Sign() <= 0:
		resp.Diagnostics.AddAttributeError(req.Path, "Spot price limit is not above zero",
			fmt.Sprintf("The limit is %s CNY per hour.\n\nSet it to at least the market price, or leave it out to follow the market.", limit))
	case !limit.Equal(limit.Truncate(5)):
		resp.Diagnostics.AddAttributeError(req.Path, "Spot price limit has more than 5 decimals",
			fmt.Sprintf("KEC bills in steps of 0.00001 CNY per hour; the limit is %s.\n\nRound it to %s.", limit, decimal.Max(limit.Round(5), decimal.New(1, -5))))
	}
}

// strategyFromLimit plans the bidding strategy that the price limit implies
// when the user leaves it out.
type strategyFromLimit struct{}

func (strategyFromLimit) Description(context.Context) string {
	return "follows from spot_price_limit when left out"
}

func (s strategyFromLimit) MarkdownDescription(ctx context.Context) string { return s.Description(ctx) }

func (strategyFromLimit) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	var limit types.Number
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("spot_price_limit"), &limit)...)
	switch {
	case limit.IsUnknown():
		resp.PlanValue = types.StringUnknown()
	case limit.IsNull():
		resp.PlanValue = types.StringValue(asPriceGo)
	default:
		resp.PlanValue = types.StringValue(withPriceLimit)
	}
}
