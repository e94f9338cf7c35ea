package spotinstance

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// Update changes in place what KEC can change in place, in one pass; ModifyPlan has planned a
// replacement for the rest. After a failure the state holds what KEC has then.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer guard.Recover(&resp.Diagnostics, "changing a spot instance")
	if resp.Diagnostics.Append(r.unready("changed")...); resp.Diagnostics.HasError() {
		return
	}
	r.Preflight.Applying()
	var plan, state, config model
	resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &config)...)
	imported, _ := req.Private.GetKey(ctx, importedKey)
	stopped, _ := req.Private.GetKey(ctx, stoppedKey)
	reported, _ := req.Private.GetKey(ctx, reportedKey)
	timeout, diags := plan.Timeouts.Update(ctx, updateTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	id := plan.ID.ValueString()
	last := originOf(ctx, req.Private, req.Identity)
	if resp.Diagnostics.Append(r.here(ctx, &state, last)...); resp.Diagnostics.HasError() {
		return
	}
	in, err := r.Machines.WaitSettled(ctx, id, state.project()) // the machine must end in the state it has now
	if err != nil {
		resp.Diagnostics.Append(failure.Of(err).WithoutPath(wizard.Parameters()))
		return
	}
	d := changed(&plan, &state, imported)
	baseline := wizard.ParseBaseline(reported)
	now := state
	u := update{api: r.API, machines: r.Machines, id: id, plan: &plan, now: &now, password: config.PasswordWO.ValueStringPointer(), state: in.State,
		owed: stopped != nil && plan.State.ValueString() == kec.StateActive}
	failed, err := u.run(ctx, d.wanted)
	err = errors.Join(err, u.settle(ctx)) // whatever has come of the changes
	resp.Diagnostics.Append(u.note(ctx, resp)...)
	if err != nil {
		resp.Diagnostics.Append(u.explain(failed, err))
		resp.Diagnostics.Append(u.leave(ctx, baseline, resp)...)
		return
	}
	if len(d.wanted) > 0 || u.owed {
		if in, err = r.Machines.Find(ctx, id, plan.project()); err != nil {
			resp.Diagnostics.Append(failure.Of(err).WithoutPath(wizard.Parameters()))
			resp.Diagnostics.Append(resp.Private.SetKey(ctx, reportedKey, baseline.Ordered(d.wanted).JSON())...)
			resp.Diagnostics.Append(codec().Write(ctx, &now, &resp.State.Raw)...) // the changes are made all the same
			return
		}
	}
	look := wizard.NewLook(in, baseline.Ordered(d.wanted).Ordered(d.adopted))
	plan.refresh(look)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, reportedKey, look.Baseline().JSON())...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, nil)...)
	resp.Diagnostics.Append(codec().Write(ctx, &plan, &resp.State.Raw)...)
	resp.State.Raw = tfvalue.Resolve(req.Plan.Raw, resp.State.Raw)
	resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
	resp.Diagnostics.Append(r.identify(ctx, &plan, r.Here, resp.Identity)...)
}

// leave writes what KEC has after a change has failed.
func (u *update) leave(ctx context.Context, baseline wizard.Baseline, resp *resource.UpdateResponse) (diags diag.Diagnostics) {
	late, cancel := afterwards(ctx)
	defer cancel()
	if in, err := u.machines.Find(late, u.id, u.now.project()); err == nil {
		look := wizard.NewLook(in, baseline.Ordered(u.done))
		u.now.refresh(look)
		diags.Append(resp.Private.SetKey(ctx, reportedKey, look.Baseline().JSON())...)
	}
	return append(diags, codec().Write(ctx, u.now, &resp.State.Raw)...)
}

// update is one pass over a living instance.
type update struct {
	api      *kec.Client
	machines *machines.Client
	id       string
	plan     *model
	now      *model // what KEC has, change by change
	password *string
	state    string      // the machine's state before, in which it ends
	done     param.Table // the lines of the changes that are made
	restart  bool        // a change waits for a restart to take effect
	owed     bool        // an earlier update has stopped it, and it is to be started
	down     bool        // it was stopped and could not be started again
	unmarked bool        // it was stopped without the tag that says so
}

// explain says why an update has failed, at the attribute that was being changed, and what has come
// of the rest.
func (u *update) explain(failed param.Change, err error) diag.Diagnostic {
	params, f := u.plan.params(), failure.Of(err)
	if f.Param == "" && failed != "" {
		f.Param = params.NameOf(failed)
	}
	f.Note = "What was changed before this is in the state; the next apply goes on from there."
	if failed == wizard.ChangePassword && errors.Is(err, kec.ErrChangeUnknown) {
		f.Note = "No look-up shows a password: the instance may have the old one or the new one, and the next apply sets the new one again. " + f.Note
	}
	if u.down {
		f.Note = "The instance was stopped for the change and could not be started again; the next apply starts it. " + f.Note
	}
	return f.Diagnostic(params)
}

// run makes every change that a wanted line names. At the first failure it stops and returns the
// name of the change that failed; u.now then holds what was done before.
func (u *update) run(ctx context.Context, wanted param.Table) (param.Change, error) {
	for _, c := range changes {
		its := slices.DeleteFunc(slices.Clone(wanted), func(l param.Line) bool { return l.Change != c.name })
		if len(its) == 0 {
			continue
		}
		if err := c.call(ctx, u); err != nil {
			return c.name, err
		}
		c.done(u.now, u.plan)
		u.done = append(u.done, its...)
	}
	if !u.restart || u.state != kec.StateActive {
		return "", nil
	}
	return wizard.ChangeHostName, u.whenReady(ctx, func() error { return u.api.RebootInstances(ctx, u.id) }, kec.StateActive)
}

// whenReady makes a call as soon as the machine's state allows it, and waits for the state in which
// the machine is to end.
func (u *update) whenReady(ctx context.Context, call func() error, state string) error {
	if err := u.machines.UntilReady(ctx, u.id, call, u.plan.project()); err != nil {
		return err
	}
	_, err := u.machines.WaitState(ctx, u.id, state, u.plan.project())
	return err
}

// startTimeout bounds the start of a machine that an update has stopped. The machine is started
// even when the update's own time is over, because it was running before.
const startTimeout = 5 * time.Minute

// whileStopped stops a running machine for a call that KEC takes for stopped machines only, and
// starts it again whatever came of the call. A tag says so meanwhile, because this process may not
// live to start it.
func (u *update) whileStopped(ctx context.Context, do func(context.Context) error) error {
	if u.state != kec.StateActive {
		return do(ctx)
	}
	if err := u.machines.SetTags(ctx, u.id, nil, startAgainTag); denied(err) {
		u.unmarked = true // without the permission for tags keys can be changed all the same
	} else if err != nil {
		return err
	}
	stop := func() error { return u.api.StopInstances(ctx, u.id) }
	if err := u.machines.UntilReady(ctx, u.id, stop, u.plan.project()); err != nil {
		if _, refused := errors.AsType[*ksyun.Error](err); refused && !errors.Is(err, kec.ErrChangeUnknown) {
			err = errors.Join(err, u.unmark(ctx))
		}
		return err // where it may have been stopped, the tag stays, and the next refresh sees what to do
	}
	_, err := u.machines.WaitState(ctx, u.id, kec.StateStopped, u.plan.project())
	if err == nil {
		err = do(ctx)
	}
	if started := u.startAgain(ctx); started != nil {
		return errors.Join(err, started)
	}
	u.restart = false
	return err
}

// settle starts a machine that an earlier update has stopped: it was running before that.
func (u *update) settle(ctx context.Context) error {
	switch {
	case !u.owed:
		return nil
	case u.state == kec.StateStopped:
		return u.startAgain(ctx)
	}
	return u.unmark(ctx)
}

// startAgain starts a machine that an update has stopped, and takes the tag away that says so. It
// has time of its own.
func (u *update) startAgain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	if err := u.whenReady(ctx, func() error { return u.api.StartInstances(ctx, u.id) }, kec.StateActive); err != nil {
		u.down = true
		return err
	}
	return u.unmark(ctx)
}

// unmark takes the tag away that says that a machine is to be started again.
func (u *update) unmark(ctx context.Context) error {
	if u.unmarked {
		return nil
	}
	if err := u.machines.SetTags(ctx, u.id, startAgainTag, nil); !denied(err) {
		return err
	}
	return nil
}

// startAgainTag is the tag of a machine that is stopped for a change.
var startAgainTag = map[string]string{machines.StartAgainTagKey: "true"}

// denied tells whether KEC has refused a call for lack of permission.
func denied(err error) bool {
	return err != nil && failure.Of(err).Code == failure.PermissionDenied
}

// note keeps, for the next plan, whether the machine was left stopped.
func (u *update) note(ctx context.Context, resp *resource.UpdateResponse) diag.Diagnostics {
	if !u.down {
		return resp.Private.SetKey(ctx, stoppedKey, nil)
	}
	return resp.Private.SetKey(ctx, stoppedKey, []byte(strconv.FormatBool(!u.unmarked)))
}

// attachAndDetach attaches the new keys, and then detaches those which are no longer wanted: if KEC
// does not take a new key, the machine still has the old ones.
func (u *update) attachAndDetach(ctx context.Context) error {
	was, want := tfvalue.SetTexts(u.now.KeyIDs), tfvalue.SetTexts(u.plan.KeyIDs)
	without := func(all, some []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
	}
	if fresh := without(want, was); len(fresh) > 0 {
		if err := u.api.AttachKey(ctx, u.id, fresh...); err != nil {
			return err
		}
	}
	if gone := without(was, want); len(gone) > 0 {
		return u.api.DetachKey(ctx, u.id, gone...)
	}
	return nil
}
