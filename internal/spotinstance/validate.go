package spotinstance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
