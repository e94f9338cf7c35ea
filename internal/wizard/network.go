package wizard

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Place is where the machine runs: the subnet decides the VPC and the zone.
type Place struct {
	SubnetID         types.String `tfsdk:"subnet_id"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
}

// Attributes describes the step.
func (Place) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"subnet_id": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Subnet of the primary network interface, a UUID. The subnet decides the VPC and the zone, and so price and stock. " +
				"It must be of type `Normal` and have a free address. A change replaces the instance.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"private_ip_address": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "IPv4 address inside the subnet. Default: KEC picks a free one. A change replaces the instance.",
			Validators:          []validator.String{ipv4{}},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
	}
}

// Lines adds the settings of the step to the table of parameters. At is what holds the attributes.
func (p Place) Lines(t *param.Table, at path.Path) {
	t.At(at.AtName("subnet_id"), "SubnetId", p.SubnetID)
	t.At(at.AtName("private_ip_address"), "PrivateIpAddress", p.PrivateIPAddress)
}

// Refresh reads the step back from what KEC reports.
func (p *Place) Refresh(in *kec.Instance) {
	p.SubnetID = tfvalue.Keep(tfvalue.Text(in.SubnetID), p.SubnetID)
	address := in.PrivateIP
	if address == "" {
		address = primaryNIC(in).PrivateIP
	}
	p.PrivateIPAddress = tfvalue.Keep(tfvalue.Text(address), p.PrivateIPAddress)
}

// Network is how the machine is connected: the groups of its primary network interface, and the
// interfaces beside it.
type Network struct {
	SecurityGroupIDs types.Set  `tfsdk:"security_group_ids"`
	SecondaryNICs    types.List `tfsdk:"secondary_network_interfaces"`
}

// Attributes describes the step.
func (Network) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"security_group_ids": schema.SetAttribute{
			Required: true, ElementType: types.StringType,
			MarkdownDescription: "Security groups of the primary network interface, UUIDs, at least one. They must belong to the subnet's VPC. KEC documents " +
				"support for one; its own tools send several. Changed in place.",
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
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

// SecondaryNIC is an element of secondary_network_interfaces.
type SecondaryNIC struct {
	SubnetID         types.String `tfsdk:"subnet_id"`
	SecurityGroupIDs types.Set    `tfsdk:"security_group_ids"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
	ID               types.String `tfsdk:"id"`
}

var secondaryNICs = tfvalue.NewNested[SecondaryNIC](Network{}.Attributes()["secondary_network_interfaces"].GetType())

// ChangeSecurityGroups is the call that changes the groups of the primary network interface.
const ChangeSecurityGroups param.Change = "security groups"

// NICs lists the secondary network interfaces.
func (n Network) NICs() []SecondaryNIC { return secondaryNICs.Structs(n.SecondaryNICs) }

// Lines adds the settings of the step to the table of parameters.
func (n Network) Lines(t *param.Table) {
	t.Root("security_group_ids", "SecurityGroupId", n.SecurityGroupIDs).InPlace(ChangeSecurityGroups)
	if n.SecondaryNICs.IsUnknown() {
		t.Version("secondary_network_interfaces", n.SecondaryNICs)
	}
	for i, nic := range n.NICs() {
		at, name := path.Root("secondary_network_interfaces").AtListIndex(i), fmt.Sprintf("NetworkInterface.%d.", i+1)
		t.At(at.AtName("subnet_id"), name+"SubnetId", nic.SubnetID)
		t.At(at.AtName("security_group_ids"), name+"SecurityGroupId", nic.SecurityGroupIDs)
		t.At(at.AtName("private_ip_address"), name+"PrivateIpAddress", nic.PrivateIPAddress)
	}
}

// Refresh reads the step back from what KEC reports.
func (n *Network) Refresh(in *kec.Instance, imported bool) {
	if groups := primaryNIC(in).SecurityGroupIDs; len(groups) > 0 {
		n.SecurityGroupIDs = tfvalue.TextSet(groups)
	}
	n.SecondaryNICs = refreshSecondaryNICs(in, n.SecondaryNICs, imported)
}

// Validate holds the rules that the schema cannot express, see [complete].
func (n Network) Validate() diag.Diagnostics {
	return complete(n.SecondaryNICs, "secondary_network_interfaces", "subnet_id", "security_group_ids")
}

// primaryNIC is the primary network interface; without values where KEC reports none.
func primaryNIC(in *kec.Instance) kec.NIC {
	if primary := in.PrimaryNIC(); primary != nil {
		return *primary
	}
	return kec.NIC{}
}

// refreshSecondaryNICs reads the interfaces back in the user's order: by id where the id is known,
// else by subnet, address and groups. An interface that was attached by other means is left out,
// except on import, which cannot tell.
func refreshSecondaryNICs(in *kec.Instance, was types.List, imported bool) types.List {
	now := slices.Clone(in.NICs)
	if primary := in.PrimaryNIC(); primary != nil {
		now = slices.DeleteFunc(now, func(n kec.NIC) bool { return n.ID == primary.ID })
	}
	old := secondaryNICs.Structs(was)
	if imported {
		old = make([]SecondaryNIC, len(now))
		for i, n := range now {
			old[i] = SecondaryNIC{ID: tfvalue.Text(n.ID), SecurityGroupIDs: types.SetNull(types.StringType)}
		}
	}
	if len(old) == 0 {
		if was.IsNull() || was.IsUnknown() {
			return secondaryNICs.NullList()
		}
		return was // null and [] mean the same; keep what the user wrote
	}
	subnet := func(w SecondaryNIC, r kec.NIC) bool {
		return w.ID.ValueString() == "" && strings.EqualFold(r.SubnetID, w.SubnetID.ValueString())
	}
	groups := func(w SecondaryNIC, r kec.NIC) bool {
		return subnet(w, r) && tfvalue.TextSet(r.SecurityGroupIDs).Equal(w.SecurityGroupIDs)
	}
	present := make([]SecondaryNIC, 0, len(old))
	for i, at := range pair(old, now,
		func(w SecondaryNIC, r kec.NIC) bool { return r.ID != "" && r.ID == w.ID.ValueString() },
		func(w SecondaryNIC, r kec.NIC) bool {
			return subnet(w, r) && r.PrivateIP != "" && r.PrivateIP == w.PrivateIPAddress.ValueString()
		},
		func(w SecondaryNIC, r kec.NIC) bool { return groups(w, r) && w.PrivateIPAddress.ValueString() == "" },
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
	return secondaryNICs.List(present)
}

// ipv4 accepts an IPv4 address.
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
