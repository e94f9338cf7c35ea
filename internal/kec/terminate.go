package kec

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TerminateInstances releases the instances for good, past the recycle bin (ForceDelete=true, facts 85 and 86). It returns as soon as KEC has
// accepted, before they are gone; WaitGone waits for that. The call is repeated like a read: it asks for the same end again.
//
// Every id must be confirmed with Return true. One that is refused inside a successful answer, or is not in the answer, yields an
// error that names it and wraps an *Error with KEC's message; several are joined.
func (c *Client) TerminateInstances(ctx context.Context, ids ...string) error {
	if slices.Contains(ids, "") {
		return errEmptyID
	}
	var errs []error
	for chunk := range slices.Chunk(ids, maxIDs) {
		errs = append(errs, c.terminate(ctx, chunk))
	}
	return errors.Join(errs...)
}

func (c *Client) terminate(ctx context.Context, ids []string) error {
	params := url.Values{"ForceDelete": {"true"}}
	list(params, "InstanceId", ids)
	return c.ask(ctx, &call{service: kecService, action: "TerminateInstances", version: kecVersion, form: params},
		func(ans *answer) error { return ans.confirmed(ids) })
}

// tradeStateCode is how far our copy of the documentation shows the name of one more refusal that a settled order can lift; in
// lower case.
const tradeStateCode = "checkinstancetradestatusandchargetypei"

// busy reports a refusal that may be lifted soon: the order behind a new instance may not be settled yet.
func busy(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && (IsStateRefusal(e) || strings.HasPrefix(strings.ToLower(e.Code), tradeStateCode))
}

// busyPause is the wait before such a refusal is put to the test once more.
const busyPause = 5 * time.Second

// Terminate releases an instance and waits until it is gone or on its way, as WaitGone does. A refusal is returned unless a
// look-up proves that the instance is gone or shows it on its way: no error code alone says so. A refusal for a state that may
// pass is tried once more. projectID is as for FindInstance.
func (c *Client) Terminate(ctx context.Context, id string, projectID ...*int64) error {
	err := c.TerminateInstances(ctx, id)
	if busy(err) {
		if c.clock.sleep(ctx, busyPause) == nil {
			err = c.TerminateInstances(ctx, id)
		}
	}
	if err == nil {
		return c.WaitGone(ctx, id, projectID...)
	}
	if ctx.Err() != nil {
		return err
	}
	in, lookErr := c.FindInstance(ctx, id, first(projectID))
	if errors.Is(lookErr, ErrGone) || in != nil && leaving(in.State) {
		return nil
	}
	return err
}

// first is the optional project of a call.
func first(projectID []*int64) *int64 {
	if len(projectID) == 0 {
		return nil
	}
	return projectID[0]
}
