package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// A CLI finds the line of a top-level attribute, but not of an attribute inside it.
func TestServer_diagnosticsAreAtTopLevelAttributes(t *testing.T) {
	t.Parallel()
	s := Server("test")()
	schemas, err := s.GetProviderSchema(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	instance, _ := schemas.ResourceSchemas["kec_spot_instance"].ValueType().(tftypes.Object)
	deadlines, _ := instance.AttributeTypes["timeouts"].(tftypes.Object)
	tags := tftypes.Map{ElementType: tftypes.String}
	values := map[string]tftypes.Value{}
	for name, of := range instance.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	limits := map[string]tftypes.Value{}
	for name, of := range deadlines.AttributeTypes {
		limits[name] = tftypes.NewValue(of, "soon")
	}
	values["timeouts"] = tftypes.NewValue(deadlines, limits)
	values["tags"] = tftypes.NewValue(tags, map[string]tftypes.Value{"ksc-team": tftypes.NewValue(tftypes.String, "search")})
	config, err := tfprotov6.NewDynamicValue(instance, tftypes.NewValue(instance, values))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.ValidateResourceConfig(t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "kec_spot_instance", Config: &config})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, d := range resp.Diagnostics {
		if d.Attribute != nil {
			found[d.Attribute.String()] += d.Detail
		}
	}
	for at, words := range map[string]string{
		`AttributeName("timeouts")`:                          `"soon" must be a string`,
		`AttributeName("tags").ElementKeyString("ksc-team")`: `tags["ksc-team"]`, // a CLI finds its line
		`AttributeName("timeouts").AttributeName("create")`:  "",
	} {
		if got, ok := found[at]; !strings.Contains(got, words) || ok == (words == "") {
			t.Errorf("at %s: %q, want %q", at, got, words)
		}
	}
}
