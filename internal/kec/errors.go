package kec

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var (
	// ErrNotFound matches the error of a look-up that the service answered with "no such thing".
	ErrNotFound = errors.New("not found")
	// ErrGone matches the error of FindInstance when the instance is proven not to exist.
	ErrGone = errors.New("KEC does not hold it")
	// ErrNotVisible matches the error of FindInstance when a new instance does not show yet.
	ErrNotVisible = errors.New("KEC does not show it yet")
	// ErrOutcomeUnknown matches the error of a launch that KEC may or may not have accepted.
	ErrOutcomeUnknown = errors.New("the outcome of the launch is unknown")
	// ErrNotSent matches the error of a launch that was not sent, because KEC does not answer.
	ErrNotSent = errors.New("the launch was not sent")
	// ErrChangeUnknown matches the error of a change to an instance that KEC may or may not have made. Reading the instance
	// tells, except for a password and a reboot.
	ErrChangeUnknown = errors.New("KEC may have made the change all the same")
)

// Error is a refusal, or an answer that cannot be used: a Status of 200 with no Code then. Texts are the service's own, with
// the secrets of the call replaced by "(hidden)".
type Error struct {
	Service   string // "kec", "trade", "vpc", "tagv2" or "iam"
	Action    string
	Code      string // such as "InstanceIdInvalid"; "" when the answer has none
	Message   string // the service's words; or ours about an answer that is not JSON, or lacks what it must hold
	Param     string // the parameter that the message names, as it was sent ("DataDisk.1.Size"); "" when it names none
	RequestID string
	Status    int  // of HTTP
	Unusable  bool // the answer cannot be used: Message says why, and is this client's and not the service's
}

// Error is one line: action, code, message, request id, status.
func (e *Error) Error() string {
	parts := []string{e.Action}
	for _, s := range []string{e.Code, strings.Join(strings.Fields(e.Message), " ")} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 1 {
		parts = append(parts, "refused without a reason")
	}
	status := fmt.Sprintf("HTTP %d", e.Status)
	if e.RequestID != "" {
		status = "request id " + e.RequestID + ", " + status
	}
	return strings.Join(parts, ": ") + " (" + status + ")"
}

// invalidID reports a refusal of an id, which may only be too new to be known everywhere.
func (e *Error) invalidID() bool { return strings.EqualFold(e.Code, "InstanceIdInvalid") }

// stateCodes are the refusals that a change of state can lift, in lower case: of the machine (fact 151), or of the order
// behind it, which may not be settled yet.
var stateCodes = map[string]bool{
	"instancestatenotsupported":                     true, // such as a start of a machine that is not stopped
	"instancestatenotsupportedreboot":               true,
	"orderstatenotsupported":                        true,
	"reservepremigratequeuenotsupportstartinstance": true, // a migration is being prepared
	"payment.createorderfailed":                     true, // an earlier order of the instance is unfinished, or the product has expired
	"operationfailedwithtradeinstanceerror":         true, // the trade record is not ready
}

// IsStateRefusal reports a refusal, by its exact code, that a change of the instance's state or of its order can lift. The call did
// nothing and was not repeated: whether to wait, or to stop or start the machine first, is for the caller to know. The
// other refusals stay as they are however long one waits.
func IsStateRefusal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && stateCodes[strings.ToLower(e.Code)]
}

// malformed is an *Error about an answer of status 200 that does not hold what every such answer holds.
func (a *answer) malformed(format string, args ...any) error {
	return a.unusable(fmt.Sprintf(format, args...))
}

// networkError says why there is no answer. It matches its cause with errors.Is but does not hand it out, because only the
// text here is free of secrets.
type networkError struct {
	text  string
	cause error
}

func (e *networkError) Error() string        { return e.text }
func (e *networkError) Is(target error) bool { return errors.Is(e.cause, target) }

// withoutURL strips the method and URL that net/http puts around a cause.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// failed is the error of a call that ended without an answer.
func (cl *call) failed(err error, host string) error {
	cause := withoutURL(err)
	text := cl.clean(cause.Error())
	switch {
	case ended(cause) && cl.last.status == 0 && cl.last.err == nil, ended(cause) && cl.tries == 0:
		text += " before anything was sent"
	case ended(cause) && ended(cl.last.err):
		text += fmt.Sprintf(" during try %d", cl.tries)
	case ended(cause):
		text += fmt.Sprintf(" after %s, the last of which ended with: %s", cl.effort(), cl.last)
	case cl.last.passing():
		text = cl.gaveUpAfter() + ": " + text
	}
	if errors.Is(cl.stopped, errNoTime) {
		cause = errors.Join(cause, context.DeadlineExceeded)
	}
	return &networkError{text: fmt.Sprintf("%s %s: %s: %s", cl.service, cl.action, host, text), cause: cause}
}

// effort is "4 tries in 7.3s".
func (cl *call) effort() string {
	tries := fmt.Sprintf("%d tries", cl.tries)
	if cl.tries == 1 {
		tries = "1 try"
	}
	return fmt.Sprintf("%s in %s", tries, cl.spent.Round(100*time.Millisecond))
}

func (cl *call) gaveUpAfter() string {
	s := "gave up after " + cl.effort()
	if cl.stopped != nil {
		s += ", because " + cl.stopped.Error()
	}
	return s
}

// gaveUp is the error of a call whose last answer was one of those that may pass. It wraps the refusal, and matches
// context.DeadlineExceeded as well when it was the deadline that left no time for another try.
func (cl *call) gaveUp(refusal error) error {
	err := fmt.Errorf("%s %s: %s: %w", cl.service, cl.action, cl.gaveUpAfter(), refusal)
	if errors.Is(cl.stopped, errNoTime) {
		return &outOfTime{err}
	}
	return err
}

// outOfTime is an error that the deadline has a part in, although it has not passed yet.
type outOfTime struct{ error }

func (e *outOfTime) Unwrap() error        { return e.error }
func (e *outOfTime) Is(target error) bool { return target == context.DeadlineExceeded }

// named is a parameter name as it stands after the word "parameter": "SpotPriceLimit", "subnetId", "DataDisk.1.Size".
var named = regexp.MustCompile(`(?i:\bparameters?)[\s:'"` + "`" + `\[(]+([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)`)

// paramNamed is the sent parameter that a message names. The longest one that occurs as a word of its own, in any case, wins; else
// the first one whose name without list indexes occurs so ("SecurityGroupId" for SecurityGroupId.1); else what follows the word
// "parameter", if it has a capital letter as names have.
func paramNamed(message string, sent url.Values) string {
	if message == "" {
		return ""
	}
	lower := strings.ToLower(message)
	var exact, plain, plainOf string
	for name := range sent {
		if betterName(name, exact) && hasWord(lower, strings.ToLower(name)) {
			exact = name
		}
		p := withoutIndexes(name)
		if p != name && (p == plain && name < plainOf || p != plain && betterName(p, plain)) && hasWord(lower, strings.ToLower(p)) {
			plain, plainOf = p, name
		}
	}
	if exact != "" {
		return exact
	}
	if plainOf != "" {
		return plainOf
	}
	if m := named.FindStringSubmatch(message); m != nil && strings.ToLower(m[1]) != m[1] {
		return m[1]
	}
	return ""
}

// betterName prefers the longer name and, so that maps give one answer, the smaller of two as long.
func betterName(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a < b }

// withoutIndexes is "DataDisk.Size" for "DataDisk.1.Size".
func withoutIndexes(name string) string {
	var kept []string
	for part := range strings.SplitSeq(name, ".") {
		if strings.Trim(part, "0123456789") != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ".")
}

// hasWord reports whether word occurs in text with neither a letter, a digit nor a further part of a dotted name beside it.
// Only ASCII counts: Chinese text has no spaces around a name.
func hasWord(text, word string) bool {
	alnum := func(i int) bool {
		return i >= 0 && i < len(text) &&
			(text[i] == '_' || '0' <= text[i] && text[i] <= '9' || 'a' <= text[i] && text[i] <= 'z')
	}
	part := func(i, dir int) bool { return alnum(i) || i >= 0 && i < len(text) && text[i] == '.' && alnum(i+dir) }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if !part(i-1, -1) && !part(i+len(word), 1) {
			return true
		}
		from = i + 1
	}
}
