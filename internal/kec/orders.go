package kec

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// StatusAbsent is the Status of an order, sub-order or billing record whose answer holds none (0 is
// a status of its own).
const StatusAbsent = -1

// The statuses of an order (fact 113). OrderPartlyFailed and OrderFailed stand in sub-orders as
// well.
const (
	OrderUnpaid       = 0
	OrderPaid         = 1
	OrderCancelled    = 2
	OrderRefunded     = 4
	OrderRefunding    = 5
	OrderPartlyFailed = 20
	OrderFailed       = 21
)

// The statuses of a sub-order (fact 114).
const (
	SubOrderCreating = 1
	SubOrderOpened   = 2
	SubOrderFailed   = 3 // failed to open
)

// Order is one order as trade QueryOrderInfo shows it (facts 111 and 113: its fields and statuses).
// Money is CNY, exact, nil when absent; times are nil when absent or 0.
type Order struct {
	ID           string
	Name         string
	Type         int    // 1 trial, 2 regular, 0 absent
	Use          int    // 1 purchase, 2 renewal, 3 configuration change, ..., 0 unknown or absent
	Status       int    // such as OrderPaid, or StatusAbsent
	BillName     string // the billing method's name
	TotalMoney   *decimal.Decimal
	RealMoney    *decimal.Decimal
	PayableMoney *decimal.Decimal
	CreatedAt    *time.Time
	PaidAt       *time.Time
	UpdatedAt    *time.Time
	SubOrders    []SubOrder
	RequestID    string          // no model has it; "" when the answer holds none
	Raw          json.RawMessage // the whole order, without a Data wrapper
}

// SubOrder is one item of an order (facts 112 and 114: its fields and statuses).
type SubOrder struct {
	ID string
	// InstanceID is what the item became or is to become: an instance, or an address or a disk. It may
	// stand there before the item opens and after opening failed (fact 280: nothing says when).
	InstanceID       string
	Status           int // such as SubOrderOpened, OrderFailed or StatusAbsent
	Quantity         int64
	Price            *decimal.Decimal
	ProductGroup     int64 // 0 absent
	ProductGroupName string
	ProductTypeName  string
	Items            map[string]string // configuration details; never nil
	ServiceBegin     *time.Time
	ServiceEnd       *time.Time
	Raw              json.RawMessage // the whole element
}

// QueryOrderInfo returns one order. The error matches ErrNotFound when the answer is empty, or is a
// refusal that says that there is no such order. A Data wrapper is taken off, which no model has
// (fact 110: no wrapper).
func (c *Client) QueryOrderInfo(ctx context.Context, orderID string) (*Order, error) {
	if orderID == "" {
		return nil, errors.New("the order id is empty")
	}
	var o *Order
	err := c.read(ctx, ksyun.Call{
		Service: ksyun.Trade, Action: "QueryOrderInfo", Version: orderVersion, Form: url.Values{"orderId": {orderID}},
	}, func(ans *ksyun.Answer) error {
		var why string
		switch o, why = decodeOrder(ans.Body); {
		case why != "":
			return ans.Unusable("%s", why)
		case o == nil:
			return fmt.Errorf("order %s: %w: %w", orderID, ErrNotFound, ans.Unusable("the answer holds no order"))
		case o.ID == "":
			o.ID = orderID
		}
		o.RequestID = ans.RequestID
		return nil
	})
	if e, ok := errors.AsType[*ksyun.Error](err); ok && saysMissing(e) {
		return nil, fmt.Errorf("order %s: %w: %w", orderID, ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// missing are the words of a code or message that says that a thing does not exist. No code of the
// trade service is known.
var missing = regexp.MustCompile(`(?i)(not|n't)[ _]?(exist|found)|no such|不存在`)

// otherCode and otherMessage speak of other things than orders that can be missing: an unknown
// action is INVALID_ACTION "Not Found".
var (
	otherCode    = regexp.MustCompile(`(?i)action|access_?key|token|signature`)
	otherMessage = regexp.MustCompile(`(?i)\b(action|access ?key|secret|token|signature)\b`)
)

// saysMissing reports a refusal that says that what was asked for does not exist.
func saysMissing(e *ksyun.Error) bool {
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || e.Status >= 500 || e.Code == "" {
		return false
	}
	return missing.MatchString(e.Code+" "+e.Message) && !otherCode.MatchString(e.Code) && !otherMessage.MatchString(e.Message)
}

// decodeOrder reads the body of QueryOrderInfo; nil for one that holds no order.
func decodeOrder(body []byte) (*Order, string) {
	fields, why := ksyun.Object(body)
	if why != "" {
		return nil, why
	}
	_, hasID := fields["orderid"]
	_, hasList := fields["orderlist"]
	if data, ok := fields["data"]; ok && !hasID && !hasList {
		if list, ok := ksyun.Array(data); ok && len(list) == 1 {
			data = list[0]
		}
		if s := strings.Join(strings.Fields(string(data)), ""); s == `""` || s == "[]" || s == "null" {
			return nil, ""
		}
		if fields, why = ksyun.Object(data); why != "" {
			return nil, "the Data of the answer is not one order"
		}
		body = data
	}
	if fields["orderid"] == nil && fields["status"] == nil && fields["orderlist"] == nil {
		return nil, ""
	}
	var w struct {
		OrderID, OrderName, BillName        ksyun.Text
		OrderType, OrderUse, Status         ksyun.Number
		TotalMoney, RealMoney, PayableMoney ksyun.Number
		CreateTime, PayTime, UpdateTime     ksyun.Instant
		OrderList                           ksyun.Items
	}
	ksyun.Decode(body, &w)
	o := &Order{
		ID: string(w.OrderID), Name: string(w.OrderName), BillName: string(w.BillName),
		Type: int(w.OrderType.IntOr(0)), Use: int(w.OrderUse.IntOr(0)), Status: int(w.Status.IntOr(StatusAbsent)),
		TotalMoney: w.TotalMoney.Decimal, RealMoney: w.RealMoney.Decimal, PayableMoney: w.PayableMoney.Decimal,
		CreatedAt: w.CreateTime.Time, PaidAt: w.PayTime.Time, UpdatedAt: w.UpdateTime.Time,
		Raw: bytes.Clone(body),
	}
	for _, raw := range w.OrderList {
		o.SubOrders = append(o.SubOrders, decodeSubOrder(raw))
	}
	return o, ""
}

func decodeSubOrder(raw json.RawMessage) SubOrder {
	var w struct {
		SubOrderID, InstanceID            ksyun.Text
		ProductTypeName, ProductGroupName ksyun.Text
		Status, Num, Price, ProductGroup  ksyun.Number
		ServiceBeginTime, ServiceEndTime  ksyun.Instant
		ProductItems                      ksyun.Items
	}
	ksyun.Decode(raw, &w)
	s := SubOrder{
		ID: string(w.SubOrderID), InstanceID: string(w.InstanceID), Status: int(w.Status.IntOr(StatusAbsent)),
		Quantity: w.Num.IntOr(0), Price: w.Price.Decimal, ProductTypeName: string(w.ProductTypeName),
		ProductGroup: w.ProductGroup.IntOr(0), ProductGroupName: string(w.ProductGroupName),
		Items: map[string]string{}, ServiceBegin: w.ServiceBeginTime.Time, ServiceEnd: w.ServiceEndTime.Time,
		Raw: bytes.Clone(raw),
	}
	for _, item := range w.ProductItems {
		var kv struct{ Key, Value ksyun.Text }
		ksyun.Decode(item, &kv)
		switch had, ok := s.Items[string(kv.Key)]; {
		case kv.Key == "":
		case ok:
			s.Items[string(kv.Key)] = had + ", " + string(kv.Value)
		default:
			s.Items[string(kv.Key)] = string(kv.Value)
		}
	}
	return s
}
