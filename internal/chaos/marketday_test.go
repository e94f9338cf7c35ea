package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// marketDay is a day of a market with twenty machines of two bids and a fleet.
type marketDay struct {
	t             *testing.T
	sim           *kecsim.Server
	single, fleet *core
	link          *link
	configs       map[string]map[string]value // of the single machines, by address

	alive map[string]bool      // ids, at the last look
	until map[string]time.Time // by id: the time of release that a notice has named
	gone  []string             // ids of released machines that no plan has explained yet
	cause map[string]string    // by id: "price" or "stock"
	told  map[string]int       // releases that were explained, by cause
}

// A day of a market that moves by itself, and in which one zone runs short at noon. Each release is
// preceded by exactly one notice ten minutes before, none falls into a first hour, and the plan
// that follows explains each, in both causes.
func TestMarketDay(t *testing.T) {
	t.Parallel()
	withoutRace(t)
	bubble(t, func(t *testing.T) {
		d := newMarketDay(t)
		defer func() { d.link.sever() }()
		for minute := range 24 * 60 {
			switch minute {
			case 12*60 + 30:
				d.runShort()
			case 12*60 + 45: // what the machines have given back goes to somebody else
				d.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
			}
			d.look()
			if minute%120 == 75 || minute == 0 {
				d.pipeline()
			}
			time.Sleep(time.Minute)
		}
		d.look()
		d.pipeline()
		if len(d.gone) > 0 || d.told["price"] < 3 || d.told["stock"] < 3 || d.told["Code: PriceBelowMarket"] < 1 {
			t.Errorf("explained were %v, and not explained %v", d.told, d.gone)
		}
		t.Logf("%d notices, explained releases: %v", len(d.until), d.told)
	})
}

func newMarketDay(t *testing.T) *marketDay {
	t.Helper()
	d := &marketDay{
		t: t, sim: newWorld(4), configs: map[string]map[string]value{},
		until: map[string]time.Time{}, cause: map[string]string{}, told: map[string]int{},
	}
	d.sim.Update(func(s *kecsim.Settings) { s.MovePrices, s.Seed = true, 4 })
	connect := processes(d.sim, 4, time.Millisecond, &d.link)
	var err error
	d.single, err = newCore(account("warn"), connect)
	must(t, err)
	d.fleet, err = coreOf(knownFleet, account("warn"), connect)
	must(t, err)
	for i, bid := range slices.Repeat([]string{"0.0393", "0.1"}, 10) {
		config := configured(0, 0)
		config["spot_price_limit"] = tftypes.NewValue(tftypes.Number, number(bid))
		config["instance_name"] = text(fmt.Sprintf("worker-%02d", i))
		d.configs[fmt.Sprintf("worker-%02d", i)] = config
	}
	return d
}

// runShort sells the type out where the machines are, and takes three of those with a high bid.
func (d *marketDay) runShort() {
	d.sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	taken := 0
	for _, in := range d.sim.Instances() {
		if in.SpotPriceLimit == "0.1" && in.RecyclingTime.IsZero() && taken < 3 {
			d.sim.Reclaim(in.ID)
			d.cause[in.ID] = "stock"
			taken++
		}
	}
}

// look compares what there is with the last minute.
func (d *marketDay) look() {
	d.t.Helper()
	now, there := d.sim.Now(), map[string]bool{}
	for _, in := range d.sim.Instances() {
		there[in.ID] = true
		at, seen := d.until[in.ID]
		switch {
		case in.RecyclingTime.IsZero():
			if seen {
				d.t.Errorf("the notice of %s was taken back", in.ID)
			}
		case !seen:
			d.until[in.ID] = in.RecyclingTime
			if in.RecyclingTime.Sub(now) > 10*time.Minute || in.RecyclingTime.Sub(now) <= 9*time.Minute {
				d.t.Errorf("%s is told at %s that it goes at %s", in.ID, now, in.RecyclingTime)
			}
			if now.Before(in.CreatedAt.Add(time.Hour)) {
				d.t.Errorf("%s gets its notice in its first hour", in.ID)
			}
			if d.cause[in.ID] == "" {
				d.cause[in.ID] = "price"
			}
		case !at.Equal(in.RecyclingTime):
			d.t.Errorf("%s gets a second notice, for %s after %s", in.ID, in.RecyclingTime, at)
		}
	}
	for id := range d.alive {
		at, announced := d.until[id]
		switch {
		case there[id] && announced && !now.Before(at):
			d.t.Errorf("%s should have gone at %s, and it is %s", id, at, now)
		case !there[id] && (!announced || now.Before(at)):
			d.t.Errorf("%s is gone at %s, and its notice was for %s", id, now, at)
		case !there[id]:
			d.gone = append(d.gone, id)
		}
	}
	d.alive = there
}

// pipeline plans and applies everything, and reads what is said about the machines that have gone.
func (d *marketDay) pipeline() {
	d.t.Helper()
	for _, core := range []*core{d.single, d.fleet} {
		core.deaf()
		must(d.t, core.start(context.Background()))
		ctx := d.link.ctx
		for _, address := range sortedNames(d.configs) {
			if core == d.single {
				core.refresh(ctx, address)
				core.apply(ctx, address, core.plan(ctx, address, d.configs[address]))
			}
		}
		if core == d.fleet {
			core.refresh(ctx, "fleet")
			core.apply(ctx, "fleet", core.plan(ctx, "fleet", d.fleetConfig()))
		}
		d.explained(strings.Join(core.said, "\n"))
	}
}

func (d *marketDay) fleetConfig() map[string]value {
	config := map[string]value{}
	for name, v := range map[string]any{
		"target_capacity": 4, "min_capacity": 0, "image_id": kecsim.ImageUbuntu, "security_group_ids": []any{kecsim.SecurityGroup},
		"candidates": []any{map[string]any{"instance_type": kecsim.TypeSmall, "subnet_id": kecsim.SubnetA, "spot_price_limit": number("0.0393")}},
	} {
		config[name] = build(d.fleet.resource.AttributeTypes[name], v)
	}
	return config
}

// explained takes the machines that are named from those that have gone. Why no other can be had
// now is in the same plan: the stock that is sold out, or the price, unless it has fallen again.
func (d *marketDay) explained(said string) {
	d.gone = slices.DeleteFunc(d.gone, func(id string) bool {
		if !strings.Contains(said, id) {
			return false
		}
		cause := d.cause[id]
		d.told[cause]++
		switch why := map[string]string{"price": "Code: PriceBelowMarket", "stock": "Code: OutOfStock"}[cause]; {
		case strings.Contains(said, why):
			d.told[why]++
		case cause == "stock":
			d.t.Errorf("%s is said to be gone, and not why none can be had now, in\n%s", id, said)
		}
		return true
	})
}
