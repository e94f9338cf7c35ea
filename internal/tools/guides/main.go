// Guides writes the guides, where the documentation generator looks for them: one
// page for each group of attributes of kec_spot_instance, from the schema, the
// page of failures, from their catalogue, the page about large fleets, with the
// benchmarks, and the pages that quote examples.
package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/spotinstance"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// folder is below the root of the repository, where this program runs.
const folder = "build/templates/guides"

func main() {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		log.Fatal(err)
	}
	write := func(name, page string) {
		if err := os.WriteFile(filepath.Join(folder, name+".md"), []byte(page), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	for i, g := range spotinstance.Groups(context.Background()) {
		write(fmt.Sprintf("spot-instance-%02d-%s", i+1, g.Name), page(g))
	}
	write("failures", failures())
	page, err := fleets()
	if err != nil {
		log.Fatal(err)
	}
	write("fleets", page)
	for name, text := range map[string]string{
		"getting-started": gettingStartedText, "pipelines": pipelinesText, "migrating": migratingText,
		"machines": machinesText, "market": marketText, "spot-fleets": spotFleetsText, "rehearsing": rehearsingText,
	} {
		page, err := withExamples(text, "examples")
		if err != nil {
			log.Fatal(err)
		}
		write(name, page)
	}
}

// page is one group in Markdown: its required attributes first, then by name.
func page(g wizard.Group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\npage_title: \"kec_spot_instance: %s\"\nsubcategory: \"Spot instance, step by step\"\ndescription: |-\n  %s\n---\n\n", g.Title, g.Intro)
	fmt.Fprintf(&b, "# %s\n\n%s\n\nAttributes of [`kec_spot_instance`](../resources/spot_instance.md).\n", g.Title, g.Intro)
	list(&b, "", g.Attributes)
	return b.String()
}

func list(b *strings.Builder, prefix string, attributes map[string]schema.Attribute) {
	names := slices.SortedFunc(maps.Keys(attributes), func(x, y string) int {
		if r := required(attributes[y]) - required(attributes[x]); r != 0 {
			return r
		}
		return strings.Compare(x, y)
	})
	for _, name := range names {
		a := attributes[name]
		description := a.GetMarkdownDescription()
		if description == "" {
			description = a.GetDescription()
		}
		fmt.Fprintf(b, "\n## `%s%s`\n\n*%s, %s.*\n\n%s\n", prefix, name, kind(a), use(a), description)
		switch nested := a.(type) {
		case schema.SingleNestedAttribute:
			list(b, prefix+name+".", nested.Attributes)
		case schema.ListNestedAttribute:
			list(b, prefix+name+"[*].", nested.NestedObject.Attributes)
		}
	}
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
