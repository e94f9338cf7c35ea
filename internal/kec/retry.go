package kec

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

// outcome is what came of one attempt: an answer with a status and, perhaps, an error code, or no answer and a cause.
type outcome struct {
	status int
	code   string
	err    error
	text   string // err's text, fit to be shown
	unsent bool   // with err: not a byte of the request can have reached the service
}

// String is the outcome in a few words, for the error that follows it.
func (o outcome) String() string {
	switch {
	case o.err != nil:
		return o.text
	case o.code != "":
		return fmt.Sprintf("%s (HTTP %d)", o.code, o.status)
	}
	return fmt.Sprintf("HTTP %d", o.status)
}

// throttlingCodes are the codes with which KEC and the services its clients were made for refuse a request that comes too soon,
// in lower case. Codes that begin with "throttling" count as well.
var throttlingCodes = map[string]bool{
	"requestlimitexceeded":     true, // KEC, with status 503 (fact 37)
	"toomanyrequestsexception": true,
	"slowdown":                 true,
	"limitexceededexception":   true,
	"requestthrottled":         true,
}

// backEndCodes are codes that come from behind the front door, whatever the status: KEC documents even ServiceUnavailable with
// 400 (fact 32). The work may have been done.
var backEndCodes = map[string]bool{
	"serviceunavailable": true,
	"servicetimeout":     true,
	"serviceinnererror":  true,
	"internal_failure":   true,
	"internalfailure":    true,
	"internalerror":      true,
}

// statusBandwidth is 509, "bandwidth limit exceeded", which net/http does not name. Clients of KEC take it for throttling.
const statusBandwidth = 509

// throttled reports a refusal that is certain to have done nothing: by its code, or by a status of 429 or 509. A 503 without such a
// code is none: it comes from a gateway, and what is behind it may have done the work.
func (o outcome) throttled() bool {
	code := strings.ToLower(o.code)
	return o.err == nil && (o.status == http.StatusTooManyRequests || o.status == statusBandwidth ||
		throttlingCodes[code] || strings.HasPrefix(code, "throttling"))
}

// uncertain reports that the call may or may not have been carried out.
func (o outcome) uncertain() bool {
	switch {
	case o.err != nil:
		return !o.unsent
	case o.throttled():
		return false
	case backEndCodes[strings.ToLower(o.code)]:
		return true
	}
	// 408 and 499 are also how a gateway says that the service behind it was too slow.
	return o.status >= 500 || o.status == http.StatusRequestTimeout || o.status == 499
}

// stateRefusal reports a refusal that only a change of state can lift. It is an answer even with a status of 5xx, which no
// source gives for every such code.
func (o outcome) stateRefusal() bool { return o.err == nil && stateCodes[strings.ToLower(o.code)] }

// passing reports a failure that may pass by itself.
func (o outcome) passing() bool {
	switch {
	case o.stateRefusal():
		return false
	case o.err != nil && (untrusted(o.err) || errors.Is(o.err, errTooLarge) || ended(o.err)):
		return false // the next attempt would end the same way
	}
	return o.err != nil || o.throttled() || o.uncertain()
}

// answered reports an attempt that the service has answered with something to go by.
func (o outcome) answered() bool { return o.err == nil && !o.passing() }

// repeatable is the retry policy: what may pass is tried again. A call that must happen at most once is repeated only after an
// outcome that proves that nothing was done: a throttling refusal, or no connection. These are
//
//   - RunInstances, because a second launch is a second machine;
//   - RebootInstances, and ModifyInstanceAttribute with a restart, as a password needs it: to repeat one that was carried out does
//     no lasting harm, but interrupts the machine a second time, and only one restart was asked for.
//
// Any other call is safe to repeat: reads, and the changes, TerminateInstances among them, each of which asks for the same end
// state again. A repetition of one that was carried out may be refused because it was (a start of a running machine);
// ErrChangeUnknown then says so. A refusal for a state is never repeated here.
func (o outcome) repeatable(once bool) bool {
	return o.passing() && (!once || o.unsent || o.throttled())
}

var (
	errNoTime = errors.New("the next try would come after the deadline")
	errBudget = errors.New("too many calls have failed of late and the budget of repetitions is used up")
)

// repeating is the outermost step: it repeats the attempts of one call. It is made anew for each, because the policy
// depends on the call. The wait happens in PrepareRetry rather than in the library's own timer, so that it goes through the
// injected clock.
func (c *Client) repeating(cl *call) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: c.http,
		RetryMax:   max(0, c.retries.max),
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			return c.again(ctx, cl, resp, err)
		},
		Backoff:      func(time.Duration, time.Duration, int, *http.Response) time.Duration { return 0 },
		PrepareRetry: func(req *http.Request) error { return c.clock.sleep(req.Context(), cl.wait) },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// again decides, after each attempt, whether there is another, and after what wait. The policy can forbid it, the end of the
// context, the limit of the call, the budget of all calls, and a deadline that would come before the wait is over: to sleep
// until then gains nothing and hides the cause. A refusal for our clock is worth one more try, signed with the right time.
func (c *Client) again(ctx context.Context, cl *call, resp *http.Response, err error) (bool, error) {
	o := cl.outcome(resp, err)
	if o.unsent && ended(o.err) && cl.tries > 0 {
		return false, nil // no attempt at all: the last one is that before it
	}
	cl.last = o
	cl.doubt = cl.doubt || cl.last.uncertain() && !cl.last.stateRefusal()
	if cl.last.answered() {
		c.budget.earn()
		if cl.service == kecService {
			c.silent.Store(false)
		}
	}
	wrong := ctx.Err() == nil && c.clockWrong(cl, resp, err) // a refusal, which did nothing
	switch {
	case !wrong && !cl.last.repeatable(cl.once):
		return false, nil // an answer that is here is used, even if the context ended meanwhile
	case ctx.Err() != nil:
		return false, ctx.Err()
	case cl.repeats >= c.retries.max:
		return false, nil
	}
	if cl.wait = 0; !wrong {
		cl.wait = c.retries.wait(cl.repeats, resp, c.Now(), c.jitter())
	}
	switch {
	case late(ctx, cl.wait):
		cl.stopped = errNoTime
		return false, nil
	case !c.budget.spend():
		cl.stopped = errBudget
		return false, nil
	}
	cl.repeats++
	return true, nil
}

// ended reports the end of the caller's context. An attempt that took too long ends with an error of its own.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// over is the error of a context that has ended, or whose deadline has passed and which has yet to notice.
func over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if at, ok := ctx.Deadline(); ok && !time.Now().Before(at) {
		return context.DeadlineExceeded
	}
	return nil
}

// late reports a wait that would outlast the deadline of ctx, which is on the real clock.
func late(ctx context.Context, wait time.Duration) bool {
	at, ok := ctx.Deadline()
	return ok && time.Until(at) < wait
}

// outcome sums up an attempt.
func (cl *call) outcome(resp *http.Response, err error) outcome {
	if err != nil {
		o := outcome{err: err, text: cl.clean(withoutURL(err).Error()), unsent: cl.unsent}
		cl.unsent = false
		return o
	}
	o := outcome{status: resp.StatusCode}
	if e, ok := errors.AsType[*Error](cl.read(resp).err); ok {
		o.code = e.Code
	}
	return o
}

// longestAsked bounds what a Retry-After header can ask for.
const longestAsked = 5 * time.Minute

// wait is how long to wait after attempt n, which counts from 0: what Retry-After asks for, in seconds or as a date, and a random
// part of minWait besides, so that those who were told the same do not all return at once; else a random part (full
// jitter) of minWait doubled n times, at most maxWait.
func (r retries) wait(n int, resp *http.Response, now time.Time, random float64) time.Duration {
	if resp != nil {
		if asked, ok := retryAfter(resp.Header.Get("Retry-After"), now); ok {
			return min(asked, longestAsked) + time.Duration(random*float64(r.minWait))
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
