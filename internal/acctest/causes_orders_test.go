package acctest_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// asked checks a message about the data source: its place, its cause, and the
// attribute of kec_spot_instance that it names.
func (c cause) asked(t *testing.T, got acctest.Result, key, evidence string) {
	t.Helper()
	want := c.blind
	if want.summary == "" {
		want = c.refused
	}
	got.Want(t, 1, "Error: Spot order failed: "+headline(want.summary), want.facts, want.remedy, "Code: "+c.code, evidence,
		"with data.kec_spot_order.asked,", `on main.tf line 2, in data "kec_spot_order" "asked": 2: `+key+` = "`)
	if c.attribute != "" {
		got.Want(t, 1, "Attribute: "+c.attribute+" of kec_spot_instance")
	} else {
		got.Lacks(t, "Attribute:")
	}
}

func TestAccCauses_ofAnOrder(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		for i, reason := range c.reasons {
			status, parts := 20, []int{2, 3}
			if i > 0 {
				status, parts = 21, []int{3}
			}
			t.Run(fmt.Sprintf("%s %d %s", c.name(), status, reason), func(t *testing.T) {
				t.Parallel()
				env := acctest.New(t)
				env.Decides(t, "InventoryOfOthers", "what is short now is not known, and no likely cause is told")
				env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
				if c.arrange != nil {
					c.arrange(env.Sim)
				}
				env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
				env.Sim.PutOrder(failedOrder(status, reason, parts...))
				w := env.Workspace(t)
				w.Write("data \"kec_spot_order\" \"asked\" {\n  order_id = \"2026030209140100\"\n}\n" + env.Block(""))
				c.asked(t, w.Plan(), "order_id", fmt.Sprintf("KEC: %q, QueryOrderInfo", reason))
			})
		}
	}
}

// failedOrder is an order of one part for each sub-order status.
func failedOrder(status int, reason string, parts ...int) kecsim.Order {
	at := time.Date(2026, 3, 2, 9, 14, 1, 0, time.UTC)
	o := kecsim.Order{ID: "2026030209140100", Name: "KEC purchase", Type: 2, Use: 1, Status: status, BillName: "Spot", CreateTime: at}
	for i, s := range parts {
		sub := kecsim.SubOrder{
			ID: fmt.Sprintf("%s-%d", o.ID, i+1), Status: s, Num: 1, Price: "0.04", BillType: 810, ProductTypeName: "N3",
			Items: []kecsim.Item{{Key: "instance_type", Value: "N3.2B"}, {Key: "available_zone", Value: "cn-beijing-6a"}},
		}
		switch s {
		case 2:
			sub.InstanceID = "5b7f0a52"
		case 3:
			sub.FailReason = reason
		}
		o.SubOrders = append(o.SubOrders, sub)
	}
	return o
}

func TestAccCauses_ofABillingRecord(t *testing.T) {
	t.Parallel()
	for _, c := range causes {
		for _, reason := range c.reasons {
			t.Run(c.name()+" "+reason, func(t *testing.T) {
				t.Parallel()
				env := acctest.New(t)
				env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
				env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
				env.Sim.FailLaunches(1, kecsim.ModeVanish, reason)
				id := launch(t, env)
				env.Sim.Advance(time.Minute)
				w := env.Workspace(t)
				w.Write("data \"kec_spot_order\" \"asked\" {\n  instance_id = \"" + id + "\"\n}\n" + env.Block(""))
				c.blindly().asked(t, w.Plan().Want(t, 1, "Instance "+id+" failed (billing status: failed to open (status 3)).", "Code: "+c.code+" (billing)"),
					"instance_id", fmt.Sprintf("KEC: %q, QueryInstances", reason))
			})
		}
	}
}

// blindly is the cause where nothing but its reason is known.
func (c cause) blindly() cause {
	if c.blind.summary == "" {
		c.blind = c.refused
		c.blind.facts = ""
	}
	return c
}

// launch orders an instance without the provider.
func launch(t *testing.T, env *acctest.Env) string {
	t.Helper()
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		append(env.Options(), ksyun.WithEndpoints(ksyun.Endpoints{KEC: env.URL}))...)
	if err != nil {
		t.Fatal(err)
	}
	run := client.RunInstances(t.Context(), url.Values{
		"ImageId": {kecsim.ImageUbuntu}, "InstanceType": {"N3.2B"}, "SubnetId": {kecsim.SubnetA}, "SecurityGroupId.1": {kecsim.SecurityGroup},
		"MinCount": {"1"}, "MaxCount": {"1"}, "ChargeType": {"Spot"}, "SpotStrategy": {"SpotWithPriceLimit"}, "SpotPriceLimit": {"0.05"},
	})
	if run.Err != nil {
		t.Fatal(run.Err)
	}
	return run.IDs[0]
}
