package wizard

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Image is what the machine boots.
type Image struct {
	ImageID types.String `tfsdk:"image_id"`
}

// Attributes describes the step.
func (Image) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"image_id": schema.StringAttribute{
			Required:            true,
			MarkdownDescription: "Image to boot: a UUID, or `IMG-` and a UUID. Valid values: the console's image list of the region; the image must be active. A change replaces the instance.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
	}
}

// Lines adds the settings of the step to the table of parameters.
func (i Image) Lines(t *param.Table) {
	t.Root("image_id", "ImageId", i.ImageID)
}

// Refresh reads the step back from what KEC reports.
func (i *Image) Refresh(in *kec.Instance) {
	i.ImageID = sameImage(tfvalue.Keep(tfvalue.Text(in.ImageID), i.ImageID), i.ImageID)
}

// sameImage keeps the user's spelling where KEC reports the same image with or without the prefix
// IMG- (fact 217: IMG- is optional).
func sameImage(now, was types.String) types.String {
	bare := func(s types.String) string {
		id := s.ValueString()
		if len(id) > 4 && strings.EqualFold(id[:4], "IMG-") {
			id = id[4:]
		}
		return strings.ToLower(id)
	}
	if !was.IsNull() && !was.IsUnknown() && bare(now) == bare(was) {
		return was
	}
	return now
}
