package catalog

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

type availabilityZones struct {
	Names []string `tfsdk:"names"`
}

// AvailabilityZones returns the data source kec_availability_zones.
func AvailabilityZones() datasource.DataSource {
	return source[availabilityZones]{
		name: "availability_zones",
		what: "the availability zones",
		schema: schema.Schema{
			MarkdownDescription: "The availability zones of the provider's region.",
			Attributes: map[string]schema.Attribute{
				"names": schema.ListAttribute{
					Computed: true, ElementType: types.StringType,
					MarkdownDescription: "Names of the zones, such as `cn-beijing-6a`, in alphabetical order.",
				},
			},
		},
		read: func(ctx context.Context, s *session.Session, m *availabilityZones) error {
			zones, err := s.API.DescribeAvailabilityZones(ctx)
			if err != nil {
				return err
			}
			m.Names = []string{}
			for _, zone := range zones {
				if zone.Region == s.Region || zone.Region == "" {
					m.Names = append(m.Names, zone.Name)
				}
			}
			slices.Sort(m.Names)
			m.Names = slices.Compact(m.Names)
			return nil
		},
	}.new()
}
