package kec

import (
	"context"
	"encoding/json"
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
	return describeVPC(ctx, c, "DescribeSubnets", "SubnetId", "SubnetSet", ids, func(raw json.RawMessage) (Subnet, string) {
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
		return s, s.ID
	})
}

// SecurityGroup is what a launch must know of a security group.
type SecurityGroup struct {
	ID    string
	VPCID string // the only VPC whose instances it serves (fact 173)
	Name  string
}

// DescribeSecurityGroups returns the security groups with these ids that the service shows, or all without ids (fact 103). An unknown id
// is missing from the result, or is an *Error: nothing says which.
func (c *Client) DescribeSecurityGroups(ctx context.Context, ids ...string) ([]SecurityGroup, error) {
	return describeVPC(ctx, c, "DescribeSecurityGroups", "SecurityGroupId", "SecurityGroupSet", ids, func(raw json.RawMessage) (SecurityGroup, string) {
		var w struct{ SecurityGroupID, VPCID, SecurityGroupName text }
		decode(raw, &w)
		g := SecurityGroup{ID: string(w.SecurityGroupID), VPCID: string(w.VPCID), Name: string(w.SecurityGroupName)}
		return g, g.ID
	})
}

// describeVPC lists what an action of the vpc service shows, each once, by id in pages. read returns one element and its id.
func describeVPC[T any](ctx context.Context, c *Client, action, param, set string, ids []string, read func(json.RawMessage) (T, string)) ([]T, error) {
	if slices.Contains(ids, "") {
		return nil, errEmptyID
	}
	chunks := slices.Collect(slices.Chunk(ids, maxIDs))
	if len(ids) == 0 {
		chunks = [][]string{nil}
	}
	var all []T
	seen := map[string]bool{"": true}
	for _, chunk := range chunks {
		used := map[string]bool{} // page tokens, so that a service that repeats one cannot keep us for ever
		for token := ""; ; {
			params := url.Values{}
			list(params, param, chunk)
			if token != "" {
				params.Set("NextToken", token)
			}
			err := c.ask(ctx, &call{service: vpcService, action: action, version: vpcVersion, form: params}, func(ans *answer) error {
				page, ok := ans.list(strings.ToLower(set))
				if !ok {
					return ans.malformed("the answer holds no %s", set)
				}
				for _, raw := range page {
					element, id := read(raw)
					asked := len(ids) == 0 || slices.ContainsFunc(chunk, func(s string) bool { return strings.EqualFold(s, id) })
					if asked && !seen[id] {
						seen[id] = true
						all = append(all, element)
					}
				}
				token = textOf(ans.fields["nexttoken"])
				return nil
			})
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
