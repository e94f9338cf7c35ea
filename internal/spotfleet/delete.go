package spotfleet

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Delete ends all members, and returns when each is proven gone. What could not be ended stays in
// the state.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer guard.Recover(&resp.Diagnostics, "deleting a spot fleet")
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	last := session.OriginIn(ctx, req.Private)
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
	if resp.Diagnostics.Append(r.here(ctx, &state, last)...); resp.Diagnostics.HasError() {
		return
	}
	if untold {
		resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
	}
	have, mem := state.members(), recall(ctx, req.Private)
	r.young(have, mem)
	failed := r.end(ctx, &state, have)
	if len(failed) == 0 {
		return
	}
	gone := map[string]bool{}
	for _, one := range have {
		gone[one.key()] = failed[one.key()] == nil
	}
	state.have(without(have, gone), mem)
	resp.State.Raw = tfvalue.With(ctx, resp.State.Raw, "members", state.Members)
	resp.State.Raw = tfvalue.With(ctx, resp.State.Raw, "capacity", state.Capacity)
	resp.Diagnostics.Append(notEnded(have, failed))
}

// notEnded is the error about members that could not be ended: KEC's words about the first.
func notEnded(all []member, failed map[string]error) diag.Diagnostic {
	for _, one := range all {
		err := failed[one.key()]
		if err == nil {
			continue
		}
		f := failure.Of(err)
		f.Note = fmt.Sprintf("That is about %s. %d of the %d machines that were to go are left, and stay in the state.", one.title(), len(failed), len(all))
		return f.WithoutPath(wizard.Parameters())
	}
	return nil
}
