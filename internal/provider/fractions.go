package provider

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// fractions puts one error for each fraction that stands for a whole number in place of those of
// the framework, which calls it a mistake of the provider's, more than once. It looks only where
// there is an error. It can go when the framework's whole numbers refuse a fraction in plain words.
func (p *Provider) fractions(typeName string, config *tfprotov6.DynamicValue, diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	failed := func(d *tfprotov6.Diagnostic) bool { return d.Severity == tfprotov6.DiagnosticSeverityError }
	if config == nil || !slices.ContainsFunc(diagnostics, failed) {
		return diagnostics
	}
	of := p.typeOf(typeName)
	if of == nil {
		return diagnostics
	}
	value, err := config.Unmarshal(of.TerraformType(context.Background()))
	if err != nil {
		return diagnostics
	}
	var found []*tfprotov6.Diagnostic
	visit(of, value, tftypes.NewAttributePath(), func(at *tftypes.AttributePath, n *big.Float) {
		found = append(found, &tfprotov6.Diagnostic{
			Severity: tfprotov6.DiagnosticSeverityError, Attribute: at, Summary: "Not a whole number",
			Detail: fmt.Sprintf("%s is %s, and takes a whole number.\n\nRound it, for example with floor or ceil.", written(at), n.Text('g', 12)),
		})
	})
	if len(found) == 0 {
		return diagnostics
	}
	return found
}

// typeOf is the type of a resource or data source, nil if there is no such one.
func (p *Provider) typeOf(name string) attr.Type {
	ctx := context.Background()
	for _, create := range p.Resources(ctx) {
		var meta resource.MetadataResponse
		r := create()
		if r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: typeName}, &meta); meta.TypeName == name {
			var resp resource.SchemaResponse
			r.Schema(ctx, resource.SchemaRequest{}, &resp)
			return resp.Schema.Type()
		}
	}
	for _, create := range p.DataSources(ctx) {
		var meta datasource.MetadataResponse
		d := create()
		if d.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: typeName}, &meta); meta.TypeName == name {
			var resp datasource.SchemaResponse
			d.Schema(ctx, datasource.SchemaRequest{}, &resp)
			return resp.Schema.Type()
		}
	}
	return nil
}

// visit calls tell for every fraction where a value should be whole.
func visit(of attr.Type, v tftypes.Value, at *tftypes.AttributePath, tell func(*tftypes.AttributePath, *big.Float)) {
	if !v.IsKnown() || v.IsNull() {
		return
	}
	switch of := of.(type) {
	case attr.TypeWithAttributeTypes:
		var members map[string]tftypes.Value
		if v.As(&members) == nil {
			inner := of.AttributeTypes()
			for _, name := range slices.Sorted(maps.Keys(inner)) {
				visit(inner[name], members[name], at.WithAttributeName(name), tell)
			}
		}
	case attr.TypeWithElementType:
		var elements []tftypes.Value
		if v.Type().Is(tftypes.List{}) && v.As(&elements) == nil {
			for i, element := range elements {
				visit(of.ElementType(), element, at.WithElementKeyInt(i), tell)
			}
		}
	default:
		var n big.Float
		if of.Equal(types.Int64Type) && v.As(&n) == nil && !n.IsInt() {
			tell(at, &n)
		}
	}
}

// written is a path as a configuration writes it.
func written(at *tftypes.AttributePath) string {
	var b strings.Builder
	for _, step := range at.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(string(step))
		case tftypes.ElementKeyInt:
			fmt.Fprintf(&b, "[%d]", int64(step))
		}
	}
	return b.String()
}
