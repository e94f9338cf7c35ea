package spotinstance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// ModifyPlan decides what replaces the instance, and warns of what the plan
// costs or what KEC is about to do.
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
	resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	imported, diags := req.Private.GetKey(ctx, importedKey)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}

	if all := plan.Merged(r.DefaultTags); !all.Equal(plan.TagsAll) {
		plan.TagsAll = all
		resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "tags_all", all)
	}
	if !living { // a replacement comes here too, a second time and as a new instance
		resp.Diagnostics.Append(plan.ValidateAhead(func() time.Time { return r.now(ctx, &plan) })...)
		r.checkLaunch(ctx, &plan, resp)
		return
	}
	if state.InstanceType.IsNull() {
		resp.Diagnostics.AddError("The instance has not been read yet",
			state.ID.ValueString()+" was imported or moved without a refresh, so nothing is known about it.\n\nPlan again without -refresh=false.")
		return
	}

	var replacing, restarting []string
	deleting := false
	wanted, believed := changed(&plan, &state, imported)
	for _, line := range wanted {
		c, inPlace := changeOf(line.Change)
		switch {
		case !inPlace:
			resp.RequiresReplace = append(resp.RequiresReplace, line.Path)
			replacing = append(replacing, line.Path.String())
		case c.disrupts != "" && c.needed(&plan):
			restarting = append(restarting, fmt.Sprintf("%s (%s)", line.Path, c.disrupts))
		}
		if line.Change == wizard.ChangeAutoDelete {
			deleting = true
		}
	}
	if deleting {
		resp.Diagnostics.Append(plan.ValidateAhead(func() time.Time { return r.now(ctx, &plan) })...)
	}
	switch {
	case len(replacing) > 0:
		r.frees(&state)
		r.warnEnd(ctx, &state, "Replacing", "It is replaced because of "+strings.Join(replacing, ", ")+".", resp)
	case len(restarting) > 0 && state.State.ValueString() == active:
		resp.Diagnostics.AddWarning("This update interrupts the spot instance", fmt.Sprintf(
			"%s is running, and KEC needs it down for a moment to change %s. It ends in the state it has now.",
			state.title(), strings.Join(restarting, ", ")))
	}
	if len(believed) > 0 && len(replacing) == 0 {
		resp.Diagnostics.AddWarning("Taken from the configuration without a check", fmt.Sprintf(
			"%s was imported, and KEC does not report %s of it. The configured value goes into the state, and the machine is left as it is.\n\n"+
				"If the machine differs and that matters, replace it with the option -replace.", state.title(), strings.Join(believed, ", ")))
	}
	r.warnRecycling(ctx, &state, resp)
}

// checkLaunch asks whether KEC can do what the plan orders. Nothing is asked once
// the plan is known to be wrong.
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

// warnEnd says what the end of an instance costs, and refuses it while the
// instance is protected against deletion.
func (r *Resource) warnEnd(ctx context.Context, state *model, doing, why string, resp *resource.ModifyPlanResponse) {
	if state.DeletionProtection.ValueBool() {
		resp.Diagnostics.Append(protectedAgainstDeletion(state, why))
		return
	}
	r.warnProtected(ctx, state, doing, why, resp)
	warnKeptDisks(state, resp)
}

// protectedAgainstDeletion refuses to end an instance whose state says that it is
// protected.
func protectedAgainstDeletion(state *model, why string) diag.Diagnostic {
	detail := state.title() + " has deletion_protection = true, so neither KEC nor this provider deletes it."
	if why != "" {
		detail += " " + why
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("deletion_protection"), "This spot instance is protected against deletion",
		detail+"\n\nSet deletion_protection = false and apply that alone, then try again. (An object that Terraform calls deposed cannot be changed "+
			"any more: take it out of the state with state rm, and delete it in the console.)")
}

// changed is what differs between plan and state: what is wanted of KEC, and the paths of what an imported
// instance is believed to have. KEC never reports the latter, so the import has left it null, and the
// configuration is taken at its word: replacing a healthy machine to learn nothing would be worse.
func changed(plan, state *model, imported []byte) (wanted param.Table, believed []string) {
	before := state.params()
	for _, line := range plan.params().Changed(before) {
		if len(imported) > 0 && before.Unreported(line.Path, string(imported)) {
			believed = append(believed, line.Path.String())
		} else {
			wanted = append(wanted, line)
		}
	}
	return wanted, believed
}

// warnProtected says what is given up by ending an instance in the hour in
// which KEC guarantees it.
func (r *Resource) warnProtected(ctx context.Context, state *model, doing, why string, resp *resource.ModifyPlanResponse) {
	until, err := time.Parse(time.RFC3339, state.ProtectedUntil.ValueString())
	if err != nil {
		return
	}
	left := until.Sub(r.now(ctx, state))
	if left <= 0 {
		return
	}
	detail := fmt.Sprintf("%s is protected until %s, %s from now: KEC does not release it before, whatever the market does. "+
		"A new launch may find no stock or a higher price.", state.title(), until.Format(time.RFC3339), minutes(left))
	if why != "" {
		detail += "\n\n" + why
	}
	resp.Diagnostics.AddWarning(doing+" a spot instance in its protected hour", detail)
}

// warnKeptDisks names what goes on being charged when the instance has gone.
func warnKeptDisks(state *model, resp *resource.ModifyPlanResponse) {
	if ids := state.Kept(); len(ids) > 0 {
		resp.Diagnostics.AddWarning("A data disk outlives this spot instance", state.title()+" goes. "+keptSentence(ids))
	}
}

func keptSentence(ids []string) string {
	return fmt.Sprintf("Its data disks with delete_with_instance = false stay, outside the state, and go on being charged: %s. "+
		"Attach or delete them in the console.", strings.Join(ids, ", "))
}

// warnRecycling passes on KEC's notice that it will release the instance.
func (r *Resource) warnRecycling(ctx context.Context, state *model, resp *resource.ModifyPlanResponse) {
	if state.RecyclingTime.IsNull() {
		return
	}
	summary := "KEC will release this spot instance"
	at, err := time.Parse(time.RFC3339, state.RecyclingTime.ValueString())
	if left := at.Sub(r.now(ctx, state)); err == nil && left > 0 {
		summary += " in " + minutes(left)
	}
	resp.Diagnostics.AddWarning(summary, fmt.Sprintf(
		"%s is being reclaimed at %s. Data on disks that go with it will be lost.\n\n"+
			"Move its work now; the next apply after the release orders a replacement.", state.title(), state.RecyclingTime.ValueString()))
}

// released is the warning for an instance that is proven gone: summary and detail.
func released(state model) (summary, detail string) {
	next := "The next apply orders a replacement."
	if ids := state.Kept(); len(ids) > 0 {
		next += "\n\n" + keptSentence(ids)
	}
	if at := state.RecyclingTime.ValueString(); at != "" {
		return "KEC has released this spot instance", fmt.Sprintf(
			"%s is gone: KEC had announced to reclaim it at %s. A released instance cannot be brought back.\n\n%s",
			state.title(), at, next)
	}
	if at := state.AutoDeleteTime.ValueString(); at != "" {
		return "This spot instance is gone", fmt.Sprintf(
			"%s no longer exists; auto_delete_time asked KEC to delete it at %s.\n\n%s", state.title(), at, next)
	}
	return "This spot instance is gone", fmt.Sprintf(
		"%s no longer exists. KEC has released it since the last refresh (when the market price rises above the limit or stock runs short), "+
			"or somebody has deleted it.\n\n%s", state.title(), next)
}

// now is the time at KEC. The CLI may plan a destroy in a new process, which has
// not heard from KEC yet.
func (r *Resource) now(ctx context.Context, state *model) time.Time {
	if r.Client == nil {
		return time.Now()
	}
	if id := state.ID.ValueString(); id != "" {
		return r.Client.ServiceTime(ctx, id)
	}
	return r.Client.Now()
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
