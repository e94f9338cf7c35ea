package wizard

import (
	"context"
	"encoding/base64"
	"fmt"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// Boot is the first boot, roles and network options.
type Boot struct {
	UserData        types.String `tfsdk:"user_data"`
	UserDataBase64  types.String `tfsdk:"user_data_base64"`
	IAMRoleName     types.String `tfsdk:"iam_role_name"`
	DataGuardID     types.String `tfsdk:"data_guard_id"`
	SriovNetSupport types.Bool   `tfsdk:"sriov_net_support"`
	DistributeIPv6  types.Bool   `tfsdk:"distribute_ipv6"`
}

// Attributes describes the step.
func (Boot) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"user_data": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Script or cloud-config for the first boot, as plain text of at most 16 KiB (16384 bytes); the provider encodes it. For images with " +
				"cloud-init. It is kept in the state as it is: put no secret into it. At most one of `user_data` and `user_data_base64`. Default: none. A change " +
				"replaces the instance, because it runs at the first boot only.",
			Validators: []validator.String{userData{}, stringvalidator.ConflictsWith(path.MatchRoot("user_data_base64"))},
		},
		"user_data_base64": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "The same in base64, for what is no text, such as a gzip archive: at most 16 KiB (16384 bytes) before encoding. Default: none. A change " +
				"replaces the instance.",
			Validators: []validator.String{userDataBase64{}},
		},
		"iam_role_name": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "IAM role whose temporary keys programs inside the machine can fetch. Valid values: the console's IAM role list. KEC does not report it, so " +
				"it is not imported. Default: none. Changed in place.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"data_guard_id": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Data guard group, which spreads its members over different hosts, by its id. Valid values: the console's data guard list. Default: none. " +
				"Changed in place.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"sriov_net_support": schema.BoolAttribute{
			Optional: true, Computed: true,
			PlanModifiers:       []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			MarkdownDescription: "`true` asks for the enhanced network of types and images that support it. Default: what KEC gives the type, as a rule `false`. A change replaces the instance.",
		},
		"distribute_ipv6": schema.BoolAttribute{
			Optional: true, Computed: true,
			PlanModifiers: []planmodifier.Bool{boolplanmodifier.UseStateForUnknown()},
			MarkdownDescription: "`true` gives the primary network interface an IPv6 address; the subnet and the image must support it. Default: what KEC gives, as a rule `false`. A change replaces " +
				"the instance.",
		},
	}
}

// The calls that change the IAM role and the data guard group.
const (
	ChangeRole      param.Change = "IAM role"
	ChangeDataGuard param.Change = "data guard group"
)

// Lines adds the settings of the step to the table of parameters.
func (b Boot) Lines(t *param.Table) {
	if b.UserDataBase64.ValueString() == "" && !b.UserDataBase64.IsUnknown() {
		t.Root("user_data", "UserData", encoded(b.UserData)).Written(b.UserData)
	} else {
		t.Root("user_data_base64", "UserData", b.UserDataBase64).Like("user_data").Alike(func(a, b attr.Value) bool {
			return bytesOf(a) != "" && bytesOf(a) == bytesOf(b)
		})
	}
	t.Root("iam_role_name", "IamRoleName", b.IAMRoleName).InPlace(ChangeRole).Unreported()
	anyCase(t.Root("data_guard_id", "DataGuardId", b.DataGuardID).InPlace(ChangeDataGuard))
	t.Root("sriov_net_support", "SriovNetSupport", unlessFalse(b.SriovNetSupport)).Vague()
	t.Root("distribute_ipv6", "DistributeIpv6", unlessFalse(b.DistributeIPv6)).Vague()
}

// Refresh reads the step back from a look at the machine.
func (b *Boot) Refresh(l *Look) {
	b.refreshUserData(l)
	b.DataGuardID = l.option("data_guard_id", l.TellsDataGuard || l.DataGuardID != "", l.DataGuardID, b.DataGuardID, sameFold)
	b.SriovNetSupport = l.flag("sriov_net_support", l.SriovNetSupport, b.SriovNetSupport)
	b.DistributeIPv6 = l.flag("distribute_ipv6", l.DistributeIPv6, b.DistributeIPv6)
}

// refreshUserData reads user data back into the attribute that is in use. KEC reports it in base64,
// or as text.
func (b *Boot) refreshUserData(l *Look) {
	sent := encoded(b.UserData)
	if b.UserDataBase64.ValueString() != "" {
		sent = b.UserDataBase64
	}
	now := l.option("user_data", l.TellsUserData || l.UserData != "", l.UserData, sent, func(now, was types.String) bool {
		return encoded(now).Equal(was) || bytesOf(now) != "" && bytesOf(now) == bytesOf(was)
	})
	if l.imported || !now.Equal(sent) {
		b.UserData, b.UserDataBase64 = userDataFrom(now.ValueString())
	}
}

// encoded is text as the API takes it, in base64; no text is none.
func encoded(s types.String) types.String {
	switch {
	case s.IsNull() || s.IsUnknown():
		return s
	case s.ValueString() == "":
		return types.StringNull()
	}
	return types.StringValue(base64.StdEncoding.EncodeToString([]byte(s.ValueString())))
}

// bytesOf is what base64 stands for, which has more than one spelling; "" where it is no base64.
func bytesOf(v attr.Value) string {
	s, _ := v.(types.String)
	raw, err := base64.StdEncoding.DecodeString(s.ValueString())
	if err != nil {
		return ""
	}
	return string(raw)
}

// userDataFrom is user data as KEC reports it: decoded where it is base64 of text, as base64 where
// it is base64 of anything else, and else the text that it is.
func userDataFrom(reported string) (plain, base types.String) {
	raw, err := base64.StdEncoding.DecodeString(reported)
	switch {
	case reported == "":
		return types.StringNull(), types.StringNull()
	case err != nil:
		return types.StringValue(reported), types.StringNull()
	case utf8.Valid(raw):
		return types.StringValue(string(raw)), types.StringNull()
	default:
		return types.StringNull(), types.StringValue(reported)
	}
}

// maxUserData is KEC's limit in bytes (fact 214, assumed: the limit means the text before it is
// encoded).
const maxUserData = 16 * 1024

// userData accepts text that is not too long.
type userData struct{}

func (userData) Description(context.Context) string { return "at most 16 KiB" }

func (u userData) MarkdownDescription(ctx context.Context) string { return u.Description(ctx) }

func (userData) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	checkUserData(len(req.ConfigValue.ValueString()), req.Path, &resp.Diagnostics)
}

func checkUserData(n int, at path.Path, diags *diag.Diagnostics) {
	if n > maxUserData {
		diags.AddAttributeError(at, "User data is too long",
			fmt.Sprintf("It has %d bytes; KEC takes %d.\n\nShorten it, or let it fetch the rest from elsewhere.", n, maxUserData))
	}
}

// userDataBase64 accepts base64 of what is not too long.
type userDataBase64 struct{}

func (userDataBase64) Description(context.Context) string {
	return "base64 of at most 16 KiB"
}

func (u userDataBase64) MarkdownDescription(ctx context.Context) string { return u.Description(ctx) }

func (userDataBase64) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	raw, err := base64.StdEncoding.DecodeString(req.ConfigValue.ValueString())
	if err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "User data is not base64",
			"It cannot be decoded.\n\nEncode it with base64encode or filebase64, or give plain text in user_data.")
		return
	}
	checkUserData(len(raw), req.Path, &resp.Diagnostics)
}
