package kec

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// flight is work that several wait for. It ends early once none of them waits any more.
type flight struct {
	done chan struct{} // closed when the work is over

	mu      sync.Mutex
	waiting int
	left    bool // all have left
	stop    context.CancelFunc
	until   time.Time // the latest of their deadlines
	endless bool      // one of them has none
}

func newFlight() *flight { return &flight{done: make(chan struct{})} }

// join announces one who is going to wait; false when all the others have left, and the work with them.
func (f *flight) join(ctx context.Context) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left {
		return false
	}
	f.waiting++
	if at, ok := ctx.Deadline(); !ok {
		f.endless = true
	} else if at.After(f.until) {
		f.until = at
	}
	return true
}

// context is what the work runs in: it has the values of ctx, the latest deadline of those who wait, and ends when they have all left.
func (f *flight) context(ctx context.Context) (context.Context, context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	free := func() {}
	if !f.endless {
		ctx, free = context.WithDeadline(ctx, f.until)
	}
	ctx, stop := context.WithCancel(ctx)
	f.stop = stop
	if f.left {
		stop()
	}
	return ctx, func() { stop(); free() }
}

// wait returns when the work is over, or, while others still wait for it, when ctx ends: then with the error of ctx. The last one to
// leave ends the work and takes what it says of that.
func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
	}
	f.mu.Lock()
	f.waiting--
	last := f.waiting == 0
	if last {
		f.left = true
		at, _ := ctx.Deadline()
		// At its own deadline it ends by itself, and says so.
		if f.stop != nil && (ctx.Err() == context.Canceled || f.endless || f.until.After(at)) {
			f.stop()
		}
	}
	f.mu.Unlock()
	if last {
		<-f.done
		return nil
	}
	return ctx.Err()
}

// moment is how long requests are gathered: until none has come for quiet, but no longer than longest. With 0, each goes alone.
type moment struct{ quiet, longest time.Duration }

// gather puts together what is asked for at about the same time, so that one request serves all who ask. What is asked for is sent
// after that and never before: the answer is as new as that of a request of one's own.
type gather[V any] struct {
	call   call // for the error after a panic
	within moment
	most   int                                    // asks in a batch
	work   func(context.Context, []*ask[V]) error // answers every ask; an error answers those that are left

	mu   sync.Mutex
	open *batch[V]
}

// ask is what one caller wants, and the answer.
type ask[V any] struct {
	id      string
	project *int64
	gone    bool // the caller has left

	answered bool
	value    V
	err      error
}

func (a *ask[V]) answer(value V, err error) { a.answered, a.value, a.err = true, value, err }

// distinct are the ids that are asked for, as they were written.
func distinct[V any](asks []*ask[V]) []string {
	var ids []string
	for _, a := range asks {
		if !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, a.id) }) {
			ids = append(ids, a.id)
		}
	}
	return ids
}

type batch[V any] struct {
	*flight
	asks   []*ask[V]
	joined chan struct{} // somebody has joined
	full   chan struct{} // closed when nobody else can
}

// do asks, together with others. When ctx ends first the others are not disturbed, and what has not been sent will not be.
func (g *gather[V]) do(ctx context.Context, id string, project *int64) (V, error) {
	a := &ask[V]{id: id, project: project}
	err := g.join(ctx, a).wait(ctx)
	if err == nil && a.answered {
		return a.value, a.err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	a.gone = true
	var none V
	when := "during a call that is shared with others"
	if err == nil {
		err, when = ctx.Err(), "before anything was sent"
	}
	return none, fmt.Errorf("%s %s: %w %s", g.call.service, g.call.action, err, when)
}

func (g *gather[V]) join(ctx context.Context, a *ask[V]) *batch[V] {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.open
	if b == nil || !b.join(ctx) {
		b = &batch[V]{flight: newFlight(), joined: make(chan struct{}, 1), full: make(chan struct{})}
		b.join(ctx)
		g.open = b
		go g.run(ctx, b)
	}
	b.asks = append(b.asks, a)
	if len(b.asks) == g.most || g.within.longest == 0 {
		g.open = nil
		close(b.full)
	} else {
		select {
		case b.joined <- struct{}{}:
		default:
		}
	}
	return b
}

// run gathers a batch and does the work. ctx is that of the first caller, for its values.
func (g *gather[V]) run(ctx context.Context, b *batch[V]) {
	defer close(b.done)
	b.gathered(g.within)
	ctx, free := b.context(ctx)
	defer free()
	g.mu.Lock()
	if g.open == b {
		g.open = nil
	}
	var asks []*ask[V]
	for _, a := range b.asks {
		if !a.gone {
			asks = append(asks, a)
		}
	}
	g.mu.Unlock()
	if ctx.Err() != nil || len(asks) == 0 {
		return
	}
	what := g.call
	answerRest(asks, what.guarded(func() error { return g.work(ctx, asks) }))
}

// answerRest answers those with err who have no answer yet.
func answerRest[V any](asks []*ask[V], err error) {
	for _, a := range asks {
		if !a.answered {
			var none V
			a.answer(none, err)
		}
	}
}

// gathered returns when a batch is full, or its time has passed.
func (b *batch[V]) gathered(w moment) {
	longest, quiet := time.NewTimer(w.longest), time.NewTimer(w.quiet)
	defer longest.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-b.joined:
			quiet.Reset(w.quiet)
			continue
		case <-b.full:
		case <-quiet.C:
		case <-longest.C:
		}
		return
	}
}

// refusedTogether reports a refusal of which one of several ids may be the reason.
func (c *Client) refusedTogether(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || !definite(e) && !e.invalidID() || e.Status == http.StatusUnauthorized {
		return false
	}
	_, general := c.general.Load(e.Code)
	return !general
}

// alone asks for each one by itself after a request for several was refused for what it asks for (fact 273); err is the refusal. Every
// other failure is that of all. A code with which each one is refused as well, such as that of a wrong key, is not put to the test again.
func alone[V any](c *Client, asks []*ask[V], err error, work func(*ask[V]) error) error {
	if len(asks) == 1 || !c.refusedTogether(err) {
		return err
	}
	var all sync.WaitGroup
	for _, a := range asks {
		all.Go(func() {
			var none V
			if err := (&call{}).guarded(func() error { return work(a) }); err != nil {
				a.answer(none, err)
			}
		})
	}
	all.Wait()
	refusal, _ := errors.AsType[*Error](err)
	if !slices.ContainsFunc(asks, func(a *ask[V]) bool {
		e, ok := errors.AsType[*Error](a.err)
		return !ok || e.Code != refusal.Code
	}) {
		c.general.Store(refusal.Code, true)
	}
	return nil
}
