package kecsim

import (
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Instance is a snapshot of a machine. In AddInstance, whatever is left empty gets
// a value of the default world.
type Instance struct {
	ID, Name, HostName string
	Type, Region, Zone string
	State              string // "scheduling", "block_device_mapping", "active", "error", "deleting"
	Visible            bool   // whether DescribeInstances shows it yet

	ImageID, SubnetID, VPCID string
	SecurityGroupIDs         []string
	PrivateIP                string
	PublicIP, EIPID          string // "" without an EIP
	ProjectID                int64
	ChargeType, SpotStrategy string
	SpotPriceLimit           string // decimal, "" without one

	CreatedAt      time.Time
	RecyclingTime  time.Time // when the system will release it; zero without a notice
	AutoDeleteTime time.Time // zero without one
	AutoDeleteEIP  bool

	SystemDisk  Disk
	DataDisks   []Disk
	LocalDiskGB int

	KeyIDs         []string
	Password       string
	KeepImageLogin bool
	UserData       string // base64, as sent
	Tags           map[string]string

	Protected, FailureAutoDelete, SyncTag bool
	SriovNetSupport, DistributeIPv6       bool
	IAMRoleName, DataGuardID              string
	FailReason                            string // why it is in error, known or not to its owner
}

// Disk is a system or data disk.
type Disk struct {
	ID, Type           string
	SizeGB             int
	DeleteWithInstance bool
	SnapshotID         string
}

// instance is a machine in the world.
type instance struct {
	Instance
	market  *market
	limit   money
	tagList []Tag
	nics    []heldNIC
	unit    bool  // holds a unit of stock and quota
	hold    money // and this much of the balance
	record  *record
	order   *Order
	sub     int // index of its sub-order
}

type heldNIC struct {
	id     string
	subnet *subnet
	ip     netip.Addr
	groups []string
	held   bool
}

func (n heldNIC) address() string {
	if !n.held {
		return ""
	}
	return n.ip.String()
}

const (
	stateScheduling = "scheduling"
	stateMapping    = "block_device_mapping"
	stateActive     = "active"
	stateError      = "error"
	stateDeleting   = "deleting"
	stateGone       = "gone" // never on the wire: it is absent then
)

func (in *instance) opening() bool {
	return in.State == stateScheduling || in.State == stateMapping
}

func (in *instance) alive() bool { return in.opening() || in.State == stateActive }

func (im *image) idOr(id string) string {
	if im == nil {
		return id
	}
	return im.id
}

// snapshot copies, so that a test cannot reach into the world.
func (in *instance) snapshot() Instance {
	out := in.Instance
	out.SecurityGroupIDs, out.KeyIDs = slices.Clone(in.SecurityGroupIDs), slices.Clone(in.KeyIDs)
	out.DataDisks = slices.Clone(in.DataDisks)
	out.Tags = map[string]string{}
	for _, t := range in.tagList {
		out.Tags[t.Key] = t.Value
	}
	return out
}

// notice announces the release ten minutes from now.
//
// documented: fact 134. assumed: it stands, whatever the price does then (fact
// 195).
func (w *world) notice(in *instance) {
	if !in.RecyclingTime.IsZero() || !in.alive() {
		return
	}
	in.RecyclingTime = w.now.Add(10 * time.Minute)
	w.at(in.RecyclingTime, func() { w.release(in) })
}

// release is the system taking the machine back.
//
// documented: it is gone, without a recycle bin (fact 135). assumed: billing
// status 5 (fact 201).
func (w *world) release(in *instance) {
	if in.State == stateGone {
		return
	}
	w.closed(in, billingReclaimed)
	w.remove(in)
}

// terminate starts a deletion by the owner or by the timer.
//
// assumed: deleting, then gone; billing status 7 (facts 147, 190, 201).
func (w *world) terminate(in *instance) {
	if in.State == stateDeleting || in.State == stateGone {
		return
	}
	w.closed(in, billingDeleted)
	in.State = stateDeleting
	w.after(w.settings.TerminateTime, func() {
		if in.State == stateDeleting {
			w.remove(in)
		}
	})
}

// remove takes a machine out of the world, and gives back what it held.
func (w *world) remove(in *instance) {
	w.freeUnit(in)
	for i, n := range in.nics {
		if n.held {
			n.subnet.giveBack(n.ip)
			in.nics[i].held = false
		}
	}
	in.State = stateGone
	w.instances = slices.DeleteFunc(w.instances, func(other *instance) bool { return other == in })
	delete(w.byID, in.ID)
	delete(w.refusals, in.ID)
}

func (w *world) freeUnit(in *instance) {
	if !in.unit {
		return
	}
	in.unit = false
	w.balance += in.hold
	if in.market != nil {
		in.market.stock++
	}
}

var terminateRules = []rule{
	{"InstanceId.N", true, nil},
	{"ForceDelete", false, boolean},
}

// terminateInstances deletes instances.
//
// documented: parameters, limit of 100, an answer per id (facts 38, 85), no
// recycle bin for spot (fact 86). assumed: one unknown or protected id refuses
// the whole call, ids not visible yet or deleting already are taken (facts 161,
// 184), Return is a boolean (fact 206).
func (s *Server) terminateInstances(r *request) (any, *apiError) {
	ids, refusal := instanceIDs(r)
	if refusal != nil {
		return nil, refusal
	}
	var targets []*instance
	for i, id := range ids {
		in := s.w.byID[id]
		switch {
		case in == nil || in.Region != r.region:
			return nil, refuse(codeInstanceIDInvalid, "InstanceId.%d %s does not exist", i+1, clip(id))
		case in.Protected:
			return nil, refuse(codeProtected, "InstanceId.%d %s is protected against deletion", i+1, id)
		}
		targets = append(targets, in)
	}
	if r.dryRun {
		return nil, errDryRun
	}
	set := []any{}
	for _, in := range targets {
		message, refused := s.w.refusals[in.ID]
		if !refused {
			s.w.terminate(in)
		}
		set = append(set, map[string]any{"InstanceId": in.ID, "Return": !refused, "Message": message})
	}
	return map[string]any{"InstancesSet": set}, nil
}

// instanceIDs reads InstanceId.N with its limit (fact 38).
func instanceIDs(r *request) ([]string, *apiError) {
	ids := r.list("InstanceId")
	if len(ids) > 100 {
		return nil, refuse(codeInstanceIDLimit, "InstanceId has %d entries, at most 100 are allowed", len(ids))
	}
	return ids, nil
}

// AddInstance puts a machine into the world that no order made, active unless its
// State says otherwise, and returns its id. It takes one from stock and quota, as a
// launch would have.
func (s *Server) AddInstance(add Instance) string {
	defer s.lock()()
	w := s.w
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&add.ID, w.uuid(kindInstance))
	fill(&add.Name, "pre-existing")
	fill(&add.Type, TypeSmall)
	fill(&add.ImageID, ImageUbuntu)
	fill(&add.SubnetID, SubnetA)
	fill(&add.ChargeType, chargeMonthly)
	fill(&add.State, stateActive)
	if add.ChargeType == chargeSpot {
		fill(&add.SpotStrategy, strategyGo)
	}
	if add.SystemDisk == (Disk{}) {
		add.SystemDisk = Disk{ID: w.uuid(kindDisk), Type: defaultDiskType, SizeGB: 40, DeleteWithInstance: true}
	}
	if add.CreatedAt.IsZero() {
		add.CreatedAt = w.now
	}
	if add.SecurityGroupIDs == nil {
		add.SecurityGroupIDs = []string{SecurityGroup}
	}
	add.Visible = true
	in := &instance{Instance: add}
	in.limit, _ = parseMoney(add.SpotPriceLimit)
	for _, n := range w.subnets {
		if n.id == add.SubnetID {
			fill(&in.Region, n.region)
			fill(&in.Zone, n.zone)
			fill(&in.VPCID, n.vpc)
			ip, ok := n.take(add.PrivateIP)
			held := heldNIC{w.uuid(kindInterface), n, ip, add.SecurityGroupIDs, ok}
			in.nics = []heldNIC{held}
			in.PrivateIP = held.address()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(add.Tags)) {
		in.tagList = append(in.tagList, Tag{w.uuid(kindTag), name, add.Tags[name]})
	}
	in.market = w.markets[marketKey{in.Zone, in.Type}]
	in.unit = true
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
