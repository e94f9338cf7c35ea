package wizard

import (
	"fmt"
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
					Required: true,
					MarkdownDescription: "How the address is charged: `PrePaidByMonth`, `PostPaidByPeak`, `PostPaidByDay`, `PostPaidByTransfer`, `PostPaidByHour` or `PostPaidByRegionPeak`, or by the " +
						"name that EIP's own API has for it: `Monthly`, `Peak`, `Daily`, `TrafficMonthly`, `HourlyInstantSettlement`, `RegionPeak`. The two names are one value.",
					Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				},
				"purchase_months": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Months to buy, 1 to 36. Needed by the charge type `PrePaidByMonth` (`Monthly`). Default: none.",
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

// prePaid is the charge type that needs a number of months (fact 219: months go with it).
const prePaid = "PrePaidByMonth"

// chargeTypes are RunInstances' names of the charge types, by the names that EIP's own API has for
// them (fact 219: the pairs).
var chargeTypes = map[string]string{
	"Monthly": prePaid, "Peak": "PostPaidByPeak", "Daily": "PostPaidByDay", "TrafficMonthly": "PostPaidByTransfer",
	"HourlySettlement": "PostPaidByHour", "HourlyInstantSettlement": "PostPaidByHour", "RegionPeak": "PostPaidByRegionPeak",
}

// chargeType is a charge type as RunInstances takes it. A name that is not known is sent as it is.
func chargeType(name types.String) types.String {
	for own, sent := range chargeTypes {
		if strings.EqualFold(name.ValueString(), own) || strings.EqualFold(name.ValueString(), sent) {
			return types.StringValue(sent)
		}
	}
	return name
}

// Lines adds the settings of the step to the table of parameters.
func (a Address) Lines(t *param.Table) {
	if a.EIP.IsUnknown() {
		t.Version("eip", a.EIP)
	}
	add := func(attribute, name string, value attr.Value) *param.Line {
		return t.At(path.Root("eip").AtName(attribute), name, value)
	}
	address := eips.Struct(a.EIP)
	anyCase(add("line_id", "LineId", address.LineID))
	add("bandwidth_mbps", "AddressBandWidth", address.BandwidthMbps)
	add("charge_type", "AddressChargeType", chargeType(address.ChargeType)).Written(address.ChargeType)
	add("purchase_months", "AddressPurchaseTime", address.PurchaseMonths)
	add("project_id", "AddressProjectId", address.ProjectID)
	anyCase(add("bandwidth_share_id", "BandWidthShareId", address.BandwidthShareID))
}

// Validate holds the rules that need more than one attribute.
func (a Address) Validate() diag.Diagnostics {
	var diags diag.Diagnostics
	address := eips.Struct(a.EIP)
	if chargeType(address.ChargeType).ValueString() == prePaid && address.PurchaseMonths.IsNull() {
		diags.AddAttributeError(path.Root("eip"), "A monthly address needs its months",
			fmt.Sprintf("eip.charge_type is %q, but eip.purchase_months is not set.\n\nSet eip.purchase_months, or choose another eip.charge_type.",
				address.ChargeType.ValueString()))
	}
	return diags
}
