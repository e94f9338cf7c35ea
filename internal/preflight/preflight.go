// Package preflight checks, in the plan, whether KEC can do what the plan orders. It sums the
// launches of one plan, compares the sums with what KEC offers now, and reports each shortfall
// once, with the totals.
//
// A provider sees one resource of a plan at a time and is never told which one is the last. So the
// first resource whose launch is too much waits until the CLI asks for nothing more, and then
// reports for all. A plan that KEC can serve waits for nothing.
package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// Mode says what becomes of a plan that KEC cannot serve.
type Mode string

// The modes.
const (
	Error Mode = "error" // the plan fails; the default
	Warn  Mode = "warn"  // the plan has a warning
	Off   Mode = "off"   // nothing is looked up
)

// Check is the check of one run of the provider: one plan, or one apply. It is safe for concurrent
// use. A nil Check, of a provider that is not configured, finds nothing.
type Check struct {
	mode     Mode
	client   *kec.Client
	region   string
	blind    bool // nothing can be asked
	snapshot *market.Snapshot
	applied  chan struct{} // closed when the plan begins to be carried out
	begin    sync.Once

	mu       sync.Mutex
	sums     map[string]*sum    // by the key of a need
	machines map[string]machine // of the state, by id
	busy     int                // requests of the CLI that are under way
	peak     int                // the most that were under way at once
	waiting  int                // requests under way that wait for the plan to be complete
	heard    time.Time          // when the last request came or went
	pause    time.Duration      // the longest between two requests with none under way
	over     chan struct{}      // closed when the plan is complete for those who wait
	told     []failure.Code     // of look-ups that have failed, and were reported
}

// sum is what the plan wants of one thing.
type sum struct {
	wanted   int64
	reported bool  // a launch has reported it, or waits to do so
	told     int64 // the sum that was reported as that of the whole plan; 0 for none
}

// grown tells whether more is wanted than was reported as the sum of the whole plan. The CLI was
// silent then, and has gone on: for a slow data source, say.
func (s *sum) grown() bool { return s.told > 0 && s.wanted > s.told }

// Finding is something that KEC cannot do for this plan.
type Finding struct {
	failure.Failure
	Veto bool // the plan fails; else it has a warning
}

// New returns the check for one configuration of the provider, whose region messages name. The
// snapshot is that of the run.
func New(client *kec.Client, mode Mode, region string, snapshot *market.Snapshot) *Check {
	return &Check{
		mode: mode, client: client, region: region, snapshot: snapshot, applied: make(chan struct{}),
		sums: map[string]*sum{}, machines: map[string]machine{}, heard: time.Now(), over: make(chan struct{}),
	}
}

// Plan adds a launch to the plan and returns what this resource has to report. That is mostly
// nothing: KEC can do it, another resource reports it, or too little is known. A look-up that
// fails is skipped, and reported once.
func (c *Check) Plan(ctx context.Context, launch market.Launch) []Finding {
	if c == nil || c.blind || c.mode == Off || c.hasBegun() {
		return nil
	}
	offer := c.snapshot.Offer(ctx, launch)
	return append(c.shortfalls(ctx, launch, offer), c.unseen(ctx, offer)...)
}

// shortfalls adds a launch to the plan and returns what is too much and this launch has to report.
func (c *Check) shortfalls(ctx context.Context, launch market.Launch, offer market.Offer) []Finding {
	needs := market.Needs(launch, offer)
	slices.SortStableFunc(needs, func(a, b market.Need) int { return strings.Compare(a.Key, b.Key) })
	mine := c.add(needs)
	if len(mine) == 0 {
		return nil
	}
	partial, ok := c.complete(ctx)
	if !ok {
		c.withdraw(mine)
		return nil
	}
	return c.report(ctx, mine, partial)
}

// add sums what a launch needs, and returns the needs that are too much and that this launch has to
// report.
func (c *Check) add(needs []market.Need) (mine []market.Need) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, need := range needs {
		s := c.sums[need.Key]
		if s == nil {
			s = &sum{}
			c.sums[need.Key] = s
		}
		s.wanted++
		if (!s.reported || s.grown()) && need.Exceeds(c.demand(need, false)) {
			s.reported, s.told = true, 0
			mine = append(mine, need)
		}
	}
	return mine
}

// demand is what the plan, or the part of it that is known, wants of a thing now. The caller holds
// the lock.
func (c *Check) demand(need market.Need, complete bool) market.Demand {
	return market.Demand{Form: market.Planned, Wanted: c.sums[need.Key].wanted, Freed: c.freed(need.Key, complete)}
}

// withdraw leaves the report to the next launch that has the needs.
func (c *Check) withdraw(mine []market.Need) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, need := range mine {
		c.sums[need.Key].reported = false
	}
}

// report words the shortfalls with the totals of the whole plan, or of the part that is known. A
// need that the plan has met in the meantime, by what it frees, is left out.
//
// A shortfall that is no larger than what KEC has taken is no veto: to refuse the plan would bring
// nothing back, and keep the user from changing or destroying the machines that are left.
func (c *Check) report(ctx context.Context, mine []market.Need, partial bool) []Finding {
	var findings []Finding
	for _, need := range mine {
		demand, lost := c.total(need, partial)
		short := need.Short(demand)
		if short < 1 {
			continue
		}
		s := c.snapshot.Shortfall(ctx, need, demand)
		f := Finding{failure.OfPlan(s), s.Certain() && c.mode == Error && short > lost}
		if short <= lost {
			f.Note = taken(lost)
		}
		findings = append(findings, f)
	}
	return findings
}

// taken says that a shortfall is what KEC has taken.
func taken(lost int64) string {
	return fmt.Sprintf("KEC has taken %d of the machines in the state and cannot replace %s now. "+
		"That blocks nothing else; an apply orders them all the same.", lost, pronoun(lost))
}

func pronoun(n int64) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// total is what the plan wants now, and how many machines it has lost. If that is not too much any
// more, the next launch that is too much reports it.
func (c *Check) total(need market.Need, partial bool) (demand market.Demand, lost int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	demand = c.demand(need, true)
	demand.AtLeast = partial
	s := c.sums[need.Key]
	if s.reported = need.Exceeds(demand); s.reported && !partial {
		s.told = demand.Wanted
	}
	return demand, c.lost()
}
