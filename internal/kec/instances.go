package kec

import (
	"context"
	"errors"
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
	Marker, Size int      // the offset and the size of the page
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
	if q.Spot {
		list(params, "Filter.1.Name", []string{"charge-type"})
		// The sources differ about the value (facts 79 and 270: a name or a number, and both may be
		// given).
		list(params, "Filter.1.Value", []string{"Spot", "810"})
	}
	return params
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

// DescribeInstancesPages reads every page of one look-up: of at most 100 ids, or of everything
// without ids; in at most 100 projects, or without projects in the default one.
func (c *Client) DescribeInstancesPages(ctx context.Context, ids []string, projects []int64) (InstancePage, error) {
	var all InstancePage
	seen := map[string]bool{}
	for marker := 0; ; {
		p, err := c.DescribeInstancesPage(ctx, InstanceQuery{IDs: ids, Projects: projects, Marker: marker, Size: MaxPage})
		if err != nil {
			return InstancePage{}, err
		}
		fresh := all.Add(p, seen)
		marker += p.Elements
		// InstanceCount is taken for the total of all pages (fact 81: it counts all matches), but a
		// full page is followed up even if it is not. A page that brings nothing new ends the list,
		// whatever the marker did.
		if !fresh || len(ids) > 0 && len(all.Instances) == len(ids) || p.Elements < MaxPage && all.Total <= marker {
			return all, nil
		}
	}
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
