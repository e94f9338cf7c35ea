package kecsim

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

var queryOrderRules = []rule{{"orderId", true, nil}}

// queryOrderInfo shows an order with its sub-orders.
//
// documented: names, enumerations, neither wrapper nor RequestId (facts 110-115).
// assumed: the code of an unknown order (fact 162), one sub-order per instance
// (fact 199), failReason with CauseFields and a wrapper with WrapOrders (facts 202,
// 231).
func (s *Server) queryOrderInfo(r *request) (any, *protocol.Refusal) {
	o := s.w.orderByID[r.Get("orderId")]
	if o == nil {
		return nil, protocol.Refuse(protocol.CodeOrderUnknown, "the order %s does not exist", protocol.Clip(r.Get("orderId")))
	}
	list := []any{}
	for _, sub := range o.SubOrders {
		items := []any{}
		for _, item := range sub.Items {
			items = append(items, map[string]any{"key": item.Key, "value": item.Value})
		}
		out := map[string]any{
			"subOrderId": sub.ID, "orderId": o.ID, "instanceId": sub.InstanceID, "status": sub.Status, "num": sub.Num,
			"price": amount(sub.Price), "billType": sub.BillType,
			"productGroup": sub.ProductGroup, "productGroupName": sub.ProductGroupName,
			"productType": sub.ProductType, "productTypeName": sub.ProductTypeName, "productId": sub.ProductID,
			"productItems": items, "promotionItem": map[string]any{"name": sub.PromotionName, "type": sub.PromotionType},
			"serviceBeginTime": millis(sub.ServiceBegin), "serviceEndTime": millis(sub.ServiceEnd), "iamProjectId": sub.ProjectID,
		}
		if s.w.settings.CauseFields && sub.FailReason != "" {
			out["failReason"] = sub.FailReason
		}
		list = append(list, extended(out, sub.Extra))
	}
	order := extended(map[string]any{
		"orderId": o.ID, "orderName": o.Name, "userId": o.UserID, "orderType": o.Type, "orderUse": o.Use,
		"status": o.Status, "hasRefund": o.HasRefund, "billName": o.BillName,
		"totalMoney": amount(o.TotalMoney), "realMoney": amount(o.RealMoney),
		"payableMoney": amount(o.PayableMoney), "discountAmount": amount(o.DiscountAmount),
		"createTime": millis(o.CreateTime), "payTime": millis(o.PayTime), "updateTime": millis(o.UpdateTime),
		"orderList": list,
	}, o.Extra)
	if s.w.settings.WrapOrders {
		return map[string]any{"data": order}, nil
	}
	return order, nil
}

func extended(out, extra map[string]any) map[string]any {
	for name, value := range extra {
		out[name] = value
	}
	return out
}

// amount reads a decimal, for a JSON number. A text that is not a decimal counts as 0.
func amount(s string) protocol.Money {
	m, _ := protocol.ParseMoney(s)
	return m
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

const anyInt = 1 << 62

var queryInstancesRules = []rule{
	{"instanceIds.N", false, nil},
	{"status", false, integer(1, 12)},
	{"productGroup", false, integer(0, anyInt)},
	{"renewStrategy", false, integer(0, 1)},
	{"associatedUserId", false, integer(0, anyInt)},
	{"billingBeginTimeFrom", false, timeIn(plainTime)}, {"billingBeginTimeTo", false, timeIn(plainTime)},
	{"billingEndTimeFrom", false, timeIn(plainTime)}, {"billingEndTimeTo", false, timeIn(plainTime)},
	{"serviceBeginTimeFrom", false, timeIn(plainTime)}, {"serviceBeginTimeTo", false, timeIn(plainTime)},
	{"page", false, integer(1, anyInt)},
	{"size", false, integer(1, 1000)},
}

// queryInstances lists billing records with a status, by default opened ones.
//
// documented: parameters, the default status, fields (facts 117, 118). assumed: the
// status of an instance that is gone, or whose record was changed by hand, and
// failReason with CauseFields (facts 201, 202, 232).
func (s *Server) queryInstances(r *request) (any, *protocol.Refusal) {
	ids := r.List("instanceIds")
	status := r.Number("status", billingOpened)
	inside := func(t time.Time, field string) bool {
		from, hasFrom := parseChinaTime(r.Get(field+"From"), plainTime)
		to, hasTo := parseChinaTime(r.Get(field+"To"), plainTime)
		return !hasFrom && !hasTo || !t.IsZero() && (!hasFrom || !t.Before(from)) && (!hasTo || !t.After(to))
	}
	found := []any{}
	for _, rec := range s.w.billing {
		if rec.status != status || len(ids) > 0 && !slices.Contains(ids, rec.instanceID) ||
			r.Number("productGroup", productGroup) != productGroup || r.Number("renewStrategy", 0) != 0 ||
			r.Number("associatedUserId", int(userID)) != int(userID) ||
			!inside(rec.begin, "billingBeginTime") || !inside(rec.end, "billingEndTime") || !inside(rec.begin, "serviceBeginTime") {
			continue
		}
		out := map[string]any{
			"instanceId": rec.instanceID, "status": rec.status, "statusName": billingNames[rec.status],
			"billType": rec.billType, "billTypeName": billNames[rec.billType], "payTypeName": payTypeName(rec.billType),
			"instanceType": 1, "instanceTypeName": "formal",
			"productGroup": productGroup, "productType": productType, "productTypeName": rec.typeName,
			"region": rec.region, "regionName": s.w.regionLabel(rec.region),
			"billingBeginTime": chinaText(rec.begin, plainTime), "billingEndTime": chinaText(rec.end, plainTime),
			"createTime": chinaText(rec.created, plainTime), "iamProjectId": rec.project,
			"renewStrategy": 0, "renewStrategyName": "manual", "renewDuration": 0, "userId": userID,
		}
		switch s.w.settings.BillingRegions {
		case BillingRegionNone:
			delete(out, "region")
			delete(out, "regionName")
		case BillingRegionNumber:
			out["region"] = 1
		}
		if s.w.settings.CauseFields && rec.reason != "" {
			out["failReason"] = rec.reason
		}
		found = append(found, out)
	}
	size := r.Number("size", 10)
	// Compared in pages, because page times size could overflow.
	start := len(found)
	if skip := r.Number("page", 1) - 1; skip <= len(found)/size {
		start = min(skip*size, len(found))
	}
	end := min(start+size, len(found))
	return map[string]any{"data": map[string]any{"total": len(found), "retResponse": found[start:end]}}, nil
}

func payTypeName(billType int) string {
	if billType == billTypes[chargeMonthly] {
		return "prepaid"
	}
	return "postpaid"
}

func (w *world) regionLabel(name string) string {
	for _, r := range w.regions {
		if r.name == name {
			return r.label
		}
	}
	return name
}

var tradeDescribeRules = []rule{{"InstanceIds", true, nil}}

// tradeDescribeInstances shows the billing records of ids.
//
// documented: parameters and answer, with the misspelt serviveDeleteTime (fact 119).
// assumed: failed instances are left out, since the documented list has no status for
// them (fact 201).
func (s *Server) tradeDescribeInstances(r *request) (any, *protocol.Refusal) {
	ids := strings.Split(r.Get("InstanceIds"), ",")
	if len(ids) > 100 {
		return nil, protocol.Invalid("InstanceIds", "has %d entries, at most 100 are allowed", len(ids))
	}
	data := []any{}
	for _, rec := range s.w.billing {
		if !slices.Contains(ids, rec.instanceID) || rec.status == billingFailed {
			continue
		}
		data = append(data, map[string]any{
			"instanceId": rec.instanceID, "billType": rec.billType, "instanceType": 1, "status": rec.status,
			"serviceBeginTime": chinaText(rec.begin, plainTime), "serviveDeleteTime": chinaText(rec.end, plainTime),
			"createTime": chinaText(rec.created, plainTime),
		})
	}
	return map[string]any{"data": data}, nil
}

// upperKeys writes all keys with an upper-case first letter (fact 110: one SDK models them so).
func upperKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, item := range v {
			first, n := utf8.DecodeRuneInString(name)
			out[string(unicode.ToUpper(first))+name[n:]] = upperKeys(item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = upperKeys(item)
		}
		return out
	}
	return v
}
