package conform

import (
	"context"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// launchRuleChecks are about the parameters of RunInstances, by launches with DryRun=true.
func launchRuleChecks() []check {
	return slices.Concat(bidChecks(), diskChecks(), loginChecks(), labelChecks())
}

// bidChecks are about what a launch must name and what it may bid.
func bidChecks() []check {
	price := func(of func(w *world) decimal.Decimal) func(*world, url.Values) {
		return func(w *world, p url.Values) { p.Set("SpotPriceLimit", of(w).String()) }
	}
	onDemand := func(w *world) decimal.Decimal { return w.OnDemand }
	tiny := decimal.RequireFromString("0.00001")
	all := []check{
		accepted(about(13), "the launch as it is", nil),
		refusedWith(about(164), "the launch as it is", "412 DryRunOperation", nil),
		accepted(about(44, 45), "ChargeType Spot without a strategy", set("SpotStrategy", "", "SpotPriceLimit", "")),
		refused(44, "a ChargeType that does not exist", set("ChargeType", "Hourly")),
		refused(45, "a SpotStrategy that does not exist", set("SpotStrategy", "Cheapest", "SpotPriceLimit", "")),
		refused(45, "a SpotStrategy with HourlyInstantSettlement", set("ChargeType", "HourlyInstantSettlement")),
		refused(46, "a SpotPriceLimit with SpotAsPriceGo", set("SpotStrategy", "SpotAsPriceGo")),
		accepted(about(46, 131), "a bid of the market price", price(func(w *world) decimal.Decimal { return w.Spot })),
		accepted(about(46), "a bid of the pay-as-you-go price", price(onDemand)),
		refusedWith(about(46, 160), "a bid above the pay-as-you-go price", "400 SpotPriceLimitInvalid", price(func(w *world) decimal.Decimal { return onDemand(w).Add(tiny) })),
		refusedWith(about(131, 160), "a bid below the market price", "400 SpotPriceLimitInvalid", price(func(w *world) decimal.Decimal { return w.Spot.Div(decimal.NewFromInt(2)).RoundDown(5) })),
		accepted(about(46), "a bid of 5 decimals", price(func(w *world) decimal.Decimal { return w.Bid.Add(tiny) })),
		refusedWith(about(46, 160), "a bid of 6 decimals", "400 SpotPriceLimitInvalid", price(func(w *world) decimal.Decimal {
			return w.Spot.Add(decimal.RequireFromString("0.000001"))
		})),
		refused(43, "MinCount above MaxCount", set("MinCount", "2")),
		refused(43, "MaxCount 0", set("MinCount", "0", "MaxCount", "0")),
		refused(47, "PurchaseTime=1 with Spot", set("PurchaseTime", "1")),
	}
	for _, name := range []string{"ImageId", "MaxCount", "MinCount", "SubnetId", "ChargeType", "SecurityGroupId.1"} {
		all = append(all, refusedWith(about(40, 165), "without "+name, badName, set(name, "")))
	}
	return all
}

func diskChecks() []check {
	nine := []string{}
	for n := 1; n <= 9; n++ {
		at := "DataDisk." + strconv.Itoa(n) + "."
		nine = append(nine, at+"Type", "SSD3.0", at+"Size", "20")
	}
	return []check{
		refused(51, "a SystemDisk.DiskType that does not exist", set("SystemDisk.DiskType", "Tape")),
		refused(52, "a system disk of 19 GB", set("SystemDisk.DiskSize", "19")),
		refused(52, "a system disk of 501 GB", set("SystemDisk.DiskSize", "501")),
		accepted(about(52), "a system disk of 500 GB", set("SystemDisk.DiskSize", "500")),
		refused(53, "a local data disk of 16001 GB", set("DataDiskGb", "16001")),
		refused(54, "a data disk without its size", set("DataDisk.1.Type", "SSD3.0")),
		refused(54, "a data disk without its type", set("DataDisk.1.Size", "20")),
		refused(54, "a DataDisk.1.Type that does not exist", set("DataDisk.1.Type", "Tape", "DataDisk.1.Size", "20")),
		refused(55, "a data disk of 9 GB", set("DataDisk.1.Type", "SSD3.0", "DataDisk.1.Size", "9")),
		refused(55, "nine data disks", set(nine...)),
		accepted(about(55, 56), "a data disk of 20 GB that goes with the machine", set("DataDisk.1.Type", "SSD3.0", "DataDisk.1.Size", "20", "DataDisk.1.DeleteWithInstance", "true")),
	}
}

func loginChecks() []check {
	text := func(n int) string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("#", n))) }
	return []check{
		accepted(about(48), "a password of upper case, lower case and digits", set("InstancePassword", "Conform1conform")),
		refused(48, "a password of 7 characters", set("InstancePassword", "Confor1")),
		refused(48, "a password without a digit", set("InstancePassword", "Conformconform")),
		refused(49, "a key pair that does not exist", set("KeyId.1", nobody)),
		refused(50, "KeepImageLogin with a system image", set("KeepImageLogin", "true")),
		accepted(about(61, 182, 214), "user data of 16 KB before it is encoded", set("UserData", text(16*1024))),
		refused(61, "user data of more than 16 KB", set("UserData", text(16*1024+1))),
		refused(61, "user data that is not base64", set("UserData", "#!/bin/sh")),
	}
}

func labelChecks() []check {
	return []check{
		refused(59, "a name of one character", set("InstanceName", "k")),
		refused(59, "a suffix without a name", set("InstanceName", "", "InstanceNameSuffix", "1")),
		refused(60, "a host name with a dot", set("HostName", "kec.conform")),
		accepted(about(60), "a host name with a suffix", set("HostName", "kec-conform", "HostNameSuffix", "7")),
		refused(172, "a host name's suffix without it", set("HostNameSuffix", "7")),
		refused(63, "a tag whose key starts with ksc", set("Tag.3.Key", "ksc-conform", "Tag.3.Value", "1")),
		refused(63, "a tag whose key has 129 characters", set("Tag.3.Key", strings.Repeat("k", 129), "Tag.3.Value", "1")),
		refused(172, "two tags of one key", set("Tag.3.Key", "kec-conform", "Tag.3.Value", "1")),
		{facts: about(39, 64), asks: "RunInstances, DryRun: AutoDeleteTime in 10 minutes", expects: "400 AutoDeleteTimeIsInvalid", ask: tooSoon},
		acceptedAt(about(64, 196), "AutoDeleteTime in 40 minutes, in UTC+8 and without seconds", "2006-01-02 15:04"),
		acceptedAt(about(64, 183), "AutoDeleteTime in 40 minutes, with seconds", "2006-01-02 15:04:05"),
		refused(65, "AutoDeleteEip without AutoDeleteTime", set("AutoDeleteTime", "", "AutoDeleteEip", "true")),
		refused(64, "an AutoDeleteTime that is no time", set("AutoDeleteTime", "soon")),
	}
}

// acceptedAt is a check that a launch would be accepted with an AutoDeleteTime in a layout.
func acceptedAt(facts []int, asks, layout string) check {
	return check{facts: facts, asks: "RunInstances, DryRun: " + asks, expects: wouldBe, ask: func(ctx context.Context, s *session) (string, bool, error) {
		r, err := s.rehearse(ctx, set("AutoDeleteTime", s.api.Now().Add(life).In(ksyun.Beijing).Format(layout)))
		return strings.TrimSpace("answered " + r.String() + " " + r.message), r.status == 412, err
	}}
}

func tooSoon(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.rehearse(ctx, set("AutoDeleteTime", s.ahead(10*time.Minute)))
	return r.String(), r.String() == "400 AutoDeleteTimeIsInvalid", err
}
