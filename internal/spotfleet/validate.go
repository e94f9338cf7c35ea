package spotfleet

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// ValidateConfig holds the configuration against the rules of the steps and those of a fleet. What
// is still unknown breaks no rule.
func (r *Resource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	defer guard.Recover(&resp.Diagnostics, "checking a spot fleet")
	var c model
	if resp.Diagnostics.Append(codec().Read(ctx, req.Config.Raw, &c)...); resp.Diagnostics.HasError() {
		return
	}
	for _, broken := range []diag.Diagnostics{
		c.validateSize(), c.validateCandidates(), c.Address.Validate(), c.Storage.Validate(), wizard.ValidateDeadlines(c.Timeouts), c.Login.Validate(),
	} {
		resp.Diagnostics.Append(broken...)
	}
}

func (m *model) validateSize() (diags diag.Diagnostics) {
	if m.TargetCapacity.IsUnknown() || m.MinCapacity.IsUnknown() || m.MinCapacity.ValueInt64() <= m.target() {
		return nil
	}
	diags.AddAttributeError(path.Root("min_capacity"), "min_capacity is above target_capacity", fmt.Sprintf(
		"min_capacity is %d, and the fleet is to have %d machines.\n\nLower min_capacity to at most %d, or raise target_capacity.",
		m.MinCapacity.ValueInt64(), m.target(), m.target()))
	return diags
}

func (m *model) validateCandidates() (diags diag.Diagnostics) {
	all := m.offers()
	for i, c := range all {
		fail := func(attribute, summary, detail string) {
			diags.AddAttributeError(path.Root("candidates"), summary, detail+"\n\nAttribute: "+at(i).AtName(attribute).String())
		}
		if c.InstanceType.IsNull() || c.SubnetID.IsNull() {
			missing := "instance_type"
			if !c.InstanceType.IsNull() {
				missing = "subnet_id"
			}
			if known(m, i) {
				fail(missing, "A required attribute is missing", fmt.Sprintf("%s has no %s.\n\nSet instance_type and subnet_id in every candidate.", at(i), missing))
			}
		}
		both := !c.SpotPriceLimit.IsNull() && !c.MaxPriceShare.IsNull()
		switch {
		case c.OnDemand.ValueBool() && !(c.SpotPriceLimit.IsNull() && c.MaxPriceShare.IsNull()):
			fail("on_demand", "A price limit does not go with on_demand", fmt.Sprintf(
				"%s is on demand, which is charged at the on-demand price, and has a limit.\n\nTake the limit out, or on_demand.", at(i)))
		case both:
			fail("max_price_share", "Two price limits", fmt.Sprintf(
				"%s sets both spot_price_limit and max_price_share, and a bid has one limit.\n\nKeep one of them.", at(i)))
		case c.OnDemand.ValueBool() && m.MaxHourlyCost.IsNull():
			fail("on_demand", "on_demand needs max_hourly_cost", fmt.Sprintf(
				"%s is on demand, and nothing bounds what the fleet may cost.\n\nSet max_hourly_cost to what all machines together may cost an hour, in CNY.", at(i)))
		}
		if c.InstanceType.ValueString() == "" || c.SubnetID.ValueString() == "" {
			continue
		}
		for j, other := range all[:i] {
			if c.alike(other) {
				fail("instance_type", "Two candidates are alike", fmt.Sprintf(
					"%s and %s order the same type in the same subnet, both %s.\n\nKeep one of them.", at(j), at(i), c.kind()))
			}
		}
	}
	return diags
}

// known tells whether an element of candidates is known as a whole.
func known(m *model, i int) bool { return !m.Candidates.Elements()[i].IsUnknown() }

// alike tells whether two candidates order the same machines.
func (c candidate) alike(other candidate) bool {
	return c.InstanceType.Equal(other.InstanceType) && c.SubnetID.Equal(other.SubnetID) && c.OnDemand.ValueBool() == other.OnDemand.ValueBool()
}

// kind says how a candidate is charged.
func (c candidate) kind() string {
	if c.OnDemand.ValueBool() {
		return "on demand"
	}
	return "as Spot Instances"
}
