package machines

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// maxProjectsAge is how long the list of the account's projects, or that it cannot be had, is
// remembered. A machine may be moved to a project that is new.
const maxProjectsAge = 30 * time.Second

// reach is what is known of the projects that look-ups by id see. Without a project they see every
// project or the default one only (facts 76 and 274: both are said).
type reach struct {
	everywhere atomic.Bool // a look-up without a project has shown a machine of another one

	turn     chan struct{} // holds one while somebody asks, so that the others can stop waiting
	askedAt  time.Time     // on the local clock
	projects []int64       // of the account; nil where they cannot be had
}

// note learns from an instance that a look-up without a project has shown.
func (r *reach) note(in *kec.Instance) {
	if in.ProjectID != nil && *in.ProjectID != 0 {
		r.everywhere.Store(true)
	}
}

// accountProjects are the projects of the account, nil where they cannot be had, and when the
// context ends.
func (c *Client) accountProjects(ctx context.Context) []int64 {
	select {
	case c.reach.turn <- struct{}{}:
		defer func() { <-c.reach.turn }()
	case <-ctx.Done():
		return nil
	}
	if now := c.api.LocalNow(); c.reach.askedAt.IsZero() || now.Sub(c.reach.askedAt).Abs() > maxProjectsAge {
		projects, err := c.api.GetAccountAllProjectList(ctx)
		if err != nil && ctx.Err() != nil {
			return nil // which says nothing to the others
		}
		// Another failure leaves nil: without that permission, look-ups without a project have to do.
		c.reach.projects, c.reach.askedAt = projects, now
	}
	return c.reach.projects
}

// provenGone is the end of a proof, after two look-ups that do not show the instance: two more in
// all projects of the account, because somebody may have moved the machine to another one. They are
// left out where look-ups are known to reach every project, and where there is only one.
func (c *Client) provenGone(ctx context.Context, id string) (*kec.Instance, error) {
	for look := range 2 {
		if c.reach.everywhere.Load() {
			break
		}
		if look > 0 {
			if err := c.api.Sleep(ctx, proofGap); err != nil {
				return nil, err
			}
		}
		projects := c.accountProjects(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(projects, func(id int64) bool { return id != 0 }) {
			break
		}
		in, err := c.wide.Do(ctx, id, nil)
		if in = c.noteSeen(id, in); in != nil || err != nil {
			return in, err
		}
	}
	return nil, fmt.Errorf("instance %s: %w", id, ErrGone)
}

// inAllProjects looks up all requests by id, in all projects of the account.
func (c *Client) inAllProjects(ctx context.Context, requests []*request[*kec.Instance]) error {
	projects := c.accountProjects(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	var all kec.InstancePage
	seen := map[string]bool{}
	for some := range slices.Chunk(projects, kec.MaxIDs) {
		p, err := c.api.DescribeInstancesPages(ctx, distinct(requests), some)
		if err != nil {
			return eachAlone(c, requests, err, func(r *request[*kec.Instance]) error {
				return c.inAllProjects(ctx, []*request[*kec.Instance]{r})
			})
		}
		all.Add(p, seen)
	}
	answerFrom(&all, requests)
	return nil
}
