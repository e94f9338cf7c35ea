package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// outcome is what a fleet had in a moving market, beside somebody who moves all his machines to the
// cheapest places every time that is looked, at no cost and without a gap. Nobody can do better.
type outcome struct {
	looks, had, most int // times that were looked; machines that ran; machines that could have run
	paid, best       decimal.Decimal
}

// fill is which part of what could be had was had, in percent.
func (o outcome) fill() float64 { return 100 * float64(o.had) / float64(o.most) }

// cost is what a machine hour has cost, in percent of the best.
func (o outcome) cost() float64 {
	if o.had == 0 || o.most == 0 || o.best.IsZero() {
		return 0
	}
	own := o.paid.Div(decimal.NewFromInt(int64(o.had)))
	best := o.best.Div(decimal.NewFromInt(int64(o.most)))
	return own.Div(best).InexactFloat64() * 100
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
	for range days * 24 {
		h.core.deaf()
		if err := h.command(func(ctx context.Context) { h.run(ctx, "fleet", true) }); err != nil {
			return o, err
		}
		if said := h.core.complaints(); said != "" {
			return o, errors.New(said)
		}
		for range 6 {
			o.look(sim)
			time.Sleep(10 * time.Minute)
		}
	}
	return o, nil
}

// look adds one moment of the market.
func (o *outcome) look(sim *kecsim.Server) {
	o.looks++
	var own int
	held := map[place]int{}
	for _, in := range sim.Instances() {
		if in.State == "active" {
			spot, _ := sim.Price(in.Zone, in.Type)
			o.paid = o.paid.Add(decimal.RequireFromString(spot))
			held[place{typ: in.Type, zone: in.Zone}]++
			own++
		}
	}
	own = min(own, marketFleet) // a successor that runs beside the machine that goes is no gain
	o.had += own
	var prices []decimal.Decimal
	for _, p := range places() {
		spot, _ := sim.Price(p.zone, p.typ)
		for range sim.Stock(p.zone, p.typ) + held[place{typ: p.typ, zone: p.zone}] {
			prices = append(prices, decimal.RequireFromString(spot))
		}
	}
	slices.SortFunc(prices, func(a, b decimal.Decimal) int { return a.Cmp(b) })
	for _, price := range prices[:min(len(prices), marketFleet)] {
		o.most++
		o.best = o.best.Add(price)
	}
}

// String is the outcome in one line.
func (o outcome) String() string {
	return fmt.Sprintf("fill %.2f %% of what could be had, a machine hour at %.1f %% of the best", o.fill(), o.cost())
}
