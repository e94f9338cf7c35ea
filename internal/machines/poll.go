package machines

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

const (
	// maxInvisible is the age up to which an instance may stay out of DescribeInstances, seen before
	// or not (facts 70 and 210: seconds were seen, two minutes are assumed).
	maxInvisible = 2 * time.Minute
	// The shortest and the longest time between two polls.
	minPause = 500 * time.Millisecond
	maxPause = 5 * time.Second

	// refusalsToEnd is how many definite refusals in a row end a wait, if they have gone on for as
	// long as refusalSpan. A single one may be a mishap of a gateway, and a wait that ended for it
	// would leave a healthy machine behind as a failed one.
	refusalsToEnd = 3
	refusalSpan   = 3 * time.Second
)

// poll is the progress of one wait.
type poll struct {
	client  *Client
	id      string
	goal    string
	start   time.Time
	slept   time.Duration // on a clock that stands still
	times   *waitTimes    // what is known of how long such waits take; nil for nothing
	state   string
	gone    bool // of a deletion: nothing is left of the instance
	lastErr error

	refusals  int           // definite ones, of look-ups in a row
	refusedAt time.Duration // the age of the wait at the first of them
}

func (c *Client) newPoll(id, goal string) *poll {
	return &poll{client: c, id: id, goal: goal, start: c.api.LocalNow()}
}

// waited is the time since the wait began. What was slept counts even when the clock stands still.
func (p *poll) waited() time.Duration { return p.client.api.LocalNow().Sub(p.start) + p.slept }

// pause waits before the next look, together with all other waits. It is a little longer at random,
// so that processes do not keep step.
func (p *poll) pause(ctx context.Context) error {
	d := p.next()
	d += time.Duration(p.client.api.Jitter() * float64(min((p.waited()+d)/10, 2*time.Second)))
	before := p.client.api.LocalNow()
	if err := p.client.tick.pause(ctx, d); err != nil {
		return p.ended(err)
	}
	if !p.client.api.LocalNow().After(before) {
		p.slept += d
	}
	return nil
}

// next is how long to pause: 1 s, 2 s, ... 5 s, 5 s, as the wait grows older. After a launch it is
// shorter: a second, and then a third of the time waited so far. After a launch or a deletion it is
// until the age at which machines have become active, or were gone, of late.
func (p *poll) next() time.Duration {
	age, expected := p.waited(), time.Duration(0)
	if p.times != nil {
		expected = p.times.expected()
	}
	switch {
	case expected == 0 && (p.times != p.client.boots || age < minPause):
		// The round that begins at this age: the first at 0 s, the second at 1 s, the third at 3 s.
		round := (math.Sqrt(8*age.Seconds()+1) + 1) / 2
		return min(time.Duration(round*float64(time.Second)), maxPause)
	case age < expected:
		return min(expected-age, maxPause)
	default:
		return min(max(age/3, minPause), maxPause)
	}
}

// ended is the error of a wait that its context ended.
func (p *poll) ended(err error) error {
	return &WaitError{InstanceID: p.id, Goal: p.goal, State: p.state, Waited: p.waited(), LastErr: p.lastErr, Err: err}
}

// survive decides about a look-up that failed: nil to go on, else the error that ends the wait.
func (p *poll) survive(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return p.ended(ctx.Err())
	}
	switch {
	case !definite(err):
		p.refusals = 0
	case p.refusals == 0:
		p.refusals, p.refusedAt = 1, p.waited()
	default:
		p.refusals++
	}
	if p.refusals >= refusalsToEnd && p.waited()-p.refusedAt >= refusalSpan || futile(err) {
		return fmt.Errorf("waiting for instance %s to be %s: %w", p.id, p.goal, err)
	}
	p.lastErr = err
	return nil
}

// looked notes a look-up that succeeded, and the instance that it has shown.
func (p *poll) looked(in *kec.Instance) {
	p.lastErr, p.refusals = nil, 0
	if in != nil {
		p.state = in.State
	}
}

// finder is Find or leave.
type finder func(ctx context.Context, id string, projectID *int64) (*kec.Instance, error)

// until looks, with find, until settled says that it is enough or the instance is proven gone.
func (p *poll) until(
	ctx context.Context, find finder, projectID *int64, settled func(*kec.Instance) (bool, error),
) (*kec.Instance, error) {
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
