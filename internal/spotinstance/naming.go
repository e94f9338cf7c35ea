package spotinstance

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
)

func organisationAttributes() map[string]schema.Attribute {
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
		"tags": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Tags of the instance; at the launch its data disks get them too. Keys up to 128 characters, not starting with `ksc`; values up to 255. " +
				"Each instance also carries the tag `kec-launch-mark`, by which its launch is found again when an answer is lost; it is not shown here. Default: none. Changed in place.",
			Validators: TagValidators(),
		},
	}
}
