// Package inventory is how a user selects machines of the account: the attributes that the data
// source and the list resource have in common, and what they mean.
package inventory

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	datasource "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	list "github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Filter is what a user selects machines by. A model embeds it.
type Filter struct {
	AvailabilityZone types.String `tfsdk:"availability_zone"`
	InstanceType     types.String `tfsdk:"instance_type"`
	State            types.String `tfsdk:"state"`
	Tags             types.Map    `tfsdk:"tags"`
	ProjectID        types.Int64  `tfsdk:"project_id"`
	NameRegex        types.String `tfsdk:"name_regex"`
	BeingReclaimed   types.Bool   `tfsdk:"being_reclaimed"`
}

// What the attributes are, for every schema that has them.
const (
	zone      = "Only machines of this zone, such as `cn-beijing-6a`, in any case. Valid values: `kec_availability_zones`. Default: all zones of the region."
	typ       = "Only machines of this instance type, such as `N3.2B`, in any case. Default: all types."
	state     = "Only machines in this state as KEC names it, such as `active`, `stopped` or `error`, in any case. Default: all states, those of a deletion too."
	tags      = "Only machines with all of these tags, key and value exactly as given. Default: with any tags."
	project   = "Only machines of this project; 0 is the default project. Valid values: the console's project list. Default: all projects of the account."
	name      = "Only machines a part of whose name this regular expression (RE2) matches: `^worker-`, or `(?i)worker` for any case. Default: all names."
	reclaimed = "`true`: only machines whose release KEC has announced, with ten minutes' notice; `false`: only the others. Default: all."
)

var (
	notEmpty   = []validator.String{stringvalidator.LengthAtLeast(1)}
	noNulls    = []validator.Map{mapvalidator.NoNullValues()}
	anyProject = []validator.Int64{int64validator.AtLeast(0)}
	anyPattern = []validator.String{pattern{}}
)

// DataSourceAttributes describes the attributes for a data source.
func DataSourceAttributes() map[string]datasource.Attribute {
	return map[string]datasource.Attribute{
		"availability_zone": datasource.StringAttribute{Optional: true, MarkdownDescription: zone, Validators: notEmpty},
		"instance_type":     datasource.StringAttribute{Optional: true, MarkdownDescription: typ, Validators: notEmpty},
		"state":             datasource.StringAttribute{Optional: true, MarkdownDescription: state, Validators: notEmpty},
		"tags":              datasource.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: tags, Validators: noNulls},
		"project_id":        datasource.Int64Attribute{Optional: true, MarkdownDescription: project, Validators: anyProject},
		"name_regex":        datasource.StringAttribute{Optional: true, MarkdownDescription: name, Validators: anyPattern},
		"being_reclaimed":   datasource.BoolAttribute{Optional: true, MarkdownDescription: reclaimed},
	}
}

// ListAttributes describes the attributes for a list resource.
func ListAttributes() map[string]list.Attribute {
	return map[string]list.Attribute{
		"availability_zone": list.StringAttribute{Optional: true, MarkdownDescription: zone, Validators: notEmpty},
		"instance_type":     list.StringAttribute{Optional: true, MarkdownDescription: typ, Validators: notEmpty},
		"state":             list.StringAttribute{Optional: true, MarkdownDescription: state, Validators: notEmpty},
		"tags":              list.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: tags, Validators: noNulls},
		"project_id":        list.Int64Attribute{Optional: true, MarkdownDescription: project, Validators: anyProject},
		"name_regex":        list.StringAttribute{Optional: true, MarkdownDescription: name, Validators: anyPattern},
		"being_reclaimed":   list.BoolAttribute{Optional: true, MarkdownDescription: reclaimed},
	}
}

// Machines is the filter as the client takes it. The pattern has been validated.
func (f Filter) Machines() (machines.Filter, error) {
	to := machines.Filter{
		Zone: f.AvailabilityZone.ValueString(), Type: f.InstanceType.ValueString(), State: f.State.ValueString(),
		Project: f.ProjectID.ValueInt64Pointer(), Tags: tfvalue.MapTexts(f.Tags), BeingReclaimed: f.BeingReclaimed.ValueBoolPointer(),
	}
	if f.NameRegex.IsNull() {
		return to, nil
	}
	var err error
	to.Name, err = regexp.Compile(f.NameRegex.ValueString())
	return to, err
}

// DefaultProjectOnly is what is said of a list where the account's projects could not be had.
func DefaultProjectOnly() diag.Diagnostic {
	return diag.NewWarningDiagnostic("Only machines of the default project are listed",
		"KEC does not tell the projects of the account (GetAccountAllProjectList), so machines of other projects are missing.\n\n"+
			"Give the keys the permission for GetAccountAllProjectList of iam, or set project_id to list one project.")
}

// pattern accepts a regular expression of Go's, RE2.
type pattern struct{}

func (pattern) Description(context.Context) string { return "a regular expression (RE2)" }

func (p pattern) MarkdownDescription(ctx context.Context) string { return p.Description(ctx) }

func (pattern) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := regexp.Compile(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Not a regular expression", fmt.Sprintf(
			"%v.\n\nCorrect %s; the syntax is that of RE2, which has no look-ahead and no back-references.", err, req.Path))
	}
}
