package machines

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

const (
	// maxListAge is how old a list may be that answers a refresh. The reads of one refresh come a
	// few at a time, for as long as it lasts.
	maxListAge = 15 * time.Second
	// firstPageSize is the size of the page that tells how many instances there are.
	firstPageSize = 200
	// parallelPages bounds the pages that are under way together.
	parallelPages = 4
)

// refreshCache answers the reads of a refresh. The first few are looked up by id. When more come,
// the account's Spot Instances are listed, once for all of them, if that takes hardly more requests
// than ids have taken so far: only the end of a refresh shows whether it was of ten instances or of
// ten thousand. So a refresh never costs more than about twice as much as the better of the two
// ways.
type refreshCache struct {
	client    *Client
	listAfter int // reads before a list is thought of
	instances *batcher[*kec.Instance]
	tags      *batcher[map[string]string]

	mu        sync.Mutex
	list      *spotList      // the newest, which may be under way
	projects  map[int64]bool // of all reads so far
	lastAsked time.Time
	asked     int       // instances asked for in this refresh
	requests  int       // by id in this refresh, and for a list that was given up
	total     int       // of the instances, as last told; -1 before that
	failedAt  time.Time // when a list failed
}

// spotList is a list of the account's Spot Instances, in some projects.
type spotList struct {
	*sharedCall
	began    time.Time
	changes  uint64 // of ours when it began
	projects map[int64]bool

	shown map[string]*kec.Instance // by id in lower case; nil until it is read, and when that failed

	tags tagRequests
}

func newRefreshCache(c *Client, after int, instances, tags window) *refreshCache {
	r := &refreshCache{client: c, listAfter: after, projects: map[int64]bool{}, total: -1}
	r.tags = &batcher[map[string]string]{call: listTags, window: tags, maxItems: kec.MaxIDs, work: r.requestTags}
	r.instances = &batcher[*kec.Instance]{call: describe, window: instances, maxItems: kec.MaxPage, work: r.answer}
	return r
}

// Refresh is Find for a refresh: what it returns may be up to 15 seconds old, though never older
// than a change that was made with this client. Many reads share their requests. Whatever a list
// does not hold is looked up by its id, because only that can prove an absence.
func (c *Client) Refresh(ctx context.Context, id string, projectID *int64) (*kec.Instance, error) {
	if id == "" {
		return nil, kec.ErrEmptyID
	}
	if l := c.refresh.listOf(projectOf(projectID)); l.read(ctx) {
		if in := c.noteSeen(id, l.shown[strings.ToLower(id)]); in != nil {
			return in, nil
		}
		return c.Find(ctx, id, projectID)
	}
	in, err := c.refresh.instances.Do(ctx, id, projectID)
	if in = c.noteSeen(id, in); in != nil || err != nil {
		return in, err
	}
	in, err = c.completeProof(ctx, id, projectID)
	return in, c.unlessNew(id, err)
}

// read waits for the list, and reports that it could be read.
func (l *spotList) read(ctx context.Context) bool {
	return l != nil && l.join(ctx) && l.wait(ctx) == nil && l.shown != nil
}

// listOf is the list that may answer a read of an instance in a project now, nil for none.
func (r *refreshCache) listOf(project int64) *spotList {
	r.mu.Lock()
	defer r.mu.Unlock()
	if l := r.list; l != nil && r.fresh(l) && l.projects[project] {
		return l
	}
	return nil
}

// fresh reports a list that is not too old for what is asked for now, and no older than our last
// change.
func (r *refreshCache) fresh(l *spotList) bool {
	age := r.client.api.LocalNow().Sub(l.began)
	return age >= 0 && age < maxListAge && l.changes == r.client.api.Changes()
}

// answer answers a few reads: from a list, which it begins if that pays, or by their ids. What the
// list does not show is looked up by its id too.
func (r *refreshCache) answer(ctx context.Context, reads []*request[*kec.Instance]) error {
	left := reads
	if l := r.beginList(reads); l != nil {
		go r.fetch(context.WithoutCancel(ctx), l)
		if l.read(ctx) {
			left = nil
			for _, read := range reads {
				if in := l.shown[strings.ToLower(read.id)]; in != nil {
					read.answer(in, nil)
				} else {
					left = append(left, read)
				}
			}
		}
	}
	var all sync.WaitGroup
	for some := range slices.Chunk(left, kec.MaxIDs) {
		r.mu.Lock()
		r.requests++
		r.mu.Unlock()
		all.Go(func() {
			answerRest(some, describe.Guard(func() error { return r.client.byIDs(ctx, some) }))
		})
	}
	all.Wait()
	return nil
}

// beginList counts the reads, and returns a new list when it is time for one.
func (r *refreshCache) beginList(reads []*request[*kec.Instance]) *spotList {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.client.api.LocalNow()
	if now.Sub(r.lastAsked) > maxListAge {
		r.asked, r.requests = 0, 0
	}
	r.lastAsked = now
	r.asked += len(reads)
	for _, read := range reads {
		r.projects[projectOf(read.project)] = true
	}
	if r.asked <= r.listAfter || len(r.projects) > kec.MaxIDs || now.Sub(r.failedAt) < maxListAge ||
		r.total >= 0 && !r.pays(pageCount(r.total)) {
		return nil
	}
	r.list = &spotList{
		sharedCall: &sharedCall{done: make(chan struct{}), endless: true}, began: now, changes: r.client.api.Changes(),
		projects: maps.Clone(r.projects), tags: tagRequests{byID: map[string]*tagRequest{}},
	}
	return r.list
}

// pageCount is how many pages so many instances fill.
func pageCount(n int) int {
	if n <= 0 {
		return 0
	}
	return (n-1)/kec.MaxPage + 1
}

// pays reports that a list of so many requests pays, after what ids have cost. The lock is held.
func (r *refreshCache) pays(requests int) bool { return requests <= r.requests+1 }

// fetch reads the list. If that fails, reads go by id, and nothing else comes of it.
func (r *refreshCache) fetch(ctx context.Context, l *spotList) {
	defer close(l.done)
	ctx, free := l.context(ctx)
	defer free()
	var all *kec.InstancePage
	err := describe.Guard(func() (err error) {
		all, err = r.readList(ctx, l)
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil && all == nil:
		r.requests++
	case err != nil:
		r.failedAt = r.client.api.LocalNow()
	default:
		l.shown = map[string]*kec.Instance{}
		for i, in := range all.Instances {
			l.shown[strings.ToLower(in.ID)] = &all.Instances[i]
			l.tags.order = append(l.tags.order, in.ID)
		}
		return
	}
	if r.list == l {
		r.list = nil
	}
}

// readList reads all pages, twice if they do not add up, because instances that come and go
// meanwhile move the others from page to page (fact 271: the count is of all matches). What the
// pages hold is true even so. No pages and no error mean that there are too many.
func (r *refreshCache) readList(ctx context.Context, l *spotList) (*kec.InstancePage, error) {
	r.mu.Lock()
	size := kec.MaxPage
	if r.total < 0 {
		size = firstPageSize
	}
	r.mu.Unlock()
	query := kec.InstanceQuery{Projects: slices.Sorted(maps.Keys(l.projects)), Spot: true, Size: size}
	for try := 1; ; try++ {
		all, whole, err := r.readPages(ctx, query)
		if all == nil || err != nil || whole || try == 2 {
			return all, err
		}
		query.Size = kec.MaxPage
	}
}

// readPages reads all pages once; whole reports that they add up.
func (r *refreshCache) readPages(ctx context.Context, query kec.InstanceQuery) (all *kec.InstancePage, whole bool, err error) {
	first, err := r.client.api.DescribeInstancesPage(ctx, query)
	if err != nil {
		return nil, false, err
	}
	total := first.Total
	if total < 0 {
		return nil, false, errors.New("the answer does not count the instances")
	}
	rest := pageCount(total - first.Elements)
	r.mu.Lock()
	r.total = total
	pays := r.pays(rest)
	r.mu.Unlock()
	if !pays {
		return nil, false, nil
	}
	next := make([]kec.InstancePage, rest)
	together, ctx := errgroup.WithContext(ctx)
	together.SetLimit(parallelPages)
	for i := range next {
		together.Go(func() (err error) {
			q := query
			q.Marker, q.Size = first.Elements+i*kec.MaxPage, kec.MaxPage
			next[i], err = r.client.api.DescribeInstancesPage(ctx, q)
			return err
		})
	}
	if err := together.Wait(); err != nil {
		return nil, false, err
	}
	all, whole = &kec.InstancePage{}, true
	seen := map[string]bool{}
	for _, p := range append([]kec.InstancePage{first}, next...) {
		whole = whole && p.Total == total
		all.Add(p, seen)
	}
	return all, whole && all.Unnamed == 0 && len(all.Instances) == total, nil
}
