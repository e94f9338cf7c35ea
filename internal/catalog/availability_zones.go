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
			names, err := zoneNames(ctx, s)
			m.Names = names
			return err
		},
	}.new()
}

// zoneNames are the zones of the session's region, in alphabetical order. KEC states no order, and
// nothing says that it leaves out those of other regions.
func zoneNames(ctx context.Context, s *session.Session) ([]string, error) {
	zones, err := s.Market.Zones(ctx)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, zone := range zones {
		if zone.Region == s.Region || zone.Region == "" {
			names = append(names, zone.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
