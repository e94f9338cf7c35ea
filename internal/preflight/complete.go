package preflight

import (
	"context"
	"time"
)

// quiet is how long a CLI that has no request under way must be silent for the
// plan to count as asked for. A CLI with work left asks again within milliseconds;
// the longer time is for machines under load. Only a plan that fails waits it out.
const quiet = time.Second

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
