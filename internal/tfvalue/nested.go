package tfvalue

import (
	"context"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Nested turns the objects of a nested attribute into T, a struct with tfsdk tags, and back. Like a
// [Codec] it is made once and takes a fraction of the framework's time.
type Nested[T any] struct {
	object types.ObjectType
	fields []nestedField
}

type nestedField struct {
	name  string
	index []int      // longer than one for a field of an embedded struct
	null  attr.Value // null of the attribute's type
}

// NewNested is made from the type of an attribute: an object, or a list of objects. It panics if T
// and the object have not the same attributes: no configuration can be the reason.
func NewNested[T any](of attr.Type) *Nested[T] {
	if list, ok := of.(types.ListType); ok {
		of = list.ElemType
	}
	ctx, model := context.Background(), reflect.TypeFor[T]()
	object, ok := of.(types.ObjectType)
	fields := leaves(model, nil)
	if !ok || len(object.AttrTypes) != len(fields) {
		panic(fmt.Sprintf("%s is no %s", model, of))
	}
	n := &Nested[T]{object: object}
	for _, f := range fields {
		name := f.Tag.Get("tfsdk")
		attribute, ok := object.AttrTypes[name]
		if !ok {
			panic(fmt.Sprintf("%s.%s is no attribute of %s", model, f.Name, of))
		}
		null, err := attribute.ValueFromTerraform(ctx, tftypes.NewValue(attribute.TerraformType(ctx), nil))
		if err != nil || reflect.TypeOf(null) != f.Type {
			panic(fmt.Sprintf("%s.%s is no %s", model, f.Name, attribute))
		}
		n.fields = append(n.fields, nestedField{name, f.Index, null})
	}
	return n
}

// Struct is the object as a struct. All is null in that of an object which is null or unknown as a
// whole.
func (n *Nested[T]) Struct(o types.Object) T {
	var t T
	model, values := reflect.ValueOf(&t).Elem(), o.Attributes()
	for _, f := range n.fields {
		v, ok := values[f.name]
		at := model.FieldByIndex(f.index)
		if !ok || reflect.TypeOf(v) != at.Type() {
			v = f.null
		}
		at.Set(reflect.ValueOf(v))
	}
	return t
}

// Structs is the list as structs, see [Nested.Struct]; empty for a list that is null or unknown.
func (n *Nested[T]) Structs(l types.List) []T {
	elements := l.Elements()
	all := make([]T, len(elements))
	for i, element := range elements {
		o, _ := element.(types.Object)
		all[i] = n.Struct(o)
	}
	return all
}

// Object is the struct as an object. The zero value of a field is null.
func (n *Nested[T]) Object(t T) types.Object {
	model, values := reflect.ValueOf(&t).Elem(), make(map[string]attr.Value, len(n.fields))
	for _, f := range n.fields {
		v, ok := model.FieldByIndex(f.index).Interface().(attr.Value)
		if !ok || v.IsNull() { // the zero value of a collection does not know the type of its elements
			v = f.null
		}
		values[f.name] = v
	}
	return types.ObjectValueMust(n.object.AttrTypes, values)
}

// List is a list of the structs; empty, not null, without any.
func (n *Nested[T]) List(all []T) types.List {
	elements := make([]attr.Value, 0, len(all))
	for _, t := range all {
		elements = append(elements, n.Object(t))
	}
	return types.ListValueMust(n.object, elements)
}

// NullObject is the object that is not set.
func (n *Nested[T]) NullObject() types.Object { return types.ObjectNull(n.object.AttrTypes) }

// NullList is the list that is not set.
func (n *Nested[T]) NullList() types.List { return types.ListNull(n.object) }
