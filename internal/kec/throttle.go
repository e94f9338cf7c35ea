package kec

import (
	"math"
	"net/http"

	"golang.org/x/time/rate"
)

// burst is how many requests may leave at once: a second's worth.
func burst(perSecond float64) int { return int(math.Max(1, math.Ceil(perSecond))) }

// pacing lets requests pass no faster than the limiter allows. All calls of a client share it. A request whose context ends
// while it waits was certainly not sent.
func pacing(next http.RoundTripper, limiter *rate.Limiter, clk *clock) http.RoundTripper {
	return step(func(req *http.Request) (*http.Response, error) {
		now := clk.now()
		turn := limiter.ReserveN(now, 1)
		if wait := turn.DelayFrom(now); wait > 0 {
			if err := clk.sleep(req.Context(), wait); err != nil {
				turn.CancelAt(clk.now()) // the next one may have it
				callOf(req.Context()).unsent = true
				return nil, err
			}
		}
		return next.RoundTrip(req)
	})
}
