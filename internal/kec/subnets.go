package kec

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Subnet is a subnet. A text that the answer leaves out is "".
type Subnet struct {
	ID      string
	Name    string
	VPCID   string
	CIDR    string
	Type    string // SubnetNormal takes instances
	Zone    string // the zone of every launch into this subnet (fact 102: AvailabilityZoneName)
	FreeIPs *int64 // nil when the answer does not say
}

// SubnetNormal is the type of a subnet that takes instances (fact 100: SubnetType).
const SubnetNormal = "Normal"

// DescribeSubnets returns the subnets with these ids that the service shows, or all without ids. An
// unknown id is missing from the result, or gives a *ksyun.Error: nothing says which.
func (c *Client) DescribeSubnets(ctx context.Context, ids ...string) ([]Subnet, error) {
	read := func(raw json.RawMessage) (Subnet, string) {
		var w struct {
			SubnetID, SubnetName, VPCID, CIDRBlock, SubnetType, AvailabilityZoneName ksyun.Text
			AvailableIPNumber, AvailbleIPNumber                                      ksyun.Number // one model has both (fact 101: sic)
		}
		ksyun.Decode(raw, &w)
		s := Subnet{
			ID: string(w.SubnetID), Name: string(w.SubnetName), VPCID: string(w.VPCID), CIDR: string(w.CIDRBlock),
			Type: string(w.SubnetType), Zone: string(w.AvailabilityZoneName), FreeIPs: w.AvailableIPNumber.Int(),
		}
		if s.FreeIPs == nil {
			s.FreeIPs = w.AvailbleIPNumber.Int()
		}
		return s, s.ID
	}
	return describeVPC(ctx, c, "DescribeSubnets", "SubnetId", "SubnetSet", ids, read)
}

// SecurityGroup is what a launch must know of a security group.
type SecurityGroup struct {
	ID    string
	VPCID string // the only VPC whose instances it serves (fact 173: groups belong to a VPC)
}

// DescribeSecurityGroups returns the security groups with these ids that the service shows, or all
// without ids (fact 103: the action). An unknown id is missing from the result, or gives a
// *ksyun.Error: nothing says which.
func (c *Client) DescribeSecurityGroups(ctx context.Context, ids ...string) ([]SecurityGroup, error) {
	read := func(raw json.RawMessage) (SecurityGroup, string) {
		var w struct{ SecurityGroupID, VPCID ksyun.Text }
		ksyun.Decode(raw, &w)
		g := SecurityGroup{ID: string(w.SecurityGroupID), VPCID: string(w.VPCID)}
		return g, g.ID
	}
	return describeVPC(ctx, c, "DescribeSecurityGroups", "SecurityGroupId", "SecurityGroupSet", ids, read)
}

// describeVPC lists what an action of the vpc service shows, each element once. read returns one
// element and its id. A page that is too large to be read is asked for in a smaller size.
func describeVPC[T any](
	ctx context.Context, c *Client, action, param, set string, ids []string, read func(json.RawMessage) (T, string),
) ([]T, error) {
	if slices.Contains(ids, "") {
		return nil, ErrEmptyID
	}
	chunks := slices.Collect(slices.Chunk(ids, MaxIDs))
	if len(ids) == 0 {
		chunks = [][]string{nil}
	}
	var all []T
	seen := map[string]bool{"": true}
	for _, chunk := range chunks {
		used := map[string]bool{} // page tokens: a service that repeats one must not keep us for ever
		for token, size := "", 0; ; {
			params := url.Values{}
			list(params, param, chunk)
			if token != "" {
				params.Set("NextToken", token)
			}
			if size > 0 {
				params.Set("MaxResults", strconv.Itoa(size))
			}
			err := c.read(ctx, ksyun.Call{
				Service: ksyun.VPC, Action: action, Version: vpcVersion, Form: params,
			}, func(ans *ksyun.Answer) error {
				page, ok := ans.List(strings.ToLower(set))
				if !ok {
					return ans.Unusable("the answer holds no %s", set)
				}
				for _, raw := range page {
					element, id := read(raw)
					asked := len(ids) == 0 || slices.ContainsFunc(chunk, func(s string) bool { return strings.EqualFold(s, id) })
					if asked && !seen[id] {
						seen[id] = true
						all = append(all, element)
					}
				}
				token = ksyun.TextOf(ans.Fields["nexttoken"])
				return nil
			})
			if errors.Is(err, ksyun.ErrTooLarge) && size != minPage {
				if size = smaller(size); size == 0 { // without a size it was all (fact 204: all by default)
					size = MaxPage
				}
				continue
			}
			if err != nil {
				return nil, err
			}
			if token == "" || used[token] {
				break
			}
			used[token] = true
		}
	}
	return all, nil
}
