package kec

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TerminateInstances releases the instances for good, past the recycle bin (ForceDelete=true, facts 85 and 86). It returns as soon as KEC has
// accepted, before they are gone; WaitGone waits for that. The call is repeated like a read: it asks for the same end again.
//
// Every id must be confirmed with Return true. One that is refused inside a successful answer, or is not in the answer, yields an
// error that names it and wraps an *Error with KEC's message; several are joined. Any other error names all of the call.
func (c *Client) TerminateInstances(ctx context.Context, ids ...string) error {
	if slices.Contains(ids, "") {
		return errEmptyID
	}
	var errs []error
	for chunk := range slices.Chunk(ids, maxIDs) {
		verdicts, err := c.terminate(ctx, chunk)
		switch {
		case err == nil:
			for _, id := range chunk {
				errs = append(errs, about(id, verdicts[strings.ToLower(id)]))
			}
		case len(chunk) == 1:
			errs = append(errs, about(chunk[0], err))
		default:
			errs = append(errs, fmt.Errorf("instances %s: %w", strings.Join(chunk, ", "), err))
		}
	}
	return errors.Join(errs...)
}

// about says which instance an error is about.
func about(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("instance %s: %w", id, err)
}

// terminate makes one call. verdicts has an entry for each id, in lower case.
func (c *Client) terminate(ctx context.Context, ids []string) (verdicts map[string]error, err error) {
	defer c.changing()()
	params := url.Values{"ForceDelete": {"true"}}
	list(params, "InstanceId", ids)
	err = c.ask(ctx, &call{service: kecService, action: "TerminateInstances", version: kecVersion, form: params}, func(ans *answer) error {
		verdicts = ans.verdicts(ids)
		return nil
	})
	return verdicts, err
}

// terminateTogether terminates the instances of all who ask with one call, and gives each its own verdict. Where KEC refuses the
// call, one of them may be the reason: then each has a call of its own.
func (c *Client) terminateTogether(ctx context.Context, asks []*ask[struct{}]) error {
	var ids []string
	for _, a := range asks {
		ids = append(ids, a.id)
	}
	verdicts, err := c.terminate(ctx, ids)
	if err != nil {
		return alone(c, asks, err, func(a *ask[struct{}]) error { return c.terminateTogether(ctx, []*ask[struct{}]{a}) })
	}
	for _, a := range asks {
		a.answer(struct{}{}, verdicts[strings.ToLower(a.id)])
	}
	return nil
}

const (
	// lingering is how long an instance may show no sign of going after KEC has accepted its deletion, before it is told again.
	lingering = 30 * time.Second
	// fewTries is how often a refusal is put to the test that nothing is known about.
	fewTries = 4
	// patience bounds the tries after refusals that may pass, where the context has no deadline.
	patience = 10 * time.Minute
)

var errLingers = errors.New("KEC has accepted the deletion, and the instance stays")

// Terminate releases an instance and returns once it is proven gone, or its state says that it is on its way. Whatever the answers
// to TerminateInstances say, look-ups decide. It is told again when it fails in a way that may pass; when it is accepted and half a
// minute later nothing is to be seen of that; and, a few times, when it refuses for a reason of which nothing is known. A refusal
// for the state of the instance or of its order is waited out.
//
// An error names the instance, which may still be alive: it is a refusal that stands, or a *WaitError when the context ends
// first. projectID is as for FindInstance. A refusal for an instance that does not show proves nothing as long as it may be new:
// unless the client has seen it or knows when it was launched (Launched), that takes two minutes.
func (c *Client) Terminate(ctx context.Context, id string, projectID ...*int64) error {
	if id == "" {
		return errEmptyID
	}
	p := c.newPoll(id, "gone")
	project := first(projectID)
	for try, accepted := 1, false; ; try++ {
		_, err := c.terminates.do(ctx, id, nil)
		switch err = about(id, err); {
		case err == nil:
			accepted = true
			if err = p.leave(ctx, project); !errors.Is(err, errLingers) {
				return err
			}
		case futile(err), ended(err):
			return err
		case p.gone(ctx, project):
			return nil
		case ctx.Err() != nil:
			p.lastErr = err
			return p.ended(ctx.Err())
		case !accepted && !mayPass(err, try), p.waited() >= patience:
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

// leave waits, once KEC has accepted the deletion, for a sign of it. The error is errLingers when there is none for a while.
func (p *poll) leave(ctx context.Context, project *int64) error {
	accepted := p.waited()
	_, err := p.until(ctx, p.client.find, project, func(in *Instance) (bool, error) {
		if !leaving(in.State) && p.waited()-accepted >= lingering {
			return false, errLingers
		}
		return leaving(in.State), nil
	})
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}

// gone reports that the instance is on its way or proven gone, although KEC has not accepted its deletion.
func (p *poll) gone(ctx context.Context, project *int64) bool {
	for absent := time.Duration(-1); ; {
		in, err := p.client.find(ctx, p.id, project)
		switch {
		case in != nil:
			p.state = in.State
			return leaving(in.State)
		case !errors.Is(err, ErrGone):
			return false
		case absent < 0:
			absent = p.waited()
		}
		if p.client.history.old(p.id, p.client.Now()) || p.waited()-absent >= maxInvisible {
			return true
		}
		if p.pause(ctx) != nil {
			return false
		}
	}
}

// standing are the refusals of TerminateInstances that no repetition will lift, in lower case (API notes, 2.6). One for
// deletion protection belongs to them, whatever its code.
var standing = map[string]bool{
	"instanceidrequired": true, "invalidparameter": true, "invalidparametervalue": true, "invalid_action": true, "invalidactionorvesion": true,
	"operationnotallowedforotherline": true, "dockermasternotalloweddeleteinkecconsole": true, "deletevmnotsupportkeyshutdown": true,
}

// mayPass reports that TerminateInstances is worth another try after so many.
func mayPass(err error, tries int) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Unusable || IsStateRefusal(e) {
		return true
	}
	code := strings.ToLower(e.Code)
	switch o := (outcome{status: e.Status, code: e.Code}); {
	case o.throttled() || o.uncertain():
		return true
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden, standing[code], strings.Contains(code, "protect"):
		return false
	}
	return tries < fewTries
}

// first is the optional project of a call.
func first(projectID []*int64) *int64 {
	if len(projectID) == 0 {
		return nil
	}
	return projectID[0]
}
