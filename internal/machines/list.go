package machines

import (
	"context"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Filter selects machines of a list. What is left empty selects all.
//
// KEC is asked for the zone, type and state, in several spellings, because less is read then. What
// it answers is compared once more here, in any case, and so is all the rest. A zone, type or state
// that the answer leaves out is taken for the one that was asked for.
type Filter struct {
	Zone, Type, State string
	Name              *regexp.Regexp // matches a part of the name
	Project           *int64         // nil for all projects of the account
	Tags              map[string]string
	BeingReclaimed    *bool // whether KEC has announced a release
	WithTags          bool  // the tags are wanted, even where none are selected by
	AnyCharge         bool  // machines of other charge types than Spot, too
}

// Listed is a machine of a list.
type Listed struct {
	*kec.Instance
	Tags map[string]string // all of them, those of this package and KEC's own too; nil unless asked for
}

// Launched tells whether Launch has made the machine: it bears the mark of a launch.
func (l Listed) Launched() bool { return launchTagOf(l.Tags) != "" }

// FleetID is the id of the fleet that the machine belongs to, "" for none.
func (l Listed) FleetID() string { return tagOf(l.Tags, FleetTagKey) }

// passes tells whether a machine passes the filter, but for its tags.
func (f Filter) passes(in *kec.Instance) bool {
	other := func(now, want string) bool { return want != "" && now != "" && !strings.EqualFold(now, want) }
	switch {
	case in.ChargeType != "" && !in.Spot() && !f.AnyCharge,
		other(in.Zone, f.Zone), other(in.Type, f.Type), other(in.State, f.State),
		f.Project != nil && in.ProjectID != nil && *in.ProjectID != *f.Project,
		f.Name != nil && !f.Name.MatchString(in.Name),
		f.BeingReclaimed != nil && *f.BeingReclaimed != (in.RecyclingTime != ""):
		return false
	}
	return true
}

// hasTags tells whether tags hold all those that the filter names.
func (f Filter) hasTags(tags map[string]string) bool {
	for key, want := range f.Tags {
		if value, there := tags[key]; !there || value != want {
			return false
		}
	}
	return true
}

// pageSize is how many machines one request asks for: no more than are wanted at a time, where KEC
// knows all of the filter, else as many as it gives.
func (f Filter) pageSize(batch int) int {
	if f.Name != nil || len(f.Tags) > 0 || f.BeingReclaimed != nil {
		return kec.MaxPage
	}
	return min(batch, kec.MaxPage)
}

// List lists the account's Spot Instances that pass a filter, whatever their state, each once, in
// the order in which KEC has them. It reads page by page, and no further than it is asked. Batch is
// how many machines it hands over at a time: it asks for the tags of as many, 100 in a request, and
// of none that the rest of the filter leaves out. After an error there are no more.
//
// Without a project the machines of all projects of the account are listed. Where the list of
// projects cannot be had, everywhere is false, and they are those of the default project.
func (c *Client) List(ctx context.Context, f Filter, batch int) (all iter.Seq2[Listed, error], everywhere bool) {
	projects := [][]int64{nil}
	if everywhere = true; f.Project != nil {
		projects[0] = []int64{*f.Project}
	} else if known := c.accountProjects(ctx); known != nil {
		known = append(slices.Clone(known), 0) // the default one, which need not be among them
		slices.Sort(known)
		projects = slices.Collect(slices.Chunk(slices.Compact(known), kec.MaxIDs))
	} else {
		everywhere = false
	}
	return func(yield func(Listed, error) bool) {
		l := &listing{client: c, filter: f, batch: batch, seen: map[string]bool{}}
		for _, some := range projects {
			if !l.read(ctx, some, yield) {
				return
			}
		}
		l.handOver(ctx, len(l.waiting), yield)
	}, everywhere
}

// listing is one list under way.
type listing struct {
	client  *Client
	filter  Filter
	batch   int
	seen    map[string]bool // machines that have passed, by id in lower case
	waiting []Listed        // those that have not been handed over
}

// read reads the machines of some projects, twice if the pages do not add up, because machines that
// come and go meanwhile move the others from page to page (fact 271: the count is of all matches).
// It is false when there is to be no more.
func (l *listing) read(ctx context.Context, projects []int64, yield func(Listed, error) bool) bool {
	query := kec.InstanceQuery{
		Projects: projects, Spot: !l.filter.AnyCharge, Zone: l.filter.Zone, Type: l.filter.Type, State: l.filter.State, Size: l.filter.pageSize(l.batch),
	}
	for try := 1; try <= 2; try++ {
		total, found, moved := -1, 0, false
		for p, err := range l.client.api.InstancePages(ctx, query) {
			if err != nil {
				yield(Listed{}, err)
				return false
			}
			moved = moved || total >= 0 && p.Total != total
			total, found = p.Total, found+len(p.Instances)+p.Unnamed
			l.take(p.Instances)
			for len(l.waiting) >= l.batch {
				if !l.handOver(ctx, l.batch, yield) {
					return false
				}
			}
		}
		if !moved && found >= total {
			break
		}
	}
	return true
}

// take keeps those of a page that pass the filter, and that have not passed before.
func (l *listing) take(page []kec.Instance) {
	for i := range page {
		in := &page[i]
		if id := strings.ToLower(in.ID); !l.seen[id] && l.filter.passes(in) {
			l.seen[id] = true
			l.waiting = append(l.waiting, Listed{Instance: in})
		}
	}
}

// handOver asks for the tags of the first n that wait, and hands over those that have the tags of
// the filter. It is false when there is to be no more.
func (l *listing) handOver(ctx context.Context, n int, yield func(Listed, error) bool) bool {
	ready := l.waiting[:n]
	l.waiting = l.waiting[n:]
	if n > 0 && (l.filter.WithTags || len(l.filter.Tags) > 0) {
		ids := make([]string, n)
		for i, one := range ready {
			ids[i] = one.ID
		}
		tags, err := l.client.api.ListTagsByResourceIds(ctx, ids...)
		if err != nil {
			yield(Listed{}, err)
			return false
		}
		for i, one := range ready {
			ready[i].Tags = tags[one.ID]
		}
	}
	for _, one := range ready {
		if l.filter.hasTags(one.Tags) && !yield(one, nil) {
			return false
		}
	}
	return true
}
