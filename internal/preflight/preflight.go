// Package preflight checks, in the plan, whether KEC can do what the plan orders.
// It sums the launches of one plan, holds the sums against what KEC offers now and
// reports each shortfall once, with the totals.
//
// A provider sees one resource of a plan at a time and is never told which one is
// the last. So the resource that first goes beyond what there is waits until the
// CLI asks for nothing more, and then speaks for all. A plan that KEC can serve
// waits for nothing.
package preflight

import (
	"context"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// Mode says how loud the check is.
type Mode string

// The modes.
const (
	Error Mode = "error" // a plan that KEC cannot serve fails; the default
	Warn  Mode = "warn"  // it is warned about
	Off   Mode = "off"   // nothing is looked up
)

// quiet is how long a CLI that has no request under way must be silent for the
// plan to count as asked for. A CLI with work left asks again within milliseconds;
// the longer time is for machines under load. Only a plan that fails waits it out.
const quiet = time.Second

// Check is the check of one run of the provider: one plan, or one apply. It is safe
// for concurrent use. A nil Check, of a provider that is not configured, finds
// nothing.
type Check struct {
	mode     Mode
	snapshot *market.Snapshot
	launched chan struct{} // closed when the first launch begins
	begin    sync.Once

	mu      sync.Mutex
	sums    map[string]*sum
	freed   map[string]int64 // what the plan gives back
	busy    int              // requests of the CLI that are under way
	peak    int              // the most that ever were
	waiting int              // those among them that wait for the others
	heard   time.Time        // when the last one came or went
	over    chan struct{}    // closed when the plan is complete for those who wait
}

// sum is what the plan wants of one thing.
type sum struct {
	wanted int64
	spoken bool // somebody waits to report it, or has done so
}

// Finding is something that KEC cannot do for this plan.
type Finding struct {
	failure.Failure
	Veto bool // it fails the plan; else it is a warning
}

// New returns the check for one configuration of the provider.
func New(client *kec.Client, mode Mode) *Check {
	return &Check{
		mode: mode, snapshot: market.NewSnapshot(client), launched: make(chan struct{}),
		sums: map[string]*sum{}, freed: map[string]int64{}, heard: time.Now(), over: make(chan struct{}),
	}
}

// Busy notes a request of the CLI; the result notes its end. What is under way
// shows that the plan is not complete.
func (c *Check) Busy() (done func()) {
	if c == nil {
		return func() {}
	}
	c.count(&c.busy, 1)
	return func() { c.count(&c.busy, -1) }
}

func (c *Check) count(n *int, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n += by
	c.peak = max(c.peak, c.busy)
	c.heard = time.Now()
}

// Launching notes that a launch begins. From then on the plan is being carried
// out, and KEC itself decides: the CLI plans each resource again just before its
// launch, and a check that counted those launches against what the earlier ones
// have left would refuse what KEC gives.
func (c *Check) Launching() {
	if c != nil {
		c.begin.Do(func() { close(c.launched) })
	}
}

// Frees notes that the plan ends an instance in this subnet, which gives its
// address back.
func (c *Check) Frees(subnetID string) {
	if c == nil || subnetID == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.freed[addressesOf(subnetID)]++
}

// complaint is a finding in the making: it is reported once for its key, when all
// that the plan wants of it is known.
type complaint struct {
	key     string
	once    bool                           // a launch has it once; else each complaint is one more that is wanted
	refused func(wanted, freed int64) bool // whether that is too much
	finding func(t total) Finding
}

// total is what a whole plan wants of one thing.
type total struct {
	wanted  int64
	freed   int64
	partial bool // more may come: the CLI could not ask for it
}

// Launch adds a launch to the plan and returns what this resource has to report:
// mostly nothing, because KEC can do it, because another resource reports it, or
// because too little is known. What KEC cannot be asked is skipped.
func (c *Check) Launch(ctx context.Context, launch market.Launch) []Finding {
	if c == nil || c.mode == Off || c.hasBegun() {
		return nil
	}
	complaints := c.look(ctx, launch)
	mine := c.add(complaints)
	if len(mine) == 0 {
		return nil
	}
	partial, ok := c.settled(ctx)
	if !ok {
		c.withdraw(mine)
		return nil
	}
	return c.report(mine, partial)
}

// add sums what a launch needs, and returns the complaints that are new and that
// this launch therefore has to report.
func (c *Check) add(complaints []complaint) (mine []complaint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range complaints {
		s := c.sums[one.key]
		if s == nil {
			s = &sum{}
			c.sums[one.key] = s
		}
		s.wanted++
		if !s.spoken && one.refused(s.wanted, c.freed[one.key]) {
			s.spoken = true
			mine = append(mine, one)
		}
	}
	return mine
}

// withdraw leaves complaints to the next launch that has them.
func (c *Check) withdraw(mine []complaint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range mine {
		c.sums[one.key].spoken = false
	}
}

// report words complaints with the totals of the whole plan, or of what is known
// of it. What the plan turned out to free in the meantime may have settled one.
func (c *Check) report(mine []complaint, partial bool) []Finding {
	var findings []Finding
	for _, one := range mine {
		t, refused := c.total(one)
		t.partial = partial
		if !refused {
			continue
		}
		f := one.finding(t)
		f.Source, f.Veto = failure.FromPreflight, f.Veto && c.mode == Error
		findings = append(findings, f)
	}
	return findings
}

// total is what the plan wants now, and whether that is still too much. If not, the
// next launch that is too much speaks up again.
func (c *Check) total(one complaint) (t total, refused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sums[one.key]
	t = total{wanted: s.wanted, freed: c.freed[one.key]}
	s.spoken = one.refused(t.wanted, t.freed)
	return t, s.spoken
}

// settled waits until the plan has been asked for as a whole, or as far as it can
// be (partial). It is not ok where nothing is to be reported any more: a launch has
// begun, or the caller has left.
func (c *Check) settled(ctx context.Context) (partial, ok bool) {
	c.count(&c.waiting, 1)
	defer c.count(&c.waiting, -1)
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	for {
		left, alone := c.left()
		if alone {
			return true, !c.hasBegun() && ctx.Err() == nil
		}
		select {
		case <-over:
			return false, !c.hasBegun() && ctx.Err() == nil
		case <-time.After(left):
		case <-c.launched:
			return false, false
		case <-ctx.Done():
			return false, false
		}
	}
}

// left is how long the CLI has yet to be silent. After that the plan is complete,
// and all who wait go on together: the return of the first would look like a CLI
// that goes on. But where they are all that the CLI asks at once, it could not ask
// for more, and the one who calls goes on alone to let it.
func (c *Check) left() (left time.Duration, alone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy > c.waiting {
		return quiet, false
	}
	if left = quiet - time.Since(c.heard); left > 0 {
		return left, false
	}
	if c.waiting >= c.peak {
		c.heard = time.Now()
		return 0, true
	}
	close(c.over)
	c.over = make(chan struct{}) // for those who come later
	return quiet, false
}

func (c *Check) hasBegun() bool {
	select {
	case <-c.launched:
		return true
	default:
		return false
	}
}
