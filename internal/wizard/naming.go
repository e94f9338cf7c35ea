package wizard

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// Naming is what the machine is called, and the project in which it is filed.
type Naming struct {
	InstanceName types.String `tfsdk:"instance_name"`
	HostName     types.String `tfsdk:"host_name"`
	ProjectID    types.Int64  `tfsdk:"project_id"`
}

// Attributes describes the step.
func (Naming) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"instance_name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Name, 2 to 64 characters, Chinese or Latin. Default: `KSC-IN-` and ten characters, chosen by KEC; taking it out keeps the present one. Changed in place.",
			Validators:          []validator.String{stringvalidator.UTF8LengthBetween(2, 64)},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"host_name": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Host name inside the machine, 2 to 64 letters, digits and hyphens. For images with cloud-init. Default: chosen by KEC; taking it out keeps the present one. Changed in place, with a restart.",
			Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Za-z0-9-]{2,64}$`),
				"must have 2 to 64 characters, only letters, digits and hyphens")},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"project_id": schema.Int64Attribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Project that the instance belongs to. Valid values: the console's project list. Default: 0, the default project; taking it out keeps the present one. Changed in place.",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
			PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
		},
	}
}

// The calls that change names and project.
const (
	ChangeName     param.Change = "name"
	ChangeHostName param.Change = "host name"
	ChangeProject  param.Change = "project"
)

// Lines adds the settings of the step to the table of parameters.
func (n Naming) Lines(t *param.Table) {
	t.Root("instance_name", "InstanceName", n.InstanceName).InPlace(ChangeName)
	t.Root("host_name", "HostName", n.HostName).InPlace(ChangeHostName)
	t.Root("project_id", "ProjectId", n.ProjectID).InPlace(ChangeProject)
}

// Refresh reads the step back from a look at the machine.
func (n *Naming) Refresh(l *Look) {
	n.InstanceName = l.text("instance_name", l.Name, n.InstanceName)
	n.HostName = l.text("host_name", l.HostName, n.HostName)
	n.ProjectID = settle(l, "project_id", l.ProjectID != nil, types.Int64PointerValue(l.ProjectID), n.ProjectID, nil)
	if n.ProjectID.IsUnknown() || n.ProjectID.IsNull() {
		n.ProjectID = types.Int64Value(0)
	}
}
