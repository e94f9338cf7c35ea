package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// marketFleet is how many machines the fleet of a moving market is to have.
const marketFleet = 20

// place is a type in a zone, with the subnet that leads there.
type place struct{ typ, zone, subnet string }

// places are the candidates of that fleet: three types in three zones.
func places() (all []place) {
	for _, typ := range []string{kecsim.TypeSmall, kecsim.TypeEntry, "N2.2B"} {
		for zone, subnet := range map[string]string{kecsim.ZoneA: kecsim.SubnetA, kecsim.ZoneB: kecsim.SubnetB, kecsim.ZoneC: kecsim.SubnetC} {
			all = append(all, place{typ, zone, subnet})
		}
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.zone, b.zone)) })
	return all
}

// outcome is what a fleet had in a moving market, beside two planners who know the future. The
// first launches when the fleet does and for as long, but where a machine costs least over its
// whole life. The second moves all his machines to the cheapest places every time that is looked,
// at no cost and without a gap: nobody can do better, and nobody can do that.
type outcome struct {
	looks, had, most int // times that were looked; machines that ran; machines that could have run
	paid, first      decimal.Decimal
	second           decimal.Decimal
}

// life is a machine of the fleet: what it has cost over the looks at which it ran, and what it
// would have cost in each place that had stock when it was launched.
type life struct {
	paid  decimal.Decimal
	could map[place]decimal.Decimal
}

// fill is which part of what could be had was had, in percent.
func (o outcome) fill() float64 { return 100 * float64(o.had) / float64(o.most) }

// costs are what a machine hour has cost, in percent of what the planners paid for one.
func (o outcome) costs() (first, second float64) {
	if o.had == 0 || o.most == 0 || o.first.IsZero() || o.second.IsZero() {
		return 0, 0
	}
	own := o.paid.Div(decimal.NewFromInt(int64(o.had)))
	best := o.second.Div(decimal.NewFromInt(int64(o.most)))
	return 100 * o.paid.Div(o.first).InexactFloat64(), 100 * own.Div(best).InexactFloat64()
}

// runMarket keeps a fleet through so many days of a market of a seed, with an apply each hour.
func runMarket(seed uint64, days int) (o outcome, err error) {
	sim := newWorld(seed)
	sim.Update(func(s *kecsim.Settings) { s.MovePrices, s.MoveStock, s.MaxStock, s.Seed = true, true, 10, int64(seed) })
	h := &history{sim: sim, wanted: map[string]map[string]value{}}
	if h.core, err = coreOf(knownFleet, account("off"), processes(sim, seed, latency, &h.link)); err != nil {
		return o, err
	}
	defer func() { h.link.sever() }()
	var candidates []any
	for _, p := range places() {
		candidates = append(candidates, map[string]any{"instance_type": p.typ, "subnet_id": p.subnet, "max_price_share": number("0.5")})
	}
	config := map[string]value{}
	for name, v := range map[string]any{
		"target_capacity": marketFleet, "min_capacity": 0, "candidates": candidates, "order": "price", "image_id": kecsim.ImageUbuntu,
		"security_group_ids": []any{kecsim.SecurityGroup}, "replace_before_release": true,
	} {
		config[name] = build(h.core.resource.AttributeTypes[name], v)
	}
	h.wanted["fleet"] = config
	lives := map[string]*life{}
	for range days * 24 {
		h.core.deaf()
		if err := h.command(func(ctx context.Context) { h.run(ctx, "fleet", true) }); err != nil {
			return o, err
		}
		if said := h.core.complaints(); said != "" {
			return o, errors.New(said)
		}
		for range 6 {
			o.look(sim, lives)
			time.Sleep(10 * time.Minute)
		}
	}
	for _, l := range lives {
		least := l.paid
		for _, cost := range l.could {
			least = decimal.Min(least, cost)
		}
		o.first = o.first.Add(least)
	}
	return o, nil
}

// look adds one moment of the market.
func (o *outcome) look(sim *kecsim.Server, lives map[string]*life) {
	o.looks++
	prices, room := map[place]decimal.Decimal{}, map[place]int{}
	for _, p := range places() {
		spot, _ := sim.Price(p.zone, p.typ)
		prices[p], room[p] = decimal.RequireFromString(spot), sim.Stock(p.zone, p.typ)
	}
	var own int
	held := maps.Clone(room)
	for _, in := range sim.Instances() {
		if in.State != "active" {
			continue
		}
		at := place{in.Type, in.Zone, in.SubnetID}
		l := lives[in.ID]
		if l == nil {
			l = &life{could: map[place]decimal.Decimal{}}
			for p, free := range room {
				if free > 0 {
					l.could[p] = decimal.Zero
				}
			}
			lives[in.ID] = l
		}
		for p := range l.could {
			l.could[p] = l.could[p].Add(prices[p])
		}
		l.paid = l.paid.Add(prices[at])
		o.paid = o.paid.Add(prices[at])
		held[at]++
		own++
	}
	o.had += min(own, marketFleet) // a successor that runs beside the machine that goes is no gain
	o.cheapest(prices, held)
}

// cheapest adds what the planner pays at this moment who moves all his machines to the cheapest
// places with room.
func (o *outcome) cheapest(prices map[place]decimal.Decimal, room map[place]int) {
	var all []decimal.Decimal
	for p, price := range prices {
		for range room[p] {
			all = append(all, price)
		}
	}
	slices.SortFunc(all, func(a, b decimal.Decimal) int { return a.Cmp(b) })
	for _, price := range all[:min(len(all), marketFleet)] {
		o.most++
		o.second = o.second.Add(price)
	}
}

// String is the outcome in one line.
func (o outcome) String() string {
	first, second := o.costs()
	return fmt.Sprintf("fill %6.2f %%, a machine hour at %5.1f %% and %5.1f %%", o.fill(), first, second)
}
