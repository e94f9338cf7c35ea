package spotfleet

import (
	"context"
	"fmt"
	"strings"
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

// Read refreshes the members. Those that are proven gone are dropped, with one warning for all.
// Those that bear the fleet's tag and that the state does not know, of a run that was killed, are
// taken in. A fleet without members is a fleet all the same.
func (r *Resource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	defer guard.Recover(&resp.Diagnostics, "reading a spot fleet")
	defer r.Preflight.Busy()()
	var state model
	resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, readTimeout)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if why := r.NotReady(); why != "" {
		resp.Diagnostics.AddWarning("Spot fleet not refreshed", sentence(state.title())+" could not be looked at: "+why+". It stays in the state as it is.")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, max(timeout, r.API.RequestTimeout()))
	defer cancel()
	last := session.OriginIn(ctx, req.Private)
	if resp.Diagnostics.Append(r.elsewhere(&state, last)...); resp.Diagnostics.HasError() {
		return
	}
	mem, importing := recall(ctx, req.Private), state.unread()
	view, diags := r.view(ctx, &state, mem, last)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}
	if importing && len(view.Shown) == 0 {
		resp.Diagnostics.AddError("No such fleet", fmt.Sprintf(
			"KEC shows no machine with the tag %s = %s in %s, at %s.\n\nGive the fleet_id that the data source kec_spot_instances shows for its machines.",
			machines.FleetTagKey, state.ID.ValueString(), r.Region, r.Here.Endpoint))
		return
	}
	lost := state.lost(view.Gone)
	have := state.seen(view)
	if importing {
		state.take(view.Shown[0], tfvalue.MapTexts(r.DefaultTags))
	} else {
		state.drift(mem, view.Shown, tfvalue.MapTexts(r.DefaultTags))
	}
	r.note(&state, have, lost)
	state.have(have, mem)
	if len(lost) > 0 {
		resp.Diagnostics.AddWarning(released(lost))
	}
	resp.Diagnostics.Append(mem.keep(ctx, resp.Private, have, r.API.Now())...)
	if len(view.Shown) > 0 || last.Region == "" {
		resp.Diagnostics.Append(r.Here.Keep(ctx, resp.Private)...)
	}
	resp.Diagnostics.Append(codec().Write(ctx, &state, &resp.State.Raw)...)
}

// view is what KEC shows of the fleet. It is an error where what it does not show proves nothing.
func (r *Resource) view(ctx context.Context, m *model, mem *memory, last session.Origin) (machines.FleetView, diag.Diagnostics) {
	r.young(m.members(), mem)
	query := machines.FleetQuery{ID: m.ID.ValueString(), Project: m.project(), Since: mem.Since}
	for _, one := range m.members() {
		query.Known = append(query.Known, one.ID.ValueString())
	}
	view, err := r.Machines.Fleet(ctx, query)
	if err != nil {
		f := failure.Of(err)
		if f.Code == failure.DeadlineExceeded {
			f.Remedy = "If KEC is well, give the read more time: raise timeouts.read in the configuration and apply once with -refresh=false, " +
				"because a refresh takes it from the state; or raise request_timeout of the provider, which every read has at least."
		}
		return view, diag.Diagnostics{f.WithoutPath(wizard.Parameters())}
	}
	if len(view.Shown) > 0 {
		r.Found(last)
	}
	diags := r.contradict(ctx, m, &view)
	mem.Hidden = view.Hidden
	return view, append(diags, r.notSeen(ctx, m, last, append(view.Gone, view.Hidden...))...)
}

// here is an error unless the fleet is where the provider works.
func (r *Resource) here(ctx context.Context, m *model, last session.Origin) diag.Diagnostics {
	if diags := r.elsewhere(m, last); diags.HasError() || r.Sees(last) || len(m.members()) == 0 {
		return diags
	}
	_, diags := r.view(ctx, m, &memory{}, last)
	return diags
}

// young tells the client how old members are that another process of the provider has launched.
func (r *Resource) young(all []member, mem *memory) {
	for _, one := range all {
		if at, ok := mem.Launched[one.key()]; ok {
			r.Machines.RememberLaunch(one.ID.ValueString(), at)
		} else if at, err := time.Parse(time.RFC3339, one.CreatedAt.ValueString()); err == nil {
			r.Machines.RememberLaunch(one.ID.ValueString(), at)
		}
	}
}

// lost are the members with these ids.
func (m *model) lost(ids []string) (lost []member) {
	all := m.members()
	for _, id := range ids {
		if i := indexOf(all, id); i >= 0 {
			lost = append(lost, all[i])
		}
	}
	return lost
}

// seen are the members after a look: those that KEC shows, and those that it does not show yet.
func (m *model) seen(view machines.FleetView) []member {
	were := m.members()
	var have []member
	for _, in := range view.Shown {
		one := member{ID: types.StringValue(in.ID)}
		if i := indexOf(were, in.ID); i >= 0 {
			one = were[i]
		}
		one.refresh(in.Instance)
		have = append(have, one)
	}
	for _, id := range view.Hidden {
		if i := indexOf(were, id); i >= 0 {
			have = append(have, were[i])
		}
	}
	return have
}

// note tells the check of the plan what the refresh has found.
func (r *Resource) note(m *model, have, lost []member) {
	for _, one := range have {
		r.Preflight.Read(one.ID.ValueString(), one.SubnetID.ValueString())
	}
	for _, one := range lost {
		r.Preflight.Gone(one.ID.ValueString())
	}
	if len(lost) > 0 {
		r.Lost.Store(m.ID.ValueString(), int64(len(lost)))
	}
}

// drift takes over what KEC reports of the settings that all members have, where one has it
// otherwise: the next apply sets it on that one.
func (m *model) drift(mem *memory, shown []machines.Listed, defaults map[string]string) {
	mem.Uneven = false
	first := *m
	for i, in := range shown {
		one, look := *m, mem.look(in.Instance)
		one.Firewall.Refresh(look)
		if one.Naming.Refresh(look); in.ProjectID == nil || m.ProjectID.IsNull() {
			one.ProjectID = m.ProjectID
		}
		mem.looked(in.Instance, look)
		if len(in.Tags) > 0 { // not a view from before the launch
			one.TagMaps.Refresh(managed(in.Tags, m.TagsAll), defaults)
		}
		if i == 0 {
			first = one
		}
		mem.Uneven = mem.Uneven || !one.SecurityGroupIDs.Equal(first.SecurityGroupIDs) || !one.ProjectID.Equal(first.ProjectID) || !one.TagsAll.Equal(first.TagsAll)
	}
	m.Firewall, m.ProjectID, m.TagMaps = first.Firewall, first.ProjectID, first.TagMaps
}

// managed are the tags of a machine that the fleet manages: what has appeared outside is left
// alone.
func managed(tags map[string]string, all types.Map) map[string]string {
	own := map[string]string{}
	for key := range all.Elements() {
		if value, ok := tags[key]; ok {
			own[key] = value
		}
	}
	return own
}

// take fills in, for an import, what KEC reports alike of every member.
func (m *model) take(in machines.Listed, defaults map[string]string) {
	look := wizard.NewImport(in.Instance)
	m.Image.Refresh(look)
	m.Firewall.Refresh(look)
	var naming wizard.Naming
	naming.Refresh(look)
	m.ProjectID = naming.ProjectID
	m.TagMaps.Refresh(in.Tags, defaults)
}

// released is the warning for members that are proven gone: summary and detail.
func released(lost []member) (summary, detail string) {
	var announced, others []string
	for _, one := range lost {
		if at := one.RecyclingTime.ValueString(); at != "" {
			announced = append(announced, one.title()+", announced for "+at)
		} else {
			others = append(others, one.title())
		}
	}
	summary = fmt.Sprintf("%d machines of this fleet are gone", len(lost))
	if len(lost) == 1 {
		summary = "A machine of this fleet is gone"
	}
	var text []string
	if len(announced) > 0 {
		text = append(text, fmt.Sprintf("KEC has released %d:\n%s", len(announced), list(announced)))
	}
	if len(others) > 0 {
		text = append(text, fmt.Sprintf("%d no longer exist: KEC has released them since the last refresh (when the market price rises above the limit or stock "+
			"runs short), or somebody has deleted them:\n%s", len(others), list(others)))
	}
	return summary, strings.Join(text, "\n\n") + "\n\nThe next apply orders what is missing."
}

// mostNamed is how many machines a message names.
const mostNamed = 10

// list names machines, one a line.
func list(titles []string) string {
	more := len(titles) - mostNamed
	if more > 0 {
		titles = append(titles[:mostNamed:mostNamed], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(titles, "\n")
}

// inProject tells whether a machine is in a project, as far as KEC shows it.
func inProject(in *kec.Instance, id int64) bool { return in.ProjectID == nil || *in.ProjectID == id }
