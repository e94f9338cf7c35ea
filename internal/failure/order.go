package failure

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// SubOrderFailed tells whether the instance of a sub-order failed to open.
func SubOrderFailed(s kec.SubOrder) bool {
	return s.Status == kec.SubOrderFailed || s.Status == kec.OrderPartlyFailed || s.Status == kec.OrderFailed
}

// OfOrder explains why an order opened nothing, or not all: one failure for each failed sub-order.
// An order that failed without a failed sub-order has one failure, and so has an order that is not
// paid or was cancelled.
func (e *Explainer) OfOrder(ctx context.Context, order *kec.Order) []Failure {
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	var failures []Failure
	for _, sub := range order.SubOrders {
		if SubOrderFailed(sub) {
			failures = append(failures, e.ofPart(ctx, order, sub))
		}
	}
	if len(failures) > 0 {
		return failures
	}
	switch order.Status {
	case kec.OrderPartlyFailed, kec.OrderFailed:
		return []Failure{e.ofPart(ctx, order, kec.SubOrder{})}
	case kec.OrderUnpaid:
		f := ofOrder(OrderUnpaid, order)
		if order.PayableMoney != nil && order.PayableMoney.Sign() > 0 {
			f.Facts = fmt.Sprintf("%s CNY are to be paid before anything opens.", order.PayableMoney)
		}
		return []Failure{f}
	case kec.OrderCancelled:
		return []Failure{ofOrder(OrderCanceled, order)}
	}
	return nil
}

// ofOrder is a failure with this code, as the answer about the order shows it.
func ofOrder(code Code, order *kec.Order) Failure {
	f := newFailure(code)
	f.Action, f.RequestID = "QueryOrderInfo", order.RequestID
	return f
}

// Final tells whether the instance failed to open for good. An order that is not paid may still
// open, and one that was cancelled is not meant to.
func (f Failure) Final() bool { return f.Code != OrderUnpaid && f.Code != OrderCanceled }

// ofPart explains one failed sub-order. It looks for the reason in the sub-order, then in the
// order, then in the billing record, and infers the likely one without any.
func (e *Explainer) ofPart(ctx context.Context, order *kec.Order, sub kec.SubOrder) Failure {
	f := ofOrder(Unknown, order)
	f.SubOrderID, f.InstanceID, f.Words = sub.ID, sub.InstanceID, reason(sub.Raw)
	if f.Words == "" {
		f.Words = reason(withoutParts(order.Raw))
	}
	if f.Words == "" && sub.InstanceID != "" {
		f.bill(billed(ctx, e.client, sub.InstanceID))
	}
	e.explain(ctx, &f, ordered(sub))
	if f.Code != Unknown {
		return f
	}
	f.Facts = joined(" ", f.Facts, itemsOf(sub))
	f.Summary = "KEC gives a reason of its own"
	if f.Words == "" {
		f.Summary = "KEC does not say why"
		f.Remedy = "Look at the order in the console, Billing > Order Management, which shows the reason of a failed order."
	}
	f.brief = f.Summary
	return f
}

// ordered reads the launch out of a sub-order's items. It accepts any spelling of their keys, which
// are assumed (fact 213: keys of the items).
func ordered(sub kec.SubOrder) market.Launch {
	var launch market.Launch
	for key, value := range sub.Items {
		switch strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(key)) {
		case "instancetype":
			launch.InstanceType = value
		case "availablezone", "availabilityzone", "availabilityzonename", "zone":
			launch.Zone = value
		}
	}
	return launch
}

// itemsOf lists a sub-order's items, for a failure whose reason is unknown.
func itemsOf(sub kec.SubOrder) string {
	if len(sub.Items) == 0 {
		return ""
	}
	pairs := make([]string, 0, len(sub.Items))
	for _, key := range slices.Sorted(maps.Keys(sub.Items)) {
		pairs = append(pairs, fmt.Sprintf("%s = %s", key, sub.Items[key]))
	}
	return "Ordered: " + strings.Join(pairs, ", ") + "."
}
