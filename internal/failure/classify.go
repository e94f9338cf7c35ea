package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// Of explains an error by what the error itself says. It makes no request. Of joined errors it
// explains one, and a pipeline is told what holds for all of them.
func Of(err error) Failure {
	f := ofOne(err)
	for _, part := range parts(err) {
		f.Besides(part)
	}
	return f
}

// Besides notes another error that is told with the failure: the more cautious of the two says what
// a pipeline may do.
func (f *Failure) Besides(err error) {
	f.Retry = mostCautious(f.Retry, Of(err).Retry)
}

// mostCautious is what may be done where both hold.
func mostCautious(a, b Retry) Retry {
	caution := []Retry{RetryLater, RetryAfterChange, RetryNever}
	if slices.Index(caution, b) > slices.Index(caution, a) {
		return b
	}
	return a
}

// parts are the errors that errors.Join has put together, each of which has a cause of its own. An
// error that wraps several in one sentence has one cause: a change without a clear answer, and that
// answer.
func parts(err error) []error {
	several, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	if !ok || reflect.TypeOf(several) != reflect.TypeOf(errors.Join(err)) {
		return nil
	}
	return several.Unwrap()
}

// ofOne explains an error by its first cause.
func ofOne(err error) Failure {
	f := newFailure(codeOf(err))
	f.Facts = err.Error()
	switch f.Code {
	case Unknown:
		return ofRefusal(err)
	case OutcomeUnknown:
		f.Action = "RunInstances"
	case NotSent:
		f.Action = "DescribeInstances"
	case DeadlineExceeded:
		if wait, ok := errors.AsType[*machines.WaitError](err); ok && wait.LastErr != nil {
			f.Remedy = "Check the network, the endpoint and what KEC says above first, then run the command again."
		}
	}
	f.quote(err)
	if answer, ok := errors.AsType[*ksyun.Error](err); ok && f.Code == UnusableAnswer {
		f.Facts = fmt.Sprintf("%s: %s (HTTP %d).", answer.Action, answer.Message, answer.Status)
	}
	return f
}

// codeOf is the code of an error by its kind. It is Unknown for an answer of KEC's, because there
// KEC's own code and words decide.
func codeOf(err error) Code {
	answer, answered := errors.AsType[*ksyun.Error](err)
	_, broken := errors.AsType[*machines.StateError](err)
	switch {
	case errors.Is(err, machines.ErrOutcomeUnknown): // before KEC's answers: money may be spent
		return OutcomeUnknown
	case errors.Is(err, machines.ErrNotSent):
		return NotSent
	case answered && answer.Unusable:
		return UnusableAnswer
	case errors.Is(err, kec.ErrChangeUnknown) && ksyun.IsStateRefusal(err): // an earlier try may be the reason for it
		return ChangeUnknown
	case answered:
		return Unknown
	case errors.Is(err, machines.ErrGone):
		return InstanceGone
	case broken:
		return InstanceInErrorState
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return Interrupted
	case errors.Is(err, kec.ErrChangeUnknown):
		return ChangeUnknown
	default:
		return Unreachable
	}
}

// ofRefusal explains an answer in which KEC refuses a request.
func ofRefusal(err error) Failure {
	refusal, _ := errors.AsType[*ksyun.Error](err)
	cause, exact := classify(refusal.Code, refusal.Message)
	if !exact && cause.Code != Unknown && !concerns(refusal.Param, cause) {
		cause = CauseOf(InvalidParameter) // KEC names one setting, and the words belong to a cause of another
	}
	if refusal.Status == http.StatusForbidden {
		cause = CauseOf(PermissionDenied) // fact 215: 403 is about keys or permission, whatever the code
	}
	if cause.Code == Unknown && (refusal.Status >= http.StatusInternalServerError || strings.HasPrefix(refusal.Code, "Service")) {
		cause = CauseOf(ServiceUnavailable)
	}
	f := newFailure(cause.Code)
	f.exact = exact
	f.quote(err)
	if f.Param == "" || nested(refusal.Param) { // the one disk or interface that KEC names
		f.Param = refusal.Param
	}
	f.sharpen(refusal.Code+" "+refusal.Message, refusal.Param, exact || refusal.Status == http.StatusForbidden)
	return f
}

// concerns tells whether a parameter that KEC names fits a cause: it names none, or one that the
// cause is about.
func concerns(param string, cause Cause) bool {
	return param == "" || strings.EqualFold(param, cause.Param) || slices.ContainsFunc(cause.Also, func(name string) bool {
		return strings.HasPrefix(strings.ToLower(param), strings.ToLower(name))
	})
}

// classify finds the cause behind KEC's code and words: by the exact code, else by words in either,
// else Unknown. exact is true where the code decided.
func classify(code, words string) (cause Cause, exact bool) {
	for _, c := range causes {
		if slices.ContainsFunc(c.Codes, func(s string) bool { return strings.EqualFold(s, code) }) {
			return c, true
		}
	}
	text := strings.ToLower(code + " " + words)
	for _, c := range causes {
		if slices.ContainsFunc(c.Words, func(w string) bool { return says(text, w) }) {
			return c, false
		}
	}
	return CauseOf(Unknown), false
}

// says tells whether a text holds every part of an entry of Words.
func says(text, words string) bool {
	for part := range strings.SplitSeq(words, " & ") {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
