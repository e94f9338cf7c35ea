package kecsim

import (
	"encoding/base64"
	"strings"
	"testing"
)

const invalidValue, invalidParam = "InvalidParameterValue", "InvalidParameter"

// sized is base64 of so many bytes.
func sized(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", n))) }

// Every row changes one thing about a launch that would succeed.
var launchRefusals = []struct {
	name    string
	change  []string
	code    string
	message string
}{
	{"no image", []string{"ImageId", "-"}, invalidParam, "ImageId is required"},
	{"no group", []string{"SecurityGroupId.1", "-"}, invalidParam, "SecurityGroupId.1 is required"},
	{"unknown parameter", []string{"AvailabilityZone", ZoneA}, invalidParam, "AvailabilityZone"},
	{"unknown parameter, as spelt", []string{"dataDisk.1.COLOUR", "x"}, invalidParam, "dataDisk.1.COLOUR"},
	{"image malformed", []string{"ImageId", "ubuntu"}, invalidValue, "ImageId"},
	{"image unknown", []string{"ImageId", "IMG-0d000000-0000-4000-8000-0000000000ff"}, "ImageIdInvalid", "does not exist"},
	{"image broken", []string{"ImageId", ImageBroken}, "ImageIdInvalid", "state error, not active"},
	{"type unknown", []string{"InstanceType", "Z9.1A"}, invalidValue, "InstanceType Z9.1A is not offered in cn-beijing-6a"},
	{"type absent", []string{"InstanceType", "-"}, invalidValue, "I1.1A"},
	{"type not for spot", []string{"InstanceType", TypeNotSpot}, "ChargeTypeNotSupported", "ChargeType Spot is not offered for InstanceType I4.2B"},
	{"count no number", []string{"MinCount", "one"}, invalidValue, "MinCount must be an integer"},
	{"count zero", []string{"MaxCount", "0"}, invalidValue, "MaxCount must be between 1"},
	{"min over max", []string{"MinCount", "2"}, invalidValue, "MinCount 2 is more than MaxCount 1"},
	{"subnet unknown", []string{"SubnetId", VPC}, invalidValue, "SubnetId " + VPC + " does not exist"},
	{"subnet of another region", []string{"SubnetId", subnet2A}, invalidValue, "SubnetId"},
	{"subnet type", []string{"SubnetId", SubnetReserve}, invalidValue, "SubnetId " + SubnetReserve + " is of type Reserve"},
	{"group unknown", []string{"SecurityGroupId.0", VPC}, invalidValue, "SecurityGroupId.1 " + VPC},
	{"group twice", []string{"SecurityGroupId.2", SecurityGroup}, invalidValue, "SecurityGroupId.2"},
	{"charge type", []string{"ChargeType", "spot"}, invalidValue, "ChargeType must be one of"},
	{"months with spot", []string{"PurchaseTime", "1"}, invalidValue, "PurchaseTime must be 0 with ChargeType Spot, not 1"},
	{"monthly without months", []string{"ChargeType", "Monthly"}, invalidValue, "PurchaseTime"},
	{"strategy without spot", []string{"ChargeType", "Daily", "SpotStrategy", "SpotAsPriceGo"}, invalidValue, "SpotStrategy is only allowed"},
	{"limit without spot", []string{"ChargeType", "Daily", "SpotPriceLimit", "0.1"}, invalidValue, "SpotPriceLimit is only allowed"},
	{"limit with automatic bidding", []string{"SpotPriceLimit", "0.1"}, invalidValue, "SpotPriceLimit is only allowed with SpotStrategy SpotWithPriceLimit"},
	{"no limit", []string{"SpotStrategy", "SpotWithPriceLimit"}, invalidParam, "SpotPriceLimit is required"},
	{"six decimals", []string{"SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.039301"}, "SpotPriceLimitInvalid", "has more than 5 decimals"},
	{"limit no number", []string{"SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "4e-2"}, "SpotPriceLimitInvalid", "SpotPriceLimit"},
	{"limit under the market", []string{"SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.02"}, "SpotPriceLimitInvalid",
		"SpotPriceLimit 0.02 is out of range: N3.2B in cn-beijing-6a costs 0.0393 now and 0.1965 on demand"},
	{"limit over on demand", []string{"SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.19651"}, "SpotPriceLimitInvalid", "SpotPriceLimit 0.19651"},
	{"password without digit", []string{"InstancePassword", "Abcdefgh"}, invalidValue, "InstancePassword must hold"},
	{"password short", []string{"InstancePassword", "Abc123"}, invalidValue, "InstancePassword must have 8 to 32"},
	{"bad password beside a key", []string{"InstancePassword", "x", "KeyId.1", KeyA}, invalidValue, "InstancePassword"},
	{"key unknown", []string{"KeyId.1", KeyA, "KeyId.2", VPC}, invalidValue, "KeyId.2"},
	{"key with other-linux", []string{"KeyId.1", KeyA, "ImageId", imageNoCloud}, invalidValue, "KeyId.1"},
	{"image login of a system image", []string{"KeepImageLogin", "true"}, invalidValue, "KeepImageLogin"},
	{"flag that is none", []string{"KeepImageLogin", "yes"}, invalidValue, "KeepImageLogin must be true or false"},
	{"system disk type", []string{"SystemDisk.DiskType", "floppy"}, invalidValue, "SystemDisk.DiskType"},
	{"system disk size", []string{"SystemDisk.DiskSize", "19"}, invalidValue, "SystemDisk.DiskSize must be between 20 and 500, not 19"},
	{"data disk without size", []string{"DataDisk.1.Type", "SSD3.0"}, invalidParam, "DataDisk.1.Size is required"},
	{"second data disk, from zero", []string{"DataDisk.0.Type", "SSD3.0", "DataDisk.0.Size", "20", "DataDisk.1.Type", "SSD3.0", "DataDisk.1.Size", "9"},
		invalidValue, "DataDisk.2.Size must be between 10 and 16000, not 9"},
	{"data disk type", []string{"DataDisk.1.Type", "ESSD_SYSTEM_PL0", "DataDisk.1.Size", "20"}, invalidValue, "DataDisk.1.Type"},
	{"local disk", []string{"DataDiskGb", "0"}, invalidValue, "DataDiskGb"},
	{"address outside", []string{"PrivateIpAddress", "10.9.0.4"}, invalidValue, "10.9.0.4 is not inside the subnet's 10.7.0.0/24"},
	{"address reserved", []string{"PrivateIpAddress", "10.7.0.1"}, invalidValue, "PrivateIpAddress 10.7.0.1 is reserved"},
	{"address no address", []string{"PrivateIpAddress", "ten"}, invalidValue, "PrivateIpAddress"},
	{"one address for two", []string{"PrivateIpAddress", "10.7.0.9", "MaxCount", "2"}, invalidValue, "PrivateIpAddress"},
	{"second interface elsewhere", []string{"NetworkInterface.1.SubnetId", SubnetB, "NetworkInterface.1.SecurityGroupId.1", SecurityGroup}, invalidValue, "NetworkInterface.1.SubnetId"},
	{"second interface without group", []string{"NetworkInterface.1.SubnetId", SubnetA}, invalidParam, "NetworkInterface.1.SecurityGroupId.1"},
	{"name of one letter", []string{"InstanceName", "a"}, invalidValue, "InstanceName must have 2 to 64 characters, not 1"},
	{"suffix without name", []string{"InstanceNameSuffix", "1"}, invalidValue, "InstanceNameSuffix"},
	{"host name with dot", []string{"HostName", "a.b"}, invalidValue, "HostName"},
	{"host name, no cloud-init", []string{"HostName", "web", "ImageId", imageNoCloud}, invalidValue, "HostName"},
	{"user data not base64", []string{"UserData", "#!/bin/sh"}, invalidValue, "UserData must be base64"},
	{"user data too long", []string{"UserData", sized(16385)}, invalidValue, "UserData must be at most 16384 bytes, not 16385"},
	{"project unknown", []string{"ProjectId", "7"}, invalidValue, "ProjectId 7"},
	{"tag ksc", []string{"Tag.1.Key", "kSc-x", "Tag.1.Value", "1"}, invalidValue, "Tag.1.Key must not start with ksc"},
	{"tag twice", []string{"Tag.1.Key", "a", "Tag.2.Key", "a"}, invalidValue, "Tag.2.Key"},
	{"tag value", []string{"Tag.1.Key", "a", "Tag.1.Value", strings.Repeat("v", 256)}, invalidValue, "Tag.1.Value"},
	{"release too soon", []string{"AutoDeleteTime", "2026-03-02 17:29"}, "AutoDeleteTimeIsInvalid", "AutoDeleteTime 2026-03-02 17:29"},
	{"release no time", []string{"AutoDeleteTime", "2026-03-02T17:59:00Z"}, invalidValue, "AutoDeleteTime"},
	{"EIP release alone", []string{"AutoDeleteEip", "true"}, invalidValue, "AutoDeleteEip"},
	{"half an EIP", []string{"LineId", "l"}, invalidParam, "AddressBandWidth is required"},
	{"monthly EIP", []string{"LineId", "l", "AddressBandWidth", "5", "AddressChargeType", "PrePaidByMonth"}, invalidParam, "AddressPurchaseTime"},
	{"EIP by the name of its own API", []string{"LineId", "l", "AddressBandWidth", "5", "AddressChargeType", "Daily"}, "InvalidParameterValue", "AddressChargeType"},
	{"template", []string{"ModelId", "m"}, invalidValue, "ModelId"},
}

func TestRunInstances_refusals(t *testing.T) {
	t.Parallel()
	for _, c := range launchRefusals {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			me.KEC("RunInstances", spot(c.change...)...).Refused(400, c.code, c.message)
			same(t, "instances", len(sim.Instances()), 0)
			same(t, "orders", len(sim.Orders()), 0)
		})
	}
}

func TestRunInstances_takesEveryParameter(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch(
		"ImageId", strings.TrimPrefix(ImageCustom, "IMG-"), "PurchaseTime", "0", "SpotStrategy", "SpotWithPriceLimit", "SpotPriceLimit", "0.1965",
		"SecurityGroupId.2", SecurityGroup2, "InstancePassword", "Secret-123", "KeyId.1", KeyA, "KeyId.2", KeyB, "KeepImageLogin", "true",
		"SystemDisk.DiskType", "ESSD_PL1", "SystemDisk.DiskSize", "60", "DataDiskGb", "100",
		"DataDisk.1.Type", "SSD3.0", "DataDisk.1.Size", "50", "DataDisk.1.DeleteWithInstance", "true", "DataDisk.1.SnapshotId", "snap",
		"DataDisk.2.Type", "EHDD", "DataDisk.2.Size", "10",
		"PrivateIpAddress", "10.7.0.77", "NetworkInterface.1.SubnetId", SubnetA, "NetworkInterface.1.SecurityGroupId.1", SecurityGroup2,
		"InstanceName", "spot-worker-", "InstanceNameSuffix", "7", "HostName", "worker", "HostNameSuffix", "3",
		"UserData", "aGVsbG8=", "ProjectId", "100002", "Tag.1.Key", "env", "Tag.1.Value", "prod", "SyncTag", "true",
		"AutoDeleteTime", "2026-03-02 17:30:00", "AutoDeleteEip", "true", "FailureAutoDelete", "true", "IsProtect", "true",
		"LineId", "l", "AddressBandWidth", "5", "AddressChargeType", "PrePaidByMonth", "AddressPurchaseTime", "1", "AddressProjectId", "0", "BandWidthShareId", "b",
		"IamRoleName", "role", "DataGuardId", "guard", "SriovNetSupport", "true", "DistributeIpv6", "true",
	)[0]
	sim.Advance(sim.w.settings.Boot)
	in := me.Describe(id)
	for field, want := range map[string]any{
		"ImageId": ImageCustom, "InstanceName": "spot-worker-7", "HostName": "worker3", "PrivateIpAddress": "10.7.0.77",
		"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.1965, "SpotRecyclingTime": "", "SriovNetSupport": "true",
		"AutoDeleteTime": "2026-03-02 17:30", "AutoDeleteEip": true, "FailureAutoDelete": true, "SyncTag": true, "UserData": "aGVsbG8=",
		"ProjectId": 100002.0, "ChargeType": "Spot", "CreationDate": "2026-03-02T09:00:00Z", "AvailabilityZoneName": ZoneA,
	} {
		same(t, field, in[field], want)
	}
	nics := in["NetworkInterfaceSet"].([]any)
	same(t, "interfaces", len(nics), 2)
	same(t, "public address", nics[0].(map[string]any)["PublicIp"], any("203.0.113.2"))
	disk := in["DataDisks"].([]any)[0].(map[string]any)
	same(t, "snapshot shown", disk["SnapshotId"], nil)
	same(t, "deleted with it", disk["DeleteWithInstance"], any(true))
	// N3 ignores the local disk (fact 53).
	same(t, "local disk", in["InstanceConfigure"].(map[string]any)["DataDiskGb"], any(0.0))
	same(t, "password", sim.Instances()[0].Password, "Secret-123")
	me.KEC("TerminateInstances", "InstanceId.1", id, "ForceDelete", "true").Refused(400, "InstanceResourceProtected")
	// The timer outranks the protection.
	sim.Advance(31 * 60 * 1e9)
	same(t, "instances after the timer", len(sim.Instances()), 0)
}

func TestRunInstances_spellings(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.KEC("RunInstances", "imageid", ImageUbuntu, "instanceType", TypeSmall, "mincount", "1", "MAXCOUNT", "1",
		"subnetId", SubnetA, "securityGroupId", SecurityGroup, "chargetype", "Spot").OK()
	me.ActionInBody = true
	me.KEC("RunInstances", spot("Service", "kec", "Region", Region, "Accesskey", AccessKey, "SdkVersion", "1")...).OK()
	me.ActionInBody, me.ContentType = false, "application/json"
	me.Send(me.Request("kec", "RunInstances", "2016-03-04", `{"ImageId":"`+ImageUbuntu+`","InstanceType":"N3.2B","MinCount":1,"MaxCount":1,
		"SubnetId":"`+SubnetA+`","SecurityGroupId":["`+SecurityGroup+`"],"ChargeType":"Spot","SyncTag":true,"HostName":null}`)).OK()
	same(t, "instances", len(sim.Instances()), 3)
	same(t, "third id", sim.Instances()[2].ID, "1a5ce000-0000-4000-8000-000000000003")
	me.ContentType = "application/x-www-form-urlencoded"
	me.KEC("RunInstances", spot("Region", Region2)...).Refused(400, "InvalidParameterValue", "Region")
}

func TestRunInstances_partialFulfilment(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		scarce  func(*Server)
		min     string
		opened  int
		code    string
		message string
	}{
		{"stock", func(s *Server) { s.SetStock(ZoneA, TypeSmall, 2) }, "1", 2, "", ""},
		{"stock, too few", func(s *Server) { s.SetStock(ZoneA, TypeSmall, 2) }, "3", 0, "ProductSellOutInvalid", "3 wanted, 2 available"},
		{"sold out", func(s *Server) { s.SellOut(ZoneA, TypeSmall) }, "1", 0, "ProductSellOutInvalid", "InstanceType N3.2B is sell out in cn-beijing-6a"},
		{"quota", func(s *Server) { s.SetQuota(1) }, "2", 0, "InstanceQuotaExceeded", "MinCount 2 exceeds the instance quota: 1 of 1 left"},
		{"subnet", func(s *Server) { s.SetSubnetFree(SubnetA, 1) }, "2", 0, "SubnetIpNotEnough", "SubnetId " + SubnetA + " has 1 free addresses, 2 wanted"},
		{"subnet, some", func(s *Server) { s.SetSubnetFree(SubnetA, 1) }, "1", 1, "", ""},
		{"balance", func(s *Server) { s.SetBalance("99.99") }, "1", 0, "Payment.InsufficientBalance", "balance is 99.99 CNY, at least 100"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			c.scarce(sim)
			a := me.KEC("RunInstances", spot("MinCount", c.min, "MaxCount", "4")...)
			if c.code != "" {
				a.Refused(400, c.code, c.message)
			} else {
				a.OK()
			}
			same(t, "instances", len(sim.Instances()), c.opened)
		})
	}
}

// A batch opens what the scarcest of quota, stock, addresses and balance leaves, and takes from
// all four.
func TestRunInstances_aBatchOpensWhatFits(t *testing.T) {
	t.Parallel()
	quota, stock := func(s *Server) { s.SetQuota(9) }, func(s *Server) { s.SetStock(ZoneA, TypeSmall, 7) }
	addresses, balance := func(s *Server) { s.SetSubnetFree(SubnetA, 5) }, func(s *Server) {
		s.SetPrice(ZoneA, TypeSmall, "40", "60")
		s.SetBalance("170")
	}
	type left struct{ opened, stock, used, free int }
	cases := []struct {
		name    string
		scarce  []func(*Server)
		pairs   []string
		want    left
		balance string
	}{
		{"nothing", nil, nil, left{20, 30, 20, 230}, "999.214"},
		{"quota", []func(*Server){quota}, nil, left{9, 41, 9, 241}, "999.6463"},
		{"stock", []func(*Server){stock}, nil, left{7, 0, 7, 243}, "999.7249"},
		{"addresses", []func(*Server){addresses}, nil, left{5, 45, 5, 0}, "999.8035"},
		{"two addresses each", []func(*Server){addresses}, []string{"NetworkInterface.1.SubnetId", SubnetA, "NetworkInterface.1.SecurityGroupId.1", SecurityGroup},
			left{2, 48, 2, 1}, "999.9214"},
		{"balance", []func(*Server){balance}, nil, left{4, 46, 4, 246}, "10"},
		{"quota and stock", []func(*Server){quota, stock}, nil, left{7, 0, 7, 243}, ""},
		{"all four", []func(*Server){quota, stock, addresses, balance}, nil, left{4, 3, 4, 1}, "10"},
		{"pay-as-you-go, stock", []func(*Server){stock}, onDemand, left{7, 0, 7, 243}, "998.6245"},
		{"pay-as-you-go, balance", []func(*Server){balance}, onDemand, left{2, 48, 2, 248}, "50"},
		{"pay-as-you-go, all four", []func(*Server){quota, stock, addresses, balance}, onDemand, left{2, 5, 2, 3}, "50"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			for _, scarce := range c.scarce {
				scarce(sim)
			}
			ids := me.launch(append([]string{"MinCount", "1", "MaxCount", "20"}, c.pairs...)...)
			w := sim.Overview()
			same(t, "left", left{len(ids), sim.Stock(ZoneA, TypeSmall), w.Used, sim.w.mustSubnet(SubnetA).free}, c.want)
			if c.balance != "" {
				same(t, "balance", w.Balance, c.balance)
			}
		})
	}
}

// onDemand turns a spot launch into one of a pay-as-you-go machine.
var onDemand = []string{"ChargeType", "HourlyInstantSettlement"}

// Pay-as-you-go machines take from the stock that spot launches take from, and give it back.
func TestRunInstances_payAsYouGoHasTheSameStock(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.SetStock(ZoneA, TypeSmall, 25)
	same(t, "spot machines", len(me.launch("MinCount", "1", "MaxCount", "15")), 15)
	bought := me.launch(append([]string{"MinCount", "1", "MaxCount", "15"}, onDemand...)...)
	same(t, "pay-as-you-go machines", len(bought), 10)
	me.KEC("RunInstances", spot()...).Refused(400, "ProductSellOutInvalid", "1 wanted, 0 available")
	me.KEC("RunInstances", spot(onDemand...)...).Refused(400, "ProductSellOutInvalid", "1 wanted, 0 available")
	me.KEC("TerminateInstances", "InstanceId.1", bought[0], "ForceDelete", "true").OK()
	sim.Advance(sim.w.settings.TerminateTime)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 1)
	same(t, "one more spot machine", len(me.launch("MinCount", "1", "MaxCount", "15")), 1)
}

func TestDryRun_doesNothing(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.KEC("RunInstances", spot("DryRun", "true")...).Refused(412, "DryRunOperation")
	me.KEC("DescribeRegions", "DryRun", "true").Refused(412, "DryRunOperation")
	me.KEC("RunInstances", spot("DryRun", "true", "MinCount", "0")...).Refused(400, "InvalidParameterValue", "MinCount")
	me.KEC("RunInstances", spot("DryRun", "perhaps")...).Refused(400, "InvalidParameterValue", "DryRun")
	same(t, "instances", len(sim.Instances()), 0)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 50)
}
