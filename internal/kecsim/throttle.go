package kecsim

import (
	"fmt"
	"time"
)

// throttle is a bucket of tokens. What is missing from it is kept as a time, so that
// it counts to the nanosecond whatever the rate.
type throttle struct {
	perSecond float64
	burst     int
	every     time.Duration // between two tokens; 0 lets every call pass
	full      time.Time     // when the bucket will be full again
	spelling  Fault
	refused   int
}

// Throttle lets no more calls pass than perSecond, and burst at once, on the world's
// clock: the bucket of the whole account, for every action (fact 255). A call too many
// is refused as Spelling says; it does nothing, and no scripted fault is used up for
// it. A rate of 0 lifts it. Throttle panics if the rate is below 0 or no number.
func (s *Server) Throttle(perSecond float64, burst int) {
	defer s.lock()()
	if !(perSecond >= 0) {
		panic(fmt.Sprintf("kecsim: %v is no rate", perSecond))
	}
	t := &s.throttle
	t.perSecond, t.burst, t.every, t.full = perSecond, max(burst, 1), 0, s.w.now
	if perSecond > 0 {
		// A rate that is next to none would not fit into a duration.
		const year = 366 * 24 * time.Hour
		t.every = time.Duration(min(float64(time.Second)/perSecond, float64(year)))
	}
}

// Spelling sets what Throttle refuses with, Throttled unless a test says otherwise:
// Throttling, ThrottlingException, TooManyRequests, BandwidthExceeded (facts 37, 250)
// or any other fault that is an answer and nothing else. It panics if it is more.
func (s *Server) Spelling(f Fault) {
	defer s.lock()()
	if !f.OnlyAnswers() {
		panic("kecsim: a spelling of throttling is an answer and nothing else")
	}
	s.throttle.spelling = f
}

// take takes a token, if there is one.
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
