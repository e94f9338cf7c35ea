package spotinstance

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func storageAttributes() map[string]schema.Attribute {
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
		// What every disk needs is optional in the schema and required by ValidateConfig: the framework takes an element that is
		// unknown as a whole for one without its required attributes.
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

type systemDisk struct {
	Type    types.String `tfsdk:"type"`
	SizeGiB types.Int64  `tfsdk:"size_gib"`
}

type dataDisk struct {
	Type               types.String `tfsdk:"type"`
	SizeGiB            types.Int64  `tfsdk:"size_gib"`
	SnapshotID         types.String `tfsdk:"snapshot_id"`
	DeleteWithInstance types.Bool   `tfsdk:"delete_with_instance"`
	ID                 types.String `tfsdk:"id"`
}

var (
	systemDiskType = map[string]attr.Type{"type": types.StringType, "size_gib": types.Int64Type}
	dataDiskType   = types.ObjectType{AttrTypes: map[string]attr.Type{
		"type": types.StringType, "size_gib": types.Int64Type, "snapshot_id": types.StringType,
		"delete_with_instance": types.BoolType, "id": types.StringType,
	}}
)

func systemDiskOf(o types.Object) systemDisk { return tfvalue.Struct[systemDisk](o) }

func (d systemDisk) object() types.Object {
	return types.ObjectValueMust(systemDiskType, map[string]attr.Value{"type": d.Type, "size_gib": d.SizeGiB})
}

// refreshSystemDisk keeps what KEC does not report.
func refreshSystemDisk(now kec.Disk, was types.Object) types.Object {
	d := systemDiskOf(was)
	d.Type = tfvalue.Keep(tfvalue.Text(now.Type), d.Type)
	d.SizeGiB = tfvalue.KeepSize(now.SizeGB, d.SizeGiB)
	return d.object()
}

func dataDisksOf(l types.List) []dataDisk { return tfvalue.Structs[dataDisk](l) }

func dataDiskList(disks []dataDisk) types.List {
	elements := make([]attr.Value, 0, len(disks))
	for _, d := range disks {
		elements = append(elements, types.ObjectValueMust(dataDiskType.AttrTypes, map[string]attr.Value{
			"type": d.Type, "size_gib": d.SizeGiB, "snapshot_id": d.SnapshotID,
			"delete_with_instance": d.DeleteWithInstance, "id": d.ID,
		}))
	}
	return types.ListValueMust(dataDiskType, elements)
}

// pair finds for each wanted element the reported one that fits it best: the
// rules are tried in order, the strictest first, for all elements before the
// next, and each reported one is given away once. The answer holds the index of
// the reported one, or -1.
func pair[W, R any](wanted []W, reported []R, rules ...func(W, R) bool) []int {
	found, taken := make([]int, len(wanted)), make([]bool, len(reported))
	for i := range found {
		found[i] = -1
	}
	for _, fits := range rules {
		for i, w := range wanted {
			for j, r := range reported {
				if found[i] < 0 && !taken[j] && fits(w, r) {
					found[i], taken[j] = j, true
				}
			}
		}
	}
	return found
}

// refreshDataDisks reads the disks back in the user's order: by id where it is
// known, else by what they are (fact 218). A disk that is gone is left out. A disk
// attached by other means is none of this resource's, except on import, which
// cannot tell.
func refreshDataDisks(now []kec.Disk, was types.List, imported bool) types.List {
	old := dataDisksOf(was)
	if imported {
		old = make([]dataDisk, len(now))
		for i, d := range now {
			old[i].ID = tfvalue.Text(d.ID)
		}
	}
	if len(old) == 0 {
		if was.IsNull() || was.IsUnknown() {
			return types.ListNull(dataDiskType)
		}
		return was // null and [] mean the same; keep what the user wrote
	}
	alike := func(w dataDisk, r kec.Disk) bool {
		return w.ID.ValueString() == "" && r.Type == w.Type.ValueString() && r.SizeGB == w.SizeGiB.ValueInt64()
	}
	present := make([]dataDisk, 0, len(old))
	for i, at := range pair(old, now,
		func(w dataDisk, r kec.Disk) bool { return r.ID != "" && r.ID == w.ID.ValueString() },
		func(w dataDisk, r kec.Disk) bool {
			return alike(w, r) && r.DeleteWithInstance != nil && *r.DeleteWithInstance == w.DeleteWithInstance.ValueBool()
		},
		alike,
	) {
		if at >= 0 {
			old[i].refresh(now[at])
			present = append(present, old[i])
		}
	}
	return dataDiskList(present)
}

func (d *dataDisk) refresh(now kec.Disk) {
	d.Type = tfvalue.Keep(tfvalue.Text(now.Type), d.Type)
	d.SizeGiB = tfvalue.KeepSize(now.SizeGB, d.SizeGiB)
	d.SnapshotID = tfvalue.Known(d.SnapshotID)
	d.ID = tfvalue.Keep(tfvalue.Text(now.ID), d.ID)
	if now.DeleteWithInstance != nil {
		d.DeleteWithInstance = types.BoolValue(*now.DeleteWithInstance)
	} else if d.DeleteWithInstance.IsNull() {
		d.DeleteWithInstance = types.BoolValue(false) // KEC's default
	}
}

// kept lists the ids of the disks that outlive the instance.
func kept(l types.List) []string {
	var ids []string
	for _, d := range dataDisksOf(l) {
		if !d.DeleteWithInstance.ValueBool() && d.ID.ValueString() != "" {
			ids = append(ids, d.ID.ValueString())
		}
	}
	return ids
}
