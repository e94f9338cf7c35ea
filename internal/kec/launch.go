package kec

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Launch is an accepted launch (fact 69). The machine does not exist yet, and DescribeInstances may not show it for a while (fact 70).
type Launch struct {
	InstanceID, InstanceName string
	RequestID                string    // of the answer; that of an ambiguous one, or "", when the instance was found by its mark
	Mark                     string    // the value of its tag MarkKey; "" from RunInstances
	At                       time.Time // when it was sent first, by KEC's clock; zero from RunInstances
}

// ExtraInstancesError is a launch that asked for one instance and got several. All of them exist and are charged.
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

// RunInstances orders one instance. params are the parameters as KEC names them, MinCount=1 and MaxCount=1 included. Launch does
// the same, and finds out what became of it when the answer does not tell.
//
// KEC has no client token, so a launch is repeated only when it certainly did nothing. An error that matches ErrOutcomeUnknown
// means that KEC may have accepted it: after a lost or unreadable answer, an answer without an id, or an error from behind the
// front door. An *ExtraInstancesError means that several were ordered, and comes with the first of them. Any other error means that
// none was.
//
// When the context is cancelled while the call is on the wire, the call goes on for at most ten seconds, and its answer counts.
// A deadline ends it at once.
func (c *Client) RunInstances(ctx context.Context, params url.Values) (Launch, error) {
	start := c.Now()
	r := c.runInstances(ctx, params)
	if r.unknown {
		return Launch{}, unknownOutcome(params, start, r.err)
	}
	return r.launch, r.err
}

// run is what came of one call of RunInstances.
type run struct {
	launch  Launch // without an id if there is an error, unless that is an ExtraInstancesError
	err     error
	unknown bool     // with err: KEC may have accepted the launch
	ids     []string // of instances that the answer names although it is no good one
	request string   // the request id of the answer, "" without one
}

func (c *Client) runInstances(ctx context.Context, params url.Values) run {
	cl := &call{service: kecService, action: "RunInstances", version: kecVersion, form: params, once: true, finish: true}
	var ans *answer
	var launched []Launch
	defer c.changing()()
	err := cl.guarded(func() (err error) {
		if ans, err = c.send(ctx, cl); ans != nil {
			launched = ans.launched() // a refusal that holds an id is none
		}
		return err
	})
	r := run{err: err}
	if ans != nil {
		r.request = ans.requestID
	}
	for _, l := range launched {
		r.ids = append(r.ids, l.InstanceID)
		c.history.launch(l.InstanceID, c.Now())
	}
	switch {
	case err != nil:
		r.unknown = len(r.ids) > 0 || cl.doubt || cl.last.uncertain()
	case len(r.ids) > 1:
		r.launch, r.err = launched[0], &ExtraInstancesError{InstanceIDs: r.ids, RequestID: r.request}
	case len(r.ids) == 0:
		r.err, r.unknown = ans.malformed("the answer holds no instance id"), true
	default:
		r.launch = launched[0]
	}
	if r.unknown && len(r.ids) > 0 {
		r.err = fmt.Errorf("%w, yet the answer holds the id %s", err, strings.Join(r.ids, ", "))
	}
	return r
}

// cutID finds the ids in an answer that is not JSON to its end.
var cutID = regexp.MustCompile(`(?i)"InstanceId"\s*:\s*"([0-9a-z-]{1,64})"`)

// launched are the instances in the answer, each once.
func (a *answer) launched() []Launch {
	var found []Launch
	add := func(l Launch) {
		if l.InstanceID != "" && !slices.ContainsFunc(found, func(o Launch) bool { return strings.EqualFold(o.InstanceID, l.InstanceID) }) {
			found = append(found, l)
		}
	}
	if a.fields == nil {
		for _, m := range cutID.FindAllSubmatch(a.body, -1) {
			add(Launch{InstanceID: string(m[1]), RequestID: a.requestID})
		}
		return found
	}
	var set items
	decode(a.fields["instancesset"], &set)
	for _, raw := range set {
		var in struct{ InstanceID, InstanceName text }
		decode(raw, &in)
		add(Launch{InstanceID: string(in.InstanceID), InstanceName: string(in.InstanceName), RequestID: a.requestID})
	}
	return found
}

// unknownOutcome says what to do after a launch that may have succeeded, and what came of it so far.
func unknownOutcome(params url.Values, start time.Time, causes ...error) error {
	look := "an instance"
	if name := params.Get("InstanceName"); name != "" {
		look = fmt.Sprintf("an instance named %q", name)
	}
	if mark := markIn(params); mark != "" {
		look += fmt.Sprintf(" with the tag %s = %s,", MarkKey, mark)
	}
	return fmt.Errorf("%w: KEC may have accepted it, so do not apply again blindly: look for %s created since %s, in the console or "+
		"with DescribeInstances; the cause: %w", ErrOutcomeUnknown, look, start.UTC().Format(time.RFC3339), inTurn(causes))
}

// inTurn is several errors on one line.
type inTurn []error

func (e inTurn) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns them all, the first one first.
func (e inTurn) Unwrap() []error { return e }
