package spotfleet

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// amount is an amount of money, nil for "".
func amount(text string) *decimal.Decimal {
	if text == "" {
		return nil
	}
	d := decimal.RequireFromString(text)
	return &d
}

func number(text string) types.Number { return tfvalue.Number(amount(text)) }

// running is a member that runs: a Spot Instance of type N3.2B in the subnet s-a, without a limit.
func running(id string, changes ...func(*member)) member {
	one := member{
		ID: types.StringValue(id), InstanceType: types.StringValue("N3.2B"), SubnetID: types.StringValue("s-a"),
		ChargeType: types.StringValue(kec.ChargeSpot), State: types.StringValue(kec.StateActive),
	}
	for _, change := range changes {
		change(&one)
	}
	return one
}

// These change a member.
func limited(limit string) func(*member) {
	return func(one *member) { one.SpotPriceLimit = number(limit) }
}
func in(state string) func(*member) {
	return func(one *member) { one.State = types.StringValue(state) }
}
func created(at string) func(*member) {
	return func(one *member) { one.CreatedAt = types.StringValue(at) }
}
func until(at string) func(*member) {
	return func(one *member) { one.ProtectedUntil = types.StringValue(at) }
}
func announced(one *member) { one.RecyclingTime = types.StringValue("2026-03-02T12:10:00Z") }
func onDemand(one *member)  { one.ChargeType = types.StringValue(kec.ChargeHourly) }
func named(name string) func(*member) {
	return func(one *member) { one.Name = types.StringValue(name) }
}

// seenAs is a machine that KEC shows.
func seenAs(id, name string) machines.Listed {
	return machines.Listed{Instance: &kec.Instance{ID: id, Name: name, State: kec.StateActive, ChargeType: kec.ChargeSpot}}
}

// ids are the ids of members.
func ids(all []member) (list []string) {
	for _, one := range all {
		list = append(list, one.ID.ValueString())
	}
	return list
}

// sized is a fleet of this size with these candidates.
func sized(target int64, all ...candidate) *model {
	m := &model{ID: types.StringValue("f-1"), TargetCapacity: types.Int64Value(target), Candidates: candidates.List(all)}
	m.TagsAll = types.MapNull(types.StringType)
	m.SecurityGroupIDs = types.SetNull(types.StringType)
	return m
}

// spotIn is a candidate of type N3.2B in a subnet, with a price limit, "" for none.
func spotIn(subnet, limit string) candidate {
	return candidate{InstanceType: types.StringValue("N3.2B"), SubnetID: types.StringValue(subnet), SpotPriceLimit: number(limit)}
}

// said are diagnostics as severity, summary and detail, and fails the test unless they are these.
func said(t *testing.T, what string, got diag.Diagnostics, want ...string) {
	t.Helper()
	var all []string
	for _, d := range got {
		all = append(all, d.Severity().String()+" "+d.Summary()+"\n"+d.Detail())
	}
	if !slices.Equal(all, want) {
		t.Errorf("%s: it says\n%q\nwant\n%q", what, all, want)
	}
}
