package spotinstance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// warnEnd says what the end of an instance costs, and refuses it while the instance is protected
// against deletion.
func (r *Resource) warnEnd(ctx context.Context, state *model, doing, why string, resp *resource.ModifyPlanResponse) {
	if state.DeletionProtection.ValueBool() {
		resp.Diagnostics.Append(protectedAgainstDeletion(state, why))
		return
	}
	r.warnProtected(ctx, state, doing, why, resp)
	warnKeptDisks(state, resp)
}

// protectedAgainstDeletion refuses to end an instance whose state says that it is protected.
func protectedAgainstDeletion(state *model, why string) diag.Diagnostic {
	detail := state.title() + " has deletion_protection = true, so neither KEC nor this provider deletes it."
	if why != "" {
		detail += " " + why
	}
	return diag.NewAttributeErrorDiagnostic(path.Root("deletion_protection"), "This spot instance is protected against deletion",
		detail+"\n\nSet deletion_protection = false and apply that alone, then try again. (An object that Terraform calls deposed cannot be changed "+
			"any more: take it out of the state with state rm, and delete it in the console.)")
}

// warnProtected says what is given up by ending an instance in the hour in which KEC guarantees it.
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

// warnKeptDisks names the disks that go on being charged when the instance has gone.
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
