package preflight

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// Fleet is what a plan orders for one fleet.
type Fleet struct {
	Candidates []Candidate // in the order in which they will be asked
	Wanted     int64       // machines to order to reach target_capacity
	Least      int64       // to reach min_capacity; 0 or less if it is reached already
	Lost       int64       // members that this run has found gone
	Waits      bool        // wait_for_stock: stock and price veto nothing
}

// Candidate is a place and a bid for machines of a fleet.
type Candidate struct {
	At     string // such as "candidates[0]"
	Launch market.Launch
	Share  *decimal.Decimal // of the on-demand price, in place of a limit; nil without one
}

// offered is a candidate and what KEC offers it.
type offered struct {
	Candidate
	offer market.Offer
}

// placement is how many machines of a fleet each candidate gets.
type placement struct {
	rows   []market.Row
	short  [][]market.Shortfall // by row
	placed int64
	holds  map[string]int64 // by the key of a need
	others map[string]int64 // what others took then, by the key of a need
}

// Fleet adds the machines of a fleet to the plan, as launches over its candidates in turn, and
// returns what it has to report: an error if the candidates together cannot reach its least, a
// warning if they cannot reach all that is wanted. Later resources are held against what it leaves.
func (c *Check) Fleet(ctx context.Context, f Fleet) []Finding {
	if c == nil || c.blind || c.mode == Off || c.hasBegun() || f.Wanted < 1 || len(f.Candidates) == 0 {
		return nil
	}
	all := c.offers(ctx, f.Candidates)
	var unseen []Finding
	for _, one := range all {
		unseen = append(unseen, c.unseen(ctx, one.offer)...)
	}
	p := c.place(all, f.Wanted, nil)
	if p.placed < f.Wanted {
		if _, ok := c.complete(ctx); !ok {
			return unseen
		}
		p = c.place(all, f.Wanted, &p) // what the plan gives back is known now
	}
	return append(c.ofFleet(f, all, p), unseen...)
}

// offers asks for all candidates at once, and resolves limits that are a share of a price.
func (c *Check) offers(ctx context.Context, candidates []Candidate) []offered {
	all := make([]offered, len(candidates))
	var asking sync.WaitGroup
	for i, one := range candidates {
		asking.Go(func() {
			o := c.snapshot.Offer(ctx, one.Launch)
			if one.Share != nil {
				one.Launch.PriceLimit = o.Share(*one.Share)
			}
			all[i] = offered{one, o}
		})
	}
	asking.Wait()
	return all
}

// place gives the machines of a fleet to its candidates in turn, and adds what it places to the
// sums of the plan. A placement that it had is kept and added to; the plan is complete then.
func (c *Check) place(all []offered, wanted int64, had *placement) placement {
	c.mu.Lock()
	defer c.mu.Unlock()
	if had != nil {
		c.hold(had.holds, -1)
	}
	p := placed(all, wanted, had, func(key string) int64 { return c.wanted(key) - c.freed(key, had != nil) })
	c.hold(p.holds, 1)
	return p
}

// patient is the placement of a fleet that waits for stock and prices, in a complete plan that
// holds the other one.
func (c *Check) patient(all []offered, wanted int64, holds map[string]int64) placement {
	waiting := slices.Clone(all)
	for i := range waiting {
		waiting[i].offer = waiting[i].offer.Patient()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return placed(waiting, wanted, nil, func(key string) int64 { return c.wanted(key) - holds[key] - c.freed(key, true) })
}

// hold adds what a placement holds to the sums of the plan, so many times. The caller holds the
// lock.
func (c *Check) hold(holds map[string]int64, times int64) {
	for key, n := range holds {
		if c.sums[key] == nil {
			c.sums[key] = &sum{}
		}
		c.sums[key].wanted += n * times
	}
}

// wanted is what the plan wants of a thing. The caller holds the lock.
func (c *Check) wanted(key string) int64 {
	if s := c.sums[key]; s != nil {
		return s.wanted
	}
	return 0
}

// placed gives machines to candidates in turn, beside what others take. A candidate keeps what it
// had: those who came later and want the same are told that it is too much.
func placed(all []offered, wanted int64, had *placement, taken func(key string) int64) placement {
	p := placement{holds: map[string]int64{}, others: map[string]int64{}}
	beside := func(key string) int64 {
		p.others[key] = taken(key)
		return p.others[key] + p.holds[key]
	}
	for i, one := range all {
		left := wanted - p.placed
		n, short := market.Room(one.Launch, left, one.offer, market.Planned, beside)
		if had != nil && n < min(had.rows[i].Got, left) {
			n = min(had.rows[i].Got, left)
			_, short = market.Room(one.Launch, left, one.offer, market.Planned, func(key string) int64 { return had.others[key] + p.holds[key] })
		}
		row := market.Row{At: one.At, Type: one.Launch.InstanceType, Zone: one.offer.Zone, Wanted: left, Got: n}
		row.Why = market.Reason(short)
		p.rows, p.short = append(p.rows, row), append(p.short, short)
		p.placed += n
		if n > 0 {
			for _, need := range market.Needs(one.Launch, one.offer) {
				p.holds[need.Key] += n
			}
		}
	}
	return p
}

// ofFleet reports what candidates cannot serve.
func (c *Check) ofFleet(f Fleet, all []offered, p placement) []Finding {
	if p.placed >= f.Wanted {
		return unpriced(p)
	}
	below := p.placed < f.Least
	missing := f.Wanted - p.placed
	if below {
		missing = f.Least - p.placed
	}
	lost := c.gone(f.Lost)
	veto, when := below && c.mode == Error && missing > lost, " now"
	if veto && f.Waits {
		waiting := c.patient(all, f.Wanted, p.holds)
		if veto = f.Least-waiting.placed > lost; veto {
			p, when = waiting, ", whatever becomes of stock and prices"
		}
	}
	found := alike(p)
	if found.Code == "" {
		found = failure.FleetOfPlan(p.summary(f, below), p.facts(f.Wanted, when), "", slices.Concat(p.short...))
		found.Remedy = remedy(below, f.Waits)
	}
	switch {
	case missing <= lost:
		found.Note = taken(lost)
	case f.Waits && !veto:
		found.Note = "The apply waits for what is short, for as long as wait_for_stock says."
	}
	return []Finding{{found, veto}}
}

// gone is how many machines the run has found gone, of which a fleet knows so many.
func (c *Check) gone(members int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(members, c.lost())
}

func (p placement) summary(f Fleet, below bool) string {
	if below {
		return fmt.Sprintf("The fleet stays below min_capacity: at least %d wanted, %d available", f.Least, p.placed)
	}
	return fmt.Sprintf("The fleet stays below target_capacity: %d wanted, %d available", f.Wanted, p.placed)
}

func (p placement) facts(wanted int64, when string) string {
	noun := "machines"
	if wanted == 1 {
		noun = "machine"
	}
	return fmt.Sprintf("This plan orders %d %s for the fleet; KEC can open %d of them%s:\n%s", wanted, noun, p.placed, when, market.Table(p.rows))
}

// remedy is what helps a fleet that is below its least, or its target, and waits or not.
func remedy(below, waits bool) string {
	const more = "Add candidates in other zones or of other types"
	switch {
	case below && !waits:
		return failure.CauseOf(failure.FleetShort).Remedy
	case below:
		return more + ", or lower min_capacity."
	case !waits:
		return more + ", or set wait_for_stock to wait for what is short."
	default:
		return more + "."
	}
}

// alike is the failure of a fleet all of whose candidates are wrong for the same reason, in the
// words of a single machine. It is zero for any other.
func alike(p placement) failure.Failure {
	for _, s := range p.short[0] {
		everywhere := s.Wrong() && !slices.ContainsFunc(p.short, func(short []market.Shortfall) bool {
			return !slices.ContainsFunc(short, func(other market.Shortfall) bool { return other.Kind == s.Kind && other.Facts == s.Facts })
		})
		if everywhere {
			return failure.OfPlan(s)
		}
	}
	return failure.Failure{}
}

// unpriced are warnings about candidates that get machines, but are probably not offered for spot.
func unpriced(p placement) []Finding {
	var findings []Finding
	for _, s := range slices.Concat(p.short...) {
		told := slices.ContainsFunc(findings, func(f Finding) bool { return f.Facts == s.Facts })
		if !s.Certain() && !told {
			findings = append(findings, Finding{Failure: failure.OfPlan(s)})
		}
	}
	return findings
}
