package failure

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// SubOrderFailed tells whether what a sub-order is of failed to open.
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
// order, then in the billing record, and infers the likely one without any. A sub-order of an
// address or a disk is not one of an instance: no stock or price of instances explains it.
func (e *Explainer) ofPart(ctx context.Context, order *kec.Order, sub kec.SubOrder) Failure {
	f, part := ofOrder(Unknown, order), partOf(order, sub)
	f.SubOrderID, f.Words = sub.ID, reason(sub.Raw)
	if part == nil {
		f.InstanceID = sub.InstanceID
	}
	if f.Words == "" {
		f.Words = reason(withoutParts(order.Raw))
	}
	if f.Words == "" && sub.InstanceID != "" {
		f.bill(billed(ctx, e.client, sub.InstanceID))
	}
	if part == nil {
		e.explain(ctx, &f, ordered(sub))
	} else {
		f.explainPart(part)
	}
	if f.Code != Unknown {
		return f
	}
	f.Facts = joined(" ", f.Facts, itemsOf(sub))
	f.Summary = "KEC gives a reason of its own"
	f.Remedy = "KEC gave the reason below; ask KEC support with the order's id if it does not help."
	if f.Words == "" {
		f.Summary = "KEC does not say why"
		f.Remedy = "Look at the order in the console, Billing > Order Management, which shows the reason of a failed order."
	}
	f.brief = f.Summary
	return f
}

// explainPart settles the cause of a failed sub-order that is not of an instance.
func (f *Failure) explainPart(part *thing) {
	f.Facts = joined(" ", f.Facts, fmt.Sprintf("It is a sub-order of %s, not of instances.", part.names))
	if f.Words == "" {
		f.Source = ""
		return
	}
	c, _ := classify("", f.Words)
	f.Cause = c
	f.sharpen(f.Words, "", false)
	if f.thing == nil && f.general(false) && f.Code != Unknown {
		code := f.Code
		if code == SubnetFull {
			code = OutOfStock
		}
		part.blame(f, code)
	}
}

// partOf is what a sub-order is of, nil for an instance. An order may hold sub-orders of addresses
// and disks beside those of its instances (fact 282: told by items, then by names, then by group).
func partOf(order *kec.Order, sub kec.SubOrder) *thing {
	if ordered(sub).InstanceType != "" {
		return nil
	}
	if t := thingIn(sub.ProductGroupName + " " + sub.ProductTypeName); t != nil {
		return t
	}
	for _, other := range order.SubOrders {
		if other.ProductGroup != sub.ProductGroup && ordered(other).InstanceType != "" {
			return &thing{
				names: cmp.Or(sub.ProductTypeName, sub.ProductGroupName, "another product"),
				quota: "Order fewer, or ask KEC to raise the quota.",
				stock: market.Words{Remedy: "Order without, or try again later."},
			}
		}
	}
	return nil
}

// itemKeys tell the keys of what decides on stock and price, without separators and in lower case.
// They are assumed (fact 213: keys of the items).
var itemKeys = map[string]func(*market.Launch, string){
	"instancetype": ofType, "实例类型": ofType, "实例规格": ofType, "机型": ofType, "规格": ofType, "套餐": ofType, "套餐类型": ofType,
	"availablezone": ofZone, "availabilityzone": ofZone, "availabilityzonename": ofZone, "zone": ofZone, "可用区": ofZone, "可用区名称": ofZone,
}

func ofType(launch *market.Launch, value string) { launch.InstanceType = value }

// ofZone takes a zone by its name in the API. One in the console's words cannot be asked for.
func ofZone(launch *market.Launch, value string) {
	if !strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) }) {
		launch.Zone = value
	}
}

// ordered reads the launch out of a sub-order's items. It accepts any spelling of their keys.
func ordered(sub kec.SubOrder) market.Launch {
	var launch market.Launch
	for _, key := range slices.Sorted(maps.Keys(sub.Items)) {
		if set := itemKeys[strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(key))]; set != nil && sub.Items[key] != "" {
			set(&launch, sub.Items[key])
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
