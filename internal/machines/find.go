package machines

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// proofGap is the time between the two look-ups that prove an absence.
const proofGap = time.Second

// Find returns the instance with this id. The error matches ErrGone only on proof: two well-formed
// successful look-ups by this id without a project, at least a second apart, neither of which holds
// it (fact 82: an unknown id is an empty set), and two more in all projects of the account, where
// there are several and their list can be had. With a projectID each look-up asks within that
// project first. Every other failure is returned as it is, and says nothing about the instance.
//
// An instance that is known to be younger than two minutes, by a launch of this client, by
// RememberLaunch or by its date of creation, cannot be proven gone, seen before or not: the views
// of KEC may lag behind each other, and the error matches ErrNotVisible.
func (c *Client) Find(ctx context.Context, id string, projectID *int64) (*kec.Instance, error) {
	in, err := c.prove(ctx, id, projectID)
	return in, c.unlessNew(id, err)
}

// prove is Find for an instance of any age.
func (c *Client) prove(ctx context.Context, id string, projectID *int64) (*kec.Instance, error) {
	in, err := c.byID(ctx, id, projectID)
	if in != nil || err != nil {
		return in, err
	}
	return c.completeProof(ctx, id, projectID)
}

// completeProof is what follows in a proof after the first look-up.
func (c *Client) completeProof(ctx context.Context, id string, projectID *int64) (*kec.Instance, error) {
	in, err := c.lookAgain(ctx, id, projectID)
	if errors.Is(err, ErrGone) {
		return c.provenGone(ctx, id)
	}
	return in, err
}

// lookAgain is the second look-up of a proof.
func (c *Client) lookAgain(ctx context.Context, id string, projectID *int64) (*kec.Instance, error) {
	if err := c.api.Sleep(ctx, proofGap); err != nil {
		return nil, err
	}
	in, err := c.byID(ctx, id, projectID)
	if in != nil || err != nil {
		return in, err
	}
	return nil, fmt.Errorf("instance %s: %w", id, ErrGone)
}

// unlessNew is err. If that says that an instance is gone which may not be visible yet, it says so
// instead.
func (c *Client) unlessNew(id string, err error) error {
	if errors.Is(err, ErrGone) && c.ages.young(id) {
		return fmt.Errorf("instance %s: %w: it was launched less than %s ago, and may not be visible everywhere",
			id, ErrNotVisible, maxInvisible)
	}
	return err
}

// byID makes one look-up by id, together with others who look at about the same time. No instance
// and no error means that well-formed answers do not hold it.
func (c *Client) byID(ctx context.Context, id string, projectID *int64) (*kec.Instance, error) {
	if id == "" {
		return nil, kec.ErrEmptyID
	}
	in, err := c.looks.Do(ctx, id, projectID)
	return c.noteSeen(id, in), err
}

// noteSeen is the caller's own copy of what a shared answer shows of an instance, nil when it shows
// none. Its date of creation tells its age.
func (c *Client) noteSeen(id string, in *kec.Instance) *kec.Instance {
	if in == nil {
		return nil
	}
	if at, ok := in.CreatedAt(); ok {
		c.ages.create(id, at)
	}
	found := *in
	return &found
}

// bulk is how many look-ups at a time a list of all machines may answer.
const bulk = 2 * kec.MaxIDs

// lookUp looks up all requests by id, 100 in a request. Of many, those that a list shows are
// answered by it, where that takes fewer requests: an id only adds the proof that it is not there.
func (c *Client) lookUp(ctx context.Context, requests []*request[*kec.Instance]) error {
	if len(requests) > bulk {
		requests = c.notListed(ctx, requests)
	}
	var all sync.WaitGroup
	for some := range slices.Chunk(requests, kec.MaxIDs) {
		all.Go(func() { answerRest(some, describe.Guard(func() error { return c.byIDs(ctx, some) })) })
	}
	all.Wait()
	return nil
}

// notListed answers the requests for machines that a list of their projects shows, and returns the
// others. A list that fails, or that is longer than the look-ups by id, answers none.
func (c *Client) notListed(ctx context.Context, requests []*request[*kec.Instance]) []*request[*kec.Instance] {
	byID := (len(requests) + kec.MaxIDs - 1) / kec.MaxIDs
	var projects []int64
	for _, r := range requests {
		if id := projectOf(r.project); !slices.Contains(projects, id) {
			projects = append(projects, id)
		}
	}
	if len(projects) > kec.MaxIDs || pageCount(int(c.listed.Load())) >= byID {
		return requests
	}
	shown := map[string]*kec.Instance{}
	for p, err := range c.api.InstancePages(ctx, kec.InstanceQuery{Projects: projects, Size: kec.MaxPage}) {
		if err != nil {
			return requests
		}
		if c.listed.Store(int64(p.Total)); pageCount(p.Total) >= byID {
			return requests
		}
		for i, in := range p.Instances {
			shown[strings.ToLower(in.ID)] = &p.Instances[i]
		}
	}
	var left []*request[*kec.Instance]
	for _, r := range requests {
		if in := shown[strings.ToLower(r.id)]; in != nil {
			r.answer(in, nil)
		} else {
			left = append(left, r)
		}
	}
	return left
}

// byIDs looks up all requests by id: in one request within their projects, and in one without
// projects for those that this does not show and those that name no project. The second one is
// needed because an instance may be in another project, and its project may be gone.
func (c *Client) byIDs(ctx context.Context, requests []*request[*kec.Instance]) error {
	withProject := slices.DeleteFunc(slices.Clone(requests), func(r *request[*kec.Instance]) bool { return r.project == nil })
	if len(withProject) > 0 {
		answerRest(withProject, c.byIDsWithin(ctx, withProject))
	}
	var left, anywhere []*request[*kec.Instance]
	for _, r := range requests {
		if r.value == nil {
			left = append(left, r)
			anywhere = append(anywhere, &request[*kec.Instance]{id: r.id})
		}
	}
	if len(left) == 0 {
		return nil
	}
	answerRest(anywhere, c.byIDsWithin(ctx, anywhere))
	for i, r := range left {
		if then := anywhere[i]; then.value != nil {
			c.reach.note(then.value)
			r.answer(then.value, nil)
		} else {
			r.answer(nil, errors.Join(r.err, then.err))
		}
	}
	return nil
}

// byIDsWithin makes one look-up for all requests, in all their projects. If KEC refuses it, one odd
// id may be the reason, and each is looked up alone.
func (c *Client) byIDsWithin(ctx context.Context, requests []*request[*kec.Instance]) error {
	var projects []int64
	for _, r := range requests {
		if r.project != nil && !slices.Contains(projects, *r.project) {
			projects = append(projects, *r.project)
		}
	}
	p, err := c.api.DescribeInstancesPages(ctx, distinct(requests), projects)
	if err != nil {
		return eachAlone(c, requests, err, func(r *request[*kec.Instance]) error {
			return c.byIDsWithin(ctx, []*request[*kec.Instance]{r})
		})
	}
	answerFrom(&p, requests)
	return nil
}

// answerFrom answers all requests of a look-up by id with what it has shown. Where it has shown
// others instead, what is missing proves nothing.
func answerFrom(p *kec.InstancePage, requests []*request[*kec.Instance]) {
	shown := map[string]*kec.Instance{}
	for i, in := range p.Instances {
		shown[strings.ToLower(in.ID)] = &p.Instances[i]
	}
	for _, r := range requests {
		var doubt error
		in := shown[strings.ToLower(r.id)]
		if in == nil && len(p.Foreign)+p.Unnamed > 0 {
			doubt = fmt.Errorf("DescribeInstances was asked for instance %s and answered with others: that proves nothing", r.id)
		}
		r.answer(in, doubt)
	}
}
