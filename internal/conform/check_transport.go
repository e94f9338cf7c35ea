package conform

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// requestID is a UUID, perhaps with a prefix or three digits more (fact 16: both were seen).
var requestID = regexp.MustCompile(`^(KEC-)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(\d{3})?$`)

// transportChecks are about how a request may be written.
func transportChecks() []check {
	zones := probe{action: "DescribeAvailabilityZones"}
	with := func(change func(p *probe)) asker {
		p := zones
		change(&p)
		return sends(p)
	}
	return []check{
		{facts: about(1), asks: "DescribeAvailabilityZones, signed for the region", expects: "zones of that region", ask: zonesOfRegion},
		{facts: about(3), asks: "a look-up of vpc, tagv2, iam and trade, each at its host", expects: "200, 200, 200, 200", ask: neighbours},
		answers(about(4), "DescribeAvailabilityZones by GET at /", ok, with(func(p *probe) { p.method, p.allInQuery = http.MethodGet, true })),
		answers(about(4), "DescribeAvailabilityZones by POST at /", ok, with(func(*probe) {})),
		answers(about(5), "Action and Version in the form body only", ok, with(func(p *probe) { p.allInBody = true })),
		answers(about(6), "the fields that clients add: Service, Region, Accesskey, Language, SdkVersion", ok, func(ctx context.Context, s *session) (reply, error) {
			return s.call(ctx, ksyun.KEC, "DescribeAvailabilityZones",
				form("Service", "kec", "Region", s.Region, "Accesskey", s.Keys.AccessKey, "Language", "go", "SdkVersion", "1"))
		}),
		answers(about(7, 117), "trade QueryInstances with a body of JSON", ok, func(ctx context.Context, s *session) (reply, error) {
			return s.callJSON(ctx, ksyun.Trade, "QueryInstances", map[string]any{"status": 2, "page": 1, "size": 10})
		}),
		answers(about(8), "a text of spaces and signs in the query, encoded as RFC 3986 says", ok, sends(probe{
			action: "DescribeInstances", form: form("Search", "a b+c*~é/?&="), method: http.MethodGet, allInQuery: true,
		})),
		shows(about(9, 82), "DescribeInstances of two ids that nothing has", "0 in InstancesSet",
			callsKEC("DescribeInstances", "InstanceId.1", nobody, "InstanceId.2", nobody[:35]+"f"), countOf("InstancesSet", "0 in InstancesSet")),
		{facts: about(10), asks: "a filter by Filter.1.Name and by Filter.1.Name.1", expects: "the same list", ask: bothFilters},
		ownSubnet(about(11), "DescribeSubnets of SubnetId.0, counted from 0", "SubnetId.0"),
		ownSubnet(about(12), "DescribeSubnets of subnetId without an index", "subnetId"),
		ownSubnet(about(181), "DescribeSubnets of SUBNETID.7", "SUBNETID.7"),
		{facts: about(13), asks: "DescribeInstances with DryRun=true", expects: "412", ask: func(ctx context.Context, s *session) (string, bool, error) {
			r, err := s.describe(ctx, "DryRun", "true")
			return r.String(), r.status == 412, err
		}},
		answers(about(14), "DescribeInstances by GET with a form body", ok, sends(probe{
			action: "DescribeInstances", form: form("MaxResults", "5"), method: http.MethodGet,
		})),
		holdsFields(about(15), "DescribeRegions", callsKEC("DescribeRegions"), "RequestId"),
		shows(about(16), "the request id of DescribeRegions", "a UUID, perhaps after KEC- or before three digits", callsKEC("DescribeRegions"),
			func(r reply) (string, bool) { id := r.text("RequestId"); return id, requestID.MatchString(id) }),
		answers(about(181), "DescribeInstances with a body of JSON", ok, func(ctx context.Context, s *session) (reply, error) {
			return s.callJSON(ctx, ksyun.KEC, "DescribeInstances", map[string]any{"MaxResults": 5})
		}),
	}
}

func zonesOfRegion(ctx context.Context, s *session) (string, bool, error) {
	r, err := s.call(ctx, ksyun.KEC, "DescribeAvailabilityZones", nil)
	if err != nil {
		return "", false, err
	}
	observed, holds := only("AvailabilityZoneSet", "Region", s.Region)(r)
	return observed, holds, nil
}

// neighbours asks one look-up of each service beside kec.
func neighbours(ctx context.Context, s *session) (string, bool, error) {
	var seen []string
	for _, one := range []struct {
		service ksyun.Service
		action  string
		pairs   []string
	}{
		{ksyun.VPC, "DescribeSubnets", nil},
		{ksyun.Tag, "ListTagsByResourceIds", []string{"ResourceType", "instance", "ResourceUuids", nobody}},
		{ksyun.IAM, "GetAccountAllProjectList", nil},
		{ksyun.Trade, "DescribeInstances", []string{"InstanceIds", nobody}},
	} {
		r, err := s.call(ctx, one.service, one.action, form(one.pairs...))
		if err != nil {
			return "", false, err
		}
		seen = append(seen, r.String())
	}
	observed := strings.Join(seen, ", ")
	return observed, observed == "200, 200, 200, 200", nil
}

// bothFilters asks for one type by both forms of a filter.
func bothFilters(ctx context.Context, s *session) (string, bool, error) {
	w, err := s.look(ctx)
	if err != nil {
		return "", false, err
	}
	var seen []string
	for _, name := range []string{"Filter.1.Name", "Filter.1.Name.1"} {
		r, err := s.call(ctx, ksyun.KEC, "DescribeInstanceTypeConfigs", form(name, "instance-type", "Filter.1.Value.1", w.Type))
		if err != nil {
			return "", false, err
		}
		observed, holds := only("InstanceTypeConfigSet", "InstanceType", w.Type)(r)
		if !holds {
			return name + ": " + r.String() + ", " + observed, false, nil
		}
		seen = append(seen, observed)
	}
	return seen[0], seen[0] == seen[1], nil
}

// ownSubnet is a check that a subnet is found by its id, however the parameter is spelt.
func ownSubnet(facts []int, asks, spelling string) check {
	return check{facts: facts, asks: asks, expects: "that subnet alone", ask: func(ctx context.Context, s *session) (string, bool, error) {
		w, err := s.look(ctx)
		if err != nil {
			return "", false, err
		}
		r, err := s.call(ctx, ksyun.VPC, "DescribeSubnets", form(spelling, w.subnet))
		if err != nil || r.status != 200 {
			return r.String(), false, err
		}
		if _, holds := only("SubnetSet", "SubnetId", w.subnet)(r); holds {
			return "that subnet alone", true, nil
		}
		return fmt.Sprintf("%d subnets", len(r.list("SubnetSet"))), false, nil
	}}
}

// errorShape is what stands in the Error of an answer.
func errorShape(r reply) string {
	raw, _ := r.at("Error")
	var members map[string]json.RawMessage
	_ = json.Unmarshal(raw, &members)
	var parts []string
	for _, name := range []string{"Type", "Code", "Message"} {
		if _, there := members[name]; there {
			parts = append(parts, name)
		}
	}
	if _, there := r.at("RequestId"); there {
		return "RequestId and Error with " + strings.Join(parts, ", ")
	}
	return "Error with " + strings.Join(parts, ", ")
}
