package wizard

import (
	"context"
	"fmt"
	"strings"

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
	t.At(at.AtName("spot_price_limit"), "SpotPriceLimit", rounded(b.SpotPriceLimit)).Written(b.SpotPriceLimit) // CNY per hour
	anyCase(t.At(at.AtName("instance_type"), "InstanceType", b.InstanceType))
}

// Refresh reads the step back from a look at the machine. KEC may report the highest price as the
// limit of a machine that has none.
func (b *Bid) Refresh(l *Look) {
	strategy := l.SpotStrategy
	for _, known := range []string{kec.SpotAsPriceGo, kec.SpotWithPriceLimit} {
		if strings.EqualFold(strategy, known) {
			strategy = known
		}
	}
	b.SpotStrategy = l.text("spot_strategy", strategy, b.SpotStrategy)
	limited := l.SpotPriceLimit != nil && l.SpotPriceLimit.Sign() > 0
	switch {
	case b.SpotStrategy.ValueString() == kec.SpotAsPriceGo:
		b.SpotPriceLimit = types.NumberNull()
	case l.imported && !limited:
		l.unsure, b.SpotPriceLimit = append(l.unsure, "spot_price_limit"), types.NumberNull()
	default:
		b.SpotPriceLimit = settle(l, "spot_price_limit", limited, tfvalue.Number(l.SpotPriceLimit), b.SpotPriceLimit, samePrice)
	}
	if b.SpotStrategy.IsNull() {
		b.SpotStrategy = types.StringValue(kec.SpotAsPriceGo)
		if !b.SpotPriceLimit.IsNull() {
			b.SpotStrategy = types.StringValue(kec.SpotWithPriceLimit)
		}
	}
	b.InstanceType = l.id("instance_type", l.Type, b.InstanceType)
}

// samePrice tells whether two limits are sent alike.
func samePrice(a, b types.Number) bool { return rounded(a).Equal(rounded(b)) }

// rounded is a price without the noise of a computation, as it is sent.
func rounded(n types.Number) types.Number {
	if price := tfvalue.Decimal(n); price != nil && isPrice(*price) {
		exact := price.Round(priceDecimals)
		return tfvalue.Number(&exact)
	}
	return n
}

// Limit is the price limit as it is sent, nil for none.
func (b Bid) Limit() *decimal.Decimal { return tfvalue.Decimal(rounded(b.SpotPriceLimit)) }

// priceDecimals is how exact KEC bills (fact 46: at most 5 decimals).
const priceDecimals = 5

// roundingNoise is how far the result of a computation in HCL may be from the price that is meant:
// HCL counts with 512 bits, in which 0.0393 * 1.2 is not quite 0.04716.
var roundingNoise = decimal.New(1, -12)

// isPrice tells whether a number has as many decimals as KEC bills, but for the noise of a
// computation.
func isPrice(n decimal.Decimal) bool {
	return n.Sub(n.Round(priceDecimals)).Abs().LessThan(roundingNoise)
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
			fmt.Sprintf("The limit is %s CNY per hour.\n\nSet it to at least the market price, or leave it out to follow the market.", shortNumber(*limit)))
	case !isPrice(*limit) || limit.Round(priceDecimals).Sign() == 0:
		nearest := decimal.Max(limit.Round(priceDecimals), decimal.New(1, -priceDecimals))
		remedy := fmt.Sprintf("Round it to %s.", nearest)
		if limit.Truncate(maxWritten).Equal(*limit) {
			resp.Diagnostics.AddAttributeError(req.Path, "Spot price limit has more than 5 decimals",
				fmt.Sprintf("KEC bills in steps of 0.00001 CNY per hour; the limit is %s.\n\n%s", limit, remedy))
			return
		}
		resp.Diagnostics.AddAttributeError(req.Path, "Spot price limit has more than 5 decimals", fmt.Sprintf(
			"KEC bills in steps of 0.00001 CNY per hour; the limit is computed and is %s.\n\n"+
				"Round the expression: floor((...) * 100000) / 100000, or ceil in place of floor.", shortNumber(*limit)))
	}
}

// maxWritten is how many decimals a message shows of a number.
const maxWritten = 12

// shortNumber is a number for people, cut where a computation has given it too many decimals.
func shortNumber(n decimal.Decimal) string {
	if short := n.Truncate(maxWritten); !short.Equal(n) {
		return short.String() + "..."
	}
	return n.String()
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
