package spotinstance

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// model is the resource in Terraform's three forms: config, plan and state.
type model struct {
	ID types.String `tfsdk:"id"`

	SpotStrategy   types.String `tfsdk:"spot_strategy"`
	SpotPriceLimit types.Number `tfsdk:"spot_price_limit"`
	InstanceType   types.String `tfsdk:"instance_type"`
	ImageID        types.String `tfsdk:"image_id"`

	SubnetID         types.String `tfsdk:"subnet_id"`
	SecurityGroupIDs types.Set    `tfsdk:"security_group_ids"`
	PrivateIPAddress types.String `tfsdk:"private_ip_address"`
	SecondaryNICs    types.List   `tfsdk:"secondary_network_interfaces"`

	SystemDisk       types.Object `tfsdk:"system_disk"`
	DataDisks        types.List   `tfsdk:"data_disks"`
	LocalDataDiskGiB types.Int64  `tfsdk:"local_data_disk_gib"`

	EIP types.Object `tfsdk:"eip"`

	PasswordWO        types.String `tfsdk:"password_wo"`
	PasswordWOVersion types.Int64  `tfsdk:"password_wo_version"`
	KeyIDs            types.Set    `tfsdk:"key_ids"`
	KeepImageLogin    types.Bool   `tfsdk:"keep_image_login"`

	InstanceName types.String `tfsdk:"instance_name"`
	HostName     types.String `tfsdk:"host_name"`

	ProjectID types.Int64 `tfsdk:"project_id"`
	Tags      types.Map   `tfsdk:"tags"`

	UserData        types.String `tfsdk:"user_data"`
	UserDataBase64  types.String `tfsdk:"user_data_base64"`
	IAMRoleName     types.String `tfsdk:"iam_role_name"`
	DataGuardID     types.String `tfsdk:"data_guard_id"`
	SriovNetSupport types.Bool   `tfsdk:"sriov_net_support"`
	DistributeIPv6  types.Bool   `tfsdk:"distribute_ipv6"`

	AutoDeleteTime     types.String `tfsdk:"auto_delete_time"`
	AutoDeleteEIP      types.Bool   `tfsdk:"auto_delete_eip"`
	DeletionProtection types.Bool   `tfsdk:"deletion_protection"`

	Timeouts timeouts.Value `tfsdk:"timeouts"`

	State              types.String `tfsdk:"state"`
	AvailabilityZone   types.String `tfsdk:"availability_zone"`
	VPCID              types.String `tfsdk:"vpc_id"`
	NetworkInterfaceID types.String `tfsdk:"network_interface_id"`
	PublicIP           types.String `tfsdk:"public_ip"`
	CreatedAt          types.String `tfsdk:"created_at"`
	ProtectedUntil     types.String `tfsdk:"protected_until"`
	RecyclingTime      types.String `tfsdk:"recycling_time"`
	TagsAll            types.Map    `tfsdk:"tags_all"`
}

// codec reads and writes the model.
var codec = sync.OnceValue(func() *tfvalue.Codec[model] {
	var resp resource.SchemaResponse
	(&Resource{}).Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return tfvalue.NewCodec[model]("instance", resp.Schema)
})

// Parameters is the table of an empty kec_spot_instance, for whoever has to
// name the attribute behind an API parameter without having an instance.
func Parameters() param.Table { return (&model{}).params() }

// params lists every setting of the launch in wizard order. It is the only
// place that holds an attribute's API name.
func (m *model) params() param.Table {
	var t param.Table
	t.Fixed("ChargeType", "Spot")
	t.Fixed("MinCount", "1")
	t.Fixed("MaxCount", "1")

	t.Root("spot_strategy", "SpotStrategy", m.SpotStrategy)
	t.Root("spot_price_limit", "SpotPriceLimit", m.SpotPriceLimit) // CNY per hour
	t.Root("instance_type", "InstanceType", m.InstanceType)
	t.Root("image_id", "ImageId", m.ImageID)

	t.Root("subnet_id", "SubnetId", m.SubnetID)
	t.Root("security_group_ids", "SecurityGroupId", m.SecurityGroupIDs).InPlace(changeSecurityGroups)
	t.Root("private_ip_address", "PrivateIpAddress", m.PrivateIPAddress)
	if m.SecondaryNICs.IsUnknown() {
		t.Version("secondary_network_interfaces", m.SecondaryNICs)
	}
	for i, nic := range secondaryNICsOf(m.SecondaryNICs) {
		at, n := path.Root("secondary_network_interfaces").AtListIndex(i), fmt.Sprintf("NetworkInterface.%d.", i+1)
		t.At(at.AtName("subnet_id"), n+"SubnetId", nic.SubnetID)
		t.At(at.AtName("security_group_ids"), n+"SecurityGroupId", nic.SecurityGroupIDs)
		t.At(at.AtName("private_ip_address"), n+"PrivateIpAddress", nic.PrivateIPAddress)
	}

	at, system := path.Root("system_disk"), systemDiskOf(m.SystemDisk)
	t.At(at.AtName("type"), "SystemDisk.DiskType", system.Type)
	t.At(at.AtName("size_gib"), "SystemDisk.DiskSize", system.SizeGiB)
	if m.DataDisks.IsUnknown() {
		t.Version("data_disks", m.DataDisks)
	}
	for i, d := range dataDisksOf(m.DataDisks) {
		at, n := path.Root("data_disks").AtListIndex(i), fmt.Sprintf("DataDisk.%d.", i+1) // the API counts from 1
		t.At(at.AtName("type"), n+"Type", d.Type)
		t.At(at.AtName("size_gib"), n+"Size", d.SizeGiB)
		t.At(at.AtName("snapshot_id"), n+"SnapshotId", d.SnapshotID).Unreported()
		t.At(at.AtName("delete_with_instance"), n+"DeleteWithInstance", d.DeleteWithInstance)
	}
	t.Root("local_data_disk_gib", "DataDiskGb", m.LocalDataDiskGiB)

	at, address := path.Root("eip"), eipOf(m.EIP)
	if m.EIP.IsUnknown() {
		t.Version("eip", m.EIP)
	}
	add := func(attribute, name string, value attr.Value) {
		line := t.At(at.AtName(attribute), name, value)
		// Without a public address there was none to be bought: then null says that there is none.
		if m.EIP.IsNull() && !m.PublicIP.IsNull() {
			line.Unreported()
		}
	}
	add("line_id", "LineId", address.LineID)
	add("bandwidth_mbps", "AddressBandWidth", address.BandwidthMbps)
	add("charge_type", "AddressChargeType", address.ChargeType)
	add("purchase_months", "AddressPurchaseTime", address.PurchaseMonths)
	add("project_id", "AddressProjectId", address.ProjectID)
	add("bandwidth_share_id", "BandWidthShareId", address.BandwidthShareID)

	t.Root("password_wo", "InstancePassword", m.PasswordWO)
	t.Version("password_wo_version", m.PasswordWOVersion).InPlace(changePassword).Unreported()
	t.Root("key_ids", "KeyId", m.KeyIDs).InPlace(changeKeys)
	t.Root("keep_image_login", "KeepImageLogin", unlessFalse(m.KeepImageLogin)).Unreported()

	t.Root("instance_name", "InstanceName", m.InstanceName).InPlace(changeName)
	t.Root("host_name", "HostName", m.HostName).InPlace(changeHostName)

	t.Root("project_id", "ProjectId", m.ProjectID).InPlace(changeProject)
	t.Root("tags", "Tag", m.TagsAll).InPlace(changeTags)
	if len(m.TagsAll.Elements()) > 0 {
		t.Fixed("SyncTag", "true") // the data disks carry the tags too
	}

	for _, way := range []struct {
		attribute string
		value     types.String
	}{{"user_data", encoded(m.UserData)}, {"user_data_base64", m.UserDataBase64}} {
		line := t.Root(way.attribute, "UserData", way.value)
		if m.UserData.IsNull() && m.UserDataBase64.IsNull() {
			line.UnreportedUnless(importedWithUserData)
		}
	}
	t.Root("iam_role_name", "IamRoleName", m.IAMRoleName).Unreported()
	t.Root("data_guard_id", "DataGuardId", m.DataGuardID)
	t.Root("sriov_net_support", "SriovNetSupport", unlessFalse(m.SriovNetSupport))
	t.Root("distribute_ipv6", "DistributeIpv6", unlessFalse(m.DistributeIPv6))

	t.Root("auto_delete_time", "AutoDeleteTime", minuteInChina(m.AutoDeleteTime)).InPlace(changeAutoDelete)
	t.Root("auto_delete_eip", "AutoDeleteEip", unlessFalse(m.AutoDeleteEIP)).InPlace(changeAutoDelete)
	t.Root("deletion_protection", "IsProtect", unlessFalse(m.DeletionProtection)).InPlace(changeProtection)
	return t
}

// unlessFalse is null for false where false is what KEC does anyway, so that
// writing it out changes nothing.
func unlessFalse(b types.Bool) types.Bool {
	if b.Equal(types.BoolValue(false)) {
		return types.BoolNull()
	}
	return b
}

// launch is the part of the model that a refusal, or a plan, is held against. What
// is unknown is left empty.
func (m *model) launch() market.Launch {
	launch := market.Launch{
		Name:             m.InstanceName.ValueString(),
		InstanceType:     m.InstanceType.ValueString(),
		ImageID:          m.ImageID.ValueString(),
		SubnetID:         m.SubnetID.ValueString(),
		Zone:             m.AvailabilityZone.ValueString(),
		PriceLimit:       tfvalue.Decimal(m.SpotPriceLimit),
		SecurityGroupIDs: tfvalue.SetTexts(m.SecurityGroupIDs),
		PrivateIP:        m.PrivateIPAddress.ValueString(),
	}
	for _, nic := range secondaryNICsOf(m.SecondaryNICs) {
		launch.OtherSubnetIDs = append(launch.OtherSubnetIDs, nic.SubnetID.ValueString())
	}
	for _, disk := range dataDisksOf(m.DataDisks) {
		launch.DataDiskTypes = append(launch.DataDiskTypes, disk.Type.ValueString())
	}
	return launch
}

// refresh reads every field back from KEC's answer. What KEC does not report
// stays as it is; what it reports empty becomes null. A value that the user
// left out, and that is none of KEC's defaults, stays out unless the instance
// has just been imported.
func (m *model) refresh(in *kec.Instance, imported bool) {
	m.ID = types.StringValue(in.ID)
	m.SpotStrategy = tfvalue.Keep(tfvalue.Text(in.SpotStrategy), m.SpotStrategy)
	switch {
	case in.SpotStrategy == asPriceGo:
		m.SpotPriceLimit = types.NumberNull() // KEC may show the highest price all the same
	case in.SpotPriceLimit != nil && in.SpotPriceLimit.Sign() > 0:
		m.SpotPriceLimit = tfvalue.Number(in.SpotPriceLimit)
	case imported:
		m.SpotPriceLimit = types.NumberNull()
	}
	if m.SpotStrategy.IsNull() || m.SpotStrategy.IsUnknown() {
		m.SpotStrategy = types.StringValue(asPriceGo)
		if !m.SpotPriceLimit.IsNull() {
			m.SpotStrategy = types.StringValue(withPriceLimit)
		}
	}
	m.InstanceType = tfvalue.Keep(tfvalue.Text(in.Type), m.InstanceType)
	m.ImageID = sameImage(tfvalue.Keep(tfvalue.Text(in.ImageID), m.ImageID), m.ImageID)

	m.SubnetID = tfvalue.Keep(tfvalue.Text(in.SubnetID), m.SubnetID)
	var nic kec.NIC
	if primary := in.PrimaryNIC(); primary != nil {
		nic = *primary
	}
	if len(nic.SecurityGroupIDs) > 0 {
		m.SecurityGroupIDs = tfvalue.TextSet(nic.SecurityGroupIDs)
	}
	m.PrivateIPAddress = tfvalue.Keep(tfvalue.Text(first(in.PrivateIP, nic.PrivateIP)), m.PrivateIPAddress)

	m.SecondaryNICs = refreshSecondaryNICs(in, m.SecondaryNICs, imported)

	m.SystemDisk = refreshSystemDisk(in.SystemDisk, m.SystemDisk)
	m.DataDisks = refreshDataDisks(in.DataDisks, m.DataDisks, imported)
	if gib := in.LocalDataDiskGB; gib != nil && (!m.LocalDataDiskGiB.IsNull() || imported) {
		m.LocalDataDiskGiB = tfvalue.KeepSize(*gib, m.LocalDataDiskGiB)
	}

	if set := tfvalue.TextSet(in.KeyIDs); !m.KeyIDs.IsNull() && len(m.KeyIDs.Elements()) > 0 || imported && len(in.KeyIDs) > 0 {
		m.KeyIDs = set
	}

	m.InstanceName = tfvalue.Keep(tfvalue.Text(in.Name), m.InstanceName)
	m.HostName = tfvalue.Keep(tfvalue.Text(in.HostName), m.HostName)
	if in.ProjectID != nil {
		m.ProjectID = types.Int64Value(*in.ProjectID)
	} else if m.ProjectID.IsUnknown() || m.ProjectID.IsNull() {
		m.ProjectID = types.Int64Value(0)
	}
	if imported {
		m.UserData, m.UserDataBase64 = userDataFrom(in.UserData)
	}
	if !m.DataGuardID.IsNull() || imported {
		m.DataGuardID = tfvalue.Text(in.DataGuardID)
	}
	m.SriovNetSupport = tfvalue.KeepFlag(in.SriovNetSupport, m.SriovNetSupport)
	m.DistributeIPv6 = tfvalue.KeepFlag(in.DistributeIPv6, m.DistributeIPv6)
	m.refreshRelease(in, imported)
	m.KeepImageLogin = tfvalue.KeepFlag(nil, m.KeepImageLogin)
	m.DeletionProtection = tfvalue.KeepFlag(nil, m.DeletionProtection)

	m.State = tfvalue.Text(in.State)
	m.AvailabilityZone = tfvalue.Keep(tfvalue.Text(in.Zone), m.AvailabilityZone)
	m.VPCID = tfvalue.Keep(tfvalue.Text(nic.VPCID), m.VPCID)
	m.NetworkInterfaceID = tfvalue.Keep(tfvalue.Text(nic.ID), m.NetworkInterfaceID)
	m.PublicIP = tfvalue.Text(nic.PublicIP)
	m.CreatedAt, m.ProtectedUntil = tfvalue.Known(m.CreatedAt), tfvalue.Known(m.ProtectedUntil)
	if created, ok := in.CreatedAt(); ok {
		until := created.Add(protectedFor)
		m.CreatedAt, m.ProtectedUntil = tfvalue.Instant(&created), tfvalue.Instant(&until)
	}
	m.RecyclingTime = tfvalue.Text(in.RecyclingTime)
	if at, ok := in.RecyclingAt(); ok {
		m.RecyclingTime = tfvalue.Instant(&at)
	}
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}
