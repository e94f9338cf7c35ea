package spotinstance

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// change is one call, or a few that belong together, that brings attributes of a living instance
// from what they are to what is planned. The lines of these attributes bear its name.
type change struct {
	name     param.Change
	disrupts string // what it does to a running machine; "" for nothing
	call     func(ctx context.Context, u *update) error
	done     func(now, plan *model) // notes in now what KEC has from then on
}

// changes lists everything that KEC changes in place, in the order in which it is done: first the
// changes that disturb nothing, then those that restart the machine, so that a failure of the
// former leaves it running.
var changes = []change{
	{
		name: wizard.ChangeName,
		call: func(ctx context.Context, u *update) error {
			return u.api.ModifyInstanceAttribute(ctx, u.id, kec.InstanceAttributes{Name: u.plan.InstanceName.ValueStringPointer()})
		},
		done: func(now, plan *model) { now.InstanceName = plan.InstanceName },
	},
	{
		name: wizard.ChangeSecurityGroups,
		call: func(ctx context.Context, u *update) error {
			nic := kec.NIC{ID: u.now.NetworkInterfaceID.ValueString(), SubnetID: u.now.SubnetID.ValueString()}
			if err := u.regroup(ctx, nic, u.now.SecurityGroupIDs, u.plan.SecurityGroupIDs); err != nil {
				return err
			}
			planned := u.plan.NICs()
			for i, now := range u.now.NICs() {
				nic := kec.NIC{ID: now.ID.ValueString(), SubnetID: now.SubnetID.ValueString()}
				if err := u.regroup(ctx, nic, now.SecurityGroupIDs, planned[i].SecurityGroupIDs); err != nil {
					return err
				}
			}
			return nil
		},
		done: func(now, plan *model) { now.Network = plan.Network },
	},
	{
		name: wizard.ChangeTags,
		call: func(ctx context.Context, u *update) error {
			return u.machines.SetTags(ctx, u.id, tfvalue.MapTexts(u.now.TagsAll), tfvalue.MapTexts(u.plan.TagsAll))
		},
		done: func(now, plan *model) { now.Tags, now.TagsAll = plan.Tags, plan.TagsAll },
	},
	{
		name: wizard.ChangeAutoDelete,
		call: func(ctx context.Context, u *update) error {
			at, err := time.Parse(time.RFC3339, u.plan.AutoDeleteTime.ValueString())
			if err != nil { // the user has taken it out: without a time KEC switches automatic deletion off
				return u.api.ModifyInstanceAutoDeleteTime(ctx, u.id, nil, nil)
			}
			eip := u.plan.AutoDeleteEIP.ValueBool()
			return u.api.ModifyInstanceAutoDeleteTime(ctx, u.id, &at, &eip)
		},
		done: func(now, plan *model) {
			now.AutoDeleteTime, now.AutoDeleteEIP = plan.AutoDeleteTime, plan.AutoDeleteEIP
		},
	},
	{
		name: wizard.ChangeProtection,
		call: func(ctx context.Context, u *update) error {
			return u.api.SetInstanceResourceProtect(ctx, u.id, u.plan.DeletionProtection.ValueBool())
		},
		done: func(now, plan *model) { now.DeletionProtection = plan.DeletionProtection },
	},
	{
		name: wizard.ChangeProject,
		call: func(ctx context.Context, u *update) error {
			return u.api.UpdateInstanceProjectId(ctx, u.id, u.plan.ProjectID.ValueInt64())
		},
		done: func(now, plan *model) { now.ProjectID = plan.ProjectID },
	},
	{
		name: wizard.ChangeRole,
		call: func(ctx context.Context, u *update) error {
			if role := u.plan.IAMRoleName.ValueString(); role != "" { // takes the place of the one that is attached
				return u.api.AttachInstancesIamRole(ctx, u.id, role)
			}
			return u.api.DetachInstancesIamRole(ctx, u.id)
		},
		done: func(now, plan *model) { now.IAMRoleName = plan.IAMRoleName },
	},
	{
		name: wizard.ChangeDataGuard,
		call: func(ctx context.Context, u *update) error {
			if was := u.now.DataGuardID.ValueString(); was != "" { // a machine is in one group at a time
				if err := u.api.RemoveVMFromDataGuard(ctx, u.id, was); err != nil {
					return err
				}
				u.now.DataGuardID = types.StringNull()
			}
			if is := u.plan.DataGuardID.ValueString(); is != "" {
				return u.api.AddVMIntoDataGuard(ctx, u.id, is)
			}
			return nil
		},
		done: func(now, plan *model) { now.DataGuardID = plan.DataGuardID },
	},
	{
		name:     wizard.ChangeHostName,
		disrupts: "restarted",
		call: func(ctx context.Context, u *update) error {
			u.restart = true // the machine takes its new name when it starts
			return u.whenReady(ctx, func() error {
				return u.api.ModifyInstanceAttribute(ctx, u.id, kec.InstanceAttributes{HostName: u.plan.HostName.ValueStringPointer()})
			}, u.state)
		},
		done: func(now, plan *model) { now.HostName = plan.HostName },
	},
	{
		name:     wizard.ChangePassword,
		disrupts: "restarted",
		call: func(ctx context.Context, u *update) error {
			if u.password == nil {
				return nil // the user has taken the password out, and KEC cannot remove one
			}
			var unknown error // of a try that may have been carried out, which no look-up can tell
			running := u.state == kec.StateActive
			err := u.whenReady(ctx, func() error {
				err := u.api.ModifyInstanceAttribute(ctx, u.id, kec.InstanceAttributes{Password: u.password, Restart: running})
				if errors.Is(err, kec.ErrChangeUnknown) {
					unknown = err
				}
				return err
			}, u.state)
			if err != nil || unknown != nil {
				return cmp.Or(err, unknown)
			}
			u.restart = false // KEC has restarted it
			return nil
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

// needed tells whether the change asks KEC for anything. It does not when the user has taken the
// password out.
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

// regroup gives a network interface its security groups, if they differ.
func (u *update) regroup(ctx context.Context, nic kec.NIC, were, are types.Set) error {
	if were.Equal(are) {
		return nil
	}
	return u.api.ModifyNetworkInterfaceAttribute(ctx, u.id, nic, tfvalue.SetTexts(are))
}
