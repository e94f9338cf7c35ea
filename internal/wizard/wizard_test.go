package wizard_test

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

// candidate is one way to launch the machines of a fleet.
type candidate struct {
	wizard.Bid
	wizard.Place
}

// fleet is a resource that has the bid and the place once for each candidate, and the other steps
// once.
type fleet struct {
	Candidates types.List `tfsdk:"candidates"`
	wizard.Image
	wizard.Network
	wizard.Storage
	wizard.Address
	wizard.Login
	wizard.Naming
	wizard.TagMaps
	wizard.Boot
	wizard.Release
}

// Another resource can take the steps one by one, some of them below a list, and describes nothing
// again.
func TestSteps_areForAnyResource(t *testing.T) {
	t.Parallel()
	one := wizard.Bid{}.Attributes()
	for name, a := range (wizard.Place{}).Attributes() {
		one[name] = a
	}
	list := schema.ListNestedAttribute{Required: true, NestedObject: schema.NestedAttributeObject{Attributes: one}}
	s := schema.Schema{Attributes: map[string]schema.Attribute{"candidates": list}}
	for _, step := range []map[string]schema.Attribute{
		wizard.Image{}.Attributes(), wizard.Network{}.Attributes(), wizard.Storage{}.Attributes(), wizard.Address{}.Attributes(), wizard.Login{}.Attributes(),
		wizard.Naming{}.Attributes(), wizard.TagMaps{}.Attributes(), wizard.TagMaps{}.ReportedAttributes(), wizard.Boot{}.Attributes(), wizard.Release{}.Attributes(),
	} {
		for name, a := range step {
			s.Attributes[name] = a
		}
	}
	if diags := s.ValidateImplementation(t.Context()); diags.HasError() {
		t.Fatal(diags)
	}
	tfvalue.NewCodec[fleet]("fleet", s) // which panics if they do not fit
	candidates := tfvalue.NewNested[candidate](list.GetType())

	var c candidate
	limit := decimal.RequireFromString("0.1")
	in := &kec.Instance{Type: "N3.2B", SubnetID: "s-1", PrivateIP: "10.7.0.5", SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: &limit}
	look := wizard.NewImport(in)
	c.Bid.Refresh(look)
	c.Place.Refresh(look)
	if back := candidates.Struct(candidates.Object(c)); !back.InstanceType.Equal(types.StringValue("N3.2B")) || !back.SubnetID.Equal(types.StringValue("s-1")) {
		t.Errorf("comes back as %+v", back)
	}
	at := path.Root("candidates").AtListIndex(1)
	var table param.Table
	c.Bid.Lines(&table, at)
	c.Place.Lines(&table, at)
	if found, ok := table.Locate("SubnetId"); !ok || found.String() != "candidates[1].subnet_id" {
		t.Errorf("SubnetId is %s", found)
	}
	c.SpotPriceLimit = types.NumberNull()
	if diags := c.Bid.Validate(at); len(diags) != 1 || diags[0].Summary() != "Bidding with a limit needs the limit" {
		t.Errorf("a limit without a price: %v", diags)
	}
}

// Parameters has every line of a machine without disks and interfaces, and none twice.
func TestParameters(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, line := range wizard.Parameters() {
		paths = append(paths, line.Path.String())
	}
	if !slices.Contains(paths, "instance_type") || !slices.Contains(paths, "deletion_protection") {
		t.Errorf("the table is not complete: %v", paths)
	}
	slices.Sort(paths)
	if all := slices.Compact(slices.Clone(paths)); len(all) != len(paths) {
		t.Errorf("a line stands twice: %v", paths)
	}
}
