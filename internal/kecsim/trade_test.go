package kecsim

import (
	"fmt"
	"testing"
	"time"
)

func (c *caller) order(id string) map[string]any {
	c.t.Helper()
	return c.Call("trade", "QueryOrderInfo", "2025-03-21", "orderId", id).OK().JSON
}

// billed asks for the billing records of one instance, in JSON as the service
// wants it.
func (c *caller) billed(id, status string) []any {
	c.t.Helper()
	me := *c.Client
	me.ContentType = "application/json"
	r := me.Request("trade", "QueryInstances", "2025-08-28", `{"instanceIds":["`+id+`"]`+status+`}`)
	return me.Send(r).OK().JSON["data"].(map[string]any)["retResponse"].([]any)
}

func TestOrder_someFail(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailLaunches(1, ModeInvisible, "out of stock")
	ids := me.launch("MinCount", "2", "MaxCount", "2")
	id := sim.OrderOf(ids[0])
	same(t, "order id", id, "20260302090000000000001")
	o := me.order(id)
	same(t, "status while opening", o["status"], any(1.0))
	same(t, "request id", o["RequestId"], nil)
	sim.Advance(20 * time.Second)

	o = me.order(id)
	same(t, "status", o["status"], any(20.0))
	same(t, "list price", o["totalMoney"], any(0.393))
	same(t, "price", o["realMoney"], any(0.0786))
	same(t, "created", o["createTime"], any(1772442000000.0))
	subs := o["orderList"].([]any)
	failed, opened := subs[0].(map[string]any), subs[1].(map[string]any)
	same(t, "failed", failed["status"], any(3.0))
	same(t, "its instance", failed["instanceId"], any(""))
	same(t, "its cause", failed["failReason"], nil)
	same(t, "opened", opened["status"], any(2.0))
	same(t, "its instance", opened["instanceId"], any(ids[1]))
	same(t, "bill type", opened["billType"], any(810.0))
	same(t, "item", opened["productItems"].([]any)[1].(map[string]any)["value"], any(ZoneA))

	sim.Update(func(s *Settings) { s.CauseFields = true })
	same(t, "its cause, switched on", me.order(id)["orderList"].([]any)[0].(map[string]any)["failReason"], any("out of stock"))
	same(t, "cause of the record", me.billed(ids[0], `,"status":3`)[0].(map[string]any)["failReason"], any("out of stock"))
	sim.Update(func(s *Settings) { s.UpperKeys = true })
	o = me.order(id)
	same(t, "upper keys", o["OrderList"].([]any)[1].(map[string]any)["InstanceId"], any(ids[1]))
	sim.Release(ids[1])
	same(t, "order of a gone instance", sim.OrderOf(ids[1]), id)
}

func TestBilling_followsTheInstance(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	gone, taken := me.launch()[0], me.launch()[0]
	same(t, "creating", len(me.billed(gone, `,"status":1`)), 1)
	sim.Advance(20 * time.Second)
	rec := me.billed(gone, "")[0].(map[string]any)
	same(t, "status by default", rec["status"], any(2.0))
	same(t, "begin, UTC+8", rec["billingBeginTime"], any("2026-03-02 17:00:20"))
	me.KEC("TerminateInstances", "InstanceId.1", gone).OK()
	sim.Release(taken)
	same(t, "opened", len(me.billed(gone, "")), 0)
	same(t, "deleted", me.billed(gone, `,"status":7`)[0].(map[string]any)["billingEndTime"], any("2026-03-02 17:00:20"))
	same(t, "reclaimed", len(me.billed(taken, `,"status":5`)), 1)
	data := me.Call("trade", "DescribeInstances", "2020-01-14", "InstanceIds", gone+","+taken).OK().JSON["data"].([]any)
	same(t, "records", len(data), 2)
	same(t, "deleted at", data[0].(map[string]any)["serviveDeleteTime"], any("2026-03-02 17:00:20"))
}

func TestBilling_setByHand(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	ids := me.launch("MinCount", "2", "MaxCount", "2")
	sim.Advance(20 * time.Second)
	in, gone := ids[0], ids[1]
	sim.Release(gone)

	sim.SetBillingStatus(in, 8)
	same(t, "opened", len(me.billed(in, "")), 0)
	rec := me.billed(in, `,"status":8`)[0].(map[string]any)
	same(t, "status", fmt.Sprint(rec["status"], " ", rec["statusName"]), "8 in arrears")
	same(t, "begin", rec["billingBeginTime"], any("2026-03-02 17:00:20"))
	same(t, "its state", me.State(in), "active")

	sim.SetBillingStatus(gone, 3)
	same(t, "reclaimed", len(me.billed(gone, `,"status":5`)), 0)
	rec = me.billed(gone, `,"status":3`)[0].(map[string]any)
	same(t, "status", fmt.Sprint(rec["status"], " ", rec["statusName"]), "3 failed to open")
	data := me.Call("trade", "DescribeInstances", "2020-01-14", "InstanceIds", in+","+gone).OK().JSON["data"].([]any)
	same(t, "records", len(data), 1)
	same(t, "status", data[0].(map[string]any)["status"], any(8.0))
	o := me.order(sim.OrderOf(gone))
	same(t, "order", o["status"], any(1.0))
	same(t, "sub-order", o["orderList"].([]any)[1].(map[string]any)["status"], any(2.0))

	// The end of the instance sets the final status.
	me.KEC("TerminateInstances", "InstanceId.1", in).OK()
	same(t, "deleted", len(me.billed(in, `,"status":7`)), 1)

	// The status of the record does not change the order.
	opening := me.launch()[0]
	sim.SetBillingStatus(opening, 12)
	me.KEC("TerminateInstances", "InstanceId.1", opening).OK()
	same(t, "deleted while opening", len(me.billed(opening, `,"status":7`)), 1)
	same(t, "its sub-order", me.order(sim.OrderOf(opening))["orderList"].([]any)[0].(map[string]any)["status"], any(2.0))

	// If an id was used twice, it is the record of the instance that exists.
	sim.AddInstance(Instance{ID: gone})
	sim.SetBillingStatus(gone, 9)
	same(t, "new", len(me.billed(gone, `,"status":9`)), 1)
	same(t, "old", len(me.billed(gone, `,"status":3`)), 1)
}

func TestOrder_wrapped(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := sim.OrderOf(me.launch()[0])
	sim.Advance(20 * time.Second)
	bare := fmt.Sprint(me.order(id))
	sim.Update(func(s *Settings) { s.WrapOrders = true })
	o := me.order(id)
	same(t, "fields", len(o), 2)
	same(t, "order", fmt.Sprint(o["data"]), bare)
	same(t, "status", o["data"].(map[string]any)["status"], any(1.0))
	same(t, "request id", o["RequestId"], any("0000000a-0000-4000-8000-000000000003"))

	// Other answers are not wrapped.
	same(t, "billing", len(me.billed(sim.Instances()[0].ID, "")), 1)
	me.Call("trade", "QueryOrderInfo", "2025-03-21", "orderId", "8").Refused(400, "OrderNotExist", "8")

	sim.Update(func(s *Settings) { s.UpperKeys = true })
	o = me.order(id)
	same(t, "fields", len(o), 2)
	same(t, "request id", o["RequestId"], any("0000000a-0000-4000-8000-000000000006"))
	same(t, "sub-orders", o["Data"].(map[string]any)["OrderList"].([]any)[0].(map[string]any)["InstanceId"], any(sim.Instances()[0].ID))

	sim.Update(func(s *Settings) { s.UpperKeys, s.WrapOrders = false, false })
	same(t, "in the end", fmt.Sprint(me.order(id)), bare)
}

func TestOrder_anyAtAll(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.PutOrder(Order{ID: "7", Status: 0, PayableMoney: "12.5", Extra: map[string]any{"remark": "waits for payment"},
		SubOrders: []SubOrder{{ID: "7-1", Status: 20, Extra: map[string]any{"errMsg": "no"}}}})
	o := me.order("7")
	same(t, "status", o["status"], any(0.0))
	same(t, "to pay", o["payableMoney"], any(12.5))
	same(t, "remark", o["remark"], any("waits for payment"))
	same(t, "sub", o["orderList"].([]any)[0].(map[string]any)["errMsg"], any("no"))
	same(t, "created", o["createTime"], any(0.0))

	a := me.Call("trade", "QueryOrderInfo", "2025-03-21", "orderId", "8")
	a.Refused(400, "OrderNotExist", "8")
	if _, typed := a.JSON["Error"].(map[string]any)["Type"]; typed {
		t.Error("trade's error has a Type")
	}
	me.Call("trade", "QueryOrderInfo", "2025-03-21").Refused(400, "InvalidParameter", "orderId is required")
	me.Region = "cn-shanghai-3"
	same(t, "any region", me.order("7")["orderId"], any("7"))
	sim.DenyService("trade", true)
	me.Call("trade", "QueryOrderInfo", "2025-03-21", "orderId", "7").Refused(403, "PermissionDenied", "lack of policy")
}
