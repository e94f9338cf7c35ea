package spotinstance

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func releaseAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"auto_delete_time": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "When KEC deletes the instance by itself, RFC 3339 with any offset, in whole minutes, at least 30 minutes ahead when it is set or moved. Two " +
				"spellings of one instant are the same. Default: never. Changed in place; removing it switches automatic deletion off.",
			Validators:    []validator.String{wholeMinute{}},
			PlanModifiers: []planmodifier.String{sameInstant{}},
		},
		"auto_delete_eip": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the public address goes with an automatic deletion; a monthly one is only unbound. Needs `auto_delete_time`. Default: `false`. " +
				"Changed in place.",
		},
		"deletion_protection": schema.BoolAttribute{
			Optional: true, Computed: true,
			Default: booldefault.StaticBool(false),
			MarkdownDescription: "`true` makes KEC and this provider refuse to delete the instance, and so to replace it, until it is `false` again. It does not keep KEC from " +
				"reclaiming a Spot Instance. KEC does not report it, so it is not imported. Default: `false`. Changed in place.",
		},
	}
}

// wholeMinute accepts an instant that KEC can express: it counts minutes.
type wholeMinute struct{}

func (wholeMinute) Description(context.Context) string {
	return "RFC 3339 in whole minutes"
}

func (w wholeMinute) MarkdownDescription(ctx context.Context) string { return w.Description(ctx) }

func (wholeMinute) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	at, err := time.Parse(time.RFC3339, req.ConfigValue.ValueString())
	switch {
	case err != nil:
		resp.Diagnostics.AddAttributeError(req.Path, "Not a time",
			fmt.Sprintf("%q is not a time in RFC 3339.\n\nGive date, time and offset, such as 2026-11-23T18:30:00+08:00.", req.ConfigValue.ValueString()))
	case !at.Equal(at.Truncate(time.Minute)):
		resp.Diagnostics.AddAttributeError(req.Path, "KEC deletes at whole minutes",
			fmt.Sprintf("%s has seconds.\n\nRound it to %s.", req.ConfigValue.ValueString(), at.Truncate(time.Minute).Format(time.RFC3339)))
	}
}

// sameInstant keeps the spelling in the state while the configuration means the
// same instant.
type sameInstant struct{}

func (sameInstant) Description(context.Context) string {
	return "two spellings of one instant are the same"
}

func (s sameInstant) MarkdownDescription(ctx context.Context) string { return s.Description(ctx) }

func (sameInstant) PlanModifyString(_ context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	was, err := time.Parse(time.RFC3339, req.StateValue.ValueString())
	is, err2 := time.Parse(time.RFC3339, req.PlanValue.ValueString())
	if err == nil && err2 == nil && is.Equal(was) {
		resp.PlanValue = req.StateValue
	}
}

// minuteInChina is the instant as KEC takes it: minutes, UTC+8 (fact 196). The
// table holds it in this form, in which two spellings of one instant are equal.
func minuteInChina(s types.String) types.String {
	at, err := time.Parse(time.RFC3339, s.ValueString())
	if err != nil {
		return s
	}
	return types.StringValue(at.In(time.FixedZone("", 8*60*60)).Format("2006-01-02 15:04"))
}

// refreshRelease reads automatic deletion back, in the user's spelling of the
// instant.
func (m *model) refreshRelease(in *kec.Instance, imported bool) {
	if !m.AutoDeleteTime.IsNull() || imported {
		at, ok := in.AutoDeleteAt()
		was, err := time.Parse(time.RFC3339, m.AutoDeleteTime.ValueString())
		switch {
		case !ok && !in.TellsAutoDelete: // nothing is known
		case !ok:
			m.AutoDeleteTime = types.StringNull()
		case err != nil || !at.Equal(was):
			m.AutoDeleteTime = tfvalue.Instant(&at)
		}
	}
	m.AutoDeleteEIP = tfvalue.KeepFlag(in.AutoDeleteEIP, m.AutoDeleteEIP)
}
