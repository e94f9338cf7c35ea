package kec

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// Subnet is what a launch must know of a subnet.
type Subnet struct {
	ID      string
	VPCID   string
	Name    string
	CIDR    string
	Type    string // only "Normal" takes instances (by its name; nothing states it)
	Zone    string // the zone of every launch into this subnet (fact 102)
	FreeIPs *int64 // nil when the answer does not say
}

// DescribeSubnets returns the subnets with these ids that the service shows, or all without ids. An unknown id is missing from the
// result, or is an *Error: nothing says which.
func (c *Client) DescribeSubnets(ctx context.Context, ids ...string) ([]Subnet, error) {
	if len(ids) == 0 {
		return c.describeSubnets(ctx, nil)
	}
	var all []Subnet
	for chunk := range slices.Chunk(ids, maxIDs) {
		subnets, err := c.describeSubnets(ctx, chunk)
		if err != nil {
			return nil, err
		}
		all = append(all, subnets...)
	}
	return all, nil
}

func (c *Client) describeSubnets(ctx context.Context, ids []string) ([]Subnet, error) {
	var all []Subnet
	used := map[string]bool{} // page tokens, so that a service that repeats one cannot keep us for ever
	for token := ""; ; {
		params := url.Values{}
		list(params, "SubnetId", ids)
		if token != "" {
			params.Set("NextToken", token)
		}
		ans, err := c.do(ctx, &call{service: vpcService, action: "DescribeSubnets", version: vpcVersion, form: params})
		if err != nil {
			return nil, err
		}
		set, ok := ans.list("subnetset")
		if !ok {
			return nil, ans.malformed("the answer holds no SubnetSet")
		}
		for _, raw := range set {
			var w struct {
				SubnetID, VPCID, SubnetName, CIDRBlock, SubnetType, AvailabilityZoneName text
				AvailableIPNumber, AvailbleIPNumber                                      number // both spellings stand in one model (fact 101)
			}
			decode(raw, &w)
			s := Subnet{
				ID: string(w.SubnetID), VPCID: string(w.VPCID), Name: string(w.SubnetName), CIDR: string(w.CIDRBlock),
				Type: string(w.SubnetType), Zone: string(w.AvailabilityZoneName), FreeIPs: w.AvailableIPNumber.int(),
			}
			if s.FreeIPs == nil {
				s.FreeIPs = w.AvailbleIPNumber.int()
			}
			asked := len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, s.ID) })
			if s.ID != "" && asked && !slices.ContainsFunc(all, func(o Subnet) bool { return o.ID == s.ID }) {
				all = append(all, s)
			}
		}
		token = textOf(ans.fields["nexttoken"])
		if token == "" || used[token] {
			return all, nil
		}
		used[token] = true
	}
}
