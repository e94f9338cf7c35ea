package kecsim

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Order is one purchase. Amounts are decimals in CNY. Extra fields are written beside the known
// ones, such as fields for a cause that no model has.
type Order struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	UserID    int64  `json:"userID"`
	Type      int    `json:"type"`   // 2 regular
	Use       int    `json:"use"`    // 1 purchase
	Status    int    `json:"status"` // 0 unpaid, 1 paid, 2 cancelled, 4 refunded, 5 refunding, 20 some failed, 21 all failed
	HasRefund int    `json:"hasRefund"`
	BillName  string `json:"billName"`

	TotalMoney     string    `json:"totalMoney"`
	RealMoney      string    `json:"realMoney"`
	PayableMoney   string    `json:"payableMoney"`
	DiscountAmount string    `json:"discountAmount"`
	CreateTime     time.Time `json:"createTime,omitzero"` // the API shows a zero time as 0
	PayTime        time.Time `json:"payTime,omitzero"`
	UpdateTime     time.Time `json:"updateTime,omitzero"`

	SubOrders []SubOrder     `json:"subOrders"`
	Extra     map[string]any `json:"extra,omitempty"`
}

// SubOrder is one item of an order.
type SubOrder struct {
	ID         string `json:"id"`
	InstanceID string `json:"instanceID"`
	Status     int    `json:"status"` // 1 creating, 2 opened, 3 failed to open
	Num        int    `json:"num"`
	Price      string `json:"price"`
	BillType   int    `json:"billType"`

	ProductGroup     int    `json:"productGroup"`
	ProductGroupName string `json:"productGroupName"`
	ProductType      int    `json:"productType"`
	ProductTypeName  string `json:"productTypeName"`
	ProductID        string `json:"productID"`
	Items            []Item `json:"items"`

	PromotionName string         `json:"promotionName,omitempty"`
	PromotionType string         `json:"promotionType,omitempty"`
	ServiceBegin  time.Time      `json:"serviceBegin,omitzero"`
	ServiceEnd    time.Time      `json:"serviceEnd,omitzero"`
	ProjectID     int64          `json:"projectID"`
	FailReason    string         `json:"failReason,omitempty"` // the API shows it with CauseFields
	Extra         map[string]any `json:"extra,omitempty"`
}

// Item is one configuration detail of a sub-order.
type Item struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// The states of orders, sub-orders and billing records (facts 113, 114, 118: their numbers).
const (
	orderPaid       = 1
	orderSomeFailed = 20
	orderAllFailed  = 21

	subCreating = 1
	subOpened   = 2
	subFailed   = 3

	billingCreating  = 1
	billingOpened    = 2
	billingFailed    = 3
	billingReclaimed = 5
	billingDeleted   = 7
)

// The product numbers of instances (fact 200: invented).
const (
	productGroup = 100
	productType  = 58
)

// record is the billing record of one instance, which outlives the instance.
type record struct {
	instanceID, region, typeName string
	billType, status             int
	created, begin, end          time.Time
	project                      int64
	reason                       string
}

var billNames = map[int]string{1: "Monthly", 5: "Daily", 87: "HourlyInstantSettlement", 810: "Spot"}

var billingNames = map[int]string{
	1: "creating", 2: "opened", 3: "failed to open", 4: "expired", 5: "reclaimed", 6: "unsubscribed", 7: "deleted",
	8: "in arrears", 9: "reclaimed for arrears", 10: "one-key shutdown", 11: "one-key reclaim", 12: "unsubscribing",
}

// openOrder starts the order of a launch.
//
// assumed: one order per call, paid at once, with the hourly price as its amounts
// (facts 199, 200), and with NoOrders none that can be asked for.
func (w *world) openOrder(l *launch, count int) *Order {
	price := l.market.last()
	each := price.onDemand
	if l.Get("ChargeType") == chargeSpot {
		each = price.spot
	}
	o := &Order{
		ID:   w.now.UTC().Format("20060102150405") + fmt.Sprintf("%09d", w.next(kindOrder)),
		Name: "KEC purchase", UserID: userID, Type: 2, Use: 1, Status: orderPaid,
		BillName:   billNames[billTypes[l.Get("ChargeType")]],
		TotalMoney: (price.onDemand * protocol.Money(count)).String(), RealMoney: (each * protocol.Money(count)).String(),
		PayableMoney: "0", DiscountAmount: "0",
		CreateTime: w.now, PayTime: w.now, UpdateTime: w.now,
	}
	if !w.settings.NoOrders {
		w.putOrder(o)
	}
	return o
}

func (w *world) putOrder(o *Order) {
	if old := w.orderByID[o.ID]; old != nil {
		*old = *o
		return
	}
	w.orders = append(w.orders, o)
	w.orderByID[o.ID] = o
}

// book adds an instance to an order, as a sub-order, and opens its billing record.
func (w *world) book(o *Order, in *instance) {
	in.order, in.sub = o, len(o.SubOrders)
	if !w.settings.NoOrders {
		w.orderOf[in.ID] = o.ID
	}
	price := in.market.last().onDemand
	if in.ChargeType == chargeSpot {
		price = in.market.last().spot
	}
	in.record = w.newRecord(in)
	o.SubOrders = append(o.SubOrders, SubOrder{
		ID: o.ID + "-" + strconv.Itoa(len(o.SubOrders)+1), Status: subCreating, Num: 1, Price: price.String(),
		BillType: in.record.billType, ProductGroup: productGroup, ProductGroupName: "KEC",
		ProductType: productType, ProductTypeName: in.record.typeName, ProductID: in.Type, ProjectID: in.ProjectID,
		Items: w.items(Item{"instance_type", in.Type}, Item{"available_zone", in.Zone}, Item{"image_id", in.ImageID},
			Item{"system_disk", in.SystemDisk.Type + " " + strconv.Itoa(in.SystemDisk.SizeGB) + "GB"}),
	})
	if w.oddOrder(OrderIDs) {
		o.SubOrders[in.sub].InstanceID = in.ID
	}
	w.bookParts(o, in)
}

func (w *world) newRecord(in *instance) *record {
	family := in.Type
	if t := w.findType(in.Type); t != nil {
		family = t.family
	}
	rec := &record{
		instanceID: in.ID, region: in.Region, typeName: family, billType: billTypes[in.ChargeType],
		status: billingCreating, created: in.CreatedAt, project: in.ProjectID,
	}
	if !w.settings.NoOrders {
		w.billing = append(w.billing, rec)
	}
	return rec
}

// opened records that an instance runs.
func (w *world) opened(in *instance) {
	in.record.status, in.record.begin = billingOpened, w.now
	w.updateSubOrder(in, func(sub *SubOrder, id string) {
		sub.Status, sub.InstanceID, sub.ServiceBegin = subOpened, id, w.now
	})
}

// failed records that an instance could not be opened, and gives back what it held except its
// addresses, which an instance in state error still shows.
//
// assumed: what is given back (fact 194).
func (w *world) failed(in *instance, reason string) {
	in.FailReason = reason
	in.record.status, in.record.reason = billingFailed, reason
	w.updateSubOrder(in, func(sub *SubOrder, _ string) { sub.Status, sub.FailReason = subFailed, reason })
	w.freeUnit(in)
}

// closed records that an instance is no longer charged. A failed instance stays failed; an
// instance that is deleted while it opens counts as opened.
//
// assumed: the billing status at the end (fact 201).
func (w *world) closed(in *instance, status int) {
	if in.record.status == billingFailed {
		return
	}
	if in.record.begin.IsZero() {
		w.opened(in)
	}
	if in.record.end.IsZero() {
		in.record.status, in.record.end = status, w.now
		w.updateSubOrder(in, func(sub *SubOrder, _ string) { sub.ServiceEnd = w.now })
	}
}

// updateSubOrder changes the sub-order of an instance, and those of its parts. Once no sub-order of
// the order is creating, the order gets its final status.
//
// documented: the statuses 20 and 21 (fact 113). assumed: when they come (fact 199).
func (w *world) updateSubOrder(in *instance, change func(sub *SubOrder, id string)) {
	o := in.order
	if o == nil || in.sub+len(in.parts) >= len(o.SubOrders) {
		return // no order made the instance, or PutOrder has replaced it
	}
	change(&o.SubOrders[in.sub], in.ID)
	for _, p := range in.parts {
		change(&o.SubOrders[p.sub], p.id)
	}
	o.UpdateTime = w.now
	failed, creating := 0, 0
	for _, sub := range o.SubOrders {
		switch sub.Status {
		case subCreating:
			creating++
		case subFailed:
			failed++
		}
	}
	switch {
	case creating > 0 || failed == 0:
	case failed == len(o.SubOrders):
		o.Status, o.HasRefund = orderAllFailed, orderAllFailed
	default:
		o.Status, o.HasRefund = orderSomeFailed, orderSomeFailed
	}
}
