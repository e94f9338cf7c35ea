package chaos

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// fleetSlots are how many fleets a history has.
const fleetSlots = 2

// fleetKinds are what happens in a history of fleets, with how often. As with single machines, a
// command costs a hundred times what anything else does.
var fleetKinds = []weighted{
	{"apply", 13}, {"plan", 1}, {"refresh", 2}, {"destroy", 1}, {"kill", 4}, {"interrupt", 3}, {"single", 2}, {"reclaim several", 8}, {"release", 5},
	{"console start", 2}, {"stock", 12}, {"fleet price", 8}, {"fault", 14}, {"calm", 5}, {"advance", 8}, {"failing launches", 5}, {"visibility", 3}, {"lag", 5},
}

// fleetHistory is a run of two fleets, and of a single machine in the subnet of one of them.
type fleetHistory struct {
	*history
	single *core                      // of the single machine
	asked  map[string]asked           // by address: the last configuration
	target map[string]int64           // by address: the most that was wanted since an apply last succeeded
	most   map[string]decimal.Decimal // by address: the highest max_hourly_cost since then; none while a configuration had none
}

// asked is what a configuration of a fleet asks for.
type asked struct {
	target int64
	most   *decimal.Decimal
}

// beginFleets starts a history of fleets in a world of a seed.
func beginFleets(seed uint64) (*fleetHistory, error) {
	h := &fleetHistory{
		history: &history{
			sim: newWorld(seed), wanted: map[string]map[string]value{}, seed: seed,
			foreign: map[string]bool{}, told: map[string]bool{}, login: map[string]string{},
		},
		asked: map[string]asked{}, target: map[string]int64{}, most: map[string]decimal.Decimal{},
	}
	h.sim.Update(func(s *kecsim.Settings) { s.CauseFields = seed%2 == 0 })
	connect := processes(h.sim, seed, latency, &h.link)
	var err error
	if h.core, err = coreOf(knownFleet, account([]string{"off", "warn", "error"}[seed%3]), connect); err != nil {
		return nil, err
	}
	h.single, err = newCore(account("off"), connect)
	return h, err
}

// runFleets lives through a history of fleets inside a bubble of virtual time, in a world of these
// settings; nil leaves them as they are.
func runFleets(world func(*kecsim.Settings), seed uint64, steps int) error {
	h, err := beginFleets(seed)
	if err != nil {
		return err
	}
	defer func() { h.link.sever() }()
	if world != nil {
		h.sim.Update(world)
	}
	for i, op := range draw(rand.New(rand.NewPCG(seed, 77)), fleetKinds, steps) {
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
	calls, killed := len(h.sim.Calls()), false
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
		killed = op.Kind == "kill"
		err = h.cut(address, op.C%3 > 0, time.Duration(op.C%40)*time.Second/2+time.Duration(op.B%1000)*time.Millisecond, killed)
	case "single":
		err = h.besides(op)
	case "fleet price":
		zone := []string{kecsim.ZoneA, kecsim.ZoneB}[op.A%2]
		h.sim.SetPrice(zone, kecsim.TypeSmall, []string{"0.0393", "0.05", "0.07", "0.12"}[op.C%4], "")
	case "reclaim several":
		for i, in := range h.sim.Instances() {
			if op.B>>(i%16)&1 == 1 && in.ChargeType == "Spot" && in.State == "active" {
				h.sim.Reclaim(in.ID)
			}
		}
	default:
		h.happens(op)
	}
	if err != nil {
		return err
	}
	h.hear(h.sim.Calls()[calls:], killed)
	if op.Kind == "apply" && h.core.complaints() == "" {
		h.rested(address)
	}
	return h.fleetRules()
}

// besides applies or destroys a machine that is no fleet's, in a process of its own.
func (h *fleetHistory) besides(op operation) error {
	fleets := h.core
	defer func() { h.core = fleets }()
	h.core = h.single
	h.core.deaf()
	config := configured(0, op.C)
	if op.B%4 == 0 {
		config = nil
	}
	h.wanted["single"] = config
	defer delete(h.wanted, "single")
	calls := len(h.sim.Calls())
	err := h.command(func(ctx context.Context) { h.run(ctx, "single", op.C%3 > 0) })
	h.hear(h.sim.Calls()[calls:], false)
	return err
}

// hear notes the marks of launches of which a message has said that their outcome is not known, and
// those that a killed process has sent: what they have brought may come to light much later.
func (h *fleetHistory) hear(calls []kecsim.Call, killed bool) {
	said := strings.Join(h.core.said, "\n")
	for _, mark := range marksOf(calls) {
		if killed || strings.Contains(said, mark) {
			h.told[mark] = true
		}
	}
}

// rested notes that an apply has brought a fleet to what is wanted now.
func (h *fleetHistory) rested(address string) {
	now := h.asked[address]
	h.target[address] = now.target
	if delete(h.most, address); now.most != nil {
		h.most[address] = *now.most
	}
}

// want is one of many configurations of a fleet.
func (h *fleetHistory) want(address string, op operation) {
	spot := func(subnet string, more map[string]any) map[string]any {
		c := map[string]any{"instance_type": kecsim.TypeSmall, "subnet_id": subnet}
		maps.Copy(c, more)
		return c
	}
	all := []any{
		spot(kecsim.SubnetA, map[string]any{"spot_price_limit": number([]string{"0.06", "0.1"}[op.B%2])}),
		spot(kecsim.SubnetB, []map[string]any{{"max_price_share": number("0.4")}, {}}[op.B/2%2]),
	}
	target := int64(op.B % 6)
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
	h.asked[address] = asked{target: target}
	h.target[address] = max(h.target[address], target)
	limit, ok := config["max_hourly_cost"].(*big.Float)
	if !ok {
		delete(h.most, address)
		return
	}
	most := decimal.RequireFromString(limit.Text('f', -1))
	h.asked[address] = asked{target, &most}
	if was, bounded := h.most[address]; bounded || h.core.entry(address) == nil {
		h.most[address] = decimal.Max(most, was)
	}
}
