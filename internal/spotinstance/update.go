package spotinstance

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// change is one call, or a few that belong together, that brings attributes of a
// living instance from what they are to what is planned.
type change struct {
	name     param.Change
	disrupts string // what it does to a running machine; "" for nothing
	call     func(ctx context.Context, u *update) error
	done     func(now, plan *model) // notes in now what KEC has from then on
}

// changes lists everything that KEC changes in place, in the order in which it
// is done: first what disturbs nothing, then what restarts the machine, so that a
// failure leaves it running. An attribute that is not here replaces the instance.
var changes = []change{
	{
		name: wizard.ChangeName,
		call: func(ctx context.Context, u *update) error {
			return u.client.ModifyInstanceAttribute(ctx, u.id, kec.InstanceAttributes{Name: u.plan.InstanceName.ValueStringPointer()})
		},
		done: func(now, plan *model) { now.InstanceName = plan.InstanceName },
	},
	{
		name: wizard.ChangeSecurityGroups,
		call: func(ctx context.Context, u *update) error {
			nic := kec.NIC{ID: u.now.NetworkInterfaceID.ValueString(), SubnetID: u.now.SubnetID.ValueString()}
			return u.client.ModifyNetworkInterfaceAttribute(ctx, u.id, nic, tfvalue.SetTexts(u.plan.SecurityGroupIDs))
		},
		done: func(now, plan *model) { now.SecurityGroupIDs = plan.SecurityGroupIDs },
	},
	{
		name: wizard.ChangeTags,
		call: func(ctx context.Context, u *update) error {
			return u.client.SetTags(ctx, u.id, tfvalue.MapTexts(u.plan.TagsAll))
		},
		done: func(now, plan *model) { now.Tags, now.TagsAll = plan.Tags, plan.TagsAll },
	},
	{
		name: wizard.ChangeAutoDelete,
		call: func(ctx context.Context, u *update) error {
			at, err := time.Parse(time.RFC3339, u.plan.AutoDeleteTime.ValueString())
			if err != nil { // it was taken out: without a time KEC switches automatic deletion off
				return u.client.ModifyInstanceAutoDeleteTime(ctx, u.id, nil, nil)
			}
			eip := u.plan.AutoDeleteEIP.ValueBool()
			return u.client.ModifyInstanceAutoDeleteTime(ctx, u.id, &at, &eip)
		},
		done: func(now, plan *model) {
			now.AutoDeleteTime, now.AutoDeleteEIP = plan.AutoDeleteTime, plan.AutoDeleteEIP
		},
	},
	{
		name: wizard.ChangeProtection,
		call: func(ctx context.Context, u *update) error {
			return u.client.SetInstanceResourceProtect(ctx, u.id, u.plan.DeletionProtection.ValueBool())
		},
		done: func(now, plan *model) { now.DeletionProtection = plan.DeletionProtection },
	},
	{
		name: wizard.ChangeProject,
		call: func(ctx context.Context, u *update) error {
			return u.client.UpdateInstanceProjectId(ctx, u.id, u.plan.ProjectID.ValueInt64())
		},
		done: func(now, plan *model) { now.ProjectID = plan.ProjectID },
	},
	{
		name:     wizard.ChangeHostName,
		disrupts: "restarted",
		call: func(ctx context.Context, u *update) error {
			u.restart = true // which makes it the machine's own name
			return u.whenReady(ctx, func() error {
				return u.client.ModifyInstanceAttribute(ctx, u.id, kec.InstanceAttributes{HostName: u.plan.HostName.ValueStringPointer()})
			}, u.state)
		},
		done: func(now, plan *model) { now.HostName = plan.HostName },
	},
	{
		name:     wizard.ChangePassword,
		disrupts: "restarted",
		call: func(ctx context.Context, u *update) error {
			if u.password == nil {
				return nil // there is none any more; KEC cannot take one away
			}
			running := u.state == active
			err := u.whenReady(ctx, func() error {
				return u.client.ModifyInstanceAttribute(ctx, u.id, kec.InstanceAttributes{Password: u.password, Restart: running})
			}, u.state)
			if err == nil {
				u.restart = false // KEC has restarted it
			}
			return err
		},
		done: func(now, plan *model) { now.PasswordWOVersion = plan.PasswordWOVersion },
	},
	{
		name:     wizard.ChangeKeys,
		disrupts: "stopped and started",
		call:     func(ctx context.Context, u *update) error { return u.whileStopped(ctx, u.attachAndDetach) },
		done:     func(now, plan *model) { now.KeyIDs = plan.KeyIDs },
	},
}

// needed tells whether the change asks KEC for anything: there may be no password any more to set.
func (c change) needed(plan *model) bool {
	return c.name != wizard.ChangePassword || !plan.PasswordWOVersion.IsNull()
}

// changeOf is the change of that name, and whether there is one.
func changeOf(name param.Change) (change, bool) {
	i := slices.IndexFunc(changes, func(c change) bool { return c.name == name })
	if i < 0 {
		return change{}, false
	}
	return changes[i], true
}

// update is one pass over a living instance.
type update struct {
	client   *kec.Client
	id       string
	plan     *model
	now      *model // what KEC has, change by change
	password *string
	state    string // the machine's state before, in which it ends
	restart  bool   // a change waits for a restart to take effect
	down     bool   // it was stopped and could not be started again
}

const (
	active  = "active"
	stopped = "stopped"
)

// run makes every change that wanted names. It stops at the first failure and returns the name of the change
// that failed; now then holds what was done before.
func (u *update) run(ctx context.Context, wanted param.Table) (param.Change, error) {
	for _, c := range changes {
		if !slices.ContainsFunc(wanted, func(l param.Line) bool { return l.Change == c.name }) {
			continue
		}
		if err := c.call(ctx, u); err != nil {
			return c.name, err
		}
		c.done(u.now, u.plan)
	}
	if !u.restart || u.state != active {
		return "", nil
	}
	return wizard.ChangeHostName, u.whenReady(ctx, func() error { return u.client.RebootInstances(ctx, u.id) }, active)
}

// whenReady makes a call as soon as the machine's state allows it, and waits for
// the state in which the machine is to end.
func (u *update) whenReady(ctx context.Context, call func() error, state string) error {
	if err := u.client.UntilReady(ctx, u.id, call, u.plan.project()); err != nil {
		return err
	}
	_, err := u.client.WaitState(ctx, u.id, state, u.plan.project())
	return err
}

// startTimeout bounds the start of a machine that an update has stopped. It runs
// even when the update's own time is over: the machine was running before.
const startTimeout = 5 * time.Minute

// whileStopped stops a running machine for what KEC does to stopped ones only,
// and starts it again whatever came of it.
func (u *update) whileStopped(ctx context.Context, do func(context.Context) error) error {
	if u.state != active {
		return do(ctx)
	}
	stop := func() error { return u.client.StopInstances(ctx, u.id) }
	if err := u.client.UntilReady(ctx, u.id, stop, u.plan.project()); err != nil {
		return err // it was not stopped
	}
	_, err := u.client.WaitState(ctx, u.id, stopped, u.plan.project())
	if err == nil {
		err = do(ctx)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	started := u.whenReady(ctx, func() error { return u.client.StartInstances(ctx, u.id) }, active)
	if started != nil {
		u.down = true
		return errors.Join(err, started)
	}
	u.restart = false
	return err
}

// attachAndDetach attaches what is new and then detaches what is no longer wanted: a
// new key that KEC does not take must not leave the machine without any.
func (u *update) attachAndDetach(ctx context.Context) error {
	was, want := tfvalue.SetTexts(u.now.KeyIDs), tfvalue.SetTexts(u.plan.KeyIDs)
	without := func(all, some []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
	}
	if fresh := without(want, was); len(fresh) > 0 {
		if err := u.client.AttachKey(ctx, u.id, fresh...); err != nil {
			return err
		}
	}
	if gone := without(was, want); len(gone) > 0 {
		return u.client.DetachKey(ctx, u.id, gone...)
	}
	return nil
}
