package failure

import (
	"context"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// kept is how long one set of look-ups serves: what fails at the same moment is
// explained by the same numbers.
const kept = 5 * time.Second

// Explainer explains launches and orders that came to nothing, for one process of
// the provider. Explanations of the same moment share their look-ups, so that a
// crowd with one trouble asks no more than one of it. It is safe for concurrent
// use.
type Explainer struct {
	client *kec.Client

	mu     sync.Mutex
	open   *market.Snapshot // the one in use, or nil
	opened time.Time        // by the client's clock
}

// NewExplainer returns an explainer that has asked nothing yet.
func NewExplainer(client *kec.Client) *Explainer { return &Explainer{client: client} }

// snapshot is the one that the explanations of this moment share. It is a new one if
// the current one is what the caller finds too old (nil: any will do).
func (e *Explainer) snapshot(tooOld *market.Snapshot) *market.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.client.Now()
	if e.open == nil || e.open == tooOld || !within(kept, e.opened, now) {
		e.open, e.opened = market.NewSnapshot(e.client), now
	}
	return e.open
}

// current is the snapshot in use, nil without one.
func (e *Explainer) current() *market.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open
}

// within tells whether less than d has passed. A clock that has been set back tells
// nothing.
func within(d time.Duration, since, now time.Time) bool {
	passed := now.Sub(since)
	return passed >= 0 && passed < d
}

// refused explains why RunInstances refused the launch. Where stock, price or
// addresses are the matter it asks for today's numbers; a look-up that fails
// leaves them out. Numbers that are at odds with the refusal count only if they
// were asked for after it.
func (e *Explainer) refused(ctx context.Context, err error, launch market.Launch) (Failure, offer) {
	f, before := Of(err), e.current()
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	o := observe(ctx, e.snapshot(nil), launch, f.Code)
	if o.denies(f, launch) {
		o = observe(ctx, e.snapshot(before), launch, f.Code)
	}
	f.weigh(o, launch)
	return f, o
}
