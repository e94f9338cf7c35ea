package kecsim

import (
	"fmt"
	"testing"
	"time"
)

// disks lists the SystemDiskQuotaSet or DataDiskQuotaSet of N3.2B.
func (c *caller) disks(list string) []any {
	c.t.Helper()
	a := c.KEC("DescribeInstanceTypeConfigs", "Filter.1.Name", "instance-type", "Filter.1.Value.1", TypeSmall).OK()
	return a.JSON["InstanceTypeConfigSet"].([]any)[0].(map[string]any)[list].([]any)
}

// soldOut shows a data disk type of N3.2B: IsSellOut per zone.
func (c *caller) soldOut(diskType string) (out string) {
	c.t.Helper()
	for _, d := range c.disks("DataDiskQuotaSet") {
		if d := d.(map[string]any); d["DataDiskType"] == diskType {
			for _, zone := range d["AvailabilityZoneSet"].([]any) {
				out += fmt.Sprintf("%v %v, ", zone.(map[string]any)["AzCode"], zone.(map[string]any)["IsSellOut"])
			}
		}
	}
	return out
}

var twoDisks = []string{"DataDisk.1.Type", "SSD3.0", "DataDisk.1.Size", "50", "DataDisk.2.Type", "EHDD", "DataDisk.2.Size", "20"}

func TestDisks_soldOutInOneZone(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	same(t, "at first", me.soldOut("EHDD"), "cn-beijing-6a false, cn-beijing-6b false, cn-beijing-6c false, ")
	older := me.launch(twoDisks...)[0]
	sim.SellOutDisk(ZoneA, "EHDD", true)
	same(t, "EHDD", me.soldOut("EHDD"), "cn-beijing-6a true, cn-beijing-6b false, cn-beijing-6c false, ")
	same(t, "SSD3.0", me.soldOut("SSD3.0"), "cn-beijing-6a false, cn-beijing-6b false, cn-beijing-6c false, ")

	a := me.KEC("RunInstances", spot(append(twoDisks, "MaxCount", "3")...)...)
	a.Refused(400, "ProductSellOutInvalid")
	same(t, "message", a.Message(), "DataDisk.2.Type EHDD is sell out in cn-beijing-6a")
	me.KEC("RunInstances", spot(append(twoDisks, "DryRun", "true")...)...).Refused(400, "ProductSellOutInvalid", "DataDisk.2.Type EHDD")
	sim.SellOutDisk(ZoneA, "SSD3.0", true) // the first one is named
	me.KEC("RunInstances", spot(twoDisks...)...).Refused(400, "ProductSellOutInvalid", "DataDisk.1.Type SSD3.0 is sell out in cn-beijing-6a")
	same(t, "instances", len(sim.Instances()), 1)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49)

	// The next zone has such disks, and a system disk of the type is not affected.
	me.launch(append(twoDisks, "SubnetId", SubnetB)...)
	me.launch("SystemDisk.DiskType", "EHDD", "DataDisk.1.Type", "ESSD_PL1", "DataDisk.1.Size", "50")
	sim.Advance(20 * time.Second)
	same(t, "bought before", len(me.Describe(older)["DataDisks"].([]any)), 2)

	sim.SellOutDisk(ZoneA, "EHDD", false)
	sim.SellOutDisk(ZoneA, "SSD3.0", false)
	me.launch(twoDisks...)
	same(t, "in the end", me.soldOut("EHDD"), "cn-beijing-6a false, cn-beijing-6b false, cn-beijing-6c false, ")
}

func TestDisks_soldOutAfterTheAcceptance(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Update(func(s *Settings) { s.AsyncChecks, s.CauseFields = true, true })
	sim.SellOutDisk(ZoneA, "EHDD", true)
	id := me.launch(twoDisks...)[0]
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 50)
	sim.Advance(20 * time.Second)
	state := me.Describe(id)["InstanceState"].(map[string]any)
	same(t, "state", state["Name"], any("error"))
	same(t, "reason", state["FailReason"], any("out of stock"))
	sub := me.order(sim.OrderOf(id))["orderList"].([]any)[0].(map[string]any)
	same(t, "sub-order", sub["status"], any(3.0))
	same(t, "its reason", sub["failReason"], any("out of stock"))
}

func TestDisks_typesOfAnInstanceType(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Update(func(s *Settings) { s.MaxDataDisks, s.MaxDataDiskSize = 3, 500 })
	names := func(list, field string) (out string) {
		for _, item := range me.disks(list) {
			out += item.(map[string]any)[field].(string) + " "
		}
		return out
	}
	same(t, "system disks", names("SystemDiskQuotaSet", "SystemDiskType"), "Local_SSD SSD3.0 EHDD ESSD_PL0 ESSD_PL1 ESSD_PL2 ESSD_Entry ESSD_AutoPL "+
		"ESSD_SYSTEM_PL0 ESSD_SYSTEM_PL1 ESSD_SYSTEM_PL2 ESSD_SYSTEM_Entry ESSD_SYSTEM_AutoPL ")
	same(t, "data disks", names("DataDiskQuotaSet", "DataDiskType"), "SSD3.0 EHDD ESSD_PL0 ESSD_PL1 ESSD_PL2 ESSD_PL3 ESSD_Entry ESSD_AutoPL Local_SSD ")
	disk := me.disks("DataDiskQuotaSet")[0].(map[string]any)
	for field, want := range map[string]any{"DataDiskMinSize": 10.0, "DataDiskMaxsize": 500.0, "DataDiskCount": 3.0} {
		same(t, field, disk[field], want)
	}
}
