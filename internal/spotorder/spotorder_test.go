package spotorder_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// batch is an order of one part for each sub-order status.
func batch(status int, parts ...int) kecsim.Order {
	at := time.Date(2026, 3, 2, 9, 14, 1, 0, time.UTC)
	o := kecsim.Order{
		ID: "2026030209140100", Name: "KEC purchase", Type: 2, Use: 1, Status: status, BillName: "Spot",
		TotalMoney: "0.3930", RealMoney: "0.08", PayableMoney: "0", CreateTime: at, PayTime: at.Add(time.Second), UpdateTime: at.Add(time.Minute),
	}
	for i, s := range parts {
		sub := kecsim.SubOrder{
			ID: o.ID + "-" + string(rune('1'+i)), Status: s, Num: 1, Price: "0.04", BillType: 810, ProductTypeName: "N3",
			Items: []kecsim.Item{{Key: "instance_type", Value: "N3.2B"}, {Key: "available_zone", Value: "cn-beijing-6a"}},
		}
		if s == 2 {
			sub.InstanceID, sub.ServiceBegin = "5b7f0a52", at.Add(4*time.Second)
		}
		o.SubOrders = append(o.SubOrders, sub)
	}
	return o
}

// lookUp and ignored look batch up; a failed order is an error, or ignored.
var (
	lookUp  = orderBlock.String()
	ignored = orderBlock.With("on_failure", `"ignore"`).String()
)

var orderBlock = acctest.NewHCL(`data "kec_spot_order" "batch"`, "order_id", `"2026030209140100"`)

func TestAccSpotOrder_aSuccess(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.PutOrder(batch(1, 2))
	at := func(name string, check knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.kec_spot_order.batch", tfjsonpath.New(name), check)
	}
	text := knownvalue.StringExact
	env.Run(t, resource.TestStep{
		Config: env.Config(lookUp),
		ConfigStateChecks: []statecheck.StateCheck{
			at("service_state", text("Succeeded")), at("failed", knownvalue.Bool(false)), at("failures", knownvalue.ListExact([]knownvalue.Check{})),
			at("order_name", text("KEC purchase")), at("purpose", text("purchase")), at("order_type", text("regular")),
			at("status_code", knownvalue.Int64Exact(1)), at("billing_method", text("Spot")),
			at("total_price", knownvalue.Float64Exact(0.393)), at("paid_price", knownvalue.Float64Exact(0.08)),
			at("payable_price", knownvalue.Int64Exact(0)),
			at("created_at", text("2026-03-02T09:14:01Z")), at("paid_at", text("2026-03-02T09:14:02Z")), at("updated_at", text("2026-03-02T09:15:01Z")),
			at("sub_orders", knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{
				"id": text("2026030209140100-1"), "instance_id": text("5b7f0a52"), "state": text("Succeeded"), "status_code": knownvalue.Int64Exact(2),
				"quantity": knownvalue.Int64Exact(1), "price": knownvalue.Float64Exact(0.04), "product": text("N3"),
				"items": knownvalue.MapExact(map[string]knownvalue.Check{
					"instance_type": text("N3.2B"), "available_zone": text("cn-beijing-6a"),
				}),
				"service_begin": text("2026-03-02T09:14:05Z"), "service_end": knownvalue.Null(),
			})})),
		},
	})
}

func TestAccSpotOrder_aFailureIsAPlanError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		arrange func(sim *kecsim.Server)
		want    []string
	}{
		{"with a reason in the answer", func(sim *kecsim.Server) {
			sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
			o := batch(21, 3)
			o.SubOrders[0].FailReason = "excessive number"
			sim.PutOrder(o)
		}, []string{
			"Error: Spot order failed: the account's instance quota is used up",
			"Order 2026030209140100 failed (status 21: all instances failed to open).",
			"Release instances, order fewer, or ask KEC to raise the quota of this account and region.",
			`Code: ExcessiveNumber KEC: "excessive number", QueryOrderInfo, sub-order 2026030209140100-1 Retry: after a change`,
		}},
		{"with a reason and the numbers", func(sim *kecsim.Server) {
			sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
			sim.SellOut(kecsim.ZoneA, "N3.2B")
			o := batch(20, 2, 3, 3)
			o.SubOrders[1].FailReason, o.SubOrders[2].FailReason = "out of stock", "out of stock"
			sim.PutOrder(o)
		}, []string{
			"Error: Spot order failed: out of stock with",
			"2 of the 3 sub-orders of order 2026030209140100 failed (status 20: some instances failed to open).",
			"1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now.",
			`Code: OutOfStock KEC: "out of stock", QueryOrderInfo, sub-order 2026030209140100-2, 2026030209140100-3 ` +
				"Attribute: instance_type of kec_spot_instance Retry: later",
		}},
		{"with keys in upper case", func(sim *kecsim.Server) {
			sim.Update(func(s *kecsim.Settings) { s.CauseFields, s.UpperKeys = true, true })
			o := batch(21, 3)
			o.SubOrders[0].FailReason = "库存不足"
			sim.PutOrder(o)
		}, []string{"Error: Spot order failed: out of stock with", "There is stock again: KEC can open 50 N3.2B in cn-beijing-6a now.", `Code: OutOfStock KEC: "库存不足", QueryOrderInfo`}},
		{"without a reason while the type is sold out", func(sim *kecsim.Server) {
			sim.SellOut(kecsim.ZoneA, "N3.2B")
			sim.PutOrder(batch(21, 3))
		}, []string{
			"Error: Spot order failed, likely cause: out of stock",
			"KEC gave no reason; this is concluded from what it offers now.",
			"Code: OutOfStock (inferred) KEC: no reason given, QueryOrderInfo, sub-order 2026030209140100-1 " +
				"Attribute: instance_type of kec_spot_instance Retry: later",
		}},
		{"without any trace of a reason", func(sim *kecsim.Server) { sim.PutOrder(batch(21, 3)) }, []string{
			"Error: Spot order failed: KEC does not say why",
			"Ordered: available_zone = cn-beijing-6a, instance_type = N3.2B.",
			"Look at the order in the console, Billing > Order Management, which shows the reason of a failed order.",
			"Code: Unknown KEC: no reason given, QueryOrderInfo, sub-order 2026030209140100-1 Retry: after a change",
		}},
		{"with a reason that nobody knows", func(sim *kecsim.Server) {
			sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
			o := batch(21, 3)
			o.SubOrders[0].FailReason = "the moon is full"
			sim.PutOrder(o)
		}, []string{
			"Error: Spot order failed: KEC gives a reason of its own",
			"KEC gave the reason below; ask KEC support with the order's id if it does not help.",
			`Code: Unknown KEC: "the moon is full", QueryOrderInfo, sub-order 2026030209140100-1 Retry: after a change`,
		}},
		{"that names no part", func(sim *kecsim.Server) { sim.PutOrder(batch(21)) }, []string{"Error: Spot order failed: KEC does not say why"}},
		{"seen in a part only", func(sim *kecsim.Server) { sim.PutOrder(batch(1, 2, 3)) }, []string{
			"1 of the 2 sub-orders of order 2026030209140100 failed (status 1: paid).",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Decides(t, "InventoryOfOthers", "what is short now is not known, and no likely cause is told")
			env.Decides(t, "WrapOrders", "the id of the request stands in the message too")
			c.arrange(env.Sim)
			w := env.Workspace(t)
			w.Write(lookUp + env.Block(""))
			got := w.Plan().Want(t, 1, append(c.want, "with data.kec_spot_order.batch,",
				`on main.tf line 2, in data "kec_spot_order" "batch": 2: order_id = "2026030209140100"`)...)
			if n := strings.Count(got.Text, "Error: Spot order failed"); n != 1 {
				t.Errorf("%d errors, want 1, in\n%s", n, got.Raw)
			}
		})
	}
}

func TestAccSpotOrder_onFailure(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
	o := batch(21, 3)
	o.SubOrders[0].FailReason = "out of stock"
	env.Sim.PutOrder(o)
	w := env.Workspace(t)
	verdict := `output "verdict" { value = data.kec_spot_order.batch.failures }` + "\n"

	w.Write(orderBlock.With("on_failure", `"warning"`).String() + verdict + env.Block(""))
	w.Plan().Want(t, 2, "Warning: Spot order failed: out of stock", "Code: OutOfStock").Lacks(t, "Error:")

	w.Write(ignored + verdict + env.Block(""))
	w.Apply().Want(t, 0, `"attribute" = "instance_type"`, `"code" = "OutOfStock"`, `"message" = "out of stock"`, `"retryable" = true`,
		`"source" = "api"`, `"sub_order_id" = "2026030209140100-1"`, `"summary" = "Out of stock`).Lacks(t, "Error:", "Warning:")
	w.Destroy().Want(t, 0, "Destroy complete!")

	env.Sim.PutOrder(batch(21, 3)) // nobody says why: that is known from nowhere
	w.Write(ignored + verdict + env.Block(""))
	w.Apply().Want(t, 0, `"attribute" = tostring(null)`, `"code" = "Unknown"`, `"message" = tostring(null)`, `"source" = tostring(null)`,
		`"summary" = "KEC does not say why"`)
	w.Destroy().Want(t, 0, "Destroy complete!")

	w.Write(orderBlock.With("on_failure", `"shrug"`).String() + env.Block(""))
	w.CLI("validate", "-no-color").Want(t, 1, "on_failure", `"error" "warning" "ignore"`)
}

func TestAccSpotOrder_aCheckBlockMakesItAWarning(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.PutOrder(batch(21, 3))
	w := env.Workspace(t)
	w.Write(ignored + `check "order" {
  assert {
    condition     = !data.kec_spot_order.batch.failed
    error_message = "Order ${data.kec_spot_order.batch.order_id} is ${data.kec_spot_order.batch.service_state}."
  }
}
` + env.Block(""))
	w.Plan().Want(t, 0, "Warning: Check block assertion failed", "Order 2026030209140100 is Failed.")
}

func TestAccSpotOrder_states(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		order  kecsim.Order
		want   string
		failed bool
	}{
		{"opening", batch(1, 2, 1), "Creating", false},
		{"no parts yet", batch(1), "Creating", false},
		{"opened", batch(1, 2, 2), "Succeeded", false},
		{"part failed, part opening", batch(1, 1, 3), "PartiallyFailed", true},
		{"all parts failed", batch(1, 3, 3), "Failed", true},
		{"unpaid", batch(0, 1), "Unpaid", false},
		{"cancelled", batch(2), "Canceled", false},
		{"refunding", batch(5), "Refunding", false},
		{"refunded", batch(4), "Refunded", false},
		{"refunded because it failed", batch(4, 3), "Refunded", true},
		{"some failed", batch(20, 2, 3), "PartiallyFailed", true},
		{"all failed", batch(21, 3), "Failed", true},
		{"a status nobody knows", batch(77, 2), "Unknown", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := acctest.New(t)
			env.Sim.PutOrder(c.order)
			env.Run(t, resource.TestStep{
				Config: env.Config(ignored),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.kec_spot_order.batch", tfjsonpath.New("service_state"), knownvalue.StringExact(c.want)),
					statecheck.ExpectKnownValue("data.kec_spot_order.batch", tfjsonpath.New("failed"), knownvalue.Bool(c.failed)),
				},
			})
		})
	}
}

func TestAccSpotOrder_thatCannotBeRead(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "OtherCodes", "an unknown order is told with the code that KEC has")
	w := env.Workspace(t)
	w.Write(lookUp + env.Block(""))
	w.Plan().Want(t, 1, "Error: No such order", "KEC knows no order 2026030209140100 in this account.", "on main.tf line 2",
		"Copy the order id from the console, Billing > Order Management.", "(OrderNotExist), QueryOrderInfo").Lacks(t, "Code:")
	w.Write(ignored + "output \"state\" { value = data.kec_spot_order.batch.service_state }\n" + env.Block(""))
	w.Apply().Want(t, 0, `state = "Unknown"`).Lacks(t, "Error", "Warning")
	w.Destroy().Want(t, 0)
	w.Write(lookUp + env.Block(""))
	env.Sim.FailNext("QueryOrderInfo", kecsim.Fault{Status: 403, Code: "SignatureDoesNotMatch", Message: "the signature does not match"}, 1)
	w.Plan().Want(t, 1, "Error: KEC refused access", "Code: PermissionDenied", "QueryOrderInfo", "Retry: after a change")
}

// The order of a launch that the provider itself reported as failed.
func TestAccSpotOrder_ofAFailedLaunch(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	env.Decides(t, "WrapOrders", "the id of the request stands in the message too")
	env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
	env.Sim.FailLaunches(1, kecsim.ModeVanish, "excessive number")
	w := env.Workspace(t)
	w.Write(acctest.Expand(`resource "kec_spot_instance" "a" {
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group"]
}
`) + env.Block(""))
	w.Apply().Want(t, 1, "Code: ExcessiveNumber")
	order := env.Sim.Orders()[0]
	w.Write(orderBlock.With("order_id", strconv.Quote(order.ID)).String() + env.Block(""))
	w.Plan().Want(t, 1, "Error: Spot order failed: the account's instance quota is used up", "(status 21: all instances failed to open)",
		`KEC: "excessive number", QueryOrderInfo, sub-order `+order.SubOrders[0].ID)
}

// Whatever an order holds beside its instances, and however it is written, the failed launch is
// explained as one of an instance, and the address as one of an address.
func TestAccSpotOrder_withPartsAndInChinese(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	env.Decides(t, "InventoryOfOthers", "what is short now is not known, and no likely cause is told")
	env.Decides(t, "CauseFields", "the reason that KEC gives is told, in place of one that is concluded")
	env.Decides(t, "WrapOrders", "the id of the request stands in the message too")
	env.Sim.Update(func(s *kecsim.Settings) { s.OddOrders, s.AsyncChecks = kecsim.OddOrders(), true })
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	w := env.Workspace(t)
	w.Write(acctest.NewHCL(`resource "kec_spot_instance" "a"`, "instance_type", `"N3.2B"`, "image_id", `"@ubuntu"`, "subnet_id", `"@subnet_a"`,
		"security_group_ids", `["@group"]`, "eip", `{ line_id = "bgp", bandwidth_mbps = 5, charge_type = "Daily" }`).String() + env.Block(`preflight = "off"`))
	w.Apply().Want(t, 1, "Code: OutOfStock (inferred)")
	order := env.Sim.Orders()[0]
	w.Write(orderBlock.With("order_id", strconv.Quote(order.ID)).String() + env.Block(""))
	w.Plan().Want(t, 1, "Error: Spot order failed, likely cause: out of stock", "1 of the 2 sub-orders of order "+order.ID+" failed",
		"Code: OutOfStock (inferred) KEC: no reason given, QueryOrderInfo, sub-order "+order.SubOrders[0].ID+", instance "+order.SubOrders[0].InstanceID,
		"Error: Spot order failed: KEC does not say why", "It is a sub-order of EIPs, not of instances.",
		"Code: Unknown KEC: no reason given, QueryOrderInfo, sub-order "+order.SubOrders[1].ID)
}
