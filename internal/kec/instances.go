package kec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxIDs  = 100  // ids in one request (fact 75)
	maxPage = 1000 // instances in one page of DescribeInstances (fact 77)
)

// errEmptyID stops a look-up by id that KEC could take for one without, which lists everything.
var errEmptyID = errors.New("an id is empty")

// page is one answer of DescribeInstances, or several put together.
type page struct {
	instances []Instance
	unnamed   int      // elements without an id
	foreign   []string // ids that were not asked for
	total     int      // as the answer counts, -1 when it does not
}

// selection is what one request of DescribeInstances asks for.
type selection struct {
	ids          []string
	projects     []int64 // at most maxIDs; none means the default
	spot         bool    // only Spot Instances, as far as KEC knows the filter
	marker, size int
}

func (s selection) params() url.Values {
	params := url.Values{"MaxResults": {strconv.Itoa(s.size)}, "Marker": {strconv.Itoa(s.marker)}}
	list(params, "InstanceId", s.ids)
	for i, id := range s.projects {
		params.Set("ProjectId."+strconv.Itoa(i+1), strconv.FormatInt(id, 10))
	}
	if s.spot {
		list(params, "Filter.1.Name", []string{"charge-type"})
		list(params, "Filter.1.Value", []string{"Spot", "810"}) // the sources differ about which it is (facts 79, 270)
	}
	return params
}

// onePage makes one request. length is the number of elements of the answer.
func (c *Client) onePage(ctx context.Context, s selection) (p page, length int, err error) {
	err = c.ask(ctx, &call{service: kecService, action: "DescribeInstances", version: kecVersion, form: s.params()}, func(ans *answer) error {
		set, ok := array(ans.fields["instancesset"])
		if !ok {
			return ans.malformed("the answer holds no InstancesSet")
		}
		var count number
		decode(ans.fields["instancecount"], &count)
		length, p.total = len(set), int(count.intOr(-1))
		if s.marker == 0 && length == 0 && p.total > 0 {
			return ans.malformed("the answer counts %d instances and holds none", p.total)
		}
		asked := map[string]bool{}
		for _, id := range s.ids {
			asked[strings.ToLower(id)] = true
		}
		for _, raw := range set {
			switch in := decodeInstance(raw); {
			case in.ID == "":
				p.unnamed++
			case len(asked) > 0 && !asked[strings.ToLower(in.ID)]:
				p.foreign = append(p.foreign, in.ID)
			default:
				p.instances = append(p.instances, in)
			}
		}
		return nil
	})
	return p, length, err
}

// add puts a page to the others, and reports whether it holds anything that they do not.
func (p *page) add(next page, seen map[string]bool) (fresh bool) {
	p.unnamed += next.unnamed
	p.total = next.total
	for _, id := range next.foreign {
		if id := strings.ToLower(id); !seen[id] {
			seen[id], fresh = true, true
			p.foreign = append(p.foreign, id)
		}
	}
	for _, in := range next.instances {
		if id := strings.ToLower(in.ID); !seen[id] {
			seen[id], fresh = true, true
			p.instances = append(p.instances, in)
		}
	}
	return fresh
}

// DescribeInstances returns the instances with these ids that KEC shows; one that is missing may still exist, FindInstance can
// tell. Without ids it returns all. projectID narrows the look-up to one project; without it the documented default is project 0
// only, while look-ups by id seem to reach every project (fact 76).
//
// An answer without InstancesSet, or one that counts instances and holds none, is an error.
func (c *Client) DescribeInstances(ctx context.Context, ids []string, projectID *int64) ([]Instance, error) {
	if len(ids) == 0 {
		p, err := c.describe(ctx, nil, projects(projectID))
		return p.instances, err
	}
	if slices.Contains(ids, "") {
		return nil, errEmptyID
	}
	var all []Instance
	for chunk := range slices.Chunk(ids, maxIDs) {
		p, err := c.describe(ctx, chunk, projects(projectID))
		if err != nil {
			return nil, err
		}
		all = append(all, p.instances...)
	}
	return all, nil
}

// projects is the list of an optional project.
func projects(id *int64) []int64 {
	if id == nil {
		return nil
	}
	return []int64{*id}
}

// describe reads every page of one look-up.
func (c *Client) describe(ctx context.Context, ids []string, projects []int64) (page, error) {
	var all page
	seen := map[string]bool{}
	for marker := 0; ; {
		p, length, err := c.onePage(ctx, selection{ids: ids, projects: projects, marker: marker, size: maxPage})
		if err != nil {
			return page{}, err
		}
		fresh := all.add(p, seen)
		marker += length
		// InstanceCount is taken for the total of all pages (fact 81), but a full page is followed up even if it is not. A page that
		// brings nothing new ends the list, whatever the marker did.
		if !fresh || len(ids) > 0 && len(all.instances) == len(ids) || length < maxPage && all.total <= marker {
			return all, nil
		}
	}
}

// look makes one look-up by id, with the project first when there is one, and then without it: the instance may be in another one, and the
// project may be gone. No instance and no error means that well-formed answers do not hold it.
func (c *Client) look(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	if id == "" {
		return nil, errEmptyID
	}
	in, err := c.looks.do(ctx, id, projectID)
	return c.saw(id, in), err
}

// saw is the caller's own copy of what a shared answer shows of an instance, nil if that is nothing.
func (c *Client) saw(id string, in *Instance) *Instance {
	if in == nil {
		return nil
	}
	c.history.see(id)
	found := *in
	return &found
}

// lookBoth is look for all who ask: one request within their projects, and one without for whom that does not show and for those
// who name none.
func (c *Client) lookBoth(ctx context.Context, asks []*ask[*Instance]) error {
	if within := slices.DeleteFunc(slices.Clone(asks), func(a *ask[*Instance]) bool { return a.project == nil }); len(within) > 0 {
		answerRest(within, c.lookTogether(ctx, within))
	}
	var left, anywhere []*ask[*Instance]
	for _, a := range asks {
		if a.value == nil {
			left = append(left, a)
			anywhere = append(anywhere, &ask[*Instance]{id: a.id})
		}
	}
	if len(left) == 0 {
		return nil
	}
	answerRest(anywhere, c.lookTogether(ctx, anywhere))
	for i, a := range left {
		if then := anywhere[i]; then.value != nil {
			a.answer(then.value, nil)
		} else {
			a.answer(nil, errors.Join(a.err, then.err))
		}
	}
	return nil
}

// lookTogether makes one look-up for all who ask, in all their projects. Where KEC refuses it, one odd id may be the reason: then
// each is looked up alone.
func (c *Client) lookTogether(ctx context.Context, asks []*ask[*Instance]) error {
	ids := distinct(asks)
	var within []int64
	for _, a := range asks {
		if a.project != nil && !slices.Contains(within, *a.project) {
			within = append(within, *a.project)
		}
	}
	p, err := c.describe(ctx, ids, within)
	if err != nil {
		return alone(c, asks, err, func(a *ask[*Instance]) error { return c.lookTogether(ctx, []*ask[*Instance]{a}) })
	}
	shown := map[string]*Instance{}
	for i, in := range p.instances {
		shown[strings.ToLower(in.ID)] = &p.instances[i]
	}
	for _, a := range asks {
		var doubt error
		in := shown[strings.ToLower(a.id)]
		if in == nil && len(p.foreign)+p.unnamed > 0 {
			doubt = fmt.Errorf("DescribeInstances was asked for instance %s and answered with others: that proves nothing", a.id)
		}
		a.answer(in, doubt)
	}
	return nil
}

// proofGap is the time between the two look-ups that prove an absence.
const proofGap = time.Second

// FindInstance returns the instance with this id. The error matches ErrGone only on proof: two well-formed successful look-ups by
// this id without a project, at least a second apart, neither of which holds it (fact 82). With a projectID each look-up asks within that
// project first. Every other failure is returned as it is, and says nothing about the instance.
//
// An instance that is known to have been launched in the last two minutes (by this client, or by Launched) and was never seen cannot be
// proven gone: it may not show yet, and the error matches ErrNotVisible.
func (c *Client) FindInstance(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	in, err := c.find(ctx, id, projectID)
	return in, c.visible(id, err)
}

// visible is err, unless that says that an instance is gone which may not be visible yet.
func (c *Client) visible(id string, err error) error {
	if errors.Is(err, ErrGone) && c.history.young(id, c.Now()) {
		return fmt.Errorf("instance %s: %w: it was launched less than %s ago, and may not be visible everywhere", id, ErrNotVisible, maxInvisible)
	}
	return err
}

// find is FindInstance for an instance that is not new, or whose deletion KEC has accepted.
func (c *Client) find(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	in, err := c.look(ctx, id, projectID)
	if in != nil || err != nil {
		return in, err
	}
	return c.lookAgain(ctx, id, projectID)
}

// lookAgain is the second look-up of a proof.
func (c *Client) lookAgain(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	if err := c.clock.sleep(ctx, proofGap); err != nil {
		return nil, err
	}
	in, err := c.look(ctx, id, projectID)
	if in != nil || err != nil {
		return in, err
	}
	return nil, fmt.Errorf("instance %s: %w", id, ErrGone)
}

// wireInstance is an element of InstancesSet.
type wireInstance struct {
	InstanceID, InstanceName, InstanceType, ImageID, SubnetID, PrivateIPAddress, HostName, Platform text
	AvailabilityZone, AvailabilityZoneName, ChargeType, SpotStrategy, SpotRecyclingTime             text
	CreationDate                                                                                    text
	UserData, AutoDeleteTime                                                                        told
	ProjectID, SpotPriceLimit                                                                       number
	AutoDeleteEIP, SriovNetSupport, IsDistributeIPv6                                                flag
	InstanceConfigure                                                                               struct{ DataDiskGb number }
	InstanceState, SystemDisk                                                                       json.RawMessage
	DataDisks, NetworkInterfaceSet, KeySet, DataGuardSet                                            items
}

func decodeInstance(raw json.RawMessage) Instance {
	var w wireInstance
	decode(raw, &w)
	in := Instance{
		ID: string(w.InstanceID), Name: string(w.InstanceName), Type: string(w.InstanceType), ImageID: string(w.ImageID),
		SubnetID: string(w.SubnetID), PrivateIP: string(w.PrivateIPAddress), HostName: string(w.HostName), UserData: string(w.UserData.text),
		ProjectID: w.ProjectID.int(), Zone: string(w.AvailabilityZone), ChargeType: string(w.ChargeType),
		SpotStrategy: string(w.SpotStrategy), SpotPriceLimit: w.SpotPriceLimit.Decimal, RecyclingTime: string(w.SpotRecyclingTime),
		Created: string(w.CreationDate), AutoDeleteTime: string(w.AutoDeleteTime.text),
		TellsUserData: w.UserData.is, TellsAutoDelete: w.AutoDeleteTime.is, Platform: string(w.Platform),
		AutoDeleteEIP: w.AutoDeleteEIP.bool, SriovNetSupport: w.SriovNetSupport.bool, DistributeIPv6: w.IsDistributeIPv6.bool,
		LocalDataDiskGB: w.InstanceConfigure.DataDiskGb.int(), SystemDisk: decodeDisk(w.SystemDisk), Raw: slices.Clone(raw),
	}
	if in.Zone == "" {
		in.Zone = string(w.AvailabilityZoneName)
	}
	if in.State = textOf(w.InstanceState); in.State == "" {
		var state struct{ Name text }
		decode(w.InstanceState, &state)
		in.State = string(state.Name)
	}
	for _, d := range w.DataDisks {
		in.DataDisks = append(in.DataDisks, decodeDisk(d))
	}
	for _, n := range w.NetworkInterfaceSet {
		in.NICs = append(in.NICs, decodeNIC(n))
	}
	in.KeyIDs = idsOf(w.KeySet, "keyid")
	if guards := idsOf(w.DataGuardSet, "dataguardid", "id"); len(guards) > 0 {
		in.DataGuardID = guards[0]
	}
	return in
}

func decodeDisk(raw json.RawMessage) Disk {
	var w struct {
		DiskID, DiskType   text
		DiskSize           number
		DeleteWithInstance flag
	}
	decode(raw, &w)
	return Disk{ID: string(w.DiskID), Type: string(w.DiskType), SizeGB: w.DiskSize.intOr(0), DeleteWithInstance: w.DeleteWithInstance.bool}
}

func decodeNIC(raw json.RawMessage) NIC {
	var w struct {
		NetworkInterfaceID, NetworkInterfaceType, VPCID, SubnetID, PrivateIPAddress, PublicIP, AllocationID text
		SecurityGroupSet, GroupSet                                                                          items
	}
	decode(raw, &w)
	n := NIC{
		ID: string(w.NetworkInterfaceID), Type: string(w.NetworkInterfaceType), VPCID: string(w.VPCID), SubnetID: string(w.SubnetID),
		PrivateIP: string(w.PrivateIPAddress), PublicIP: string(w.PublicIP), AllocationID: string(w.AllocationID),
		SecurityGroupIDs: idsOf(w.SecurityGroupSet, "securitygroupid"),
	}
	for _, id := range idsOf(w.GroupSet, "groupid") { // the same groups under an older name
		if !slices.Contains(n.SecurityGroupIDs, id) {
			n.SecurityGroupIDs = append(n.SecurityGroupIDs, id)
		}
	}
	return n
}

// idsOf reads a list of ids that are either texts or objects with a member of one of those lower-case names, the first that is
// there.
func idsOf(list items, members ...string) []string {
	var ids []string
	for _, raw := range list {
		id := textOf(raw)
		fields, _ := object(raw)
		for _, member := range members {
			if id == "" {
				id = textOf(fields[member])
			}
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
