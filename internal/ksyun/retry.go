package ksyun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// retries says how often and how soon to repeat.
type retries struct {
	max              int
	minWait, maxWait time.Duration
}

var (
	errNoTime = errors.New("the next try would come after the deadline")
	errBudget = errors.New("too many calls have failed of late and the budget of repetitions is used up")
)

// retrying repeats the attempts of one call. It goes around the chain.
type retrying struct {
	client *Client
	call   *call
	began  time.Time
	took   time.Duration // since then, once the last attempt is over

	last      result        // of the last attempt
	maybeDone bool          // some attempt may have been carried out without a word about it
	repeats   int           // attempts decided on after the first
	wait      time.Duration // before the next attempt
	stopped   error         // why the call is not repeated although the policy would repeat it
	corrected bool          // this call has found our clock wrong
}

// policy is the library's client for this call, made anew for each, because the policy depends on
// the call. The wait happens in PrepareRetry and not in the library's own timer, so that it goes
// through the injected clock.
func (r *retrying) policy() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: r.client.http,
		RetryMax:   max(0, r.client.retries.max),
		CheckRetry: r.again,
		Backoff:    func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 },
		PrepareRetry: func(req *http.Request) error {
			return r.client.clock.sleep(req.Context(), r.wait)
		},
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// again decides, after each attempt, whether there is another, and after what wait. Against it can
// be the policy, the end of the context, the limit of the call, the budget of all calls, and a
// deadline that would come before the wait is over: sleeping until then gains nothing and hides the
// cause. A refusal that is due to our clock is worth one more try, signed with the right time.
func (r *retrying) again(ctx context.Context, resp *http.Response, err error) (bool, error) {
	now := r.call.result(resp, err)
	if now.neverSent && ended(now.err) && r.call.attempts > 0 {
		return false, nil // this was no attempt at all: the last one is the one before it
	}
	r.last = now
	r.maybeDone = r.maybeDone || now.uncertain() && !now.stateRefusal()
	if now.answered() {
		r.client.budget.earn()
		if r.call.Service == KEC {
			r.client.answers.Add(1)
		}
	}
	clockWrong := ctx.Err() == nil && r.clockWrong(resp, err) // a refusal, which did nothing
	switch {
	case !clockWrong && !now.repeatable(r.call.AtMostOnce):
		return false, nil // an answer that is here is used, even if the context has ended meanwhile
	case ctx.Err() != nil:
		return false, ctx.Err()
	case r.repeats >= r.client.retries.max:
		return false, nil
	}
	if r.wait = 0; !clockWrong {
		r.wait = r.client.retries.wait(r.repeats, resp, r.client.Now(), r.client.jitter())
	}
	switch {
	case late(ctx, r.wait):
		r.stopped = errNoTime
		return false, nil
	case !r.client.budget.spend():
		r.stopped = errBudget
		return false, nil
	}
	r.repeats++
	return true, nil
}

// clockWrong reports that the attempt was refused because of our clock, which is now corrected. It
// does so once in a call.
func (r *retrying) clockWrong(resp *http.Response, err error) bool {
	if err != nil || r.corrected {
		return false
	}
	refusal, ok := errors.AsType[*Error](r.call.read(resp).err)
	r.corrected = ok && r.client.clock.correct(resp, refusal, r.call.offset)
	return r.corrected
}

// result sums up an attempt.
func (cl *call) result(resp *http.Response, err error) result {
	if err != nil {
		r := result{err: err, text: cl.clean(withoutURL(err).Error()), neverSent: cl.neverSent}
		cl.neverSent = false
		return r
	}
	r := result{status: resp.StatusCode}
	if e, ok := errors.AsType[*Error](cl.read(resp).err); ok {
		r.code = e.Code
	}
	return r
}

// ended reports the end of the caller's context. An attempt that took too long ends with an error
// of its own.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// late reports a wait that would outlast the deadline of ctx, which is on the real clock.
func late(ctx context.Context, wait time.Duration) bool {
	at, ok := ctx.Deadline()
	return ok && time.Until(at) < wait
}

// failed is the error of a call that ended without an answer.
func (r *retrying) failed(err error, host string) error {
	cl, cause := r.call, withoutURL(err)
	text := cl.clean(cause.Error())
	switch {
	case ended(cause) && r.last.status == 0 && r.last.err == nil, ended(cause) && cl.attempts == 0:
		text += " before anything was sent"
	case ended(cause) && ended(r.last.err):
		text += fmt.Sprintf(" during try %d", cl.attempts)
	case ended(cause):
		text += fmt.Sprintf(" after %s, the last of which ended with: %s", r.effort(), r.last)
	case r.last.transient():
		text = r.gaveUpAfter() + ": " + text
	}
	if errors.Is(r.stopped, errNoTime) {
		cause = errors.Join(cause, context.DeadlineExceeded)
	}
	return &networkError{text: fmt.Sprintf("%s %s: %s: %s", cl.Service, cl.Action, host, text), cause: cause}
}

// gaveUp is the error of a call whose last answer was a transient failure. It wraps the refusal,
// and matches context.DeadlineExceeded as well when the deadline left no time for another try.
func (r *retrying) gaveUp(refusal error) error {
	err := fmt.Errorf("%s %s: %s: %w", r.call.Service, r.call.Action, r.gaveUpAfter(), refusal)
	if errors.Is(r.stopped, errNoTime) {
		return &outOfTime{err}
	}
	return err
}

func (r *retrying) gaveUpAfter() string {
	s := "gave up after " + r.effort()
	if r.stopped != nil {
		s += ", because " + r.stopped.Error()
	}
	return s
}

// effort is "4 tries in 7.3s".
func (r *retrying) effort() string {
	tries := fmt.Sprintf("%d tries", r.call.attempts)
	if r.call.attempts == 1 {
		tries = "1 try"
	}
	return fmt.Sprintf("%s in %s", tries, r.took.Round(100*time.Millisecond))
}

// longestRetryAfter bounds what a Retry-After header can ask for.
const longestRetryAfter = 5 * time.Minute

// wait is how long to wait after attempt n, which counts from 0. It is what Retry-After asks for,
// in seconds or as a date, and a random part of minWait besides, so that those who were told the
// same do not all return at once. Without the header it is a random part (full jitter) of minWait
// doubled n times, at most maxWait.
func (r retries) wait(n int, resp *http.Response, now time.Time, random float64) time.Duration {
	if resp != nil {
		if asked, ok := retryAfter(resp.Header.Get("Retry-After"), now); ok {
			return min(asked, longestRetryAfter) + time.Duration(random*float64(r.minWait))
		}
	}
	ceiling := r.maxWait
	if n < 32 {
		if d := r.minWait << n; d < ceiling && d>>n == r.minWait {
			ceiling = d
		}
	}
	return time.Duration(random * float64(ceiling))
}

// retryAfter reads either form of the header; a date that has passed is 0.
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	header = strings.TrimSpace(header)
	if n, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(n) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now)), true
	}
	return 0, false
}
