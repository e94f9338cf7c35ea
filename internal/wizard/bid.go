package wizard

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Bid is what is bought, and at what price.
type Bid struct {
	SpotStrategy   types.String `tfsdk:"spot_strategy"`
	SpotPriceLimit types.Number `tfsdk:"spot_price_limit"`
	InstanceType   types.String `tfsdk:"instance_type"`
}

// Attributes describes the step.
func (Bid) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"spot_strategy": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "How to bid: `SpotAsPriceGo` follows the market price, `SpotWithPriceLimit` never pays more than `spot_price_limit`. " +
				"Default: follows from whether `spot_price_limit` is set. A change replaces the instance: KEC cannot change a bid.",
			Validators:    []validator.String{stringvalidator.OneOf(kec.SpotAsPriceGo, kec.SpotWithPriceLimit)},
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
	}
}

// Lines adds the settings of the step to the table of parameters. At is what holds the attributes.
func (b Bid) Lines(t *param.Table, at path.Path) {
	t.At(at.AtName("spot_strategy"), "SpotStrategy", b.SpotStrategy)
	t.At(at.AtName("spot_price_limit"), "SpotPriceLimit", b.SpotPriceLimit) // CNY per hour
	t.At(at.AtName("instance_type"), "InstanceType", b.InstanceType)
}

// Refresh reads the step back from what KEC reports.
func (b *Bid) Refresh(in *kec.Instance, imported bool) {
	b.SpotStrategy = tfvalue.Keep(tfvalue.Text(in.SpotStrategy), b.SpotStrategy)
	switch {
	case in.SpotStrategy == kec.SpotAsPriceGo:
		b.SpotPriceLimit = types.NumberNull() // KEC may show the highest price all the same
	case in.SpotPriceLimit != nil && in.SpotPriceLimit.Sign() > 0:
		b.SpotPriceLimit = tfvalue.Number(in.SpotPriceLimit)
	case imported:
		b.SpotPriceLimit = types.NumberNull()
	}
	if b.SpotStrategy.IsNull() || b.SpotStrategy.IsUnknown() {
		b.SpotStrategy = types.StringValue(kec.SpotAsPriceGo)
		if !b.SpotPriceLimit.IsNull() {
			b.SpotStrategy = types.StringValue(kec.SpotWithPriceLimit)
		}
	}
	b.InstanceType = tfvalue.Keep(tfvalue.Text(in.Type), b.InstanceType)
}

// Validate holds the rules that need more than one attribute. At is what holds the attributes.
func (b Bid) Validate(at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case b.SpotStrategy.ValueString() == kec.SpotAsPriceGo && !b.SpotPriceLimit.IsNull() && !b.SpotPriceLimit.IsUnknown():
		diags.AddAttributeError(at.AtName("spot_price_limit"), "A spot price limit does not go with automatic bidding",
			"spot_strategy is \"SpotAsPriceGo\", which follows the market price without a limit.\n\n"+
				"Remove spot_price_limit, or set spot_strategy to \"SpotWithPriceLimit\".")
	case b.SpotStrategy.ValueString() == kec.SpotWithPriceLimit && b.SpotPriceLimit.IsNull():
		diags.AddAttributeError(at.AtName("spot_strategy"), "Bidding with a limit needs the limit",
			"spot_strategy is \"SpotWithPriceLimit\", but spot_price_limit is not set.\n\n"+
				"Set spot_price_limit to the highest price in CNY per hour, or set spot_strategy to \"SpotAsPriceGo\".")
	}
	return diags
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

// strategyFromLimit plans the strategy that follows from the price limit beside it when the user
// leaves the strategy out.
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
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path.ParentPath().AtName("spot_price_limit"), &limit)...)
	switch {
	case limit.IsUnknown():
		resp.PlanValue = types.StringUnknown()
	case limit.IsNull():
		resp.PlanValue = types.StringValue(kec.SpotAsPriceGo)
	default:
		resp.PlanValue = types.StringValue(kec.SpotWithPriceLimit)
	}
}
