package machines

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Launched is an instance that was launched (fact 69: the call is asynchronous). The machine does
// not exist yet, and DescribeInstances may not show it for a while (fact 70: for seconds).
type Launched struct {
	InstanceID string
	RequestID  string    // of the answer, which may be an unclear one; "" without one
	At         time.Time // when it was known, by KEC's clock: the machine is no younger, and hardly older
}

// Launch orders one instance, exactly once. params are the parameters as KEC names them, MinCount=1
// and MaxCount=1 included; a tag is added to them, LaunchTagKey with a random value.
//
// A request that KEC has certainly not carried out (throttled, or never sent) is repeated, and a
// refusal is returned. When it is not known whether KEC has accepted the launch, its tag is looked
// for, for 90 seconds, in all instances of the launch's project (ProjectId) that may be it. One
// with the tag is adopted. If there is none, no look-up has failed in the end, and nothing else may
// be it, the same request is sent once more, with the same tag. If that does not settle it either,
// the search is repeated, and no request.
//
// After a search that KEC has not answered, no launch is sent before KEC answers again, because its
// outcome could not be found out either. The error of one that is not sent matches ErrNotSent.
//
// An error that matches ErrOutcomeUnknown means that KEC may have accepted the launch after all; it
// names the tag to look for. An *ExtraInstancesError names several instances that were launched, or
// have the tag, and comes with the first of them. Any other error means that there is none.
//
// When the context is cancelled while a request is on the wire, the request goes on for at most ten
// seconds: if its answer holds an id, that is returned, without an error. Nothing else is begun
// after a cancellation, and an outcome that is unknown then stays so. A deadline ends everything at
// once.
//
// held tells whether a refusal is for what a machine that has just been ended may still hold: such
// a launch has done nothing, and is sent again, with the same tag, until the context ends.
func (c *Client) Launch(ctx context.Context, params url.Values, held ...func(error) bool) (Launched, error) {
	b, err := c.LaunchBatch(ctx, params, held...)
	if len(b.IDs) == 0 {
		return Launched{}, err
	}
	return b.one()
}

// one is the first of a batch, with an error when there are several.
func (b Batch) one() (Launched, error) {
	l := Launched{InstanceID: b.IDs[0], RequestID: b.RequestID, At: b.At}
	if len(b.IDs) > 1 {
		return l, &ExtraInstancesError{InstanceIDs: b.IDs, RequestID: b.RequestID}
	}
	return l, nil
}

// Batch is what came of an order for several machines, see [Launched].
type Batch struct {
	IDs       []string // of all machines that were opened by it or bear its mark, each once
	RequestID string
	At        time.Time
}

// LaunchBatch is Launch for an order of several machines: MinCount and MaxCount say how many. Fewer
// than MaxCount are no failure. After an answer that is not clear, all that bears the mark is
// adopted, and the search goes on for its 90 seconds unless as many are found as were asked for.
//
// Where the search ends early, it returns those that were found, and an error that matches
// ErrOutcomeUnknown and says how many more there may be. Any other error comes without machines.
func (c *Client) LaunchBatch(ctx context.Context, params url.Values, held ...func(error) bool) (Batch, error) {
	s := c.newSearch(params)
	if err := s.outage(ctx); err != nil {
		return Batch{}, err
	}
	first := s.untilFree(ctx, held)
	if !first.MaybeAccepted {
		if first.Err != nil {
			return Batch{}, first.Err
		}
		return s.batch(first.IDs, first.RequestID), nil
	}
	s.named = append(s.named, first.IDs...)
	found, err := s.untilFound(ctx)
	switch {
	case err != nil:
		return s.partly(found, first.RequestID, first.Err, err)
	case len(found) > 0:
		return s.adopt(found, first.RequestID), nil
	}

	// Nothing has come of the first request in 90 seconds. Should something come of it later, it
	// has the same tag.
	second := c.run(ctx, s.params)
	switch {
	case second.MaybeAccepted:
		s.named = append(s.named, second.IDs...)
		if found, err = s.untilFound(ctx); err == nil && len(found) > 0 {
			return s.adopt(found, second.RequestID), nil
		}
		if err == nil {
			err = fmt.Errorf("neither this nor a second request has shown within %s", searchTime)
		}
		return s.partly(found, second.RequestID, first.Err, second.Err, err)
	case over(ctx) && len(second.IDs) == 0:
		return Batch{}, s.unknown(0, first.Err, second.Err)
	case !over(ctx): // has the first one come late?
		found, _ = s.look(ctx)
	}
	found = union(found, second.IDs)
	if len(found) == 0 {
		return Batch{}, fmt.Errorf("%w (it was the second request; of the first, which had no clear answer, "+
			"no instance with the tag %s = %s was found)", second.Err, LaunchTagKey, s.tag)
	}
	return s.adopt(found, second.RequestID), nil
}

// union is all ids, each once, in any case.
func union(ids, more []string) []string {
	for _, id := range more {
		if !slices.ContainsFunc(ids, func(other string) bool { return strings.EqualFold(other, id) }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// untilFree makes the first call of a launch, and the same again while KEC refuses it for what is
// held.
func (s *search) untilFree(ctx context.Context, held []func(error) bool) kec.Run {
	waits := func(err error) bool {
		return slices.ContainsFunc(held, func(of func(error) bool) bool { return of(err) })
	}
	p := s.client.newPoll("", "launched")
	for try := 1; ; try++ {
		r := s.client.run(ctx, s.params)
		switch {
		case r.MaybeAccepted || r.Err == nil:
			return r
		case waits(r.Err) && p.pause(ctx) == nil:
			s.sent = s.client.api.LocalNow()
			continue
		case try > 1:
			r.Err = fmt.Errorf("%w (after %d tries in %s, because a machine that this run has ended may still hold it)",
				r.Err, try, p.waited().Round(time.Second))
		}
		return r
	}
}

// run makes one call of RunInstances, and remembers the instances that its answer names.
func (c *Client) run(ctx context.Context, params url.Values) kec.Run {
	r := c.api.RunInstances(ctx, params)
	for _, id := range r.IDs {
		c.ages.launch(id, c.api.LocalNow())
	}
	return r
}

// outage is an error as long as KEC does not answer, if that is in question.
func (s *search) outage(ctx context.Context) error {
	if !s.client.unanswered() {
		return nil
	}
	_, err := s.list(ctx)
	s.sent = s.client.api.LocalNow()
	switch {
	case err == nil || definite(err):
		return nil
	case ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: the outcome of another one is unknown, and KEC has not answered since: %w", ErrNotSent, err)
}

// batch is these instances.
func (s *search) batch(ids []string, requestID string) Batch {
	return Batch{IDs: ids, RequestID: requestID, At: s.client.api.Now()}
}

// adopt takes the instances that were found for the outcome of the launch.
func (s *search) adopt(ids []string, requestID string) Batch {
	for _, id := range ids {
		s.client.ages.launch(id, s.client.api.LocalNow()) // KEC may have carried it out long after it was sent
	}
	return s.batch(ids, requestID)
}

// partly is the outcome of a search that has ended early: what it has found, and that there may be
// more.
func (s *search) partly(found []string, requestID string, causes ...error) (Batch, error) {
	err := s.unknown(len(found), causes...)
	if len(found) == 0 {
		return Batch{}, err
	}
	return s.adopt(found, requestID), err
}

// unknown says what to do after a launch that may have succeeded, and what came of it so far.
func (s *search) unknown(found int, causes ...error) error {
	look := "an instance"
	switch most := s.most - found; {
	case s.most > 1 && found > 0:
		look = fmt.Sprintf("up to %d more instances", most)
	case s.most > 1:
		look = fmt.Sprintf("up to %d instances", most)
	}
	if name := s.params.Get("InstanceName"); name != "" {
		look += fmt.Sprintf(" named %q", name)
	}
	look += fmt.Sprintf(" with the tag %s = %s,", LaunchTagKey, s.tag)
	return fmt.Errorf("%w: KEC may have accepted it, so do not apply again blindly: look for %s created since %s, in the console or "+
		"with DescribeInstances; the cause: %w", ErrOutcomeUnknown, look, s.when().UTC().Format(time.RFC3339), errorList(causes))
}

// errorList is several errors on one line.
type errorList []error

func (e errorList) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns them all, the first one first.
func (e errorList) Unwrap() []error { return e }
