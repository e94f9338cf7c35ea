package wizard

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Storage is the disks of the machine.
type Storage struct {
	SystemDisk       types.Object `tfsdk:"system_disk"`
	DataDisks        types.List   `tfsdk:"data_disks"`
	LocalDataDiskGiB types.Int64  `tfsdk:"local_data_disk_gib"`
}

// Attributes describes the step.
func (Storage) Attributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"system_disk": schema.SingleNestedAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "System disk. Default: the type and size that KEC gives to the instance type and image. A change replaces the instance.",
			PlanModifiers:       []planmodifier.Object{objectplanmodifier.UseStateForUnknown()},
			Attributes: map[string]schema.Attribute{
				"type": schema.StringAttribute{
					Optional: true, Computed: true,
					MarkdownDescription: "Disk type: `Local_SSD`, `SSD3.0`, `EHDD`, `ESSD_PL0`, `ESSD_PL1`, `ESSD_PL2`, `ESSD_Entry`, `ESSD_AutoPL` or one of " +
						"the `ESSD_SYSTEM_` types. Which of them an instance type takes: the console's wizard. Default: the first type that KEC offers for the instance type.",
					Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
					PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				},
				"size_gib": schema.Int64Attribute{
					Optional: true, Computed: true,
					MarkdownDescription: "Size in GiB, 20 to 500. Default: the image's size.",
					Validators:          []validator.Int64{int64validator.Between(20, 500)},
					PlanModifiers:       []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
				},
			},
		},
		// What every disk needs is optional in the schema and required by Validate: the framework
		// takes an element that is unknown as a whole for one without its required attributes. It
		// can be required here when the framework tells the two apart.
		"data_disks": schema.ListNestedAttribute{
			Optional:            true,
			MarkdownDescription: "Cloud disks created and attached with the instance, at most 8. Their order is kept; after an import it is KEC's. Default: none. A change replaces the instance.",
			Validators:          []validator.List{listvalidator.SizeAtMost(8)},
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"type": schema.StringAttribute{
					Optional: true,
					MarkdownDescription: "Required. Disk type: `SSD3.0`, `EHDD`, `ESSD_PL0`, `ESSD_PL1`, `ESSD_PL2`, `ESSD_PL3`, `ESSD_Entry`, `ESSD_AutoPL` or " +
						"`Local_SSD`. Which of them a zone offers: the console's wizard.",
					Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				},
				"size_gib": schema.Int64Attribute{
					Optional:            true,
					MarkdownDescription: "Required. Size in GiB. KEC takes 10 to 16000 for most types; ESSD types start higher.",
					Validators:          []validator.Int64{int64validator.AtLeast(1)},
				},
				"snapshot_id": schema.StringAttribute{
					Optional:            true,
					MarkdownDescription: "Snapshot to fill the disk from. Valid values: the console's snapshot list. Default: an empty disk. KEC does not report it, so it is not imported.",
					Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				},
				"delete_with_instance": schema.BoolAttribute{
					Optional: true,
					MarkdownDescription: "Required. What happens to the disk when the instance goes, be it by destroy or because KEC reclaims it. `true`: it is deleted " +
						"with its data. `false`: the data survives, but the disk goes on being charged, outside the state, until somebody deletes it. Neither is a safe " +
						"default, so there is none.",
				},
				"id": schema.StringAttribute{
					Computed:            true,
					MarkdownDescription: "Disk id, a UUID.",
					PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				},
			}},
		},
		"local_data_disk_gib": schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: "Size of the local data disk in GiB, 1 to 16000. It lives and dies with the machine. KEC ignores it on types N1, N2, N3 and I4. " +
				"Default: none. A change replaces the instance.",
			Validators: []validator.Int64{int64validator.Between(1, 16000)},
		},
	}
}

// SystemDisk is the value of system_disk.
type SystemDisk struct {
	Type    types.String `tfsdk:"type"`
	SizeGiB types.Int64  `tfsdk:"size_gib"`
}

// DataDisk is an element of data_disks.
type DataDisk struct {
	Type               types.String `tfsdk:"type"`
	SizeGiB            types.Int64  `tfsdk:"size_gib"`
	SnapshotID         types.String `tfsdk:"snapshot_id"`
	DeleteWithInstance types.Bool   `tfsdk:"delete_with_instance"`
	ID                 types.String `tfsdk:"id"`
}

var (
	systemDisks = tfvalue.NewNested[SystemDisk](Storage{}.Attributes()["system_disk"].GetType())
	dataDisks   = tfvalue.NewNested[DataDisk](Storage{}.Attributes()["data_disks"].GetType())
)

// System is the system disk; without values where nothing is known of it.
func (s Storage) System() SystemDisk { return systemDisks.Struct(s.SystemDisk) }

// Disks lists the data disks.
func (s Storage) Disks() []DataDisk { return dataDisks.Structs(s.DataDisks) }

// Kept lists the ids of the disks that outlive the machine.
func (s Storage) Kept() []string {
	var ids []string
	for _, d := range s.Disks() {
		if !d.DeleteWithInstance.ValueBool() && d.ID.ValueString() != "" {
			ids = append(ids, d.ID.ValueString())
		}
	}
	return ids
}

// Lines adds the settings of the step to the table of parameters.
func (s Storage) Lines(t *param.Table) {
	at, system := path.Root("system_disk"), s.System()
	anyCase(t.At(at.AtName("type"), "SystemDisk.DiskType", system.Type))
	t.At(at.AtName("size_gib"), "SystemDisk.DiskSize", system.SizeGiB).Vague()
	if s.DataDisks.IsUnknown() {
		t.Version("data_disks", s.DataDisks)
	}
	for i, d := range s.Disks() {
		at, name := path.Root("data_disks").AtListIndex(i), fmt.Sprintf("DataDisk.%d.", i+1) // KEC counts from 1
		anyCase(t.At(at.AtName("type"), name+"Type", d.Type))
		t.At(at.AtName("size_gib"), name+"Size", d.SizeGiB)
		anyCase(t.At(at.AtName("snapshot_id"), name+"SnapshotId", d.SnapshotID)).Unreported()
		t.At(at.AtName("delete_with_instance"), name+"DeleteWithInstance", d.DeleteWithInstance).Vague()
	}
	t.Root("local_data_disk_gib", "DataDiskGb", s.LocalDataDiskGiB)
}

// Refresh reads the step back from a look at the machine.
func (s *Storage) Refresh(l *Look) {
	system := s.System()
	system.Type = l.id("system_disk.type", l.SystemDisk.Type, system.Type)
	system.SizeGiB = l.size("system_disk.size_gib", l.SystemDisk.SizeGB, system.SizeGiB)
	s.SystemDisk = systemDisks.Object(system)
	s.DataDisks = refreshDataDisks(l, s.DataDisks)
	// KEC reports 0 for none, which is also what it reports where it ignores the size.
	if gib := l.LocalDataDiskGB; l.imported && gib != nil && *gib > 0 {
		s.LocalDataDiskGiB = types.Int64Value(*gib)
	} else if !l.imported && !s.LocalDataDiskGiB.IsNull() {
		value := types.Int64Null()
		if gib != nil {
			value = types.Int64Value(*gib)
		}
		s.LocalDataDiskGiB = settle(l, "local_data_disk_gib", gib != nil, value, s.LocalDataDiskGiB, nil)
	}
}

// Validate holds the rules that the schema cannot express, see [complete].
func (s Storage) Validate() diag.Diagnostics {
	return complete(s.DataDisks, "data_disks", "type", "size_gib", "delete_with_instance")
}

// refreshDataDisks reads the disks back in the user's order: by id where the id is known, else by
// type, size and what becomes of them (fact 218: a new disk is told by type and size). A disk that
// was there and is gone is left out; one that KEC has never shown stays. A disk that was attached
// by other means is left out, except on import, which cannot tell.
func refreshDataDisks(l *Look, was types.List) types.List {
	now, old := l.DataDisks, dataDisks.Structs(was)
	if l.imported {
		old = make([]DataDisk, len(now))
		for i, d := range now {
			old[i].ID = tfvalue.Text(d.ID)
		}
	}
	if len(old) == 0 {
		if was.IsNull() || was.IsUnknown() {
			return dataDisks.NullList()
		}
		return was // null and [] mean the same; keep what the user wrote
	}
	present, kept := make([]DataDisk, 0, len(old)), make([]int, 0, len(old))
	for i, at := range pairDisks(old, now) {
		d := old[i]
		switch {
		case at >= 0:
			d.refresh(l, element("data_disks", i), now[at])
		case now != nil && d.ID.ValueString() != "":
			continue
		default: // KEC has never shown it, or leaves out all
			d.ID, d.SnapshotID = tfvalue.Known(d.ID), tfvalue.Known(d.SnapshotID)
		}
		present, kept = append(present, d), append(kept, i)
	}
	l.renumber("data_disks", kept)
	return dataDisks.List(present)
}

// pairDisks finds each disk among those that KEC reports, see [pair]. Of as many disks as there
// should be, none is missing, however KEC describes it.
func pairDisks(old []DataDisk, now []kec.Disk) []int {
	fresh := func(w DataDisk) bool { return w.ID.ValueString() == "" }
	size := func(w DataDisk, r kec.Disk) bool { return fresh(w) && r.SizeGB == w.SizeGiB.ValueInt64() }
	alike := func(w DataDisk, r kec.Disk) bool {
		return size(w, r) && strings.EqualFold(r.Type, w.Type.ValueString())
	}
	all := func(w DataDisk, _ kec.Disk) bool { return fresh(w) && len(old) == len(now) }
	return pair(old, now,
		func(w DataDisk, r kec.Disk) bool { return r.ID != "" && strings.EqualFold(r.ID, w.ID.ValueString()) },
		func(w DataDisk, r kec.Disk) bool {
			return alike(w, r) && r.DeleteWithInstance != nil && *r.DeleteWithInstance == w.DeleteWithInstance.ValueBool()
		},
		alike,
		func(w DataDisk, r kec.Disk) bool { return all(w, r) && size(w, r) },
		func(w DataDisk, r kec.Disk) bool {
			return all(w, r) && strings.EqualFold(r.Type, w.Type.ValueString())
		},
		all,
	)
}

func (d *DataDisk) refresh(l *Look, at string, now kec.Disk) {
	d.ID = l.id(at+".id", now.ID, d.ID)
	d.Type = l.id(at+".type", now.Type, d.Type)
	d.SizeGiB = l.size(at+".size_gib", now.SizeGB, d.SizeGiB)
	d.SnapshotID = tfvalue.Known(d.SnapshotID)
	if now.DeleteWithInstance != nil || !l.imported {
		d.DeleteWithInstance = l.flag(at+".delete_with_instance", now.DeleteWithInstance, d.DeleteWithInstance)
	}
}

// InOrderOf is the disks of an imported machine in the order in which the configuration lists such
// disks, by type, size and what becomes of them. An import has KEC's order, which says nothing.
func (s Storage) InOrderOf(wanted types.List) types.List {
	old, want := s.Disks(), dataDisks.Structs(wanted)
	if len(old) != len(want) {
		return s.DataDisks
	}
	kind := func(w, r DataDisk) bool {
		return r.SizeGiB.Equal(w.SizeGiB) && sameFold(r.Type, w.Type)
	}
	ordered := make([]DataDisk, len(old))
	for i, at := range pair(want, old,
		func(w, r DataDisk) bool { return kind(w, r) && r.DeleteWithInstance.Equal(w.DeleteWithInstance) }, kind,
		func(DataDisk, DataDisk) bool { return true },
	) {
		ordered[i] = old[at]
	}
	return dataDisks.List(ordered)
}

// WithIDsOf is the disks of a plan with the ids of the disks that they are.
func (s Storage) WithIDsOf(disks types.List) types.List {
	want, have := s.Disks(), dataDisks.Structs(disks)
	if len(want) == 0 || len(want) != len(have) {
		return s.DataDisks
	}
	for i := range want {
		want[i].ID = have[i].ID
	}
	return dataDisks.List(want)
}
