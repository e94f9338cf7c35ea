package kecsim

import (
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
