package kec

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The words of InstanceState.Name that mean something here by themselves (fact 146). Any other word means: keep waiting.
const (
	stateActive = "active"
	stateError  = "error"
)

// leavingStates are the states of an instance that is being released. None was seen in a source (facts 147, 211); all are assumed from
// their names, and none may name an instance that can come back.
var leavingStates = []string{
	"deleting", "deleted", "recycling", "recycled", "terminating", "terminated", "shutting-down", "shutting_down", "releasing", "released",
}

func leaving(state string) bool { return slices.Contains(leavingStates, strings.ToLower(state)) }

const (
	// maxInvisible is how long a new instance may stay out of DescribeInstances. Seconds were seen (fact 70); minutes are assumed (fact 210).
	maxInvisible = 2 * time.Minute
	// The shortest and the longest time between two polls.
	minPause = 500 * time.Millisecond
	maxPause = 5 * time.Second
)

// LaunchFailure is the way in which an accepted launch failed.
type LaunchFailure int

const (
	// EndedInError is an instance in state "error". It still exists.
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
	State      string    // the last one seen, "" when never seen
	Last       *Instance // as last seen, nil when never seen
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
	LastErr    error         // of the last look-up, or of the call that is to be made again; nil when it succeeded
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

// poll is the progress of one wait.
type poll struct {
	client  *Client
	id      string
	goal    string
	start   time.Time
	slept   time.Duration // on a clock that stands still
	launch  bool          // it is about a new machine
	state   string
	lastErr error
	refused int           // definite refusals of look-ups in a row
	since   time.Duration // the age at the first of them
}

func (c *Client) newPoll(id, goal string) *poll {
	return &poll{client: c, id: id, goal: goal, start: c.clock.now()}
}

// waited is the time since the wait began. What was slept counts even when the clock stands still.
func (p *poll) waited() time.Duration { return p.client.clock.now().Sub(p.start) + p.slept }

// pause waits before the next look, together with all other waits.
func (p *poll) pause(ctx context.Context) error {
	d := p.next()
	d += time.Duration(p.client.jitter() * float64(min((p.waited()+d)/10, 2*time.Second))) // so that processes do not keep step
	before := p.client.clock.now()
	if err := p.client.beat.pause(ctx, d); err != nil {
		return p.ended(err)
	}
	if !p.client.clock.now().After(before) {
		p.slept += d
	}
	return nil
}

// next is how long to pause: 1 s, 2 s, ... 5 s, 5 s, as the wait grows older. After a launch it is shorter: a second, and then a third
// of the time waited so far; or until the age at which machines have become active of late.
func (p *poll) next() time.Duration {
	age := p.waited()
	switch expected := p.client.boots.expected(); {
	case !p.launch || expected == 0 && age < minPause:
		round := (math.Sqrt(8*age.Seconds()+1) + 1) / 2 // the one that begins at this age: 1 at 0 s, 2 at 1 s, 3 at 3 s
		return min(time.Duration(round*float64(time.Second)), maxPause)
	case age < expected:
		return min(expected-age, maxPause)
	default:
		return min(max(age/3, minPause), maxPause)
	}
}

func (p *poll) ended(err error) error {
	return &WaitError{InstanceID: p.id, Goal: p.goal, State: p.state, Waited: p.waited(), LastErr: p.lastErr, Err: err}
}

// believed is how many definite refusals in a row end a wait, if they have gone on for as long as disbelief. One alone may be a gateway's
// mishap, and a wait that it ended would leave a healthy machine behind as a failed one.
const (
	believed  = 3
	disbelief = 3 * time.Second
)

// survive decides about a look-up that failed: nil to go on, else the error that ends the wait.
func (p *poll) survive(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return p.ended(ctx.Err())
	}
	if definite(err) {
		if p.refused++; p.refused == 1 {
			p.since = p.waited()
		}
	}
	if p.refused >= believed && p.waited()-p.since >= disbelief || futile(err) {
		return fmt.Errorf("waiting for instance %s to be %s: %w", p.id, p.goal, err)
	}
	p.lastErr = err
	return nil
}

// looked notes a look-up that succeeded, and the instance that it has shown.
func (p *poll) looked(in *Instance) {
	p.lastErr, p.refused = nil, 0
	if in != nil {
		p.state = in.State
	}
}

// futile reports a failure that is certain to come again: there is no id, or the server is not the one that was meant.
func futile(err error) bool {
	n, ok := errors.AsType[*networkError](err)
	return errors.Is(err, errEmptyID) || ok && untrusted(n.cause)
}

// definite reports a failure that asking again will hardly cure: a refusal with a status of 3xx or 4xx, or a server that is not
// trusted. Throttling and errors from behind the front door are none, nor is InstanceIdInvalid: a new id may not be known
// everywhere. Unreadable answers are none either.
func definite(err error) bool {
	if futile(err) {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	o := outcome{status: e.Status, code: e.Code}
	if o.throttled() || o.uncertain() || e.invalidID() {
		return false
	}
	return e.Code != "" || e.Status >= http.StatusMultipleChoices
}

// WaitActive polls until the instance is active: after a second, then more and more seldom, up to every 5 s, all waits of the client
// together. It outlives failed look-ups and unknown states; a definite refusal, such as a 403, ends it when it comes three times in a row, for three seconds. A *LaunchError says that the instance will not become
// active: its state is "error", or it was seen and is proven gone, or two minutes of successful look-ups never showed it.
// When the context ends first, the error is a *WaitError. projectID is as for FindInstance.
func (c *Client) WaitActive(ctx context.Context, id string, projectID ...*int64) (*Instance, error) {
	p := c.newPoll(id, "active")
	p.launch = true
	project := first(projectID)
	var last *Instance
	var starting time.Duration     // the age at which it was last looked at, and was not active
	invisible := time.Duration(-1) // when a look-up first succeeded and did not show it
	for {
		if err := p.pause(ctx); err != nil {
			return nil, err
		}
		age := p.waited()
		in, err := c.look(ctx, id, project)
		if in == nil && err == nil && invisible < 0 {
			invisible = p.waited()
		}
		if in == nil && err == nil && (last != nil || p.waited()-invisible >= maxInvisible) {
			in, err = c.lookAgain(ctx, id, project) // the second half of the proof
			if errors.Is(err, ErrGone) {
				kind := NeverVisible
				if last != nil {
					kind = Vanished
				}
				return nil, &LaunchError{InstanceID: id, Kind: kind, State: p.state, Last: last}
			}
		}
		switch {
		case err != nil:
			if err := p.survive(ctx, err); err != nil {
				return nil, err
			}
		case in != nil:
			last = in
			p.looked(in)
			switch strings.ToLower(in.State) {
			case stateActive:
				c.boots.note(starting, age)
				return in, nil
			case stateError:
				return nil, &LaunchError{InstanceID: id, Kind: EndedInError, State: in.State, Last: in}
			}
			starting = age
		default:
			p.looked(nil)
			starting = age
		}
	}
}

// until polls as WaitGone and WaitState do: it looks with find, such as FindInstance, until settled has enough, or the instance is
// proven gone.
func (p *poll) until(
	ctx context.Context, find func(context.Context, string, *int64) (*Instance, error), projectID *int64, settled func(*Instance) (bool, error),
) (*Instance, error) {
	for {
		in, err := find(ctx, p.id, projectID)
		switch {
		case errors.Is(err, ErrGone):
			return nil, err
		case err != nil:
			if err := p.survive(ctx, err); err != nil {
				return nil, err
			}
		default:
			p.looked(in)
			if enough, err := settled(in); err != nil {
				return nil, err
			} else if enough {
				return in, nil
			}
		}
		if err := p.pause(ctx); err != nil {
			return nil, err
		}
	}
}

// WaitGone polls until the instance is proven gone, as FindInstance does it, or its state says that it is being released. It
// outlives what WaitActive outlives. When the context ends first, the error is a *WaitError.
func (c *Client) WaitGone(ctx context.Context, id string, projectID ...*int64) error {
	_, err := c.newPoll(id, "gone").until(ctx, c.FindInstance, first(projectID), func(in *Instance) (bool, error) { return leaving(in.State), nil })
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// StateError is an instance that will not come to the state that was waited for. It still exists.
type StateError struct {
	InstanceID string
	Goal       string    // the state that was waited for
	State      string    // the one it is in
	Last       *Instance // as last seen
}

// Error names the instance and both states.
func (e *StateError) Error() string {
	return fmt.Sprintf("instance %s will not be %s: its state is %s", e.InstanceID, e.Goal, e.State)
}

// WaitState polls an existing instance until its state is the wanted word, such as "active" or "stopped", in any case: at once,
// then after a second, and so on up to every 5 s. It outlives failed look-ups and every state in between, known or not; a definite
// refusal, such as a 403, ends it when it comes three times in a row, for three seconds. The error matches ErrGone when the instance is proven gone, as FindInstance does it, and is
// a *StateError when its state is "error". When the context ends first, it is a *WaitError. projectID is as for
// FindInstance.
//
// A state that holds already ends the wait at once, and KEC may show the old one for a while after it has accepted a reboot: wait for
// "active" after a reboot only where a machine that is about to restart will do.
func (c *Client) WaitState(ctx context.Context, id, state string, projectID ...*int64) (*Instance, error) {
	return c.newPoll(id, state).until(ctx, c.FindInstance, first(projectID), func(in *Instance) (bool, error) {
		switch {
		case strings.EqualFold(in.State, state):
			return true, nil
		case strings.EqualFold(in.State, stateError):
			return false, &StateError{InstanceID: id, Goal: state, State: in.State, Last: in}
		}
		return false, nil
	})
}

// WaitSettled polls until the instance is active or stopped: the states in which it stays by itself. It is WaitState otherwise.
func (c *Client) WaitSettled(ctx context.Context, id string, projectID ...*int64) (*Instance, error) {
	return c.newPoll(id, "active or stopped").until(ctx, c.FindInstance, first(projectID), func(in *Instance) (bool, error) {
		switch strings.ToLower(in.State) {
		case stateActive, "stopped":
			return true, nil
		case stateError:
			return false, &StateError{InstanceID: id, Goal: "active or stopped", State: in.State, Last: in}
		}
		return false, nil
	})
}

// UntilReady makes a call again for as long as KEC refuses it for the instance's present state (IsStateRefusal), with the pauses of
// a wait: after a reboot, say, the machine may still show its old state. A refusal after an attempt without an answer means
// that the attempt was carried out, and counts as success. The error matches ErrGone when the instance is proven gone, and is a
// *StateError when its state is "error". When the context ends first, it is a *WaitError.
func (c *Client) UntilReady(ctx context.Context, id string, call func() error, projectID ...*int64) error {
	p := c.newPoll(id, "ready for the change")
	for {
		err := call()
		switch {
		case !IsStateRefusal(err):
			return err
		case errors.Is(err, ErrChangeUnknown):
			return nil
		}
		p.lastErr = err
		if err := p.pause(ctx); err != nil {
			return err
		}
		in, err := c.FindInstance(ctx, id, first(projectID))
		switch {
		case errors.Is(err, ErrGone):
			return err
		case err == nil && strings.EqualFold(in.State, stateError):
			return &StateError{InstanceID: id, Goal: "ready for the change", State: in.State, Last: in}
		case err == nil:
			p.state = in.State
		}
	}
}
