package kec

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// shelfLife is how old a list may be that answers a read. Reads of one refresh come a few at a time, for as long as it lasts.
	shelfLife = 15 * time.Second
	// firstPage is the size of the page that tells how many there are.
	firstPage = 200
	// pagesAtOnce bounds the pages that are under way together.
	pagesAtOnce = 4
)

// shelf answers reads. The first few are looked up by id; when more come, the account's Spot Instances are listed, once for all of
// them, where that takes hardly more requests than ids have taken so far: whether a refresh is of ten instances or of ten
// thousand is known only in the end. So what is spent is never more than about twice what the better way would have cost.
type shelf struct {
	client *Client
	few    int                // reads before a list is thought of
	reads  *gather[*Instance] // nil for what nothing shows; it has been looked up by its id then
	tags   *gather[map[string]string]

	mu       sync.Mutex
	list     *listing       // the newest, which may be under way
	projects map[int64]bool // of all reads so far
	last     time.Time      // when something was asked for
	ids      int            // asked for in this refresh
	spent    int            // requests by id in this refresh, and for a list that was given up
	total    int            // of the instances, as last told; -1 before that
	failed   time.Time      // when a list failed
}

// listing is a list of the account's Spot Instances, in some projects.
type listing struct {
	*flight
	began    time.Time
	changes  uint64 // of ours when it began
	projects map[int64]bool

	shown  map[string]*Instance // by id in lower case; nil until it is read, and when it could not be
	mu     sync.Mutex
	order  []string            // ids for whose tags nobody has asked yet, and some others
	tagged map[string]*tagging // by id in lower case
	closed atomic.Bool         // tags are refused for some of the others
}

// tagging is one request for the tags of several instances of a list.
type tagging struct {
	done chan struct{} // closed when the rest is there
	tags map[string]map[string]string
	err  error
}

func newShelf(c *Client, cfg *config) *shelf {
	s := &shelf{client: c, few: cfg.few, projects: map[int64]bool{}, total: -1}
	s.tags = &gather[map[string]string]{call: call{service: tagService, action: "ListTagsByResourceIds"}, within: cfg.looks, most: maxIDs, work: s.lookTags}
	s.reads = &gather[*Instance]{call: call{service: kecService, action: "DescribeInstances"}, within: cfg.reads, most: maxPage, work: s.choose}
	return s
}

// ReadInstance is FindInstance for a refresh: what it returns may be up to 15 seconds old, though never older than a change that
// was made with this client. Many reads share their requests. Whatever a list does not hold is looked up by its id: only
// that can prove an absence.
func (c *Client) ReadInstance(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	if id == "" {
		return nil, errEmptyID
	}
	if l := c.shelf.current(projectOf(projectID)); l.read(ctx) {
		if in := c.saw(id, l.shown[strings.ToLower(id)]); in != nil {
			return in, nil
		}
		return c.FindInstance(ctx, id, projectID)
	}
	in, err := c.shelf.reads.do(ctx, id, projectID)
	if in = c.saw(id, in); in != nil || err != nil {
		return in, err
	}
	in, err = c.lookAgain(ctx, id, projectID)
	return in, c.visible(id, err)
}

// read waits for the list, and reports that it could be read.
func (l *listing) read(ctx context.Context) bool {
	return l != nil && l.join(ctx) && l.wait(ctx) == nil && l.shown != nil
}

// projectOf is the project to which an instance belongs that names none.
func projectOf(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}

// current is the list that may answer a read of an instance in a project now, nil for none.
func (s *shelf) current(project int64) *listing {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.list; l != nil && s.fresh(l) && l.projects[project] {
		return l
	}
	return nil
}

// fresh reports a list that is not too old for what is asked for now, and no older than our last change.
func (s *shelf) fresh(l *listing) bool {
	age := s.client.clock.now().Sub(l.began)
	return age >= 0 && age < shelfLife && l.changes == s.client.changes.Load()
}

// choose decides how a few reads are answered: from a list, which it begins, or by their ids. What the list does not show is looked
// up by its id too.
func (s *shelf) choose(ctx context.Context, asks []*ask[*Instance]) error {
	left := asks
	if l := s.begin(asks); l != nil {
		go s.fetch(context.WithoutCancel(ctx), l)
		if l.read(ctx) {
			left = nil
			for _, a := range asks {
				if in := l.shown[strings.ToLower(a.id)]; in != nil {
					a.answer(in, nil)
				} else {
					left = append(left, a)
				}
			}
		}
	}
	var all sync.WaitGroup
	for some := range slices.Chunk(left, maxIDs) {
		s.mu.Lock()
		s.spent++
		s.mu.Unlock()
		all.Go(func() {
			what := s.reads.call
			answerRest(some, what.guarded(func() error { return s.client.lookBoth(ctx, some) }))
		})
	}
	all.Wait()
	return nil
}

func (s *shelf) begin(asks []*ask[*Instance]) *listing {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.client.clock.now()
	if now.Sub(s.last) > shelfLife {
		s.ids, s.spent = 0, 0
	}
	s.last = now
	s.ids += len(asks)
	for _, a := range asks {
		s.projects[projectOf(a.project)] = true
	}
	if s.ids <= s.few || len(s.projects) > maxIDs || now.Sub(s.failed) < shelfLife || s.total >= 0 && !s.worth(pages(s.total)) {
		return nil
	}
	s.list = &listing{
		flight: &flight{done: make(chan struct{}), endless: true}, began: now, changes: s.client.changes.Load(), projects: maps.Clone(s.projects), tagged: map[string]*tagging{},
	}
	return s.list
}

// pages is how many pages so many instances fill.
func pages(n int) int {
	if n <= 0 {
		return 0
	}
	return (n-1)/maxPage + 1
}

// worth reports that so many requests are worth a list, after what ids have cost. Holds the lock.
func (s *shelf) worth(requests int) bool { return requests <= s.spent+1 }

// fetch reads the list. What is wrong with it only means that reads go by id.
func (s *shelf) fetch(ctx context.Context, l *listing) {
	defer close(l.done)
	ctx, free := l.context(ctx)
	defer free()
	var all *page
	what := s.reads.call
	err := what.guarded(func() (err error) {
		all, err = s.pages(ctx, l)
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil && all == nil:
		s.spent++
	case err != nil:
		s.failed = s.client.clock.now()
	default:
		l.shown = map[string]*Instance{}
		for i, in := range all.instances {
			l.shown[strings.ToLower(in.ID)] = &all.instances[i]
			l.order = append(l.order, in.ID)
		}
		return
	}
	if s.list == l {
		s.list = nil
	}
}

// pages reads all pages, twice if they do not add up: instances that come and go meanwhile move the others from page to page (fact 271). What
// they hold is true even so. No pages and no error means that there are too many.
func (s *shelf) pages(ctx context.Context, l *listing) (*page, error) {
	size := maxPage
	if s.counted() < 0 {
		size = firstPage
	}
	what := selection{projects: slices.Sorted(maps.Keys(l.projects)), spot: true, size: size}
	for try := 1; ; try++ {
		all, whole, err := s.sequence(ctx, what)
		if all == nil || err != nil || whole || try == 2 {
			return all, err
		}
		what.size = maxPage
	}
}

func (s *shelf) counted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// sequence reads all pages once; whole reports that they add up.
func (s *shelf) sequence(ctx context.Context, what selection) (all *page, whole bool, err error) {
	first, length, err := s.client.onePage(ctx, what)
	if err != nil {
		return nil, false, err
	}
	total := first.total
	if total < 0 {
		return nil, false, errors.New("the answer does not count the instances")
	}
	rest := pages(total - length)
	s.mu.Lock()
	s.total = total
	worth := s.worth(rest)
	s.mu.Unlock()
	if !worth {
		return nil, false, nil
	}
	next := make([]page, rest)
	together, ctx := errgroup.WithContext(ctx)
	together.SetLimit(pagesAtOnce)
	for i := range next {
		together.Go(func() (err error) {
			what := what
			what.marker, what.size = length+i*maxPage, maxPage
			next[i], _, err = s.client.onePage(ctx, what)
			return err
		})
	}
	if err := together.Wait(); err != nil {
		return nil, false, err
	}
	all, whole = &page{}, true
	seen := map[string]bool{}
	for _, p := range append([]page{first}, next...) {
		whole = whole && p.total == total
		all.add(p, seen)
	}
	return all, whole && all.unnamed == 0 && len(all.instances) == total, nil
}

// ReadTags is ListTagsByResourceIds for one instance of a refresh, as ReadInstance is FindInstance: as old, and with shared requests.
func (c *Client) ReadTags(ctx context.Context, id string) (map[string]string, error) {
	if t := c.shelf.tagging(id); t != nil {
		select {
		case <-t.done:
			if tags, ok := t.tags[strings.ToLower(id)]; ok && t.err == nil {
				return maps.Clone(tags), nil
			}
		case <-ctx.Done():
		}
	}
	return c.shelf.tags.do(ctx, id, nil)
}

// tagging is the request that has asked for the tags of an instance of the list, nil when there is none.
func (s *shelf) tagging(id string) *tagging {
	l := s.newest(true)
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tagged[strings.ToLower(id)]
}

// newest is the list that is fresh; complete or still under way.
func (s *shelf) newest(complete bool) *listing {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.list
	if l == nil || !s.fresh(l) {
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

// lookTags makes one request for the tags of all who ask, and fills it up with neighbours in the list: whoever reads one of them will
// probably read the others.
func (s *shelf) lookTags(ctx context.Context, asks []*ask[map[string]string]) error {
	if l := s.newest(false); l != nil && l.join(ctx) { // else there would be a request for a few now, and for the rest later
		if err := l.wait(ctx); err != nil {
			return err
		}
	}
	ids := distinct(asks)
	t := &tagging{done: make(chan struct{})}
	defer close(t.done)
	all, l := ids, s.newest(true)
	if l != nil {
		all = l.fill(ids, t)
	}
	t.tags, t.err = s.tagsOf(ctx, all)
	if len(all) > len(ids) && s.client.refusedTogether(t.err) { // a neighbour may be the reason
		l.closed.Store(true)
		t.tags, t.err = s.tagsOf(ctx, ids)
	}
	if t.err != nil {
		return alone(s.client, asks, t.err, func(a *ask[map[string]string]) error {
			tags, err := s.client.ListTagsByResourceIds(ctx, a.id)
			a.answer(tags[a.id], err)
			return nil
		})
	}
	for _, a := range asks {
		a.answer(maps.Clone(t.tags[strings.ToLower(a.id)]), nil)
	}
	return nil
}

// tagsOf is ListTagsByResourceIds, by id in lower case.
func (s *shelf) tagsOf(ctx context.Context, ids []string) (map[string]map[string]string, error) {
	tags, err := s.client.ListTagsByResourceIds(ctx, ids...)
	lower := make(map[string]map[string]string, len(tags))
	for id, its := range tags {
		lower[strings.ToLower(id)] = its
	}
	return lower, err
}

// fill adds, to the ids of a request for tags, the next ones of the list for which nobody has asked yet.
func (l *listing) fill(ids []string, t *tagging) []string {
	if l.closed.Load() {
		return ids
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(ids)
	for _, id := range ids {
		l.tagged[strings.ToLower(id)] = t
	}
	for len(l.order) > 0 && len(all) < maxIDs {
		id := l.order[0]
		l.order = l.order[1:]
		if lower := strings.ToLower(id); l.tagged[lower] == nil {
			l.tagged[lower] = t
			all = append(all, id)
		}
	}
	return all
}
