package kec

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// InstanceTypeConfig is an instance type: its size, and where it and its disks are sold.
type InstanceTypeConfig struct {
	Name            string
	Family          string           // such as "N3"
	VCPUs, GPUs     *int64           // nil when the answer does not say
	MemoryGB        *decimal.Decimal // nil when the answer does not say
	Zones           []string         // where it can be ordered; empty when the answer does not say
	SystemDiskTypes []string
	DataDisks       []DataDiskQuota
	SoldOut         map[string][]string // the zones in which a type of data disk is sold out, by that type
}

// DataDiskQuota is a type of data disks that an instance type can have. A number is nil when the
// answer does not say.
type DataDiskQuota struct {
	Type                      string
	MinSizeGB, MaxSizeGB, Max *int64 // Max is how many
}

// DescribeInstanceTypeConfigs returns what KEC says of one instance type, or of all without one
// (fact 93: the action has no pages). A type that is missing from an answer about one proves
// little, because the form of the filter is documented in two ways (fact 10: two forms). The form
// sent here is that of the official client of this action, and of a client that runs against the
// real service.
func (c *Client) DescribeInstanceTypeConfigs(ctx context.Context, instanceType ...string) ([]InstanceTypeConfig, error) {
	params := url.Values{}
	for _, one := range instanceType {
		params.Set("Filter.1.Name.1", "instance-type")
		params.Set("Filter.1.Value.1", one)
	}
	var configs []InstanceTypeConfig
	err := c.read(ctx, action("DescribeInstanceTypeConfigs", params), func(ans *ksyun.Answer) error {
		set, ok := ans.List("instancetypeconfigset")
		if !ok {
			return ans.Unusable("the answer holds no InstanceTypeConfigSet")
		}
		configs = typeConfigsIn(set, params.Get("Filter.1.Value.1"))
		return nil
	})
	return configs, err
}

// typeConfigsIn are the elements of InstanceTypeConfigSet about this type, or about any where it is
// "", each type once.
func typeConfigsIn(set []json.RawMessage, instanceType string) []InstanceTypeConfig {
	var configs []InstanceTypeConfig
	seen := map[string]bool{"": true}
	for _, raw := range set {
		var w struct {
			InstanceType, InstanceFamily                              ksyun.Text
			CPU, GPU, Memory                                          ksyun.Number
			AvailabilityZoneSet, SystemDiskQuotaSet, DataDiskQuotaSet ksyun.Items
		}
		ksyun.Decode(raw, &w)
		name := strings.ToLower(string(w.InstanceType))
		if seen[name] || instanceType != "" && name != strings.ToLower(instanceType) {
			continue
		}
		seen[name] = true
		config := InstanceTypeConfig{
			Name: string(w.InstanceType), Family: string(w.InstanceFamily),
			VCPUs: w.CPU.Int(), GPUs: w.GPU.Int(), MemoryGB: w.Memory.Decimal,
			Zones: idsOf(w.AvailabilityZoneSet, "azcode"), SystemDiskTypes: idsOf(w.SystemDiskQuotaSet, "systemdisktype"),
			SoldOut: map[string][]string{},
		}
		for _, raw := range w.DataDiskQuotaSet {
			config.addDataDisk(raw)
		}
		configs = append(configs, config)
	}
	return configs
}

// addDataDisk adds an element of DataDiskQuotaSet. A type that comes twice, once for some zones and
// once for others, is one.
func (t *InstanceTypeConfig) addDataDisk(raw json.RawMessage) {
	var w struct {
		DataDiskType                                    ksyun.Text
		DataDiskMinSize, DataDiskMaxsize, DataDiskCount ksyun.Number // (sic)
		AvailabilityZoneSet                             ksyun.Items
	}
	ksyun.Decode(raw, &w)
	name := string(w.DataDiskType)
	if name == "" {
		return
	}
	if !slices.ContainsFunc(t.DataDisks, func(d DataDiskQuota) bool { return d.Type == name }) {
		t.DataDisks = append(t.DataDisks, DataDiskQuota{name, w.DataDiskMinSize.Int(), w.DataDiskMaxsize.Int(), w.DataDiskCount.Int()})
	}
	for _, raw := range w.AvailabilityZoneSet {
		var zone struct {
			AzCode    ksyun.Text
			IsSellOut ksyun.Flag
		}
		ksyun.Decode(raw, &zone)
		if zone.IsSellOut.Value != nil && *zone.IsSellOut.Value && !slices.Contains(t.SoldOut[name], string(zone.AzCode)) {
			t.SoldOut[name] = append(t.SoldOut[name], string(zone.AzCode))
		}
	}
}
