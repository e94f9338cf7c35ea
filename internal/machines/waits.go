package machines

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// WaitActive polls until the instance is active: after a second, then more and more seldom, up to
// every 5 s, all waits of the client together. It outlives failed look-ups and unknown states; a
// definite refusal, such as a 403, ends it when it comes three times in a row, for three seconds. A
// *LaunchError says that the instance will not become active: its state is one of failure, or it
// was deleted, or it was seen and is still absent when it is two minutes old, or two minutes of
// successful look-ups never showed it. When the context ends first, the error is a *WaitError.
// projectID is as for Find.
func (c *Client) WaitActive(ctx context.Context, id string, projectID ...*int64) (*kec.Instance, error) {
	p := c.newPoll(id, kec.StateActive)
	p.times = c.boots
	project := first(projectID)
	var last *kec.Instance
	var starting time.Duration  // the age at which it was last looked at, and was not active
	absent := time.Duration(-1) // since when look-ups that succeed do not show it
	for {
		if err := p.pause(ctx); err != nil {
			return nil, err
		}
		age := p.waited()
		in, err := c.byID(ctx, id, project)
		if in == nil && err == nil && absent < 0 {
			absent = p.waited()
		}
		if in == nil && err == nil && p.pastLag(last != nil, absent) {
			in, err = c.completeProof(ctx, id, project)
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
			last, absent = in, -1
			p.looked(in)
			switch {
			case strings.EqualFold(in.State, kec.StateActive):
				c.boots.note(starting, age)
				return in, nil
			case kec.Failed(in.State):
				return nil, &LaunchError{InstanceID: id, Kind: EndedInError, State: in.State, Last: in}
			case released(in.State):
				return nil, &LaunchError{InstanceID: id, Kind: Vanished, State: in.State, Last: in}
			}
			starting = age
		default:
			p.looked(nil)
			starting = age
		}
	}
}

// pastLag reports that a new machine, absent since that age of the wait, can no longer be hidden by
// a view that lags behind: it is two minutes old, and if it was never seen, it has been absent for
// as long.
func (p *poll) pastLag(seen bool, absent time.Duration) bool {
	if !seen {
		return p.waited()-absent >= maxInvisible
	}
	return p.waited() >= maxInvisible || p.client.ages.old(p.id)
}

// WaitState polls an existing instance until its state is the wanted word, such as "active" or
// "stopped", in any case: at once, then after a second, and so on up to every 5 s. It outlives
// failed look-ups and every state in between, known or not; a definite refusal, such as a 403, ends
// it when it comes three times in a row, for three seconds. The error matches ErrGone when the
// instance is proven gone, as Find does it, and is a *StateError when its state is one of failure.
// When the context ends first, it is a *WaitError. projectID is as for Find.
//
// A state that holds already ends the wait at once, and KEC may show the old one for a while after
// it has accepted a reboot: wait for "active" after a reboot only where a machine that is about to
// restart will do.
func (c *Client) WaitState(ctx context.Context, id, state string, projectID ...*int64) (*kec.Instance, error) {
	return c.waitStates(ctx, id, state, first(projectID), state)
}

// WaitSettled polls until the instance is active or stopped: the states in which it stays by
// itself. It is WaitState otherwise.
func (c *Client) WaitSettled(ctx context.Context, id string, projectID ...*int64) (*kec.Instance, error) {
	return c.waitStates(ctx, id, "active or stopped", first(projectID), kec.StateActive, kec.StateStopped)
}

// waitStates polls until the instance is in one of the states.
func (c *Client) waitStates(
	ctx context.Context, id, goal string, project *int64, states ...string,
) (*kec.Instance, error) {
	return c.WaitUntil(ctx, id, goal, project, func(in *kec.Instance) (bool, error) {
		is := func(state string) bool { return strings.EqualFold(in.State, state) }
		switch {
		case slices.ContainsFunc(states, is):
			return true, nil
		case kec.Failed(in.State):
			return false, &StateError{InstanceID: id, Goal: goal, State: in.State}
		}
		return false, nil
	})
}

// WaitUntil polls an existing instance until settled says that it is enough, or returns an error,
// which ends the wait. It is asked about every look that shows the instance. Goal says in messages
// what is waited for: a state such as "active". WaitUntil is WaitState otherwise.
func (c *Client) WaitUntil(
	ctx context.Context, id, goal string, project *int64, settled func(*kec.Instance) (bool, error),
) (*kec.Instance, error) {
	return c.newPoll(id, goal).until(ctx, c.Find, project, settled)
}

// UntilReady makes a call again for as long as KEC refuses it for the instance's present state
// (ksyun.IsStateRefusal), with the pauses of a wait: after a reboot, say, the machine may still
// show its old state. A refusal after an attempt without an answer means that the attempt was
// carried out, and counts as success. The error matches ErrGone when the instance is proven gone,
// and is a *StateError when its state is one of failure. Look-ups that are refused end it as they
// end any wait. When the context ends first, it is a *WaitError.
func (c *Client) UntilReady(ctx context.Context, id string, call func() error, projectID ...*int64) error {
	const goal = "ready for the change"
	p := c.newPoll(id, goal)
	for {
		err := call()
		switch {
		case !ksyun.IsStateRefusal(err):
			return err
		case errors.Is(err, kec.ErrChangeUnknown):
			return nil
		}
		p.lastErr = err
		if err := p.pause(ctx); err != nil {
			return err
		}
		in, err := c.Find(ctx, id, first(projectID))
		switch {
		case errors.Is(err, ErrGone):
			return err
		case err != nil:
			if err := p.survive(ctx, err); err != nil {
				return err
			}
		case kec.Failed(in.State):
			return &StateError{InstanceID: id, Goal: goal, State: in.State}
		default:
			p.looked(in)
		}
	}
}

// first is the optional project of a call.
func first(projectID []*int64) *int64 {
	if len(projectID) == 0 {
		return nil
	}
	return projectID[0]
}
