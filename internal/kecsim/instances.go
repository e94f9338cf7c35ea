package kecsim

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Instance is a copy of an instance. AddInstance fills what is left empty from the default world.
type Instance struct {
	ID, Name, HostName string
	Type, Region, Zone string
	State              string // "active", "stopped", "error", or one on the way, such as "scheduling"
	Visible            bool   // whether DescribeInstances shows it yet

	ImageID, SubnetID, VPCID string
	SecurityGroupIDs         []string // of the primary interface, like SubnetID and PrivateIP
	PrivateIP                string
	NetworkInterfaceID       string
	DNS1, DNS2               string
	Secondary                []NetworkInterface
	PublicIP, EIPID          string // "" without an EIP
	ProjectID                int64
	ChargeType, SpotStrategy string
	SpotPriceLimit           string // decimal, "" without one

	CreatedAt      time.Time
	RecyclingTime  time.Time // when the system will release it; zero if no release was announced
	AutoDeleteTime time.Time // zero without one
	AutoDeleteEIP  bool
	StoppedMode    string // "KeepCharging" or "StopCharging", "" unless it is stopped

	SystemDisk  Disk
	DataDisks   []Disk
	LocalDiskGB int

	KeyIDs         []string
	Password       string // in force now
	KeepImageLogin bool
	UserData       string // base64, as sent
	Tags           map[string]string

	Protected, FailureAutoDelete, SyncTag bool
	SriovNetSupport, DistributeIPv6       bool
	IAMRoleName, DataGuardID              string
	FailReason                            string // why it is in state error, whether or not its owner is told
}

// NetworkInterface is a secondary interface of an instance.
type NetworkInterface struct {
	ID, SubnetID, PrivateIP string
	SecurityGroupIDs        []string
	DNS1, DNS2              string
}

// Disk is a system or data disk.
type Disk struct {
	ID, Type           string
	SizeGB             int
	DeleteWithInstance bool
	SnapshotID         string
}

// instance is an instance in the world.
type instance struct {
	Instance
	market      *market
	limit       protocol.Money
	tagList     []tag
	nics        []heldNIC
	newHost     string         // the host name from the next boot on, "" if it stays
	stateChange int            // counts the changes of its state; a later one ends an earlier one
	unit        bool           // holds a unit of quota, and of stock unless it is parked
	parked      bool           // stopped without being charged
	timed       bool           // ended by its automatic deletion
	disksShown  bool           // all of them, to somebody who looked
	hold        protocol.Money // this much of the balance, while unit is set
	record      *record
	order       *Order
	sub         int       // index of its sub-order in order
	parts       []part    // the sub-orders of its address and disks
	broken      bool      // its launch has failed
	launch      *launched // nil if no order made it
}

type heldNIC struct {
	id     string
	subnet *subnet
	ip     netip.Addr
	groups []string
	held   bool
	dns    [2]string
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
	stateDeleted    = "deleted"
	stateRecycling  = "recycling"
	stateStopping   = "stopping"
	stateStopped    = "stopped"
	stateStarting   = "starting"
	stateRebooting  = "rebooting"
	statePassword   = "updating_password"
	stateHostName   = "updating_hostname"
	stateGone       = "gone" // never shown: the instance is absent from answers
)

func (in *instance) opening() bool {
	return in.State == stateScheduling || in.State == stateMapping
}

func (in *instance) alive() bool {
	return !in.broken && in.State != stateError && in.State != stateDeleting && in.State != stateGone
}

func (im *image) idOr(id string) string {
	if im == nil {
		return id
	}
	return im.id
}

func (i Instance) clone() Instance {
	i.SecurityGroupIDs, i.KeyIDs = slices.Clone(i.SecurityGroupIDs), slices.Clone(i.KeyIDs)
	i.DataDisks, i.Secondary, i.Tags = slices.Clone(i.DataDisks), slices.Clone(i.Secondary), maps.Clone(i.Tags)
	for n := range i.Secondary {
		i.Secondary[n].SecurityGroupIDs = slices.Clone(i.Secondary[n].SecurityGroupIDs)
	}
	return i
}

// snapshot is a copy, so that a test cannot change the world through it.
func (in *instance) snapshot() Instance {
	out := in.clone()
	out.Tags = map[string]string{}
	for _, t := range in.tagList {
		out.Tags[t.Key] = t.Value
	}
	out.Secondary = nil
	for _, n := range in.nics[1:] {
		out.Secondary = append(out.Secondary, NetworkInterface{n.id, n.subnet.id, n.address(), slices.Clone(n.groups), n.dns[0], n.dns[1]})
	}
	return out
}

// announceRelease announces a release by the system, ten minutes from now.
//
// documented: the ten minutes (fact 134). assumed: the release stands, whatever
// the price does meanwhile (fact 195).
func (w *world) announceRelease(in *instance) {
	if !in.RecyclingTime.IsZero() || !in.alive() {
		return
	}
	in.RecyclingTime = w.now.Add(10 * time.Minute)
	w.at(in.RecyclingTime, func() { w.release(in) })
}

// release takes an instance back for the system.
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

// breaks ends a launch that has failed in a state that says so, and deletes it after a while if it
// does not stay.
//
// observed: error (fact 146). assumed: the other states, and that KEC deletes it by itself
// (facts 191, 281).
func (w *world) breaks(in *instance) {
	in.State, in.broken = cmp.Or(w.settings.ErrorState, stateError), true
	lasts := w.settings.ErrorLasts
	if lasts == 0 && slices.Contains([]string{stateRecycling, stateDeleting, stateDeleted}, in.State) {
		lasts = w.settings.TerminateTime
	}
	if lasts > 0 {
		w.after(lasts, func() {
			if in.State != stateGone {
				w.remove(in)
			}
		})
	}
}

// terminate starts a deletion by the owner or by the timer.
//
// assumed: state deleting, then gone; billing status 7 (facts 147, 190, 201).
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

// remove takes an instance out of the world, and gives back what it held, now or, with FreeAfter,
// later.
//
// assumed: that what is gone may hold its address, quota and stock for a while (fact 237).
func (w *world) remove(in *instance) {
	if w.settings.FreeAfter > 0 {
		w.leaving = append(w.leaving, in)
		w.after(w.settings.FreeAfter, func() {
			w.leaving = slices.DeleteFunc(w.leaving, func(other *instance) bool { return other == in })
			w.free(in)
		})
	} else {
		w.free(in)
	}
	w.leaveEIP(in)
	in.State = stateGone
	if in.launch != nil {
		in.launch.gone = true
	}
	w.instances = slices.DeleteFunc(w.instances, func(other *instance) bool { return other == in })
	delete(w.byID, in.ID)
	maps.DeleteFunc(w.refusals, func(k refusalKey, _ string) bool { return k.id == in.ID })
}

// free gives back all that an instance held.
func (w *world) free(in *instance) {
	w.freeUnit(in)
	for i, n := range in.nics {
		if n.held {
			n.subnet.giveBack(n.ip)
			in.nics[i].held = false
		}
	}
}

func (w *world) freeUnit(in *instance) {
	if !in.unit {
		return
	}
	in.unit = false
	w.balance += in.hold
	if in.market != nil && !in.parked {
		in.market.stock++
	}
}

// planDeletion schedules the automatic deletion. If it is moved or switched off meanwhile,
// nothing happens at the old time.
//
// documented: timed deletion is allowed for spot (fact 136).
func (w *world) planDeletion(in *instance) {
	if at := in.AutoDeleteTime; !at.IsZero() {
		w.at(at, func() {
			if in.AutoDeleteTime.Equal(at) {
				in.timed = true
				w.terminate(in)
			}
		})
	}
}

var terminateRules = []rule{
	{"InstanceId.N", true, nil},
	{"ForceDelete", false, boolean},
}

// terminateInstances deletes instances.
//
// documented: parameters, limit of 100, an answer per id (facts 38, 85), no
// recycle bin for spot (fact 86). assumed: a call with an unknown or protected id
// is refused as a whole (facts 161, 273), ids that are not visible yet or deleting
// already are accepted (fact 184), Return is a boolean (fact 206).
func (s *Server) terminateInstances(r *request) (any, *protocol.Refusal) {
	ids, refusal := instanceIDs(r)
	if refusal != nil {
		return nil, refusal
	}
	var targets []*instance
	for i, id := range ids {
		name := "InstanceId." + strconv.Itoa(i+1)
		in, refusal := s.w.target(r, name, id)
		switch {
		case refusal != nil:
			return nil, refusal
		case in.Protected:
			return nil, protocol.Refuse(protocol.CodeProtected, "%s %s is protected against deletion", name, id)
		}
		targets = append(targets, in)
	}
	if r.dryRun {
		return nil, errDryRun
	}
	set := []any{}
	for _, in := range targets {
		message, refused := s.w.refused(r.action, in.ID)
		if !refused {
			s.w.terminate(in)
		}
		set = append(set, map[string]any{"InstanceId": in.ID, "Return": !refused, "Message": message})
	}
	return map[string]any{"InstancesSet": set}, nil
}

// instanceIDs reads InstanceId.N (fact 38: at most 100).
func instanceIDs(r *request) ([]string, *protocol.Refusal) {
	ids := r.List("InstanceId")
	if len(ids) > 100 {
		return nil, protocol.Refuse(protocol.CodeInstanceIDLimit, "InstanceId has %d entries, at most 100 are allowed", len(ids))
	}
	return ids, nil
}
