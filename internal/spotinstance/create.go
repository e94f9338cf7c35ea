package spotinstance

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Create launches the instance and waits until it runs. The state holds the id as soon as KEC has
// given it, so that nothing that is bought is lost. A launch that came to nothing is cleaned up and
// explained. A launch that KEC would refuse, because it has just refused another like it, is not
// sent.
func (r *Resource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	defer guard.Recover(&resp.Diagnostics, "creating a spot instance")
	if resp.Diagnostics.Append(r.unready("created")...); resp.Diagnostics.HasError() {
		return
	}
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
	launched, diags := r.launch(ctx, &plan, params, request)
	if resp.Diagnostics.Append(diags...); launched.InstanceID == "" {
		return
	}

	plan.ID = types.StringValue(launched.InstanceID)
	resp.State.Raw = tfvalue.With(ctx, tfvalue.Resolve(req.Plan.Raw, resp.State.Raw), "id", plan.ID)
	resp.Diagnostics.Append(r.identify(ctx, &plan, r.Here, resp.Identity)...)
	resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, machineKey, []byte(strconv.Quote(launched.InstanceID)))...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, toldKey, nil)...) // of the machine that this one replaces
	if at, err := launched.At.MarshalJSON(); err == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, launchedKey, at)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	in, err := r.Machines.WaitActive(ctx, launched.InstanceID, plan.project())
	var failed *machines.LaunchError
	switch {
	case errors.As(err, &failed):
		f := r.Explainer.Failed(ctx, failed, failure.Accepted{Launch: plan.launch(), RequestID: launched.RequestID, Parameters: request})
		r.cleanUp(ctx, failed, &f, &plan, resp)
		resp.Diagnostics.Append(afterLaunch(f, launched).Diagnostic(params))
		return
	case err != nil:
		resp.Diagnostics.Append(afterLaunch(r.keepInState(ctx, err, &plan, resp), launched).Diagnostic(params))
		return
	}
	look := wizard.NewLook(in, nil)
	plan.refresh(look)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, reportedKey, look.Baseline().JSON())...)
	resp.Diagnostics.Append(codec().Write(ctx, &plan, &resp.State.Raw)...)
	resp.State.Raw = tfvalue.Resolve(req.Plan.Raw, resp.State.Raw)
}

// launch orders the instance. The answer holds no id if nothing came of the order; the diagnostics
// say why.
func (r *Resource) launch(ctx context.Context, plan *model, params param.Table, request url.Values) (machines.Launched, diag.Diagnostics) {
	r.Preflight.Applying()
	attempt, refused := r.Refusals.Begin(ctx, plan.launch())
	if refused != nil {
		return machines.Launched{}, diag.Diagnostics{refused.Diagnostic(params)}
	}
	launched, err := r.Machines.Launch(ctx, request, attempt.Held)
	var diags diag.Diagnostics
	var extra *machines.ExtraInstancesError
	switch {
	case errors.As(err, &extra):
		// One of them is this resource; the message names the others.
		diags.AddError("KEC opened more instances than the one ordered", fmt.Sprintf(
			"%s.\n\nThe state holds %s; import or delete the others.", err, launched.InstanceID))
	case err != nil:
		return machines.Launched{}, diag.Diagnostics{attempt.Refused(ctx, err).Diagnostic(params)}
	}
	attempt.Accepted(1)
	return launched, diags
}

// afterLaunch is a failure after KEC has accepted a launch, which names the request of that launch
// where it does not yet: KEC's support asks for it.
func afterLaunch(f failure.Failure, launched machines.Launched) failure.Failure {
	if id := launched.RequestID; id != "" && id != f.RequestID {
		f.Note += fmt.Sprintf(" KEC accepted the launch in request %s.", id)
	}
	return f
}

// cleanUp removes a failed launch from KEC, and from the state once KEC confirms that nothing is
// left. The failure tells how it went. A launch that no look-up shows is terminated too, because it
// may be there all the same.
func (r *Resource) cleanUp(ctx context.Context, failed *machines.LaunchError, f *failure.Failure, plan *model, resp *resource.CreateResponse) {
	id := failed.InstanceID
	unprotected := r.unprotect(ctx, id, plan)
	err := r.end(ctx, id, plan)
	contradiction := ""
	if err == nil && failed.Kind != machines.EndedInError {
		contradiction = r.contradiction(ctx, id)
	}
	if err == nil && contradiction == "" {
		resp.State.RemoveResource(ctx)
		f.Note = fmt.Sprintf("Nothing is left of instance %s, at KEC or in the state.", id)
		return
	}
	if unprotected {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("deletion_protection"), false)...)
	}
	if err != nil {
		f.Note = fmt.Sprintf("Cleaning up failed too: %s. Instance %s stays in the state; the next apply or destroy deletes it.", err, id)
		f.Besides(err)
		return
	}
	f.Note = fmt.Sprintf("%s So it stays in the state. %s", contradiction, tainted)
}

// tainted says what becomes of an instance whose creation has failed and that is in the state.
const tainted = "If it runs, terraform untaint (or tofu untaint) with its address keeps it; " +
	"without that the next apply replaces it, and destroy deletes it."

// contradiction is a sentence about an instance that never ran and that no look-up shows, if its
// billing record says otherwise, and "" where none does: views of KEC may lag behind each other.
func (r *Resource) contradiction(ctx context.Context, id string) string {
	record, _ := failure.Record(ctx, r.API, id, kec.BillingCreating, kec.BillingOpened)
	if record == nil {
		return ""
	}
	return fmt.Sprintf("KEC does not show instance %s, but its billing record says: %s. It may come to life, and be charged.",
		id, failure.StatusText(record))
}

// keepInState leaves an instance in the state whose wait has failed for a reason that says nothing
// about the instance, such as a deadline. It returns the failure to report.
func (r *Resource) keepInState(ctx context.Context, err error, plan *model, resp *resource.CreateResponse) failure.Failure {
	late, cancel := afterwards(ctx)
	defer cancel()
	if r.unprotect(late, plan.ID.ValueString(), plan) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("deletion_protection"), false)...)
	}
	f := failure.Of(err)
	if f.Code == failure.Interrupted {
		f.Remedy = "Look whether the instance runs, decide whether to keep it, and apply again."
	}
	f.Note = fmt.Sprintf("Instance %s was launched and is in the state. %s", plan.ID.ValueString(), tainted)
	return f
}

// unprotect lifts the deletion protection of a launch that has failed, and tells whether it did:
// Terraform does not update such an instance, it only deletes it.
func (r *Resource) unprotect(ctx context.Context, id string, plan *model) bool {
	return plan.DeletionProtection.ValueBool() && r.API.SetInstanceResourceProtect(ctx, id, false) == nil
}
