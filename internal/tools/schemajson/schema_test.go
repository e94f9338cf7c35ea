package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// server offers one of everything. The calls describe does not make stay nil.
type server struct {
	tfprotov6.ProviderServer
	diagnostics []*tfprotov6.Diagnostic
}

func (s server) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	key := &tfprotov6.SchemaAttribute{Name: "key", Type: tftypes.String, Required: true}
	plain := &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{key}}}
	return &tfprotov6.GetProviderSchemaResponse{
		Provider: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{
			Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "secret", Type: tftypes.String, Optional: true, Sensitive: true, Description: "The *key*.", DescriptionKind: tfprotov6.StringKindMarkdown},
			},
		}},
		ResourceSchemas: map[string]*tfprotov6.Schema{"x_thing": {
			Version: 2,
			Block: &tfprotov6.SchemaBlock{
				Description: "A thing.",
				Attributes: []*tfprotov6.SchemaAttribute{
					{Name: "id", Type: tftypes.String, Computed: true},
					{Name: "old", Type: tftypes.Number, Optional: true, Deprecated: true},
					{Name: "password", Type: tftypes.String, Optional: true, WriteOnly: true},
					{Name: "tags", Type: tftypes.Map{ElementType: tftypes.String}, Optional: true},
					{Name: "parts", Optional: true, NestedType: &tfprotov6.SchemaObject{
						Nesting: tfprotov6.SchemaObjectNestingModeList,
						Attributes: []*tfprotov6.SchemaAttribute{
							{Name: "size", Type: tftypes.Number, Required: true},
							{Name: "owner", Optional: true, Computed: true, NestedType: &tfprotov6.SchemaObject{
								Nesting:    tfprotov6.SchemaObjectNestingModeSingle,
								Attributes: []*tfprotov6.SchemaAttribute{{Name: "name", Type: tftypes.String, Computed: true}},
							}},
						},
					}},
					{Name: "point", Computed: true, Type: tftypes.Object{AttributeTypes: map[string]tftypes.Type{
						"x": tftypes.Number, "labels": tftypes.Set{ElementType: tftypes.String},
					}}},
				},
				BlockTypes: []*tfprotov6.SchemaNestedBlock{{
					TypeName: "timeouts",
					Nesting:  tfprotov6.SchemaNestedBlockNestingModeSet,
					MinItems: 1,
					MaxItems: 3,
					Block:    plain.Block,
				}},
			},
		}},
		DataSourceSchemas:        map[string]*tfprotov6.Schema{"x_data": plain},
		EphemeralResourceSchemas: map[string]*tfprotov6.Schema{"x_ephemeral": plain},
		ListResourceSchemas:      map[string]*tfprotov6.Schema{"x_thing": plain},
		ActionSchemas:            map[string]*tfprotov6.ActionSchema{"x_act": {Schema: plain}},
		Functions: map[string]*tfprotov6.Function{"join": {
			Summary:           "Joins words",
			Parameters:        []*tfprotov6.FunctionParameter{{Name: "by", Type: tftypes.String, AllowNullValue: true}},
			VariadicParameter: &tfprotov6.FunctionParameter{Name: "words", Type: tftypes.List{ElementType: tftypes.String}},
			Return:            &tfprotov6.FunctionReturn{Type: tftypes.String},
		}},
		Diagnostics: s.diagnostics,
	}, nil
}

func (s server) GetResourceIdentitySchemas(context.Context, *tfprotov6.GetResourceIdentitySchemasRequest) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{
		IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"x_thing": {
			Version: 1,
			IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{
				{Name: "id", Type: tftypes.String, RequiredForImport: true, Description: "The id."},
				{Name: "region", Type: tftypes.String, OptionalForImport: true},
			},
		}},
	}, nil
}

// TestDescribe compares with a file in the format of `terraform providers schema -json`.
func TestDescribe(t *testing.T) {
	t.Parallel()
	schemas, err := describe(t.Context(), server{}, "x")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(schemas)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := json.Indent(&got, text, "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(got.String()) != strings.TrimSpace(string(want)) {
		t.Errorf("got\n%s\nwant the content of testdata/schema.json", got.String())
	}
}

func TestDescribe_reportsErrorsOfTheProvider(t *testing.T) {
	t.Parallel()
	_, err := describe(t.Context(), server{diagnostics: []*tfprotov6.Diagnostic{
		{Severity: tfprotov6.DiagnosticSeverityWarning, Summary: "A warning", Detail: "that is let pass."},
		{Severity: tfprotov6.DiagnosticSeverityError, Summary: "Broken", Detail: "No type given."},
	}}, "x")
	if err == nil || err.Error() != "Broken: No type given." {
		t.Errorf("got %v, want the error alone", err)
	}
}
