package spotorder

import (
	"fmt"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Service states: what the console shows as the state of a request.
const (
	creating        = "Creating"
	succeeded       = "Succeeded"
	partiallyFailed = "PartiallyFailed"
	failed          = "Failed"
	unpaid          = "Unpaid"
	canceled        = "Canceled"
	refunding       = "Refunding"
	refunded        = "Refunded"
	released        = "Released"
	unknown         = "Unknown"
)

// serviceState reads the state of a whole order. The status "paid" does not say whether the
// instances have opened, so the parts of a paid order decide.
func serviceState(order *kec.Order) string {
	switch order.Status {
	case kec.OrderUnpaid:
		return unpaid
	case kec.OrderCancelled:
		return canceled
	case kec.OrderRefunded:
		return refunded
	case kec.OrderRefunding:
		return refunding
	case kec.OrderPartlyFailed:
		return partiallyFailed
	case kec.OrderFailed:
		return failed
	case kec.OrderPaid:
		return stateOfParts(order)
	}
	return unknown
}

func stateOfParts(order *kec.Order) string {
	count := map[string]int{}
	for _, sub := range order.SubOrders {
		count[subOrderState(order, sub)]++
	}
	switch n := len(order.SubOrders); {
	case n == 0, count[failed] == 0 && count[creating] > 0:
		return creating
	case count[failed] == n:
		return failed
	case count[failed] > 0:
		return partiallyFailed
	case count[succeeded] == n:
		return succeeded
	}
	return unknown
}

// subOrderState reads the status of a sub-order by the list of sub-orders: 1 creating, 2 opened, 3
// failed. In a cancelled order status 2 is that of the order, whether or not an id stands there.
func subOrderState(order *kec.Order, sub kec.SubOrder) string {
	switch {
	case failure.SubOrderFailed(sub):
		return failed
	case sub.Status == kec.SubOrderCreating:
		return creating
	case sub.Status == kec.SubOrderOpened && order.Status == kec.OrderCancelled:
		return canceled
	case sub.Status == kec.SubOrderOpened && sub.InstanceID != "":
		return succeeded
	}
	return unknown
}

// recordState reads the state of a billing record (fact 118: the statuses 1 to 12). An instance
// that is in arrears or shut down has been opened and still exists (fact 241: 8 and 10 are orders
// that succeeded).
func recordState(r *kec.BillingRecord) string {
	switch r.Status {
	case kec.BillingCreating:
		return creating
	case kec.BillingOpened, kec.BillingInArrears, kec.BillingShutDown:
		return succeeded
	case kec.BillingFailed:
		return failed
	case kec.BillingExpired, kec.BillingReclaimed, kec.BillingUnsubscribed, kec.BillingDeleted, 9, 11:
		return released
	case kec.BillingRefunding:
		return refunding
	}
	return unknown
}

// instanceState reads the state of a machine that has no billing record (facts 145 to 148: the
// names of the states). A launch may end in other states than "error" (fact 283: such as
// "build_error"); one that is on its way out may have run before.
func instanceState(in *kec.Instance) string {
	state := strings.ToLower(in.State)
	if kec.Failed(state) {
		return failed
	}
	switch state {
	case "scheduling", "block_device_mapping", "building", "spawning", "networking":
		return creating
	case kec.StateActive, "stopping", kec.StateStopped:
		return succeeded
	case "recycling", "deleting", "deleted":
		return released
	}
	return unknown
}

// statusText is an order's status in words, for messages.
func statusText(code int) string {
	text, ok := map[int]string{
		0: "not paid", 1: "paid", 2: "cancelled", 4: "refunded", 5: "refunding",
		20: "some instances failed to open", 21: "all instances failed to open",
	}[code]
	if !ok {
		return fmt.Sprintf("status %d", code)
	}
	return fmt.Sprintf("status %d: %s", code, text)
}
