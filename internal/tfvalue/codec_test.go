package tfvalue_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

type place struct {
	Subnet types.String `tfsdk:"subnet"`
	Groups types.Set    `tfsdk:"groups"`
}

type step struct {
	place
	Size types.Int64 `tfsdk:"size"`
}

type Step struct {
	step
	Name types.String `tfsdk:"name"`
}

type Tags struct {
	Tags types.Map `tfsdk:"tags"`
}

// nested embeds structs that embed structs.
type nested struct {
	ID types.String `tfsdk:"id"`
	Step
	Tags
	Flag types.Bool `tfsdk:"flag"`
}

func nestedSchema(without ...string) schema.Schema {
	s := schema.Schema{Attributes: map[string]schema.Attribute{
		"id":     schema.StringAttribute{Computed: true},
		"subnet": schema.StringAttribute{Required: true},
		"groups": schema.SetAttribute{Optional: true, ElementType: types.StringType},
		"size":   schema.Int64Attribute{Optional: true},
		"name":   schema.StringAttribute{Optional: true},
		"tags":   schema.MapAttribute{Optional: true, ElementType: types.StringType},
		"flag":   schema.BoolAttribute{Optional: true},
	}}
	for _, name := range without {
		delete(s.Attributes, name)
	}
	return s
}

// A model that embeds other structs is read and written as the framework does it.
func TestCodec_ofAnEmbeddedStruct(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), nestedSchema()
	codec := tfvalue.NewCodec[nested]("machine", s)
	object := s.Type().TerraformType(ctx).(tftypes.Object)
	text := tftypes.String
	value := func(size any) tftypes.Value {
		return tftypes.NewValue(object, map[string]tftypes.Value{
			"id": tftypes.NewValue(text, tftypes.UnknownValue), "subnet": tftypes.NewValue(text, "s-1"),
			"groups": tftypes.NewValue(tftypes.Set{ElementType: text}, []tftypes.Value{tftypes.NewValue(text, "g-1")}),
			"size":   tftypes.NewValue(tftypes.Number, size), "name": tftypes.NewValue(text, nil),
			"tags": tftypes.NewValue(tftypes.Map{ElementType: text}, map[string]tftypes.Value{"team": tftypes.NewValue(text, "search")}),
			"flag": tftypes.NewValue(tftypes.Bool, true),
		})
	}

	var want, got nested
	raw := value(50)
	if diags := (&tfsdk.State{Schema: s, Raw: raw}).Get(ctx, &want); diags.HasError() {
		t.Fatal(diags)
	}
	if diags := codec.Read(ctx, raw, &got); diags.HasError() || !reflect.DeepEqual(got, want) {
		t.Errorf("read: %v\n%+v\nwant %+v", diags, got, want)
	}
	if got.Subnet.ValueString() != "s-1" || got.Size.ValueInt64() != 50 || len(got.Tags.Tags.Elements()) != 1 || !got.ID.IsUnknown() {
		t.Errorf("read %+v", got)
	}
	written := tftypes.NewValue(object, nil)
	if diags := codec.Write(ctx, &got, &written); diags.HasError() || !written.Equal(raw) {
		t.Errorf("written: %v\n%s\nwant %s", diags, written, raw)
	}

	kept := got
	diags := codec.Read(ctx, value(0.5), &got)
	if !diags.HasError() || !reflect.DeepEqual(got, kept) {
		t.Errorf("half a gibibyte is read: %+v", got)
	}
	got.Groups = types.SetNull(types.Int64Type)
	diags = codec.Write(ctx, &got, &written)
	if !diags.HasError() || !strings.HasPrefix(diags[0].Detail(), "groups: ") || !written.Equal(raw) {
		t.Errorf("a set of numbers is written: %v", diags)
	}
	diags = codec.Read(ctx, tftypes.NewValue(object, nil), &got)
	if !diags.HasError() || diags[0].Summary() != "Nothing is known of the machine" {
		t.Errorf("nothing is read: %v", diags)
	}
}

// A field without its attribute and an attribute without its field are found when the codec is
// made.
func TestNewCodec_refusesAModelThatDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(){
		"a field too many":      func() { tfvalue.NewCodec[nested]("machine", nestedSchema("size")) },
		"an attribute too many": func() { tfvalue.NewCodec[Step]("machine", nestedSchema("id", "tags")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			build()
		})
	}
}
