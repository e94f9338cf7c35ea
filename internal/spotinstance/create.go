package spotinstance

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Create launches the instance and waits until it runs. Its id is in the state
// before anything that can fail; a launch that came to nothing is cleaned up
// and explained, and one that KEC would refuse as it has just refused another is
// not sent.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer guard.Recover(&resp.Diagnostics, "creating a spot instance")
	var plan, config model
	resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &config)...)
	timeout, diags := plan.Timeouts.Create(ctx, createTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	order := plan
	order.PasswordWO = config.PasswordWO // only the configuration holds a write-only value
	params := order.params()
	request, err := params.Encode()
	if err != nil {
		resp.Diagnostics.AddError("The launch cannot be expressed as a request", err.Error())
		return
	}
	r.Preflight.Launching()
	attempt, refused := r.Refusals.Begin(ctx, plan.launch())
	if refused != nil {
		resp.Diagnostics.Append(refused.Diagnostic(params))
		return
	}
	launched, err := r.Client.Launch(ctx, request)
	var extra *kec.ExtraInstancesError
	switch {
	case errors.As(err, &extra):
		// One of them is this resource; the message names the others.
		resp.Diagnostics.AddError("KEC opened more instances than the one ordered", fmt.Sprintf(
			"%s.\n\nThe state holds %s; import or delete the others.", err, launched.InstanceID))
	case err != nil:
		resp.Diagnostics.Append(attempt.Refused(ctx, err).Diagnostic(params))
		return
	}
	attempt.Accepted()

	plan.ID = types.StringValue(launched.InstanceID)
	resp.State.Raw = tfvalue.With(ctx, tfvalue.Resolve(req.Plan.Raw, resp.State.Raw), "id", plan.ID)
	resp.Diagnostics.Append(r.identify(ctx, &plan, resp.Identity)...)
	if at, err := launched.At.MarshalJSON(); err == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, launchedKey, at)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	in, err := r.Client.WaitActive(ctx, launched.InstanceID, plan.project())
	var failed *kec.LaunchError
	switch {
	case errors.As(err, &failed):
		f := r.Explainer.Failed(ctx, failed, failure.Accepted{Launch: plan.launch(), RequestID: launched.RequestID, Parameters: request})
		f.Note = r.cleanUp(ctx, failed, plan.project(), plan.DeletionProtection.ValueBool(), resp)
		resp.Diagnostics.Append(f.Diagnostic(params))
		return
	case err != nil:
		late, cancel := afterwards(ctx)
		defer cancel()
		if r.unprotect(late, launched.InstanceID, plan.DeletionProtection.ValueBool()) {
			resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("deletion_protection"), false)...)
		}
		f := failure.Of(err)
		f.Note = fmt.Sprintf("Instance %s was launched and is in the state; the next apply replaces it, destroy deletes it.", launched.InstanceID)
		resp.Diagnostics.Append(f.Diagnostic(params))
		return
	}
	plan.refresh(in, false)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, launchedKey, nil)...)
	resp.Diagnostics.Append(codec().Write(ctx, &plan, &resp.State.Raw)...)
	resp.State.Raw = tfvalue.Resolve(req.Plan.Raw, resp.State.Raw)
}

// cleanUp removes a failed launch from KEC, and from the state once KEC
// confirms that nothing is left. It returns the sentence that says how it went.
func (r *Resource) cleanUp(ctx context.Context, failed *kec.LaunchError, project *int64, protected bool, resp *resource.CreateResponse) string {
	if failed.Kind != kec.Vanished { // which is proof of absence already
		defer r.Refusals.Ending()()
		r.unprotect(ctx, failed.InstanceID, protected)
		if err := r.Client.Terminate(ctx, failed.InstanceID, project); err != nil {
			return fmt.Sprintf("Cleaning up failed too: %s. Instance %s stays in the state; the next apply or destroy deletes it.",
				err, failed.InstanceID)
		}
	}
	resp.State.RemoveResource(ctx)
	return fmt.Sprintf("Nothing is left of instance %s, at KEC or in the state.", failed.InstanceID)
}

// unprotect lifts the deletion protection of a launch that has failed, and tells
// whether it did: Terraform will not update such an instance, only delete it.
func (r *Resource) unprotect(ctx context.Context, id string, protected bool) bool {
	return protected && r.Client.SetInstanceResourceProtect(ctx, id, false) == nil
}
