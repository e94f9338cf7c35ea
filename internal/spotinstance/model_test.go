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
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

func ptr[T any](v T) *T { return &v }

// The nested attributes of a model.
var (
	systemDisks   = tfvalue.NewNested[wizard.SystemDisk](wizard.Storage{}.Attributes()["system_disk"].GetType())
	dataDisks     = tfvalue.NewNested[wizard.DataDisk](wizard.Storage{}.Attributes()["data_disks"].GetType())
	secondaryNICs = tfvalue.NewNested[wizard.SecondaryNIC](wizard.Network{}.Attributes()["secondary_network_interfaces"].GetType())
)

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
	m := model{Reported: wizard.Reported{ID: types.StringValue("5b7f0a52")}}
	m.refresh(wizard.NewImport(reported()))
	m.TagMaps.Refresh(map[string]string{"team": "search", "ksc:internal": "x"}, nil)
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
		{"system_disk", m.SystemDisk, systemDisks.Object(wizard.SystemDisk{Type: types.StringValue("SSD3.0"), SizeGiB: types.Int64Value(40)})},
		{"data_disks", m.DataDisks, dataDisks.List([]wizard.DataDisk{{
			Type: types.StringValue("SSD3.0"), SizeGiB: types.Int64Value(50), DeleteWithInstance: types.BoolValue(true), ID: types.StringValue("d1"),
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
	m.refresh(wizard.NewLook(in, nil))
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
		m.refresh(wizard.NewLook(in, wizard.Baseline{}))
		if m.SpotStrategy.ValueString() != c.want {
			t.Errorf("with the limit %v: %s, want %s", c.limit, m.SpotStrategy, c.want)
		}
	}
}

func TestRefresh_keepsAnEmptyCollectionAsWritten(t *testing.T) {
	t.Parallel()
	empty := types.MapValueMust(types.StringType, nil)
	var m model
	m.Tags, m.DataDisks, m.KeyIDs = empty, dataDisks.List(nil), tfvalue.TextSet(nil)
	in := reported()
	in.KeyIDs = nil
	m.refresh(wizard.NewLook(in, wizard.Baseline{}))
	m.TagMaps.Refresh(nil, nil)
	if !m.Tags.Equal(empty) || !m.DataDisks.Equal(dataDisks.List(nil)) || !m.KeyIDs.Equal(tfvalue.TextSet(nil)) {
		t.Errorf("tags %s, data_disks %s, key_ids %s", m.Tags, m.DataDisks, m.KeyIDs)
	}
}

func TestRefresh_keepsTheUsersSpellingOfAnImage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, now, want string }{
		{"6f2b", "IMG-6f2b", "6f2b"}, {"IMG-6f2b", "6f2b", "IMG-6f2b"}, {"img-6F2B", "IMG-6f2b", "img-6F2B"},
		{"IMG-6f2b", "IMG-7777", "IMG-7777"}, {"IMG-6f2b", "", "IMG-6f2b"},
	} {
		var m model
		m.ImageID = types.StringValue(c.was)
		in := reported()
		in.ImageID = c.now
		m.refresh(wizard.NewLook(in, wizard.Baseline{}))
		if m.ImageID.ValueString() != c.want {
			t.Errorf("%s reported as %q becomes %s, want %s", c.was, c.now, m.ImageID, c.want)
		}
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
	m.refresh(wizard.NewImport(reported()))
	m.TagMaps.Refresh(map[string]string{"team": "search"}, nil)
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
