package kec

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Launch is an accepted RunInstances (fact 69). The machine does not exist yet, and DescribeInstances may not show it for a while
// (fact 70).
type Launch struct{ InstanceID, InstanceName, RequestID string }

// ExtraInstancesError is a launch that asked for one instance and got several. All of them exist and are charged.
type ExtraInstancesError struct {
	InstanceIDs []string
	RequestID   string
}

// Error names every id.
func (e *ExtraInstancesError) Error() string {
	return fmt.Sprintf("RunInstances: one instance was asked for and %d were ordered: %s; all of them exist and are charged (request id %s)",
		len(e.InstanceIDs), strings.Join(e.InstanceIDs, ", "), e.RequestID)
}

// RunInstances orders one instance. params are the parameters as KEC names them, MinCount=1 and MaxCount=1 included.
//
// KEC has no client token, so a launch is repeated only when it certainly did nothing. An error that matches ErrOutcomeUnknown
// means that KEC may have accepted it: after a lost or unreadable answer, an answer without an id, or an error from behind the
// front door. An *ExtraInstancesError means that several were ordered. Any other error means that none was.
func (c *Client) RunInstances(ctx context.Context, params url.Values) (Launch, error) {
	cl := &call{service: kecService, action: "RunInstances", version: kecVersion, form: params, once: true}
	start := c.Now()
	var ans *answer
	var launched []Launch
	err := cl.guarded(func() (err error) {
		if ans, err = c.send(ctx, cl); ans != nil {
			launched = ans.launched() // a refusal that holds an id is none
		}
		return err
	})
	for _, l := range launched {
		c.history.launch(l.InstanceID, c.Now())
	}
	switch refused := err != nil; {
	case len(launched) > 1:
		e := &ExtraInstancesError{RequestID: ans.requestID}
		for _, l := range launched {
			e.InstanceIDs = append(e.InstanceIDs, l.InstanceID)
		}
		return Launch{}, e
	case refused && len(launched) == 1:
		return Launch{}, unknownOutcome(params, start, fmt.Errorf("%w, yet the answer holds the id %s", err, launched[0].InstanceID))
	case refused && (cl.doubt || cl.last.uncertain()):
		return Launch{}, unknownOutcome(params, start, err)
	case refused:
		return Launch{}, err
	case len(launched) == 0:
		return Launch{}, unknownOutcome(params, start, ans.malformed("the answer holds no instance id"))
	}
	return launched[0], nil
}

// launched are the instances in the answer, each once.
func (a *answer) launched() []Launch {
	var set items
	decode(a.fields["instancesset"], &set)
	var out []Launch
	for _, raw := range set {
		var in struct{ InstanceID, InstanceName text }
		decode(raw, &in)
		l := Launch{InstanceID: string(in.InstanceID), InstanceName: string(in.InstanceName), RequestID: a.requestID}
		if l.InstanceID != "" && !slices.ContainsFunc(out, func(o Launch) bool { return o.InstanceID == l.InstanceID }) {
			out = append(out, l)
		}
	}
	return out
}

// unknownOutcome says what to do after a launch that may have succeeded.
func unknownOutcome(params url.Values, start time.Time, cause error) error {
	look := "an instance"
	if name := params.Get("InstanceName"); name != "" {
		look = fmt.Sprintf("an instance named %q", name)
	}
	return fmt.Errorf("%w: KEC may have accepted it, so do not apply again blindly: look for %s created since %s, in the console or "+
		"with DescribeInstances; the cause: %w", ErrOutcomeUnknown, look, start.UTC().Format(time.RFC3339), cause)
}
