package kecsim

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

var interfaceRules = []rule{
	{"InstanceId", true, nil},
	{"NetworkInterfaceId", true, identifier()},
	{"SubnetId", false, identifier()},
	{"SecurityGroupId.N", false, identifier()},
	{"PrivateIpAddress", false, ipv4},
	{"DNS1", false, ipv4},
	{"DNS2", false, ipv4},
}

var networkInterfaceRules = vpcTable("NetworkInterfaceId.N")

// productKind is the InstanceType that vpc has for machines of KEC.
const productKind = "kec"

// describeNetworkInterfaces lists the interfaces of instances, with their name servers.
//
// documented: parameters, filters and fields (fact 305). assumed: an interface shows as soon as its
// instance does, unknown ids are left out, and without name servers of its own an interface has
// those of its subnet (fact 313).
func (s *Server) describeNetworkInterfaces(r *request) (any, *protocol.Refusal) {
	filters, refusal := r.filters("vpc-id", "subnet-id", "securitygroup-id", "instance-type", "instance-id", "private-ip-address",
		"availability-zone-name", "networkinterface-type")
	if refusal != nil {
		return nil, refusal
	}
	ids, set := r.List("NetworkInterfaceId"), []any{}
	for _, in := range s.w.instances {
		if !in.Visible || in.Region != r.region {
			continue
		}
		for i, n := range in.nics {
			ok := accept(filters, func(name string) []string {
				return map[string][]string{
					"vpc-id": {n.subnet.vpc}, "subnet-id": {n.subnet.id}, "securitygroup-id": n.groups, "instance-type": {productKind},
					"instance-id": {in.ID}, "private-ip-address": {n.address()}, "availability-zone-name": {n.subnet.zone},
					"networkinterface-type": {interfaceKind(i)},
				}[name]
			})
			if ok && (len(ids) == 0 || slices.Contains(ids, n.id)) {
				set = append(set, s.w.describeInterface(in, i))
			}
		}
	}
	out := page(r, "NetworkInterfaceSet", set)
	out["TotalCount"] = len(set)
	return out, nil
}

// describeInterface is the i-th interface of an instance as vpc writes it.
func (w *world) describeInterface(in *instance, i int) map[string]any {
	n := in.nics[i]
	groups := []any{}
	for _, id := range n.groups {
		name := ""
		if g := w.findGroup(in.Region, id); g != nil {
			name = g.name
		}
		groups = append(groups, map[string]any{"SecurityGroupId": id, "SecurityGroupName": name})
	}
	out := map[string]any{
		"NetworkInterfaceId": n.id, "NetworkInterfaceType": interfaceKind(i), "NetworkInterfaceName": "", "MacAddress": "fa:16:3e" + macTail(n),
		"VpcId": n.subnet.vpc, "SubnetId": n.subnet.id, "SubnetName": n.subnet.name, "CidrBlock": n.subnet.cidr.String(),
		"AvailabilityZoneName": n.subnet.zone, "PrivateIpAddress": n.address(), "AssignedPrivateIpAddressSet": []any{},
		"InstanceId": in.ID, "InstanceType": productKind, "CreateTime": chinaText(in.CreatedAt, plainTime), "SecurityGroupSet": groups,
		"DNS1": cmp.Or(n.dns[0], firstNameServer), "DNS2": cmp.Or(n.dns[1], secondNameServer),
	}
	if len(n.groups) > 0 {
		out["SecurityGroupId"] = n.groups[0]
	}
	for _, v := range w.vpcs {
		if v.id == n.subnet.vpc {
			out["VpcName"] = v.name
		}
	}
	return out
}

// interfaceKind is the NetworkInterfaceType of the i-th interface of an instance.
func interfaceKind(i int) string {
	if i == 0 {
		return "primary"
	}
	return "extension"
}

// modifyNetworkInterfaceAttribute changes the groups, the address and the name
// servers of one interface.
//
// documented: parameters and answer, groups that are not listed are removed, name
// servers that are left out are kept (fact 156). assumed: in state active or stopped
// (fact 221), at once, without any group all groups are kept, and which subnets and
// groups go together (fact 226).
func (s *Server) modifyNetworkInterfaceAttribute(r *request) (any, *protocol.Refusal) {
	w := s.w
	in, refusal := w.target(r, "InstanceId", r.Get("InstanceId"))
	if refusal == nil {
		refusal = in.checkState("InstanceId", protocol.CodeState, stateActive, stateStopped)
	}
	if refusal != nil {
		return nil, refusal
	}
	i := slices.IndexFunc(in.nics, func(n heldNIC) bool { return n.id == r.Get("NetworkInterfaceId") })
	if i < 0 {
		return nil, protocol.Invalid("NetworkInterfaceId", "%s is not an interface of instance %s", r.Get("NetworkInterfaceId"), in.ID)
	}
	n := &in.nics[i]
	to, refusal := w.checkMove(r, n)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := w.applyAll(r, []*instance{in}, func(in *instance) {
		if to != nil {
			w.move(n, to, r.Get("PrivateIpAddress"))
		}
		if r.Count("SecurityGroupId") > 0 {
			n.groups = r.List("SecurityGroupId")
		}
		for i, name := range []string{"DNS1", "DNS2"} {
			if r.Has(name) {
				n.dns[i] = r.Get(name)
			}
		}
		in.showPrimary()
	})
	return map[string]any{"Return": done}, nil
}

// checkMove checks the change of an interface, and finds the subnet it moves to; nil if the
// address stays.
func (w *world) checkMove(r *request, n *heldNIC) (to *subnet, refusal *protocol.Refusal) {
	to = n.subnet
	ip := r.Get("PrivateIpAddress")
	switch {
	case ip == "" && !r.Has("SubnetId") && r.Count("SecurityGroupId") == 0 && !r.Has("DNS1") && !r.Has("DNS2"):
		return nil, protocol.Refuse(protocol.CodeInvalidParameter, "one of the parameters SubnetId, SecurityGroupId.1, PrivateIpAddress, DNS1 and DNS2 is required")
	case r.Has("SubnetId"):
		id := r.Get("SubnetId")
		to = w.findSubnet(r.region, id)
		switch {
		case to == nil:
			return nil, protocol.Invalid("SubnetId", "%s does not exist in %s", id, r.region)
		case to.kind != "Normal":
			return nil, protocol.Invalid("SubnetId", "%s is of type %s, which takes no instances", id, to.kind)
		case to.vpc != n.subnet.vpc || to.zone != n.subnet.zone:
			return nil, protocol.Invalid("SubnetId", "%s is not in the VPC and zone of the interface's subnet", id)
		}
	}
	if refusal := w.checkGroups(to, "", r.List("SecurityGroupId")); refusal != nil {
		return nil, refusal
	}
	if to == n.subnet && (ip == "" || ip == n.address()) {
		return nil, nil
	}
	if addr, err := netip.ParseAddr(ip); err == nil {
		if problem := to.problem(addr); problem != "" {
			return nil, protocol.Invalid("PrivateIpAddress", "%s", problem)
		}
	}
	if to != n.subnet && to.free < 1 {
		return nil, protocol.Refuse(protocol.CodeSubnetFull, "SubnetId %s has 0 free addresses, 1 wanted", to.id)
	}
	return to, nil
}

// move gives an interface an address of another subnet, or another address.
func (w *world) move(n *heldNIC, to *subnet, ip string) {
	if n.held {
		n.subnet.giveBack(n.ip)
	}
	n.subnet = to
	n.ip, n.held = to.take(ip)
}

// showPrimary copies subnet, address and groups of the primary interface to the instance.
func (in *instance) showPrimary() {
	n := in.nics[0] // every instance has one
	in.SubnetID, in.VPCID, in.PrivateIP = n.subnet.id, n.subnet.vpc, n.address()
	in.SecurityGroupIDs, in.DNS1, in.DNS2 = n.groups, n.dns[0], n.dns[1]
	in.NetworkInterfaceID = n.id
}
