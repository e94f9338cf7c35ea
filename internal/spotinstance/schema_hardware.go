package spotinstance

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func networkAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"subnet_id": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Subnet of the primary network interface, a UUID. The subnet decides the VPC and the zone, and so price and stock. " +
				"It must be of type `Normal` and have a free address. A change replaces the instance.",
			Validators: rootedStrings(stringvalidator.LengthAtLeast(1)),
		},
		"security_group_ids": schema.SetAttribute{
			Required: true, ElementType: types.StringType,
			MarkdownDescription: "Security groups of the primary network interface, UUIDs, at least one. They must belong to the subnet's VPC. KEC documents " +
				"support for one; its own tools send several. Changed in place.",
			Validators: rootedSets(setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))),
		},
		"private_ip_address": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "IPv4 address inside the subnet. Default: KEC picks a free one. A change replaces the instance.",
			Validators:          rootedStrings(ipv4{}),
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"secondary_network_interfaces": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Network interfaces beside the primary one. How many an instance type takes: the console's wizard. Default: none. A change replaces the instance.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"subnet_id": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Required. Subnet of the interface, a UUID, in the VPC and zone of the primary one.",
					Validators:          rootedStrings(stringvalidator.LengthAtLeast(1)),
				},
				"security_group_ids": schema.SetAttribute{
					Optional: true, ElementType: types.StringType,
					MarkdownDescription: "Required. Security groups of the interface, UUIDs, at least one.",
					Validators:          rootedSets(setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))),
				},
				"private_ip_address": schema.StringAttribute{
					Optional: true, Computed: true,
					MarkdownDescription: "IPv4 address inside the subnet. Default: KEC picks a free one.",
					Validators:          rootedStrings(ipv4{}),
					PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				},
				"id": schema.StringAttribute{
					Computed:            true,
					MarkdownDescription: "Network interface id, a UUID.",
					PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				},
			}},
		},
	}
}

func storageAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"system_disk": schema.SingleNestedAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "System disk. Default: the type and size that KEC gives to the instance type and image. A change replaces the instance.",
			PlanModifiers:       []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
			Attributes: map[string]schema.Attribute{
				"type": schema.StringAttribute{
					Optional: true, Computed: true,
					MarkdownDescription: "Disk type: `Local_SSD`, `SSD3.0`, `EHDD`, `ESSD_PL0`, `ESSD_PL1`, `ESSD_PL2`, `ESSD_Entry`, `ESSD_AutoPL` or one of " +
						"the `ESSD_SYSTEM_` types. Which of them an instance type takes: the console's wizard. Default: the first type that KEC offers for the instance type.",
					Validators:    rootedStrings(stringvalidator.LengthAtLeast(1)),
					PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				},
				"size_gib": schema.Int64Attribute{
					Optional: true, Computed: true,
					MarkdownDescription: "Size in GiB, 20 to 500. Default: the image's size.",
					Validators:          rootedInt64s(int64validator.Between(20, 500)),
					PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				},
			},
		},
		// What every disk needs is optional in the schema and required by ValidateConfig: the framework takes an element that is
		// unknown as a whole for one without its required attributes.
		"data_disks": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Cloud disks created and attached with the instance, at most 8. Their order is kept; after an import it is KEC's. Default: none. A change replaces the instance.",
			Validators:          []validator.List{listvalidator.SizeAtMost(8)},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"type": schema.StringAttribute{
					Optional: true,
					MarkdownDescription: "Required. Disk type: `SSD3.0`, `EHDD`, `ESSD_PL0`, `ESSD_PL1`, `ESSD_PL2`, `ESSD_PL3`, `ESSD_Entry`, `ESSD_AutoPL` or " +
						"`Local_SSD`. Which of them a zone offers: the console's wizard.",
					Validators: rootedStrings(stringvalidator.LengthAtLeast(1)),
				},
				"size_gib": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Required. Size in GiB. KEC takes 10 to 16000 for most types; ESSD types start higher.",
					Validators:          rootedInt64s(int64validator.AtLeast(1)),
				},
				"snapshot_id": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Snapshot to fill the disk from. Valid values: the console's snapshot list. Default: an empty disk. KEC does not report it, so it is not imported.",
					Validators:          rootedStrings(stringvalidator.LengthAtLeast(1)),
				},
				"delete_with_instance": schema.BoolAttribute{
					Optional: true,
					MarkdownDescription: "Required. What happens to the disk when the instance goes, be it by destroy or because KEC reclaims it. `true`: it is deleted " +
						"with its data. `false`: the data survives, but the disk goes on being charged, outside the state, until somebody deletes it. Neither is a safe " +
						"default, so there is none.",
				},
				"id": schema.StringAttribute{
					Computed:            true,
					MarkdownDescription: "Disk id, a UUID.",
					PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				},
			}},
		},
		"local_data_disk_gib": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "Size of the local data disk in GiB, 1 to 16000. It lives and dies with the machine. KEC ignores it on types N1, N2, N3 and I4. " +
				"Default: none. A change replaces the instance.",
			Validators: rootedInt64s(int64validator.Between(1, 16000)),
		},
	}
}

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
					Validators:          rootedStrings(stringvalidator.LengthAtLeast(1)),
				},
				"bandwidth_mbps": schema.Int64Attribute{
					Required:            true,
					MarkdownDescription: "Bandwidth in Mbit/s, at least 1. The upper bound depends on line and charge type: the console's EIP page.",
					Validators:          rootedInt64s(int64validator.AtLeast(1)),
				},
				"charge_type": schema.StringAttribute{
					Required:            true,
					MarkdownDescription: "How the address is charged, such as `Monthly`, `Daily` or `HourlyInstantSettlement`. Valid values: the console's EIP page.",
					Validators:          rootedStrings(stringvalidator.LengthAtLeast(1)),
				},
				"purchase_months": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Months to buy, 1 to 36. Needed by the charge type `Monthly`. Default: none.",
					Validators:          rootedInt64s(int64validator.Between(1, 36)),
				},
				"project_id": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Project that the address belongs to. Valid values: the console's project list. Default: 0, the default project.",
					Validators:          rootedInt64s(int64validator.AtLeast(0)),
				},
				"bandwidth_share_id": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Shared bandwidth to put the address into, by its id, a UUID. Default: none.",
					Validators:          rootedStrings(stringvalidator.LengthAtLeast(1)),
				},
			},
		},
	}
}
