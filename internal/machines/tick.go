package machines

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

const (
	// ticksPerSecond is how many looks all waits together may take in the long run, whatever their
	// number.
	ticksPerSecond = 1
	// quickTicks is how many may come sooner, for a quick begin.
	quickTicks = 5
)

// pollTick lets all waits of a client look at the same moments, so that one request serves them
// all: when the first of them wants to look again, the others look too.
type pollTick struct {
	api *kec.Client // for its clock

	mu      sync.Mutex
	limiter *rate.Limiter
	waiting map[*waiter]bool
	at      time.Time          // the next moment
	stop    context.CancelFunc // ends the sleep until then; nil while nobody waits
}

type waiter struct {
	due   time.Time // the latest moment that will do
	woken chan struct{}
}

func newPollTick(api *kec.Client) *pollTick {
	return &pollTick{api: api, limiter: rate.NewLimiter(ticksPerSecond, quickTicks), waiting: map[*waiter]bool{}}
}

// pause returns after at most d, or with the others before that. It returns somewhat later where
// the limit asks for it, and with the error of ctx when that ends.
func (t *pollTick) pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &waiter{due: t.api.LocalNow().Add(d), woken: make(chan struct{})}
	t.mu.Lock()
	t.waiting[w] = true
	t.arrange()
	t.mu.Unlock()
	select {
	case <-w.woken:
		return ctx.Err()
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if delete(t.waiting, w); len(t.waiting) == 0 && t.stop != nil {
		t.stop()
		t.stop = nil
	}
	return ctx.Err()
}

// arrange sees to it that the next moment comes no later than the first of the waiters wants it, as
// far as the limit allows. The lock is held.
func (t *pollTick) arrange() {
	var at time.Time
	for w := range t.waiting {
		if at.IsZero() || w.due.Before(at) {
			at = w.due
		}
	}
	if missing := 1 - t.limiter.TokensAt(at); missing > 0 {
		at = at.Add(time.Duration(missing / ticksPerSecond * float64(time.Second)))
	}
	if t.stop != nil && !at.Before(t.at) {
		return
	}
	if t.stop != nil {
		t.stop()
	}
	ctx, stop := context.WithCancel(context.Background())
	t.at, t.stop = at, stop
	wait := at.Sub(t.api.LocalNow())
	go func() {
		if t.api.Sleep(ctx, wait) == nil {
			t.wake(ctx)
		}
	}()
}

// wake lets all waiters look, unless the sleep that is over was ended.
func (t *pollTick) wake(slept context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if slept.Err() != nil {
		return
	}
	t.stop()
	t.stop = nil
	t.limiter.AllowN(t.api.LocalNow(), 1)
	for w := range t.waiting {
		close(w.woken)
	}
	clear(t.waiting)
}

// waitTimes is what the launches, or the deletions, of this process have shown about the time that
// a machine takes until it is ready: active, or gone.
type waitTimes struct {
	mu     sync.Mutex
	before time.Duration // the highest age at which one was not ready that was ready at the next look
	ready  time.Duration // the lowest age at which one was seen ready; 0 before the first
}

// note takes the ages of a machine at the last two looks: not ready yet, and then ready.
func (b *waitTimes) note(before, ready time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before = max(b.before, before)
	if b.ready == 0 || ready < b.ready {
		b.ready = ready
	}
}

// expected is the age at which it pays to look, 0 when nothing is known. It lies three quarters of
// the way from the highest age of a machine that was not to the lowest age of one that was, where
// they leave room, and a little later, because machines that were asked for together are not quite
// ready together.
func (b *waitTimes) expected() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.ready
	if b.before < b.ready {
		at = (b.before + 3*b.ready) / 4
	}
	return at + at/20
}
