package catalog

import (
	"cmp"
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// sizes narrow instance types by what they are. Nil is no limit.
type sizes struct {
	Family       *string  `tfsdk:"family"`
	MinVCPUs     *int64   `tfsdk:"min_vcpus"`
	MaxVCPUs     *int64   `tfsdk:"max_vcpus"`
	MinMemoryGiB *float64 `tfsdk:"min_memory_gib"`
	MaxMemoryGiB *float64 `tfsdk:"max_memory_gib"`
}

// sizeFilters describes sizes.
func sizeFilters() map[string]schema.Attribute {
	memory := func(description string) schema.Float64Attribute {
		return schema.Float64Attribute{
			Optional: true, MarkdownDescription: description, Validators: []validator.Float64{float64validator.AtLeast(0)},
		}
	}
	return map[string]schema.Attribute{
		"family":         textFilter("Only types of this family, such as `N3`, in any case. Valid values: `family` of `kec_instance_types`. Default: all."),
		"min_vcpus":      wholeFilter("Only types with at least so many vCPUs. Default: no limit."),
		"max_vcpus":      wholeFilter("Only types with at most so many vCPUs. Default: no limit."),
		"min_memory_gib": memory("Only types with at least so much memory, in GiB. Default: no limit."),
		"max_memory_gib": memory("Only types with at most so much memory, in GiB. Default: no limit."),
	}
}

// wholeFilter describes a whole number by which the result is narrowed.
func wholeFilter(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Optional: true, MarkdownDescription: description, Validators: []validator.Int64{int64validator.AtLeast(0)}}
}

// match tells whether a type is within the limits. A type of which KEC does not say how large it is
// is within none.
func (s sizes) match(t kec.InstanceTypeConfig) bool {
	var memory *float64
	if t.MemoryGB != nil {
		gib := t.MemoryGB.InexactFloat64()
		memory = &gib
	}
	return sameFold(s.Family, t.Family) && within(s.MinVCPUs, s.MaxVCPUs, t.VCPUs) && within(s.MinMemoryGiB, s.MaxMemoryGiB, memory)
}

// within tells whether a number lies between two limits, which are nil for none.
func within[N cmp.Ordered](least, most, n *N) bool {
	if n == nil {
		return least == nil && most == nil
	}
	return (least == nil || *n >= *least) && (most == nil || *n <= *most)
}

// sameFold tells whether a text is the wanted one, in any case; nil wants any.
func sameFold(wanted *string, s string) bool { return wanted == nil || strings.EqualFold(*wanted, s) }

// ordered refuses a lower limit above the upper one.
type ordered struct{ least, most string }

func (o ordered) Description(context.Context) string { return o.least + " is not above " + o.most }

func (o ordered) MarkdownDescription(ctx context.Context) string { return o.Description(ctx) }

func (o ordered) ValidateDataSource(_ context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	least, most := limit(req.Config.Raw, o.least), limit(req.Config.Raw, o.most)
	if least == nil || most == nil || least.Cmp(most) <= 0 {
		return
	}
	resp.Diagnostics.AddAttributeError(path.Root(o.least), "The lower limit is above the upper one", fmt.Sprintf(
		"%s is %s and %s is %s: nothing is within these limits.\n\nLower %[1]s, or raise %[3]s.",
		o.least, least.Text('f', -1), o.most, most.Text('f', -1)))
}

// limit is the number of an attribute, whole or not; nil where it is not set or not known yet.
func limit(config tftypes.Value, name string) *big.Float {
	var attributes map[string]tftypes.Value
	n := new(big.Float)
	if config.As(&attributes) != nil || !attributes[name].IsKnown() || attributes[name].As(&n) != nil {
		return nil
	}
	return n
}

// someOf refuses a configuration that says in none of these attributes which types are meant.
type someOf []string

func (s someOf) Description(context.Context) string {
	return "at least one of " + strings.Join(s, ", ")
}

func (s someOf) MarkdownDescription(ctx context.Context) string { return s.Description(ctx) }

func (s someOf) ValidateDataSource(_ context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var attributes map[string]tftypes.Value
	if req.Config.Raw.As(&attributes) != nil || slices.ContainsFunc(s, func(name string) bool { return !attributes[name].IsNull() }) {
		return
	}
	last := len(s) - 1
	resp.Diagnostics.AddError("No instance types are asked for", fmt.Sprintf(
		"Every type in every zone would be looked up.\n\nSet at least one of %s and %s.", strings.Join(s[:last], ", "), s[last]))
}

// sizeRules are the rules of sizes that need more than one attribute.
func sizeRules() []datasource.ConfigValidator {
	return []datasource.ConfigValidator{ordered{"min_vcpus", "max_vcpus"}, ordered{"min_memory_gib", "max_memory_gib"}}
}
