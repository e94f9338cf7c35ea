package wizard

import (
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Reported is what KEC reports of the machine, beside its settings.
type Reported struct {
	ID                 types.String `tfsdk:"id"`
	State              types.String `tfsdk:"state"`
	AvailabilityZone   types.String `tfsdk:"availability_zone"`
	VPCID              types.String `tfsdk:"vpc_id"`
	NetworkInterfaceID types.String `tfsdk:"network_interface_id"`
	PublicIP           types.String `tfsdk:"public_ip"`
	CreatedAt          types.String `tfsdk:"created_at"`
	ProtectedUntil     types.String `tfsdk:"protected_until"`
	RecyclingTime      types.String `tfsdk:"recycling_time"`
}

// Attributes describes the attributes.
func (Reported) Attributes() map[string]schema.Attribute {
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
	}
}

// protectedFor is how long KEC never releases a new instance by itself.
const protectedFor = time.Hour

// Refresh takes over what KEC reports. What it leaves out stays as it is.
func (r *Reported) Refresh(in *kec.Instance) {
	nic := primaryNIC(in)
	if !strings.EqualFold(r.ID.ValueString(), in.ID) {
		r.ID = types.StringValue(in.ID)
	}
	r.State = tfvalue.Keep(tfvalue.Text(in.State), r.State)
	r.AvailabilityZone = tfvalue.Keep(tfvalue.Text(in.Zone), r.AvailabilityZone)
	r.VPCID = tfvalue.Keep(tfvalue.Text(nic.VPCID), r.VPCID)
	r.NetworkInterfaceID = tfvalue.Keep(tfvalue.Text(nic.ID), r.NetworkInterfaceID)
	if r.PublicIP = tfvalue.Known(r.PublicIP); in.PrimaryNIC() != nil { // which has no address if it shows none
		r.PublicIP = tfvalue.Text(nic.PublicIP)
	}
	r.CreatedAt, r.ProtectedUntil = tfvalue.Known(r.CreatedAt), tfvalue.Known(r.ProtectedUntil)
	if created, ok := in.CreatedAt(); ok {
		until := created.Add(protectedFor)
		r.CreatedAt, r.ProtectedUntil = tfvalue.Instant(&created), tfvalue.Instant(&until)
	}
	r.RecyclingTime = tfvalue.Text(in.RecyclingTime)
	if at, ok := in.RecyclingAt(); ok {
		r.RecyclingTime = tfvalue.Instant(&at)
	}
}
