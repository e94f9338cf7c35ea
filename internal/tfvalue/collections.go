package tfvalue

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
