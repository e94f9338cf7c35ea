package spotinstance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// ModifyPlan decides what replaces the instance, and warns of what the plan costs or of what KEC is
// about to do.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer guard.Recover(&resp.Diagnostics, "planning a spot instance")
	defer r.Preflight.Busy()()
	var state, plan model
	living, destroying := !req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if living {
		resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	}
	if destroying {
		r.frees(&state)
		r.warnEnd(ctx, &state, "Destroying", "", resp)
		return
	}
	unchanged := living && req.Plan.Raw.Equal(req.State.Raw)
	if plan = state; !unchanged {
		resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	}
	imported, diags := req.Private.GetKey(ctx, importedKey)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}

	if all := plan.Merged(r.DefaultTags); !all.Equal(plan.TagsAll) {
		plan.TagsAll, unchanged = all, false
		resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "tags_all", all)
	}
	switch {
	case !living: // a replacement comes here too, a second time and as a new instance
		r.checkAutoDelete(ctx, &plan, resp)
		r.checkLaunch(ctx, &plan, resp)
	case state.InstanceType.IsNull():
		resp.Diagnostics.AddError("The instance has not been read yet",
			state.ID.ValueString()+" was imported or moved without a refresh, so nothing is known about it.\n\nPlan again without -refresh=false.")
	default:
		if !unchanged { // an unchanged machine is the usual one, and its tables take a while to compare
			r.planChanges(ctx, &plan, &state, imported, resp)
		}
		r.warnRecycling(ctx, &state, resp)
	}
}

// planChanges tells Terraform which attributes replace a living instance, and the user what the
// changes cost it.
func (r *Resource) planChanges(ctx context.Context, plan, state *model, imported []byte, resp *resource.ModifyPlanResponse) {
	var replacing, restarting []string
	deleting := false
	wanted, adopted := changed(plan, state, imported)
	for _, line := range wanted {
		c, inPlace := changeOf(line.Change)
		switch {
		case !inPlace:
			resp.RequiresReplace = append(resp.RequiresReplace, line.Path)
			replacing = append(replacing, line.Path.String())
		case c.disrupts != "" && c.needed(plan):
			restarting = append(restarting, fmt.Sprintf("%s (%s)", line.Path, c.disrupts))
		}
		deleting = deleting || line.Change == wizard.ChangeAutoDelete
	}
	if deleting {
		r.checkAutoDelete(ctx, plan, resp)
	}
	switch {
	case len(replacing) > 0:
		r.frees(state)
		r.warnEnd(ctx, state, "Replacing", "It is replaced because of "+strings.Join(replacing, ", ")+".", resp)
	case len(restarting) > 0 && state.State.ValueString() == kec.StateActive:
		resp.Diagnostics.AddWarning("This update interrupts the spot instance", fmt.Sprintf(
			"%s is running, and KEC needs it down for a moment to change %s. It ends in the state it has now.",
			state.title(), strings.Join(restarting, ", ")))
	}
	if len(adopted) > 0 && len(replacing) == 0 {
		resp.Diagnostics.AddWarning("Taken from the configuration without a check", fmt.Sprintf(
			"%s was imported, and KEC does not report %s of it. The configured value goes into the state, and the machine is left as it is.\n\n"+
				"If the machine differs and that matters, replace it with the option -replace.", state.title(), strings.Join(adopted, ", ")))
	}
}

// checkAutoDelete refuses a time of automatic deletion that KEC would refuse.
func (r *Resource) checkAutoDelete(ctx context.Context, plan *model, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(plan.ValidateAhead(func() time.Time { return r.now(ctx, plan) })...)
}

// checkLaunch asks whether KEC can do what the plan orders. A plan that is known to be wrong asks
// nothing.
func (r *Resource) checkLaunch(ctx context.Context, plan *model, resp *resource.ModifyPlanResponse) {
	if resp.Diagnostics.HasError() {
		return
	}
	for _, f := range r.Preflight.Plan(ctx, plan.launch()) {
		if f.Veto {
			resp.Diagnostics.Append(f.Diagnostic(plan.params()))
		} else {
			resp.Diagnostics.Append(f.Warning(plan.params()))
		}
	}
}

// frees notes the addresses that the end of an instance gives back.
func (r *Resource) frees(state *model) {
	r.Preflight.Frees(state.SubnetID.ValueString())
	for _, nic := range state.NICs() {
		r.Preflight.Frees(nic.SubnetID.ValueString())
	}
}

// changed is what differs between plan and state: the lines that KEC has to change, and the paths
// of settings that the state adopts from the configuration. The latter are settings of an imported
// instance that KEC never reports, so that the import has left them null: to replace a healthy
// machine because of them would be worse than to believe the configuration.
func changed(plan, state *model, imported []byte) (wanted param.Table, adopted []string) {
	before := state.params()
	for _, line := range plan.params().Changed(before) {
		if len(imported) > 0 && before.Unreported(line.Path, string(imported)) {
			adopted = append(adopted, line.Path.String())
		} else {
			wanted = append(wanted, line)
		}
	}
	return wanted, adopted
}

// now is the time at KEC. The CLI may plan a destroy in a new process, which has not heard from KEC
// yet and has to ask.
func (r *Resource) now(ctx context.Context, state *model) time.Time {
	if r.API == nil {
		return time.Now()
	}
	if id := state.ID.ValueString(); id != "" {
		return r.Machines.ServiceTime(ctx, id)
	}
	return r.API.Now()
}
