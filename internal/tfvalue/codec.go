package tfvalue

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Codec reads and writes a model M, a struct with tfsdk tags, as the framework's Get and Set do.
// These compile a regular expression for every field and copy the schema for every step, each time.
// A codec is made once from the schema and takes a tenth of their time, which counts with a
// thousand instances. It can go when Get and Set keep what they learn of a model.
type Codec[M any] struct {
	noun   string
	object tftypes.Object
	fields []field // in the order of the model
}

// field is an attribute and its place in the model.
type field struct {
	name  string
	index []int // longer than one for a field of an embedded struct
	attr.Type
	raw tftypes.Type
}

// NewCodec is the codec of a schema's model; the noun says in a message what a model stands for. It
// panics if the model and the schema have not the same attributes: no configuration can be the
// reason.
func NewCodec[M any](noun string, schema interface{ Type() attr.Type }) *Codec[M] {
	ctx, model := context.Background(), reflect.TypeFor[M]()
	c := &Codec[M]{noun: noun, object: tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}}
	attributes := map[string]attr.Type{}
	if object, ok := schema.Type().(attr.TypeWithAttributeTypes); ok {
		attributes = object.AttributeTypes()
	}
	for _, f := range leaves(model, nil) {
		name := f.Tag.Get("tfsdk")
		of, ok := attributes[name]
		if !ok {
			panic(fmt.Sprintf("%s.%s is no attribute of the schema", model, f.Name))
		}
		raw := of.TerraformType(ctx)
		c.fields = append(c.fields, field{name, f.Index, of, raw})
		c.object.AttributeTypes[name] = raw
	}
	if n := len(attributes); n != len(c.fields) || n != len(c.object.AttributeTypes) {
		panic(fmt.Sprintf("%s has %d fields for the %d attributes of the schema", model, len(c.fields), n))
	}
	return c
}

// leaves lists the fields of a struct, with those of embedded structs in their place. Unlike
// reflect.VisibleFields it also finds a field that has the name of the struct that embeds it.
func leaves(model reflect.Type, above []int) []reflect.StructField {
	var all []reflect.StructField
	for i := range model.NumField() {
		f := model.Field(i)
		f.Index = append(slices.Clone(above), i)
		if f.Anonymous {
			all = append(all, leaves(f.Type, f.Index)...)
		} else {
			all = append(all, f)
		}
	}
	return all
}

// check holds a value against what its type demands beyond its form: a whole number, a set without
// doubles.
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

// Read fills a model from a configuration, plan or state, as the framework's Get does. After an
// error the model is as it was.
func (c *Codec[M]) Read(ctx context.Context, object tftypes.Value, to *M) diag.Diagnostics {
	var diags diag.Diagnostics
	var values map[string]tftypes.Value
	if err := object.As(&values); err != nil || object.IsNull() || !object.IsKnown() {
		diags.AddError("Nothing is known of the "+c.noun, "What was sent for it is no object.\n\nThis is a mistake in the provider: please report it.")
		return diags
	}
	var filled M
	model := reflect.ValueOf(&filled).Elem()
	for _, f := range c.fields {
		diags.Append(f.check(ctx, values[f.name])...)
		v, err := f.ValueFromTerraform(ctx, values[f.name])
		switch at := model.FieldByIndex(f.index); {
		case err != nil:
			f.misfit(&diags, err)
		case reflect.TypeOf(v) != at.Type():
			f.misfit(&diags, fmt.Sprintf("%T for %s", v, at.Type()))
		default:
			at.Set(reflect.ValueOf(v))
		}
	}
	if !diags.HasError() {
		*to = filled
	}
	return diags
}

// Write puts a model into a state, as the framework's Set does. After an error the state is as it
// was.
func (c *Codec[M]) Write(ctx context.Context, from *M, object *tftypes.Value) diag.Diagnostics {
	var diags diag.Diagnostics
	model := reflect.ValueOf(from).Elem()
	values := make(map[string]tftypes.Value, len(c.fields))
	for _, f := range c.fields {
		v, _ := model.FieldByIndex(f.index).Interface().(attr.Value)
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
		*object = tftypes.NewValue(c.object, values)
	}
	return diags
}
