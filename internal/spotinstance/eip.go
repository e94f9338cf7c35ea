package spotinstance

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func eipAttributes() map[string]schema.Attribute {
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

type eip struct {
	LineID           types.String `tfsdk:"line_id"`
	BandwidthMbps    types.Int64  `tfsdk:"bandwidth_mbps"`
	ChargeType       types.String `tfsdk:"charge_type"`
	PurchaseMonths   types.Int64  `tfsdk:"purchase_months"`
	ProjectID        types.Int64  `tfsdk:"project_id"`
	BandwidthShareID types.String `tfsdk:"bandwidth_share_id"`
}

func eipOf(o types.Object) eip { return tfvalue.Struct[eip](o) }
