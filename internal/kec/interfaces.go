package kec

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// ModifyNetworkInterfaceAttribute gives a network interface of an instance these security groups in
// place of all it has. nic is the interface as DescribeInstances shows it: its id and subnet are
// sent, and stay. Its address and DNS servers are left out, which keeps them.
//
// Without a security group nothing is sent and the error says so: what KEC makes of an empty list
// is not known.
func (c *Client) ModifyNetworkInterfaceAttribute(ctx context.Context, id string, nic NIC, securityGroupIDs []string) error {
	switch {
	case id == "":
		return ErrEmptyID
	case nic.ID == "":
		return errors.New("a network interface id is empty")
	case slices.Contains(securityGroupIDs, ""):
		return errors.New("a security group id is empty")
	case len(securityGroupIDs) == 0:
		return errors.New("a network interface needs at least one security group")
	}
	params := url.Values{"InstanceId": {id}, "NetworkInterfaceId": {nic.ID}}
	if nic.SubnetID != "" {
		params.Set("SubnetId", nic.SubnetID)
	}
	list(params, "SecurityGroupId", securityGroupIDs)
	return c.change(ctx, action("ModifyNetworkInterfaceAttribute", params),
		func(ans *ksyun.Answer) error { return accepted(ans, "return") })
}
