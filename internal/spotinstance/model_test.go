package spotinstance

import (
	"context"
	"encoding/base64"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func ptr[T any](v T) *T { return &v }

// reported is a complete answer of KEC.
func reported() *kec.Instance {
	return &kec.Instance{
		ID: "5b7f0a52", Name: "worker", Type: "N3.2B", ImageID: "IMG-6f2b", SubnetID: "0d6f", PrivateIP: "10.7.0.12", HostName: "worker-1",
		UserData: base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\n")), ProjectID: ptr(int64(7)), State: "active", Zone: "cn-beijing-6a",
		ChargeType: "Spot", SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: ptr(decimal.RequireFromString("0.12345")),
		RecyclingTime: "2026-03-02 18:20:00", Created: "2026-03-02T09:14:05Z",
		SystemDisk: kec.Disk{Type: "SSD3.0", SizeGB: 40},
		DataDisks:  []kec.Disk{{ID: "d1", Type: "SSD3.0", SizeGB: 50, DeleteWithInstance: ptr(true)}},
		NICs: []kec.NIC{{
			ID: "nic1", Type: "primary", VPCID: "vpc1", SubnetID: "0d6f", PrivateIP: "10.7.0.12", PublicIP: "1.2.3.4",
			SecurityGroupIDs: []string{"sg1"},
		}},
		KeyIDs: []string{"k1"},
	}
}

func TestRefresh_fillsAnImport(t *testing.T) {
	t.Parallel()
	m := model{ID: types.StringValue("5b7f0a52")}
	m.refresh(reported(), true)
	m.refreshTags(map[string]string{"team": "search", "ksc:internal": "x"}, nil)
	for _, c := range []struct {
		name string
		got  attr.Value
		want attr.Value
	}{
		{"id", m.ID, types.StringValue("5b7f0a52")},
		{"spot_strategy", m.SpotStrategy, types.StringValue("SpotWithPriceLimit")},
		{"spot_price_limit", m.SpotPriceLimit, tfvalue.Number(ptr(decimal.RequireFromString("0.12345")))},
		{"instance_type", m.InstanceType, types.StringValue("N3.2B")},
		{"image_id", m.ImageID, types.StringValue("IMG-6f2b")},
		{"subnet_id", m.SubnetID, types.StringValue("0d6f")},
		{"security_group_ids", m.SecurityGroupIDs, tfvalue.TextSet([]string{"sg1"})},
		{"private_ip_address", m.PrivateIPAddress, types.StringValue("10.7.0.12")},
		{"system_disk", m.SystemDisk, systemDisk{types.StringValue("SSD3.0"), types.Int64Value(40)}.object()},
		{"data_disks", m.DataDisks, dataDiskList([]dataDisk{{
			types.StringValue("SSD3.0"), types.Int64Value(50), types.StringNull(), types.BoolValue(true), types.StringValue("d1"),
		}})},
		{"key_ids", m.KeyIDs, tfvalue.TextSet([]string{"k1"})},
		{"instance_name", m.InstanceName, types.StringValue("worker")},
		{"host_name", m.HostName, types.StringValue("worker-1")},
		{"project_id", m.ProjectID, types.Int64Value(7)},
		{"tags", m.Tags, types.MapValueMust(types.StringType, map[string]attr.Value{"team": types.StringValue("search")})},
		{"user_data", m.UserData, types.StringValue("#!/bin/sh\n")},
		{"state", m.State, types.StringValue("active")},
		{"availability_zone", m.AvailabilityZone, types.StringValue("cn-beijing-6a")},
		{"vpc_id", m.VPCID, types.StringValue("vpc1")},
		{"network_interface_id", m.NetworkInterfaceID, types.StringValue("nic1")},
		{"public_ip", m.PublicIP, types.StringValue("1.2.3.4")},
		{"created_at", m.CreatedAt, types.StringValue("2026-03-02T09:14:05Z")},
		{"protected_until", m.ProtectedUntil, types.StringValue("2026-03-02T10:14:05Z")},
		{"recycling_time", m.RecyclingTime, types.StringValue("2026-03-02T10:20:00Z")}, // KEC says UTC+8
	} {
		if !c.got.Equal(c.want) {
			t.Errorf("%s = %s, want %s", c.name, c.got, c.want)
		}
	}
}

func TestRefresh_leavesOutWhatTheUserLeftOut(t *testing.T) {
	t.Parallel()
	var m model
	in := reported()
	in.SpotStrategy, in.SpotPriceLimit, in.RecyclingTime, in.NICs[0].PublicIP = "SpotAsPriceGo", ptr(decimal.RequireFromString("0.1965")), "", ""
	m.refresh(in, false)
	for name, v := range map[string]attr.Value{
		"spot_price_limit": m.SpotPriceLimit, "data_disks": m.DataDisks, "key_ids": m.KeyIDs, "user_data": m.UserData,
		"tags": m.Tags, "recycling_time": m.RecyclingTime, "public_ip": m.PublicIP,
	} {
		if !v.IsNull() {
			t.Errorf("%s = %s, want null", name, v)
		}
	}
}

func TestRefresh_derivesAStrategyThatKECDoesNotReport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit *decimal.Decimal
		want  string
	}{{nil, "SpotAsPriceGo"}, {ptr(decimal.RequireFromString("0.1")), "SpotWithPriceLimit"}} {
		var m model
		in := reported()
		in.SpotStrategy, in.SpotPriceLimit = "", c.limit
		m.refresh(in, false)
		if m.SpotStrategy.ValueString() != c.want {
			t.Errorf("with the limit %v: %s, want %s", c.limit, m.SpotStrategy, c.want)
		}
	}
}

func TestRefresh_keepsAnEmptyCollectionAsWritten(t *testing.T) {
	t.Parallel()
	empty := types.MapValueMust(types.StringType, nil)
	m := model{Tags: empty, DataDisks: dataDiskList(nil), KeyIDs: tfvalue.TextSet(nil)}
	in := reported()
	in.KeyIDs = nil
	m.refresh(in, false)
	m.refreshTags(nil, nil)
	if !m.Tags.Equal(empty) || !m.DataDisks.Equal(dataDiskList(nil)) || !m.KeyIDs.Equal(tfvalue.TextSet(nil)) {
		t.Errorf("tags %s, data_disks %s, key_ids %s", m.Tags, m.DataDisks, m.KeyIDs)
	}
}

func TestRefresh_keepsTheUsersSpellingOfAnImage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, now, want string }{
		{"6f2b", "IMG-6f2b", "6f2b"}, {"IMG-6f2b", "6f2b", "IMG-6f2b"}, {"img-6F2B", "IMG-6f2b", "img-6F2B"},
		{"IMG-6f2b", "IMG-7777", "IMG-7777"}, {"IMG-6f2b", "", "IMG-6f2b"},
	} {
		m := model{ImageID: types.StringValue(c.was)}
		in := reported()
		in.ImageID = c.now
		m.refresh(in, false)
		if m.ImageID.ValueString() != c.want {
			t.Errorf("%s reported as %q becomes %s, want %s", c.was, c.now, m.ImageID, c.want)
		}
	}
}

func TestRefreshDataDisks_keepTheUsersOrder(t *testing.T) {
	t.Parallel()
	disk := func(kind string, size int64, id types.String) dataDisk {
		return dataDisk{types.StringValue(kind), types.Int64Value(size), types.StringNull(), types.BoolValue(true), id}
	}
	here := func(id, kind string, size int64) kec.Disk {
		return kec.Disk{ID: id, Type: kind, SizeGB: size, DeleteWithInstance: ptr(true)}
	}
	with := func(d dataDisk, deleted bool) dataDisk {
		d.DeleteWithInstance = types.BoolValue(deleted)
		return d
	}
	known, unknown := types.StringValue, types.StringUnknown()
	for _, c := range []struct {
		name string
		was  []dataDisk
		now  []kec.Disk
		want []dataDisk
	}{
		{"new ones by type and size",
			[]dataDisk{disk("SSD3.0", 50, unknown), disk("EHDD", 100, unknown), disk("SSD3.0", 50, unknown)},
			[]kec.Disk{here("a", "EHDD", 100), here("b", "SSD3.0", 50), here("c", "SSD3.0", 50)},
			[]dataDisk{disk("SSD3.0", 50, known("b")), disk("EHDD", 100, known("a")), disk("SSD3.0", 50, known("c"))}},
		{"known ones by id, though they have grown",
			[]dataDisk{disk("SSD3.0", 50, known("b")), disk("SSD3.0", 50, known("a"))},
			[]kec.Disk{here("a", "SSD3.0", 80), here("b", "SSD3.0", 50)},
			[]dataDisk{disk("SSD3.0", 50, known("b")), disk("SSD3.0", 80, known("a"))}},
		{"twins by their fate",
			[]dataDisk{disk("SSD3.0", 50, unknown), with(disk("SSD3.0", 50, unknown), false)},
			[]kec.Disk{{ID: "keep", Type: "SSD3.0", SizeGB: 50, DeleteWithInstance: ptr(false)}, here("gone", "SSD3.0", 50)},
			[]dataDisk{disk("SSD3.0", 50, known("gone")), with(disk("SSD3.0", 50, known("keep")), false)}},
		{"one is gone",
			[]dataDisk{disk("SSD3.0", 50, known("a")), disk("SSD3.0", 50, known("b"))},
			[]kec.Disk{here("b", "SSD3.0", 50)},
			[]dataDisk{disk("SSD3.0", 50, known("b"))}},
		{"one was attached by somebody else",
			[]dataDisk{disk("SSD3.0", 50, known("a"))},
			[]kec.Disk{here("x", "SSD3.0", 50), here("a", "SSD3.0", 50)},
			[]dataDisk{disk("SSD3.0", 50, known("a"))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, want := refreshDataDisks(c.now, dataDiskList(c.was), false), dataDiskList(c.want); !got.Equal(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestRefreshSecondaryNICs_keepTheUsersOrder(t *testing.T) {
	t.Parallel()
	nic := func(address, id types.String, groups ...string) secondaryNIC {
		return secondaryNIC{SubnetID: types.StringValue("s"), SecurityGroupIDs: tfvalue.TextSet(groups), PrivateIPAddress: address, ID: id}
	}
	text, unknown := types.StringValue, types.StringUnknown()
	in := &kec.Instance{NICs: []kec.NIC{
		{ID: "p", Type: "primary", SubnetID: "s"},
		{ID: "a", Type: "extension", SubnetID: "s", PrivateIP: "10.7.0.61", SecurityGroupIDs: []string{"g1"}},
		{ID: "b", Type: "extension", SubnetID: "s", PrivateIP: "10.7.0.9", SecurityGroupIDs: []string{"g2"}},
		{ID: "c", Type: "extension", SubnetID: "s", PrivateIP: "10.7.0.8", SecurityGroupIDs: []string{"g1"}},
	}}
	was := secondaryNICList([]secondaryNIC{nic(unknown, unknown, "g1"), nic(text("10.7.0.61"), unknown, "g1"), nic(unknown, unknown, "g2")})
	want := secondaryNICList([]secondaryNIC{
		nic(text("10.7.0.8"), text("c"), "g1"), nic(text("10.7.0.61"), text("a"), "g1"), nic(text("10.7.0.9"), text("b"), "g2"),
	})
	if got := refreshSecondaryNICs(in, was, false); !got.Equal(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A model must survive a round trip through the schema's own type.
func TestModel_fitsTheSchema(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := schemaOf(t)
	m := model{Timeouts: timeouts.Value{Object: types.ObjectNull(map[string]attr.Type{
		"create": types.StringType, "read": types.StringType, "update": types.StringType, "delete": types.StringType,
	})}}
	m.refresh(reported(), true)
	m.refreshTags(map[string]string{"team": "search"}, nil)
	if object, ok := s.Attributes["eip"].GetType().(types.ObjectType); ok {
		m.EIP = types.ObjectNull(object.AttrTypes)
	}
	state := tfsdk.State{Schema: s, Raw: tftypes.NewValue(s.Type().TerraformType(ctx), nil)}
	if diags := state.Set(ctx, &m); diags.HasError() {
		t.Fatal(diags)
	}
	var back model
	if diags := state.Get(ctx, &back); diags.HasError() || len(back.params().Changed(m.params())) > 0 {
		t.Errorf("read back %v: %v", back.params().Changed(m.params()), diags)
	}
}
