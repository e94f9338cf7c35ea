package failure

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// launched places an order over the wire for a machine with an address and a disk.
func launched(t *testing.T, client *kec.Client) string {
	t.Helper()
	run := client.RunInstances(t.Context(), map[string][]string{
		"ImageId": {kecsim.ImageUbuntu}, "InstanceType": {kecsim.TypeSmall}, "SubnetId": {kecsim.SubnetA}, "SecurityGroupId.1": {kecsim.SecurityGroup},
		"MinCount": {"1"}, "MaxCount": {"1"}, "ChargeType": {"Spot"}, "LineId": {"bgp"}, "AddressBandWidth": {"5"}, "AddressChargeType": {"PostPaidByDay"},
		"DataDisk.1.Type": {"EHDD"}, "DataDisk.1.Size": {"20"},
	})
	if run.Err != nil {
		t.Fatal(run.Err)
	}
	return run.IDs[0]
}

// An order may also hold sub-orders of addresses and disks, have ids on what never opened, and be
// written in Chinese. The instance is explained as ever, the rest not by the stock of instances.
func TestExplainer_oddOrders(t *testing.T) {
	t.Parallel()
	for name, odd := range map[string][]string{
		"as ever": nil, "parts": {kecsim.OrderParts}, "ids": {kecsim.OrderIDs}, "Chinese": {kecsim.OrderChinese},
		"parts and ids": {kecsim.OrderParts, kecsim.OrderIDs}, "all": kecsim.OddOrders(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			sim.Update(func(set *kecsim.Settings) { set.OddOrders, set.AsyncChecks = odd, true })
			sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
			client := clientOf(t, sim)
			id := launched(t, client)
			sim.Advance(time.Minute)
			order, err := client.QueryOrderInfo(t.Context(), sim.OrderOf(id))
			if err != nil {
				t.Fatal(err)
			}
			failures := NewExplainer(client, market.NewSnapshot(client)).OfOrder(t.Context(), order)
			wantEqual(t, "failures", len(failures), len(order.SubOrders))
			wantEqual(t, "the instance's code", failures[0].Code, OutOfStock)
			wantEqual(t, "its source", failures[0].Source, Inferred)
			wantEqual(t, "its instance", failures[0].InstanceID, order.SubOrders[0].InstanceID)
			for i, of := range []string{"EIPs", "data disks"} {
				if i+1 >= len(failures) {
					break
				}
				f := failures[i+1]
				wantEqual(t, of+": code", f.Code, Unknown)
				wantEqual(t, of+": source", f.Source, Source(""))
				wantEqual(t, of+": instance", f.InstanceID, "")
				wantEqual(t, of+": parameter", f.Param, "")
			}
		})
	}
}

// What KEC says of a sub-order's address or disk is said of that, however general its words.
func TestExplainer_partsOfAnOrder(t *testing.T) {
	t.Parallel()
	machine := kec.SubOrder{Status: 2, ProductGroup: 100, ProductTypeName: "N3", Items: map[string]string{"instance_type": "N3.2B"}}
	for _, c := range []struct {
		name, group, typ, words string
		items                   map[string]string
		want                    Code
		at, summary             string
	}{
		{"an address", "EIP", "EIP", "excessive number", nil, ExcessiveNumber, "eip", "A quota of EIPs is used up"},
		{"an address in Chinese", "弹性IP", "", "库存不足", nil, OutOfStock, "eip", "Out of stock: EIPs"},
		{"a disk", "EBS", "EHDD", "out of stock", nil, OutOfStock, "data_disks", "A type of data disk is out of stock"},
		{"something else", "", "CEN", "out of stock", nil, OutOfStock, "", "Out of stock: CEN"},
		{"a disk without a reason", "EBS", "EHDD", "", nil, Unknown, "", "KEC does not say why"},
		{"no balance for an address", "EIP", "EIP", "余额不足", nil, InsufficientBalance, "", "The account's balance is too low"},
		{"an address, with words about a disk", "EIP", "EIP", "the system disk is sold out", nil, OutOfStock, "system_disk", "Out of stock: system disks"},
		{"an instance without items", "", "N3", "out of stock", nil, OutOfStock, "instance_type", "Out of stock"},
		{"another instance", "", "E1", "out of stock", map[string]string{"实例类型": "E1.2B"}, OutOfStock, "instance_type", "Out of stock"},
	} {
		part := kec.SubOrder{
			ID: "2", Status: 3, ProductGroup: 7, ProductGroupName: c.group, ProductTypeName: c.typ, Items: c.items, Raw: []byte(`{"failReason":"` + c.words + `"}`),
		}
		if c.typ == machine.ProductTypeName {
			part.ProductGroup = machine.ProductGroup
		}
		order := &kec.Order{ID: "1", Status: 20, SubOrders: []kec.SubOrder{machine, part}}
		failures := explainerOf(t, kecsim.New()).OfOrder(t.Context(), order)
		if len(failures) != 1 {
			t.Fatalf("%s: %d failures", c.name, len(failures))
		}
		at, _ := failures[0].At(withAll())
		if f := failures[0]; f.Code != c.want || at.String() != c.at || f.Summary != c.summary {
			t.Errorf("%s: %s at %q: %s\nwant %s at %q: %s", c.name, f.Code, at, f.Summary, c.want, c.at, c.summary)
		}
	}
}
