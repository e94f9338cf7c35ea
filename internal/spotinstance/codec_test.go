package spotinstance

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// value makes any value of a type: null or unknown at times, and at times one that the framework
// refuses.
func (d dice) value(of tftypes.Type) tftypes.Value {
	switch d.IntN(8) {
	case 0:
		return tftypes.NewValue(of, nil)
	case 1:
		return tftypes.NewValue(of, tftypes.UnknownValue)
	}
	several := func(element tftypes.Type) []tftypes.Value {
		var all []tftypes.Value
		for range d.IntN(4) {
			all = append(all, d.value(element))
		}
		return all
	}
	switch of := of.(type) {
	case tftypes.Object:
		all := map[string]tftypes.Value{}
		for name, t := range of.AttributeTypes {
			all[name] = d.value(t)
		}
		return tftypes.NewValue(of, all)
	case tftypes.Map:
		all := map[string]tftypes.Value{}
		for _, v := range several(of.ElementType) {
			all[pick(d, "env", "团队", "")] = v
		}
		return tftypes.NewValue(of, all)
	case tftypes.List:
		return tftypes.NewValue(of, several(of.ElementType))
	case tftypes.Set: // the same element twice, at times
		return tftypes.NewValue(of, several(of.ElementType))
	}
	switch {
	case of.Is(tftypes.Number) && d.IntN(200) == 0:
		return tftypes.NewValue(of, 0.5)
	case of.Is(tftypes.Number):
		return tftypes.NewValue(of, d.Int64N(1<<53))
	case of.Is(tftypes.Bool):
		return tftypes.NewValue(of, d.maybe())
	default:
		return tftypes.NewValue(of, pick(d, "", "a", "工人 一", "PT5M"))
	}
}

// The codec stands in for the framework's Get and Set, so it must do what those do: with every
// value, and no less where those refuse one.
func TestModel_isReadAndWrittenAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	schema := schemaOf(t)
	object := schema.Type().TerraformType(ctx).(tftypes.Object)
	good, bad := 0, 0
	for seed := range uint64(300) {
		d, values := dice{rand.New(rand.NewPCG(seed, 1))}, map[string]tftypes.Value{}
		for name, of := range object.AttributeTypes {
			values[name] = d.value(of)
		}
		raw := tftypes.NewValue(object, values)
		var want, got model
		state := tfsdk.State{Schema: schema, Raw: raw}
		refused := state.Get(ctx, &want).HasError()
		if diags := codec().Read(ctx, raw, &got); diags.HasError() != refused || !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: from gives %v\n%+v\nthe framework, refused: %t\n%+v", seed, diags, got, refused, want)
		}
		if refused {
			bad++
			continue
		}
		good++
		written := tftypes.NewValue(object, nil)
		state.Raw = written
		refused = state.Set(ctx, &want).HasError()
		if diags := codec().Write(ctx, &got, &written); diags.HasError() != refused || !written.Equal(state.Raw) || !refused && !written.Equal(raw) {
			t.Fatalf("seed %d: into gives %v\n%s\nthe framework, refused: %t\n%s", seed, diags, written, refused, state.Raw)
		}
	}
	if good < 30 || bad < 30 {
		t.Errorf("%d values were read, %d refused: too few of one kind", good, bad)
	}

	// What no CLI sends, and what a mistake in the provider would write.
	for _, raw := range []tftypes.Value{tftypes.NewValue(object, nil), tftypes.NewValue(object, tftypes.UnknownValue), tftypes.NewValue(tftypes.String, "a")} {
		var want, got model
		state := tfsdk.State{Schema: schema, Raw: raw}
		if theirs, ours := state.Get(ctx, &want).HasError(), codec().Read(ctx, raw, &got).HasError(); !theirs || !ours {
			t.Errorf("refused by the framework: %t, by from: %t", theirs, ours)
		}
	}
	kept := tftypes.NewValue(object, nil)
	for _, m := range []model{{}, {Steps: wizard.Steps{TagMaps: wizard.TagMaps{TagsAll: types.MapNull(types.Int64Type)}}}} {
		if state := (tfsdk.State{Schema: schema, Raw: kept}); !state.Set(ctx, &m).HasError() || !codec().Write(ctx, &m, &kept).HasError() || !kept.IsNull() {
			t.Errorf("%+v is written", m)
		}
	}
}
