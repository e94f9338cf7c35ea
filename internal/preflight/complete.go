package preflight

import (
	"context"
	"time"
)

// A CLI without a request under way must be silent for a while before the plan counts as complete.
// With work left it asks again within milliseconds, but on a machine under load it may pause for
// longer than a second. How long it has paused in this plan tells how long that may be. Only a plan
// with a shortfall waits for it.
const (
	quiet     = time.Second     // at least
	pauses    = 4               // so many times the longest pause of this plan
	quietMost = 5 * time.Second // a pause may also be a slow data source, which tells nothing
)

// Busy notes a request of the CLI; the result notes its end. A plan with a request under way is not
// complete.
func (c *Check) Busy() (done func()) {
	if c == nil {
		return func() {}
	}
	c.goesOn()
	c.count(&c.busy, 1)
	return func() { c.count(&c.busy, -1) }
}

// goesOn notes how long the CLI has paused before a request, if none but those that wait for the
// complete plan was under way.
func (c *Check) goesOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy <= c.waiting {
		c.pause = max(c.pause, time.Since(c.heard))
	}
}

func (c *Check) count(n *int, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n += by
	c.peak = max(c.peak, c.busy)
	c.heard = time.Now()
}

// Applying notes that a launch, a change or a deletion begins, which ends the check: the plan is
// carried out, and KEC decides. The CLI plans each resource once more just before its launch. A
// check would compare these launches with what the earlier ones have left over, or with what a
// machine that has just been ended still holds, and refuse what KEC gives.
func (c *Check) Applying() {
	if c != nil {
		c.begin.Do(func() { close(c.applied) })
	}
}

// Settle waits until everything that the CLI asks for now is answered, but for the callers of this
// method and what waits for the complete plan. It returns at once while a plan is carried out.
func (c *Check) Settle(ctx context.Context) {
	if c != nil {
		c.complete(ctx)
	}
}

// complete waits until the plan is complete, or as complete as it can get while the caller waits
// (partial). It is not ok if nothing is to be reported any more: the plan is being carried out, or
// the caller's context is over.
func (c *Check) complete(ctx context.Context) (partial, ok bool) {
	c.count(&c.waiting, 1)
	defer c.count(&c.waiting, -1)
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	for {
		rest, alone := c.silence()
		if alone {
			return true, !c.hasBegun() && ctx.Err() == nil
		}
		select {
		case <-over:
			return false, !c.hasBegun() && ctx.Err() == nil
		case <-time.After(rest):
		case <-c.applied:
			return false, false
		case <-ctx.Done():
			return false, false
		}
	}
}

// silence is how long the CLI has still to be silent. After that the plan is complete, and all who
// wait return together: the return of one of them would look like a CLI that goes on.
//
// If as many requests wait as the CLI makes at once, its silence proves nothing, because it could
// not ask for more. Then one of them returns alone, so that the CLI can go on.
func (c *Check) silence() (rest time.Duration, alone bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	silent := min(max(quiet, pauses*c.pause), quietMost)
	if c.busy > c.waiting {
		return silent, false
	}
	if rest = silent - time.Since(c.heard); rest > 0 {
		return rest, false
	}
	if c.waiting >= c.peak {
		c.heard = time.Now()
		return 0, true
	}
	close(c.over)
	c.over = make(chan struct{}) // for those who come later
	return silent, false
}

func (c *Check) hasBegun() bool {
	select {
	case <-c.applied:
		return true
	default:
		return false
	}
}
