package kec

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How the rate adapts to throttling.
const (
	backOff  = 0.75 // what is left of the rate after a cut
	recovery = 0.05 // what the rate gains in a second, as a part of it
	slowest  = 1    // request per second: the rate never gets lower, unless it is configured to be
	used     = 20   // requests per second: a rate above that counts only as far as it is made use of when it is cut

	// A cut that is followed by another within so much time, or so few answers, has not helped.
	helpedFor  = 5 * time.Second
	helpedWith = 20

	inVain   = 6                // cuts in a row that have not helped are taken to be in vain
	letGo    = 30 * time.Second // for which there is no cut then
	regain   = 0.5              // what the rate gains in a second of that time
	bearable = 1.0 / 3          // the share of throttled requests that ends it
	distrust = 15 * time.Second // for which cuts are made then however little they help; twice as long the next time
)

// burst is how many requests may leave at once: a second's worth.
func burst(perSecond float64) int { return int(math.Max(1, math.Ceil(perSecond))) }

// pace says when a request may leave. All calls of a client share it, because the service's limit is one for the account. No limit
// is documented (fact 37), so it is looked for: the rate begins as configured, is cut by a quarter when a request is throttled, and
// grows again by 5 % in a second, up to the configured rate. There is one cut in a round trip at most: a throttled request
// whose turn was fixed before the last cut tells nothing about the rate since. Below the configured rate, requests leave one by one.
//
// Where there is a limit, it takes one cut or a few to get below it and then six seconds to get back there. Where throttling goes on
// through six cuts in a row, it does not depend on our rate: the service refuses at random, say. To go slower helps nobody
// then, and would never end. So the rate grows for half a minute, by 50 % in a second and without cuts, unless a third of the
// requests comes to be throttled, which is as much as the budget of repetitions can pay for.
//
// Requests wait in a queue of which only the head has a place in the limiter. Were they all given their time at once, a cut
// would come too late for those that wait.
type pace struct {
	clk  *clock
	head chan struct{} // full while somebody waits for the limiter

	mu      sync.Mutex
	limiter *rate.Limiter
	most    float64   // the configured rate, per second
	rate    float64   // at the time of its last change
	change  time.Time // the zero time before the first
	sent    count

	cut     time.Time // the last one
	since   int       // answers since
	row     int       // cuts in a row that have not helped
	free    time.Time // no cuts until then
	share   float64   // of throttled requests in that time, a running average
	believe time.Time // cuts may be in vain until then
	longer  int       // how often that was so
}

func newPace(perSecond float64, clk *clock) *pace {
	return &pace{
		clk: clk, head: make(chan struct{}, 1), most: perSecond, rate: perSecond,
		limiter: rate.NewLimiter(rate.Limit(perSecond), burst(perSecond)),
	}
}

// wait returns when a request may leave, with the time at which its turn was fixed; or with the reason why it may not: the context
// has ended, or it would before that.
func (p *pace) wait(ctx context.Context) (time.Time, error) {
	select {
	case p.head <- struct{}{}:
		defer func() { <-p.head }()
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	fixed, turn := p.reserve()
	wait, err := turn.DelayFrom(fixed), ctx.Err()
	switch {
	case wait > 0 && err == nil && late(ctx, wait):
		err = fmt.Errorf("its turn would come in %s: %w", wait.Round(100*time.Millisecond), context.DeadlineExceeded)
	case wait > 0 && err == nil:
		err = p.clk.sleep(ctx, wait)
	}
	if err != nil {
		turn.CancelAt(p.clk.now()) // the next one may have it
		return fixed, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent.add(p.clk.now())
	return fixed, nil
}

func (p *pace) reserve() (time.Time, *rate.Reservation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clk.now()
	if p.rate < p.most {
		p.limit(now, p.at(now))
	}
	return now, p.limiter.ReserveN(now, 1)
}

// at is the rate at an instant after its last change, grown since then.
func (p *pace) at(now time.Time) float64 {
	quick := max(0, min(now.Sub(p.change), p.free.Sub(p.change)).Seconds())
	slow := max(0, now.Sub(p.change).Seconds()-quick)
	return min(p.most, p.rate*math.Pow(1+regain, quick)*math.Pow(1+recovery, slow))
}

// set changes the rate.
func (p *pace) set(now time.Time, perSecond float64) {
	p.rate, p.change = min(p.most, max(slowest, perSecond)), now
	p.limit(now, p.rate)
}

func (p *pace) limit(now time.Time, perSecond float64) {
	size := 1
	if perSecond == p.most {
		size = burst(perSecond)
	}
	p.limiter.SetLimitAt(now, rate.Limit(perSecond))
	p.limiter.SetBurstAt(now, size)
}

// answered takes note of the answer to a request whose turn was fixed at an instant.
func (p *pace) answered(fixed time.Time, throttled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clk.now()
	if now.Before(p.free) {
		p.share *= 0.98
		if throttled {
			p.share += 0.02
		}
		if p.share < bearable {
			return
		}
		p.set(now, p.at(now))
		p.free, p.believe = now, now.Add(distrust<<p.longer)
		p.longer = min(p.longer+1, 5)
	}
	if !fixed.After(p.cut) {
		return
	}
	p.since++
	if !throttled {
		return
	}
	if now.Sub(p.cut) < helpedFor || p.since <= helpedWith {
		p.row++
	} else {
		p.row = 0
	}
	if p.row >= inVain && now.After(p.believe) {
		p.set(now, p.at(now))
		p.row, p.free, p.share = 0, now.Add(letGo), bearable/2
		return
	}
	p.set(now, backOff*min(p.at(now), max(used, p.sent.perSecond())))
	p.since = 0
	p.cut = now
	// What was saved up for a burst is lost: the service has just said that it has nothing to spare.
	if saved := int(p.limiter.TokensAt(now)); saved > 0 {
		p.limiter.ReserveN(now, saved)
	}
}

// pacing lets requests pass no faster than p allows, and tells it how they were answered. A request that did not get its turn was
// certainly not sent.
func pacing(next http.RoundTripper, p *pace) http.RoundTripper {
	return step(func(req *http.Request) (*http.Response, error) {
		cl := callOf(req.Context())
		fixed, err := p.wait(req.Context())
		if err != nil {
			cl.unsent = true
			return nil, err
		}
		resp, err := next.RoundTrip(req)
		if err == nil {
			p.answered(fixed, cl.outcome(resp, nil).throttled())
		}
		return resp, err
	})
}

// count counts what happens in a second.
type count struct {
	since        time.Time
	now, earlier float64
}

func (c *count) add(at time.Time) {
	switch age := at.Sub(c.since); {
	case age >= 2*time.Second:
		c.since, c.now, c.earlier = at, 0, 0
	case age >= time.Second:
		c.since, c.now, c.earlier = c.since.Add(time.Second), 0, c.now
	}
	c.now++
}

// perSecond is the number of the last full second, or of the present one when that is larger already.
func (c *count) perSecond() float64 { return max(c.now, c.earlier) }
