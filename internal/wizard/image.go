package wizard

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
	t.Root("image_id", "ImageId", i.ImageID).Alike(func(a, b attr.Value) bool {
		now, ok := a.(types.String)
		was, ok2 := b.(types.String)
		return ok && ok2 && sameImage(now, was)
	})
}

// Refresh reads the step back from a look at the machine.
func (i *Image) Refresh(l *Look) {
	i.ImageID = tfvalue.Known(settle(l, "image_id", l.ImageID != "", tfvalue.Text(l.ImageID), i.ImageID, sameImage))
}

// sameImage tells whether two ids are those of one image, with or without the prefix IMG- (fact
// 217: IMG- is optional).
func sameImage(now, was types.String) bool {
	bare := func(s types.String) string {
		id := s.ValueString()
		if len(id) > 4 && strings.EqualFold(id[:4], "IMG-") {
			id = id[4:]
		}
		return strings.ToLower(id)
	}
	return bare(now) != "" && bare(now) == bare(was)
}
