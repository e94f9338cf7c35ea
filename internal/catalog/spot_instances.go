package catalog

import (
	"cmp"
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/inventory"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

type spotInstances struct {
	inventory.Filter
	Instances types.List `tfsdk:"instances"`

	partly bool // some projects could not be listed
}

// spotInstance is a machine with the names and values of kec_spot_instance.
type spotInstance struct {
	wizard.Bid
	wizard.Image
	wizard.Place
	wizard.Naming
	wizard.Reported
	SecurityGroupIDs    types.Set    `tfsdk:"security_group_ids"`
	KeyIDs              types.Set    `tfsdk:"key_ids"`
	SystemDisk          types.Object `tfsdk:"system_disk"`
	DataDisks           types.List   `tfsdk:"data_disks"`
	Tags                types.Map    `tfsdk:"tags"`
	LaunchedByTerraform types.Bool   `tfsdk:"launched_by_terraform"`
	FleetID             types.String `tfsdk:"fleet_id"`
}

type spotSystemDisk struct {
	ID types.String `tfsdk:"id"`
	wizard.SystemDisk
}

type spotDataDisk struct {
	ID                 types.String `tfsdk:"id"`
	Type               types.String `tfsdk:"type"`
	SizeGiB            types.Int64  `tfsdk:"size_gib"`
	DeleteWithInstance types.Bool   `tfsdk:"delete_with_instance"`
}

var (
	spotInstanceObjects = tfvalue.NewNested[spotInstance](spotInstancesAttribute.GetType())
	spotSystemDisks     = tfvalue.NewNested[spotSystemDisk](spotInstancesAttribute.NestedObject.Attributes["system_disk"].GetType())
	spotDataDisks       = tfvalue.NewNested[spotDataDisk](spotInstancesAttribute.NestedObject.Attributes["data_disks"].GetType())
)

// SpotInstances returns the data source kec_spot_instances.
func SpotInstances() datasource.DataSource {
	return source[spotInstances]{
		name: "spot_instances", what: "the Spot Instances", schema: spotInstancesSchema(),
		read: func(ctx context.Context, s *session.Session, m *spotInstances) error {
			filter, err := m.Machines()
			if err != nil {
				return err
			}
			filter.WithTags = true
			all, everywhere := s.Machines.List(ctx, filter, kec.MaxPage)
			var found []spotInstance
			for one, err := range all {
				if err != nil {
					return err
				}
				found = append(found, described(one))
			}
			slices.SortFunc(found, func(a, b spotInstance) int {
				return cmp.Or(cmp.Compare(a.CreatedAt.ValueString(), b.CreatedAt.ValueString()), cmp.Compare(a.ID.ValueString(), b.ID.ValueString()))
			})
			m.Instances, m.partly = spotInstanceObjects.List(found), !everywhere
			return nil
		},
		warn: func(m *spotInstances) (diags diag.Diagnostics) {
			if m.partly {
				diags.Append(inventory.DefaultProjectOnly())
			}
			return diags
		},
	}.new()
}

// described is a machine as an import of it would read it.
func described(m machines.Listed) spotInstance {
	var steps wizard.Steps
	steps.Refresh(wizard.NewImport(m.Instance))
	steps.TagMaps.Refresh(m.Tags, nil)
	in := spotInstance{
		Bid: steps.Bid, Image: steps.Image, Place: steps.Place, Naming: steps.Naming,
		SecurityGroupIDs: steps.SecurityGroupIDs, KeyIDs: steps.KeyIDs, Tags: steps.TagsAll,
		SystemDisk:          spotSystemDisks.Object(spotSystemDisk{tfvalue.Text(m.SystemDisk.ID), steps.System()}),
		LaunchedByTerraform: types.BoolValue(m.Launched()), FleetID: tfvalue.Text(m.FleetID()),
	}
	in.Reported.Refresh(m.Instance)
	var disks []spotDataDisk
	for _, d := range steps.Disks() {
		disks = append(disks, spotDataDisk{d.ID, d.Type, d.SizeGiB, d.DeleteWithInstance})
	}
	in.DataDisks = spotDataDisks.List(disks)
	return in
}
