package spotfleet

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// ModifyPlan decides whether machines are ordered or ended, holds the order against what KEC offers
// and the user will pay, and warns of what the plan gives up.
func (r *Resource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	defer guard.Recover(&resp.Diagnostics, "planning a spot fleet")
	defer r.Preflight.Busy()()
	var state, plan model
	living := !req.State.Raw.IsNull()
	if living {
		resp.Diagnostics.Append(codec().Read(ctx, req.State.Raw, &state)...)
		if resp.Diagnostics.Append(r.elsewhere(&state, session.OriginIn(ctx, req.Private))...); resp.Diagnostics.HasError() {
			return
		}
	}
	if req.Plan.Raw.IsNull() {
		r.warnEnds(&state, state.members(), "Destroying this fleet", resp)
		return
	}
	if resp.Diagnostics.Append(codec().Read(ctx, req.Plan.Raw, &plan)...); resp.Diagnostics.HasError() {
		return
	}
	if all := plan.Merged(r.DefaultTags); !all.Equal(plan.TagsAll) {
		plan.TagsAll = all
		resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "tags_all", all)
	}
	if living && state.unread() {
		resp.Diagnostics.AddError("The fleet has not been read yet",
			state.ID.ValueString()+" was imported without a refresh, so nothing is known about it.\n\nPlan again without -refresh=false.")
		return
	}
	if plan.TargetCapacity.IsUnknown() || plan.Candidates.IsUnknown() {
		r.unknown(ctx, &plan, resp)
		return
	}
	mem, have := recall(ctx, req.Private), state.members()
	for _, one := range have {
		r.Preflight.Kept(one.ID.ValueString())
	}
	missing := plan.missing(have)
	if living {
		r.planMembers(ctx, &plan, &state, mem, missing, resp)
	}
	if missing > 0 {
		r.checkOrder(ctx, &plan, mem, started(have), missing, resp)
	}
	r.checkCeiling(&plan, mem, have, resp)
}

// unknown plans that members are known after the apply only.
func (r *Resource) unknown(ctx context.Context, plan *model, resp *resource.ModifyPlanResponse) {
	resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "members", types.ListUnknown(plan.Members.ElementType(ctx)))
	resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "capacity", types.ObjectUnknown(plan.Capacity.AttributeTypes(ctx)))
	resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "hourly_cost_ceiling", types.NumberUnknown())
}

// planMembers plans what becomes of the members of a living fleet: they stay as they are, or are
// known after the apply where machines are ordered, ended or renamed.
func (r *Resource) planMembers(ctx context.Context, plan, state *model, mem *memory, missing int64, resp *resource.ModifyPlanResponse) {
	have := state.members()
	surplus := plan.surplus(have, mem, r.now())
	switch {
	case missing != 0 || len(surplus) > 0 || !plan.InstanceName.Equal(state.InstanceName) || mem.Uneven:
		r.unknown(ctx, plan, resp)
	default:
		kept := *state
		kept.TargetCapacity = plan.TargetCapacity
		kept.ReplaceBeforeRelease = plan.ReplaceBeforeRelease
		kept.have(have, mem)
		resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "members", state.Members)
		resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "capacity", kept.Capacity)
		resp.Plan.Raw = tfvalue.With(ctx, resp.Plan.Raw, "hourly_cost_ceiling", state.HourlyCostCeiling)
	}
	if mem.Uneven {
		resp.Diagnostics.AddWarning("Machines of this fleet differ", fmt.Sprintf(
			"Not all of the %d machines have the same security groups, project and tags: an update was cut, or somebody has changed one of them.\n\n"+
				"The next apply makes them alike.", len(have)))
	}
	if len(surplus) > 0 {
		r.warnEnds(state, surplus, fmt.Sprintf("Ending %d of the %d machines of this fleet", len(surplus), len(have)), resp)
	}
	if n := mem.older(fingerprint(plan), have); n > 0 && n > len(surplus) {
		resp.Diagnostics.AddWarning("Machines of this fleet keep older settings", fmt.Sprintf(
			"%d of the %d machines were launched with another image, disks, login, user data, address or other setting that holds for new machines only. "+
				"They keep it until they are lost or ended.\n\nTo rebuild all: -replace.", n, len(have)))
	}
	warnFailed(have, resp)
	r.warnRecycling(state, have, resp)
}

// checkOrder asks whether KEC can serve what the plan orders, and whether it may cost that much.
func (r *Resource) checkOrder(ctx context.Context, plan *model, mem *memory, have []member, missing int64, resp *resource.ModifyPlanResponse) {
	if resp.Diagnostics.HasError() {
		return
	}
	if r.Preflight.IsBlind() {
		resp.Diagnostics.AddWarning(preflight.NotChecked, "New spot instances are planned without a look at what KEC offers: "+r.NotReady()+".\n\n"+session.MakeReady)
	}
	least := plan.least() - int64(len(have))
	if r.API != nil {
		r.checkMoney(ctx, plan, mem, have, missing, least, resp)
	}
	fleet := preflight.Fleet{Wanted: missing, Least: least, Waits: !plan.WaitForStock.IsNull()}
	if lost, ok := r.Lost.Load(plan.ID.ValueString()); ok {
		fleet.Lost, _ = lost.(int64)
	}
	f := filling{Resource: r, plan: plan, mem: mem}
	for _, i := range f.planned(ctx) {
		c := plan.offers()[i]
		fleet.Candidates = append(fleet.Candidates, preflight.Candidate{
			At: at(i).String(), Launch: plan.launch(i, c.limit()), Share: tfvalue.Decimal(c.MaxPriceShare),
		})
	}
	for _, finding := range r.Preflight.Fleet(ctx, fleet) {
		if finding.Veto {
			if r.Preflight.KnowsMachines() {
				finding.Note = wayOut
			}
			resp.Diagnostics.Append(finding.Diagnostic(plan.table()))
		} else {
			resp.Diagnostics.Append(finding.Warning(plan.table()))
		}
	}
}

// planned is the order in which an apply would ask the candidates now.
func (f *filling) planned(ctx context.Context) []int {
	if f.API == nil {
		return nil
	}
	return f.sequence(ctx)
}

// wayOut ends a veto of a plan with machines of the state in it, see the rule for single machines.
const wayOut = "To destroy or change what there is all the same: destroy -refresh=false, or preflight = \"warn\" in the provider block."

// checkMoney judges max_hourly_cost by the cheapest candidate: an error if not even min_capacity
// fits under it, a warning if the target does not.
func (r *Resource) checkMoney(ctx context.Context, plan *model, mem *memory, have []member, missing, least int64, resp *resource.ModifyPlanResponse) {
	most, now := tfvalue.Decimal(plan.MaxHourlyCost), mem.ceiling(have)
	if most == nil || now == nil {
		return
	}
	cheapest, price := -1, *most
	for i, c := range plan.offers() {
		launch := plan.launch(i, c.limit())
		if launch.PriceLimit == nil {
			offer, err := quote(ctx, r.Market, launch)
			if err != nil {
				return // what is not known vetoes nothing
			}
			if share := tfvalue.Decimal(c.MaxPriceShare); share != nil {
				launch.PriceLimit = offer.Share(*share)
			}
			cost := offer.HourlyCost(launch)
			if cost == nil {
				return
			}
			launch.PriceLimit = cost
		}
		if cheapest < 0 || launch.PriceLimit.LessThan(price) {
			cheapest, price = i, *launch.PriceLimit
		}
	}
	if cheapest < 0 || price.Sign() <= 0 {
		return
	}
	fits := max(most.Sub(*now).Div(price).Floor().IntPart(), 0)
	if fits >= missing {
		return
	}
	total := int64(len(have)) + fits
	facts := fmt.Sprintf("max_hourly_cost is %s CNY per hour. The cheapest machine is that of %s, %s an hour at most: %d of the %d that are wanted fit under it, beside %d that cost %s.",
		most, at(cheapest), price, fits, missing, len(have), now)
	if fits >= least {
		f := failure.Fleet(failure.FleetTooDear, fmt.Sprintf("max_hourly_cost allows %d of %d machines", total, plan.target()), facts, "")
		resp.Diagnostics.Append(f.Warning(plan.table()))
		return
	}
	f := failure.Fleet(failure.FleetTooDear, fmt.Sprintf("max_hourly_cost allows %d machines, and at least %d are wanted", total, plan.least()), facts, "")
	resp.Diagnostics.Append(f.Diagnostic(plan.table()))
}

// checkCeiling refuses a max_hourly_cost that the members which stay exceed already.
func (r *Resource) checkCeiling(plan *model, mem *memory, have []member, resp *resource.ModifyPlanResponse) {
	most := tfvalue.Decimal(plan.MaxHourlyCost)
	ended := map[string]bool{}
	for _, one := range plan.surplus(have, mem, r.now()) {
		ended[one.key()] = true
	}
	stay := without(have, ended)
	if now := mem.ceiling(stay); most != nil && now != nil && now.GreaterThan(*most) {
		resp.Diagnostics.AddAttributeError(path.Root("max_hourly_cost"), "The fleet costs more than max_hourly_cost", fmt.Sprintf(
			"max_hourly_cost is %s CNY per hour; the %d machines that stay cost up to %s.\n\nRaise max_hourly_cost to at least %s, or lower target_capacity.",
			most, len(stay), now, now))
	}
}
