package kec

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// window is how long a launch without a clear answer is looked for. A new instance may stay out of DescribeInstances for a minute.
	window = 90 * time.Second
	// overtime is how much longer, when look-ups fail at the end of it.
	overtime = 30 * time.Second
	// slack is how much earlier than its launch an instance may claim to have been created.
	slack = time.Minute
)

// Launch orders one instance, exactly once. params are as for RunInstances; a tag is added to them, MarkKey with a random value.
//
// A request that KEC has certainly not carried out (throttled, or never sent) is repeated, and a refusal is returned. When it is
// not known whether KEC has accepted it, the mark is looked for, for 90 seconds: in all instances of the launch's project
// (ProjectId) that may be it, by their tags. One with the mark is adopted. If there is none, and no look-up has failed in the
// end, and nothing else may be it, the same request is sent once more, with the same mark; and if that does not settle it either,
// the search is repeated, and no request.
//
// After a search that KEC has not answered, no launch is sent before KEC answers again: its outcome could not be found out either. The
// error of one that is not sent matches ErrNotSent.
//
// An error that matches ErrOutcomeUnknown means that KEC may have accepted the launch after all; it names the mark to look for. An
// *ExtraInstancesError names several instances that were launched, or have the mark, and comes with the first of them. Any other
// error means that there is none.
//
// When the context is cancelled while a request is on the wire, the request goes on for at most ten seconds: if its answer holds
// an id, that is returned, without an error. Nothing else is begun after a cancellation, and an outcome that is unknown then
// stays so. A deadline ends everything at once.
func (c *Client) Launch(ctx context.Context, params url.Values) (Launch, error) {
	s := c.newSearch(params)
	if err := s.outage(ctx); err != nil {
		return Launch{}, err
	}
	first := c.runInstances(ctx, s.params)
	if !first.unknown {
		return s.launched(first.launch), first.err
	}
	s.named = append(s.named, first.ids...)
	found, err := s.find(ctx)
	if err != nil {
		return Launch{}, s.unknown(first.err, err)
	}
	if len(found) > 0 {
		return s.adopt(found, first.request)
	}

	// Nothing has come of the first request in 90 seconds. Should something come of it later, it has the same mark.
	second := c.runInstances(ctx, s.params)
	switch {
	case second.unknown:
		s.named = append(s.named, second.ids...)
		if found, err = s.find(ctx); len(found) > 0 {
			return s.adopt(found, second.request)
		}
		if err == nil {
			err = fmt.Errorf("neither this nor a second request has shown within %s", window)
		}
		return Launch{}, s.unknown(first.err, second.err, err)
	case over(ctx) != nil && len(second.ids) == 0:
		return Launch{}, s.unknown(first.err, second.err)
	case over(ctx) == nil: // has the first one come late?
		found, _ = s.look(ctx)
	}
	for _, id := range second.ids {
		if !slices.ContainsFunc(found, func(l Launch) bool { return strings.EqualFold(l.InstanceID, id) }) {
			found = append(found, Launch{InstanceID: id, InstanceName: second.launch.InstanceName})
		}
	}
	if len(found) == 0 {
		return Launch{}, fmt.Errorf("%w (it was the second request; of the first, which had no clear answer, no instance with the tag %s = %s was found)",
			second.err, MarkKey, s.mark)
	}
	return s.adopt(found, second.request)
}

// search looks for the instance of a launch by its mark.
type search struct {
	client    *Client
	params    url.Values // with the mark
	mark      string
	project   *int64
	sent      time.Time       // by our clock
	named     []string        // the ids in answers that were no good ones
	strangers map[string]bool // ids with another mark
	doubtful  []string        // ids that the last look could neither take nor leave
}

func (c *Client) newSearch(params url.Values) *search {
	s := &search{client: c, mark: markIn(params), params: params, sent: c.clock.now(), strangers: map[string]bool{}}
	if s.mark == "" {
		s.mark = c.mark()
		s.params = marked(params, s.mark)
	}
	if n, err := strconv.ParseInt(params.Get("ProjectId"), 10, 64); err == nil {
		s.project = &n // without it DescribeInstances lists project 0 only (fact 76), where such a launch goes
	}
	return s
}

// outage is an error as long as KEC does not answer, if that is in question.
func (s *search) outage(ctx context.Context) error {
	if !s.client.silent.Load() {
		return nil
	}
	_, err := s.list(ctx)
	s.sent = s.client.clock.now()
	switch {
	case err == nil || definite(err):
		return nil
	case ctx.Err() != nil:
		return err
	}
	return fmt.Errorf("%w: the outcome of another one is unknown, and KEC has not answered since: %w", ErrNotSent, err)
}

// launched completes a launch; one without an id stays empty.
func (s *search) launched(l Launch) Launch {
	if l.InstanceID != "" {
		l.Mark, l.At = s.mark, s.when()
	}
	return l
}

// when is the time of the launch by KEC's clock as far as it is known by now: the first answer tells it.
func (s *search) when() time.Time { return s.sent.Add(time.Duration(s.client.clock.offset.Load())) }

// adopt takes what was found for the outcome of the launch.
func (s *search) adopt(found []Launch, request string) (Launch, error) {
	var ids []string
	for _, l := range found {
		ids = append(ids, l.InstanceID)
		s.client.history.launch(l.InstanceID, s.when())
	}
	l := s.launched(found[0])
	l.RequestID = request
	if len(found) == 1 {
		return l, nil
	}
	return l, &ExtraInstancesError{InstanceIDs: ids, RequestID: request}
}

func (s *search) unknown(causes ...error) error { return unknownOutcome(s.params, s.when(), causes...) }

// find looks until the mark is found or the window is over. Neither instances nor an error means that there is certainly none: the
// last two looks have succeeded, the last one after the window, and nothing that they have shown may be the instance.
func (s *search) find(ctx context.Context) ([]Launch, error) {
	p := s.client.newPoll("", "found")
	for clear := 0; ; {
		if err := p.pause(ctx); err != nil {
			return nil, fmt.Errorf("the search for it ended: %w", errors.Unwrap(err)) // without the words of a wait for a known id
		}
		found, err := s.look(ctx)
		switch {
		case len(found) > 0:
			return found, nil
		case err == nil:
			clear++
			p.looked(nil)
		case ctx.Err() == nil && p.survive(ctx, err) != nil:
			return nil, fmt.Errorf("the search for it failed: %w", err)
		default:
			clear = 0
		}
		switch over := p.waited() - window; {
		case over >= 0 && clear > 1 && len(s.doubtful) > 0:
			return nil, fmt.Errorf("nothing with this tag has shown within %s, but %s, without any tag, may be it", window, strings.Join(s.doubtful, ", "))
		case over >= 0 && clear > 1:
			return nil, nil
		case over >= overtime:
			return nil, fmt.Errorf("the search for it failed to the last: %w", err)
		}
	}
}

// look returns the instances that have the mark.
func (s *search) look(ctx context.Context) ([]Launch, error) {
	list, err := s.list(ctx)
	if err == nil && (list.unnamed > 0 || list.total > len(list.instances)) {
		err = fmt.Errorf("DescribeInstances has shown %d of %d instances: that proves nothing", len(list.instances), list.total)
	}
	if err != nil {
		return nil, err
	}
	shown := map[string]Instance{}
	var ids []string
	for _, in := range list.instances {
		if id := strings.ToLower(in.ID); s.mayBe(in) && !s.strangers[id] {
			shown[id] = in
			ids = append(ids, in.ID)
		}
	}
	for _, id := range s.named {
		if lower := strings.ToLower(id); shown[lower].ID == "" && !s.strangers[lower] {
			ids = append(ids, id)
		}
	}
	s.doubtful = nil
	if len(ids) == 0 {
		return nil, nil
	}
	tags, err := s.client.ListTagsByResourceIds(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var found []Launch
	for _, id := range ids {
		in := shown[strings.ToLower(id)]
		switch mark := markOf(tags[id]); {
		case strings.EqualFold(mark, s.mark):
			found = append(found, Launch{InstanceID: id, InstanceName: in.Name})
		case mark != "":
			s.strangers[strings.ToLower(id)] = true
		case len(tags[id]) == 0 && (in.Name == "" || s.is("InstanceName", in.Name)):
			s.doubtful = append(s.doubtful, id) // its tags may come later, or the service may have lost them
		}
	}
	return found, nil
}

// list returns all instances of the launch's project.
func (s *search) list(ctx context.Context) (page, error) {
	all, err := s.client.lists.do(ctx, "", s.project)
	if err != nil && ctx.Err() == nil && !definite(err) {
		s.client.silent.Store(true)
	}
	return all, err
}

// listTogether lists the instances of each project for all who search there.
func (c *Client) listTogether(ctx context.Context, asks []*ask[page]) error {
	byProject := map[int64][]*ask[page]{}
	for _, a := range asks {
		byProject[projectOf(a.project)] = append(byProject[projectOf(a.project)], a)
	}
	for _, same := range byProject {
		list, err := c.describe(ctx, nil, projects(same[0].project))
		for _, a := range same {
			a.answer(list, err)
		}
	}
	return nil
}

// otherCharges are the charge types that are known not to be Spot, in lower case (fact 44). How DescribeInstances writes Spot is only
// assumed, so that a word of which nothing is known is no reason to leave a machine out.
var otherCharges = map[string]bool{"monthly": true, "daily": true, "hourlyinstantsettlement": true}

// mayBe reports that an instance, as far as it is shown, may be the one that was launched.
func (s *search) mayBe(in Instance) bool {
	return (s.is("ChargeType", in.ChargeType) || !otherCharges[strings.ToLower(in.ChargeType)]) && s.is("InstanceType", in.Type) && s.is("SubnetId", in.SubnetID) && s.recent(in)
}

// is reports that what is shown does not contradict a parameter of the launch.
func (s *search) is(param, shown string) bool {
	asked := s.params.Get(param)
	return asked == "" || shown == "" || strings.EqualFold(asked, shown)
}

// recent reports that an instance may have been created since the launch. A date that cannot be read is no reason to leave a machine
// out, nor is one that may be off: by eight hours when it names no zone, and, while no answer has told KEC's time, by as much
// as our clock may be without KEC refusing our signatures.
func (s *search) recent(in Instance) bool {
	created, ok := in.CreatedAt()
	if !ok {
		return true
	}
	allowance := slack
	if _, err := time.Parse(time.RFC3339, strings.TrimSpace(in.Created)); err != nil {
		allowance += 8 * time.Hour
	}
	if !s.client.clock.learnt.Load() {
		allowance += 15 * time.Minute
	}
	offset := time.Duration(s.client.clock.offset.Load()) // as it is known now
	// Nothing says that the clock of the Date header is the one of the dates: the earlier time counts.
	return !created.Before(s.sent.Add(min(offset, 0)).Add(-allowance))
}
