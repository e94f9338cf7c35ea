package machines

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// tagRequests are the requests for the tags of the instances of a list.
type tagRequests struct {
	mu    sync.Mutex
	order []string               // ids of the list; those that nobody has asked for yet are among them
	byID  map[string]*tagRequest // by id in lower case

	noNeighbours atomic.Bool // tags are refused for some of the instances that nobody has asked for
}

// tagRequest is one request for the tags of several instances of a list.
type tagRequest struct {
	done chan struct{} // closed when the rest is there
	ids  []string      // as they were asked for
	tags map[string]map[string]string
	err  error
}

// of returns the tags of an instance. It is not ok if there are none for its id in another
// spelling, which proves nothing.
func (t *tagRequest) of(id string) (tags map[string]string, ok bool) {
	tags, ok = t.tags[strings.ToLower(id)]
	return maps.Clone(tags), ok && t.err == nil && (len(tags) > 0 || slices.Contains(t.ids, id))
}

// RefreshTags is ListTagsByResourceIds for one instance of a refresh: as old as what Refresh
// returns, and with shared requests.
func (c *Client) RefreshTags(ctx context.Context, id string) (map[string]string, error) {
	if t := c.refresh.tagRequest(id); t != nil {
		select {
		case <-t.done:
			if tags, ok := t.of(id); ok {
				return tags, nil
			}
		case <-ctx.Done():
		}
	}
	return c.refresh.tags.Do(ctx, id, nil)
}

// tagRequest is the request that has asked for the tags of an instance of the list, nil when there
// is none.
func (r *refreshCache) tagRequest(id string) *tagRequest {
	l := r.freshList(true)
	if l == nil {
		return nil
	}
	l.tags.mu.Lock()
	defer l.tags.mu.Unlock()
	return l.tags.byID[strings.ToLower(id)]
}

// freshList is the list that is fresh and either complete or still under way, nil without one.
func (r *refreshCache) freshList(complete bool) *spotList {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.list
	if l == nil || !r.fresh(l) {
		return nil
	}
	select {
	case <-l.done:
		if complete {
			return l
		}
	default:
		if !complete {
			return l
		}
	}
	return nil
}

// requestTags makes one request for the tags of all who ask, and fills it up with neighbours in the
// list, because whoever reads one of them will probably read the others.
func (r *refreshCache) requestTags(ctx context.Context, requests []*request[map[string]string]) error {
	// Without this wait there would be a request for a few now, and one for the rest later.
	if l := r.freshList(false); l != nil && l.join(ctx) {
		if err := l.wait(ctx); err != nil {
			return err
		}
	}
	ids := distinct(requests)
	t := &tagRequest{done: make(chan struct{})}
	defer close(t.done)
	all, l := ids, r.freshList(true)
	if l != nil {
		all = l.tags.fillUp(ids, t)
	}
	t.ids = all
	t.tags, t.err = r.listTags(ctx, all)
	if len(all) > len(ids) && r.client.maybeOneID(t.err) { // a neighbour may be the reason
		l.tags.noNeighbours.Store(true)
		t.ids = ids
		t.tags, t.err = r.listTags(ctx, ids)
	}
	if t.err != nil {
		return eachAlone(r.client, requests, t.err, func(one *request[map[string]string]) error {
			tags, err := r.client.api.ListTagsByResourceIds(ctx, one.id)
			one.answer(tags[one.id], err)
			return nil
		})
	}
	for _, one := range requests {
		one.answer(maps.Clone(t.tags[strings.ToLower(one.id)]), nil)
	}
	return nil
}

// listTags is ListTagsByResourceIds, by id in lower case.
func (r *refreshCache) listTags(ctx context.Context, ids []string) (map[string]map[string]string, error) {
	tags, err := r.client.api.ListTagsByResourceIds(ctx, ids...)
	lower := make(map[string]map[string]string, len(tags))
	for id, its := range tags {
		lower[strings.ToLower(id)] = its
	}
	return lower, err
}

// fillUp adds, to the ids of a request for tags, the next ones of the list for which nobody has
// asked yet.
func (q *tagRequests) fillUp(ids []string, t *tagRequest) []string {
	if q.noNeighbours.Load() {
		return ids
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	all := slices.Clone(ids)
	for _, id := range ids {
		q.byID[strings.ToLower(id)] = t
	}
	for len(q.order) > 0 && len(all) < kec.MaxIDs {
		id := q.order[0]
		q.order = q.order[1:]
		if lower := strings.ToLower(id); q.byID[lower] == nil {
			q.byID[lower] = t
			all = append(all, id)
		}
	}
	return all
}
