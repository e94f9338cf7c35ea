package main

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

//go:embed spot-instance.md
var spotInstanceText string

// spotInstance is the page of kec_spot_instance: a table of contents, and a section for each step
// of the wizard.
func spotInstance(steps []wizard.Group) string {
	var b strings.Builder
	b.WriteString("| Step | What it decides | Attributes |\n| --- | --- | --- |\n")
	for _, g := range steps {
		var links []string
		for _, name := range sorted(g.Attributes) {
			links = append(links, fmt.Sprintf("[`%s`](#%s)", name, name))
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", g.Title, anchor(g.Title), g.Intro, strings.Join(links, ", "))
	}
	for _, g := range steps {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", g.Title, g.Intro)
		list(&b, "###", "", g.Attributes)
	}
	return strings.Replace(spotInstanceText, "{{steps}}\n", b.String(), 1)
}

// anchor is the name by which a heading of words is linked to.
func anchor(heading string) string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(heading), ",", ""), " ", "-")
}

// list describes attributes under headings of a level, and the parts of each one level below it.
func list(b *strings.Builder, level, prefix string, attributes map[string]schema.Attribute) {
	for _, name := range sorted(attributes) {
		a := attributes[name]
		description := a.GetMarkdownDescription()
		if description == "" {
			description = a.GetDescription()
		}
		fmt.Fprintf(b, "\n%s `%s%s`\n\n*%s, %s.*\n\n%s\n", level, prefix, name, kind(a), use(a), description)
		switch nested := a.(type) {
		case schema.SingleNestedAttribute:
			list(b, level+"#", prefix+name+".", nested.Attributes)
		case schema.ListNestedAttribute:
			list(b, level+"#", prefix+name+"[*].", nested.NestedObject.Attributes)
		}
	}
}

// sorted are the names of attributes: those that are required first, then by name.
func sorted(attributes map[string]schema.Attribute) []string {
	return slices.SortedFunc(maps.Keys(attributes), func(x, y string) int {
		if r := required(attributes[y]) - required(attributes[x]); r != 0 {
			return r
		}
		return strings.Compare(x, y)
	})
}

// required is 1 for an attribute that must be set. Some are required by a check
// of the provider's own and say so in their description.
func required(a schema.Attribute) int {
	if a.IsRequired() || strings.HasPrefix(a.GetMarkdownDescription(), "Required. ") {
		return 1
	}
	return 0
}

// use says who sets the attribute.
func use(a schema.Attribute) string {
	switch {
	case required(a) == 1:
		return "required"
	case a.IsWriteOnly():
		return "optional, write-only"
	case a.IsOptional():
		return "optional"
	default:
		return "read-only"
	}
}

// kind is the type as HCL names it.
func kind(a schema.Attribute) string {
	switch a.GetType().(type) {
	case basetypes.StringTypable:
		return "String"
	case basetypes.BoolTypable:
		return "Bool"
	case basetypes.Int64Typable:
		return "Whole number"
	case basetypes.NumberTypable:
		return "Number"
	case basetypes.SetTypable:
		return "Set of strings"
	case basetypes.MapTypable:
		return "Map of strings"
	case basetypes.ListTypable:
		return "List of objects"
	default:
		return "Object"
	}
}
