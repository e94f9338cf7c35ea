// Package wizard is the console's create-instance wizard: the settings with which a machine is
// launched, a file for each step of the wizard.
//
// A step is a struct that the model of a resource embeds. Its methods describe its attributes for
// the schema, add its settings to the table of parameters, read it back from what KEC reports, and
// check its rules. The line of a setting in the table says what a change of the setting does, see
// [param.Line].
//
// A new attribute takes four places, all in the file of its step: the description, the field, the
// line, and the line that reads it back.
package wizard

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// Steps are all steps, in the order of the wizard. A resource that cannot use all of them embeds
// single steps.
type Steps struct {
	Bid
	Image
	Place
	Network
	Storage
	Address
	Login
	Naming
	TagMaps
	Boot
	Release
}

// Group is what the documentation shows together: attributes of one step, or of a few.
type Group struct {
	Title, Intro string
	Attributes   map[string]schema.Attribute
}

// Groups lists every attribute of the steps once, in the order of the wizard. The resource's own
// groups come before what KEC reports.
func Groups(own ...Group) []Group {
	all := append([]Group{
		{"Bid, type and image", "What is bought, and at what price.", union(Bid{}.Attributes(), Image{}.Attributes())},
		{"Network", "Where it runs: the subnet decides the VPC and the zone.", union(Place{}.Attributes(), Network{}.Attributes())},
		{"Disks", "The system disk, cloud disks beside it, and the local disk of types that have one.", Storage{}.Attributes()},
		{"Public address", "An address of its own, bought with the instance.", Address{}.Attributes()},
		{"Login", "At most one of a password, keys and the login inside a custom image.", Login{}.Attributes()},
		{"Names, project and tags", "What it is called and where it is filed.", union(Naming{}.Attributes(), TagMaps{}.Attributes())},
		{"Advanced settings", "First boot, roles and network options.", Boot{}.Attributes()},
		{"Release and protection", "When it goes by itself, and what keeps it from being deleted.", Release{}.Attributes()},
	}, own...)
	return append(all, Group{"What KEC reports", "Known after the launch; refreshed by every plan.",
		union(Reported{}.Attributes(), TagMaps{}.ReportedAttributes())})
}

func union(some, others map[string]schema.Attribute) map[string]schema.Attribute {
	maps.Copy(some, others)
	return some
}

// Parameters is the table of a machine without settings. It names the attribute behind an API
// parameter where there is no machine.
func Parameters() param.Table {
	var t param.Table
	Steps{}.Lines(&t)
	return t
}

// Lines adds all settings to the table of parameters, for a resource that has them at its top
// level.
func (s Steps) Lines(t *param.Table) {
	top := path.Empty()
	s.Bid.Lines(t, top)
	s.Image.Lines(t)
	s.Place.Lines(t, top)
	s.Network.Lines(t)
	s.Storage.Lines(t)
	s.Address.Lines(t)
	s.Login.Lines(t)
	s.Naming.Lines(t)
	s.TagMaps.Lines(t)
	s.Boot.Lines(t)
	s.Release.Lines(t)
}

// Refresh reads every setting back from a look at the machine. The tags come from another request,
// see [TagMaps.Refresh]. What KEC does not report stays as it is, and so does what KEC has reported
// otherwise than ordered ever since, see [Baseline].
func (s *Steps) Refresh(l *Look) {
	s.Bid.Refresh(l)
	s.Image.Refresh(l)
	s.Place.Refresh(l)
	s.Network.Refresh(l)
	s.Storage.Refresh(l)
	s.Login.Refresh(l)
	s.Naming.Refresh(l)
	s.Boot.Refresh(l)
	s.Release.Refresh(l)
}

// unlessFalse is null for false, of a flag that is false at KEC unless it is set: then false in the
// configuration changes nothing.
func unlessFalse(b types.Bool) types.Bool {
	if b.Equal(types.BoolValue(false)) {
		return types.BoolNull()
	}
	return b
}

// complete checks that every element that is known sets what every element needs.
func complete(l types.List, name string, required ...string) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, element := range l.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() {
			continue
		}
		for _, attribute := range required {
			if v := object.Attributes()[attribute]; v == nil || v.IsNull() {
				diags.AddAttributeError(path.Root(name), "A required attribute is missing",
					fmt.Sprintf("%s[%d] has no %s.\n\nSet %s in every element of %s.", name, i, attribute, attribute, name))
			}
		}
	}
	return diags
}

// element is the name of an element of a list in a [Baseline].
func element(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// pair finds for each wanted element the reported element that fits it best, and answers with its
// index, or -1. The strictest rule comes first, and each rule is tried on all elements before the
// next rule. A reported element is used once.
func pair[W, R any](wanted []W, reported []R, rules ...func(W, R) bool) []int {
	found, taken := make([]int, len(wanted)), make([]bool, len(reported))
	for i := range found {
		found[i] = -1
	}
	for _, fits := range rules {
		for i, w := range wanted {
			for j, r := range reported {
				if found[i] < 0 && !taken[j] && fits(w, r) {
					found[i], taken[j] = j, true
				}
			}
		}
	}
	return found
}
