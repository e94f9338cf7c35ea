package ksyun

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How the rate adapts to throttling. A cut is useless when throttling goes on soon after it. A
// probe is a time without cuts that shows whether throttling depends on our rate at all.
const (
	minRate   = 1    // request per second; the rate is only lower when it is configured to be
	decrease  = 0.75 // what a cut leaves of the rate
	increase  = 0.05 // what the rate gains in a second, as a part of it
	idleAbove = 20   // requests per second: a higher rate is cut from what is made use of

	uselessWithin  = 5 * time.Second // a cut is useless when another follows within so much time,
	uselessAnswers = 20              // or within so few answers

	cutsToProbe   = 6                // useless cuts in a row that begin a probe
	probeTime     = 30 * time.Second // how long it lasts
	probeIncrease = 0.5              // what the rate gains in a second of a probe
	probeLimit    = 1.0 / 3          // the share of throttled requests that ends a probe early
	noProbeTime   = 15 * time.Second // how long there is none then; doubles each time, up to 8 min
)

// burst is how many requests may leave at once: a second's worth.
func burst(perSecond float64) int { return int(math.Max(1, math.Ceil(perSecond))) }

// pace says when a request may leave. All calls of a client share it, because the service's limit
// is one for the account. That limit is not documented (fact 37: no rate is documented), so the
// pace looks for it.
//
// One throttling episode, with a limit of the service at 12 requests per second:
//
//	requests per second
//	20  ---.                           the configured rate, where the pace begins
//	       |
//	15     '----.                      a request is throttled: the rate is cut, x 0.75
//	12  . . . . | . . . . . .-. . . .  the service's limit
//	11          '----......-' |    _.  throttled again: x 0.75, and then +5 % a second
//	 9                        '-..-'   and again: six seconds later the limit is reached
//	    ---------------------------->  time
//
// There is one cut in a round trip at most: a throttled request whose turn was fixed before the
// last cut tells nothing about the rate since. Below the configured rate, requests leave one by
// one.
//
// Throttling that goes on through six cuts in a row does not depend on our rate: the service may
// refuse at random. Going slower helps nobody then, and would never end. A probe follows:
//
//	20  -.                      .----  the configured rate again
//	     '-.                 .-'
//	       '-.            .-'          the probe: no cuts, and +50 % a second, for 30 seconds
//	 4       '-.__,__,__.'             six useless cuts
//	    ---------------------------->  time
//
// A probe ends early when a third of the requests is throttled, which is as much as the budget of
// repetitions can pay for. Then the limit is real, and cuts are made again for a while.
//
// Requests wait in a queue, and only the head of the queue has a place in the limiter. If all were
// given their time at once, a cut would come too late for those that wait.
type pace struct {
	clk  *clock
	head chan struct{} // full while somebody waits for the limiter

	mu         sync.Mutex
	limiter    *rate.Limiter
	configured float64   // requests per second; the rate never gets higher
	rate       float64   // at the time of its last change
	changedAt  time.Time // the zero time before the first
	sent       perSecond

	cutAt           time.Time // the last cut
	answersSinceCut int
	uselessCuts     int // in a row

	probeUntil     time.Time // there are no cuts until then
	throttledShare float64   // in a probe, a running average
	noProbeUntil   time.Time
	failedProbes   int // probes that ended early
}

func newPace(perSecond float64, clk *clock) *pace {
	return &pace{
		clk: clk, head: make(chan struct{}, 1), configured: perSecond, rate: perSecond,
		limiter: rate.NewLimiter(rate.Limit(perSecond), burst(perSecond)),
	}
}

// wait returns when a request may leave, with the time at which its turn was fixed. An error says
// why it may not leave: the context has ended, or would end before its turn.
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
	if p.rate < p.configured {
		p.limit(now, p.rateAt(now))
	}
	return now, p.limiter.ReserveN(now, 1)
}

// rateAt is the rate at an instant after its last change, grown since then.
func (p *pace) rateAt(now time.Time) float64 {
	quick := max(0, min(now.Sub(p.changedAt), p.probeUntil.Sub(p.changedAt)).Seconds())
	slow := max(0, now.Sub(p.changedAt).Seconds()-quick)
	return min(p.configured, p.rate*math.Pow(1+probeIncrease, quick)*math.Pow(1+increase, slow))
}

// set changes the rate.
func (p *pace) set(now time.Time, perSecond float64) {
	p.rate, p.changedAt = min(p.configured, max(minRate, perSecond)), now
	p.limit(now, p.rate)
}

func (p *pace) limit(now time.Time, rps float64) {
	size := 1
	if rps == p.configured {
		size = burst(rps)
	}
	p.limiter.SetLimitAt(now, rate.Limit(rps))
	p.limiter.SetBurstAt(now, size)
}

// answered takes note of the answer to a request whose turn was fixed at an instant.
func (p *pace) answered(fixed time.Time, throttled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clk.now()
	if now.Before(p.probeUntil) {
		p.throttledShare *= 0.98
		if throttled {
			p.throttledShare += 0.02
		}
		if p.throttledShare < probeLimit {
			return
		}
		p.set(now, p.rateAt(now))
		p.probeUntil, p.noProbeUntil = now, now.Add(noProbeTime<<p.failedProbes)
		p.failedProbes = min(p.failedProbes+1, 5)
	}
	if !fixed.After(p.cutAt) {
		return
	}
	p.answersSinceCut++
	if !throttled {
		return
	}
	if now.Sub(p.cutAt) < uselessWithin || p.answersSinceCut <= uselessAnswers {
		p.uselessCuts++
	} else {
		p.uselessCuts = 0
	}
	if p.uselessCuts >= cutsToProbe && now.After(p.noProbeUntil) {
		p.set(now, p.rateAt(now))
		p.uselessCuts, p.probeUntil, p.throttledShare = 0, now.Add(probeTime), probeLimit/2
		return
	}
	p.set(now, decrease*min(p.rateAt(now), max(idleAbove, p.sent.value())))
	p.answersSinceCut = 0
	p.cutAt = now
	// What was saved up for a burst is lost, because the service has just said that it has nothing
	// to spare.
	if saved := int(p.limiter.TokensAt(now)); saved > 0 {
		p.limiter.ReserveN(now, saved)
	}
}

// pacing lets requests pass no faster than p allows, and tells p how they were answered. A request
// that did not get its turn was certainly not sent.
func pacing(next http.RoundTripper, p *pace) http.RoundTripper {
	return step(func(req *http.Request) (*http.Response, error) {
		cl := callOf(req.Context())
		fixed, err := p.wait(req.Context())
		if err != nil {
			cl.neverSent = true
			return nil, err
		}
		resp, err := next.RoundTrip(req)
		if err == nil {
			p.answered(fixed, cl.result(resp, nil).throttled())
		}
		return resp, err
	})
}

// perSecond counts what happens in a second.
type perSecond struct {
	since        time.Time
	now, earlier float64
}

func (c *perSecond) add(at time.Time) {
	switch age := at.Sub(c.since); {
	case age >= 2*time.Second:
		c.since, c.now, c.earlier = at, 0, 0
	case age >= time.Second:
		c.since, c.now, c.earlier = c.since.Add(time.Second), 0, c.now
	}
	c.now++
}

// value is the number of the last full second, or of the present one when that is larger already.
func (c *perSecond) value() float64 { return max(c.now, c.earlier) }
