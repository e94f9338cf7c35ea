package tfvalue

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// TextSet is a set of the texts; empty, not null, without any.
func TextSet(texts []string) types.Set {
	elements := make([]attr.Value, 0, len(texts))
	for _, s := range texts {
		elements = append(elements, types.StringValue(s))
	}
	return types.SetValueMust(types.StringType, elements)
}

// SetTexts lists the elements of a set of text, sorted, without those that are null or unknown.
func SetTexts(set types.Set) []string {
	elements := set.Elements()
	texts := make([]string, 0, len(elements))
	for _, e := range elements {
		if s, ok := e.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			texts = append(texts, s.ValueString())
		}
	}
	slices.Sort(texts)
	return texts
}

// MapTexts is a map of text, without the values that are null or unknown.
func MapTexts(m types.Map) map[string]string {
	texts := make(map[string]string, len(m.Elements()))
	for k, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			texts[k] = s.ValueString()
		}
	}
	return texts
}

// orEmpty reads an object that is null or unknown as a whole as one without values.
var orEmpty = basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true, UnhandledUnknownAsEmpty: true}

// Struct is an object as a struct with tfsdk tags; the zero T for one that is null or unknown as a whole.
func Struct[T any](o types.Object) T {
	var t T
	o.As(context.Background(), &t, orEmpty)
	return t
}

// Structs is a list of objects as structs, see [Struct]; empty for a list that is null or unknown.
func Structs[T any](l types.List) []T {
	all := make([]T, len(l.Elements()))
	for i, element := range l.Elements() {
		if o, ok := element.(types.Object); ok {
			o.As(context.Background(), &all[i], orEmpty)
		}
	}
	return all
}
