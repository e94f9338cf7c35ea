package wizard

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// everything is a machine with every setting.
func everything() Steps {
	yes, set := types.BoolValue(true), func(id string) types.Set { return tfvalue.TextSet([]string{id}) }
	return Steps{
		Bid: Bid{text("SpotWithPriceLimit"), cny("0.06"), text("N3.2B")}, Image: Image{text("IMG-1")}, Place: Place{text("s-1"), text("10.7.0.9")},
		Network: Network{Firewall{set("g-1")}, secondaryNICs.List([]SecondaryNIC{{text("s-2"), set("g-2"), text("10.7.0.10"), text("n-2")}})},
		Storage: Storage{
			systemDisks.Object(SystemDisk{text("SSD3.0"), types.Int64Value(40)}),
			dataDisks.List([]DataDisk{{text("EHDD"), types.Int64Value(60), text("snap-1"), types.BoolValue(false), text("d-1")}}), types.Int64Value(70),
		},
		Address: Address{eips.Object(eip{text("l-1"), types.Int64Value(5), text("Monthly"), types.Int64Value(2), types.Int64Value(7), text("b-1")})},
		Login:   Login{text("Correct-Horse-1"), types.Int64Value(3), set("k-1"), yes}, Naming: Naming{text("web"), text("host"), types.Int64Value(8)},
		TagMaps: TagMaps{TagsAll: types.MapValueMust(types.StringType, map[string]attr.Value{"env": text("prod")})},
		Boot:    Boot{text("a"), types.StringNull(), text("role"), text("guard"), yes, yes}, Release: Release{text("2026-03-02T12:00:00Z"), yes, yes},
	}
}

// Each setting is sent under the name that KEC has for it, and found again by that name.
func TestSteps_lines(t *testing.T) {
	t.Parallel()
	var table param.Table
	everything().Lines(&table)
	got, err := table.Encode()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct{ value, attribute string }{
		"SpotStrategy": {"SpotWithPriceLimit", "spot_strategy"}, "SpotPriceLimit": {"0.06", "spot_price_limit"}, "InstanceType": {"N3.2B", "instance_type"},
		"ImageId": {"IMG-1", "image_id"}, "SubnetId": {"s-1", "subnet_id"}, "PrivateIpAddress": {"10.7.0.9", "private_ip_address"},
		"SecurityGroupId.1": {"g-1", "security_group_ids"}, "NetworkInterface.1.SubnetId": {"s-2", "secondary_network_interfaces[0].subnet_id"},
		"NetworkInterface.1.SecurityGroupId.1": {"g-2", "secondary_network_interfaces[0].security_group_ids"},
		"NetworkInterface.1.PrivateIpAddress":  {"10.7.0.10", "secondary_network_interfaces[0].private_ip_address"},
		"SystemDisk.DiskType":                  {"SSD3.0", "system_disk.type"}, "SystemDisk.DiskSize": {"40", "system_disk.size_gib"},
		"DataDisk.1.Type": {"EHDD", "data_disks[0].type"}, "DataDisk.1.Size": {"60", "data_disks[0].size_gib"}, "DataDisk.1.SnapshotId": {"snap-1", "data_disks[0].snapshot_id"},
		"DataDisk.1.DeleteWithInstance": {"false", "data_disks[0].delete_with_instance"}, "DataDiskGb": {"70", "local_data_disk_gib"},
		"LineId": {"l-1", "eip.line_id"}, "AddressBandWidth": {"5", "eip.bandwidth_mbps"}, "AddressChargeType": {"PrePaidByMonth", "eip.charge_type"},
		"AddressPurchaseTime": {"2", "eip.purchase_months"}, "AddressProjectId": {"7", "eip.project_id"}, "BandWidthShareId": {"b-1", "eip.bandwidth_share_id"},
		"InstancePassword": {"Correct-Horse-1", "password_wo"}, "KeyId.1": {"k-1", "key_ids"}, "KeepImageLogin": {"true", "keep_image_login"},
		"InstanceName": {"web", "instance_name"}, "HostName": {"host", "host_name"}, "ProjectId": {"8", "project_id"},
		"Tag.1.Key": {"env", `tags["env"]`}, "Tag.1.Value": {"prod", `tags["env"]`}, "SyncTag": {"true", ""},
		"UserData": {"YQ==", "user_data"}, "IamRoleName": {"role", "iam_role_name"}, "DataGuardId": {"guard", "data_guard_id"},
		"SriovNetSupport": {"true", "sriov_net_support"}, "DistributeIpv6": {"true", "distribute_ipv6"},
		"AutoDeleteTime": {"2026-03-02 20:00", "auto_delete_time"}, "AutoDeleteEip": {"true", "auto_delete_eip"}, "IsProtect": {"true", "deletion_protection"},
	}
	for name, c := range want {
		at, _ := table.Locate(name)
		if got.Get(name) != c.value || c.attribute != "" && at.String() != c.attribute {
			t.Errorf("%s is %q of %s, want %q of %s", name, got.Get(name), at, c.value, c.attribute)
		}
	}
	if len(got) != len(want) {
		t.Errorf("it sends %d parameters, want %d: %s", len(got), len(want), got.Encode())
	}

	// What KEC changes in place, and with what else a machine is replaced.
	var was param.Table
	Steps{}.Lines(&was)
	places := map[string]param.Change{
		"security_group_ids": ChangeSecurityGroups, "secondary_network_interfaces[0].security_group_ids": ChangeSecurityGroups, "password_wo_version": ChangePassword,
		"key_ids": ChangeKeys, "instance_name": ChangeName, "host_name": ChangeHostName, "project_id": ChangeProject, "tags": ChangeTags, "iam_role_name": ChangeRole,
		"data_guard_id": ChangeDataGuard, "auto_delete_time": ChangeAutoDelete, "auto_delete_eip": ChangeAutoDelete, "deletion_protection": ChangeProtection,
	}
	for _, line := range table {
		if line.Change != places[line.Path.String()] {
			t.Errorf("%s is changed by %q, want %q", line.Path, line.Change, places[line.Path.String()])
		}
	}
	// Null says nothing of what KEC never reports, and neither do other letters.
	var loud param.Table
	all := everything()
	all.SubnetID, all.InstanceType, all.SecurityGroupIDs, all.KeyIDs, all.DataGuardID = text("S-1"), text("n3.2b"), tfvalue.TextSet([]string{"G-1"}), tfvalue.TextSet([]string{"K-1"}), text("GUARD")
	all.ImageID, all.EIP = text("1"), eips.Object(eip{text("L-1"), types.Int64Value(5), text("prepaidbymonth"), types.Int64Value(2), types.Int64Value(7), text("B-1")})
	all.SystemDisk = systemDisks.Object(SystemDisk{text("ssd3.0"), types.Int64Value(40)})
	all.DataDisks = dataDisks.List([]DataDisk{{text("ehdd"), types.Int64Value(60), text("SNAP-1"), types.BoolValue(false), text("d-1")}})
	all.Lines(&loud)
	for _, line := range loud.Changed(table) {
		t.Errorf("%s in other letters is a change", line.Path)
	}
	var to param.Table
	Address{types.ObjectUnknown(eips.NullObject().AttributeTypes(t.Context()))}.Lines(&to)
	var none param.Table
	Address{eips.NullObject()}.Lines(&none)
	if changed := to.Changed(none); len(changed) != 1 || changed[0].Path.String() != "eip" {
		t.Errorf("an address to come changes %v", changed)
	}
	if changed := none.Changed(none); len(changed) > 0 {
		t.Errorf("no address changes %v", changed)
	}
}

// Each step is read back.
func TestSteps_refresh(t *testing.T) {
	t.Parallel()
	s := Steps{Storage: Storage{SystemDisk: systemDisks.NullObject(), DataDisks: dataDisks.NullList()}, Network: Network{SecondaryNICs: secondaryNICs.NullList()}}
	s.Refresh(NewImport(&kec.Instance{
		ID: "m-1", Type: "N3.2B", ImageID: "IMG-1", SubnetID: "s-1", Name: "web", KeyIDs: []string{"k-1"}, DataGuardID: "guard", AutoDeleteTime: "2026-03-02 20:00",
		TellsAutoDelete: true, SystemDisk: kec.Disk{Type: "SSD3.0", SizeGB: 40}, NICs: []kec.NIC{{Type: "primary", SecurityGroupIDs: []string{"g-1"}}},
	}))
	for name, c := range map[string]struct{ got, want attr.Value }{
		"the type": {s.InstanceType, text("N3.2B")}, "the image": {s.ImageID, text("IMG-1")}, "the subnet": {s.SubnetID, text("s-1")}, "the name": {s.InstanceName, text("web")},
		"the keys": {s.KeyIDs, tfvalue.TextSet([]string{"k-1"})}, "the group": {s.DataGuardID, text("guard")}, "the end": {s.AutoDeleteTime, text("2026-03-02T12:00:00Z")},
		"the disk":     {s.SystemDisk, systemDisks.Object(SystemDisk{text("SSD3.0"), types.Int64Value(40)})},
		"the firewall": {s.SecurityGroupIDs, tfvalue.TextSet([]string{"g-1"})},
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("%s is %s, want %s", name, c.got, c.want)
		}
	}
	image := Image{types.StringValue("IMG-1")}
	if image.Refresh(NewLook(&kec.Instance{}, Baseline{})); image.ImageID.ValueString() != "IMG-1" {
		t.Errorf("an image that is left out becomes %s", image.ImageID)
	}
}

// The edges of what every attribute takes.
func TestAttributes_edges(t *testing.T) {
	t.Parallel()
	all := map[string]schema.Attribute{}
	var walk func(prefix string, some map[string]schema.Attribute)
	walk = func(prefix string, some map[string]schema.Attribute) {
		for name, a := range some {
			all[prefix+name] = a
			switch a := a.(type) {
			case schema.SingleNestedAttribute:
				walk(prefix+name+".", a.Attributes)
			case schema.ListNestedAttribute:
				walk(prefix+name+".", a.NestedObject.Attributes)
			}
		}
	}
	for _, g := range Groups() {
		walk("", g.Attributes)
	}
	numbers := map[string][2]int64{ // the least and the most
		"system_disk.size_gib": {20, 500}, "data_disks.size_gib": {1, 0}, "local_data_disk_gib": {1, 16000}, "eip.bandwidth_mbps": {1, 0}, "eip.purchase_months": {1, 36},
		"eip.project_id": {0, 0}, "project_id": {0, 0},
	}
	for name, edges := range numbers {
		a, _ := all[name].(schema.Int64Attribute)
		takes := map[int64]bool{edges[0] - 1: false, edges[0]: true}
		if takes[math.MaxInt64] = edges[1] == 0; edges[1] > 0 {
			takes[edges[1]], takes[edges[1]+1] = true, false
		}
		for n, want := range takes {
			var resp validator.Int64Response
			for _, v := range a.Validators {
				v.ValidateInt64(t.Context(), validator.Int64Request{Path: path.Root("a"), ConfigValue: types.Int64Value(n)}, &resp)
			}
			if resp.Diagnostics.HasError() == want {
				t.Errorf("%s takes %d: want %t", name, n, want)
			}
		}
	}
	texts := map[string][]string{ // good ones, then "", then bad ones
		"instance_type": {"N", "", ""}, "image_id": {"i", "", ""}, "subnet_id": {"s", "", ""}, "iam_role_name": {"r", "", ""}, "data_guard_id": {"g", "", ""},
		"eip.line_id": {"l", "", ""}, "eip.charge_type": {"c", "", ""}, "eip.bandwidth_share_id": {"b", "", ""}, "system_disk.type": {"t", "", ""},
		"data_disks.type": {"t", "", ""}, "data_disks.snapshot_id": {"s", "", ""}, "secondary_network_interfaces.subnet_id": {"s", "", ""},
		"instance_name": {"ab", "工人", strings.Repeat("工", 64), "", "a", strings.Repeat("a", 65)}, "host_name": {"a-", strings.Repeat("a", 64), "", "a", "a.b", strings.Repeat("a", 65)},
		"spot_strategy": {"SpotAsPriceGo", "SpotWithPriceLimit", "", "spotaspricego"},
	}
	for name, values := range texts {
		a, _ := all[name].(schema.StringAttribute)
		edge := slices.Index(values, "")
		for i, value := range values {
			var resp validator.StringResponse
			for _, v := range a.Validators {
				v.ValidateString(t.Context(), validator.StringRequest{Path: path.Root("a"), ConfigValue: text(value)}, &resp)
			}
			if resp.Diagnostics.HasError() != (i > edge) && value != "" {
				t.Errorf("%s takes %q: want %t", name, value, i < edge)
			}
			if value == "" && a.Validators != nil && !resp.Diagnostics.HasError() {
				t.Errorf("%s takes an empty text", name)
			}
		}
	}
	for name, empty := range map[string]bool{"security_group_ids": false, "secondary_network_interfaces.security_group_ids": false, "key_ids": true} {
		a, _ := all[name].(schema.SetAttribute)
		for _, c := range []struct {
			of   types.Set
			good bool
		}{
			{tfvalue.TextSet(nil), empty}, {tfvalue.TextSet([]string{"a"}), true}, {tfvalue.TextSet([]string{"a", "b"}), true}, {tfvalue.TextSet([]string{""}), false},
			{types.SetValueMust(types.StringType, []attr.Value{types.StringNull()}), false},
		} {
			var resp validator.SetResponse
			for _, v := range a.Validators {
				v.ValidateSet(t.Context(), validator.SetRequest{Path: path.Root("a"), ConfigValue: c.of}, &resp)
			}
			if resp.Diagnostics.HasError() == c.good {
				t.Errorf("%s takes %s: want %t", name, c.of, c.good)
			}
		}
	}
	disks, _ := all["data_disks"].(schema.ListNestedAttribute)
	for n, good := range map[int]bool{0: true, 8: true, 9: false} {
		var resp validator.ListResponse
		for _, v := range disks.Validators {
			v.ValidateList(t.Context(), validator.ListRequest{Path: path.Root("a"), ConfigValue: dataDisks.List(make([]DataDisk, n))}, &resp)
		}
		if resp.Diagnostics.HasError() == good {
			t.Errorf("%d disks: want %t", n, good)
		}
	}
}
