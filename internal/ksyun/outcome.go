package ksyun

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// result is what came of one attempt: an answer with a status and, perhaps, an error code; or no
// answer and a cause.
type result struct {
	status    int
	code      string
	err       error
	text      string // of err, fit to be shown
	neverSent bool   // with err: not a byte of the request can have reached the service
}

// String is the result in a few words, for the error that follows it.
func (r result) String() string {
	switch {
	case r.err != nil:
		return r.text
	case r.code != "":
		return fmt.Sprintf("%s (HTTP %d)", r.code, r.status)
	}
	return fmt.Sprintf("HTTP %d", r.status)
}

// throttlingCodes are the codes, in lower case, with which KEC and the services its clients were
// made for refuse a request that comes too soon. Codes that begin with "throttling" count as well.
var throttlingCodes = map[string]bool{
	"requestlimitexceeded":     true, // KEC, with status 503 (fact 37: the code of throttling)
	"toomanyrequestsexception": true,
	"slowdown":                 true,
	"limitexceededexception":   true,
	"requestthrottled":         true,
}

// backEndCodes are codes, in lower case, that come from behind the front door, whatever the status
// (fact 32: even ServiceUnavailable comes with 400). The work may have been done.
var backEndCodes = map[string]bool{
	"serviceunavailable": true,
	"servicetimeout":     true,
	"serviceinnererror":  true,
	"internal_failure":   true,
	"internalfailure":    true,
	"internalerror":      true,
}

// stateCodes are the refusals, in lower case, that a change of state can lift: of the machine (fact
// 151: the state codes of power actions), or of the order behind it, which may not be settled yet.
var stateCodes = map[string]bool{
	"instancestatenotsupported":                     true, // such as a start of a machine that is not stopped
	"instancestatenotsupportedreboot":               true,
	"orderstatenotsupported":                        true,
	"reservepremigratequeuenotsupportstartinstance": true, // a migration is being prepared
	"payment.createorderfailed":                     true, // an earlier order is unfinished
	"operationfailedwithtradeinstanceerror":         true, // the trade record is not ready
}

// statusBandwidth is 509, "bandwidth limit exceeded", which net/http does not name. Clients of KEC
// take it for throttling.
const statusBandwidth = 509

// throttled reports a refusal that has certainly done nothing: by its code, or by a status of 429
// or 509. A 503 without such a code is none: it comes from a gateway, and what is behind that may
// have done the work.
func (r result) throttled() bool {
	code := strings.ToLower(r.code)
	return r.err == nil && (r.status == http.StatusTooManyRequests || r.status == statusBandwidth ||
		throttlingCodes[code] || strings.HasPrefix(code, "throttling"))
}

// uncertain reports that the service may or may not have done the work.
func (r result) uncertain() bool {
	switch {
	case r.err != nil:
		return !r.neverSent
	case r.throttled():
		return false
	case backEndCodes[strings.ToLower(r.code)]:
		return true
	}
	// 408 and 499 are also how a gateway says that the service behind it was too slow.
	return r.status >= 500 || r.status == http.StatusRequestTimeout || r.status == 499
}

// stateRefusal reports a refusal that only a change of state can lift. It is an answer even with a
// status of 5xx, because no source gives the status of every such code.
func (r result) stateRefusal() bool { return r.err == nil && stateCodes[strings.ToLower(r.code)] }

// transient reports a failure that may pass by itself.
func (r result) transient() bool {
	switch {
	case r.stateRefusal():
		return false
	case r.err != nil && (Untrusted(r.err) || errors.Is(r.err, ErrTooLarge) || ended(r.err)):
		return false // the next attempt would end the same way
	}
	return r.err != nil || r.throttled() || r.uncertain()
}

// answered reports an attempt that the service has answered with something to go by.
func (r result) answered() bool { return r.err == nil && !r.transient() }

// repeatable is the retry policy: a transient failure is tried again. A call that must happen at
// most once is repeated only after a result that proves that nothing was done: a throttling
// refusal, or no connection. Such calls are
//
//   - RunInstances, because a second launch is a second machine;
//   - RebootInstances, and ModifyInstanceAttribute with a restart, as a password needs it:
//     repeating one that was carried out does no lasting harm, but it restarts the machine again.
//
// Every other call is safe to repeat: reads, and the changes, TerminateInstances among them, each
// of which asks for the same end state again. The repetition of one that was carried out may be
// refused for that reason, such as a start of a running machine; kec.ErrChangeUnknown then says so.
// A refusal for a state is never repeated here.
func (r result) repeatable(atMostOnce bool) bool {
	return r.transient() && (!atMostOnce || r.neverSent || r.throttled())
}
