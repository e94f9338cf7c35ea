package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// fleetSlots are how many fleets a history has.
const fleetSlots = 2

// fleetKinds are what happens in a history of fleets, with how often.
var fleetKinds = []struct {
	kind   string
	weight int
}{
	{"apply", 30}, {"plan", 6}, {"refresh", 6}, {"destroy", 3}, {"kill", 6}, {"interrupt", 5}, {"reclaim", 8}, {"release", 4}, {"console start", 2}, {"stock", 10}, {"price", 6},
	{"fault", 10}, {"calm", 6}, {"advance", 8}, {"failing launches", 4}, {"visibility", 3}, {"lag", 4},
}

// fleetHistory is a run of fleets in a world of a seed.
type fleetHistory struct {
	*history
	target  map[string]int64           // by address: the most that was wanted since the fleet last came to rest
	ceiling map[string]decimal.Decimal // by address: the highest max_hourly_cost since then; none while a configuration has none
	hidden  bool                       // a process was killed, or a message has named what may be there, since all came to rest
}

// runFleets lives through a history of fleets inside a bubble of virtual time.
func runFleets(seed uint64, steps int) error {
	h := &fleetHistory{
		history: &history{sim: newWorld(seed), wanted: map[string]map[string]value{}, seed: seed, foreign: map[string]bool{}},
		target:  map[string]int64{}, ceiling: map[string]decimal.Decimal{},
	}
	h.sim.Update(func(s *kecsim.Settings) { s.CauseFields = seed%2 == 0 })
	processes := new(atomic.Uint64)
	var err error
	if h.core, err = coreOf(knownFleet, account([]string{"off", "warn", "error"}[seed%3]), func() []ksyun.Option {
		h.link = newLink(h.sim, latency)
		return []ksyun.Option{steady(seed, processes), ksyun.WithHTTPTransport(h.link)}
	}); err != nil {
		return err
	}
	defer func() { h.link.sever() }()
	dice := rand.New(rand.NewPCG(seed, 77))
	total := 0
	for _, k := range fleetKinds {
		total += k.weight
	}
	for i := range steps {
		n, op := dice.IntN(total), operation{A: dice.IntN(1 << 16), B: dice.IntN(1 << 16), C: dice.IntN(1 << 16)}
		for _, k := range fleetKinds {
			if n -= k.weight; n < 0 {
				op.Kind = k.kind
				break
			}
		}
		if err := h.fleetStep(op); err != nil {
			return fmt.Errorf("after step %d, %s: %w", i+1, op, err)
		}
	}
	if err := h.fleetEnd(); err != nil {
		return fmt.Errorf("after the end: %w", err)
	}
	return nil
}

// fleetStep is one step, after which the rules are held against the world.
func (h *fleetHistory) fleetStep(op operation) error {
	address := fmt.Sprintf("fleet-%d", op.A%fleetSlots)
	h.core.deaf()
	var err error
	switch op.Kind {
	case "apply":
		h.want(address, op)
		err = h.command(func(ctx context.Context) { h.run(ctx, address, op.C%4 > 0) })
	case "plan":
		err = h.command(func(ctx context.Context) { h.core.plan(ctx, address, h.wanted[address]) })
	case "refresh":
		err = h.command(func(ctx context.Context) { h.core.refresh(ctx, address) })
	case "destroy":
		h.wanted[address] = nil
		err = h.command(func(ctx context.Context) { h.run(ctx, address, op.C%4 > 0) })
	case "kill", "interrupt":
		if op.B%4 > 0 {
			h.want(address, op)
		}
		h.hidden = true
		err = h.cut(address, op.C%3 > 0, time.Duration(op.C%40)*time.Second/2+time.Duration(op.B%1000)*time.Millisecond, op.Kind == "kill")
	case "price":
		zone := []string{kecsim.ZoneA, kecsim.ZoneB}[op.A%2]
		h.sim.SetPrice(zone, kecsim.TypeSmall, []string{"0.0393", "0.05", "0.07", "0.12"}[op.C%4], "")
	case "reclaim":
		for _, in := range h.sim.Instances() {
			if len(in.ID)*op.A%3 == 0 && in.ChargeType == "Spot" && in.State == "active" && op.B%3 == 0 {
				h.sim.Reclaim(in.ID)
			}
		}
		h.happens(op)
	case "console start":
		h.happens(op)
	default:
		h.happens(op)
	}
	if err != nil {
		return err
	}
	if strings.Contains(strings.Join(h.core.said, "\n"), "the outcome of the launch is unknown") {
		h.hidden = true
	}
	return h.fleetRules()
}

// want is one of many configurations of a fleet.
func (h *fleetHistory) want(address string, op operation) {
	number := func(s string) *big.Float {
		f, _, _ := big.ParseFloat(s, 10, 512, big.ToNearestEven)
		return f
	}
	spot := func(subnet string, more map[string]any) map[string]any {
		c := map[string]any{"instance_type": kecsim.TypeSmall, "subnet_id": subnet}
		maps.Copy(c, more)
		return c
	}
	all := []any{
		spot(kecsim.SubnetA, map[string]any{"spot_price_limit": number([]string{"0.06", "0.1"}[op.B%2])}),
		spot(kecsim.SubnetB, []map[string]any{{"max_price_share": number("0.4")}, {}}[op.B/2%2]),
	}
	target := int64(op.B % 9)
	config := map[string]any{
		"target_capacity": target, "image_id": kecsim.ImageUbuntu, "security_group_ids": []any{kecsim.SecurityGroup}, "instance_name": "web-",
		"order": []any{nil, "price", "spread"}[op.C%3],
	}
	if op.B/4%2 == 0 {
		config["min_capacity"] = target / 2
	}
	if op.B/8%3 == 0 {
		ceiling := []string{"0.5", "1"}[op.B/16%2]
		config["max_hourly_cost"] = number(ceiling)
		if op.C%2 == 0 {
			all = append(all, map[string]any{"instance_type": kecsim.TypeEntry, "subnet_id": kecsim.SubnetB, "on_demand": true})
		}
	}
	if op.C/2%3 == 0 {
		config["replace_before_release"] = true
	}
	if op.C/8%8 == 0 {
		config["wait_for_stock"] = "2m"
	}
	config["candidates"] = all
	config["timeouts"] = map[string]any{"create": "4m", "read": "1m", "update": "4m", "delete": "3m"}
	values := map[string]value{}
	for name, v := range config {
		values[name] = build(h.core.resource.AttributeTypes[name], v)
	}
	if op.C%5 == 0 {
		values["tags"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]value{"env": text([]string{"a", "b"}[op.B%2])})
	}
	h.wanted[address] = values
	h.target[address] = max(h.target[address], target)
	limit, bounded := decimal.Decimal{}, false
	if s, ok := config["max_hourly_cost"].(*big.Float); ok {
		limit, bounded = decimal.RequireFromString(s.Text('f', -1)), true
	}
	if was, ok := h.ceiling[address]; h.core.entry(address) == nil && bounded {
		h.ceiling[address] = decimal.Max(limit, was)
	} else if !bounded {
		delete(h.ceiling, address)
	} else if ok {
		h.ceiling[address] = decimal.Max(limit, was)
	}
}

// fleetMembers are the ids that the state holds of a fleet.
func (h *fleetHistory) fleetMembers(address string) []string {
	e := h.core.entry(address)
	if e == nil {
		return nil
	}
	var all map[string]value
	var list []value
	if e.value.As(&all) != nil || all["members"].IsNull() || all["members"].As(&list) != nil {
		return nil
	}
	var ids []string
	for _, one := range list {
		ids = append(ids, attribute(one, "id"))
	}
	slices.Sort(ids)
	return ids
}

// fleetAlive are the machines of a fleet that live at KEC.
func (h *fleetHistory) fleetAlive(id string) (all []kecsim.Instance) {
	for _, in := range h.sim.Instances() {
		if in.Tags[machines.FleetTagKey] == id && !machines.Ending(in.State) && in.State != "error" {
			all = append(all, in)
		}
	}
	return all
}

// fleetRules hold after every step, whatever has happened.
func (h *fleetHistory) fleetRules() error {
	for _, said := range h.core.said {
		if strings.Contains(said, "panic") || strings.Contains(said, "mistake in the provider") {
			return errors.New(said)
		}
	}
	if h.hidden {
		return nil
	}
	for _, address := range h.core.addresses() {
		e := h.core.entry(address)
		if e.tainted {
			continue
		}
		alive := h.fleetAlive(e.id())
		announced, cost := int64(0), decimal.Decimal{}
		for _, in := range alive {
			if !in.RecyclingTime.IsZero() {
				announced++
			}
			spot, onDemand := h.sim.Price(in.Zone, in.Type)
			if in.ChargeType != "Spot" {
				spot = onDemand
			}
			price := decimal.RequireFromString(spot)
			if in.SpotPriceLimit != "" {
				price = decimal.Min(price, decimal.RequireFromString(in.SpotPriceLimit))
			}
			cost = cost.Add(price)
		}
		if n := int64(len(alive)); n > h.target[address]+announced {
			return fmt.Errorf("%s has %d machines alive, and at most %d were wanted, and %d are announced", address, n, h.target[address], announced)
		}
		if most, ok := h.ceiling[address]; ok && cost.GreaterThan(most) {
			return fmt.Errorf("%s costs %s an hour, and max_hourly_cost was at most %s", address, cost, most)
		}
	}
	return nil
}

// fleetEnd lets KEC recover. Then a refresh finds all that is alive and nothing else, an apply
// reaches the target, a second plan is empty, and a destroy leaves nothing.
func (h *fleetHistory) fleetEnd() error {
	h.calm()
	h.sim.SetStock(kecsim.ZoneB, kecsim.TypeEntry, 50)
	time.Sleep(15 * time.Minute)
	for _, address := range h.core.addresses() {
		h.core.deaf()
		if err := h.command(func(ctx context.Context) { h.core.refresh(ctx, address) }); err != nil {
			return err
		}
		e := h.core.entry(address)
		if e == nil {
			return fmt.Errorf("%s was forgotten", address)
		}
		var alive []string
		for _, in := range h.fleetAlive(e.id()) {
			alive = append(alive, in.ID)
		}
		slices.Sort(alive)
		var members []string
		for _, id := range h.fleetMembers(address) {
			if in, ok := h.sim.Instance(id); !ok || in.State != "error" {
				members = append(members, id)
			}
		}
		if !slices.Equal(alive, members) {
			return fmt.Errorf("%s: alive are %v, and the state holds %v: %s", address, alive, members, h.core.complaints())
		}
		if h.wanted[address] != nil && !e.tainted {
			if err := h.settleFleet(address); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
		}
		h.core.deaf()
		if err := h.command(func(ctx context.Context) { h.core.apply(ctx, address, h.core.plan(ctx, address, nil)) }); err != nil {
			return err
		}
		if h.core.entry(address) != nil {
			return fmt.Errorf("%s cannot be destroyed although all is well: %s", address, h.core.complaints())
		}
		time.Sleep(time.Minute)
		if left := h.fleetAlive(e.id()); len(left) > 0 {
			return fmt.Errorf("%s is destroyed, and %d of its machines are left", address, len(left))
		}
	}
	return nil
}

// settleFleet applies a fleet where all is well, and plans it once more.
func (h *fleetHistory) settleFleet(address string) error {
	h.core.deaf()
	var p planned
	if err := h.command(func(ctx context.Context) {
		h.core.refresh(ctx, address)
		if p = h.core.plan(ctx, address, h.wanted[address]); p.action != "none" {
			h.core.apply(ctx, address, p)
		}
	}); err != nil {
		return err
	}
	if said := h.core.complaints(); strings.Contains(said, "max_hourly_cost") { // which may be below what the fleet needs
		return nil
	} else if said != "" {
		return fmt.Errorf("cannot be applied: %s", said)
	}
	if strings.Contains(strings.Join(h.core.said, "\n"), "max_hourly_cost") {
		return nil
	}
	h.core.deaf()
	if err := h.command(func(ctx context.Context) {
		h.core.refresh(ctx, address)
		p = h.core.plan(ctx, address, h.wanted[address])
	}); err != nil {
		return err
	}
	if p.action != "none" {
		return fmt.Errorf("a second plan wants to %s %v: %s", p.action, differing(p.prior.value, p.value), strings.Join(h.core.said, "\n"))
	}
	return nil
}

// differing are the top-level attributes in which two values differ.
func differing(a, b value) (names []string) {
	var one, other map[string]value
	if a.As(&one) != nil || b.As(&other) != nil {
		return nil
	}
	for _, name := range sortedNames(one) {
		if !one[name].Equal(other[name]) {
			names = append(names, fmt.Sprintf("%s (%s -> %s)", name, one[name], other[name]))
		}
	}
	return names
}
