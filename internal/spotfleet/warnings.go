package spotfleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// now is the time at KEC, as far as this process knows it.
func (r *Resource) now() time.Time {
	if r.API == nil {
		return time.Now()
	}
	return r.API.Now()
}

// warnEnds says, once for the fleet, what the end of members costs: those in the hour in which KEC
// guarantees them, and what outlives them.
func (r *Resource) warnEnds(m *model, some []member, doing string, resp *resource.ModifyPlanResponse) {
	var protected []string
	for _, one := range some {
		r.Preflight.Ends(one.ID.ValueString(), one.SubnetID.ValueString())
		if left, ok := one.protectedAt(r.now()); ok {
			protected = append(protected, fmt.Sprintf("%s, until %s (%s)", one.title(), one.ProtectedUntil.ValueString(), minutes(left)))
		}
	}
	if len(protected) > 0 {
		resp.Diagnostics.AddWarning(fmt.Sprintf("%s: %d are in their protected hour", doing, len(protected)), fmt.Sprintf(
			"KEC does not release these before that hour is over, whatever the market does. A new launch may find no stock or a higher price.\n%s", list(protected)))
	}
	var outlives []string
	for _, disk := range m.Disks() {
		if !disk.DeleteWithInstance.ValueBool() {
			outlives = append(outlives, fmt.Sprintf("the data disks of type %s with delete_with_instance = false", disk.Type.ValueString()))
			break
		}
	}
	if !m.EIP.IsNull() {
		outlives = append(outlives, "the public addresses")
	}
	if len(outlives) > 0 && len(some) > 0 {
		resp.Diagnostics.AddWarning(doing+": something may outlive the machines", fmt.Sprintf(
			"Of %d machines, %s may stay in the account, outside the state, and go on being charged.\n\nLook for them in the console, and delete what is not wanted.",
			len(some), strings.Join(outlives, " and ")))
	}
}

// warnFailed says, once for the fleet, which members did not start.
func warnFailed(have []member, resp *resource.ModifyPlanResponse) {
	var failed, states []string
	for _, one := range have {
		if one.failed() {
			failed, states = append(failed, one.title()), append(states, strconv.Quote(one.State.ValueString()))
		}
	}
	slices.Sort(states)
	if len(failed) > 0 {
		resp.Diagnostics.AddWarning(fmt.Sprintf("%d of the %d machines of this fleet did not start", len(failed), len(have)), fmt.Sprintf(
			"KEC shows them in state %s: their launch has come to nothing.\n%s\n\nThe next apply ends them and orders what is missing.",
			strings.Join(slices.Compact(states), ", "), list(failed)))
	}
}

// warnRecycling passes on KEC's notices that it will release members, once for the fleet.
func (r *Resource) warnRecycling(m *model, have []member, resp *resource.ModifyPlanResponse) {
	var announced []string
	for _, one := range have {
		if !one.reclaimed() {
			continue
		}
		left := ""
		if at, err := time.Parse(time.RFC3339, one.RecyclingTime.ValueString()); err == nil && at.After(r.now()) {
			left = ", in " + minutes(at.Sub(r.now()))
		}
		announced = append(announced, fmt.Sprintf("%s, at %s%s", one.title(), one.RecyclingTime.ValueString(), left))
	}
	if len(announced) == 0 {
		return
	}
	next := "the next apply after the release orders what is missing."
	if m.ReplaceBeforeRelease.ValueBool() {
		next = "the next apply orders successors at once."
	}
	resp.Diagnostics.AddWarning(fmt.Sprintf("KEC will release %d of the %d machines of this fleet", len(announced), len(have)), fmt.Sprintf(
		"%s\n\nMove their work now; %s", list(announced), next))
}

// minutes is a duration in whole minutes, rounded, for people.
func minutes(d time.Duration) string {
	switch n := int(d.Round(time.Minute) / time.Minute); n {
	case 0:
		return "less than a minute"
	case 1:
		return "1 minute"
	default:
		return fmt.Sprintf("%d minutes", n)
	}
}
