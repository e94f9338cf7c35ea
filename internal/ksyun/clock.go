package ksyun

import (
	"context"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"
)

// clock tells time, waits, and learns how far the service's clock is from ours.
type clock struct {
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	offset atomic.Int64 // of the service's clock, in nanoseconds
	learnt atomic.Bool  // an answer has told the service's time

	// signing is the offset of signatures in nanoseconds; 0 until the service has refused one for
	// its time.
	signing atomic.Int64
}

const (
	// clockNoise is what an offset must exceed to say anything: a Date header has whole seconds,
	// and is as old as the answer's way back.
	clockNoise = 2 * time.Second
	// clockSuspect is how far a signature's time must be from the Date of a 403 that does not speak
	// of time, for the clock to be the suspect. KEC's tolerance is not documented (fact 163: 15
	// minutes are assumed).
	clockSuspect = 2 * time.Minute
)

// learn takes the service's time from the Date header of an answer.
func (c *clock) learn(date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	offset := at.Sub(c.now())
	if offset.Abs() < clockNoise {
		offset = 0
	}
	c.offset.Store(int64(offset))
	c.learnt.Store(true)
}

// skewed are the words of a code or message that refuses a signature for its time. No such code of
// KEC is known: these are AWS's, whose algorithm it is, and words like them.
var skewed = regexp.MustCompile(`(?i)skew|request[ _]?(has )?expired|request[ _]?in[ _]?the[ _]?future|` +
	`signature (has )?expired|not yet (current|valid)|timestamp`)

// aboutToken are the words of a refusal of a security token: that one has expired is not due to a
// clock.
var aboutToken = regexp.MustCompile(`(?i)token`)

// correct decides whether a refusal of a request, which was signed with an offset to our clock, is
// due to our clock, as far as the Date of the answer can tell. If so, signatures follow the
// service's clock from now on, and the call is worth another try.
//
// Until then our own clock is trusted: the Date of an answer may be that of a proxy, or of a cache.
func (c *clock) correct(resp *http.Response, refusal *Error, offset time.Duration) bool {
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || refusal.Status < 400 || refusal.Status >= 500 {
		return false
	}
	actual := at.Sub(c.now())
	words := refusal.Code + " " + refusal.Message
	atLeast := clockNoise
	if !skewed.MatchString(words) || aboutToken.MatchString(words) {
		if refusal.Status != http.StatusForbidden {
			return false
		}
		atLeast = clockSuspect
	}
	if (actual - offset).Abs() <= atLeast {
		return false
	}
	c.signing.Store(int64(actual))
	return true
}
