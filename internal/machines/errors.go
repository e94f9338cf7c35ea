package machines

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

var (
	// ErrGone matches the error of Find when the instance is proven not to exist.
	ErrGone = errors.New("KEC does not hold it")
	// ErrNotVisible matches the error of Find when a new instance does not show yet.
	ErrNotVisible = errors.New("KEC does not show it yet")
	// ErrOutcomeUnknown matches the error of a launch that KEC may or may not have accepted.
	ErrOutcomeUnknown = errors.New("the outcome of the launch is unknown")
	// ErrNotSent matches the error of a launch that was not sent, because KEC does not answer.
	ErrNotSent = errors.New("the launch was not sent")
)

// ExtraInstancesError is a launch that asked for one instance and got several. All of them exist
// and are charged.
type ExtraInstancesError struct {
	InstanceIDs []string
	RequestID   string
}

// Error names every id.
func (e *ExtraInstancesError) Error() string {
	request := ""
	if e.RequestID != "" {
		request = fmt.Sprintf(" (request id %s)", e.RequestID)
	}
	return fmt.Sprintf("RunInstances: one instance was asked for and %d were ordered: %s; all of them exist and are charged%s",
		len(e.InstanceIDs), strings.Join(e.InstanceIDs, ", "), request)
}

// LaunchFailure is the way in which an accepted launch failed.
type LaunchFailure int

const (
	// EndedInError is an instance in a state of failure, such as "error". It still exists.
	EndedInError LaunchFailure = iota + 1
	// Vanished is an instance that was seen and is proven gone.
	Vanished
	// NeverVisible is an instance that no look-up has shown.
	NeverVisible
)

// String is a clause about an instance.
func (f LaunchFailure) String() string {
	switch f {
	case EndedInError:
		return "ended in an error state"
	case Vanished:
		return "vanished before it became active"
	case NeverVisible:
		return "never became visible"
	}
	return fmt.Sprintf("LaunchFailure(%d)", int(f))
}

// LaunchError is a launch that KEC accepted and that yielded no running instance.
type LaunchError struct {
	InstanceID string
	Kind       LaunchFailure
	State      string        // the last one seen, "" when never seen
	Last       *kec.Instance // as last seen, nil when never seen
}

// Error names the instance, what became of it and its last state.
func (e *LaunchError) Error() string {
	s := fmt.Sprintf("instance %s %s", e.InstanceID, e.Kind)
	if e.State != "" {
		s += fmt.Sprintf(" (last state: %s)", e.State)
	}
	return s
}

// WaitError is a wait that its context ended. It matches the context's error.
type WaitError struct {
	InstanceID string
	Goal       string        // what was waited for: a state such as "active", or "gone"
	State      string        // the last one seen, "" when none was
	Waited     time.Duration // since the wait began
	LastErr    error         // of the last look-up, or of the call that is repeated; nil for none
	Err        error         // the context's
}

// Error names the instance, its last state, the time waited and what came of the last call.
func (e *WaitError) Error() string {
	state := "it was never seen"
	if e.State != "" {
		state = "its last state was " + e.State
	}
	s := fmt.Sprintf("instance %s is not %s after %s: %s", e.InstanceID, e.Goal, e.Waited.Round(time.Second), state)
	if e.LastErr != nil {
		s += fmt.Sprintf("; the last call failed: %v", e.LastErr)
	}
	switch {
	case errors.Is(e.Err, context.Canceled):
		return s + " (interrupted)"
	case errors.Is(e.Err, context.DeadlineExceeded):
		return s + " (the time is up)"
	}
	return s + ": " + e.Err.Error()
}

// Unwrap is the context's error.
func (e *WaitError) Unwrap() error { return e.Err }

// StateError is an instance that will not come to the state that was waited for. It still exists.
type StateError struct {
	InstanceID string
	Goal       string // the state that was waited for
	State      string // the one it is in
}

// Error names the instance and both states.
func (e *StateError) Error() string {
	return fmt.Sprintf("instance %s will not be %s: its state is %s", e.InstanceID, e.Goal, e.State)
}

// futile reports a failure that is certain to come again: there is no id, or the server is not the
// one that was meant.
func futile(err error) bool { return errors.Is(err, kec.ErrEmptyID) || ksyun.Untrusted(err) }

// UnknownID reports that KEC has refused an id: the machine is gone, or too new to be known
// everywhere.
func UnknownID(err error) bool {
	e, ok := errors.AsType[*ksyun.Error](err)
	return ok && invalidID(e)
}

// invalidID reports a refusal of an id, which may only be too new to be known everywhere.
func invalidID(e *ksyun.Error) bool { return strings.EqualFold(e.Code, "InstanceIdInvalid") }

// definite reports a failure that asking again will hardly cure: a refusal with a status of 3xx or
// 4xx, or a server that is not trusted. Throttling, errors from behind the front door and
// unreadable answers are not definite, nor is InstanceIdInvalid: a new id may not be known
// everywhere.
func definite(err error) bool {
	if futile(err) {
		return true
	}
	e, ok := errors.AsType[*ksyun.Error](err)
	if !ok || e.Throttled() || e.Uncertain() || invalidID(e) {
		return false
	}
	return e.Code != "" || e.Status >= http.StatusMultipleChoices
}

// ended reports the end of the caller's context.
func ended(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// over reports a context that has ended, or whose deadline has passed without its noticing yet.
func over(ctx context.Context) bool {
	at, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(at)
}
