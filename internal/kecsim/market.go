package kecsim

import (
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

type marketKey struct{ zone, typ string }

// market holds price and stock of one instance type in one zone.
type market struct {
	zone, typ string
	offered   bool // for spot
	stock     int
	changes   []priceChange // ascending; the last one is the price now
	seed      int64         // of the price history before the first change; 0 once backfill has made it
}

type priceChange struct {
	at             time.Time
	spot, onDemand protocol.Money
}

// price is the price in force at t.
func (m *market) price(t time.Time) priceChange {
	m.backfill()
	for i := len(m.changes) - 1; i > 0; i-- {
		if !m.changes[i].at.After(t) {
			return m.changes[i]
		}
	}
	return m.changes[0]
}

func (m *market) last() priceChange { return m.changes[len(m.changes)-1] }

// set changes the price, and drops changes that are too old for any price history.
func (m *market) set(at time.Time, spot, onDemand protocol.Money) {
	m.changes = append(m.changes, priceChange{at, spot, onDemand})
	for len(m.changes) > 1 && m.changes[1].at.Before(at.Add(-historyKept-time.Hour)) {
		m.changes = m.changes[1:]
		m.seed = 0 // the time before the first change is too old, too
	}
}

// backfill makes up the price history before the first change: a walk that ends at its price. It
// is made on demand, because few tests ask for it and it is most of the cost of a new world.
//
// assumed: the past of the default world (facts 198, 207).
func (m *market) backfill() {
	if m.seed == 0 {
		return
	}
	first := m.changes[0]
	from, spot := first.at.Add(-historyKept), first.spot
	var past []priceChange
	for at := first.at.Truncate(time.Hour); !at.Before(from); at = at.Add(-time.Hour) {
		if at.Equal(first.at) {
			continue
		}
		spot = m.step(at, spot, first.onDemand, m.seed)
		past = append(past, priceChange{at, spot, first.onDemand})
	}
	slices.Reverse(past)
	m.changes, m.seed = append(past, m.changes...), 0
}

// step moves a spot price by one hour, the same for the same market, hour and seed: by at most
// 4 % of the on-demand price, within 10 % and 90 % of it, to 4 decimals.
//
// documented: the band (fact 130), the decimals (fact 91). assumed: the walk
// (fact 198).
func (m *market) step(at time.Time, spot, onDemand protocol.Money, seed int64) protocol.Money {
	if onDemand == 0 || spot == 0 {
		return spot
	}
	spot += onDemand * protocol.Money(int64(m.draw(at, seed)%81)-40) / 1000
	const grain = 10 // 0.0001 CNY
	low, high := (onDemand/10+grain-1)/grain*grain, onDemand*9/10/grain*grain
	return min(max(spot/grain*grain, low), high)
}

// draw is a number that looks random, the same for the same market, hour and seed.
func (m *market) draw(at time.Time, seed int64) uint64 {
	h := fnv.New64a()
	h.Write([]byte(m.zone + "|" + m.typ + "|" + strconv.FormatInt(at.Unix()/3600, 10) + "|" + strconv.FormatInt(seed, 10)))
	return h.Sum64()
}

// stepStock moves the stock by one hour, the same for the same market, hour and seed: by at most a
// quarter of the most there may be, within none and that. Its draw is another than the price's, so
// that the two do not move together.
//
// assumed: the walk (fact 299).
func (m *market) stepStock(at time.Time, most int, seed int64) {
	by := max(most/4, 1)
	m.stock += int(m.draw(at, ^seed)%uint64(2*by+1)) - by
	m.stock = min(max(m.stock, 0), most)
}

// walk moves all spot prices every hour while MovePrices is on, and all stock while MoveStock is.
func (w *world) walk() {
	if w.walkScheduled || !w.settings.MovePrices && !w.settings.MoveStock {
		return
	}
	w.walkScheduled = true
	w.at(w.now.Truncate(time.Hour).Add(time.Hour), func() {
		w.walkScheduled = false
		set := w.settings
		for _, r := range w.regions {
			for _, zone := range r.zones {
				for _, t := range w.types {
					m := w.markets[marketKey{zone, t.name}]
					if m == nil {
						continue // the type is not offered there
					}
					if p := m.last(); set.MovePrices {
						m.set(w.now, m.step(w.now, p.spot, p.onDemand, set.Seed), p.onDemand)
					}
					if set.MoveStock {
						m.stepStock(w.now, set.MaxStock, set.Seed)
					}
				}
			}
		}
		if set.MovePrices {
			w.checkLimits()
		}
		w.walk()
	})
}

// checkLimits announces the release of every instance whose limit is below the market price.
//
// documented: a market price above the bid leads to a release, but not in the first
// hour (facts 132, 133). assumed: when that hour starts (fact 195).
func (w *world) checkLimits() {
	for _, in := range w.instances {
		if !in.bids() || !in.RecyclingTime.IsZero() {
			continue
		}
		if w.now.Before(w.protectedUntil(in)) {
			continue
		}
		if m := w.markets[marketKey{in.Zone, in.Type}]; m != nil && m.last().spot > in.limit {
			w.announceRelease(in)
		}
	}
}

// protectedUntil is the time from which the system may release an instance.
func (w *world) protectedUntil(in *instance) time.Time {
	from := in.CreatedAt
	if w.settings.ProtectedFromBoot && in.record != nil && in.record.begin.After(from) {
		from = in.record.begin
	}
	return from.Add(protection)
}

const (
	spotTimeLayout = "2006-01-02T15:04:05Z"
	plainTime      = "2006-01-02 15:04:05"
)

var spotPriceRules = []rule{
	{"InstanceType", true, nil},
	{"AvailabilityZone", true, nil},
	{"StartTime", false, timeIn(spotTimeLayout)},
	{"EndTime", false, timeIn(spotTimeLayout)},
}

// describeSpotPriceHistory lists the hourly prices of a type in a zone.
//
// documented: parameters, times in UTC+8 in spite of the Z, defaults, three days,
// fields (facts 90, 91). assumed: a last point with the price now, JSON numbers, an
// empty list where spot is not offered (facts 198, 203).
func (s *Server) describeSpotPriceHistory(r *request) (any, *protocol.Refusal) {
	w := s.w
	m, refusal := w.findMarket(r)
	if refusal != nil {
		return nil, refusal
	}
	end := w.now
	if t, ok := parseChinaTime(r.Get("EndTime"), spotTimeLayout); ok {
		end = t
	}
	start := end.Add(-3 * time.Hour)
	if t, ok := parseChinaTime(r.Get("StartTime"), spotTimeLayout); ok {
		start = t
	}
	switch {
	case start.After(end):
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "StartTime is later than EndTime")
	case end.Sub(start) > historyKept:
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "StartTime is more than 3 days before EndTime")
	}
	type point struct {
		SpotPrice   protocol.Money
		OriginPrice protocol.Money
		Timestamp   string
	}
	points := []point{}
	add := func(t time.Time) {
		p := m.price(t)
		points = append(points, point{p.spot, p.onDemand, t.In(chinaTime).Format(plainTime)})
	}
	if m.offered {
		first := start.Truncate(time.Hour)
		if first.Before(start) {
			first = first.Add(time.Hour)
		}
		oldest := w.now.Add(-historyKept)
		for t := first; !t.After(end) && !t.After(w.now); t = t.Add(time.Hour) {
			if !t.Before(oldest) {
				add(t)
			}
		}
		if !end.Before(w.now) && !w.now.Equal(w.now.Truncate(time.Hour)) {
			add(w.now)
		}
	}
	return map[string]any{
		"InstanceType": m.typ, "AvailabilityZone": m.zone, "SpotPrices": points,
	}, nil
}

var inventoryRules = []rule{{"InstanceType", true, nil}, {"AvailabilityZone", true, nil}}

// describeKecInventory tells how many instances can be opened now.
//
// documented: parameters and answer (fact 92). assumed: it is the stock that spot launches take
// from, but for InventoryOfOthers (fact 242), and both parameters are required (facts 176, 194).
func (s *Server) describeKecInventory(r *request) (any, *protocol.Refusal) {
	m, refusal := s.w.findMarket(r)
	if refusal != nil {
		return nil, refusal
	}
	if s.w.settings.InventoryOfOthers {
		return map[string]any{"InstanceCount": 1000}, nil
	}
	return map[string]any{"InstanceCount": m.stock}, nil
}

// findMarket finds the market of a request's type and zone, within its region.
func (w *world) findMarket(r *request) (*market, *protocol.Refusal) {
	zone, typ := r.Get("AvailabilityZone"), r.Get("InstanceType")
	if w.regionOf(zone) != r.region {
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "AvailabilityZone %q is not a zone of %s", protocol.Clip(zone), r.region)
	}
	m := w.markets[marketKey{zone, typ}]
	if m == nil {
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "InstanceType %q is not offered in %s", protocol.Clip(typ), zone)
	}
	return m, nil
}

func (w *world) regionOf(zone string) string {
	for _, r := range w.regions {
		for _, z := range r.zones {
			if z == zone {
				return r.name
			}
		}
	}
	return ""
}
