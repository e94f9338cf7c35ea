package spotfleet

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// member is an element of members.
type member struct {
	ID               types.String `tfsdk:"id"`
	Name             types.String `tfsdk:"name"`
	InstanceType     types.String `tfsdk:"instance_type"`
	AvailabilityZone types.String `tfsdk:"availability_zone"`
	SubnetID         types.String `tfsdk:"subnet_id"`
	ChargeType       types.String `tfsdk:"charge_type"`
	SpotPriceLimit   types.Number `tfsdk:"spot_price_limit"`
	State            types.String `tfsdk:"state"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
	PublicIP         types.String `tfsdk:"public_ip"`
	CreatedAt        types.String `tfsdk:"created_at"`
	ProtectedUntil   types.String `tfsdk:"protected_until"`
	RecyclingTime    types.String `tfsdk:"recycling_time"`
}

var membersOf = tfvalue.NewNested[member](reportedAttributes()["members"].GetType())

// members lists the machines of the fleet.
func (m *model) members() []member { return membersOf.Structs(m.Members) }

// reclaimed tells whether KEC has announced the member's release.
func (one member) reclaimed() bool { return one.RecyclingTime.ValueString() != "" }

// failed tells whether the member did not start. Such a machine counts for nothing and is ended.
func (one member) failed() bool { return kec.Failed(one.State.ValueString()) }

// started are the members that count as machines of the fleet: those that have started, or may do
// so yet.
func started(all []member) []member {
	return slices.DeleteFunc(slices.Clone(all), member.failed)
}

// spot tells whether KEC may reclaim it.
func (one member) spot() bool {
	return !strings.EqualFold(one.ChargeType.ValueString(), kec.ChargeHourly)
}

// title names the member in a sentence.
func (one member) title() string {
	if name := one.Name.ValueString(); name != "" {
		return name + " (" + one.ID.ValueString() + ")"
	}
	return one.ID.ValueString()
}

// refresh reads the member back from what KEC reports. What it leaves out stays as it is.
func (one *member) refresh(in *kec.Instance) {
	reported := wizard.Reported{
		ID: one.ID, State: one.State, AvailabilityZone: one.AvailabilityZone, PublicIP: one.PublicIP, CreatedAt: one.CreatedAt,
		ProtectedUntil: one.ProtectedUntil, RecyclingTime: one.RecyclingTime,
	}
	reported.Refresh(in)
	one.ID, one.State, one.AvailabilityZone, one.PublicIP = reported.ID, reported.State, reported.AvailabilityZone, reported.PublicIP
	one.CreatedAt, one.ProtectedUntil, one.RecyclingTime = reported.CreatedAt, reported.ProtectedUntil, reported.RecyclingTime
	one.Name = tfvalue.Keep(tfvalue.Text(in.Name), one.Name)
	one.InstanceType = tfvalue.Keep(tfvalue.Text(in.Type), one.InstanceType)
	var place wizard.Place
	place.Refresh(wizard.NewImport(in))
	one.SubnetID = tfvalue.Keep(place.SubnetID, one.SubnetID)
	one.PrivateIPAddress = tfvalue.Keep(place.PrivateIPAddress, one.PrivateIPAddress)
	switch {
	case in.Spot():
		one.ChargeType = types.StringValue(kec.ChargeSpot)
	default:
		one.ChargeType = tfvalue.Keep(tfvalue.Text(in.ChargeType), one.ChargeType)
	}
	if !one.spot() || strings.EqualFold(in.SpotStrategy, kec.SpotAsPriceGo) {
		one.SpotPriceLimit = types.NumberNull()
	} else if in.SpotPriceLimit != nil && in.SpotPriceLimit.Sign() > 0 {
		one.SpotPriceLimit = tfvalue.Number(in.SpotPriceLimit)
	}
}

// ordered is a member of which no more is known than its order.
func ordered(id string, c candidate, limit types.Number) member {
	charge := kec.ChargeSpot
	if c.OnDemand.ValueBool() {
		charge = kec.ChargeHourly
	}
	return member{
		ID: types.StringValue(id), InstanceType: c.InstanceType, SubnetID: c.SubnetID, ChargeType: types.StringValue(charge), SpotPriceLimit: limit,
		Name: types.StringNull(),
	}
}

// sortMembers puts members into the order in which they are shown: by creation, then id.
func sortMembers(all []member) {
	slices.SortFunc(all, func(a, b member) int {
		at, bt := a.CreatedAt.ValueString(), b.CreatedAt.ValueString()
		switch {
		case at == "" && bt != "":
			return 1
		case at != "" && bt == "":
			return -1
		}
		return cmp.Or(cmp.Compare(at, bt), cmp.Compare(strings.ToLower(a.ID.ValueString()), strings.ToLower(b.ID.ValueString())))
	})
}

// protectedAt tells whether KEC guarantees the member still, and for how long.
func (one member) protectedAt(now time.Time) (left time.Duration, ok bool) {
	until, err := time.Parse(time.RFC3339, one.ProtectedUntil.ValueString())
	if err != nil || !one.spot() || one.failed() {
		return 0, false
	}
	left = until.Sub(now)
	return left, left > 0
}

// indexOf is the place of a member, -1 for none.
func indexOf(all []member, id string) int {
	return slices.IndexFunc(all, func(one member) bool { return strings.EqualFold(one.ID.ValueString(), id) })
}

// without are the members but for those.
func without(all []member, ids map[string]bool) []member {
	return slices.DeleteFunc(slices.Clone(all), func(one member) bool { return ids[one.key()] })
}

// key is the member's id in lower case.
func (one member) key() string { return strings.ToLower(one.ID.ValueString()) }
