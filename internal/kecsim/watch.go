package kecsim

import (
	"cmp"
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Watched is a bounded copy of what moves in the world, for somebody who looks every second. None
// of its lists is nil.
type Watched struct {
	Instances []WatchedInstance // those with an announced release first, by its time; then the latest
	Orders    []Order           // the latest first
	Calls     []Call            // the latest first, without what was sent: no parameters, no headers
	Markets   []WatchedMarket   // of one type, by zone
}

// WatchedInstance is an instance, and until when the system does not release it (fact 133: the
// first hour of spot).
type WatchedInstance struct {
	Instance
	ProtectedUntil time.Time // zero unless it is spot and lives
}

// WatchedMarket is the spot market of one type in one zone. Prices are decimals in CNY per hour.
type WatchedMarket struct {
	Bids   []Bid        `json:"bids"` // from the lowest
	Prices []PricePoint `json:"prices"`
	Zone   string       `json:"zone"`
}

// Bid is a price limit of living instances.
type Bid struct {
	Limit    string `json:"limit"`
	Machines int    `json:"machines"` // how many have it
	Name     string `json:"name"`     // of the first of them

	limit protocol.Money
}

// PricePoint is a spot price that holds from a time on.
type PricePoint struct {
	At   time.Time `json:"at"`
	Spot string    `json:"spot"`
}

// The most that Watch copies of each kind.
const (
	maxWatchedInstances = 200
	maxWatchedOrders    = 50
	maxWatchedCalls     = 500
	maxWatchedPrices    = 500 // of one type in one zone
)

// Watch copies what moves in the world. It has the markets of one type, none if there is no such
// type.
func (s *Server) Watch(typ string) Watched {
	defer s.lock()()
	w := s.w
	out := Watched{Instances: w.watchedInstances(), Orders: []Order{}, Calls: []Call{}, Markets: []WatchedMarket{}}
	for _, o := range latest(w.orders, maxWatchedOrders) {
		out.Orders = append(out.Orders, copyOrder(*o))
	}
	for _, call := range latest(s.calls, maxWatchedCalls) {
		call.Params, call.Header = nil, nil
		out.Calls = append(out.Calls, call)
	}
	for _, r := range w.regions {
		for _, zone := range r.zones {
			if m := w.markets[marketKey{zone, typ}]; m != nil {
				out.Markets = append(out.Markets, WatchedMarket{Zone: zone, Prices: m.points(), Bids: w.bids(m)})
			}
		}
	}
	return out
}

// latest are at most n elements from the end of a list, the last one first.
func latest[T any](list []T, n int) []T {
	out := slices.Clone(list[max(0, len(list)-n):])
	slices.Reverse(out)
	return out
}

func (w *world) watchedInstances() []WatchedInstance {
	var announced, others []*instance
	for _, in := range slices.Backward(w.instances) {
		if in.RecyclingTime.IsZero() {
			others = append(others, in)
		} else {
			announced = append(announced, in)
		}
	}
	slices.SortStableFunc(announced, func(a, b *instance) int { return a.RecyclingTime.Compare(b.RecyclingTime) })
	out := []WatchedInstance{}
	for _, in := range append(announced, others...) {
		if len(out) == maxWatchedInstances {
			break
		}
		one := WatchedInstance{Instance: in.snapshot()}
		if in.ChargeType == chargeSpot && in.alive() {
			one.ProtectedUntil = in.CreatedAt.Add(protection)
		}
		out = append(out, one)
	}
	return out
}

// bids tells whether an instance has a price limit and lives.
func (in *instance) bids() bool {
	return in.ChargeType == chargeSpot && in.SpotStrategy == strategyLimit && in.alive()
}

// bids lists the price limits of the living instances of a market.
func (w *world) bids(m *market) []Bid {
	out := []Bid{}
	for _, in := range w.instances {
		if in.market != m || !in.bids() {
			continue
		}
		i, found := slices.BinarySearchFunc(out, in.limit, func(b Bid, limit protocol.Money) int { return cmp.Compare(b.limit, limit) })
		if !found {
			out = slices.Insert(out, i, Bid{Limit: in.limit.String(), Name: in.Name, limit: in.limit})
		}
		out[i].Machines++
	}
	return out
}

// points are the latest changes of a price, from the oldest; none where spot is not offered.
func (m *market) points() []PricePoint {
	out := []PricePoint{}
	if !m.offered {
		return out
	}
	m.backfill()
	for _, p := range m.changes[max(0, len(m.changes)-maxWatchedPrices):] {
		out = append(out, PricePoint{p.at, p.spot.String()})
	}
	return out
}
