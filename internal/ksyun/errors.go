package ksyun

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Error is a refusal, or an answer that cannot be used: a Status of 200 with no Code then. Texts
// are the service's own, with the secrets of the call replaced by "(hidden)".
type Error struct {
	Action    string
	Code      string // such as "InstanceIdInvalid"; "" when the answer has none
	Message   string // the service's words; or ours about an answer that is Unusable
	Param     string // the parameter that the message names, as it was sent ("DataDisk.1.Size"); "" for none
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

func (e *Error) result() result { return result{status: e.Status, code: e.Code} }

// Throttled reports a refusal of a request that came too soon. The call did nothing.
func (e *Error) Throttled() bool { return e.result().throttled() }

// Uncertain reports an answer from behind the front door, after which the work may or may not be
// done.
func (e *Error) Uncertain() bool { return e.result().uncertain() }

// IsStateRefusal reports a refusal, by its exact code, that a change of the instance's state or of
// its order can lift. The call did nothing and was not repeated: the caller knows whether to wait,
// or to stop or start the machine first. Other refusals stay as they are however long one waits.
func IsStateRefusal(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.result().stateRefusal()
}

// networkError says why there is no answer. It matches its cause with errors.Is but does not hand
// the cause out, because only the text here is free of secrets.
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

// outOfTime is an error in which the deadline has a part, although it has not passed yet.
type outOfTime struct{ error }

func (e *outOfTime) Unwrap() error        { return e.error }
func (e *outOfTime) Is(target error) bool { return target == context.DeadlineExceeded }
