package kec

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"sync"
	"sync/atomic"
	"time"
)

// clock tells time, waits, and learns how far the service's clock is from ours.
type clock struct {
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error
	offset atomic.Int64 // of the service, in nanoseconds
	learnt atomic.Bool  // an answer has told the service's time
	ask    sync.Once

	signing atomic.Int64 // the offset of signatures, in nanoseconds; 0 until the service has refused one for its time
}

// learn takes the Date header of an answer. It has whole seconds and is as old as the way back, so that an offset below two
// seconds says nothing.
func (c *clock) learn(date string) {
	at, err := http.ParseTime(date)
	if err != nil {
		return
	}
	offset := at.Sub(c.now())
	if offset.Abs() < noise {
		offset = 0
	}
	c.offset.Store(int64(offset))
	c.learnt.Store(true)
}

// Now is the service's time: the local clock plus the offset learnt from the last answer's Date header. An offset of less than
// two seconds is taken for none.
func (c *Client) Now() time.Time { return c.clock.now().Add(time.Duration(c.clock.offset.Load())) }

// ServiceTime is Now, after looking id up once if no answer has told the service's time yet. All callers share that one
// look-up; where it fails, the local clock has to do.
func (c *Client) ServiceTime(ctx context.Context, id string) time.Time {
	c.clock.ask.Do(func() {
		if c.clock.learnt.Load() {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, timeToAsk)
		defer cancel()
		_, _ = c.look(ctx, id, nil) // for its Date alone, which a refusal has too
	})
	return c.Now()
}

// timeToAsk bounds the question for the time: a message is not worth a long wait.
const timeToAsk = 5 * time.Second

// skewed are the words of a code or message that refuse a signature for its time. No such code of KEC is known; these are AWS's,
// whose algorithm it is, and the words of its kin. A security token that has expired is another matter.
var (
	skewed   = regexp.MustCompile(`(?i)skew|request[ _]?(has )?expired|request[ _]?in[ _]?the[ _]?future|signature (has )?expired|not yet (current|valid)|timestamp`)
	notAbout = regexp.MustCompile(`(?i)token`)
)

const (
	// farOff is how far a signature's time must be from the Date of a 403 that does not speak of time for the clock to be the suspect. The
	// tolerance is not documented; 15 minutes are assumed (fact 163).
	farOff = 2 * time.Minute
	// noise is what an offset must exceed to say anything: the Date has whole seconds and is as old as the way back.
	noise = 2 * time.Second
)

// correct looks at a refusal of a request that was signed with an offset to our clock. When it is due to our clock, as far as the
// answer's Date can tell, signatures follow the service's clock from now on, and the call is worth another try.
//
// Our own clock is trusted until then: a Date in passing may be that of a proxy, or of a cache.
func (c *clock) correct(resp *http.Response, refusal *Error, offset time.Duration) bool {
	at, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || refusal.Status < 400 || refusal.Status >= 500 {
		return false
	}
	actual := at.Sub(c.now())
	words := refusal.Code + " " + refusal.Message
	far := noise
	if !skewed.MatchString(words) || notAbout.MatchString(words) {
		if refusal.Status != http.StatusForbidden {
			return false
		}
		far = farOff
	}
	if (actual - offset).Abs() <= far {
		return false
	}
	c.signing.Store(int64(actual))
	return true
}

// clockWrong reports that the attempt was refused because of our clock, which has now been corrected. It does so once in a call.
func (c *Client) clockWrong(cl *call, resp *http.Response, err error) bool {
	if err != nil || cl.corrected {
		return false
	}
	refusal, ok := errors.AsType[*Error](cl.read(resp).err)
	cl.corrected = ok && c.clock.correct(resp, refusal, cl.offset)
	return cl.corrected
}
