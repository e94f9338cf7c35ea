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
	case 0:
		return unpaid
	case 2:
		return canceled
	case 4:
		return refunded
	case 5:
		return refunding
	case 20:
		return partiallyFailed
	case 21:
		return failed
	case 1:
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
// failed. Status 2 without an instance is the status 2 of a cancelled order.
func subOrderState(order *kec.Order, sub kec.SubOrder) string {
	switch {
	case failure.SubOrderFailed(sub):
		return failed
	case sub.Status == 1:
		return creating
	case sub.Status == 2 && sub.InstanceID != "":
		return succeeded
	case sub.Status == 2 && order.Status == 2:
		return canceled
	}
	return unknown
}

// recordState reads the state of a billing record (fact 118: the statuses 1 to 12). An instance
// that is in arrears or shut down has been opened and still exists (fact 241: 8 and 10 are orders
// that succeeded).
func recordState(r *kec.BillingRecord) string {
	switch r.Status {
	case failure.StatusCreating:
		return creating
	case 2, 8, 10:
		return succeeded
	case failure.StatusFailedToOpen:
		return failed
	case 4, 5, 6, 7, 9, 11:
		return released
	case 12:
		return refunding
	}
	return unknown
}

// instanceState reads the state of a machine that has no billing record (facts 145 to 148: the
// names of the states).
func instanceState(in *kec.Instance) string {
	switch strings.ToLower(in.State) {
	case "scheduling", "block_device_mapping", "building", "spawning", "networking":
		return creating
	case "active", "stopping", "stopped":
		return succeeded
	case "error":
		return failed
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
