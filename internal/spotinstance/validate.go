package spotinstance

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// ValidateConfig holds the rules that need more than one attribute. What is
// still unknown breaks no rule.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var c model
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &c)...)
	if resp.Diagnostics.HasError() {
		return
	}

	limit := path.Root("spot_price_limit")
	switch {
	case c.SpotStrategy.ValueString() == asPriceGo && !c.SpotPriceLimit.IsNull() && !c.SpotPriceLimit.IsUnknown():
		resp.Diagnostics.AddAttributeError(limit, "A spot price limit does not go with automatic bidding",
			"spot_strategy is \"SpotAsPriceGo\", which follows the market price without a limit.\n\n"+
				"Remove spot_price_limit, or set spot_strategy to \"SpotWithPriceLimit\".")
	case c.SpotStrategy.ValueString() == withPriceLimit && c.SpotPriceLimit.IsNull():
		resp.Diagnostics.AddAttributeError(path.Root("spot_strategy"), "Bidding with a limit needs the limit",
			"spot_strategy is \"SpotWithPriceLimit\", but spot_price_limit is not set.\n\n"+
				"Set spot_price_limit to the highest price in CNY per hour, or set spot_strategy to \"SpotAsPriceGo\".")
	}

	if c.AutoDeleteEIP.ValueBool() && c.AutoDeleteTime.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("auto_delete_eip"), "Nothing to delete the address with",
			"auto_delete_eip is true, but auto_delete_time is not set.\n\nSet auto_delete_time, or remove auto_delete_eip.")
	}
	// The name of the monthly charge type is assumed (fact 219).
	if address := eipOf(c.EIP); strings.EqualFold(address.ChargeType.ValueString(), "Monthly") && address.PurchaseMonths.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("eip"), "A monthly address needs its months",
			"eip.charge_type is \"Monthly\", but eip.purchase_months is not set.\n\nSet eip.purchase_months, or choose another eip.charge_type.")
	}

	resp.Diagnostics.Append(complete(c.DataDisks, "data_disks", "type", "size_gib", "delete_with_instance")...)
	resp.Diagnostics.Append(complete(c.SecondaryNICs, "secondary_network_interfaces", "subnet_id", "security_group_ids")...)
	for name, v := range c.Timeouts.Attributes() {
		limit, _ := v.(types.String)
		if d, err := time.ParseDuration(limit.ValueString()); err == nil && d <= 0 {
			resp.Diagnostics.AddAttributeError(path.Root("timeouts"), "A deadline that is always over",
				fmt.Sprintf("timeouts.%s is %s.\n\nGive a positive duration, such as 20m.", name, limit.ValueString()))
		}
	}

	var ways []string
	for _, way := range []struct {
		name string
		used bool
	}{
		{"password_wo", !c.PasswordWO.IsNull() && !c.PasswordWO.IsUnknown()},
		{"key_ids", len(c.KeyIDs.Elements()) > 0},
		{"keep_image_login", c.KeepImageLogin.ValueBool()},
	} {
		if way.used {
			ways = append(ways, way.name)
		}
	}
	if len(ways) > 1 {
		resp.Diagnostics.AddAttributeError(path.Root(ways[1]), "Two ways to log in",
			fmt.Sprintf("Both %s and %s are set, but an instance has one way to log in.\n\nKeep one of them.", ways[0], ways[1]))
	}
}

// complete checks that every element that is known sets what every element needs.
func complete(l types.List, name string, required ...string) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, element := range l.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() {
			continue
		}
		for _, attribute := range required {
			if v := object.Attributes()[attribute]; v == nil || v.IsNull() {
				diags.AddAttributeError(path.Root(name), "A required attribute is missing",
					fmt.Sprintf("%s[%d] has no %s.\n\nSet %s in every element of %s.", name, i, attribute, attribute, name))
			}
		}
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

// password states KEC's rule without ever repeating the value.
type password struct{}

func (password) Description(context.Context) string {
	return "8 to 32 characters with an upper-case letter, a lower-case letter and a digit"
}
func (p password) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

func (p password) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	secret := req.ConfigValue.ValueString()
	var upper, lower, digit, hidden bool
	for _, c := range secret {
		upper = upper || c >= 'A' && c <= 'Z'
		lower = lower || c >= 'a' && c <= 'z'
		digit = digit || c >= '0' && c <= '9'
		hidden = hidden || !unicode.IsGraphic(c) || unicode.IsSpace(c)
	}
	lacks := ""
	switch n := utf8.RuneCountInString(secret); {
	case n < 8 || n > 32:
		lacks = fmt.Sprintf("It has %d characters", n)
	case !upper:
		lacks = "It has no upper-case letter"
	case !lower:
		lacks = "It has no lower-case letter"
	case !digit:
		lacks = "It has no digit"
	case hidden:
		lacks = "It has a space or an invisible character"
	default:
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Password breaks KEC's rule", lacks+"; KEC wants "+p.Description(ctx)+".\n\nChoose another password.")
}

// maxUserData is KEC's limit in bytes. Whether it means the text or its base64
// form is not documented; the text is measured (fact 214).
const maxUserData = 16 * 1024

type userData struct{}

func (userData) Description(context.Context) string               { return "at most 16 KiB" }
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

type ipv4 struct{}

func (ipv4) Description(context.Context) string               { return "an IPv4 address" }
func (v ipv4) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ipv4) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if ip, err := netip.ParseAddr(req.ConfigValue.ValueString()); err != nil || !ip.Is4() {
		resp.Diagnostics.AddAttributeError(req.Path, "Not an IPv4 address",
			fmt.Sprintf("%q is not an IPv4 address.\n\nGive a free address of the subnet, or leave it out and let KEC pick one.", req.ConfigValue.ValueString()))
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
