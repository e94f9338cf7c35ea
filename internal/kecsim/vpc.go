package kecsim

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

type vpc struct{ id, name, cidr, region string }

// The name servers of every subnet.
const (
	firstNameServer  = "198.18.254.30"
	secondNameServer = "198.18.254.31"
)

type securityGroup struct{ id, name, vpc, region string }

type subnet struct {
	id, name, vpc, region, zone, kind string
	cidr                              netip.Prefix
	free                              int
	taken                             map[netip.Addr]bool
}

// newSubnet makes a subnet with 250 free addresses, as a /24 has: three of 256 are reserved, and
// three more are kept back.
func newSubnet(id, name, vpc, region, zone, kind, cidr string) *subnet {
	return &subnet{id, name, vpc, region, zone, kind, netip.MustParsePrefix(cidr), 250, map[netip.Addr]bool{}}
}

// AddSubnet adds a subnet for instances to VPC, with as many free addresses as Free says, or 250.
// It panics if there is a subnet of the id, if there is no such zone, or if the CIDR is none or
// overlaps that of another.
func (s *Server) AddSubnet(add Subnet) {
	defer s.lock()()
	n := newSubnet(add.ID, add.Name, VPC, Region, add.Zone, "Normal", add.CIDR)
	if !slices.Contains(s.w.regions[0].zones, add.Zone) {
		panic(fmt.Sprintf("kecsim: there is no zone %q in %s", add.Zone, Region))
	}
	for _, other := range s.w.subnets {
		if other.id == add.ID || other.cidr.Overlaps(n.cidr) {
			panic(fmt.Sprintf("kecsim: the subnet %q (%s) is there already", other.id, other.cidr))
		}
	}
	if add.Free > 0 {
		n.free = add.Free
	}
	s.w.subnets = append(s.w.subnets, n)
}

func (s *subnet) gateway() netip.Addr { return s.cidr.Addr().Next() }

func (s *subnet) broadcast() netip.Addr {
	b := s.cidr.Addr().As4()
	for bit := s.cidr.Bits(); bit < 32; bit++ {
		b[bit/8] |= 1 << (7 - bit%8)
	}
	return netip.AddrFrom4(b)
}

// problem tells why an address cannot be taken, "" if it can.
//
// documented: it is inside the subnet (fact 57). assumed: it is neither reserved nor
// in use (fact 173).
func (s *subnet) problem(ip netip.Addr) string {
	switch {
	case !s.cidr.Contains(ip):
		return ip.String() + " is not inside the subnet's " + s.cidr.String()
	case ip == s.cidr.Addr() || ip == s.gateway() || ip == s.broadcast():
		return ip.String() + " is reserved by the subnet"
	case s.taken[ip]:
		return ip.String() + " is already in use"
	}
	return ""
}

// take takes an address: the wanted one, else the lowest free one, which is the same on every run.
func (s *subnet) take(want string) (netip.Addr, bool) {
	if s.free < 1 {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(want)
	if err != nil {
		for ip = s.gateway().Next(); s.cidr.Contains(ip); ip = ip.Next() {
			if s.problem(ip) == "" {
				break
			}
		}
	}
	if s.problem(ip) != "" {
		return netip.Addr{}, false
	}
	s.taken[ip] = true
	s.free--
	return ip, true
}

func (s *subnet) giveBack(ip netip.Addr) {
	if s.taken[ip] {
		delete(s.taken, ip)
		s.free++
	}
}

func (w *world) findSubnet(region, id string) *subnet {
	for _, s := range w.subnets {
		if s.id == id && s.region == region {
			return s
		}
	}
	return nil
}

func (w *world) findGroup(region, id string) *securityGroup {
	for _, g := range w.groups {
		if g.id == id && g.region == region {
			return g
		}
	}
	return nil
}

func vpcTable(ids string) []rule {
	return append([]rule{
		{ids, false, nil},
		{"MaxResults", false, integer(5, 1000)},
		{"NextToken", false, integer(0, 1<<31)},
	}, filterRules...)
}

var (
	subnetRules = vpcTable("SubnetId.N")
	groupRules  = vpcTable("SecurityGroupId.N")
	vpcRules    = vpcTable("VpcId.N")
)

// page cuts a list by MaxResults and NextToken.
//
// documented: the parameters (facts 100, 103). assumed: limits and the token
// (fact 204).
func page(r *request, name string, set []any) map[string]any {
	start := min(r.Number("NextToken", 0), len(set))
	end := min(start+r.Number("MaxResults", len(set)), len(set))
	next := ""
	if end < len(set) {
		next = strconv.Itoa(end)
	}
	out := []any{}
	return map[string]any{name: append(out, set[start:end]...), "NextToken": next}
}

// unknown refuses a look-up by id of which not all are found, where that is set.
func (w *world) unknown(name string, ids []string, found []any) *protocol.Refusal {
	if !w.settings.RefuseUnknown || len(found) >= len(ids) {
		return nil
	}
	return protocol.Refuse(protocol.CodeInvalidParameterValue, "%s.1 to %s.%d name %d that do not exist", name, name, len(ids), len(ids)-len(found))
}

// describeSubnets lists subnets with their zone and free addresses.
//
// documented: fields, with a misspelt name and numbers as strings (facts 100-102).
// assumed: the filters, and that an unknown id is left out, unless RefuseUnknown says otherwise
// (fact 204).
func (s *Server) describeSubnets(r *request) (any, *protocol.Refusal) {
	filters, refusal := r.filters("vpc-id", "subnet-type", "availability-zone-name")
	if refusal != nil {
		return nil, refusal
	}
	ids, set := r.List("SubnetId"), []any{}
	for _, n := range s.w.subnets {
		ok := accept(filters, func(name string) []string {
			return map[string][]string{"vpc-id": {n.vpc}, "subnet-type": {n.kind}, "availability-zone-name": {n.zone}}[name]
		})
		if n.region != r.region || len(ids) > 0 && !slices.Contains(ids, n.id) || !ok {
			continue
		}
		free := strconv.Itoa(n.free)
		set = append(set, map[string]any{
			"SubnetId": n.id, "VpcId": n.vpc, "SubnetName": n.name, "CidrBlock": n.cidr.String(), "SubnetType": n.kind,
			"AvailabilityZoneName": n.zone,
			"AvailableIpNumber":    free, "AvailbleIPNumber": free, "RandomAvailableIpNum": free,
			"GatewayIp": n.gateway().String(), "DhcpIpFrom": n.gateway().Next().String(), "DhcpIpTo": n.broadcast().Prev().String(),
			"Dns1": firstNameServer, "Dns2": secondNameServer, "NatId": "", "NetworkAclId": "", "CreateTime": "2026-01-15 16:00:00",
		})
	}
	if refusal := s.w.unknown("SubnetId", ids, set); refusal != nil {
		return nil, refusal
	}
	return page(r, "SubnetSet", set), nil
}

// describeSecurityGroups lists security groups.
//
// documented: parameters and answer (fact 103). assumed: the filters (fact 204).
func (s *Server) describeSecurityGroups(r *request) (any, *protocol.Refusal) {
	filters, refusal := r.filters("vpc-id")
	if refusal != nil {
		return nil, refusal
	}
	ids, set := r.List("SecurityGroupId"), []any{}
	for _, g := range s.w.groups {
		ok := accept(filters, func(string) []string { return []string{g.vpc} })
		if g.region != r.region || len(ids) > 0 && !slices.Contains(ids, g.id) || !ok {
			continue
		}
		set = append(set, map[string]any{
			"SecurityGroupId": g.id, "VpcId": g.vpc, "SecurityGroupName": g.name, "SecurityGroupType": "other",
			"Description": "", "CreateTime": "2026-01-15 16:00:00", "SecurityGroupEntrySet": []any{},
		})
	}
	if refusal := s.w.unknown("SecurityGroupId", ids, set); refusal != nil {
		return nil, refusal
	}
	return page(r, "SecurityGroupSet", set), nil
}

// describeVPCZones lists the zones of the region of the signature, as vpc writes them.
//
// documented: the answer (fact 306).
func (s *Server) describeVPCZones(r *request) (any, *protocol.Refusal) {
	set := []any{}
	for _, zone := range s.w.zonesOf(r.region) {
		set = append(set, map[string]any{"AvailabilityZoneName": zone})
	}
	return map[string]any{"AvailabilityZoneInfo": set}, nil
}

// describeVpcs lists the VPCs.
//
// assumed: it is like DescribeSubnets and DescribeSecurityGroups (fact 204).
func (s *Server) describeVpcs(r *request) (any, *protocol.Refusal) {
	filters, refusal := r.filters("vpc-id")
	if refusal != nil {
		return nil, refusal
	}
	ids, set := r.List("VpcId"), []any{}
	for _, v := range s.w.vpcs {
		if !accept(filters, func(string) []string { return []string{v.id} }) || v.region != r.region || len(ids) > 0 && !slices.Contains(ids, v.id) {
			continue
		}
		set = append(set, map[string]any{"VpcId": v.id, "VpcName": v.name, "CidrBlock": v.cidr, "CreateTime": "2026-01-15 16:00:00"})
	}
	return page(r, "VpcSet", set), nil
}
