package spotinstance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// ModifyPlan decides what replaces the instance, and warns of what the plan
// costs or what KEC is about to do.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.State.Raw.IsNull() {
		return // a creation
	}
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if req.Plan.Raw.IsNull() {
		r.warnProtected(ctx, &state, "Destroying", "", resp)
		warnKeptDisks(&state, resp)
		return
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	imported, diags := req.Private.GetKey(ctx, importedKey)
	if resp.Diagnostics.Append(diags...); resp.Diagnostics.HasError() {
		return
	}

	var names []string
	for _, line := range plan.params().Changed(state.params()) {
		if len(imported) > 0 && unreported(line, &state) {
			continue
		}
		resp.RequiresReplace = append(resp.RequiresReplace, line.Path)
		names = append(names, line.Path.String())
	}
	if len(names) > 0 {
		r.warnProtected(ctx, &state, "Replacing", "It is replaced because of "+strings.Join(names, ", ")+".", resp)
		warnKeptDisks(&state, resp)
	}
	r.warnRecycling(ctx, &state, resp)
}

// unreported tells whether a changed setting is one that KEC never reports and
// an import therefore left null. The configuration is then taken at its word:
// replacing a healthy machine to learn nothing would be worse.
func unreported(line param.Line, state *model) bool {
	switch line.Path.String() {
	case "password_wo_version":
		return state.PasswordWOVersion.IsNull()
	case "keep_image_login":
		return state.KeepImageLogin.IsNull()
	case "user_data":
		return state.UserData.IsNull()
	}
	for i, d := range dataDisksOf(state.DataDisks) {
		if line.Path.String() == fmt.Sprintf("data_disks[%d].snapshot_id", i) {
			return d.SnapshotID.IsNull()
		}
	}
	return false
}

// resolve returns the plan with every unknown value taken from fresh, null where
// fresh has none. What the plan knows stays as planned even if KEC reports
// something else: Terraform wants it so, and the next refresh shows the difference.
func resolve(plan, fresh tftypes.Value) tftypes.Value {
	resolved, err := tftypes.Transform(plan, func(p *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		if found, _, err := tftypes.WalkAttributePath(fresh, p); err == nil {
			if known, ok := found.(tftypes.Value); ok && known.IsFullyKnown() {
				return known, nil
			}
		}
		return tftypes.NewValue(v.Type(), nil), nil
	})
	if err != nil {
		return fresh // cannot happen: the function above returns no error
	}
	return resolved
}

// warnProtected says what is given up by ending an instance in the hour in
// which KEC guarantees it.
func (r *Resource) warnProtected(ctx context.Context, state *model, doing, why string, resp *resource.ModifyPlanResponse) {
	until, err := time.Parse(time.RFC3339, state.ProtectedUntil.ValueString())
	if err != nil {
		return
	}
	left := until.Sub(r.now(ctx, state))
	if left <= 0 {
		return
	}
	detail := fmt.Sprintf("%s is protected until %s, %s from now: KEC does not release it before, whatever the market does. "+
		"A new launch may find no stock or a higher price.", state.title(), until.Format(time.RFC3339), minutes(left))
	if why != "" {
		detail += "\n\n" + why
	}
	resp.Diagnostics.AddWarning(doing+" a spot instance in its protected hour", detail)
}

// warnKeptDisks names what goes on being charged when the instance has gone.
func warnKeptDisks(state *model, resp *resource.ModifyPlanResponse) {
	if ids := kept(state.DataDisks); len(ids) > 0 {
		resp.Diagnostics.AddWarning("A data disk outlives this spot instance", state.title()+" goes. "+keptSentence(ids))
	}
}

func keptSentence(ids []string) string {
	return fmt.Sprintf("Its data disks with delete_with_instance = false stay, outside the state, and go on being charged: %s. "+
		"Attach or delete them in the console.", strings.Join(ids, ", "))
}

// warnRecycling passes on KEC's notice that it will release the instance.
func (r *Resource) warnRecycling(ctx context.Context, state *model, resp *resource.ModifyPlanResponse) {
	if state.RecyclingTime.IsNull() {
		return
	}
	summary := "KEC will release this spot instance"
	at, err := time.Parse(time.RFC3339, state.RecyclingTime.ValueString())
	if left := at.Sub(r.now(ctx, state)); err == nil && left > 0 {
		summary += " in " + minutes(left)
	}
	resp.Diagnostics.AddWarning(summary, fmt.Sprintf(
		"%s is being reclaimed at %s. Data on disks that go with it will be lost.\n\n"+
			"Move its work now; the next apply after the release orders a replacement.", state.title(), state.RecyclingTime.ValueString()))
}

// released is the warning for an instance that is proven gone: summary and detail.
func released(state model) (summary, detail string) {
	next := "The next apply orders a replacement."
	if ids := kept(state.DataDisks); len(ids) > 0 {
		next += "\n\n" + keptSentence(ids)
	}
	if at := state.RecyclingTime.ValueString(); at != "" {
		return "KEC has released this spot instance", fmt.Sprintf(
			"%s is gone: KEC had announced to reclaim it at %s. A released instance cannot be brought back.\n\n%s",
			state.title(), at, next)
	}
	return "This spot instance is gone", fmt.Sprintf(
		"%s no longer exists. KEC has released it since the last refresh (when the market price rises above the limit or stock runs short), "+
			"or somebody has deleted it.\n\n%s", state.title(), next)
}

// now is the time at KEC. The CLI may plan a destroy in a new process, which has
// not heard from KEC yet.
func (r *Resource) now(ctx context.Context, state *model) time.Time {
	if r.client == nil {
		return time.Now()
	}
	return r.client.ServiceTime(ctx, state.ID.ValueString())
}

// minutes is a duration in whole minutes, rounded, for people.
func minutes(d time.Duration) string {
	switch n := int(d.Round(time.Minute) / time.Minute); n {
	case 0:
		return "less than a minute"
	case 1:
		return "1 minute"
	default:
		return fmt.Sprintf("%d minutes", n)
	}
}
