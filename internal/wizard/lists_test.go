package wizard

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// disk is a data disk that goes with the machine.
func disk(kind string, size int64, id types.String) DataDisk {
	return DataDisk{text(kind), types.Int64Value(size), types.StringNull(), types.BoolValue(true), id}
}

// Disks are told by type, size and what becomes of them, as far as that goes; where there are as
// many as there should be, none is missing.
func TestRefreshDataDisks_bestFit(t *testing.T) {
	t.Parallel()
	unknown := types.StringUnknown()
	one := func(id, kind string, size int64) kec.Disk { return kec.Disk{ID: id, Type: kind, SizeGB: size} }
	for name, c := range map[string]struct {
		was  []DataDisk
		now  []kec.Disk
		want []string // ids; "" for a disk that was never shown
	}{
		"all of another kind":           {[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown)}, []kec.Disk{one("a", "X", 1), one("b", "Y", 2)}, []string{"a", "b"}},
		"by size":                       {[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown)}, []kec.Disk{one("a", "X", 100), one("b", "Y", 50)}, []string{"b", "a"}},
		"by type":                       {[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown)}, []kec.Disk{one("a", "ehdd", 1), one("b", "ssd3.0", 2)}, []string{"b", "a"}},
		"size before type":              {[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown)}, []kec.Disk{one("a", "SSD3.0", 100), one("b", "EHDD", 50)}, []string{"b", "a"}},
		"fewer, of another kind":        {[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown)}, []kec.Disk{one("a", "X", 100)}, []string{"", ""}},
		"fewer, one of them":            {[]DataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown)}, []kec.Disk{one("a", "EHDD", 100)}, []string{"", "a"}},
		"one that is known is no other": {[]DataDisk{disk("SSD3.0", 50, text("x")), disk("SSD3.0", 50, unknown)}, []kec.Disk{one("a", "SSD3.0", 50), one("b", "SSD3.0", 50)}, []string{"a"}},
		"ids in any case":               {[]DataDisk{disk("SSD3.0", 50, text("X")), disk("SSD3.0", 50, text("y"))}, []kec.Disk{one("Y", "SSD3.0", 50), one("x", "SSD3.0", 50)}, []string{"X", "y"}},
		"nothing is told":               {[]DataDisk{disk("SSD3.0", 50, text("x")), disk("SSD3.0", 50, unknown)}, nil, []string{"x", ""}},
		"none is left":                  {[]DataDisk{disk("SSD3.0", 50, text("x"))}, []kec.Disk{}, nil},
		"without ids":                   {[]DataDisk{disk("SSD3.0", 50, unknown)}, []kec.Disk{one("", "SSD3.0", 50)}, []string{""}},
	} {
		got := dataDisks.Structs(refreshDataDisks(NewLook(&kec.Instance{DataDisks: c.now}, nil), dataDisks.List(c.was)))
		var ids []string
		for _, d := range got {
			ids = append(ids, d.ID.ValueString())
			if d.ID.IsUnknown() || d.SnapshotID.IsUnknown() {
				t.Errorf("%s: %+v is not known", name, d)
			}
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s: %q, want %q", name, ids, c.want)
		}
	}
	imported := dataDisks.Structs(refreshDataDisks(NewImport(&kec.Instance{DataDisks: []kec.Disk{{ID: "a", Type: "EHDD", SizeGB: 60, DeleteWithInstance: ptr(false)}, {ID: "b"}}}), dataDisks.NullList()))
	if len(imported) != 2 || imported[0].Type.ValueString() != "EHDD" || imported[0].SizeGiB.ValueInt64() != 60 || imported[0].DeleteWithInstance.ValueBool() ||
		imported[0].DeleteWithInstance.IsNull() || !imported[1].DeleteWithInstance.IsNull() || imported[1].ID.ValueString() != "b" {
		t.Errorf("imported are %+v", imported)
	}
	for name, was := range map[string]types.List{"null": dataDisks.NullList(), "empty": dataDisks.List(nil)} {
		if got := refreshDataDisks(NewLook(&kec.Instance{DataDisks: []kec.Disk{one("a", "EHDD", 60)}}, nil), was); !got.Equal(was) {
			t.Errorf("none, written as %s, becomes %s", name, got)
		}
	}
	if got := refreshDataDisks(NewLook(&kec.Instance{}, nil), types.ListUnknown(dataDisks.NullList().ElementType(t.Context()))); !got.IsNull() {
		t.Errorf("unknown disks become %s", got)
	}
}

// System disk and local disk, by what KEC reports.
func TestStorage_refresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		imported bool
		was      types.Int64
		shown    *int64
		want     types.Int64
	}{
		"left out":           {false, types.Int64Null(), ptr(int64(40)), types.Int64Null()},
		"as it was":          {false, types.Int64Value(40), ptr(int64(40)), types.Int64Value(40)},
		"ignored":            {false, types.Int64Value(40), ptr(int64(0)), types.Int64Value(40)},
		"not told":           {false, types.Int64Value(40), nil, types.Int64Value(40)},
		"imported":           {true, types.Int64Null(), ptr(int64(1)), types.Int64Value(1)},
		"imported, none":     {true, types.Int64Null(), ptr(int64(0)), types.Int64Null()},
		"imported, not told": {true, types.Int64Null(), nil, types.Int64Null()},
	} {
		in := &kec.Instance{LocalDataDiskGB: c.shown, SystemDisk: kec.Disk{Type: "SSD3.0", SizeGB: 40}}
		l := NewLook(in, nil)
		if c.imported {
			l = NewImport(in)
		}
		s := Storage{LocalDataDiskGiB: c.was, SystemDisk: types.ObjectUnknown(systemDisks.NullObject().AttributeTypes(t.Context())), DataDisks: dataDisks.NullList()}
		s.Refresh(l)
		if system := s.System(); !s.LocalDataDiskGiB.Equal(c.want) || system.Type.ValueString() != "SSD3.0" || system.SizeGiB.ValueInt64() != 40 {
			t.Errorf("%s: %s beside %+v, want %s", name, s.LocalDataDiskGiB, system, c.want)
		}
	}
	// After the first look a local disk that KEC reports otherwise is another one.
	s := Storage{LocalDataDiskGiB: types.Int64Value(40), SystemDisk: systemDisks.NullObject(), DataDisks: dataDisks.NullList()}
	if s.Refresh(NewLook(&kec.Instance{LocalDataDiskGB: ptr(int64(50))}, Baseline{})); s.LocalDataDiskGiB.ValueInt64() != 50 {
		t.Errorf("a local disk of 50 becomes %s", s.LocalDataDiskGiB)
	}
	if system := s.System(); !system.Type.IsNull() || !system.SizeGiB.IsNull() {
		t.Errorf("a system disk that is not told is %+v", system)
	}
}

// Which disks outlive the machine: those that are to and that are known.
func TestKept(t *testing.T) {
	t.Parallel()
	stays := func(d DataDisk) DataDisk {
		d.DeleteWithInstance = types.BoolValue(false)
		return d
	}
	s := Storage{DataDisks: dataDisks.List([]DataDisk{
		stays(disk("EHDD", 60, text("a"))), disk("EHDD", 60, text("b")), stays(disk("EHDD", 60, types.StringNull())), stays(disk("EHDD", 60, text("d"))),
	})}
	if got := s.Kept(); !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("kept are %v", got)
	}
}

// KEC counts disks and interfaces from 1, and a refusal finds its way back.
func TestLists_lines(t *testing.T) {
	t.Parallel()
	nic := func(subnet string) SecondaryNIC {
		return SecondaryNIC{SubnetID: text(subnet), SecurityGroupIDs: tfvalue.TextSet([]string{"g"}), PrivateIPAddress: types.StringUnknown()}
	}
	s := Storage{DataDisks: dataDisks.List([]DataDisk{disk("EHDD", 60, types.StringNull()), disk("SSD3.0", 50, types.StringNull())})}
	n := Network{Firewall: Firewall{tfvalue.TextSet([]string{"g-1"})}, SecondaryNICs: secondaryNICs.List([]SecondaryNIC{nic("s-1"), nic("s-2")})}
	var table param.Table
	s.Lines(&table)
	n.Lines(&table)
	Place{SubnetID: text("s-0"), PrivateIPAddress: text("10.7.0.9")}.Lines(&table, path.Empty())
	const want = "DataDisk.1.DeleteWithInstance=true&DataDisk.1.Size=60&DataDisk.1.Type=EHDD&DataDisk.2.DeleteWithInstance=true&DataDisk.2.Size=50&DataDisk.2.Type=SSD3.0&" +
		"NetworkInterface.1.SecurityGroupId.1=g&NetworkInterface.1.SubnetId=s-1&NetworkInterface.2.SecurityGroupId.1=g&NetworkInterface.2.SubnetId=s-2&" +
		"PrivateIpAddress=10.7.0.9&SecurityGroupId.1=g-1&SubnetId=s-0"
	if q, err := table.Encode(); err != nil || q.Encode() != want {
		t.Errorf("it sends\n%s\nwant\n%s", q.Encode(), want)
	}
	for parameter, attribute := range map[string]string{"DataDisk.2.Size": "data_disks[1].size_gib", "NetworkInterface.1.SubnetId": "secondary_network_interfaces[0].subnet_id"} {
		if at, ok := table.Locate(parameter); !ok || at.String() != attribute {
			t.Errorf("%s is %s, want %s", parameter, at, attribute)
		}
	}
	// Lists that are unknown as a whole are a change.
	var now, was param.Table
	Storage{DataDisks: types.ListUnknown(s.DataDisks.ElementType(t.Context()))}.Lines(&now)
	Network{SecondaryNICs: types.ListUnknown(n.SecondaryNICs.ElementType(t.Context()))}.Lines(&now)
	Storage{DataDisks: dataDisks.NullList()}.Lines(&was)
	Network{SecondaryNICs: secondaryNICs.NullList()}.Lines(&was)
	var changed []string
	for _, line := range now.Changed(was) {
		changed = append(changed, line.Path.String())
	}
	if !slices.Equal(changed, []string{"data_disks", "secondary_network_interfaces"}) {
		t.Errorf("changed are %v", changed)
	}
}

// The disks of an import in the order of the configuration, by how well they fit, with their ids.
func TestInOrderOf(t *testing.T) {
	t.Parallel()
	other := func(d DataDisk) DataDisk {
		d.DeleteWithInstance = types.BoolValue(false)
		return d
	}
	null := types.StringNull()
	have := Storage{DataDisks: dataDisks.List([]DataDisk{
		other(disk("SSD3.0", 50, text("a"))), disk("SSD3.0", 50, text("b")), disk("EHDD", 60, text("c")), disk("ESSD_PL1", 70, text("d")),
	})}
	for name, c := range map[string]struct {
		wanted []DataDisk
		want   []string
	}{
		"by all three": {[]DataDisk{disk("EHDD", 60, null), disk("ssd3.0", 50, null), other(disk("SSD3.0", 50, null)), disk("ESSD_PL1", 70, null)}, []string{"c", "b", "a", "d"}},
		"by kind":      {[]DataDisk{other(disk("EHDD", 60, null)), disk("X", 1, null), disk("SSD3.0", 50, null), disk("SSD3.0", 50, null)}, []string{"c", "d", "b", "a"}},
		"another size": {[]DataDisk{disk("EHDD", 61, null), disk("EHDD", 60, null), disk("X", 1, null), disk("X", 1, null)}, []string{"a", "c", "b", "d"}},
		"fewer":        {[]DataDisk{disk("EHDD", 60, null)}, []string{"a", "b", "c", "d"}},
	} {
		wanted := dataDisks.List(c.wanted)
		ordered := have.InOrderOf(wanted)
		var ids []string
		for _, d := range dataDisks.Structs(ordered) {
			ids = append(ids, d.ID.ValueString())
		}
		if !slices.Equal(ids, c.want) {
			t.Errorf("%s: %v, want %v", name, ids, c.want)
		}
		planned := Storage{DataDisks: wanted}.WithIDsOf(ordered)
		if len(c.wanted) != 4 {
			if !planned.Equal(wanted) {
				t.Errorf("%s: planned are %s", name, planned)
			}
			continue
		}
		for i, d := range dataDisks.Structs(planned) {
			if want := c.wanted[i]; d.ID.ValueString() != c.want[i] || !d.Type.Equal(want.Type) || !d.SizeGiB.Equal(want.SizeGiB) {
				t.Errorf("%s: planned is %+v, want %+v with the id %s", name, d, want, c.want[i])
			}
		}
	}
	if got := (Storage{DataDisks: dataDisks.NullList()}).WithIDsOf(dataDisks.List(nil)); !got.IsNull() {
		t.Errorf("no disks become %s", got)
	}
}

// Interfaces are told by subnet, address and groups, as far as that goes.
func TestRefreshSecondaryNICs_bestFit(t *testing.T) {
	t.Parallel()
	unknown := types.StringUnknown()
	want := func(subnet string, address, id types.String, groups ...string) SecondaryNIC {
		return SecondaryNIC{SubnetID: text(subnet), SecurityGroupIDs: tfvalue.TextSet(groups), PrivateIPAddress: address, ID: id}
	}
	seen := func(id, subnet, address string, groups ...string) kec.NIC {
		return kec.NIC{ID: id, Type: "extension", SubnetID: subnet, PrivateIP: address, SecurityGroupIDs: groups}
	}
	for name, c := range map[string]struct {
		was []SecondaryNIC
		now []kec.NIC
		ids []string
	}{
		"by address":            {[]SecondaryNIC{want("s", text("10.0.0.2"), unknown, "g"), want("s", text("10.0.0.1"), unknown, "g")}, []kec.NIC{seen("a", "s", "10.0.0.1", "g"), seen("b", "S", "10.0.0.2", "g")}, []string{"b", "a"}},
		"by groups":             {[]SecondaryNIC{want("s", unknown, unknown, "G2"), want("s", unknown, unknown, "g1")}, []kec.NIC{seen("a", "s", "1", "g1"), seen("b", "s", "2", "g2")}, []string{"b", "a"}},
		"groups before address": {[]SecondaryNIC{want("s", text("9"), unknown, "g1"), want("s", unknown, unknown, "g1")}, []kec.NIC{seen("a", "s", "1", "g1"), seen("b", "s", "2", "g2")}, []string{"b", "a"}},
		"by subnet":             {[]SecondaryNIC{want("s2", unknown, unknown, "x"), want("s1", unknown, unknown, "x")}, []kec.NIC{seen("a", "s1", "1", "g1"), seen("b", "s2", "2", "g1")}, []string{"b", "a"}},
		"as many as there are":  {[]SecondaryNIC{want("x", unknown, unknown, "x"), want("s1", unknown, unknown, "x")}, []kec.NIC{seen("a", "s1", "1", "g1"), seen("b", "s2", "2", "g1")}, []string{"b", "a"}},
		"fewer than there are":  {[]SecondaryNIC{want("x", unknown, unknown, "x"), want("s1", unknown, unknown, "x")}, []kec.NIC{seen("b", "s2", "2", "g1")}, []string{"", ""}},
		"by id":                 {[]SecondaryNIC{want("s", text("1"), text("B"), "g"), want("s", text("2"), text("a"), "g")}, []kec.NIC{seen("a", "s", "1", "g"), seen("b", "s", "2", "g")}, []string{"B", "a"}},
		"one is gone":           {[]SecondaryNIC{want("s", text("1"), text("a"), "g"), want("s", text("2"), text("b"), "g")}, []kec.NIC{seen("b", "s", "2", "g")}, []string{"b"}},
		"nothing is told":       {[]SecondaryNIC{want("s", text("1"), text("a"), "g"), want("s", unknown, unknown, "g")}, nil, []string{"a", ""}},
		"an empty address":      {[]SecondaryNIC{want("s", text(""), unknown, "g1"), want("s", unknown, unknown, "g2")}, []kec.NIC{seen("a", "s", "", "g2"), seen("b", "s", "", "g1")}, []string{"b", "a"}},
	} {
		now := c.now
		if now != nil {
			now = append([]kec.NIC{{ID: "p", Type: "primary", SubnetID: "s"}}, now...)
		}
		var ids []string
		for _, n := range secondaryNICs.Structs(refreshSecondaryNICs(NewLook(&kec.Instance{NICs: now}, nil), secondaryNICs.List(c.was))) {
			ids = append(ids, n.ID.ValueString())
			if n.ID.IsUnknown() || n.PrivateIPAddress.IsUnknown() {
				t.Errorf("%s: %+v is not known", name, n)
			}
		}
		if !slices.Equal(ids, c.ids) {
			t.Errorf("%s: %q, want %q", name, ids, c.ids)
		}
	}
	l := NewImport(&kec.Instance{})
	if got := refreshSecondaryNICs(l, secondaryNICs.NullList()); !got.IsNull() || !slices.Equal(l.unsure, []string{"secondary_network_interfaces"}) {
		t.Errorf("an import of nothing is %s, unsure of %v", got, l.unsure)
	}
	l = NewImport(&kec.Instance{NICs: []kec.NIC{{ID: "p", Type: "primary"}, seen("a", "s", "1", "g")}})
	got := secondaryNICs.Structs(refreshSecondaryNICs(l, secondaryNICs.NullList()))
	if len(got) != 1 || got[0].ID.ValueString() != "a" || got[0].PrivateIPAddress.ValueString() != "1" || !got[0].SecurityGroupIDs.Equal(tfvalue.TextSet([]string{"g"})) || l.unsure != nil {
		t.Errorf("imported are %+v, unsure of %v", got, l.unsure)
	}
	for name, was := range map[string]types.List{"null": secondaryNICs.NullList(), "empty": secondaryNICs.List(nil)} {
		if got := refreshSecondaryNICs(NewLook(&kec.Instance{NICs: []kec.NIC{{ID: "p", Type: "primary"}, seen("a", "s", "1", "g")}}, nil), was); !got.Equal(was) {
			t.Errorf("none, written as %s, becomes %s", name, got)
		}
	}
}

// What is known of an element moves with it: the second of two that KEC spells otherwise is the
// first once that is gone, and its spelling is no change.
func TestLists_baselineMoves(t *testing.T) {
	t.Parallel()
	here := func(id string) kec.Disk {
		return kec.Disk{ID: id, Type: "spelt", SizeGB: 50, DeleteWithInstance: ptr(true)}
	}
	there := func(id string) kec.NIC { return kec.NIC{ID: id, Type: "extension", SubnetID: "spelt", PrivateIP: id} }
	primary := kec.NIC{ID: "p", Type: "primary"}
	l := NewLook(&kec.Instance{DataDisks: []kec.Disk{here("a"), here("b")}, NICs: []kec.NIC{primary, there("a"), there("b")}}, nil)
	disks := refreshDataDisks(l, dataDisks.List([]DataDisk{disk("SSD3.0", 50, text("a")), disk("SSD3.0", 50, text("b"))}))
	nic := func(id string) SecondaryNIC {
		return SecondaryNIC{SubnetID: text("s"), SecurityGroupIDs: types.SetNull(types.StringType), PrivateIPAddress: text(id), ID: text(id)}
	}
	nics := refreshSecondaryNICs(l, secondaryNICs.List([]SecondaryNIC{nic("a"), nic("b")}))
	l = NewLook(&kec.Instance{DataDisks: []kec.Disk{here("b")}, NICs: []kec.NIC{primary, there("b")}}, l.Baseline())
	disks, nics = refreshDataDisks(l, disks), refreshSecondaryNICs(l, nics)
	for range 2 {
		if got := dataDisks.Structs(disks); len(got) != 1 || got[0].ID.ValueString() != "b" || got[0].Type.ValueString() != "SSD3.0" {
			t.Errorf("the disks are %+v", got)
		}
		if got := secondaryNICs.Structs(nics); len(got) != 1 || got[0].ID.ValueString() != "b" || got[0].SubnetID.ValueString() != "s" {
			t.Errorf("the interfaces are %+v", got)
		}
		l = NewLook(l.Instance, l.Baseline())
		disks, nics = refreshDataDisks(l, disks), refreshSecondaryNICs(l, nics)
	}
	if got := l.Baseline(); len(got) != 2 || got["data_disks[0].type"] == "" || got["secondary_network_interfaces[0].subnet_id"] == "" {
		t.Errorf("the baseline is %v", got)
	}
	if got := refreshSecondaryNICs(l, types.ListUnknown(secondaryNICs.NullList().ElementType(t.Context()))); !got.IsNull() {
		t.Errorf("unknown interfaces become %s", got)
	}
}

// Where the machine is, by the answer itself and else by its primary interface.
func TestPlace_refresh(t *testing.T) {
	t.Parallel()
	nic := kec.NIC{Type: "primary", SubnetID: "s-nic", PrivateIP: "10.0.0.2", SecurityGroupIDs: []string{"g-1"}}
	for name, c := range map[string]struct {
		in              kec.Instance
		subnet, address string
	}{
		"by itself":        {kec.Instance{SubnetID: "s-in", PrivateIP: "10.0.0.1", NICs: []kec.NIC{nic}}, "s-in", "10.0.0.1"},
		"by its interface": {kec.Instance{NICs: []kec.NIC{nic}}, "s-nic", "10.0.0.2"},
		"not told":         {kec.Instance{}, "", ""},
	} {
		var p Place
		if p.Refresh(NewImport(&c.in)); p.SubnetID.ValueString() != c.subnet || p.PrivateIPAddress.ValueString() != c.address {
			t.Errorf("%s: %+v", name, p)
		}
	}
	groups := Firewall{types.SetUnknown(types.StringType)}
	if groups.Refresh(NewLook(&kec.Instance{}, nil)); !groups.SecurityGroupIDs.IsNull() {
		t.Errorf("groups that are not told are %s", groups.SecurityGroupIDs)
	}
	groups.SecurityGroupIDs = tfvalue.TextSet([]string{"G-1", "g-2"})
	if groups.Refresh(NewLook(&kec.Instance{NICs: []kec.NIC{{SecurityGroupIDs: []string{"g-3", "g-1"}}}}, Baseline{})); !groups.SecurityGroupIDs.Equal(tfvalue.TextSet([]string{"G-1", "g-3"})) {
		t.Errorf("groups of which one has changed are %s", groups.SecurityGroupIDs)
	}
}
