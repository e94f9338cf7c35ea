package spotinstance

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func networkAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"subnet_id": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Subnet of the primary network interface, a UUID. The subnet decides the VPC and the zone, and so price and stock. " +
				"It must be of type `Normal` and have a free address. A change replaces the instance.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"security_group_ids": schema.SetAttribute{
			Required: true, ElementType: types.StringType,
			MarkdownDescription: "Security groups of the primary network interface, UUIDs, at least one. They must belong to the subnet's VPC. KEC documents " +
				"support for one; its own tools send several. Changed in place.",
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
		},
		"private_ip_address": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "IPv4 address inside the subnet. Default: KEC picks a free one. A change replaces the instance.",
			Validators:          []validator.String{ipv4{}},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"secondary_network_interfaces": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Network interfaces beside the primary one. How many an instance type takes: the console's wizard. Default: none. A change replaces the instance.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"subnet_id": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Required. Subnet of the interface, a UUID, in the VPC and zone of the primary one.",
					Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				},
				"security_group_ids": schema.SetAttribute{
					Optional: true, ElementType: types.StringType,
					MarkdownDescription: "Required. Security groups of the interface, UUIDs, at least one.",
					Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
				},
				"private_ip_address": schema.StringAttribute{
					Optional: true, Computed: true,
					MarkdownDescription: "IPv4 address inside the subnet. Default: KEC picks a free one.",
					Validators:          []validator.String{ipv4{}},
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

type ipv4 struct{}

func (ipv4) Description(context.Context) string { return "an IPv4 address" }

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

type secondaryNIC struct {
	SubnetID         types.String `tfsdk:"subnet_id"`
	SecurityGroupIDs types.Set    `tfsdk:"security_group_ids"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
	ID               types.String `tfsdk:"id"`
}

var secondaryNICType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"subnet_id": types.StringType, "security_group_ids": types.SetType{ElemType: types.StringType},
	"private_ip_address": types.StringType, "id": types.StringType,
}}

func secondaryNICsOf(l types.List) []secondaryNIC {
	nics := tfvalue.Structs[secondaryNIC](l)
	for i := range nics {
		if nics[i].SecurityGroupIDs.IsNull() {
			nics[i].SecurityGroupIDs = types.SetNull(types.StringType)
		}
	}
	return nics
}

func secondaryNICList(nics []secondaryNIC) types.List {
	elements := make([]attr.Value, 0, len(nics))
	for _, n := range nics {
		elements = append(elements, types.ObjectValueMust(secondaryNICType.AttrTypes, map[string]attr.Value{
			"subnet_id": n.SubnetID, "security_group_ids": n.SecurityGroupIDs, "private_ip_address": n.PrivateIPAddress, "id": n.ID,
		}))
	}
	return types.ListValueMust(secondaryNICType, elements)
}

// refreshSecondaryNICs reads the interfaces back in the user's order: by id
// where it is known, else by what they are. One attached by other means is none of
// this resource's, except on import, which cannot tell.
func refreshSecondaryNICs(in *kec.Instance, was types.List, imported bool) types.List {
	now := slices.Clone(in.NICs)
	if primary := in.PrimaryNIC(); primary != nil {
		now = slices.DeleteFunc(now, func(n kec.NIC) bool { return n.ID == primary.ID })
	}
	old := secondaryNICsOf(was)
	if imported {
		old = make([]secondaryNIC, len(now))
		for i, n := range now {
			old[i] = secondaryNIC{ID: tfvalue.Text(n.ID), SecurityGroupIDs: types.SetNull(types.StringType)}
		}
	}
	if len(old) == 0 {
		if was.IsNull() || was.IsUnknown() {
			return types.ListNull(secondaryNICType)
		}
		return was // null and [] mean the same; keep what the user wrote
	}
	subnet := func(w secondaryNIC, r kec.NIC) bool {
		return w.ID.ValueString() == "" && strings.EqualFold(r.SubnetID, w.SubnetID.ValueString())
	}
	groups := func(w secondaryNIC, r kec.NIC) bool {
		return subnet(w, r) && tfvalue.TextSet(r.SecurityGroupIDs).Equal(w.SecurityGroupIDs)
	}
	present := make([]secondaryNIC, 0, len(old))
	for i, at := range pair(old, now,
		func(w secondaryNIC, r kec.NIC) bool { return r.ID != "" && r.ID == w.ID.ValueString() },
		func(w secondaryNIC, r kec.NIC) bool {
			return subnet(w, r) && r.PrivateIP != "" && r.PrivateIP == w.PrivateIPAddress.ValueString()
		},
		func(w secondaryNIC, r kec.NIC) bool { return groups(w, r) && w.PrivateIPAddress.ValueString() == "" },
		groups,
		subnet,
	) {
		if at < 0 {
			continue
		}
		n, found := old[i], now[at]
		n.ID, n.SubnetID = tfvalue.Keep(tfvalue.Text(found.ID), n.ID), tfvalue.Keep(tfvalue.Text(found.SubnetID), n.SubnetID)
		n.PrivateIPAddress = tfvalue.Keep(tfvalue.Text(found.PrivateIP), n.PrivateIPAddress)
		if len(found.SecurityGroupIDs) > 0 {
			n.SecurityGroupIDs = tfvalue.TextSet(found.SecurityGroupIDs)
		}
		present = append(present, n)
	}
	return secondaryNICList(present)
}
