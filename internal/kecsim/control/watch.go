package control

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// fleetTag is the tag by which the provider knows the machines of a fleet.
const fleetTag = "kec-fleet-id"

// watched is everything that the simulator's page shows, without secrets and without what callers
// have sent: an answer that holds it all is from one moment and costs one request a second.
type watched struct {
	Now     time.Time `json:"now"`
	Quota   int       `json:"quota"`
	Used    int       `json:"used"`
	Balance string    `json:"balance"`

	InstanceCount int               `json:"instanceCount"`
	Instances     []watchedInstance `json:"instances"` // at most 200: announced releases first, then the latest
	OrderCount    int               `json:"orderCount"`
	Orders        []orderLine       `json:"orders"`   // at most 100, the latest first
	Requests      []requestLine     `json:"requests"` // at most 50, the latest first

	Offers  []kecsim.Offer         `json:"offers"`
	Type    string                 `json:"type"`
	Markets []kecsim.WatchedMarket `json:"markets"` // of that type

	Faults     []shownFault `json:"faults"`
	FaultNames []string     `json:"faultNames"`
	Actions    []string     `json:"actions"`
}

type watchedInstance struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Type           string    `json:"type"`
	Zone           string    `json:"zone"`
	State          string    `json:"state"`
	ChargeType     string    `json:"chargeType"`
	SpotPriceLimit string    `json:"spotPriceLimit,omitempty"`
	Fleet          string    `json:"fleet,omitempty"`
	FailReason     string    `json:"failReason,omitempty"`
	OrderID        string    `json:"orderID,omitempty"`
	CreatedAt      time.Time `json:"createdAt"`
	ProtectedUntil time.Time `json:"protectedUntil,omitzero"`
	RecyclingTime  time.Time `json:"recyclingTime,omitzero"`
	AutoDeleteTime time.Time `json:"autoDeleteTime,omitzero"`
}

// orderLine is a sub-order, with the status of its order.
type orderLine struct {
	OrderID    string    `json:"orderID"`
	SubOrderID string    `json:"subOrderID"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	Status     string    `json:"status"`  // of the order, in words
	Service    string    `json:"service"` // of the sub-order, in words
	Cause      string    `json:"cause,omitempty"`
	Product    string    `json:"product"`
	Price      string    `json:"price"`
	InstanceID string    `json:"instanceID,omitempty"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
}

// requestLine is one call of the API, or several alike that came one after the other.
type requestLine struct {
	At      time.Time `json:"at"` // of the last one
	Service string    `json:"service"`
	Action  string    `json:"action"`
	Status  int       `json:"status"` // 0 for no answer
	Code    string    `json:"code,omitempty"`
	Times   int       `json:"times"`
	FirstID string    `json:"firstID"` // RequestId of the first one
}

// The words of the states of orders and sub-orders (facts 113, 114: the numbers).
var (
	orderWords   = map[int]string{0: "unpaid", 1: "paid", 2: "cancelled", 4: "refunded", 5: "refunding", 20: "some failed", 21: "all failed"}
	serviceWords = map[int]string{1: "creating", 2: "opened", 3: "failed to open"}
)

func word(words map[int]string, number int) string {
	return cmp.Or(words[number], strconv.Itoa(number))
}

// watch shows what the page shows, with the markets of a type, or of none.
func (c api) watch(typ string) (any, error) {
	w := c.sim.Overview()
	if typ != "" {
		if err := c.checkType(typ); err != nil {
			return nil, err
		}
	}
	now := c.sim.Watch(typ)
	out := watched{
		Now: w.Now, Quota: w.Quota, Used: w.Used, Balance: w.Balance, InstanceCount: w.Instances, Instances: []watchedInstance{},
		OrderCount: w.Orders, Orders: orderLines(now.Orders), Requests: requestLines(now.Calls),
		Offers: w.Offers, Type: typ, Markets: now.Markets,
		Faults: c.showFaults(), FaultNames: slices.Sorted(maps.Keys(namedFaults)),
	}
	for _, in := range now.Instances {
		one := watchedInstance{
			ID: in.ID, Name: in.Name, Type: in.Type, Zone: in.Zone, State: in.State,
			ChargeType: in.ChargeType, SpotPriceLimit: in.SpotPriceLimit, FailReason: in.FailReason, OrderID: c.sim.OrderOf(in.ID),
			CreatedAt: in.CreatedAt, ProtectedUntil: in.ProtectedUntil, RecyclingTime: in.RecyclingTime, AutoDeleteTime: in.AutoDeleteTime,
		}
		for key, value := range in.Tags {
			if strings.EqualFold(key, fleetTag) {
				one.Fleet = value
			}
		}
		out.Instances = append(out.Instances, one)
	}
	for _, actions := range w.Actions {
		out.Actions = append(out.Actions, actions...)
	}
	slices.Sort(out.Actions)
	out.Actions = slices.Compact(out.Actions)
	return out, nil
}

// maxOrderLines and maxRequestLines bound what the page lists.
const (
	maxOrderLines   = 100
	maxRequestLines = 50
)

func orderLines(orders []kecsim.Order) []orderLine {
	out := []orderLine{}
	for _, o := range orders {
		for _, sub := range o.SubOrders {
			if len(out) == maxOrderLines {
				return out
			}
			out = append(out, orderLine{
				OrderID: o.ID, SubOrderID: sub.ID, CreatedAt: o.CreateTime, Status: word(orderWords, o.Status),
				Service: word(serviceWords, sub.Status), Cause: sub.FailReason, Product: sub.ProductID, Price: sub.Price,
				InstanceID: sub.InstanceID, EndedAt: sub.ServiceEnd,
			})
		}
	}
	return out
}

// requestLines puts calls that are alike into one line, because a client that waits asks the same
// again and again. The names come from callers and are cut.
func requestLines(calls []kecsim.Call) []requestLine {
	out := []requestLine{}
	for _, call := range calls {
		line := requestLine{
			At: call.At, Service: protocol.Clip(call.Service), Action: protocol.Clip(call.Action),
			Status: call.Status, Code: protocol.Clip(call.Code), Times: 1, FirstID: call.RequestID,
		}
		if n := len(out); n > 0 {
			last := &out[n-1]
			if last.Service == line.Service && last.Action == line.Action && last.Status == line.Status && last.Code == line.Code {
				last.Times++
				last.FirstID = line.FirstID
				continue
			}
		}
		if len(out) == maxRequestLines {
			break
		}
		out = append(out, line)
	}
	return out
}
