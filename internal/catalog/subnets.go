package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

type subnets struct {
	VPCID            *string  `tfsdk:"vpc_id"`
	AvailabilityZone *string  `tfsdk:"availability_zone"`
	NameRegex        *string  `tfsdk:"name_regex"`
	Subnets          []subnet `tfsdk:"subnets"`
}

type subnet struct {
	ID                   string `tfsdk:"id"`
	Name                 string `tfsdk:"name"`
	VPCID                string `tfsdk:"vpc_id"`
	AvailabilityZone     string `tfsdk:"availability_zone"`
	CIDRBlock            string `tfsdk:"cidr_block"`
	AvailableIPAddresses *int64 `tfsdk:"available_ip_addresses"`
}

// Subnets returns the data source kec_subnets.
func Subnets() datasource.DataSource {
	return source[subnets]{
		name: "subnets",
		what: "the subnets",
		schema: schema.Schema{
			MarkdownDescription: "The subnets of the provider's region that take machines: those of the type Normal. A machine is launched in its subnet's zone.",
			Attributes: map[string]schema.Attribute{
				"vpc_id":            textFilter("Only subnets of this VPC, a UUID. Default: any."),
				"availability_zone": textFilter("Only subnets in this zone, such as `cn-beijing-6a`. Valid values: `kec_availability_zones`. Default: any."),
				"name_regex":        textFilter("Only subnets whose name matches this expression of RE2, such as `^app-`. Default: any name.", pattern{}),
				"subnets": objects("The subnets, by name, then by id.", map[string]schema.Attribute{
					"id": text("Id, for `subnet_id` of `kec_spot_instance`."), "name": text("Name."), "vpc_id": text("VPC, a UUID."),
					"availability_zone": text("Zone of every machine in it."), "cidr_block": text("Address block, such as `10.7.0.0/24`."),
					"available_ip_addresses": whole("How many addresses are free; null if KEC does not say."),
				}),
			},
		},
		read: func(ctx context.Context, s *session.Session, m *subnets) error {
			all, err := s.Market.Subnets(ctx)
			if err != nil {
				return err
			}
			normal, named := kec.SubnetNormal, matcher(m.NameRegex)
			m.Subnets = []subnet{}
			for _, n := range all {
				// A subnet of which KEC does not say the type may take machines (fact 297: assumed).
				if (n.Type == "" || sameFold(&normal, n.Type)) && sameFold(m.VPCID, n.VPCID) && sameFold(m.AvailabilityZone, n.Zone) && named(n.Name) {
					m.Subnets = append(m.Subnets, subnet{n.ID, n.Name, n.VPCID, n.Zone, n.CIDR, n.FreeIPs})
				}
			}
			slices.SortFunc(m.Subnets, func(a, b subnet) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
			return nil
		},
	}.new()
}
