package spotinstance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Read refreshes the state. Only a proof of absence removes the instance from the state, and never
// silently.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer guard.Recover(&resp.Diagnostics, "reading a spot instance")
	defer r.Preflight.Busy()()
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, readTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	last := originOf(ctx, req.Private, req.Identity)
	if why := r.NotReady(); why != "" {
		resp.Diagnostics.AddWarning("Spot instance not refreshed", state.title()+" could not be looked at: "+why+". It stays in the state as it is.")
		resp.Diagnostics.Append(r.identify(ctx, &state, last, resp.Identity)...)
		return
	}
	// The limit comes from the state: one that is too short for any answer could not be corrected.
	ctx, cancel := context.WithTimeout(ctx, max(timeout, r.API.RequestTimeout()))
	defer cancel()

	if resp.Diagnostics.Append(r.elsewhere(&state, last)...); resp.Diagnostics.HasError() {
		return
	}
	r.remember(ctx, &state, req.Private)
	importing := state.unread() // an import has given nothing but the id
	in, err := r.Machines.Refresh(ctx, state.ID.ValueString(), state.project())
	switch {
	case errors.Is(err, machines.ErrGone), errors.Is(err, machines.ErrNotVisible):
		r.unseen(ctx, &state, err, req, resp)
		return
	case err != nil:
		resp.Diagnostics.Append(unread(err).WithoutPath(wizard.Parameters()))
		return
	case importing && in.ChargeType != "" && !in.Spot():
		resp.Diagnostics.AddError("Not a Spot Instance",
			fmt.Sprintf("Instance %s has the charge type %s.\n\nManage it with the provider for instances of that charge type.", in.ID, in.ChargeType))
		return
	}
	r.Found(last)
	before, _ := req.Private.GetKey(ctx, reportedKey)
	look := wizard.NewLook(in, wizard.ParseBaseline(before))
	if importing {
		look = wizard.NewImport(in)
	}
	state.refresh(look)
	r.Preflight.Read(in.ID, state.subnets()...)
	resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, movedKey, nil)...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, machineKey, []byte(strconv.Quote(in.ID)))...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, reportedKey, look.Baseline().JSON())...)
	if importing {
		resp.Diagnostics.Append(r.noteLaunch(ctx, in, resp.Private)...)
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, look.Unsure())...)
	}
	resp.Diagnostics.Append(r.readTags(ctx, &state, importing, resp)...)
	resp.Diagnostics.Append(codec().Write(ctx, &state, &resp.State.Raw)...)
	resp.Diagnostics.Append(r.identify(ctx, &state, last, resp.Identity)...)
}

// unseen is the read of an instance that KEC does not show: err tells whether it is proven gone.
func (r *Resource) unseen(ctx context.Context, state *model, err error, req resource.ReadRequest, resp *resource.ReadResponse) {
	last, gone := originOf(ctx, req.Private, req.Identity), errors.Is(err, machines.ErrGone)
	if gone {
		resp.Diagnostics.Append(r.notHere(ctx, state, last, req.Private)...)
	} else {
		// A replacement of a tainted machine would follow, whose deletion is not told where the machine
		// was last seen.
		resp.Diagnostics.Append(r.notSeen(ctx, state, last)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(r.identify(ctx, state, last, resp.Identity)...)
	if gone {
		r.forget(ctx, state, state.unread(), resp)
		return
	}
	resp.Diagnostics.AddWarning("KEC does not show this new spot instance yet", fmt.Sprintf(
		"%s was launched in the last minutes. It stays in the state as it is.\n\nRefresh again in two minutes, if you want to see what has become of it.", state.title()))
}

// notHere is an error where an absence does not say that the machine is gone.
func (r *Resource) notHere(ctx context.Context, state *model, last session.Origin, private session.PrivateReader) diag.Diagnostics {
	if taken, _ := private.GetKey(ctx, movedKey); len(taken) > 0 {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The spot instance that is taken over is not seen", fmt.Sprintf(
			"%s comes from a ksyun_instance, whose state does not say where it is. KEC does not show it in %s, at %s, with %s. It stays in the state.\n\n"+
				"Use the region and the keys of the official provider. If it is really gone, take it out of the state with state rm.",
			state.title(), r.Region, r.Here.Endpoint, r.Here.KeyName()))}
	}
	return r.notSeen(ctx, state, last)
}

// unread is the failure of a read, which says how to give it more time: a refresh takes the limit
// from the state, so that a change of the configuration alone does not reach it.
func unread(err error) failure.Failure {
	f := failure.Of(err)
	if f.Code == failure.DeadlineExceeded {
		f.Remedy = "If KEC is well, give the read more time: raise timeouts.read in the configuration and apply once with -refresh=false, " +
			"because a refresh takes it from the state; or raise request_timeout of the provider, which every read has at least."
	}
	return f
}

// forget takes an instance that is proven gone out of the state, with a warning. One of which the
// state knows nothing but its launch, because its creation failed, stays there as long as its
// billing record contradicts.
func (r *Resource) forget(ctx context.Context, state *model, importing bool, resp *resource.ReadResponse) {
	if !importing {
		if state.CreatedAt.IsNull() {
			if doubt := r.contradiction(ctx, state.ID.ValueString()); doubt != "" {
				resp.Diagnostics.AddWarning("KEC does not show this new spot instance yet", doubt+" So it stays in the state. "+tainted)
				return
			}
		}
		r.Preflight.Gone(state.ID.ValueString())
		resp.Diagnostics.AddWarning(released(*state))
	}
	resp.State.RemoveResource(ctx)
}

// remember tells the client how old an instance is that another process of the provider has
// launched: by that launch, and without it by KEC's date of its creation, which may be by another
// clock (fact 262: the clocks of dates and answers). A young one that a look-up does not show may
// be hidden by a view that lags.
func (r *Resource) remember(ctx context.Context, state *model, private session.PrivateReader) {
	var at time.Time
	raw, _ := private.GetKey(ctx, launchedKey)
	if len(raw) > 0 && at.UnmarshalJSON(raw) == nil {
		r.Machines.RememberLaunch(state.ID.ValueString(), at)
	} else if at, err := time.Parse(time.RFC3339, state.CreatedAt.ValueString()); err == nil {
		r.Machines.RememberLaunch(state.ID.ValueString(), at)
	}
}

// noteLaunch writes when an imported instance was launched, by the clock of KEC's answers: where
// its date is ahead of that, it was launched before now.
func (r *Resource) noteLaunch(ctx context.Context, in *kec.Instance, private interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}) diag.Diagnostics {
	created, ok := in.CreatedAt()
	if now := r.API.Now(); !ok || created.After(now) {
		created = now
	}
	at, err := created.MarshalJSON()
	if err != nil {
		return nil
	}
	return private.SetKey(ctx, launchedKey, at)
}

// youth is how long the view of a service may be older than a launch (fact 210: two minutes).
const youth = 2 * time.Minute

// young tells whether the instance was created so lately that a view may be older than it.
func (r *Resource) young(ctx context.Context, state *model) bool {
	at, err := time.Parse(time.RFC3339, state.CreatedAt.ValueString())
	return err == nil && r.now(ctx, state).Sub(at) < youth
}

// down tells whether a machine is stopped, or about to be: a read may come in between.
func down(state *model) bool {
	return slices.Contains([]string{kec.StateStopped, kec.StateStopping}, state.State.ValueString())
}

// readTags asks for the tags. Where the state has none and they cannot be read, nothing is said: a
// user who has no tags needs no permission to read them. A stopped machine may bear the tag that it
// is to be started again.
func (r *Resource) readTags(ctx context.Context, state *model, importing bool, resp *resource.ReadResponse) diag.Diagnostics {
	none := len(state.TagsAll.Elements()) == 0 && !importing
	tags, err := r.Machines.RefreshTags(ctx, state.ID.ValueString())
	if err != nil && none {
		state.TagsAll = types.MapValueMust(types.StringType, nil)
		return nil
	}
	if err != nil {
		return diag.Diagnostics{unread(err).WithoutPath(wizard.Parameters())}
	}
	if len(tags) == 0 && !importing && r.young(ctx, state) {
		return nil // not even the mark of the launch: a view from before it
	}
	state.TagMaps.Refresh(tags, tfvalue.MapTexts(r.DefaultTags))
	note, diags := resp.Private.GetKey(ctx, stoppedKey)
	switch _, marked := tags[machines.StartAgainTagKey]; {
	case !down(state):
		note = nil
	case marked:
		note = []byte("true")
	case string(note) == "true":
		note = nil // somebody has taken the mark away
	}
	return append(diags, resp.Private.SetKey(ctx, stoppedKey, note)...)
}
