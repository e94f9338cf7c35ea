package kec

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// beats is how many looks a second all waits together may take in the long run, whatever their number.
	beats = 1
	// quickBeats is how many may come sooner, for a quick begin.
	quickBeats = 5
)

// beat lets all waits of a client look at the same moments, so that one request serves them all: when the first of them wants to look
// again, the others look too.
type beat struct {
	clk *clock

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

func newBeat(clk *clock) *beat {
	return &beat{clk: clk, limiter: rate.NewLimiter(beats, quickBeats), waiting: map[*waiter]bool{}}
}

// pause returns after at most d, or with the others before that; somewhat later where the limit asks for it; or when ctx ends, with
// its error.
func (b *beat) pause(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &waiter{due: b.clk.now().Add(d), woken: make(chan struct{})}
	b.mu.Lock()
	b.waiting[w] = true
	b.arrange()
	b.mu.Unlock()
	select {
	case <-w.woken:
		return ctx.Err()
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if delete(b.waiting, w); len(b.waiting) == 0 && b.stop != nil {
		b.stop()
		b.stop = nil
	}
	return ctx.Err()
}

// arrange sees to it that the next moment comes no later than one of those who wait wants it, as far as the limit allows.
// The lock is held.
func (b *beat) arrange() {
	var at time.Time
	for w := range b.waiting {
		if at.IsZero() || w.due.Before(at) {
			at = w.due
		}
	}
	if missing := 1 - b.limiter.TokensAt(at); missing > 0 {
		at = at.Add(time.Duration(missing / beats * float64(time.Second)))
	}
	if b.stop != nil && !at.Before(b.at) {
		return
	}
	if b.stop != nil {
		b.stop()
	}
	ctx, stop := context.WithCancel(context.Background())
	b.at, b.stop = at, stop
	wait := at.Sub(b.clk.now())
	go func() {
		if b.clk.sleep(ctx, wait) == nil {
			b.wake(ctx)
		}
	}()
}

// wake lets all look, unless the sleep that is over was ended.
func (b *beat) wake(slept context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slept.Err() != nil {
		return
	}
	b.stop()
	b.stop = nil
	b.limiter.AllowN(b.clk.now(), 1)
	for w := range b.waiting {
		close(w.woken)
	}
	clear(b.waiting)
}

// boots is what the launches of this process have shown about the time that a machine takes to become active.
type boots struct {
	mu       sync.Mutex
	not      time.Duration // the highest age at which one was seen that was not active, and was at the next look
	quickest time.Duration // the lowest age at which one was seen active; 0 before the first
}

func (b *boots) note(not, active time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.not = max(b.not, not)
	if b.quickest == 0 || active < b.quickest {
		b.quickest = active
	}
}

// expected is the age at which it pays to look: the lower one, a quarter closer to the other where they leave room, and a little
// later, because those that were launched together are not quite ready together. 0 when nothing is known.
func (b *boots) expected() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.quickest
	if b.not < b.quickest {
		at = (b.not + 3*b.quickest) / 4
	}
	return at + at/20
}
