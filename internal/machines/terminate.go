package machines

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// leavingStates and goneStates are the states of an instance that is being released, and of one
// that has been: the latter holds nothing any more, although KEC still shows it. None was seen in a
// source (facts 147 and 211: all are assumed from their names), and none may name an instance that
// can come back.
var (
	leavingStates = []string{"deleting", "recycling", "terminating", "shutting-down", "shutting_down", "releasing"}
	goneStates    = []string{"deleted", "recycled", "terminated", "released"}
)

func leaving(state string) bool { return slices.Contains(leavingStates, strings.ToLower(state)) }

// Ending tells whether a state is that of an instance that is being deleted, or has been.
func Ending(state string) bool { return leaving(state) || released(state) }

func released(state string) bool { return slices.Contains(goneStates, strings.ToLower(state)) }

const (
	// repeatDeletion is how long an instance may show no sign of leaving after KEC has accepted its
	// deletion, before KEC is told again.
	repeatDeletion = 30 * time.Second
	// unknownRefusals is how many tries end with a refusal of which the API notes say nothing.
	unknownRefusals = 4
	// transientRefusals is how long refusals that may pass are tried again, where the context has
	// no deadline.
	transientRefusals = 10 * time.Minute
)

var errStays = errors.New("KEC has accepted the deletion, and the instance stays")

// Terminate releases an instance and returns once it is proven gone: until then it may hold its
// address, its unit of the quota and its place in stock, which a replacement may need. Whatever the
// answers to TerminateInstances say, look-ups decide. KEC is told again when it fails in a way that
// may pass; when it has accepted the deletion and half a minute later nothing is to be seen of
// that; and, a few times, when it refuses with an unknown code. A refusal for the state of the
// instance or of its order is waited out.
//
// An error names the instance, which may still be alive: it is a refusal that stands, or a
// *WaitError when the context ends first. projectID is as for Find. A deletion that was refused for
// an instance that does not show counts only once the instance is too old to be hidden by a view
// that lags: unless the client knows its age (RememberLaunch, or its date of creation), its absence
// must last for two minutes.
func (c *Client) Terminate(ctx context.Context, id string, projectID ...*int64) error {
	if id == "" {
		return kec.ErrEmptyID
	}
	p := c.newPoll(id, "gone")
	project := first(projectID)
	for try, accepted := 1, false; ; try++ {
		_, err := c.ends.Do(ctx, id, nil)
		if err != nil {
			err = fmt.Errorf("instance %s: %w", id, err)
		}
		switch {
		case err == nil:
			accepted = true
			if err = c.untilGone(ctx, id, project); !errors.Is(err, errStays) {
				return err
			}
		case futile(err), ended(err):
			return err
		case p.leftAnyway(ctx, project):
			if p.gone {
				return nil
			}
			return c.untilGone(ctx, id, project)
		case ctx.Err() != nil:
			p.lastErr = err
			return p.ended(ctx.Err())
		case !accepted && !mayPass(err, try), p.waited() >= transientRefusals:
			if try > 1 {
				err = fmt.Errorf("%w (after %d tries in %s)", err, try, p.waited().Round(time.Second))
			}
			return err
		}
		p.lastErr = err
		if err := p.pause(ctx); err != nil {
			return err
		}
	}
}

// terminateTogether terminates the instances of all who ask with one call, and gives each its own
// verdict. If KEC refuses the call, one of them may be the reason, and each has a call of its own.
func (c *Client) terminateTogether(ctx context.Context, requests []*request[struct{}]) error {
	var ids []string
	for _, r := range requests {
		ids = append(ids, r.id)
	}
	verdicts, err := c.api.TerminateInstances(ctx, ids...)
	if err != nil {
		return eachAlone(c, requests, err, func(r *request[struct{}]) error {
			return c.terminateTogether(ctx, []*request[struct{}]{r})
		})
	}
	for _, r := range requests {
		r.answer(struct{}{}, verdicts[strings.ToLower(r.id)])
	}
	return nil
}

// untilGone waits, once KEC has accepted the deletion, until the instance is gone. The error is
// errStays when there is no sign of the deletion for a while.
//
// An absence is proven by two look-ups. One is enough where the deletion of another instance has
// been proven, this one has been leaving for about as long as that took, and it is too old to be
// new: KEC has then said twice that it goes, and a destroy of many asks half as much.
func (c *Client) untilGone(ctx context.Context, id string, project *int64) error {
	c.leavers.Add(1)
	defer c.leavers.Add(-1)
	p := c.newPoll(id, "gone")
	p.times = c.goings
	var present time.Duration // the age at which it was last seen
	for {
		if err := p.pause(ctx); err != nil {
			return err
		}
		age := p.waited()
		alike := c.goneLike(id, age)
		in, err := c.byID(ctx, id, project)
		if in == nil && err == nil && !alike && !c.goneWith(ctx, id, project, present, age) {
			in, err = c.lookAgain(ctx, id, project)
		}
		switch {
		case in == nil && (err == nil || errors.Is(err, ErrGone)):
			c.goings.note(present, age)
			return nil
		case err != nil:
			if err := p.survive(ctx, err); err != nil {
				return err
			}
		case released(in.State):
			return nil
		case !leaving(in.State) && age >= repeatDeletion:
			return errStays
		default:
			present = age
			p.looked(in)
		}
	}
}

// goneLike reports that one look-up proves the end of an instance of this age of its deletion, see
// untilGone.
func (c *Client) goneLike(id string, age time.Duration) bool {
	expected := c.goings.expected()
	return expected > 0 && age >= expected*3/4 && c.ages.old(id)
}

// goneWith reports the same after the end of one of many that leave together has been proven: they
// have all been seen to be absent at the same moment, and one of them is looked up again for all.
func (c *Client) goneWith(ctx context.Context, id string, project *int64, present, age time.Duration) bool {
	if c.leavers.Load() <= bulk || !c.ages.old(id) {
		return false
	}
	proven, _, _ := c.proof.Do("", func() (any, error) {
		if c.goneLike(id, age) {
			return true, nil
		}
		_, err := c.lookAgain(ctx, id, project)
		if gone := errors.Is(err, ErrGone); !gone {
			return false, nil
		}
		c.goings.note(present, age)
		return true, nil
	})
	return proven == true && c.goneLike(id, age)
}

// leftAnyway reports that the instance is leaving or proven gone, although KEC has not accepted its
// deletion.
func (p *poll) leftAnyway(ctx context.Context, project *int64) bool {
	for absent := time.Duration(-1); ; {
		in, err := p.client.prove(ctx, p.id, project)
		switch {
		case in != nil:
			p.state = in.State
			p.gone = released(in.State)
			return p.gone || leaving(in.State)
		case !errors.Is(err, ErrGone):
			return false
		case absent < 0:
			absent = p.waited()
		}
		if p.client.ages.old(p.id) || p.waited()-absent >= maxInvisible {
			p.gone = true
			return true
		}
		if p.pause(ctx) != nil {
			return false
		}
	}
}

// lastingRefusals are the refusals of TerminateInstances that no repetition will lift, in lower
// case (API notes, 2.6). One for deletion protection belongs to them, whatever its code.
var lastingRefusals = map[string]bool{
	"instanceidrequired": true, "invalidparameter": true, "invalidparametervalue": true, "invalid_action": true,
	"invalidactionorvesion": true, "operationnotallowedforotherline": true,
	"dockermasternotalloweddeleteinkecconsole": true, "deletevmnotsupportkeyshutdown": true,
}

// mayPass reports that TerminateInstances is worth another try after so many.
func mayPass(err error, tries int) bool {
	e, ok := errors.AsType[*ksyun.Error](err)
	if !ok || e.Unusable || ksyun.IsStateRefusal(e) {
		return true
	}
	code := strings.ToLower(e.Code)
	switch {
	case e.Throttled() || e.Uncertain():
		return true
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden,
		lastingRefusals[code], strings.Contains(code, "protect"):
		return false
	}
	return tries < unknownRefusals
}
