package spotinstance

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// The framework's Get and Set compile a regular expression for every field and copy the schema for every step, each time. from
// and into do the same with a shape that is made once: a tenth of the time, which counts with a thousand instances.

// shape is what the schema says of the fields of the model, in their order.
type shape struct {
	schema schema.Schema
	object tftypes.Object
	fields []field
}

type field struct {
	name string
	attr.Type
	raw tftypes.Type
}

var shapeOf = sync.OnceValue(func() shape {
	ctx := context.Background()
	var resp resource.SchemaResponse
	(&Resource{}).Schema(ctx, resource.SchemaRequest{}, &resp)
	s := shape{schema: resp.Schema, object: tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[model]()) {
		name := f.Tag.Get("tfsdk")
		of := resp.Schema.Attributes[name].GetType()
		s.fields = append(s.fields, field{name, of, of.TerraformType(ctx)})
		s.object.AttributeTypes[name] = of.TerraformType(ctx)
	}
	return s
})

// check holds a value against what its type demands beyond its form: a whole number, a set without doubles.
func (f field) check(ctx context.Context, v tftypes.Value) diag.Diagnostics {
	if rules, ok := f.Type.(interface {
		Validate(ctx context.Context, v tftypes.Value, at path.Path) diag.Diagnostics
	}); ok {
		return rules.Validate(ctx, v, path.Root(f.name))
	}
	return nil
}

func (f field) misfit(diags *diag.Diagnostics, problem any) {
	diags.AddAttributeError(path.Root(f.name), "A value does not fit its attribute",
		fmt.Sprintf("%s: %v.\n\nThis is a mistake in the provider: please report it.", f.name, problem))
}

// from fills the model from a configuration, plan or state, as the framework's Get does.
func (m *model) from(ctx context.Context, object tftypes.Value) diag.Diagnostics {
	var diags diag.Diagnostics
	var values map[string]tftypes.Value
	if err := object.As(&values); err != nil || object.IsNull() || !object.IsKnown() {
		diags.AddError("Nothing is known of the instance", "What was sent for it is no object.\n\nThis is a mistake in the provider: please report it.")
		return diags
	}
	filled := reflect.New(reflect.TypeFor[model]()).Elem()
	for i, f := range shapeOf().fields {
		diags.Append(f.check(ctx, values[f.name])...)
		v, err := f.ValueFromTerraform(ctx, values[f.name])
		switch to := filled.Field(i); {
		case err != nil:
			f.misfit(&diags, err)
		case reflect.TypeOf(v) != to.Type():
			f.misfit(&diags, fmt.Sprintf("%T for %s", v, to.Type()))
		default:
			to.Set(reflect.ValueOf(v))
		}
	}
	if !diags.HasError() {
		reflect.ValueOf(m).Elem().Set(filled)
	}
	return diags
}

// into writes the model into a state, as the framework's Set does.
func (m *model) into(ctx context.Context, object *tftypes.Value) diag.Diagnostics {
	var diags diag.Diagnostics
	s, from := shapeOf(), reflect.ValueOf(m).Elem()
	values := make(map[string]tftypes.Value, len(s.fields))
	for i, f := range s.fields {
		v, _ := from.Field(i).Interface().(attr.Value)
		if of := v.Type(ctx).TerraformType(ctx); !of.Equal(f.raw) {
			f.misfit(&diags, fmt.Sprintf("%s for %s", of, f.raw))
			continue
		}
		raw, err := v.ToTerraformValue(ctx)
		if err != nil {
			f.misfit(&diags, err)
			continue
		}
		diags.Append(f.check(ctx, raw)...)
		values[f.name] = raw
	}
	if !diags.HasError() {
		*object = tftypes.NewValue(s.object, values)
	}
	return diags
}
