package machines

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// FleetQuery says which machines are a fleet's.
type FleetQuery struct {
	ID      string    // the value of FleetTagKey
	Project *int64    // where its machines are launched; nil for the default project
	Known   []string  // the ids that the state holds; without any, all projects are searched
	Since   time.Time // no machine of it is older, by KEC's clock; zero if that is not known
}

// FleetView is what KEC shows of a fleet.
type FleetView struct {
	Shown  []Listed // of the known ones and of all that bear its tag, with their tags; by creation, then id
	Gone   []string // known ones that are proven gone, as Find does it
	Hidden []string // known ones that a view which lags may hide (ErrNotVisible)
}

// Fleet looks at the machines of a fleet. It goes through the instances of the project once, a
// thousand in a request, and asks for the tags of those that are known or may be the fleet's, 100
// in a request. What the list does not show of the known ones is looked up by id. A machine that is
// being deleted and that is not known is left out. After an error the view is of no use.
func (c *Client) Fleet(ctx context.Context, q FleetQuery) (FleetView, error) {
	var view FleetView
	known := map[string]bool{}
	for _, id := range q.Known {
		known[strings.ToLower(id)] = true
	}
	filter := Filter{Project: q.Project, AnyCharge: true} // a run that was killed may have been the first with machines on demand
	if filter.Project == nil && len(known) > 0 {
		filter.Project = new(int64)
	}
	list, _ := c.List(ctx, filter, kec.MaxPage)
	var shown []Listed
	for in, err := range list {
		if err != nil {
			return view, err
		}
		id := strings.ToLower(in.ID)
		if known[id] || !Ending(in.State) && q.mayBe(in.Instance) {
			c.noteSeen(in.ID, in.Instance)
			shown = append(shown, in)
		}
		delete(known, id)
	}
	missing := slices.DeleteFunc(slices.Clone(q.Known), func(id string) bool { return !known[strings.ToLower(id)] })
	others, err := view.find(ctx, c, missing, q.Project)
	if err != nil {
		return view, err
	}
	shown = append(shown, others...)
	if err := c.tag(ctx, shown); err != nil {
		return view, err
	}
	for _, in := range shown {
		mine := slices.ContainsFunc(q.Known, func(id string) bool { return strings.EqualFold(id, in.ID) })
		if mine || strings.EqualFold(in.FleetID(), q.ID) {
			view.Shown = append(view.Shown, in)
		}
	}
	slices.SortStableFunc(view.Shown, func(a, b Listed) int {
		at, _ := a.CreatedAt()
		bt, _ := b.CreatedAt()
		return cmp.Or(at.Compare(bt), cmp.Compare(strings.ToLower(a.ID), strings.ToLower(b.ID)))
	})
	return view, nil
}

// dateSlack is how much a date of creation may be off: by eight hours where it names no zone, and
// by as much as our clock may be without KEC refusing our signatures.
const dateSlack = 8*time.Hour + 15*time.Minute

// mayBe tells whether a machine that is not known may be the fleet's.
func (q FleetQuery) mayBe(in *kec.Instance) bool {
	created, ok := in.CreatedAt()
	return !ok || q.Since.IsZero() || !created.Before(q.Since.Add(-dateSlack))
}

// find looks up known machines that a list does not show, all at once.
func (v *FleetView) find(ctx context.Context, c *Client, ids []string, project *int64) (shown []Listed, err error) {
	var mu sync.Mutex
	var finding sync.WaitGroup
	for _, id := range ids {
		finding.Go(func() {
			in, failed := c.Find(ctx, id, project)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case failed == nil:
				shown = append(shown, Listed{Instance: in})
			case errors.Is(failed, ErrGone):
				v.Gone = append(v.Gone, id)
			case errors.Is(failed, ErrNotVisible):
				v.Hidden = append(v.Hidden, id)
			default:
				err = failed
			}
		})
	}
	finding.Wait()
	slices.Sort(v.Gone)
	slices.Sort(v.Hidden)
	return shown, err
}

// tag asks for the tags of machines.
func (c *Client) tag(ctx context.Context, all []Listed) error {
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(parallelPages)
	for some := range slices.Chunk(all, kec.MaxIDs) {
		asking.Go(func() error {
			ids := make([]string, len(some))
			for i, in := range some {
				ids[i] = in.ID
			}
			tags, err := c.api.ListTagsByResourceIds(ctx, ids...)
			for i, in := range some {
				some[i].Tags = tags[in.ID]
			}
			return err
		})
	}
	return asking.Wait()
}
