package tfvalue_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

var placeType = types.ObjectType{AttrTypes: map[string]attr.Type{"subnet": types.StringType, "groups": types.SetType{ElemType: types.StringType}}}

// A nested object is read as the framework reads it, and comes back as it was.
func TestNested_isReadAndWrittenAsTheFrameworkDoes(t *testing.T) {
	t.Parallel()
	ctx, places := context.Background(), tfvalue.NewNested[place](types.ListType{ElemType: placeType})
	object := func(subnet, groups attr.Value) types.Object {
		return types.ObjectValueMust(placeType.AttrTypes, map[string]attr.Value{"subnet": subnet, "groups": groups})
	}
	none, all := types.SetNull(types.StringType), tfvalue.TextSet([]string{"g-1", "g-2"})
	objects := []types.Object{
		object(types.StringValue("s-1"), all), object(types.StringUnknown(), none), object(types.StringNull(), types.SetUnknown(types.StringType)),
	}
	for _, o := range objects {
		var want place
		if diags := o.As(ctx, &want, basetypes.ObjectAsOptions{}); diags.HasError() {
			t.Fatal(diags)
		}
		if got := places.Struct(o); !reflect.DeepEqual(got, want) {
			t.Errorf("%s reads as %+v, want %+v", o, got, want)
		}
		if got := places.Object(places.Struct(o)); !got.Equal(o) {
			t.Errorf("%s comes back as %s", o, got)
		}
	}
	list := types.ListValueMust(placeType, []attr.Value{objects[0], types.ObjectUnknown(placeType.AttrTypes), objects[1]})
	if got := places.Structs(list); len(got) != 3 || got[0].Subnet.ValueString() != "s-1" || !got[1].Subnet.IsNull() || !got[1].Groups.Equal(none) {
		t.Errorf("read %+v", got)
	}
	if got := places.List([]place{{}}); !got.Equal(types.ListValueMust(placeType, []attr.Value{object(types.StringNull(), none)})) {
		t.Errorf("nothing becomes %s", got)
	}
	if places.List(nil).IsNull() || len(places.Structs(places.NullList())) != 0 || !reflect.DeepEqual(places.Struct(places.NullObject()), places.Struct(types.ObjectUnknown(placeType.AttrTypes))) {
		t.Error("null, unknown and empty are mixed up")
	}
}

func TestNewNested_refusesAStructThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]attr.Type{
		"no object": types.StringType,
		"an attribute too many": types.ObjectType{AttrTypes: map[string]attr.Type{"subnet": types.StringType, "groups": types.SetType{ElemType: types.StringType},
			"id": types.StringType}},
		"another name": types.ObjectType{AttrTypes: map[string]attr.Type{"subnet_id": types.StringType, "groups": types.SetType{ElemType: types.StringType}}},
		"another type": types.ObjectType{AttrTypes: map[string]attr.Type{"subnet": types.Int64Type, "groups": types.SetType{ElemType: types.StringType}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			tfvalue.NewNested[place](of)
		})
	}
}
