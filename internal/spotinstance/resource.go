// Package spotinstance is the resource kec_spot_instance: one Spot Instance,
// from the launch to its confirmed end.
package spotinstance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

var (
	_ resource.ResourceWithConfigure      = (*Resource)(nil)
	_ resource.ResourceWithValidateConfig = (*Resource)(nil)
	_ resource.ResourceWithModifyPlan     = (*Resource)(nil)
	_ resource.ResourceWithImportState    = (*Resource)(nil)
	_ resource.ResourceWithIdentity       = (*Resource)(nil)
	_ resource.ResourceWithMoveState      = (*Resource)(nil)
)

// Deadlines of an operation where the user sets none in timeouts.
const (
	createTimeout = 30 * time.Minute
	readTimeout   = 5 * time.Minute
	updateTimeout = 20 * time.Minute
	deleteTimeout = 10 * time.Minute
	// What is done after an operation has failed, whatever is left of its time: less where
	// the user waits for it to end.
	lastLook  = 30 * time.Second
	briefLook = 5 * time.Second
)

// afterwards is a context for what is still to be done when that of an operation may
// have ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := lastLook
	if errors.Is(ctx.Err(), context.Canceled) {
		limit = briefLook
	}
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}

// importedKey marks, in the resource's private state, an instance that was
// imported and never updated since: what KEC does not report about it is
// unknown rather than unset.
const importedKey = "imported"

// launchedKey holds, in the resource's private state, when an instance was launched
// that was never seen: it may be invisible for a while, also for a later process.
const launchedKey = "launched"

// Resource implements kec_spot_instance.
type Resource struct {
	*session.Session
}

// identity is what tells one instance from all others.
type identity struct {
	Region types.String `tfsdk:"region"`
	ID     types.String `tfsdk:"id"`
}

// New returns the resource, not yet configured.
func New() resource.Resource { return &Resource{} }

// Metadata names the resource.
func (r *Resource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_spot_instance"
}

// Configure takes the session of the provider.
func (r *Resource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.Session = session.From(req.ProviderData, &resp.Diagnostics)
}

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

// Read refreshes the state. Only a proof of absence removes the instance from
// it, and never silently.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer guard.Recover(&resp.Diagnostics, "reading a spot instance")
	defer r.Preflight.Busy()()
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, readTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if r.Client == nil {
		resp.Diagnostics.AddWarning("Spot instance not refreshed",
			state.title()+" could not be looked at: the provider's configuration holds values that are known only after apply.")
		resp.Diagnostics.Append(r.identify(ctx, &state, resp.Identity)...)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	if resp.Diagnostics.Append(r.elsewhere(&state)...); resp.Diagnostics.HasError() {
		return
	}
	r.remember(ctx, &state, req.Private)
	importing := state.InstanceType.IsNull() // all that an import has given is the id
	in, err := r.Client.ReadInstance(ctx, state.ID.ValueString(), state.project())
	switch {
	case errors.Is(err, kec.ErrGone):
		if !importing {
			resp.Diagnostics.AddWarning(released(state))
		}
		resp.Diagnostics.Append(r.identify(ctx, &state, resp.Identity)...)
		resp.State.RemoveResource(ctx)
		return
	case errors.Is(err, kec.ErrNotVisible):
		resp.Diagnostics.AddWarning("KEC does not show this new spot instance yet", fmt.Sprintf(
			"%s was launched in the last minutes. It stays in the state as it is.\n\nRefresh again in two minutes, if you want to see what has become of it.", state.title()))
		resp.Diagnostics.Append(r.identify(ctx, &state, resp.Identity)...)
		return
	case err != nil:
		resp.Diagnostics.Append(failure.Of(err).WithoutPath(wizard.Parameters()))
		return
	case importing && in.ChargeType != "" && in.ChargeType != "Spot":
		resp.Diagnostics.AddError("Not a Spot Instance",
			fmt.Sprintf("Instance %s has the charge type %s.\n\nManage it with the provider for instances of that charge type.", in.ID, in.ChargeType))
		return
	}
	state.refresh(in, importing)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, launchedKey, nil)...)
	if importing && in.TellsUserData {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, []byte(wizard.WithUserData))...)
	}
	resp.Diagnostics.Append(r.readTags(ctx, &state, importing)...)
	resp.Diagnostics.Append(codec().Write(ctx, &state, &resp.State.Raw)...)
	resp.Diagnostics.Append(r.identify(ctx, &state, resp.Identity)...)
}

// remember tells the client how old an instance is that another process has launched.
func (r *Resource) remember(ctx context.Context, state *model, private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}) {
	var at time.Time
	if raw, _ := private.GetKey(ctx, launchedKey); len(raw) > 0 && at.UnmarshalJSON(raw) == nil {
		r.Client.Launched(state.ID.ValueString(), at)
	}
}

// elsewhere is an error if the instance is not in the provider's region: what a
// look-up there does not find proves nothing.
func (r *Resource) elsewhere(m *model) diag.Diagnostics {
	zone := m.AvailabilityZone.ValueString()
	if zone == "" || strings.HasPrefix(zone, r.Region) {
		return nil
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("The instance is in another region", fmt.Sprintf(
		"%s is in the zone %s; the provider works in %s.\n\nUse a provider for its region, or destroy it there first.", m.title(), zone, r.Region))}
}

// identify fills the identity, on a CLI that knows of one. Terraform wants it
// even of what is gone, and even while the provider's configuration is unknown:
// then the zone, which is the region and a letter, tells it.
func (r *Resource) identify(ctx context.Context, m *model, to *tfsdk.ResourceIdentity) diag.Diagnostics {
	if to == nil {
		return nil
	}
	region := r.Region
	if region == "" {
		region = strings.TrimRight(m.AvailabilityZone.ValueString(), "abcdefghijklmnopqrstuvwxyz")
	}
	return to.Set(ctx, identity{Region: types.StringValue(region), ID: m.ID})
}

// readTags asks for the tags where there should be some, and on import.
func (r *Resource) readTags(ctx context.Context, state *model, importing bool) diag.Diagnostics {
	if len(state.TagsAll.Elements()) == 0 && !importing {
		state.TagsAll = types.MapValueMust(types.StringType, nil)
		return nil
	}
	id := state.ID.ValueString()
	tags, err := r.Client.ReadTags(ctx, id)
	if err != nil {
		return diag.Diagnostics{failure.Of(err).WithoutPath(wizard.Parameters())}
	}
	state.TagMaps.Refresh(tags, tfvalue.MapTexts(r.DefaultTags))
	return nil
}

// Update changes in place what KEC can change so, in one pass; ModifyPlan has
// planned a replacement for the rest. After a failure the state holds what KEC
// has then.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer guard.Recover(&resp.Diagnostics, "changing a spot instance")
	var plan, state, config model
	resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &config)...)
	imported, diags := req.Private.GetKey(ctx, importedKey)
	resp.Diagnostics.Append(diags...)
	timeout, diags := plan.Timeouts.Update(ctx, updateTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	id := plan.ID.ValueString()
	if resp.Diagnostics.Append(r.elsewhere(&state)...); resp.Diagnostics.HasError() {
		return
	}
	in, err := r.Client.WaitSettled(ctx, id, state.project()) // it must end in the state it has now
	if err != nil {
		resp.Diagnostics.Append(failure.Of(err).WithoutPath(wizard.Parameters()))
		return
	}
	wanted, _ := changed(&plan, &state, imported)
	now := state
	u := update{client: r.Client, id: id, plan: &plan, now: &now, password: config.PasswordWO.ValueStringPointer(), state: in.State}
	failed, err := u.run(ctx, wanted)
	if err != nil {
		params, f := plan.params(), failure.Of(err)
		if f.Param == "" && failed != "" {
			f.Param = params.NameOf(failed)
		}
		f.Note = "What was changed before this is in the state; the next apply goes on from there."
		if u.down {
			f.Note = "The instance was stopped for the change and could not be started again: start it in the console. " + f.Note
		}
		resp.Diagnostics.Append(f.Diagnostic(params))
		late, cancel := afterwards(ctx)
		defer cancel()
		if in, err := r.Client.FindInstance(late, id, now.project()); err == nil {
			now.refresh(in, false)
		}
		resp.Diagnostics.Append(codec().Write(ctx, &now, &resp.State.Raw)...)
		return
	}
	if len(wanted) > 0 {
		if in, err = r.Client.FindInstance(ctx, id, plan.project()); err != nil {
			resp.Diagnostics.Append(failure.Of(err).WithoutPath(wizard.Parameters()))
			resp.Diagnostics.Append(codec().Write(ctx, &now, &resp.State.Raw)...) // the changes are made all the same
			return
		}
	}
	plan.refresh(in, false)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, nil)...)
	resp.Diagnostics.Append(codec().Write(ctx, &plan, &resp.State.Raw)...)
	resp.State.Raw = tfvalue.Resolve(req.Plan.Raw, resp.State.Raw)
	resp.Diagnostics.Append(r.identify(ctx, &plan, resp.Identity)...)
}

// Delete terminates the instance and waits until KEC confirms it.
func (r *Resource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	defer guard.Recover(&resp.Diagnostics, "deleting a spot instance")
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if resp.Diagnostics.Append(r.elsewhere(&state)...); resp.Diagnostics.HasError() {
		return
	}
	if state.DeletionProtection.ValueBool() { // a forced replacement comes here without a plan that could refuse it
		resp.Diagnostics.Append(protectedAgainstDeletion(&state, ""))
		return
	}
	r.remember(ctx, &state, req.Private)
	defer r.Refusals.Ending()()
	if err := r.Client.Terminate(ctx, state.ID.ValueString(), state.project()); err != nil {
		f := failure.Of(err)
		f.Note = state.title() + " stays in the state."
		resp.Diagnostics.Append(f.WithoutPath(wizard.Parameters()))
	}
}

// ImportState takes an instance id, or an identity of the provider's region; the
// refresh that follows reads the rest.
func (r *Resource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	defer guard.Recover(&resp.Diagnostics, "importing a spot instance")
	switch {
	case req.ID == "" && (req.Identity == nil || req.Identity.Raw.IsNull()):
		resp.Diagnostics.AddError("Nothing to import", "The id is empty.\n\nGive the instance id as the console shows it, a UUID.")
		return
	case req.ID == "":
		var of identity
		resp.Diagnostics.Append(req.Identity.Get(ctx, &of)...)
		if region := of.Region.ValueString(); region != r.Region && r.Region != "" {
			resp.Diagnostics.AddError("The instance is in another region", fmt.Sprintf(
				"The identity names the region %s; the provider works in %s.\n\nImport it with a provider for %s.", region, r.Region, region))
		}
		if resp.Diagnostics.HasError() {
			return
		}
	}
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("id"), path.Root("id"), req, resp)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, []byte("true"))...)
}

// project is the project to look the instance up in first; nil for the default.
func (m *model) project() *int64 {
	if id := m.ProjectID.ValueInt64(); id != 0 {
		return &id
	}
	return nil
}

// title names the instance in a sentence: its name and its id.
func (m *model) title() string {
	if name := m.InstanceName.ValueString(); name != "" {
		return fmt.Sprintf("%s (%s)", name, m.ID.ValueString())
	}
	return m.ID.ValueString()
}
