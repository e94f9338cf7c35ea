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
)

// StatusAbsent is the Status of an order, sub-order or billing record whose answer holds none (0 is a status of its own).
const StatusAbsent = -1

// Order is one order as trade QueryOrderInfo shows it (facts 111 and 113). Money is CNY, exact, nil when absent; times are nil when absent or 0.
type Order struct {
	ID             string
	Name           string
	UserID         string // the account
	Type           int    // 1 trial, 2 regular, 0 absent
	Use            int    // 1 purchase, 2 renewal, 3 configuration change, ... 10 change plus purchase, 0 unknown or absent
	Status         int    // 0 unpaid, 1 paid, 2 cancelled, 4 refunded, 5 refunding, 20 some failed to open, 21 all failed to open
	HasRefund      int    // StatusAbsent when absent
	BillName       string // the billing method's name
	TotalMoney     *decimal.Decimal
	RealMoney      *decimal.Decimal
	PayableMoney   *decimal.Decimal
	DiscountAmount *decimal.Decimal
	CreatedAt      *time.Time
	PaidAt         *time.Time
	UpdatedAt      *time.Time
	SubOrders      []SubOrder
	RequestID      string          // no model has it; "" when the answer holds none
	Raw            json.RawMessage // the whole order, without a Data wrapper
}

// SubOrder is one item of an order (facts 112 and 114).
type SubOrder struct {
	ID               string
	InstanceID       string // what the item became; "" before it opened, and when opening failed
	OrderID          string // the parent
	Status           int    // 1 creating, 2 opened, 3 failed to open; 20 and 21 of the order's list mean failed as well
	Quantity         int64
	Price            *decimal.Decimal
	BillType         int64 // 810 is spot
	ProductGroup     int64 // opaque
	ProductGroupName string
	ProductType      int64 // opaque
	ProductTypeName  string
	ProductID        string
	Items            map[string]string // configuration details; never nil
	PromotionName    string
	PromotionType    string
	ServiceBegin     *time.Time
	ServiceEnd       *time.Time
	ProjectID        *int64
	Raw              json.RawMessage // the whole element
}

// QueryOrderInfo returns one order. The error matches ErrNotFound when the answer is empty, or when it is a refusal that says
// that there is no such order. A Data wrapper, which no model has (fact 110), is taken off.
func (c *Client) QueryOrderInfo(ctx context.Context, orderID string) (*Order, error) {
	if orderID == "" {
		return nil, errors.New("the order id is empty")
	}
	var o *Order
	err := c.ask(ctx, &call{
		service: tradeService, action: "QueryOrderInfo", version: orderVersion, form: url.Values{"orderId": {orderID}},
	}, func(ans *answer) error {
		var why string
		switch o, why = decodeOrder(ans.body); {
		case why != "":
			return ans.malformed("%s", why)
		case o == nil:
			return fmt.Errorf("order %s: %w: %w", orderID, ErrNotFound, ans.malformed("the answer holds no order"))
		case o.ID == "":
			o.ID = orderID
		}
		o.RequestID = ans.requestID
		return nil
	})
	if e, ok := errors.AsType[*Error](err); ok && e.saysMissing() {
		return nil, fmt.Errorf("order %s: %w: %w", orderID, ErrNotFound, err)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// missing are the words of a code or message that says that a thing does not exist. No code of the trade service is known.
var missing = regexp.MustCompile(`(?i)(not|n't)[ _]?(exist|found)|no such|不存在`)

// Other things than orders can be missing too: an unknown action is INVALID_ACTION "Not Found".
var (
	otherCode    = regexp.MustCompile(`(?i)action|access_?key|token|signature`)
	otherMessage = regexp.MustCompile(`(?i)\b(action|access ?key|secret|token|signature)\b`)
)

// saysMissing reports a refusal that says that what was asked for does not exist.
func (e *Error) saysMissing() bool {
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden || e.Status >= 500 || e.Code == "" {
		return false
	}
	return missing.MatchString(e.Code+" "+e.Message) && !otherCode.MatchString(e.Code) && !otherMessage.MatchString(e.Message)
}

// decodeOrder reads the body of QueryOrderInfo; nil for one that holds no order.
func decodeOrder(body []byte) (*Order, string) {
	fields, why := object(body)
	if why != "" {
		return nil, why
	}
	_, hasID := fields["orderid"]
	_, hasList := fields["orderlist"]
	if data, ok := fields["data"]; ok && !hasID && !hasList {
		if list, ok := array(data); ok && len(list) == 1 {
			data = list[0]
		}
		if s := strings.Join(strings.Fields(string(data)), ""); s == `""` || s == "[]" || s == "null" {
			return nil, ""
		}
		if fields, why = object(data); why != "" {
			return nil, "the Data of the answer is not one order"
		}
		body = data
	}
	if fields["orderid"] == nil && fields["status"] == nil && fields["orderlist"] == nil {
		return nil, ""
	}
	var w struct {
		OrderID, OrderName, UserID, BillName                text
		OrderType, OrderUse, Status, HasRefund              number
		TotalMoney, RealMoney, PayableMoney, DiscountAmount number
		CreateTime, PayTime, UpdateTime                     instant
		OrderList                                           items
	}
	decode(body, &w)
	o := &Order{
		ID: string(w.OrderID), Name: string(w.OrderName), UserID: string(w.UserID), BillName: string(w.BillName),
		Type: int(w.OrderType.intOr(0)), Use: int(w.OrderUse.intOr(0)),
		Status: int(w.Status.intOr(StatusAbsent)), HasRefund: int(w.HasRefund.intOr(StatusAbsent)),
		TotalMoney: w.TotalMoney.Decimal, RealMoney: w.RealMoney.Decimal,
		PayableMoney: w.PayableMoney.Decimal, DiscountAmount: w.DiscountAmount.Decimal,
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
		SubOrderID, InstanceID, OrderID, ProductGroupName, ProductTypeName, ProductID text
		Status, Num, Price, BillType, ProductGroup, ProductType, IamProjectID         number
		ServiceBeginTime, ServiceEndTime                                              instant
		ProductItems                                                                  items
		PromotionItem                                                                 json.RawMessage
	}
	decode(raw, &w)
	s := SubOrder{
		ID: string(w.SubOrderID), InstanceID: string(w.InstanceID), OrderID: string(w.OrderID),
		Status: int(w.Status.intOr(StatusAbsent)), Quantity: w.Num.intOr(0), Price: w.Price.Decimal, BillType: w.BillType.intOr(0),
		ProductGroup: w.ProductGroup.intOr(0), ProductGroupName: string(w.ProductGroupName),
		ProductType: w.ProductType.intOr(0), ProductTypeName: string(w.ProductTypeName), ProductID: string(w.ProductID),
		Items: map[string]string{}, ServiceBegin: w.ServiceBeginTime.Time, ServiceEnd: w.ServiceEndTime.Time,
		ProjectID: w.IamProjectID.int(), Raw: bytes.Clone(raw),
	}
	for _, item := range w.ProductItems {
		var kv struct{ Key, Value text }
		decode(item, &kv)
		switch had, ok := s.Items[string(kv.Key)]; {
		case kv.Key == "":
		case ok:
			s.Items[string(kv.Key)] = had + ", " + string(kv.Value)
		default:
			s.Items[string(kv.Key)] = string(kv.Value)
		}
	}
	promotion := w.PromotionItem
	if list, ok := array(promotion); ok && len(list) > 0 {
		promotion = list[0]
	}
	var p struct{ Name, Type text }
	decode(promotion, &p)
	s.PromotionName, s.PromotionType = string(p.Name), string(p.Type)
	return s
}
