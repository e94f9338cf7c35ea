package machines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// window is how long requests are gathered: until none has come for idle, but no longer than max.
// With 0, each goes alone.
type window struct{ idle, max time.Duration }

// batcher puts together what is asked for at about the same time, so that one call serves all who
// ask. The call is made after all of them have asked, never before, so that its answer is as new as
// that of a call of one's own.
type batcher[V any] struct {
	call     ksyun.Call // for the texts of errors
	window   window
	maxItems int                                        // requests in a batch
	work     func(context.Context, []*request[V]) error // answers every request; an error answers the rest

	mu   sync.Mutex
	open *batch[V]
}

// request is what one caller wants, and the answer.
type request[V any] struct {
	id        string
	project   *int64
	abandoned bool // the caller has left

	answered bool
	value    V
	err      error
}

func (r *request[V]) answer(value V, err error) { r.answered, r.value, r.err = true, value, err }

// distinct are the ids that are asked for, as they were written.
func distinct[V any](requests []*request[V]) []string {
	var ids []string
	for _, r := range requests {
		if !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, r.id) }) {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// batch is the requests of one call.
type batch[V any] struct {
	*sharedCall
	requests []*request[V]
	joined   chan struct{} // somebody has joined
	full     chan struct{} // closed when nobody else can join
}

// Do asks, together with others. When ctx ends first, the others are not disturbed, and what has
// not been sent will not be.
func (b *batcher[V]) Do(ctx context.Context, id string, project *int64) (V, error) {
	r := &request[V]{id: id, project: project}
	err := b.join(ctx, r).wait(ctx)
	if err == nil && r.answered {
		return r.value, r.err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r.abandoned = true
	var none V
	when := "during a call that is shared with others"
	if err == nil {
		// The time of all callers is up, although this one's context may not have noticed yet.
		err, when = cmp.Or(ctx.Err(), context.DeadlineExceeded), "before anything was sent"
	}
	return none, fmt.Errorf("%s %s: %w %s", b.call.Service, b.call.Action, err, when)
}

// join puts a request to the open batch, or opens one.
func (b *batcher[V]) join(ctx context.Context, r *request[V]) *batch[V] {
	b.mu.Lock()
	defer b.mu.Unlock()
	open := b.open
	if open == nil || !open.join(ctx) {
		open = &batch[V]{sharedCall: newSharedCall(), joined: make(chan struct{}, 1), full: make(chan struct{})}
		open.join(ctx)
		b.open = open
		go b.run(ctx, open)
	}
	open.requests = append(open.requests, r)
	if len(open.requests) == b.maxItems || b.window.max == 0 {
		b.open = nil
		close(open.full)
	} else {
		select {
		case open.joined <- struct{}{}:
		default:
		}
	}
	return open
}

// run gathers a batch and does the work. ctx is that of the first caller, for its values.
func (b *batcher[V]) run(ctx context.Context, open *batch[V]) {
	defer close(open.done)
	open.gather(b.window)
	ctx, free := open.context(ctx)
	defer free()
	b.mu.Lock()
	if b.open == open {
		b.open = nil
	}
	var wanted []*request[V]
	for _, r := range open.requests {
		if !r.abandoned {
			wanted = append(wanted, r)
		}
	}
	b.mu.Unlock()
	if ctx.Err() != nil || len(wanted) == 0 {
		return
	}
	answerRest(wanted, b.call.Guard(func() error { return b.work(ctx, wanted) }))
}

// gather returns when a batch is full, or its time has passed.
func (b *batch[V]) gather(w window) {
	longest, idle := time.NewTimer(w.max), time.NewTimer(w.idle)
	defer longest.Stop()
	defer idle.Stop()
	for {
		select {
		case <-b.joined:
			idle.Reset(w.idle)
			continue
		case <-b.full:
		case <-idle.C:
		case <-longest.C:
		}
		return
	}
}

// answerRest answers with err the requests that have no answer yet.
func answerRest[V any](requests []*request[V], err error) {
	for _, r := range requests {
		if !r.answered {
			var none V
			r.answer(none, err)
		}
	}
}

// maybeOneID reports a refusal of a call for several ids, of which one may be the reason.
func (c *Client) maybeOneID(err error) bool {
	e, ok := errors.AsType[*ksyun.Error](err)
	if !ok || !mayBeAboutOneID(e) {
		return false
	}
	_, forAll := c.codesForAll.Load(e.Code)
	return !forAll
}

// mayBeAboutOneID reports a refusal that is not, by its kind, one of the keys.
func mayBeAboutOneID(e *ksyun.Error) bool {
	return (definite(e) || invalidID(e)) && e.Status != http.StatusUnauthorized
}

// eachAlone makes a call for each request by itself, after a call for several was refused with err
// (fact 273: one id may be the reason, and nothing was done for the others). Any other failure is
// that of all. A code with which each one was refused as well, such as that of a missing
// permission, is put to the test with a few of the next ones only, in turns: several bad ids may
// have had it by chance, and one of them must not fail a batch of good ones.
func eachAlone[V any](c *Client, requests []*request[V], err error, work func(*request[V]) error) error {
	refusal, ok := errors.AsType[*ksyun.Error](err)
	if len(requests) == 1 || !ok || !mayBeAboutOneID(refusal) {
		return err
	}
	rest := requests
	if _, forAll := c.codesForAll.Load(refusal.Code); forAll {
		start := int(c.probed.Add(probes)) % len(requests)
		turn := slices.Concat(requests[start:], requests[:start])
		some := turn[:min(probes, len(turn))]
		if refusedAlone(some, refusal.Code, work) {
			return err
		}
		c.codesForAll.Delete(refusal.Code)
		rest = turn[len(some):]
	}
	if refusedAlone(rest, refusal.Code, work) && len(rest) == len(requests) {
		c.codesForAll.Store(refusal.Code, true)
	}
	return nil
}

// probes is how many requests are made alone where a code has refused all before.
const probes = 3

// refusedAlone makes a call for each request by itself. It reports that the code refused them all.
func refusedAlone[V any](requests []*request[V], code string, work func(*request[V]) error) bool {
	var all sync.WaitGroup
	for _, r := range requests {
		all.Go(func() {
			var none V
			if err := (ksyun.Call{}).Guard(func() error { return work(r) }); err != nil {
				r.answer(none, err)
			}
		})
	}
	all.Wait()
	return !slices.ContainsFunc(requests, func(r *request[V]) bool {
		e, ok := errors.AsType[*ksyun.Error](r.err)
		return !ok || e.Code != code
	})
}
