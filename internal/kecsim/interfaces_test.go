package kecsim

import "testing"

// groups lists the security groups of an interface as both fields show
// them, by the last digit of each.
func groups(nic map[string]any) string {
	out := ""
	for i, g := range nic["GroupSet"].([]any) {
		id := g.(map[string]any)["GroupId"].(string)
		if nic["SecurityGroupSet"].([]any)[i].(map[string]any)["SecurityGroupId"] != any(id) {
			return "the two lists differ"
		}
		out += id[len(id)-1:]
	}
	return out
}

func (c *caller) nic(id string, i int) map[string]any {
	c.t.Helper()
	return c.Describe(id)["NetworkInterfaceSet"].([]any)[i].(map[string]any)
}

func (c *caller) modifyNIC(id string, i int, pairs ...string) answer {
	c.t.Helper()
	nic, _ := c.nic(id, i)["NetworkInterfaceId"].(string)
	return c.KEC("ModifyNetworkInterfaceAttribute", append([]string{"InstanceId", id, "NetworkInterfaceId", nic}, pairs...)...)
}

func TestModifyNetworkInterfaceAttribute_groups(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{Secondary: []NetworkInterface{{SecurityGroupIDs: []string{SecurityGroup2}}}})
	same(t, "groups", groups(me.nic(id, 0)), "1")
	same(t, "return", me.modifyNIC(id, 0, "SecurityGroupId.1", SecurityGroup2, "SecurityGroupId.2", SecurityGroup).OK().JSON["Return"], any(true))
	same(t, "added", groups(me.nic(id, 0)), "21")
	me.modifyNIC(id, 0, "SecurityGroupId", SecurityGroup2).OK()
	same(t, "not listed", groups(me.nic(id, 0)), "2")
	me.modifyNIC(id, 0, "DNS1", "10.0.0.1", "DNS2", "10.0.0.2").OK()
	me.modifyNIC(id, 0, "DNS2", "10.0.0.3").OK()
	same(t, "none listed", groups(me.nic(id, 0)), "2")
	me.modifyNIC(id, 1, "SecurityGroupId.1", SecurityGroup).OK()
	same(t, "secondary", groups(me.nic(id, 1)), "1")
	same(t, "type", me.nic(id, 1)["NetworkInterfaceType"], any("extension"))
	in, _ := sim.Instance(id)
	same(t, "name servers", in.DNS1+" "+in.DNS2, "10.0.0.1 10.0.0.3")
	same(t, "groups", in.SecurityGroupIDs[0]+" "+in.Secondary[0].SecurityGroupIDs[0], SecurityGroup2+" "+SecurityGroup)
	same(t, "found by group", me.KEC("DescribeInstances", "Filter.1.Name", "network-interface.group-id", "Filter.1.Value.1", SecurityGroup2).OK().JSON["InstanceCount"], any(1.0))
}

func TestModifyNetworkInterfaceAttribute_address(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{State: "stopped"})
	same(t, "at first", me.Describe(id)["PrivateIpAddress"], any("10.7.0.2"))
	me.modifyNIC(id, 0, "PrivateIpAddress", "10.7.0.9").OK()
	same(t, "address", me.Describe(id)["PrivateIpAddress"], any("10.7.0.9"))
	same(t, "of the interface", me.nic(id, 0)["PrivateIpAddress"], any("10.7.0.9"))
	same(t, "free", sim.SubnetFree(SubnetA), 249)
	me.modifyNIC(id, 0, "PrivateIpAddress", "10.7.0.9", "SubnetId", SubnetA).OK()
	same(t, "the same again", sim.SubnetFree(SubnetA), 249)
	other := machine(sim, Instance{})
	same(t, "the first is free again", me.Describe(other)["PrivateIpAddress"], any("10.7.0.2"))
	me.modifyNIC(other, 0, "PrivateIpAddress", "10.7.0.9").Refused(400, "InvalidParameterValue", "PrivateIpAddress 10.7.0.9 is already in use")
}

func TestModifyNetworkInterfaceAttribute_subnet(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.w.subnets = append(sim.w.subnets, newSubnet("0b000000-0000-4000-8000-0000000000aa", "next", VPC, Region, ZoneA, "Normal", "10.7.9.0/24"))
	const next = "0b000000-0000-4000-8000-0000000000aa"
	id := machine(sim, Instance{})
	me.modifyNIC(id, 0, "SubnetId", next).OK()
	same(t, "subnet", me.Describe(id)["SubnetId"], any(next))
	same(t, "address", me.Describe(id)["PrivateIpAddress"], any("10.7.9.2"))
	same(t, "free before", sim.SubnetFree(SubnetA), 250)
	same(t, "free now", sim.SubnetFree(next), 249)
	sim.SetSubnetFree(SubnetA, 0)
	me.modifyNIC(id, 0, "SubnetId", SubnetA).Refused(400, "SubnetIpNotEnough", "SubnetId "+SubnetA+" has 0 free addresses")
	me.KEC("TerminateInstances", "InstanceId.1", id).OK()
	sim.Advance(sim.w.settings.TerminateTime)
	same(t, "free at the end", sim.SubnetFree(next), 250)
}

func TestModifyNetworkInterfaceAttribute_refusals(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{})
	value := "InvalidParameterValue"
	for _, c := range []struct {
		name    string
		pairs   []string
		code    string
		message string
	}{
		{"nothing", nil, "InvalidParameter", "one of the parameters SubnetId, SecurityGroupId.1"},
		{"group of another VPC", []string{"SecurityGroupId.1", SecurityGroup, "SecurityGroupId.2", SecurityGroupOther}, value, "SecurityGroupId.2 " + SecurityGroupOther + " does not exist in cn-beijing-6"},
		{"group unknown", []string{"SecurityGroupId.1", VPC}, value, "SecurityGroupId.1 " + VPC + " does not exist"},
		{"group twice", []string{"SecurityGroupId.1", SecurityGroup, "SecurityGroupId.2", SecurityGroup}, value, "SecurityGroupId.2 " + SecurityGroup + " is listed twice"},
		{"group malformed", []string{"SecurityGroupId.1", "web"}, value, "SecurityGroupId.1 must be an identifier"},
		{"subnet unknown", []string{"SubnetId", VPC}, value, "SubnetId " + VPC + " does not exist"},
		{"subnet of another zone", []string{"SubnetId", SubnetB}, value, "SubnetId " + SubnetB + " is not in the VPC and zone"},
		{"subnet type", []string{"SubnetId", SubnetReserve}, value, "is of type Reserve"},
		{"address outside", []string{"PrivateIpAddress", "10.9.0.1"}, value, "PrivateIpAddress 10.9.0.1 is not inside"},
		{"name server", []string{"DNS1", "dns.example.com"}, value, "DNS1 must be an IPv4 address"},
	} {
		t.Run(c.name, func(t *testing.T) { me.modifyNIC(id, 0, c.pairs...).Refused(400, c.code, c.message) })
	}
	// A group in the region, but in another VPC.
	sim.w.groups = append(sim.w.groups, &securityGroup{"0c000000-0000-4000-8000-0000000000aa", "x", vpc2, Region})
	me.modifyNIC(id, 0, "SecurityGroupId.1", "0c000000-0000-4000-8000-0000000000aa").Refused(400, value, "belongs to VPC "+vpc2+", the subnet to "+VPC)
	me.KEC("ModifyNetworkInterfaceAttribute", "InstanceId", id, "NetworkInterfaceId", VPC, "SecurityGroupId.1", SecurityGroup).Refused(400, value, "NetworkInterfaceId "+VPC+" is not an interface")
	me.KEC("ModifyNetworkInterfaceAttribute", "InstanceId", id, "SecurityGroupId.1", SecurityGroup).Refused(400, "InvalidParameter", "NetworkInterfaceId is required")
	me.KEC("ModifyNetworkInterfaceAttribute", "InstanceId", VPC, "NetworkInterfaceId", VPC, "DNS1", "10.0.0.1").Refused(400, "InstanceIdInvalid", "InstanceId "+VPC)
	rebooting := machine(sim, Instance{State: "rebooting"})
	me.modifyNIC(rebooting, 0, "SecurityGroupId.1", SecurityGroup).Refused(400, "InstanceStateNotSupported", "is in state rebooting, not active or stopped")
	same(t, "groups", groups(me.nic(id, 0)), "1")
}
