package catalog

import (
	"context"
	"fmt"
	"math/big"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// text describes a text that is read.
func text(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

// whole describes a whole number that is read.
func whole(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}

// number describes an exact decimal that is read.
func number(description string) schema.NumberAttribute {
	return schema.NumberAttribute{Computed: true, MarkdownDescription: description}
}

// texts describes a list of texts that is read.
func texts(description string) schema.ListAttribute {
	return schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

// objects describes a list of objects that is read.
func objects(description string, attributes map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: attributes},
	}
}

// textFilter describes a text by which the result is narrowed.
func textFilter(description string, validators ...validator.String) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: validators}
}

// pattern accepts a regular expression.
type pattern struct{}

func (pattern) Description(context.Context) string { return "a regular expression of RE2" }

func (p pattern) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

func (pattern) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if _, err := regexp.Compile(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a regular expression",
			fmt.Sprintf("%v.\n\nGive an expression that RE2 knows, such as \"^web-\".", err))
	}
}

// matcher tells whether a text matches a pattern, which has been validated. Nil is for any text.
func matcher(expression *string) func(string) bool {
	if expression == nil {
		return func(string) bool { return true }
	}
	return regexp.MustCompile(*expression).MatchString
}

// aboveZero accepts a number that is more than zero.
type aboveZero struct{}

func (aboveZero) Description(context.Context) string { return "more than 0" }

func (a aboveZero) MarkdownDescription(ctx context.Context) string { return a.Description(ctx) }

func (aboveZero) ValidateNumber(_ context.Context, req validator.NumberRequest, resp *validator.NumberResponse) {
	if n := req.ConfigValue; !n.IsNull() && !n.IsUnknown() && n.ValueBigFloat().Cmp(new(big.Float)) <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Not above zero",
			fmt.Sprintf("It is %s, and nothing costs that little.\n\nGive a number above 0, or leave it out.", n.ValueBigFloat().Text('f', -1)))
	}
}
