package spotinstance

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

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

// protectedFor is how long KEC never releases a new instance by itself.
const protectedFor = time.Hour
