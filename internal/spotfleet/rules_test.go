package spotfleet

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The rules of sizes: at least min_capacity, which is not above the target.
func TestValidateSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		target, least types.Int64
		want          string
	}{
		{types.Int64Value(3), types.Int64Value(3), ""}, {types.Int64Value(3), types.Int64Null(), ""}, {types.Int64Value(0), types.Int64Value(0), ""},
		{types.Int64Unknown(), types.Int64Value(3), ""}, {types.Int64Value(3), types.Int64Unknown(), ""},
		{types.Int64Value(3), types.Int64Value(4), "Error min_capacity is above target_capacity\n" +
			"min_capacity is 4, and the fleet is to have 3 machines.\n\nLower min_capacity to at most 3, or raise target_capacity."},
	} {
		m := &model{TargetCapacity: c.target, MinCapacity: c.least}
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		said(t, c.least.String()+" of "+c.target.String(), m.validateSize(), want...)
	}
}

// The rules of candidates, each broken by one that comes second.
func TestValidateCandidates(t *testing.T) {
	t.Parallel()
	text := func(s string) types.String { return types.StringValue(s) }
	unknown := types.StringUnknown()
	const where = "\n\nAttribute: candidates[1]."
	for name, c := range map[string]struct {
		of   candidate
		want []string
	}{
		"another subnet": {spotIn("s-b", ""), nil},
		"another type":   {candidate{InstanceType: text("N3.4B"), SubnetID: text("s-a")}, nil},
		"a share":        {sharing("s-b", "0.4"), nil},
		"not known yet":  {candidate{InstanceType: unknown, SubnetID: text("s-a")}, nil},
		"both unknown":   {candidate{InstanceType: unknown, SubnetID: unknown}, nil},
		"no type": {candidate{SubnetID: text("s-b")}, []string{"Error A required attribute is missing\n" +
			"candidates[1] has no instance_type.\n\nSet instance_type and subnet_id in every candidate." + where + "instance_type"}},
		"no subnet": {candidate{InstanceType: text("N3.2B")}, []string{"Error A required attribute is missing\n" +
			"candidates[1] has no subnet_id.\n\nSet instance_type and subnet_id in every candidate." + where + "subnet_id"}},
		"neither": {candidate{}, []string{"Error A required attribute is missing\n" +
			"candidates[1] has no instance_type.\n\nSet instance_type and subnet_id in every candidate." + where + "instance_type"}},
		"alike": {spotIn("s-a", "0.06"), []string{"Error Two candidates are alike\n" +
			"candidates[0] and candidates[1] order the same type in the same subnet, both as Spot Instances.\n\nKeep one of them." + where + "instance_type"}},
		"two limits": {candidate{InstanceType: text("N3.2B"), SubnetID: text("s-b"), SpotPriceLimit: number("0.1"), MaxPriceShare: number("0.4")}, []string{
			"Error Two price limits\ncandidates[1] sets both spot_price_limit and max_price_share, and a bid has one limit.\n\nKeep one of them." + where + "max_price_share"}},
	} {
		m := sized(1, spotIn("s-a", ""), c.of)
		said(t, name, m.validateCandidates(), c.want...)
	}
	const limit = "Error A price limit does not go with on_demand\ncandidates[0] is on demand, which is charged at the on-demand price, and has a limit.\n\n" +
		"Take the limit out, or on_demand.\n\nAttribute: candidates[0].on_demand"
	const unbounded = "Error on_demand needs max_hourly_cost\ncandidates[0] is on demand, and nothing bounds what the fleet may cost.\n\n" +
		"Set max_hourly_cost to what all machines together may cost an hour, in CNY.\n\nAttribute: candidates[0].on_demand"
	for name, c := range map[string]struct {
		limit, share, most types.Number
		want               []string
	}{
		"bounded":   {number(""), number(""), number("1"), nil},
		"to come":   {number(""), number(""), types.NumberUnknown(), nil},
		"unbounded": {number(""), number(""), number(""), []string{unbounded}},
		"a limit":   {number("0.1"), number(""), number("1"), []string{limit}},
		"a share":   {number(""), number("0.4"), number(""), []string{limit}},
	} {
		of := dear()
		of.SpotPriceLimit, of.MaxPriceShare = c.limit, c.share
		m := sized(1, of, candidate{InstanceType: of.InstanceType, SubnetID: of.SubnetID}) // which is not alike
		m.MaxHourlyCost = c.most
		said(t, name, m.validateCandidates(), c.want...)
	}
	alike := sized(1, dear(), dear())
	alike.MaxHourlyCost = number("1")
	said(t, "two on demand", alike.validateCandidates(), "Error Two candidates are alike\n"+
		"candidates[0] and candidates[1] order the same type in the same subnet, both on demand.\n\nKeep one of them."+where+"instance_type")
	for _, of := range []candidate{{InstanceType: unknown, SubnetID: text("s-a")}, {InstanceType: text("N3.2B"), SubnetID: unknown}} {
		said(t, "two that are not known", sized(1, of, of).validateCandidates())
	}
	whole := sized(1)
	whole.Candidates = types.ListValueMust(candidates.Object(candidate{}).Type(t.Context()), nil)
	said(t, "none", whole.validateCandidates())
	whole.Candidates = types.ListUnknown(candidates.Object(candidate{}).Type(t.Context()))
	said(t, "not known as a whole", whole.validateCandidates())
}

// What a share, an amount and a time may be, on both sides of the edge.
func TestValidators(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, share, cost string }{
		{"", "", ""},
		{"-1", "The share is -1; ", "max_hourly_cost is -1 CNY per hour."},
		{"0", "The share is 0; ", "max_hourly_cost is 0 CNY per hour."},
		{"0.00001", "", ""}, {"0.4", "", ""}, {"1", "", ""}, {"1.00001", "The share is 1.00001; ", ""},
	} {
		req := validator.NumberRequest{Path: path.Root("a"), ConfigValue: number(c.value)}
		var ofShare, ofCost validator.NumberResponse
		share{}.ValidateNumber(t.Context(), req, &ofShare)
		cost{}.ValidateNumber(t.Context(), req, &ofCost)
		var wantShare, wantCost []string
		if c.share != "" {
			wantShare = []string{"Error Not a share of the on-demand price\n" + c.share +
				"KEC takes no bid above the on-demand price.\n\nSet it to more than 0 and at most 1, such as 0.4."}
		}
		if c.cost != "" {
			wantCost = []string{"Error Nothing can be bought for that\n" + c.cost + "\n\nSet it to more than 0, or leave it out."}
		}
		said(t, "the share "+c.value, ofShare.Diagnostics, wantShare...)
		said(t, "the amount "+c.value, ofCost.Diagnostics, wantCost...)
	}
	for value, good := range map[types.String]bool{
		types.StringNull(): true, types.StringUnknown(): true, types.StringValue("1ns"): true, types.StringValue("30m"): true,
		types.StringValue("0s"): false, types.StringValue("-5m"): false, types.StringValue("soon"): false, types.StringValue(""): false,
	} {
		var resp validator.StringResponse
		duration{}.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("a"), ConfigValue: value}, &resp)
		var want []string
		if !good {
			want = []string{"Error Not a time to wait\n" + value.String() + " is no positive duration.\n\nGive one with a unit, such as 30m or 1h30m."}
		}
		said(t, "the time "+value.String(), resp.Diagnostics, want...)
	}
}
