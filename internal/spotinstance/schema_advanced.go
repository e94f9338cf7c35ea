package spotinstance

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/boolplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func advancedAttributes() map[string]schema.Attribute {
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
				"it is not imported. Default: none. A change replaces the instance.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"data_guard_id": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Data guard group, which spreads its members over different hosts, by its id. Valid values: the console's data guard list. Default: none. A " +
				"change replaces the instance.",
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

func computedAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Instance id, a UUID.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"state": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "State as KEC names it, such as `active` or `stopped`.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"availability_zone": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Zone of the subnet, such as `cn-beijing-6a`.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"vpc_id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "VPC of the subnet, a UUID.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"network_interface_id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Primary network interface, a UUID.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"public_ip": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Public IPv4 address of the primary network interface; null without one.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"created_at": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Time of creation, RFC 3339 in UTC.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"protected_until": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "End of the first hour, RFC 3339 in UTC. Until then KEC does not release the instance, whatever the market does.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"recycling_time": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Time at which KEC will release the instance, RFC 3339 in UTC; null until KEC announces it, ten minutes ahead.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"tags_all": schema.MapAttribute{
			Computed: true, ElementType: types.StringType,
			MarkdownDescription: "All tags of the instance: the provider's `default_tags` and `tags`, which win.",
		},
	}
}
