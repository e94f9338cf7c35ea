package kecsim

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// AddInstance puts an instance into the world that no order made, and returns its id. The
// instance is active unless its State says otherwise, and takes one from stock and quota, as a
// launch does. Disks and interfaces without an id get one; an EIP with only an id or only an
// address gets the other. AddInstance panics if the id is taken, or if there is no such subnet,
// free address or price.
func (s *Server) AddInstance(add Instance) string {
	defer s.lock()()
	w := s.w
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	if add.ID == "" {
		add.ID = w.uuid(kindInstance)
	}
	if w.byID[add.ID] != nil {
		panic(fmt.Sprintf("kecsim: there is an instance %q already", add.ID))
	}
	fill(&add.Name, "pre-existing")
	fill(&add.Type, TypeSmall)
	fill(&add.ImageID, ImageUbuntu)
	fill(&add.SubnetID, SubnetA)
	fill(&add.ChargeType, chargeMonthly)
	fill(&add.State, stateActive)
	if add.ChargeType == chargeSpot {
		if add.SpotPriceLimit != "" {
			fill(&add.SpotStrategy, strategyLimit)
		}
		fill(&add.SpotStrategy, strategyGo)
	}
	if add.SystemDisk == (Disk{}) {
		add.SystemDisk = Disk{Type: defaultDiskType, SizeGB: 40, DeleteWithInstance: true}
	}
	if add.CreatedAt.IsZero() {
		add.CreatedAt = w.now
	}
	n := w.mustSubnet(add.SubnetID)
	fill(&add.Region, n.region)
	fill(&add.Zone, n.zone)
	add.VPCID, add.Visible = n.vpc, true
	if add.SecurityGroupIDs == nil {
		if i := slices.IndexFunc(w.groups, func(g *securityGroup) bool { return g.vpc == n.vpc }); i >= 0 {
			add.SecurityGroupIDs = []string{w.groups[i].id}
		}
	}
	in := &instance{market: w.markets[marketKey{add.Zone, add.Type}], unit: true}
	w.edit(in, add)
	if in.market != nil {
		in.market.stock--
	}
	in.record = w.newRecord(in)
	in.record.status, in.record.begin = billingOpened, in.CreatedAt
	w.add(in)
	if in.ChargeType == chargeSpot {
		w.at(in.CreatedAt.Add(protection), w.checkLimits)
	}
	return in.ID
}

// Edit changes an instance as a user does by hand in the console: its names, tags, keys,
// groups, disks, project or state. The change takes effect at once and without the checks of
// the API. Id, type, zone and time of creation stay, whatever change does to them. New disks
// and interfaces get an id. The function change must not call the server. Edit panics if there
// is no such instance, subnet, free address or price.
func (s *Server) Edit(id string, change func(*Instance)) {
	defer s.lock()()
	in := s.w.byID[id]
	if in == nil {
		panic(fmt.Sprintf("kecsim: there is no instance %q", id))
	}
	want := in.snapshot()
	change(&want)
	want.ID, want.Type, want.Region, want.Zone, want.CreatedAt = in.ID, in.Type, in.Region, in.Zone, in.CreatedAt
	state, host := in.State, in.HostName
	s.w.edit(in, want)
	if in.State != state {
		in.stateChange++ // ends the change of state that was under way
	}
	if in.HostName != host {
		in.newHost = ""
	}
	in.record.project = in.ProjectID
}

// edit changes an instance to what is wanted, with all that follows: ids, addresses, tags, the
// timed deletion and the stock.
func (w *world) edit(in *instance, want Instance) {
	limit := protocol.Money(0)
	if want.SpotPriceLimit != "" {
		limit = mustMoney(want.SpotPriceLimit)
	}
	want = want.clone()
	wanted := w.wantedInterfaces(in.nics, &want)
	timed := !want.AutoDeleteTime.Equal(in.AutoDeleteTime)
	in.Instance, in.limit = want, limit
	for _, d := range slices.Concat([]*Disk{&in.SystemDisk}, pointers(in.DataDisks)) {
		if d.ID == "" {
			d.ID = w.uuid(kindDisk)
		}
		if d.Type == "" {
			d.Type = defaultDiskType
		}
	}
	if (in.EIPID == "") != (in.PublicIP == "") {
		id, address := w.newEIP()
		in.EIPID, in.PublicIP = cmp.Or(in.EIPID, id), cmp.Or(in.PublicIP, address)
	}
	var tags []tag
	for _, name := range slices.Sorted(maps.Keys(want.Tags)) {
		tags = append(tags, tag{Key: name, Value: want.Tags[name]})
	}
	w.tag(in, tags)
	w.connect(in, wanted)
	if timed {
		w.planDeletion(in)
	}
	switch {
	case in.State != stateStopped:
		in.StoppedMode = ""
		if in.parked {
			in.parked = false
			in.market.stock--
		}
	case in.StoppedMode == stopCharging:
		w.park(in)
	default:
		in.StoppedMode = keepCharging
	}
}

// wantedInterfaces lists the interfaces that an instance is to have, the primary one first. An
// interface that moves to another subnet does not ask for its old address there. It panics if
// there is no such subnet or free address, before anything is changed.
func (w *world) wantedInterfaces(old []heldNIC, want *Instance) []NetworkInterface {
	wanted := append([]NetworkInterface{{
		want.NetworkInterfaceID, want.SubnetID, want.PrivateIP, want.SecurityGroupIDs, want.DNS1, want.DNS2,
	}}, want.Secondary...)
	for i := range wanted {
		n := &wanted[i]
		n.SubnetID = cmp.Or(n.SubnetID, want.SubnetID)
		if i > 0 && n.SecurityGroupIDs == nil {
			n.SecurityGroupIDs = slices.Clone(want.SecurityGroupIDs)
		}
		moves := func(o heldNIC) bool { return o.id == n.ID && o.subnet.id != n.SubnetID && o.address() == n.PrivateIP }
		if slices.ContainsFunc(old, moves) {
			n.PrivateIP = ""
		}
		to := w.mustSubnet(n.SubnetID)
		own := func(o heldNIC) bool { return o.subnet == to && o.address() == n.PrivateIP }
		if n.PrivateIP == "" || slices.ContainsFunc(old, own) {
			continue
		}
		if ip, err := netip.ParseAddr(n.PrivateIP); err != nil || to.problem(ip) != "" {
			panic(fmt.Sprintf("kecsim: subnet %s has no address %q to give", n.SubnetID, n.PrivateIP))
		}
	}
	return wanted
}

// connect gives an instance its interfaces. Interfaces that stay in their subnet keep their
// address.
func (w *world) connect(in *instance, wanted []NetworkInterface) {
	stays := func(old heldNIC, want NetworkInterface) bool {
		return old.id == want.ID && old.subnet.id == want.SubnetID && (want.PrivateIP == "" || want.PrivateIP == old.address())
	}
	old := in.nics
	in.nics = nil
	// All addresses are given back before any is taken, so that two interfaces can swap theirs.
	for _, n := range old {
		if n.held && !slices.ContainsFunc(wanted, func(want NetworkInterface) bool { return stays(n, want) }) {
			n.subnet.giveBack(n.ip)
		}
	}
	for _, want := range wanted {
		n := heldNIC{id: want.ID, subnet: w.mustSubnet(want.SubnetID)}
		if at := slices.IndexFunc(old, func(n heldNIC) bool { return stays(n, want) }); at >= 0 {
			n = old[at]
		} else {
			n.ip, n.held = n.subnet.take(want.PrivateIP)
		}
		if n.id == "" {
			n.id = w.uuid(kindInterface)
		}
		n.groups, n.dns = want.SecurityGroupIDs, [2]string{want.DNS1, want.DNS2}
		in.nics = append(in.nics, n)
	}
	in.showPrimary()
}

func pointers(disks []Disk) []*Disk {
	var out []*Disk
	for i := range disks {
		out = append(out, &disks[i])
	}
	return out
}
