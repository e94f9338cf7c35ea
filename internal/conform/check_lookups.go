package conform

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// instanceFilters are the documented filters of DescribeInstances, with a value that each takes.
var instanceFilters = []string{
	"instance-id", nobody, "subnet-id", nobody, "vpc-id", nobody, "instance-name", "none", "instance-type", "N3.2B", "private-ip-address", "10.0.0.1",
	"image-id", nobody, "charge-type", "Spot", "network-interface.subnet-id", nobody, "network-interface.network-interface-id", nobody,
	"network-interface.group-id", nobody, "instance-state.name", "active", "availability-zone-name", "none",
}

// lookUpChecks are about DescribeInstances and its neighbours, without a machine of ours.
func lookUpChecks() []check {
	filters := func(pairs ...string) []string {
		var out []string
		for i := 0; i+1 < len(pairs); i += 2 {
			n := fmt.Sprintf("Filter.%d.", i/2+1)
			out = append(out, n+"Name", pairs[i], n+"Value.1", pairs[i+1])
		}
		return out
	}
	hundred := make([]string, 100)
	for i := range hundred {
		hundred[i] = fmt.Sprintf("%s%03d", nobody[:33], i)
	}
	return []check{
		answers(about(76), "DescribeInstances with ProjectId.1=0", ok, callsKEC("DescribeInstances", "ProjectId.1", "0")),
		answers(about(77), "DescribeInstances with MaxResults=4", badValue, callsKEC("DescribeInstances", "MaxResults", "4")),
		answers(about(77), "DescribeInstances with MaxResults=1000 and Marker=0", ok, callsKEC("DescribeInstances", "MaxResults", "1000", "Marker", "0")),
		answers(about(77), "DescribeInstances with MaxResults=1001", badValue, callsKEC("DescribeInstances", "MaxResults", "1001")),
		answers(about(78), "DescribeInstances with all 13 filters", ok, callsKEC("DescribeInstances", filters(instanceFilters...)...)),
		answers(about(79, 270), "the filter charge-type by name and number, beside each other", ok,
			callsKEC("DescribeInstances", "Filter.1.Name", "charge-type", "Filter.1.Value.1", "Spot", "Filter.1.Value.2", "810")),
		answers(about(80), "DescribeInstances with Sort.Name=CreationDate, Sort.Value=DESC and Search", ok,
			callsKEC("DescribeInstances", "Sort.Name", "CreationDate", "Sort.Value", "DESC", "Search", "nothing")),
		holdsFields(about(81), "DescribeInstances", callsKEC("DescribeInstances", "MaxResults", "5"), "InstanceCount", "InstancesSet"),
		shows(about(197), "Marker of DescribeInstances, where one page holds all", "Marker 0", callsKEC("DescribeInstances", "InstanceId.1", nobody),
			func(r reply) (string, bool) {
				raw, there := r.at("Marker")
				if !there {
					return "no Marker", false
				}
				return "Marker " + string(raw), string(raw) == "0"
			}),
		shows(about(235), "DescribeInstances of an id that is not ours", "0 in InstancesSet", callsKEC("DescribeInstances", "InstanceId.1", nobody),
			countOf("InstancesSet", "0 in InstancesSet")),
		shows(about(104, 204), "ListTagsByResourceIds of an id that nothing has", "0 in Tags",
			calls(ksyun.Tag, "ListTagsByResourceIds", "ResourceType", "instance", "ResourceUuids", nobody), countOf("Tags", "0 in Tags")),
		answers(about(272), "ListTagsByResourceIds of 100 ids", ok,
			calls(ksyun.Tag, "ListTagsByResourceIds", "ResourceType", "instance", "ResourceUuids", strings.Join(hundred, ","))),
		holdsFields(about(107), "iam GetAccountAllProjectList", calls(ksyun.IAM, "GetAccountAllProjectList"),
			"ListProjectResult.ProjectList.ProjectId", "ListProjectResult.ProjectList.ProjectName"),
		holdsFields(about(100, 102), "vpc DescribeSubnets", calls(ksyun.VPC, "DescribeSubnets"), "SubnetSet.SubnetId", "SubnetSet.AvailabilityZoneName"),
		shows(about(101), "free addresses in vpc DescribeSubnets", "AvailableIpNumber is a text", calls(ksyun.VPC, "DescribeSubnets"),
			func(r reply) (string, bool) {
				raw, _ := r.at("SubnetSet.AvailableIpNumber")
				return "AvailableIpNumber is a " + kind(raw), kind(raw) == "text"
			}),
		shows(about(204, 243), "vpc DescribeSubnets of an id that nothing has", "0 in SubnetSet", calls(ksyun.VPC, "DescribeSubnets", "SubnetId.1", nobody),
			countOf("SubnetSet", "0 in SubnetSet")),
		holdsFields(about(103), "vpc DescribeSecurityGroups", calls(ksyun.VPC, "DescribeSecurityGroups"), "SecurityGroupSet.SecurityGroupId", "SecurityGroupSet.VpcId"),
		shows(about(204, 243), "vpc DescribeSecurityGroups of an id that nothing has", "0 in SecurityGroupSet",
			calls(ksyun.VPC, "DescribeSecurityGroups", "SecurityGroupId.1", nobody), countOf("SecurityGroupSet", "0 in SecurityGroupSet")),
		answers(about(204), "vpc DescribeSubnets with MaxResults=4", badValue, calls(ksyun.VPC, "DescribeSubnets", "MaxResults", "4")),
		{facts: about(204), asks: "vpc DescribeSubnets with the filters vpc-id, subnet-type and availability-zone-name", expects: "subnets of that zone alone", ask: subnetFilters},
	}
}

func subnetFilters(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	r, err := s.call(ctx, ksyun.VPC, "DescribeSubnets", form("Filter.1.Name", "vpc-id", "Filter.1.Value.1", w.vpc,
		"Filter.2.Name", "subnet-type", "Filter.2.Value.1", "Normal", "Filter.3.Name", "availability-zone-name", "Filter.3.Value.1", w.zone))
	if err != nil || r.status != 200 {
		return r.String(), false, err
	}
	observed, holds := only("SubnetSet", "AvailabilityZoneName", w.zone)(r)
	return observed, holds, nil
}

// machineRuleChecks are about where a launch may go and what it may name, by launches with DryRun.
func machineRuleChecks() []check {
	notSold := func(w *world, p url.Values) { p.Set("InstanceType", w.unsold) }
	return []check{
		accepted(about(41, 217), "the image id with and without IMG-", func(w *world, p url.Values) {
			if bare, prefixed := strings.CutPrefix(w.image, "IMG-"); prefixed {
				p.Set("ImageId", bare)
			} else {
				p.Set("ImageId", "IMG-"+w.image)
			}
		}),
		refusedWith(about(160, 192, 243), "an image that does not exist", "400 ImageIdInvalid", set("ImageId", "IMG-"+nobody)),
		refusedWith(about(243, 165), "a subnet that does not exist", badValue, set("SubnetId", nobody)),
		refusedWith(about(243), "a security group that does not exist", badValue, set("SecurityGroupId.1", nobody)),
		refusedWith(about(165), "an instance type that does not exist", badValue, set("InstanceType", "Z9.1A")),
		refusedWith(about(175), "no InstanceType", badValue, set("InstanceType", "")),
		refusedWith(about(174), "a ModelId that does not exist", badValue, set("ModelId", nobody)),
		{facts: about(160, 203), asks: "RunInstances, DryRun: a type without spot prices, as a Spot Instance", expects: "400 ChargeTypeNotSupported",
			ask: func(ctx context.Context, s *session) (string, bool, error) {
				w, err := s.look(ctx)
				if err == nil && w.unsold == "" {
					err = notAsked("every type that was looked at has spot prices")
				}
				if err != nil {
					return "", false, err
				}
				r, err := s.rehearse(ctx, notSold)
				return r.String(), r.String() == "400 ChargeTypeNotSupported", err
			}},
		{facts: about(57), asks: "RunInstances, DryRun: an address outside of the subnet", expects: "refused", ask: addressOf(func(n netip.Prefix) netip.Addr {
			return n.Masked().Addr().Prev()
		})},
		{facts: about(173), asks: "RunInstances, DryRun: the address of the network itself", expects: "refused", ask: addressOf(func(n netip.Prefix) netip.Addr {
			return n.Masked().Addr()
		})},
		accepted(about(58), "a second interface in the same subnet", func(w *world, p url.Values) {
			set("NetworkInterface.1.SubnetId", w.subnet, "NetworkInterface.1.SecurityGroupId.1", w.group)(w, p)
		}),
		refused(172, "the same security group twice", func(w *world, p url.Values) { p.Set("SecurityGroupId.2", w.group) }),
		refused(62, "a project that does not exist", set("ProjectId", "999999999")),
		refused(67, "an AddressBandWidth alone", set("AddressBandWidth", "1")),
		accepted(about(66, 68), "FailureAutoDelete, IsProtect and SriovNetSupport", set("FailureAutoDelete", "true", "IsProtect", "false", "SriovNetSupport", "false")),
		{facts: about(242), asks: "DescribeKecInventory of a type whose launch would be accepted", expects: "at least 1", ask: inventoryOfLaunch},
	}
}

// addressOf is a question about a launch with an address that is made of the range of its subnet.
func addressOf(choose func(netip.Prefix) netip.Addr) func(context.Context, *session) (string, bool, error) {
	return func(ctx context.Context, s *session) (string, bool, error) {
		w, err := s.look(ctx)
		if err != nil {
			return "", false, err
		}
		network, err := netip.ParsePrefix(w.cidr)
		if err != nil {
			return "", false, notAsked("the subnet's range is %q", w.cidr)
		}
		r, err := s.rehearse(ctx, set("PrivateIpAddress", choose(network).String()))
		return "answered " + r.String(), r.status >= 400 && r.status < 500 && r.status != 412, err
	}
}

func inventoryOfLaunch(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.rehearse(ctx, nil)
	if err != nil || r.status != 412 {
		return r.String(), false, err
	}
	stock, err := s.api.DescribeKecInventory(ctx, s.world.Type, s.world.zone)
	return fmt.Sprintf("%d", stock), stock >= 1, err
}
