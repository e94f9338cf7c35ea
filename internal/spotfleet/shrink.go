package spotfleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// surplus lists the members that an update ends: those that did not start, and those that are too
// many. Of these go those that KEC takes anyway, then those that do not run or are not seen, then
// those whose protected hour is over, then those inside it; within each, on demand first, then the
// dearest, then the newest.
func (m *model) surplus(all []member, mem *memory, now time.Time) []member {
	n := int64(len(all) - len(started(all)))
	if m.missing(all) < 0 { // those that do not count, because they are being reclaimed, go with the rest
		n = int64(len(all)) - m.target()
	}
	if n < 1 {
		return nil
	}
	order := slices.Clone(all)
	sortMembers(order)
	slices.Reverse(order)
	slices.SortStableFunc(order, func(a, b member) int {
		return cmp.Or(
			cmp.Compare(mem.usefulness(a, now), mem.usefulness(b, now)),
			first(!a.spot(), !b.spot()),
			price(mem.cost(b)).Cmp(price(mem.cost(a))),
		)
	})
	return order[:min(n, int64(len(order)))]
}

// usefulness is how much is lost with a member, from the least.
func (mem *memory) usefulness(one member, now time.Time) int {
	_, protected := one.protectedAt(now)
	switch {
	case one.failed():
		return 0
	case one.reclaimed():
		return 1
	case mem.hides(one) || !strings.EqualFold(one.State.ValueString(), kec.StateActive):
		return 2
	case !protected:
		return 3
	}
	return 4
}

// first puts what holds for a before what does not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// price is a price to compare; one that is not known counts as none.
func price(d *decimal.Decimal) decimal.Decimal {
	if d == nil {
		return decimal.Decimal{}
	}
	return *d
}

// end terminates members together, and returns when each is proven gone, or could not be ended:
// errors are by id. A member that no look-up has ever shown is not gone while it is billed.
func (r *Resource) end(ctx context.Context, m *model, some []member) map[string]error {
	var mu sync.Mutex
	var ending sync.WaitGroup
	failed := map[string]error{}
	for _, one := range some {
		over := r.Refusals.Ending(m.launchOf(one))
		ending.Go(func() {
			err := r.Machines.Terminate(ctx, one.ID.ValueString(), m.project())
			over(err)
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[one.key()] = err
			}
		})
	}
	ending.Wait()
	ended := slices.DeleteFunc(slices.Clone(some), func(one member) bool { return failed[one.key()] != nil })
	for id := range r.stillBilled(ctx, ended) {
		failed[id] = fmt.Errorf("%w: KEC does not show instance %s, but its billing record says that it lives", kec.ErrChangeUnknown, id)
	}
	return failed
}
