package wizard

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Release is when the machine goes by itself, and what keeps it from being deleted.
type Release struct {
	AutoDeleteTime     types.String `tfsdk:"auto_delete_time"`
	AutoDeleteEIP      types.Bool   `tfsdk:"auto_delete_eip"`
	DeletionProtection types.Bool   `tfsdk:"deletion_protection"`
}

// Attributes describes the step.
func (Release) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"auto_delete_time": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "When KEC deletes the instance by itself, RFC 3339 with any offset, in whole minutes, at least 30 minutes ahead when it is set or moved. Two " +
				"spellings of one instant are the same. Default: never. Changed in place; removing it switches automatic deletion off.",
			Validators: []validator.String{wholeMinute{}},
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

// The calls that change automatic deletion and protection.
const (
	ChangeAutoDelete param.Change = "automatic deletion"
	ChangeProtection param.Change = "deletion protection"
)

// Lines adds the settings of the step to the table of parameters.
func (r Release) Lines(t *param.Table) {
	t.Root("auto_delete_time", "AutoDeleteTime", minuteInChina(r.AutoDeleteTime)).Written(r.AutoDeleteTime).InPlace(ChangeAutoDelete)
	t.Root("auto_delete_eip", "AutoDeleteEip", unlessFalse(r.AutoDeleteEIP)).InPlace(ChangeAutoDelete)
	t.Root("deletion_protection", "IsProtect", unlessFalse(r.DeletionProtection)).InPlace(ChangeProtection)
}

// Refresh reads the step back from a look at the machine, automatic deletion in the user's spelling
// of the instant.
func (r *Release) Refresh(l *Look) {
	now := ""
	if at, ok := l.AutoDeleteAt(); ok {
		now = at.Format(time.RFC3339)
	}
	r.AutoDeleteTime = l.option("auto_delete_time", l.TellsAutoDelete, now, r.AutoDeleteTime, func(now, was types.String) bool {
		return minuteInChina(now).Equal(minuteInChina(was))
	})
	r.AutoDeleteEIP = l.flag("auto_delete_eip", l.AutoDeleteEIP, r.AutoDeleteEIP)
	r.DeletionProtection = tfvalue.KeepFlag(nil, r.DeletionProtection)
}

// Validate holds the rules that need more than one attribute.
func (r Release) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	if r.AutoDeleteEIP.ValueBool() && r.AutoDeleteTime.IsNull() {
		diags.AddAttributeError(path.Root("auto_delete_eip"), "Nothing to delete the address with",
			"auto_delete_eip is true, but auto_delete_time is not set.\n\nSet auto_delete_time, or remove auto_delete_eip.")
	}
	return diags
}

// autoDeleteLead is how far ahead automatic deletion must be when it is set.
const autoDeleteLead = 30 * time.Minute

// WarnTooSoon warns of a time of automatic deletion that KEC would refuse. Clock is the time at
// KEC, which may take a request: it is asked only where there is something to compare.
func (r Release) WarnTooSoon(clock func() time.Time) diag.Diagnostics {
	var diags diag.Diagnostics
	at, err := time.Parse(time.RFC3339, r.AutoDeleteTime.ValueString())
	if err != nil {
		return nil
	}
	if now := clock(); at.Before(now.Add(autoDeleteLead)) {
		diags.AddAttributeWarning(path.Root("auto_delete_time"), "Automatic deletion is less than 30 minutes ahead", fmt.Sprintf(
			"It is set to %s; it is %s now. KEC refuses to launch or change the instance so.\n\nSet auto_delete_time to %s or later, or remove it.",
			at.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339), now.Add(autoDeleteLead+time.Minute).UTC().Truncate(time.Minute).Format(time.RFC3339)))
	}
	return diags
}

// wholeMinute accepts an instant in whole minutes, because KEC counts minutes.
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

// minuteInChina is the instant as KEC takes it (fact 196: minutes in UTC+8). The table holds it in
// this form, in which two spellings of one instant are equal.
func minuteInChina(s types.String) types.String {
	at, err := time.Parse(time.RFC3339, s.ValueString())
	if err != nil {
		return s
	}
	return types.StringValue(at.In(time.FixedZone("", 8*60*60)).Format("2006-01-02 15:04"))
}
