package kec

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// InstanceQuery is what one request of DescribeInstances asks for.
type InstanceQuery struct {
	IDs          []string // at most 100; none means all
	Projects     []int64  // at most 100; none means the default
	Spot         bool     // only Spot Instances, as far as KEC knows the filter
	Zone         string   // only of this zone, type and state, as far as KEC knows the filters
	Type, State  string
	Marker, Size int // the offset and the size of the page
}

// InstancePage is one answer of DescribeInstances, or several put together.
type InstancePage struct {
	Instances []Instance
	Unnamed   int      // elements without an id
	Foreign   []string // ids that were not asked for
	Total     int      // as the answer counts, -1 when it does not
	Elements  int      // of one answer
}

func (q InstanceQuery) params() url.Values {
	params := url.Values{"MaxResults": {strconv.Itoa(q.Size)}, "Marker": {strconv.Itoa(q.Marker)}}
	list(params, "InstanceId", q.IDs)
	for i, id := range q.Projects {
		params.Set("ProjectId."+strconv.Itoa(i+1), strconv.FormatInt(id, 10))
	}
	filters := 0
	filter := func(name string, values ...string) {
		filters++
		at := "Filter." + strconv.Itoa(filters)
		list(params, at+".Name", []string{name})
		list(params, at+".Value", values)
	}
	if q.Spot {
		// The sources differ about the value (facts 79 and 270: a name or a number, and both may be
		// given).
		filter("charge-type", "Spot", "810")
	}
	for _, of := range []struct{ name, value string }{
		{"availability-zone-name", q.Zone}, {"instance-type", q.Type}, {"instance-state.name", q.State},
	} {
		if of.value != "" {
			filter(of.name, spellings(of.value)...)
		}
	}
	return params
}

// spellings are the ways in which KEC may write a word: whether its filters tell upper case from
// lower case is not known, and any of several values will do (fact 270).
func spellings(word string) []string {
	all := []string{word}
	for _, other := range []string{strings.ToLower(word), strings.ToUpper(word)} {
		if !slices.Contains(all, other) {
			all = append(all, other)
		}
	}
	return all
}

// DescribeInstancesPage reads one page of DescribeInstances. An answer without InstancesSet, or one
// that counts instances and holds none, is an error.
//
// It takes one request, unless the answer is too large to be read, because user data can be large.
// Then the page is read in two halves, and so are those that come after it.
func (c *Client) DescribeInstancesPage(ctx context.Context, q InstanceQuery) (InstancePage, error) {
	if fits := int(c.fits.Load()); fits > 0 && q.Size > fits {
		return c.halves(ctx, q)
	}
	p, err := c.instancePage(ctx, q)
	if half := smaller(q.Size); half > 0 && errors.Is(err, ksyun.ErrTooLarge) {
		c.fits.Store(int64(half))
		return c.halves(ctx, q)
	}
	return p, err
}

// halves reads a page as two of half the size. The second one is left out where the first one is
// the last. It may hold a few more than the page, where half is the smallest size.
func (c *Client) halves(ctx context.Context, q InstanceQuery) (InstancePage, error) {
	half := q
	half.Size = smaller(q.Size)
	p, err := c.DescribeInstancesPage(ctx, half)
	if err != nil || p.Elements < half.Size && p.Total <= q.Marker+p.Elements {
		return p, err
	}
	half.Marker, half.Size = q.Marker+p.Elements, max(minPage, q.Size-half.Size)
	next, err := c.DescribeInstancesPage(ctx, half)
	if err != nil {
		return InstancePage{}, err
	}
	seen := map[string]bool{}
	both := InstancePage{Elements: p.Elements + next.Elements}
	both.Add(p, seen)
	both.Add(next, seen)
	return both, nil
}

// instancePage makes one request of DescribeInstances.
func (c *Client) instancePage(ctx context.Context, q InstanceQuery) (InstancePage, error) {
	var p InstancePage
	err := c.read(ctx, action("DescribeInstances", q.params()), func(ans *ksyun.Answer) error {
		set, ok := ksyun.Array(ans.Fields["instancesset"])
		if !ok {
			return ans.Unusable("the answer holds no InstancesSet")
		}
		var count ksyun.Number
		ksyun.Decode(ans.Fields["instancecount"], &count)
		p.Elements, p.Total = len(set), int(count.IntOr(-1))
		if q.Marker == 0 && p.Elements == 0 && p.Total > 0 {
			return ans.Unusable("the answer counts %d instances and holds none", p.Total)
		}
		asked := map[string]bool{}
		for _, id := range q.IDs {
			asked[strings.ToLower(id)] = true
		}
		for _, raw := range set {
			switch in := decodeInstance(raw); {
			case in.ID == "":
				p.Unnamed++
			case len(asked) > 0 && !asked[strings.ToLower(in.ID)]:
				p.Foreign = append(p.Foreign, in.ID)
			default:
				in.RecyclingTime = releaseTime(in.RecyclingTime, c.Now())
				p.Instances = append(p.Instances, in)
			}
		}
		return nil
	})
	return p, err
}

// Add puts another page to p, each instance once. seen holds the ids of p in lower case. fresh
// reports that the page holds anything that p does not.
func (p *InstancePage) Add(next InstancePage, seen map[string]bool) (fresh bool) {
	p.Unnamed += next.Unnamed
	p.Total = next.Total
	for _, id := range next.Foreign {
		if id := strings.ToLower(id); !seen[id] {
			seen[id], fresh = true, true
			p.Foreign = append(p.Foreign, id)
		}
	}
	for _, in := range next.Instances {
		if id := strings.ToLower(in.ID); !seen[id] {
			seen[id], fresh = true, true
			p.Instances = append(p.Instances, in)
		}
	}
	return fresh
}

// InstancePages reads the pages of one look-up, one after the other from q.Marker on, until there
// are no more or nobody asks for the next. A page holds only what no page before it has shown. A
// size that is smaller than KEC takes counts as the smallest. After an error there is no other
// page.
func (c *Client) InstancePages(ctx context.Context, q InstanceQuery) iter.Seq2[InstancePage, error] {
	return func(yield func(InstancePage, error) bool) {
		seen, found := map[string]bool{}, 0
		q := q
		q.Size = max(q.Size, minPage)
		for {
			p, err := c.DescribeInstancesPage(ctx, q)
			if err != nil {
				yield(InstancePage{}, err)
				return
			}
			fresh := InstancePage{Elements: p.Elements}
			more := fresh.Add(p, seen)
			found += len(fresh.Instances)
			q.Marker += p.Elements
			if !yield(fresh, nil) {
				return
			}
			// InstanceCount is taken for the total of all pages (fact 81: it counts all matches), but
			// a full page is followed up unless the count is more than that page alone can hold. A
			// page that brings nothing new ends the list, whatever the marker did.
			last := p.Total <= q.Marker && (p.Elements < q.Size || p.Total > p.Elements)
			if !more || len(q.IDs) > 0 && found == len(q.IDs) || last {
				return
			}
		}
	}
}

// DescribeInstancesPages reads every page of one look-up: of at most 100 ids, or of everything
// without ids; in at most 100 projects, or without projects in the default one.
func (c *Client) DescribeInstancesPages(ctx context.Context, ids []string, projects []int64) (InstancePage, error) {
	var all InstancePage
	for p, err := range c.InstancePages(ctx, InstanceQuery{IDs: ids, Projects: projects, Size: MaxPage}) {
		if err != nil {
			return InstancePage{}, err
		}
		all.Instances, all.Foreign = append(all.Instances, p.Instances...), append(all.Foreign, p.Foreign...)
		all.Unnamed, all.Total = all.Unnamed+p.Unnamed, p.Total
	}
	return all, nil
}

// DescribeInstances returns the instances with these ids that KEC shows; one that is missing may
// still exist, machines.Find can tell. Without ids it returns all. projectID narrows the look-up to
// one project. Without it the documented default is project 0 only, while look-ups by id seem to
// reach every project (fact 76: both are said).
func (c *Client) DescribeInstances(ctx context.Context, ids []string, projectID *int64) ([]Instance, error) {
	var projects []int64
	if projectID != nil {
		projects = []int64{*projectID}
	}
	if len(ids) == 0 {
		p, err := c.DescribeInstancesPages(ctx, nil, projects)
		return p.Instances, err
	}
	if slices.Contains(ids, "") {
		return nil, ErrEmptyID
	}
	var all []Instance
	for chunk := range slices.Chunk(ids, MaxIDs) {
		p, err := c.DescribeInstancesPages(ctx, chunk, projects)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Instances...)
	}
	return all, nil
}
