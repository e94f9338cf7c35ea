package spotfleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// model is the resource in Terraform's three forms: config, plan and state.
type model struct {
	ID                   types.String `tfsdk:"id"`
	TargetCapacity       types.Int64  `tfsdk:"target_capacity"`
	MinCapacity          types.Int64  `tfsdk:"min_capacity"`
	Candidates           types.List   `tfsdk:"candidates"`
	Order                types.String `tfsdk:"order"`
	MaxHourlyCost        types.Number `tfsdk:"max_hourly_cost"`
	WaitForStock         types.String `tfsdk:"wait_for_stock"`
	ReplaceBeforeRelease types.Bool   `tfsdk:"replace_before_release"`

	wizard.Image
	wizard.Firewall
	wizard.Storage
	wizard.Address
	wizard.Login
	wizard.Naming
	wizard.TagMaps
	wizard.Boot

	Members           types.List     `tfsdk:"members"`
	Capacity          types.Object   `tfsdk:"capacity"`
	HourlyCostCeiling types.Number   `tfsdk:"hourly_cost_ceiling"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// codec reads and writes the model.
var codec = sync.OnceValue(func() *tfvalue.Codec[model] {
	var resp resource.SchemaResponse
	(&Resource{}).Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return tfvalue.NewCodec[model]("fleet", resp.Schema)
})

// candidate is an element of candidates.
type candidate struct {
	InstanceType   types.String `tfsdk:"instance_type"`
	SubnetID       types.String `tfsdk:"subnet_id"`
	SpotPriceLimit types.Number `tfsdk:"spot_price_limit"`
	MaxPriceShare  types.Number `tfsdk:"max_price_share"`
	OnDemand       types.Bool   `tfsdk:"on_demand"`
}

var candidates = tfvalue.NewNested[candidate](sizeAttributes()["candidates"].GetType())

// capacity is the value of the attribute capacity.
type capacity struct {
	Target         types.Int64 `tfsdk:"target"`
	Running        types.Int64 `tfsdk:"running"`
	BeingReclaimed types.Int64 `tfsdk:"being_reclaimed"`
	Missing        types.Int64 `tfsdk:"missing"`
}

var capacities = tfvalue.NewNested[capacity](reportedAttributes()["capacity"].GetType())

// offers lists the candidates.
func (m *model) offers() []candidate { return candidates.Structs(m.Candidates) }

// at is the path of a candidate.
func at(i int) path.Path { return path.Root("candidates").AtListIndex(i) }

// target is how many machines the fleet is to have.
func (m *model) target() int64 { return m.TargetCapacity.ValueInt64() }

// least is how many machines the fleet must have.
func (m *model) least() int64 {
	if m.MinCapacity.IsNull() {
		return m.target()
	}
	return m.MinCapacity.ValueInt64()
}

// limit is the price limit of a candidate where it is written down, nil for none.
func (c candidate) limit() *decimal.Decimal {
	return wizard.Bid{SpotPriceLimit: c.SpotPriceLimit}.Limit()
}

// order is one request for machines of a candidate.
type order struct {
	candidate int
	limit     *decimal.Decimal // what SpotPriceLimit is to be, nil for none
	machines  int64
	number    int64 // behind the name of the first machine
}

// params lists every setting of a launch.
func (m *model) params(o order) param.Table {
	var t param.Table
	c := m.offers()[o.candidate]
	limit, under := tfvalue.Number(o.limit), at(o.candidate).AtName("spot_price_limit")
	if !c.MaxPriceShare.IsNull() {
		under = at(o.candidate).AtName("max_price_share")
	}
	switch {
	case c.OnDemand.ValueBool():
		t.Fixed("ChargeType", kec.ChargeHourly)
	case o.limit == nil:
		t.Fixed("ChargeType", kec.ChargeSpot)
		t.Fixed("SpotStrategy", kec.SpotAsPriceGo)
	default:
		t.Fixed("ChargeType", kec.ChargeSpot)
		t.Fixed("SpotStrategy", kec.SpotWithPriceLimit)
	}
	t.At(under, "SpotPriceLimit", limit)
	t.At(at(o.candidate).AtName("instance_type"), "InstanceType", c.InstanceType)
	t.At(at(o.candidate).AtName("subnet_id"), "SubnetId", c.SubnetID)
	t.Fixed("MinCount", "1")
	t.At(path.Root("target_capacity"), "MaxCount", types.Int64Value(o.machines))
	m.template(&t)
	m.Firewall.Lines(&t)
	m.Naming.Lines(&t)
	for _, suffix := range []struct {
		name string
		of   types.String
	}{{"InstanceNameSuffix", m.InstanceName}, {"HostNameSuffix", m.HostName}} {
		if suffix.of.ValueString() != "" {
			t.Fixed(suffix.name, fmt.Sprint(o.number))
		}
	}
	tags := m.TagMaps
	tags.TagsAll = with(tags.TagsAll, machines.FleetTagKey, m.ID)
	tags.Lines(&t)
	return t
}

// table is the settings for messages, which may speak of the ceiling too: no parameter of the API.
func (m *model) table() param.Table {
	t := m.params(order{})
	t.At(path.Root("max_hourly_cost"), failure.CauseOf(failure.FleetTooDear).Param, m.MaxHourlyCost)
	return t
}

// template adds the settings that hold for new machines only.
func (m *model) template(t *param.Table) {
	m.Image.Lines(t)
	m.Storage.Lines(t)
	m.Address.Lines(t)
	m.Login.Lines(t)
	m.Boot.Lines(t)
}

// with is a map with one more text in it.
func with(all types.Map, key string, value attr.Value) types.Map {
	elements := all.Elements() // a copy
	elements[key] = value
	return types.MapValueMust(types.StringType, elements)
}

// launch is what KEC's offer, or a refusal, is compared with.
func (m *model) launch(i int, limit *decimal.Decimal) market.Launch {
	c := m.offers()[i]
	launch := market.Launch{
		Name: m.InstanceName.ValueString(), InstanceType: c.InstanceType.ValueString(), SubnetID: c.SubnetID.ValueString(),
		ImageID: m.ImageID.ValueString(), PriceLimit: limit, OnDemand: c.OnDemand.ValueBool(), SecurityGroupIDs: tfvalue.SetTexts(m.SecurityGroupIDs),
	}
	for _, disk := range m.Disks() {
		launch.DataDiskTypes = append(launch.DataDiskTypes, disk.Type.ValueString())
	}
	return launch
}

// launchOf is what a member holds at KEC.
func (m *model) launchOf(one member) market.Launch {
	launch := market.Launch{
		Name: one.Name.ValueString(), InstanceType: one.InstanceType.ValueString(), SubnetID: one.SubnetID.ValueString(),
		Zone: one.AvailabilityZone.ValueString(),
	}
	return launch
}

// project is the project to look the members up in first; nil for the default.
func (m *model) project() *int64 {
	if id := m.ProjectID.ValueInt64(); id != 0 {
		return &id
	}
	return nil
}

// title names the fleet in a sentence.
func (m *model) title() string {
	if name := m.InstanceName.ValueString(); name != "" {
		return fmt.Sprintf("the fleet %q (%s)", name, m.ID.ValueString())
	}
	return "the fleet " + m.ID.ValueString()
}

// unread tells whether nothing but the id is known, as between an import and its refresh.
func (m *model) unread() bool { return m.Members.IsNull() && m.TargetCapacity.IsNull() }

// counts are how many members there are of each kind.
func (m *model) counts(all []member) capacity {
	var running, reclaimed int64
	for _, one := range all {
		if strings.EqualFold(one.State.ValueString(), kec.StateActive) {
			running++
		}
		if one.reclaimed() {
			reclaimed++
		}
	}
	return capacity{
		Target: m.TargetCapacity, Running: types.Int64Value(running), BeingReclaimed: types.Int64Value(reclaimed),
		Missing: types.Int64Value(max(m.missing(all), 0)),
	}
}

// missing is how many machines are to be ordered; less than zero where there are too many. A member
// that is being reclaimed counts until it is gone, unless its successor is to come before that.
func (m *model) missing(all []member) int64 {
	have := started(all)
	if m.ReplaceBeforeRelease.ValueBool() {
		have = slices.DeleteFunc(have, member.reclaimed)
	}
	return m.target() - int64(len(have))
}

// have writes the members, and what follows from them, into the model.
func (m *model) have(all []member, mem *memory) {
	sortMembers(all)
	m.Members = membersOf.List(all)
	m.Capacity = capacities.Object(m.counts(all))
	m.HourlyCostCeiling = tfvalue.Number(mem.ceiling(all))
}
