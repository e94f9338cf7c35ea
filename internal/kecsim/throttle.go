package kecsim

import (
	"fmt"
	"time"
)

// throttle is a bucket of tokens. Its level is kept as the time at which it will be full, which is
// exact to the nanosecond at any rate.
type throttle struct {
	perSecond float64
	burst     int
	every     time.Duration // between two tokens; 0 lets all calls pass
	full      time.Time     // when the bucket will be full again
	spelling  Fault
	refused   int
}

// Throttle lets at most perSecond calls pass, and burst of them at once, on the world's clock. It
// counts all calls of the account (fact 255: one bucket for all actions). A call too many is
// refused as Spelling says; its action is not run, and it uses up no scripted fault. A rate of 0
// lifts the limit. Throttle panics if the rate is below 0 or not a number.
func (s *Server) Throttle(perSecond float64, burst int) {
	defer s.lock()()
	if !(perSecond >= 0) {
		panic(fmt.Sprintf("kecsim: %v is no rate", perSecond))
	}
	t := &s.throttle
	t.perSecond, t.burst, t.every, t.full = perSecond, max(burst, 1), 0, s.w.now
	if perSecond > 0 {
		// The time between two tokens of a tiny rate would not fit into a duration.
		const year = 366 * 24 * time.Hour
		t.every = time.Duration(min(float64(time.Second)/perSecond, float64(year)))
	}
}

// Spelling sets the answer of calls that Throttle refuses; at first it is Throttled. Others are
// Throttling, ThrottlingException, TooManyRequests and BandwidthExceeded (facts 37, 250: what KEC
// and its clients know). Spelling panics if the fault is not an answer and nothing else.
func (s *Server) Spelling(f Fault) {
	defer s.lock()()
	if !f.OnlyAnswers() {
		panic("kecsim: a spelling of throttling is an answer and nothing else")
	}
	s.throttle.spelling = f
}

// take takes a token; false if there is none.
func (t *throttle) take(now time.Time) bool {
	if t.every == 0 {
		return true
	}
	full := t.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(t.every)
	if float64(full.Sub(now)) > float64(t.every)*float64(t.burst) {
		t.refused++
		return false
	}
	t.full = full
	return true
}
