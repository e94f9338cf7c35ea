package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

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
		if in.Tags[machines.FleetTagKey] == id && !machines.Ending(in.State) && !kec.Failed(in.State) {
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
	for _, address := range h.core.addresses() {
		if id := h.single.entry("single").id(); id != "" && slices.Contains(h.fleetMembers(address), id) {
			return fmt.Errorf("%s has taken in %s, which is a single machine", address, id)
		}
		if e := h.core.entry(address); !e.tainted {
			if err := h.within(address, e.id()); err != nil {
				return err
			}
		}
	}
	return nil
}

// within checks that a fleet has no more machines than it may, and that they cost no more. Machines
// of a launch with an unknown outcome that a message has named, or of a killed process, are not
// counted.
func (h *fleetHistory) within(address, id string) error {
	var count, announced int64
	var cost decimal.Decimal
	for _, in := range h.fleetAlive(id) {
		if h.told[in.Tags[machines.LaunchTagKey]] {
			continue
		}
		count++
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
	if count > h.target[address]+announced {
		return fmt.Errorf("%s has %d machines alive, and at most %d were wanted, and %d are announced", address, count, h.target[address], announced)
	}
	if most, ok := h.most[address]; ok && cost.GreaterThan(most) {
		return fmt.Errorf("%s costs %s an hour, and max_hourly_cost was at most %s", address, cost, most)
	}
	return nil
}

// fleetEnd lets KEC recover. Then a refresh finds all that is alive and nothing else, an apply
// reaches the target with machines that run, a second plan is empty, and a destroy leaves nothing.
func (h *fleetHistory) fleetEnd() error {
	h.calm()
	h.sim.SetStock(kecsim.ZoneB, kecsim.TypeEntry, 50)
	time.Sleep(15 * time.Minute)
	for _, address := range h.core.addresses() {
		if err := h.fleetRest(address); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
	}
	if h.single.entry("single") != nil {
		// With a refresh: to prove that one is gone which was never seen takes all the time of a deletion.
		if err := h.besides(operation{C: 1}); err != nil {
			return err
		}
		if h.single.entry("single") != nil {
			return fmt.Errorf("the single machine cannot be destroyed although all is well: %s", h.single.complaints())
		}
	}
	time.Sleep(10 * time.Minute)
	for _, in := range h.sim.Instances() {
		if !h.foreign[in.ID] && !h.told[in.Tags[machines.LaunchTagKey]] {
			return fmt.Errorf("%s (%s, tags %v) is left", in.ID, in.State, in.Tags)
		}
	}
	return nil
}

// fleetRest brings one fleet to rest, and destroys it.
func (h *fleetHistory) fleetRest(address string) error {
	h.core.deaf()
	var p planned
	if err := h.command(func(ctx context.Context) {
		h.core.refresh(ctx, address)
		p = h.core.plan(ctx, address, h.wanted[address])
	}); err != nil {
		return err
	}
	e := h.core.entry(address)
	if e == nil {
		return errors.New("it was forgotten")
	}
	var alive, members []string
	for _, in := range h.fleetAlive(e.id()) {
		alive = append(alive, in.ID)
	}
	slices.Sort(alive)
	for _, id := range h.fleetMembers(address) {
		if in, ok := h.sim.Instance(id); !ok || !kec.Failed(in.State) {
			members = append(members, id)
		}
	}
	if !slices.Equal(alive, members) {
		return fmt.Errorf("alive are %v, and the state holds %v: %s", alive, members, h.core.complaints())
	}
	if h.wanted[address] != nil && !e.tainted {
		if err := h.settleFleet(address, p); err != nil {
			return err
		}
	}
	h.core.deaf()
	h.core.apply(h.link.ctx, address, h.core.plan(h.link.ctx, address, nil))
	if h.core.entry(address) != nil {
		return fmt.Errorf("it cannot be destroyed although all is well: %s", h.core.complaints())
	}
	return nil
}

// settleFleet applies a fleet where all is well, and plans it once more.
func (h *fleetHistory) settleFleet(address string, p planned) error {
	if p.action != "none" {
		h.core.apply(h.link.ctx, address, p)
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
	running := slices.DeleteFunc(h.fleetAlive(h.core.entry(address).id()), func(in kecsim.Instance) bool { return in.State != "active" || !in.RecyclingTime.IsZero() })
	if n := int64(len(running)); n != h.asked[address].target {
		return fmt.Errorf("%d machines run, and %d are wanted: %s", n, h.asked[address].target, strings.Join(h.core.said, "\n"))
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
