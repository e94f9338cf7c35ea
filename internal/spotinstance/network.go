package spotinstance

import (
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

type secondaryNIC struct {
	SubnetID         types.String `tfsdk:"subnet_id"`
	SecurityGroupIDs types.Set    `tfsdk:"security_group_ids"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
	ID               types.String `tfsdk:"id"`
}

type eip struct {
	LineID           types.String `tfsdk:"line_id"`
	BandwidthMbps    types.Int64  `tfsdk:"bandwidth_mbps"`
	ChargeType       types.String `tfsdk:"charge_type"`
	PurchaseMonths   types.Int64  `tfsdk:"purchase_months"`
	ProjectID        types.Int64  `tfsdk:"project_id"`
	BandwidthShareID types.String `tfsdk:"bandwidth_share_id"`
}

var secondaryNICType = types.ObjectType{AttrTypes: map[string]attr.Type{
	"subnet_id": types.StringType, "security_group_ids": types.SetType{ElemType: types.StringType},
	"private_ip_address": types.StringType, "id": types.StringType,
}}

func eipOf(o types.Object) eip { return tfvalue.Struct[eip](o) }

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
