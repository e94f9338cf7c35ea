package spotfleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// required is an attribute that a rule requires, see [candidateAttributes].
func required(a schema.Attribute) schema.Attribute {
	if text, ok := a.(schema.StringAttribute); ok {
		text.Required, text.Optional = false, true
		text.MarkdownDescription = "Required. " + text.MarkdownDescription
		return text
	}
	return a
}

// shown are attributes of the wizard as those that KEC reports of a machine.
func shown(attributes map[string]schema.Attribute) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for name, a := range attributes {
		text, _, _ := strings.Cut(changeSentence.ReplaceAllString(a.GetMarkdownDescription(), ""), " Default:")
		text = strings.TrimSpace(text)
		switch a.(type) {
		case schema.NumberAttribute:
			all[name] = schema.NumberAttribute{Computed: true, MarkdownDescription: text}
		default:
			all[name] = schema.StringAttribute{Computed: true, MarkdownDescription: text}
		}
	}
	return all
}

// share accepts a part of the on-demand price.
type share struct{}

func (share) Description(context.Context) string { return "more than 0, at most 1" }

func (s share) MarkdownDescription(ctx context.Context) string { return s.Description(ctx) }

func (share) ValidateNumber(_ context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if v := tfvalue.Decimal(req.ConfigValue); v != nil && (v.Sign() <= 0 || v.GreaterThan(decimal.NewFromInt(1))) {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a share of the on-demand price",
			fmt.Sprintf("The share is %s; KEC takes no bid above the on-demand price.\n\nSet it to more than 0 and at most 1, such as 0.4.", v))
	}
}

// cost accepts an amount of money.
type cost struct{}

func (cost) Description(context.Context) string { return "more than 0" }

func (c cost) MarkdownDescription(ctx context.Context) string { return c.Description(ctx) }

func (cost) ValidateNumber(_ context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if v := tfvalue.Decimal(req.ConfigValue); v != nil && v.Sign() <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Nothing can be bought for that",
			fmt.Sprintf("max_hourly_cost is %s CNY per hour.\n\nSet it to more than 0, or leave it out.", v))
	}
}

// duration accepts a time to wait.
type duration struct{}

func (duration) Description(context.Context) string { return "a positive duration, such as 30m" }

func (d duration) MarkdownDescription(ctx context.Context) string { return d.Description(ctx) }

func (duration) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || d <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a time to wait",
			fmt.Sprintf("%q is no positive duration.\n\nGive one with a unit, such as 30m or 1h30m.", req.ConfigValue.ValueString()))
	}
}
