package spotinstance

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Delete terminates the instance and waits until it is proven gone. Whether it is protected against
// deletion is for KEC to say: the protection may have been lifted in the console, which the state
// does not show, and the state of a deposed object cannot be changed any more.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer guard.Recover(&resp.Diagnostics, "deleting a spot instance")
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	last := originOf(ctx, req.Private, req.Identity)
	untold, diags := last.Untold(ctx, state.ID.ValueString(), resp.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.Append(r.unready("deleted")...); resp.Diagnostics.HasError() {
		return
	}
	r.Preflight.Applying()
	timeout, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if resp.Diagnostics.Append(r.elsewhere(&state, last)...); resp.Diagnostics.HasError() {
		return
	}
	r.remember(ctx, &state, req.Private)
	// To whom it does not belong, KEC answers about a machine as if it were gone.
	if untold {
		resp.Diagnostics.Append(r.findUntold(ctx, &state, last, resp.Private)...)
	} else {
		resp.Diagnostics.Append(r.find(ctx, &state, last)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	err := r.end(ctx, state.ID.ValueString(), &state)
	if err == nil && state.CreatedAt.IsNull() { // no look-up has ever shown it
		if doubt := r.contradiction(ctx, state.ID.ValueString()); doubt != "" {
			err = fmt.Errorf("%w: %s", kec.ErrChangeUnknown, doubt)
		}
	}
	if err != nil {
		f := failure.Of(err)
		f.Note = state.title() + " stays in the state."
		resp.Diagnostics.Append(f.WithoutPath(wizard.Parameters()))
	}
	// No plan can speak of what a forced replacement goes on to cost. Where the wait is cut short, KEC
	// may end the machine all the same, and where it knows no such id it may have ended it already.
	_, waiting := errors.AsType[*machines.WaitError](err)
	if told, _ := req.Private.GetKey(ctx, toldKey); told == nil && (err == nil || waiting || machines.UnknownID(err)) {
		resp.Diagnostics.Append(outliving(&state)...)
	}
}

// end terminates an instance of this model, and lets launches that are refused for what it holds
// wait for that.
func (r *Resource) end(ctx context.Context, id string, m *model) (err error) {
	over := r.Refusals.Ending(m.launch())
	defer func() { over(err) }()
	return r.Machines.Terminate(ctx, id, m.project())
}
