package spotinstance

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
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
		if resp.Diagnostics.Append(r.elsewhere(&state, originOf(ctx, req.Private, req.Identity))...); resp.Diagnostics.HasError() {
			return
		}
	}
	if destroying {
		r.warnEnd(ctx, &state, "Destroying", "", resp)
		if state.DeletionProtection.ValueBool() {
			warnDeletionRefused(&state, resp)
		}
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
		r.forcedReplacement(ctx, req, resp)
		r.checkAutoDelete(ctx, &plan, resp)
		r.checkLaunch(ctx, &plan, resp)
	case state.unread() && r.API == nil:
		resp.Diagnostics.Append(r.unready("read")...)
	case state.unread():
		resp.Diagnostics.AddError("The instance has not been read yet",
			state.ID.ValueString()+" was imported or moved without a refresh, so nothing is known about it.\n\nPlan again without -refresh=false.")
	default:
		r.Preflight.Kept(state.ID.ValueString())
		r.Living.Store(state.ID.ValueString(), &state)
		if !unchanged { // an unchanged machine is the usual one, and its tables take a while to compare
			r.planChanges(ctx, &plan, &state, imported, resp)
		}
		if len(resp.RequiresReplace) > 0 { // a replacement may be bought before the old machine is deleted
			resp.Diagnostics.Append(r.find(ctx, &state, originOf(ctx, req.Private, req.Identity))...)
		}
		planStart(ctx, &state, req, resp)
		r.warnRecycling(ctx, &state, resp)
	}
}

// planChanges tells Terraform which attributes replace a living instance, and the user what the
// changes cost it.
func (r *Resource) planChanges(ctx context.Context, plan, state *model, imported []byte, resp *resource.ModifyPlanResponse) {
	var replacing, restarting []string
	deleting := false
	d := changed(plan, state, imported)
	r.keepSpelling(ctx, d, plan, state, imported, resp)
	for _, line := range d.wanted {
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
	because := "It is replaced because of " + strings.Join(replacing, ", ") + "."
	switch {
	case len(replacing) > 0 && state.DeletionProtection.ValueBool():
		refuseReplacement(state, because, resp)
	case len(replacing) > 0:
		r.warnEnd(ctx, state, "Replacing", because, resp)
	case len(restarting) > 0 && state.State.ValueString() == kec.StateActive:
		resp.Diagnostics.AddWarning("This update interrupts the spot instance", fmt.Sprintf(
			"%s is running, and KEC needs it down for a moment to change %s. It ends in the state it has now.",
			state.title(), strings.Join(restarting, ", ")))
	}
	if len(d.adopted) > 0 && len(replacing) == 0 {
		adopted := make([]string, len(d.adopted))
		for i, line := range d.adopted {
			adopted[i] = line.Path.String()
		}
		resp.Diagnostics.AddWarning("Taken from the configuration without a check", fmt.Sprintf(
			"%s was imported, and KEC does not report %s of it. The configured value goes into the state, and the machine is left as it is.\n\n"+
				"If the machine differs and that matters, replace it with the option -replace.", state.title(), strings.Join(adopted, ", ")))
	}
}

// keepSpelling plans what is not changed as the state has it, where the configuration only writes
// it otherwise, so that there is nothing to update. The disks of an import are planned as those
// that they are.
func (*Resource) keepSpelling(ctx context.Context, d difference, plan, state *model, imported []byte, resp *resource.ModifyPlanResponse) {
	if len(imported) > 0 {
		if disks := plan.WithIDsOf(state.InOrderOf(plan.DataDisks)); !disks.Equal(plan.DataDisks) {
			plan.DataDisks = disks
			resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "data_disks", disks)
		}
	}
	for _, line := range d.respelt {
		resp.Plan.Raw = tfvalue.Put(ctx, resp.Plan.Raw, line.Path, line.Value)
	}
}

// planStart plans the start of a machine that an update has stopped for a change, and could not
// start again or did not live to.
func planStart(ctx context.Context, state *model, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	stopped, diags := req.Private.GetKey(ctx, stoppedKey)
	if resp.Diagnostics.Append(diags...); stopped == nil || !down(state) || len(resp.RequiresReplace) > 0 {
		return
	}
	resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "state", types.StringValue(kec.StateActive))
	resp.Diagnostics.AddAttributeWarning(path.Root("state"), "An update has left this spot instance stopped", fmt.Sprintf(
		"%s was running when an update stopped it for a change of key_ids. That update was cut, or KEC did not start the instance again.\n\n"+
			"The next apply starts it.", state.title()))
}

// checkAutoDelete warns of a time of automatic deletion that KEC would refuse. It is no error: the
// time of an instance that is gone has often passed, and must not keep other instances from being
// changed or destroyed. KEC refuses the launch, or the change.
func (r *Resource) checkAutoDelete(ctx context.Context, plan *model, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.Append(plan.WarnTooSoon(func() time.Time { return r.now(ctx, plan) })...)
}

// wayOut ends a veto of a plan with machines of the state in it. A CLI plans normally before it
// plans a destroy, so the veto may stand between the user and the end of these machines.
const wayOut = "To destroy or change what there is all the same: destroy -refresh=false, or preflight = \"warn\" in the provider block."

// checkLaunch asks whether KEC can do what the plan orders. A plan that is known to be wrong asks
// nothing.
func (r *Resource) checkLaunch(ctx context.Context, plan *model, resp *resource.ModifyPlanResponse) {
	if resp.Diagnostics.HasError() {
		return
	}
	if r.Preflight.IsBlind() {
		resp.Diagnostics.AddWarning(preflight.NotChecked, "New spot instances are planned without a look at what KEC offers: "+r.NotReady()+".\n\n"+session.MakeReady)
	}
	for _, f := range r.Preflight.Plan(ctx, plan.launch()) {
		if f.Veto {
			if r.Preflight.KnowsMachines() {
				f.Note = wayOut
			}
			resp.Diagnostics.Append(f.Diagnostic(plan.params()))
		} else {
			resp.Diagnostics.Append(f.Warning(plan.params()))
		}
	}
}

// subnets lists the subnets of all interfaces of an instance.
func (m *model) subnets() []string {
	all := []string{m.SubnetID.ValueString()}
	for _, nic := range m.NICs() {
		all = append(all, nic.SubnetID.ValueString())
	}
	return all
}

// difference is what differs between plan and state.
type difference struct {
	wanted  param.Table // what KEC has to change
	adopted param.Table // what the state takes from the configuration, see changed
	respelt param.Table // what the plan only writes otherwise than the state, with the state's spelling
}

// changed is what differs between plan and state. Of an imported instance some settings are adopted
// from the configuration: those that KEC does not report, or reports so that it proves nothing. To
// replace a healthy machine because of them would be worse than to believe the configuration.
func changed(plan, state *model, imported []byte) difference {
	was := *state
	var silent []string
	if len(imported) > 0 {
		_ = json.Unmarshal(imported, &silent) // true, of an import that has not been read
		was.DataDisks = was.InOrderOf(plan.DataDisks)
	}
	var d difference
	before, now := was.params(), plan.params()
	for _, line := range now.Changed(before) {
		if len(imported) > 0 && (before.Prior(line).Unsure() || wizard.Silent(silent, line.Key())) {
			d.adopted = append(d.adopted, line)
		} else {
			d.wanted = append(d.wanted, line)
		}
	}
	d.respelt = now.Respelt(before)
	return d
}

// now is the time at KEC. The CLI may plan a destroy, or a first machine, in a new process, which
// has not heard from KEC yet and has to ask.
func (r *Resource) now(ctx context.Context, state *model) time.Time {
	if r.API == nil {
		return time.Now()
	}
	return r.Machines.ServiceTime(ctx, state.ID.ValueString())
}
