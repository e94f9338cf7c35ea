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
	unnamed   int // elements without an id
	foreign   int // elements with an id that was not asked for
	total     int // as the answer counts, -1 when it does not
}

// DescribeInstances returns the instances with these ids that KEC shows; one that is missing may still exist, FindInstance can
// tell. Without ids it returns all. projectID narrows the look-up to one project; without it the documented default is project 0
// only, while look-ups by id seem to reach every project (fact 76).
//
// An answer without InstancesSet, or one that counts instances and holds none, is an error.
func (c *Client) DescribeInstances(ctx context.Context, ids []string, projectID *int64) ([]Instance, error) {
	if len(ids) == 0 {
		p, err := c.describe(ctx, nil, projectID)
		return p.instances, err
	}
	if slices.Contains(ids, "") {
		return nil, errEmptyID
	}
	var all []Instance
	for chunk := range slices.Chunk(ids, maxIDs) {
		p, err := c.describe(ctx, chunk, projectID)
		if err != nil {
			return nil, err
		}
		all = append(all, p.instances...)
	}
	return all, nil
}

// describe reads every page of one look-up.
func (c *Client) describe(ctx context.Context, ids []string, projectID *int64) (page, error) {
	var all page
	seen := map[string]bool{}
	for marker := 0; ; {
		params := url.Values{"MaxResults": {strconv.Itoa(maxPage)}, "Marker": {strconv.Itoa(marker)}}
		list(params, "InstanceId", ids)
		if projectID != nil {
			params.Set("ProjectId.1", strconv.FormatInt(*projectID, 10))
		}
		var onPage, total int
		fresh := false
		err := c.ask(ctx, &call{service: kecService, action: "DescribeInstances", version: kecVersion, form: params}, func(ans *answer) error {
			set, ok := array(ans.fields["instancesset"])
			if !ok {
				return ans.malformed("the answer holds no InstancesSet")
			}
			var count number
			decode(ans.fields["instancecount"], &count)
			onPage, total = len(set), int(count.intOr(-1))
			if marker == 0 && onPage == 0 && total > 0 {
				return ans.malformed("the answer counts %d instances and holds none", total)
			}
			all.total = total
			for _, raw := range set {
				in := decodeInstance(raw)
				switch {
				case in.ID == "":
					all.unnamed++
				case seen[in.ID]:
				case len(ids) > 0 && !slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, in.ID) }):
					seen[in.ID], fresh = true, true
					all.foreign++
				default:
					seen[in.ID], fresh = true, true
					all.instances = append(all.instances, in)
				}
			}
			return nil
		})
		if err != nil {
			return page{}, err
		}
		marker += onPage
		// InstanceCount is taken for the total of all pages (fact 81), but a full page is followed up even if it is not. A page that
		// brings nothing new ends the list, whatever the marker did.
		if !fresh || len(ids) > 0 && len(all.instances) == len(ids) || onPage < maxPage && total <= marker {
			return all, nil
		}
	}
}

// look makes one look-up by id, with the project first when there is one, and then without it. No instance and no error means
// that well-formed answers do not hold it.
func (c *Client) look(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	var inProject error
	if projectID != nil {
		in, err := c.lookOnce(ctx, id, projectID)
		if in != nil || ctx.Err() != nil {
			return in, err
		}
		inProject = err // such as a project that was deleted: the instance may be in another one
	}
	in, err := c.lookOnce(ctx, id, nil)
	if in != nil {
		return in, nil
	}
	return nil, errors.Join(inProject, err)
}

func (c *Client) lookOnce(ctx context.Context, id string, projectID *int64) (*Instance, error) {
	if id == "" {
		return nil, errEmptyID
	}
	p, err := c.describe(ctx, []string{id}, projectID)
	switch {
	case err != nil:
		return nil, err
	case len(p.instances) > 0:
		c.history.see(id)
		return &p.instances[0], nil
	case p.foreign+p.unnamed > 0:
		return nil, fmt.Errorf("DescribeInstances was asked for instance %s and answered with others: that proves nothing", id)
	}
	return nil, nil
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
	if errors.Is(err, ErrGone) && c.history.young(id, c.Now()) {
		return nil, fmt.Errorf("instance %s: %w: it was launched less than %s ago, and may not be visible everywhere", id, ErrNotVisible, maxInvisible)
	}
	return in, err
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
	InstanceID, InstanceName, InstanceType, ImageID, SubnetID, PrivateIPAddress, HostName, UserData, Platform text
	AvailabilityZone, AvailabilityZoneName, ChargeType, SpotStrategy, SpotRecyclingTime                       text
	CreationDate, AutoDeleteTime                                                                              text
	ProjectID, SpotPriceLimit                                                                                 number
	AutoDeleteEIP, SriovNetSupport, IsDistributeIPv6                                                          flag
	InstanceConfigure                                                                                         struct{ DataDiskGb number }
	InstanceState, SystemDisk                                                                                 json.RawMessage
	DataDisks, NetworkInterfaceSet, KeySet, DataGuardSet                                                      items
}

func decodeInstance(raw json.RawMessage) Instance {
	var w wireInstance
	decode(raw, &w)
	in := Instance{
		ID: string(w.InstanceID), Name: string(w.InstanceName), Type: string(w.InstanceType), ImageID: string(w.ImageID),
		SubnetID: string(w.SubnetID), PrivateIP: string(w.PrivateIPAddress), HostName: string(w.HostName), UserData: string(w.UserData),
		ProjectID: w.ProjectID.int(), Zone: string(w.AvailabilityZone), ChargeType: string(w.ChargeType),
		SpotStrategy: string(w.SpotStrategy), SpotPriceLimit: w.SpotPriceLimit.Decimal, RecyclingTime: string(w.SpotRecyclingTime),
		Created: string(w.CreationDate), AutoDeleteTime: string(w.AutoDeleteTime), Platform: string(w.Platform),
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
