package wizard

import (
	"cmp"
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
	anyCase(t.At(at.AtName("subnet_id"), "SubnetId", p.SubnetID))
	t.At(at.AtName("private_ip_address"), "PrivateIpAddress", p.PrivateIPAddress)
}

// Refresh reads the step back from a look at the machine.
func (p *Place) Refresh(l *Look) {
	nic := primaryNIC(l.Instance)
	p.SubnetID = l.id("subnet_id", cmp.Or(l.SubnetID, nic.SubnetID), p.SubnetID)
	p.PrivateIPAddress = l.text("private_ip_address", cmp.Or(l.PrivateIP, nic.PrivateIP), p.PrivateIPAddress)
}

// Firewall is the security groups of the primary network interface.
type Firewall struct {
	SecurityGroupIDs types.Set `tfsdk:"security_group_ids"`
}

// Attributes describes the attribute.
func (Firewall) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"security_group_ids": schema.SetAttribute{
			Required: true, ElementType: types.StringType,
			MarkdownDescription: "Security groups of the primary network interface, UUIDs, at least one. They must belong to the subnet's VPC. KEC documents " +
				"support for one; its own tools send several. Changed in place.",
			Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
		},
	}
}

// Lines adds the setting to the table of parameters.
func (f Firewall) Lines(t *param.Table) {
	anyCase(t.Root("security_group_ids", "SecurityGroupId", f.SecurityGroupIDs)).InPlace(ChangeSecurityGroups)
}

// Refresh reads the groups back from a look at the machine, whose primary interface always has one.
func (f *Firewall) Refresh(l *Look) {
	f.SecurityGroupIDs = l.ids("security_group_ids", primaryNIC(l.Instance).SecurityGroupIDs, f.SecurityGroupIDs)
}

// Network is how the machine is connected: the groups of its primary network interface, and the
// interfaces beside it.
type Network struct {
	Firewall
	SecondaryNICs types.List `tfsdk:"secondary_network_interfaces"`
}

// Attributes describes the step.
func (Network) Attributes() map[string]schema.Attribute {
	return union(Firewall{}.Attributes(), map[string]schema.Attribute{
		"secondary_network_interfaces": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Network interfaces beside the primary one. How many an instance type takes: the console's wizard. Default: none. A change replaces the instance, except for that of their security groups.",
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
	})
}

// SecondaryNIC is an element of secondary_network_interfaces.
type SecondaryNIC struct {
	SubnetID         types.String `tfsdk:"subnet_id"`
	SecurityGroupIDs types.Set    `tfsdk:"security_group_ids"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
	ID               types.String `tfsdk:"id"`
}

var secondaryNICs = tfvalue.NewNested[SecondaryNIC](Network{}.Attributes()["secondary_network_interfaces"].GetType())

// ChangeSecurityGroups is the call that changes the groups of a network interface, of any.
const ChangeSecurityGroups param.Change = "security groups"

// NICs lists the secondary network interfaces.
func (n Network) NICs() []SecondaryNIC { return secondaryNICs.Structs(n.SecondaryNICs) }

// Lines adds the settings of the step to the table of parameters.
func (n Network) Lines(t *param.Table) {
	n.Firewall.Lines(t)
	if n.SecondaryNICs.IsUnknown() {
		t.Version("secondary_network_interfaces", n.SecondaryNICs)
	}
	for i, nic := range n.NICs() {
		at, name := path.Root("secondary_network_interfaces").AtListIndex(i), fmt.Sprintf("NetworkInterface.%d.", i+1)
		anyCase(t.At(at.AtName("subnet_id"), name+"SubnetId", nic.SubnetID))
		anyCase(t.At(at.AtName("security_group_ids"), name+"SecurityGroupId", nic.SecurityGroupIDs).InPlace(ChangeSecurityGroups))
		t.At(at.AtName("private_ip_address"), name+"PrivateIpAddress", nic.PrivateIPAddress)
	}
}

// Refresh reads the step back from a look at the machine.
func (n *Network) Refresh(l *Look) {
	n.Firewall.Refresh(l)
	n.SecondaryNICs = refreshSecondaryNICs(l, n.SecondaryNICs)
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
// else by subnet, address and groups. One that was there and is gone is left out; one that KEC has
// never shown stays. An interface that was attached by other means is left out, except on import,
// which cannot tell.
func refreshSecondaryNICs(l *Look, was types.List) types.List {
	now := slices.Clone(l.NICs)
	if primary := l.PrimaryNIC(); primary != nil {
		now = slices.DeleteFunc(now, func(n kec.NIC) bool { return n.ID == primary.ID })
	}
	old := secondaryNICs.Structs(was)
	if l.imported {
		if l.NICs == nil {
			l.untold("secondary_network_interfaces")
		}
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
	present, kept := make([]SecondaryNIC, 0, len(old)), make([]int, 0, len(old))
	for i, at := range pairNICs(old, now) {
		n := old[i]
		switch {
		case at >= 0:
			n.refresh(l, element("secondary_network_interfaces", i), now[at])
		case l.NICs != nil && n.ID.ValueString() != "":
			continue
		default: // KEC has never shown it, or leaves out all
			n.ID, n.PrivateIPAddress = tfvalue.Known(n.ID), tfvalue.Known(n.PrivateIPAddress)
		}
		present, kept = append(present, n), append(kept, i)
	}
	l.renumber("secondary_network_interfaces", kept)
	return secondaryNICs.List(present)
}

// pairNICs finds each interface among those that KEC reports, see [pair].
func pairNICs(old []SecondaryNIC, now []kec.NIC) []int {
	fresh := func(w SecondaryNIC) bool { return w.ID.ValueString() == "" }
	subnet := func(w SecondaryNIC, r kec.NIC) bool {
		return fresh(w) && strings.EqualFold(r.SubnetID, w.SubnetID.ValueString())
	}
	groups := func(w SecondaryNIC, r kec.NIC) bool {
		return subnet(w, r) && sameIDs(tfvalue.TextSet(r.SecurityGroupIDs), w.SecurityGroupIDs)
	}
	return pair(old, now,
		func(w SecondaryNIC, r kec.NIC) bool {
			return r.ID != "" && strings.EqualFold(r.ID, w.ID.ValueString())
		},
		func(w SecondaryNIC, r kec.NIC) bool {
			return subnet(w, r) && r.PrivateIP != "" && r.PrivateIP == w.PrivateIPAddress.ValueString()
		},
		func(w SecondaryNIC, r kec.NIC) bool { return groups(w, r) && w.PrivateIPAddress.ValueString() == "" },
		groups,
		subnet,
		func(w SecondaryNIC, r kec.NIC) bool { return fresh(w) && len(old) == len(now) },
	)
}

func (n *SecondaryNIC) refresh(l *Look, at string, now kec.NIC) {
	n.ID = l.id(at+".id", now.ID, n.ID)
	n.SubnetID = l.id(at+".subnet_id", now.SubnetID, n.SubnetID)
	n.PrivateIPAddress = l.text(at+".private_ip_address", now.PrivateIP, n.PrivateIPAddress)
	n.SecurityGroupIDs = l.ids(at+".security_group_ids", now.SecurityGroupIDs, n.SecurityGroupIDs)
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
