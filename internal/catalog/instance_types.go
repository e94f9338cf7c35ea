package catalog

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

type instanceTypes struct {
	sizes

	MinGPUs          *int64         `tfsdk:"min_gpus"`
	MaxGPUs          *int64         `tfsdk:"max_gpus"`
	AvailabilityZone *string        `tfsdk:"availability_zone"`
	DataDiskType     *string        `tfsdk:"data_disk_type"`
	InstanceTypes    []instanceType `tfsdk:"instance_types"`
}

type instanceType struct {
	Name              string         `tfsdk:"name"`
	Family            string         `tfsdk:"family"`
	VCPUs             *int64         `tfsdk:"vcpus"`
	MemoryGiB         types.Float64  `tfsdk:"memory_gib"`
	GPUs              *int64         `tfsdk:"gpus"`
	AvailabilityZones []string       `tfsdk:"availability_zones"`
	SystemDiskTypes   []string       `tfsdk:"system_disk_types"`
	DataDisks         []dataDiskType `tfsdk:"data_disks"`
}

type dataDiskType struct {
	Type         string   `tfsdk:"type"`
	MinSizeGiB   *int64   `tfsdk:"min_size_gib"`
	MaxSizeGiB   *int64   `tfsdk:"max_size_gib"`
	MaxCount     *int64   `tfsdk:"max_count"`
	SoldOutZones []string `tfsdk:"sold_out_zones"`
}

// InstanceTypes returns the data source kec_instance_types.
func InstanceTypes() datasource.DataSource {
	attributes := sizeFilters()
	maps.Copy(attributes, map[string]schema.Attribute{
		"min_gpus":          wholeFilter("Only types with at least so many GPUs. Default: no limit."),
		"max_gpus":          wholeFilter("Only types with at most so many GPUs; 0 for types without. Default: no limit."),
		"availability_zone": textFilter("Only types that are sold in this zone, such as `cn-beijing-6a`. Valid values: `kec_availability_zones`. Default: any."),
		"data_disk_type": textFilter("Only types that can have data disks of this type, such as `SSD3.0`, and with `availability_zone` have them in stock there. " +
			"Valid values: `data_disks[*].type`. Default: any."),
		"instance_types": objects("The types, by vCPUs, then memory, then name.", map[string]schema.Attribute{
			"name": text("Name, such as `N3.2B`."), "family": text("Family, such as `N3`."),
			"vcpus":              whole("Number of vCPUs; null if KEC does not say."),
			"memory_gib":         schema.Float64Attribute{Computed: true, MarkdownDescription: "Memory in GiB; null if KEC does not say."},
			"gpus":               whole("Number of GPUs; null if KEC does not say."),
			"availability_zones": texts("Zones that sell it, in alphabetical order; empty if KEC does not say."),
			"system_disk_types":  texts("Types of system disk that it can have, in KEC's order."),
			"data_disks": objects("Types of data disk that it can have, in KEC's order.", map[string]schema.Attribute{
				"type": text("Type, such as `SSD3.0`."), "min_size_gib": whole("Smallest size in GiB; null if KEC does not say."),
				"max_size_gib": whole("Largest size in GiB; null if KEC does not say."), "max_count": whole("How many of them a machine can have; null if KEC does not say."),
				"sold_out_zones": texts("Zones in which disks of this type are sold out now, in alphabetical order."),
			}),
		}),
	})
	return source[instanceTypes]{
		name: "instance_types",
		what: "the instance types",
		schema: schema.Schema{
			MarkdownDescription: "The instance types of the provider's region: how large they are, where they are sold, and which disks they can have. Whether a type is " +
				"offered as Spot Instance is not said here: `kec_spot_offers` knows.",
			Attributes: attributes,
		},
		rules: append(sizeRules(), ordered{"min_gpus", "max_gpus"}),
		read: func(ctx context.Context, s *session.Session, m *instanceTypes) error {
			all, err := s.Market.Types(ctx)
			if err != nil {
				return err
			}
			m.InstanceTypes = []instanceType{}
			for _, t := range all {
				if m.match(t) && within(m.MinGPUs, m.MaxGPUs, t.GPUs) && m.sold(t) {
					m.InstanceTypes = append(m.InstanceTypes, describe(t))
				}
			}
			slices.SortFunc(m.InstanceTypes, func(a, b instanceType) int {
				return cmp.Or(cmp.Compare(or0(a.VCPUs), or0(b.VCPUs)), cmp.Compare(a.MemoryGiB.ValueFloat64(), b.MemoryGiB.ValueFloat64()), cmp.Compare(a.Name, b.Name))
			})
			return nil
		},
	}.new()
}

// sold tells whether a type is sold in the wanted zone, with the wanted disks. A type of which KEC
// does not say where it is sold may be sold there.
func (m *instanceTypes) sold(t kec.InstanceTypeConfig) bool {
	if m.AvailabilityZone != nil && len(t.Zones) > 0 && !containsFold(t.Zones, *m.AvailabilityZone) {
		return false
	}
	return m.DataDiskType == nil || slices.ContainsFunc(t.DataDisks, func(d kec.DataDiskQuota) bool {
		return sameFold(m.DataDiskType, d.Type) && (m.AvailabilityZone == nil || !containsFold(t.SoldOut[d.Type], *m.AvailabilityZone))
	})
}

func describe(t kec.InstanceTypeConfig) instanceType {
	described := instanceType{
		Name: t.Name, Family: t.Family, VCPUs: t.VCPUs, MemoryGiB: memoryOf(t), GPUs: t.GPUs,
		AvailabilityZones: sorted(t.Zones), SystemDiskTypes: append([]string{}, t.SystemDiskTypes...), DataDisks: []dataDiskType{},
	}
	for _, d := range t.DataDisks {
		described.DataDisks = append(described.DataDisks, dataDiskType{d.Type, d.MinSizeGB, d.MaxSizeGB, d.Max, sorted(t.SoldOut[d.Type])})
	}
	return described
}

// sorted is the list in alphabetical order; empty, not nil, without any.
func sorted(all []string) []string {
	all = append([]string{}, all...)
	slices.Sort(all)
	return all
}

func or0(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
