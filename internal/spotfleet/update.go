package spotfleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Update brings the members to the settings that change in place, ends those that are too many, and
// orders what is missing. What there is stays, whatever fails: below min_capacity that is an error,
// and the next apply orders only what is missing then.
func (r *Resource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	defer guard.Recover(&resp.Diagnostics, "changing a spot fleet")
	if resp.Diagnostics.Append(r.unready("changed")...); resp.Diagnostics.HasError() {
		return
	}
	r.Preflight.Applying()
	var plan, state, config model
	resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &config)...)
	timeout, diags := plan.Timeouts.Update(ctx, updateTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	last, mem := session.OriginIn(ctx, req.Private), recall(ctx, req.Private)
	if resp.Diagnostics.Append(r.elsewhere(&state, last)...); resp.Diagnostics.HasError() {
		return
	}
	view, diags := r.view(ctx, &state, mem, last)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	have, lost := state.seen(view), state.lost(view.Gone)
	if len(lost) > 0 {
		resp.Diagnostics.AddWarning(released(lost))
	}
	mem.settle(fingerprint(&plan), have)
	now := plan // what the state is to hold
	save := func(have []member) {
		now.have(have, mem)
		resp.Diagnostics.Append(codec().Write(ctx, &now, &resp.State.Raw)...)
		resp.Diagnostics.Append(mem.keep(ctx, resp.Private, have, r.API.Now())...)
	}
	if err := r.change(ctx, &plan, &state, mem, view.Shown); err != nil {
		mem.Uneven = true
		now.InstanceName, now.ProjectID, now.Firewall, now.TagMaps = state.InstanceName, state.ProjectID, state.Firewall, state.TagMaps
		save(have)
		resp.Diagnostics.Append(notChanged(err, &plan))
		return
	}
	mem.Uneven = false
	rename(&plan, &state, have, view.Shown)
	planned := plan.Members.IsUnknown() // machines are ordered and ended only where the plan says so
	if planned {
		have = r.shrink(ctx, &plan, mem, have, resp)
	}
	save(have)
	if planned && !resp.Diagnostics.HasError() {
		order := plan
		order.PasswordWO = config.PasswordWO
		f := r.fill(ctx, &order, mem, have, save)
		save(f.have)
		resp.Diagnostics.Append(f.verdict(whole)...)
	}
	resp.State.Raw = tfvalue.Resolve(req.Plan.Raw, resp.State.Raw)
	resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
}

// notChanged is the error of a change in place.
func notChanged(err error, plan *model) diag.Diagnostic {
	f := failure.Of(err)
	f.Note = "Machines that were changed before this keep the change; the next apply goes on with the others."
	return f.Diagnostic(plan.table())
}

// verdict tells what an update has not reached.
func (f *filling) verdict(ctx context.Context) diag.Diagnostics {
	switch {
	case f.missing() < 1:
		return f.late(ctx)
	case interrupted(ctx):
		return f.cut()
	case int64(len(started(f.have))) < f.plan.least():
		why := f.short("")
		why.Note = strings.TrimSpace(why.Note + " Everything that there is stays; the next apply orders what is missing.")
		return diag.Diagnostics{why.Diagnostic(f.plan.table())}
	}
	return diag.Diagnostics{f.short("").Warning(f.plan.table())}
}

// shrink ends the members that are too many, and returns those that are left.
func (r *Resource) shrink(ctx context.Context, plan *model, mem *memory, have []member, resp *resource.UpdateResponse) []member {
	surplus := plan.surplus(have, mem, r.API.Now())
	if len(surplus) == 0 {
		return have
	}
	failed, gone := r.end(ctx, plan, surplus), map[string]bool{}
	for _, one := range surplus {
		gone[one.key()] = failed[one.key()] == nil
	}
	if len(failed) > 0 {
		resp.Diagnostics.Append(notEnded(surplus, failed))
	}
	return without(have, gone)
}

// change brings all members that KEC shows to the settings that change in place and that the plan
// changes. It returns the first failure, after all others have been tried.
func (r *Resource) change(ctx context.Context, plan, state *model, mem *memory, shown []machines.Listed) error {
	all := changesOf(plan, state, mem.Uneven)
	if !all.any() {
		return nil
	}
	var mu sync.Mutex
	var changing sync.WaitGroup
	var first error
	for _, in := range shown {
		changing.Go(func() {
			err := r.changeOne(ctx, plan, state, all, in)
			mu.Lock()
			defer mu.Unlock()
			if mem.ordered(in.ID); err != nil {
				if first == nil {
					first = fmt.Errorf("machine %s: %w", in.ID, err)
				}
			}
		})
	}
	changing.Wait()
	return first
}

// changesInPlace are the settings that an update brings all members to.
type changesInPlace struct{ name, groups, tags, project bool }

// changesOf are the settings that a plan changes; of members that differ, all.
func changesOf(plan, state *model, uneven bool) changesInPlace {
	project := !plan.ProjectID.IsNull() && !plan.ProjectID.IsUnknown()
	return changesInPlace{
		name:    !plan.InstanceName.Equal(state.InstanceName),
		groups:  uneven || !sameIDs(tfvalue.SetTexts(state.SecurityGroupIDs), plan.SecurityGroupIDs),
		tags:    uneven || !maps.Equal(tfvalue.MapTexts(state.TagsAll), tfvalue.MapTexts(plan.TagsAll)),
		project: project && (uneven || !plan.ProjectID.Equal(state.ProjectID)),
	}
}

func (c changesInPlace) any() bool { return c.name || c.groups || c.tags || c.project }

// changeOne makes the changes on one member that it lacks.
func (r *Resource) changeOne(ctx context.Context, plan, state *model, all changesInPlace, in machines.Listed) error {
	var failed []error
	if name, ok := plan.renamed(state, in.Name); ok && all.name {
		failed = append(failed, r.API.ModifyInstanceAttribute(ctx, in.ID, kec.InstanceAttributes{Name: &name}))
	}
	if nic := in.PrimaryNIC(); nic != nil && all.groups && !sameIDs(nic.SecurityGroupIDs, plan.SecurityGroupIDs) {
		failed = append(failed, r.API.ModifyNetworkInterfaceAttribute(ctx, in.ID, kec.NIC{ID: nic.ID, SubnetID: nic.SubnetID}, tfvalue.SetTexts(plan.SecurityGroupIDs)))
	}
	if were, want := tfvalue.MapTexts(state.TagsAll), tfvalue.MapTexts(plan.TagsAll); all.tags && !bears(in.Tags, were, want) {
		for key, value := range want { // whatever this one has
			if now := in.Tags[key]; now != value {
				delete(were, key)
			}
		}
		want[machines.FleetTagKey] = plan.ID.ValueString() // which a view from before the launch does not show
		failed = append(failed, r.Machines.SetTags(ctx, in.ID, were, want))
	}
	if id := plan.ProjectID.ValueInt64(); all.project && !inProject(in.Instance, id) {
		failed = append(failed, r.API.UpdateInstanceProjectId(ctx, in.ID, id))
	}
	return errors.Join(failed...)
}

// bears tells whether tags hold what is wanted, and nothing that is to be taken away.
func bears(tags, were, want map[string]string) bool {
	for key, value := range want {
		if now, ok := tags[key]; !ok || now != value {
			return false
		}
	}
	for key := range were {
		if _, stays := want[key]; !stays {
			if _, there := tags[key]; there {
				return false
			}
		}
	}
	return true
}

// sameIDs tells whether ids are those of a set, in any case.
func sameIDs(ids []string, set types.Set) bool {
	lower := func(all []string) []string {
		all = slices.Clone(all)
		for i := range all {
			all[i] = strings.ToLower(all[i])
		}
		slices.Sort(all)
		return all
	}
	return slices.Equal(lower(ids), lower(tfvalue.SetTexts(set)))
}

// renamed is the new name of a machine, and whether it gets one: the fleet has another name than
// before. It keeps its number.
func (m *model) renamed(state *model, name string) (string, bool) {
	if m.InstanceName.ValueString() == "" || m.InstanceName.Equal(state.InstanceName) {
		return "", false
	}
	if _, ok := m.numberOf(name); ok {
		return "", false
	}
	number := name[len(strings.TrimRight(name, "0123456789")):]
	if len(number) > 4 { // a name that KEC has made
		number = number[len(number)-4:]
	}
	return m.InstanceName.ValueString() + number, true
}

// rename writes the new names of the machines that were shown into the members.
func rename(plan, state *model, have []member, shown []machines.Listed) {
	for _, in := range shown {
		if name, ok := plan.renamed(state, in.Name); ok {
			if i := indexOf(have, in.ID); i >= 0 {
				have[i].Name = types.StringValue(name)
			}
		}
	}
}
