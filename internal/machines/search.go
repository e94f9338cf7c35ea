package machines

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

const (
	// searchTime is how long a launch without a clear answer is looked for. A new instance may stay
	// out of DescribeInstances for a minute.
	searchTime = 90 * time.Second
	// searchExtra is how much longer, when look-ups fail at the end of it.
	searchExtra = 30 * time.Second
	// createdSlack is how much earlier than its launch an instance may claim to have been created.
	createdSlack = time.Minute
)

// search looks for the instances of a launch by its tag.
type search struct {
	client    *Client
	params    url.Values // with the launch tag
	most      int        // how many instances there may be
	tag       string     // the value of the launch tag
	project   *int64
	sent      time.Time       // by our clock
	named     []string        // the ids in answers that were no good ones
	strangers map[string]bool // ids with another launch tag, in lower case
	doubtful  []string        // ids of the last look that may or may not be it
}

func (c *Client) newSearch(params url.Values) *search {
	s := &search{
		client: c, tag: launchTagIn(params), params: params, most: 1, sent: c.api.LocalNow(), strangers: map[string]bool{},
	}
	if n, err := strconv.Atoi(params.Get("MaxCount")); err == nil {
		s.most = n
	}
	if s.tag == "" {
		s.tag = c.newLaunchTag()
		s.params = withLaunchTag(params, s.tag)
	}
	// Without a project DescribeInstances lists project 0 only (fact 76), where such a launch goes.
	if n, err := strconv.ParseInt(params.Get("ProjectId"), 10, 64); err == nil {
		s.project = &n
	}
	return s
}

// when is the time of the launch by KEC's clock, as far as that is known by now: the first answer
// tells it.
func (s *search) when() time.Time {
	offset, _ := s.client.api.ClockOffset()
	return s.sent.Add(offset)
}

// untilFound looks until all that was asked for is found, or the time is over. Neither instances
// nor an error means that there is certainly none: the last two looks have succeeded, the last one
// after the time, and nothing that they have shown may be the instance. In the same way there are
// certainly no more than those that are returned without an error.
func (s *search) untilFound(ctx context.Context) (found []string, err error) {
	p := s.client.newPoll("", "found")
	for clear := 0; ; {
		if err := p.pause(ctx); err != nil {
			// Without the words of a wait for a known id.
			return found, fmt.Errorf("the search for it ended: %w", errors.Unwrap(err))
		}
		shown, err := s.look(ctx)
		before := len(found)
		switch found = union(found, shown); {
		case len(found) >= s.most:
			return found, nil
		case len(found) > before:
			clear = 0
		case err == nil:
			clear++
			p.looked(nil)
		case ctx.Err() == nil && p.survive(ctx, err) != nil:
			return found, fmt.Errorf("the search for it failed: %w", err)
		default:
			clear = 0
		}
		switch over := p.waited() - searchTime; {
		case over >= 0 && clear > 1 && len(s.doubtful) > 0:
			return found, fmt.Errorf("nothing with this tag has shown within %s, but %s, without any tag, may be it",
				searchTime, strings.Join(s.doubtful, ", "))
		case over >= 0 && clear > 1:
			return found, nil
		case over >= searchExtra:
			return found, fmt.Errorf("the search for it failed to the last: %w", err)
		}
	}
}

// look returns the ids of the instances that have the launch tag.
func (s *search) look(ctx context.Context) ([]string, error) {
	list, err := s.list(ctx)
	if err == nil && (list.Unnamed > 0 || list.Total > len(list.Instances)) {
		err = fmt.Errorf("DescribeInstances has shown %d of %d instances: that proves nothing", len(list.Instances), list.Total)
	}
	if err != nil {
		return nil, err
	}
	shown := map[string]kec.Instance{}
	var ids []string
	for _, in := range list.Instances {
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
	tags, err := s.client.api.ListTagsByResourceIds(ctx, ids...)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, id := range ids {
		in := shown[strings.ToLower(id)]
		switch tag := launchTagOf(tags[id]); {
		case strings.EqualFold(tag, s.tag):
			found = append(found, id)
		case tag != "":
			s.strangers[strings.ToLower(id)] = true
		case len(tags[id]) == 0 && s.mayBeCalled(in.Name):
			s.doubtful = append(s.doubtful, id) // its tags may come later, or the service may have lost them
		}
	}
	return found, nil
}

// list returns all instances of the launch's project.
func (s *search) list(ctx context.Context) (kec.InstancePage, error) {
	all, err := s.client.lists.Do(ctx, "", s.project)
	if err != nil && ctx.Err() == nil && !definite(err) {
		s.client.noteUnanswered()
	}
	return all, err
}

// listProjects lists the instances of each project, once for all who search there.
func (c *Client) listProjects(ctx context.Context, requests []*request[kec.InstancePage]) error {
	byProject := map[int64][]*request[kec.InstancePage]{}
	for _, r := range requests {
		byProject[projectOf(r.project)] = append(byProject[projectOf(r.project)], r)
	}
	for _, same := range byProject {
		var projects []int64
		if p := same[0].project; p != nil {
			projects = []int64{*p}
		}
		list, err := c.api.DescribeInstancesPages(ctx, nil, projects)
		for _, r := range same {
			r.answer(list, err)
		}
	}
	return nil
}

// projectOf is the project of an instance that names none: the default one.
func projectOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// notSpot are the charge types that are known not to be Spot, in lower case. How DescribeInstances
// writes Spot is only assumed (fact 44: the charge types), so that an unknown word is no reason to
// leave a machine out.
var notSpot = map[string]bool{
	strings.ToLower(kec.ChargeMonthly): true, strings.ToLower(kec.ChargeDaily): true, strings.ToLower(kec.ChargeHourly): true,
}

// mayBe reports that an instance, as far as it is shown, may be the one that was launched.
func (s *search) mayBe(in kec.Instance) bool {
	spot := s.fits("ChargeType", in.ChargeType) || !notSpot[strings.ToLower(in.ChargeType)]
	return spot && s.fits("InstanceType", in.Type) && s.fits("SubnetId", in.SubnetID) && s.recent(in)
}

// fits reports that what is shown does not contradict a parameter of the launch.
func (s *search) fits(param, shown string) bool {
	asked := s.params.Get(param)
	return asked == "" || shown == "" || strings.EqualFold(asked, shown)
}

// mayBeCalled reports that a name is that of the launch, which KEC may have put a number behind.
func (s *search) mayBeCalled(name string) bool {
	if s.params.Has("InstanceNameSuffix") {
		name = strings.TrimRight(name, "0123456789")
		return name == "" || strings.EqualFold(name, strings.TrimRight(s.params.Get("InstanceName"), "0123456789"))
	}
	return name == "" || s.fits("InstanceName", name)
}

// recent reports that an instance may have been created since the launch. A date that cannot be
// read is no reason to leave a machine out. A date may be off by eight hours when it names no zone
// and, while no answer has told KEC's time, by as much as our clock may be without KEC refusing our
// signatures.
func (s *search) recent(in kec.Instance) bool {
	created, ok := in.CreatedAt()
	if !ok {
		return true
	}
	allowance := createdSlack
	if _, err := time.Parse(time.RFC3339, strings.TrimSpace(in.Created)); err != nil {
		allowance += 8 * time.Hour
	}
	offset, known := s.client.api.ClockOffset()
	if !known {
		allowance += 15 * time.Minute
	}
	// Nothing says that the clock of the Date header is the one of the dates: the earlier time
	// counts.
	return !created.Before(s.sent.Add(min(offset, 0)).Add(-allowance))
}
