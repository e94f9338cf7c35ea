package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

type images struct {
	NameRegex *string  `tfsdk:"name_regex"`
	Platform  *string  `tfsdk:"platform"`
	Type      *string  `tfsdk:"type"`
	State     *string  `tfsdk:"state"`
	Images    []image  `tfsdk:"images"`
	IDs       []string `tfsdk:"ids"`
}

type image struct {
	ID        string       `tfsdk:"id"`
	Name      string       `tfsdk:"name"`
	Platform  string       `tfsdk:"platform"`
	Type      string       `tfsdk:"type"`
	SizeGiB   types.Int64  `tfsdk:"size_gib"`
	CreatedAt types.String `tfsdk:"created_at"`
}

// Images returns the data source kec_images.
func Images() datasource.DataSource {
	return source[images]{
		name: "images",
		what: "the images",
		schema: schema.Schema{
			MarkdownDescription: "The images that the account sees in the provider's region, the newest first.",
			Attributes: map[string]schema.Attribute{
				"name_regex": textFilter("Only images whose name matches this expression of RE2, such as `^ubuntu-`. Default: any name.", pattern{}),
				"platform":   textFilter("Only images of this platform, such as `ubuntu-24.04`, in any case. Default: any."),
				"type":       textFilter("Only images of this type, such as `system`, in any case. Valid values: as KEC shows them. Default: any."),
				"state": schema.StringAttribute{Optional: true, Computed: true,
					MarkdownDescription: "Only images in this state, such as `error`, in any case. Default: `active`, the state in which an image boots."},
				"images": objects("The images, newest first, then by name; those whose age KEC does not say come last.", map[string]schema.Attribute{
					"id": text("Id, for `image_id` of `kec_spot_instance`."), "name": text("Name."), "platform": text("Platform, such as `ubuntu-24.04`."),
					"type":       text("Type, such as `system`."),
					"size_gib":   whole("Size of the system disk that it fills, in GiB; null if KEC does not say."),
					"created_at": text("Time of creation, RFC 3339 in UTC; null if KEC does not say."),
				}),
				"ids": texts("The ids of `images`, in the same order."),
			},
		},
		read: func(ctx context.Context, s *session.Session, m *images) error {
			if m.State == nil {
				active := kec.ImageActive
				m.State = &active
			}
			all, err := s.Market.Images(ctx)
			if err != nil {
				return err
			}
			all = slices.Clone(all)
			slices.SortStableFunc(all, func(a, b kec.Image) int {
				return cmp.Or(newestFirst(a.Created, b.Created), strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
			})
			named := matcher(m.NameRegex)
			m.Images, m.IDs = []image{}, []string{}
			for _, im := range all {
				if named(im.Name) && sameFold(m.Platform, im.Platform) && sameFold(m.Type, im.Type) && sameFold(m.State, im.State) {
					m.Images = append(m.Images, image{im.ID, im.Name, im.Platform, im.Type, sizeOf(im), tfvalue.Instant(im.Created)})
					m.IDs = append(m.IDs, im.ID)
				}
			}
			return nil
		},
	}.new()
}

// newestFirst orders two times, of which nil comes last.
func newestFirst(a, b *time.Time) int {
	switch {
	case a != nil && b != nil:
		return b.Compare(*a)
	case a != nil:
		return -1
	case b != nil:
		return 1
	}
	return 0
}

func sizeOf(im kec.Image) types.Int64 {
	if im.SizeGB == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(im.SizeGB)
}
