package spotinstance

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// warnEnd says what the end of an instance costs, and notes in the plan that it was said.
func (r *Resource) warnEnd(ctx context.Context, state *model, doing, why string, resp *resource.ModifyPlanResponse) {
	r.Preflight.Ends(state.ID.ValueString(), state.subnets()...)
	r.Living.Delete(state.ID.ValueString())
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, toldKey, []byte("true"))...)
	r.warnProtected(ctx, state, doing, why, resp)
	resp.Diagnostics.Append(outliving(state)...)
}

// forcedReplacement notes a replacement that no attribute causes, but -replace or
// replace_triggered_by, and refuses that of a protected machine. A CLI plans the machine as one
// that is kept, and then once more as a new one, with the private state of the first plan, which
// names the machine. It shows no warning of that second plan, and plans a tainted machine as a new
// one only: what such an end costs is said by Delete.
func (r *Resource) forcedReplacement(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var id string
	if raw, _ := req.Private.GetKey(ctx, machineKey); json.Unmarshal(raw, &id) != nil {
		return
	}
	kept, _ := r.Living.LoadAndDelete(id)
	state, ok := kept.(*model)
	if !ok {
		return // its end has been spoken of
	}
	r.Preflight.Ends(id, state.subnets()...)
	if state.DeletionProtection.ValueBool() {
		refuseReplacement(state, "Its replacement is forced: by -replace, or by replace_triggered_by.", resp)
	}
}

// protected is the summary for an instance whose state says that it is protected against deletion.
const protected = "This spot instance is protected against deletion"

// refuseReplacement refuses to replace an instance whose state says that it is protected.
func refuseReplacement(state *model, why string, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.AddAttributeError(path.Root("deletion_protection"), protected, fmt.Sprintf(
		"%s has deletion_protection = true, so KEC does not delete it. %s\n\n"+
			"Set deletion_protection = false and apply that alone, then try again.", state.title(), why))
}

// warnDeletionRefused warns that KEC will refuse to delete a protected instance. It is no error,
// because the protection may have been lifted in the console, and the state of an object that
// Terraform calls deposed cannot be changed any more: KEC is asked, and decides.
func warnDeletionRefused(state *model, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.AddAttributeWarning(path.Root("deletion_protection"), protected, fmt.Sprintf(
		"%s has deletion_protection = true, and KEC refuses to delete it as long as that holds there.\n\n"+
			"Set deletion_protection = false and apply that alone, then try again; or lift the protection in the console.", state.title()))
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

// outliving names what goes on being charged when the instance has gone: the disks that are kept,
// and a public address that may stay.
func outliving(state *model) (diags diag.Diagnostics) {
	if ids := state.Kept(); len(ids) > 0 {
		diags.AddWarning("A data disk outlives this spot instance", state.title()+" goes. "+keptSentence(ids))
	}
	if address := addressSentence(state); address != "" {
		diags.AddWarning("The public address may outlive this spot instance", state.title()+" goes. "+address)
	}
	return diags
}

// addressSentence names the public address of an instance that goes, "" if it has none. Whether KEC
// releases the address with the instance is not known (fact 238: both are assumed).
func addressSentence(state *model) string {
	address := state.PublicIP.ValueString()
	switch {
	case address != "":
		address = " " + address
	case state.EIP.IsNull():
		return ""
	default: // its creation was cut short, and it was not seen since
		address = ", which the state does not know,"
	}
	return fmt.Sprintf("Its public address%s may stay in the account, outside the state, and go on being charged. "+
		"Look for it on the console's EIP page, and release it there if it is not wanted.", address)
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
	if address := addressSentence(&state); address != "" {
		next += "\n\n" + address
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
