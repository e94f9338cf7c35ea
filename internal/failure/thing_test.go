package failure

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// withAll is the table of a launch with an EIP, two data disks and the rest.
func withAll() param.Table {
	t := attributes()
	eip, disks := path.Root("eip"), path.Root("data_disks")
	t.At(eip.AtName("line_id"), "LineId", types.StringValue("l"))
	t.At(eip.AtName("bandwidth_mbps"), "AddressBandWidth", types.Int64Value(5))
	t.At(disks.AtListIndex(0).AtName("type"), "DataDisk.1.Type", types.StringValue("SSD3.0"))
	t.At(disks.AtListIndex(1).AtName("type"), "DataDisk.2.Type", types.StringValue("EHDD"))
	t.At(path.Root("system_disk").AtName("type"), "SystemDisk.DiskType", types.StringNull())
	t.At(path.Root("system_disk").AtName("size_gib"), "SystemDisk.DiskSize", types.Int64Null())
	t.Root("security_group_ids", "SecurityGroupId", types.SetNull(types.StringType))
	t.Root("image_id", "ImageId", types.StringValue("IMG-1"))
	t.Root("key_ids", "KeyId", types.SetNull(types.StringType))
	t.Root("project_id", "ProjectId", types.Int64Null())
	return t
}

// KEC has one word for the quota of instances and that of addresses, and so on. What a text is
// about is short, wherever the text stands.
func TestThings_areToldApartFromMachines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code, words string
		want        Code
		at, summary string
	}{
		{"EipQuotaExceeded", "", ExcessiveNumber, "eip", "A quota of EIPs is used up"},
		{"QuotaExceeded", "The quota of elastic IP is used up", ExcessiveNumber, "eip", "A quota of EIPs is used up"},
		{"", "弹性IP数量超过配额", ExcessiveNumber, "eip", "A quota of EIPs is used up"},
		{"AddressLimitExceeded", "address limit exceeded", InvalidParameter, "eip", "KEC does not accept a value"},
		{"", "The bandwidth exceeds the quota", ExcessiveNumber, "eip", "A quota of EIPs is used up"},
		{"ProductSellOutInvalid", "the EIP line is sold out", OutOfStock, "eip", "Out of stock: EIPs"},
		{"", "EIP addresses are used up", OutOfStock, "eip", "Out of stock: EIPs"},
		{"", "带宽资源不足", OutOfStock, "eip", "Out of stock: EIPs"},
		{"", "excessive number of volumes", ExcessiveNumber, "data_disks", "A quota of data disks is used up"},
		{"DiskQuotaExceeded", "", ExcessiveNumber, "data_disks", "A quota of data disks is used up"},
		{"ProductSellOutInvalid", "SSD3.0 disk is sell out", OutOfStock, "data_disks", "A type of data disk is out of stock"},
		{"", "云硬盘库存不足", OutOfStock, "data_disks", "A type of data disk is out of stock"},
		{"ProductSellOutInvalid", "SystemDisk ESSD_PL1 is sell out", OutOfStock, "system_disk", "Out of stock: system disks"},
		{"", "系统盘大小超过限制", InvalidParameter, "system_disk", "KEC does not accept a value"},
		{"SecurityGroupQuotaExceeded", "", ExcessiveNumber, "security_group_ids", "A quota of security groups is used up"},
		{"", "The number of instances in the security group exceeds the limit", InvalidParameter, "security_group_ids", "KEC does not accept a value"},
		{"", "安全组配额不足", ExcessiveNumber, "security_group_ids", "A quota of security groups is used up"},
		{"ImagePermissionDenied", "no permission for image IMG-1", ImageUnusable, "image_id", "The image cannot be used"},
		{"AccessDenied", "The image is not shared with this account", ImageUnusable, "image_id", "The image cannot be used"},
		{"", "没有该镜像的权限", ImageUnusable, "image_id", "The image cannot be used"},
		{"", "镜像配额不足", ImageUnusable, "image_id", "The image cannot be used"},
		{"", "no permission for the project", PermissionDenied, "project_id", "No permission for the projects"},

		// What is about the machine, the keys or the account stays so.
		{"InstanceQuotaExceeded", "MinCount 1 exceeds the instance quota", ExcessiveNumber, "", "The account's instance quota is used up"},
		{"", "excessive number", ExcessiveNumber, "", "The account's instance quota is used up"},
		{"", "实例数量超过配额", ExcessiveNumber, "", "The account's instance quota is used up"},
		{"ProductSellOutInvalid", "InstanceType N3.2B with an SSD3.0 system disk is sell out", OutOfStock, "instance_type", "Out of stock"},
		{"PermissionDenied", "lack of policy for images", PermissionDenied, "", "KEC refused access"},
		{"SignatureDoesNotMatch", "check the key of the image", PermissionDenied, "", "KEC refused access"},
		{"", "insufficient balance for the EIP", InsufficientBalance, "", "The account's balance is too low"},
		{"", "Rate limit exceeded for this address", Throttled, "", "KEC is throttling requests"},
		{"", "available ip of subnet is not enough", SubnetFull, "subnet_id", "The subnet has no free address"},
		{"SubnetIpNotEnough", "no free address", SubnetFull, "subnet_id", "The subnet has no free address"},
		{"ImageIdInvalid", "quota", ImageUnusable, "image_id", "The image cannot be used"},
	} {
		f := Of(&ksyun.Error{Action: "RunInstances", Code: c.code, Message: c.words, Status: 400})
		told := newFailure(LaunchFailed) // the same words, after acceptance
		told.Words = strings.TrimSpace(c.code + " " + c.words)
		if cause, _ := classify("", told.Words); cause.Code != Unknown {
			told.Cause = cause
		}
		told.sharpen(told.Words, "", false)
		all := []Failure{f, told}
		if c.code == "InstanceQuotaExceeded" || c.code == "SignatureDoesNotMatch" || c.code == "SubnetIpNotEnough" || c.code == "ImageIdInvalid" {
			all = all[:1] // the exact code decides, and a reason has none
		}
		for i, f := range all {
			at, _ := f.At(withAll())
			if f.Code != c.want || at.String() != c.at || f.Summary != c.summary {
				t.Errorf("%d %q %q: %s at %q: %s\nwant %s at %q: %s", i, c.code, c.words, f.Code, at, f.Summary, c.want, c.at, c.summary)
			}
		}
	}
}

// A refusal of a thing says nothing of the stock of machines, and asks for none.
func TestThings_areNotLookedUpAsMachines(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	r := NewRefusals(explainerOf(t, sim))
	f := begin(t, r, orderOf(kecsim.SubnetA, "")).Refused(t.Context(), refusal("ProductSellOutInvalid", "the EIP line is sold out", "r1"))
	wantEqual(t, "detail", f.Detail(withAll()), "Choose another line or less bandwidth, order without an address, or try again later.\n\n"+
		"Code: OutOfStock\nKEC: \"the EIP line is sold out\" (ProductSellOutInvalid), RunInstances, request r1\nRetry: later")
	wantEqual(t, "sent after it", sent(t, r, orderOf(kecsim.SubnetA, "")), true)
}

// A type of disk that is sold out answers for launches with such a disk, and for no others.
func TestRefusals_aTypeOfDisk(t *testing.T) {
	t.Parallel()
	r := NewRefusals(explainerOf(t, kecsim.New()))
	with := func(types ...string) market.Launch {
		launch := orderOf(kecsim.SubnetA, "")
		launch.DataDiskTypes = types
		return launch
	}
	begin(t, r, with("SSD3.0", "EHDD")).Refused(t.Context(), &ksyun.Error{
		Action: "RunInstances", Code: "ProductSellOutInvalid", Message: "DataDisk.2.Type EHDD is sell out", Param: "DataDisk.2.Type", Status: 400,
	})
	wantEqual(t, "another with such a disk is sent", sent(t, r, with("EHDD")), false)
	wantEqual(t, "one with the other type is sent", sent(t, r, with("SSD3.0")), true)
	wantEqual(t, "one without disks is sent", sent(t, r, with()), true)
}
