package wizard

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Address is the public address of the machine, bought with it.
type Address struct {
	EIP types.Object `tfsdk:"eip"`
}

// Attributes describes the step.
func (Address) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"eip": schema.SingleNestedAttribute{
			Optional: true,
			MarkdownDescription: "Public address bought with the instance and bound to it; `public_ip` shows it. KEC does not report how it was bought, so this is not " +
				"imported. Default: none. A change replaces the instance.",
			Attributes: map[string]schema.Attribute{
				"line_id": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "Line of the address, such as BGP, by its id, a UUID. Valid values: the console's EIP page of the region.",
					Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				},
				"bandwidth_mbps": schema.Int64Attribute{
					Required:            true,
					MarkdownDescription: "Bandwidth in Mbit/s, at least 1. The upper bound depends on line and charge type: the console's EIP page.",
					Validators:          []validator.Int64{int64validator.AtLeast(1)},
				},
				"charge_type": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "How the address is charged, such as `Monthly`, `Daily` or `HourlyInstantSettlement`. Valid values: the console's EIP page.",
					Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				},
				"purchase_months": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Months to buy, 1 to 36. Needed by the charge type `Monthly`. Default: none.",
					Validators:          []validator.Int64{int64validator.Between(1, 36)},
				},
				"project_id": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Project that the address belongs to. Valid values: the console's project list. Default: 0, the default project.",
					Validators:          []validator.Int64{int64validator.AtLeast(0)},
				},
				"bandwidth_share_id": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Shared bandwidth to put the address into, by its id, a UUID. Default: none.",
					Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				},
			},
		},
	}
}

// eip is the value of the attribute eip.
type eip struct {
	LineID           types.String `tfsdk:"line_id"`
	BandwidthMbps    types.Int64  `tfsdk:"bandwidth_mbps"`
	ChargeType       types.String `tfsdk:"charge_type"`
	PurchaseMonths   types.Int64  `tfsdk:"purchase_months"`
	ProjectID        types.Int64  `tfsdk:"project_id"`
	BandwidthShareID types.String `tfsdk:"bandwidth_share_id"`
}

var eips = tfvalue.NewNested[eip](Address{}.Attributes()["eip"].GetType())

// Lines adds the settings of the step to the table of parameters. PublicIP is the address that the
// machine has, null for none.
func (a Address) Lines(t *param.Table, publicIP types.String) {
	if a.EIP.IsUnknown() {
		t.Version("eip", a.EIP)
	}
	add := func(attribute, name string, value attr.Value) {
		line := t.At(path.Root("eip").AtName(attribute), name, value)
		// KEC reports the address, but not how it was bought. A machine without an address has
		// bought none: then null means that there is none.
		if a.EIP.IsNull() && !publicIP.IsNull() {
			line.Unreported()
		}
	}
	address := eips.Struct(a.EIP)
	add("line_id", "LineId", address.LineID)
	add("bandwidth_mbps", "AddressBandWidth", address.BandwidthMbps)
	add("charge_type", "AddressChargeType", address.ChargeType)
	add("purchase_months", "AddressPurchaseTime", address.PurchaseMonths)
	add("project_id", "AddressProjectId", address.ProjectID)
	add("bandwidth_share_id", "BandWidthShareId", address.BandwidthShareID)
}

// Validate holds the rules that need more than one attribute.
func (a Address) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	address := eips.Struct(a.EIP)
	// The name Monthly is assumed (fact 219: the charge type that needs months is called Monthly).
	if strings.EqualFold(address.ChargeType.ValueString(), "Monthly") && address.PurchaseMonths.IsNull() {
		diags.AddAttributeError(path.Root("eip"), "A monthly address needs its months",
			"eip.charge_type is \"Monthly\", but eip.purchase_months is not set.\n\nSet eip.purchase_months, or choose another eip.charge_type.")
	}
	return diags
}
