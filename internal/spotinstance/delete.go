package spotinstance

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Delete terminates the instance and waits until KEC confirms it.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer guard.Recover(&resp.Diagnostics, "deleting a spot instance")
	if resp.Diagnostics.Append(r.unready("deleted")...); resp.Diagnostics.HasError() {
		return
	}
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	last := originOf(ctx, req.Private, req.Identity)
	if resp.Diagnostics.Append(r.elsewhere(&state, last)...); resp.Diagnostics.HasError() {
		return
	}
	if state.DeletionProtection.ValueBool() { // a forced replacement comes here without a plan that could refuse it
		resp.Diagnostics.Append(protectedAgainstDeletion(&state, ""))
		return
	}
	// To whom it does not belong, KEC answers about a machine as if it were gone.
	if resp.Diagnostics.Append(r.find(ctx, &state, last)...); resp.Diagnostics.HasError() {
		return
	}
	r.remember(ctx, &state, req.Private)
	defer r.Refusals.Ending()()
	if err := r.Machines.Terminate(ctx, state.ID.ValueString(), state.project()); err != nil {
		f := failure.Of(err)
		f.Note = state.title() + " stays in the state."
		resp.Diagnostics.Append(f.WithoutPath(wizard.Parameters()))
	}
}
