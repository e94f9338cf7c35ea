package spotorder_test

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

const (
	firstID = "1a5ce000-0000-4000-8000-000000000001"

	machine = `resource "kec_spot_instance" "a" {
  instance_type      = "N3.2B"
  image_id           = "@ubuntu"
  subnet_id          = "@subnet_a"
  security_group_ids = ["@group"]
}
`
	ofInstance = `data "kec_spot_order" "batch" {
  instance_id = "` + firstID + `"
}
`
	ofInstanceIgnored = `data "kec_spot_order" "batch" {
  instance_id = "` + firstID + `"
  on_failure  = "ignore"
}
`
)

// opened has one machine of the provider's at KEC, and none in a state.
func opened(t *testing.T) (*acctest.Env, *acctest.Workspace) {
	t.Helper()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	w := env.Workspace(t)
	w.Write(acctest.Expand(machine) + env.Block(""))
	w.Apply().Want(t, 0)
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)
	return env, w
}

func TestAccSpotOrder_ofARunningInstance(t *testing.T) {
	t.Parallel()
	env, w := opened(t)
	w.Write(ofInstance + "output \"all\" { value = jsonencode(data.kec_spot_order.batch) }\n" + env.Block(""))
	w.Apply().Want(t, 0)
	got := w.CLI("output", "-raw", "all").Raw
	want := `{"billing_method":"Spot","created_at":"2026-03-02T09:00:00Z","failed":false,"failures":[],` +
		`"instance_id":"` + firstID + `","on_failure":null,"order_id":null,"order_name":null,"order_type":"regular","paid_at":null,"paid_price":null,` +
		`"payable_price":null,"purpose":null,"service_state":"Succeeded","status_code":2,"sub_orders":[],"total_price":null,"updated_at":null}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := env.Sim.Count("QueryInstances"); n != 2 { // what failed is looked for first, then what runs
		t.Errorf("%d look-ups, want 2", n)
	}
}

func TestAccSpotOrder_statesOfABillingRecord(t *testing.T) {
	t.Parallel()
	env, w := opened(t)
	w.Write(ofInstanceIgnored + "output \"verdict\" { value = \"${data.kec_spot_order.batch.service_state} ${data.kec_spot_order.batch.failed}\" }\n" + env.Block(""))
	for status, want := range map[int]string{
		1: "Creating false", 2: "Succeeded false", 3: "Failed true", 4: "Released false", 5: "Released false", 6: "Released false", 7: "Released false",
		8: "Succeeded false", 9: "Released false", 10: "Succeeded false", 11: "Released false", 12: "Refunding false",
	} {
		env.Sim.SetBillingStatus(firstID, status)
		w.Apply().Want(t, 0, `verdict = "`+want+`"`).Lacks(t, "Error:", "Warning:")
	}
}

// Without a reason in any answer the machine that KEC still shows tells type, zone
// and limit, and these tell the likely cause.
func TestAccSpotOrder_ofAFailedInstanceWithoutAReason(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "ErrorLasts", "once KEC has deleted a failed machine, nothing shows what it was, and no likely cause is told")
	env.Decides(t, "ErrorState", "once KEC has deleted a failed machine, nothing shows what it was, and no likely cause is told")
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	env.Decides(t, "InventoryOfOthers", "what is short now is not known, and no likely cause is told")
	env.Sim.FailLaunches(1, kecsim.ModeError, "")
	env.Sim.RefuseTerminate(firstID, "kept for the test")
	w := env.Workspace(t)
	w.Write(acctest.Expand(machine) + env.Block(""))
	w.Apply().Want(t, 1, "Code: LaunchFailed")
	w.CLI("state", "rm", "kec_spot_instance.a").Want(t, 0)

	w.Write(ofInstance + env.Block(""))
	w.Plan().Want(t, 1, "Error: Spot order failed: KEC accepted the launch, but the instance did not start",
		"Instance "+firstID+" failed (billing status: failed to open (status 3)).", "Code: LaunchFailed",
		"KEC: no reason given, QueryInstances, instance "+firstID, `2: instance_id = "`+firstID)
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	w.Plan().Want(t, 1, "Error: Spot order failed, likely cause: out of stock",
		"1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.",
		"KEC gave no reason; this is concluded from what it offers now.", "Code: OutOfStock (inferred)", "Attribute: instance_type of kec_spot_instance")
}

func TestAccSpotOrder_ofAnInstanceNobodyKnows(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	w.Write(ofInstance + env.Block(""))
	w.Plan().Want(t, 1, "Error: No such instance", "KEC knows no instance "+firstID+" in this account, and has no billing record of it.",
		"Copy the instance id from the message of the failed launch.", "on main.tf line 2")
	w.Write(ofInstanceIgnored + "output \"state\" { value = data.kec_spot_order.batch.service_state }\n" + env.Block(""))
	w.Apply().Want(t, 0, `state = "Unknown"`).Lacks(t, "Error", "Warning")
	w.Destroy().Want(t, 0)
}

// A user without access to orders gets what KEC itself shows, and is told which
// permission is missing.
func TestAccSpotOrder_withoutPermission(t *testing.T) {
	t.Parallel()
	env, w := opened(t)
	env.Sim.DenyService("trade", true)
	state := "output \"state\" { value = data.kec_spot_order.batch.service_state }\n"

	w.Write(ofInstance + state + env.Block(""))
	w.Apply().Want(t, 0, "Warning: The billing record cannot be read", "The user behind the keys has no permission for trade QueryInstances, so",
		"Give that user permission for trade QueryInstances in the account's access control.",
		`What KEC shows of the instance itself: service_state is "Succeeded".`, "Code: PermissionDenied", `state = "Succeeded"`).Lacks(t, "Error")

	w.Write(lookUp + env.Block(""))
	w.Plan().Want(t, 1, "Error: The order cannot be read", "The user behind the keys has no permission for trade QueryOrderInfo, so nothing is known of order",
		"Give that user permission for trade QueryOrderInfo in the account's access control.", "Code: PermissionDenied",
		`KEC: "lack of policy: this key may not use trade" (PermissionDenied), QueryOrderInfo, request`)
	w.Write(ignored + state + env.Block(""))
	w.Apply().Want(t, 0, "Warning: The order cannot be read", `state = "Unknown"`).Lacks(t, "Error")
	w.Destroy().Want(t, 0)
}

// A failed launch is explained without the trade service as far as that goes.
func TestAccSpotOrder_aFailedLaunchWithoutPermission(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	env.Decides(t, "InventoryOfOthers", "what is short now is not known, and no likely cause is told")
	env.Sim.DenyAction("trade", "QueryInstances", true)
	env.Sim.Update(func(s *kecsim.Settings) { s.AsyncChecks, s.CauseFields, s.FailureMode = true, true, kecsim.ModeVanish })
	env.Sim.SellOut(kecsim.ZoneA, "N3.2B")
	w := env.Workspace(t)
	w.Write(acctest.Expand(machine) + env.Block(`preflight = "off"`))
	w.Apply().Want(t, 1, "Error: Spot launch failed, likely cause: out of stock",
		"The user behind the keys has no permission for trade QueryInstances, so the billing record could not be asked for the reason.",
		"Code: OutOfStock (inferred)", "Nothing is left of instance "+firstID)
}

func TestAccSpotOrder_oneKeyOfTwo(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Decides(t, "NoOrders", "there is nothing to look up, and kec_spot_order says so")
	w := env.Workspace(t)
	for _, hcl := range []string{"data \"kec_spot_order\" \"batch\" {}\n", orderBlock.With("instance_id", `"i"`).String()} {
		w.Write(hcl + env.Block(""))
		w.CLI("validate", "-no-color").Want(t, 1, "order_id", "instance_id")
	}
	w.Write(`resource "terraform_data" "later" { input = "` + firstID + `" }
data "kec_spot_order" "batch" { instance_id = terraform_data.later.output }
` + env.Block(""))
	w.Plan().Want(t, 2, "Plan: 1 to add")
	if n := len(env.Sim.Calls()); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

// An order that opens nothing, and yet has not failed.
func TestAccSpotOrder_unpaidAndCancelled(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	w := env.Workspace(t)
	verdict := `output "verdict" {
  value = "${data.kec_spot_order.batch.service_state} ${data.kec_spot_order.batch.failed} ${join(",", data.kec_spot_order.batch.failures[*].code)}"
}
`
	unpaid := batch(0, 1)
	unpaid.PayableMoney = "0.39"
	env.Sim.PutOrder(unpaid)
	w.Write(lookUp + verdict + env.Block(""))
	w.Apply().Want(t, 0, "Warning: The order is not paid", "Order 2026030209140100 opens nothing (status 0: not paid).",
		"0.39 CNY are to be paid before anything opens.", "Pay the order in the console, Billing > Order Management, or cancel it there and apply again",
		"Code: OrderUnpaid KEC: no reason given, QueryOrderInfo", "Retry: after a change", `verdict = "Unpaid false OrderUnpaid"`).Lacks(t, "Error")
	env.Sim.PutOrder(batch(2, 2)) // 2 without an instance is the order's cancelled, not the sub-order's opened
	w.Apply().Want(t, 0, "Warning: The order was cancelled", "Order 2026030209140100 opens nothing (status 2: cancelled).",
		"Code: OrderCanceled KEC: no reason given, QueryOrderInfo", "Retry: never", `verdict = "Canceled false OrderCanceled"`).Lacks(t, "Error")
	w.Write(ignored + verdict + env.Block(""))
	w.Apply().Want(t, 0, `verdict = "Canceled false OrderCanceled"`).Lacks(t, "Error", "Warning")
}

// Keys in either case, with a wrapper and without one, are the same order.
func TestAccSpotOrder_variants(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	o := batch(20, 2, 3)
	o.SubOrders[1].FailReason = "out of stock"
	env.Sim.PutOrder(o)
	w := env.Workspace(t)
	w.Write(ignored + "output \"all\" { value = data.kec_spot_order.batch }\n" + env.Block(""))
	var all []string
	for _, set := range []kecsim.Settings{{}, {UpperKeys: true}, {WrapOrders: true}, {UpperKeys: true, WrapOrders: true}} {
		env.Sim.Update(func(s *kecsim.Settings) {
			s.CauseFields, s.UpperKeys, s.WrapOrders = true, set.UpperKeys, set.WrapOrders
		})
		w.Apply().Want(t, 0)
		all = append(all, w.CLI("output", "-json").Want(t, 0, `"code": "OutOfStock"`, `"service_state": "PartiallyFailed"`, `"total_price": 0.393`).Raw)
	}
	for i, one := range all {
		if one != all[0] {
			t.Errorf("variant %d reads\n%s\nthe first one\n%s", i, one, all[0])
		}
	}
}

// Inside a check block an error of the data source is a warning, so that a kept
// configuration can look an order up without being stopped by it.
func TestAccSpotOrder_insideACheckBlock(t *testing.T) {
	t.Parallel()
	env := acctest.New(t)
	env.Sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
	o := batch(21, 3)
	o.SubOrders[0].FailReason = "excessive number"
	env.Sim.PutOrder(o)
	w := env.Workspace(t)
	w.Write(`check "order" {
  data "kec_spot_order" "batch" {
    order_id = "2026030209140100"
  }
  assert {
    condition     = data.kec_spot_order.batch.service_state == "Succeeded"
    error_message = "The order has not succeeded."
  }
}
` + env.Block(""))
	w.Apply().Want(t, 0, "Warning: Spot order failed: the account's instance quota is used up", "Code: ExcessiveNumber").Lacks(t, "Error:")
	w.Destroy().Want(t, 0)
}

// The first launch of a process may be long gone when its record is asked for.
func TestAccSpotOrder_ofAReleasedInstance(t *testing.T) {
	t.Parallel()
	env, w := opened(t)
	env.Sim.Advance(2 * time.Hour)
	env.Sim.Release(firstID)
	w.Write(ofInstance + "output \"state\" { value = data.kec_spot_order.batch.service_state }\n" + env.Block(""))
	w.Apply().Want(t, 0, `state = "Released"`).Lacks(t, "Error", "Warning")
}
