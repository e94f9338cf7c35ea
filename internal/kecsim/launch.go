package kecsim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// minBalance is the least balance for an order.
//
// documented: for pay-as-you-go (fact 137). assumed: for spot too (fact 160).
const minBalance = 100 * protocol.Yuan

// The reasons of failed launches, as the console shows them and, with CauseFields, the API.
const (
	causeOutOfStock = "out of stock"     // documented: shown in the console (fact 120)
	causeExcessive  = "excessive number" // documented: shown in the console (fact 120)
	causePrice      = "spot price limit is out of range"
	causeBalance    = "insufficient balance"
	causeSubnetFull = "no free address in the subnet"
	causeImage      = "image is not usable"
)

// runInstances places an order. Its instances turn active 20 simulated seconds later.
//
// documented: parameters, partial fulfilment and answer (facts 40-69, 131), and launch templates
// (fact 308). assumed: the delays, and whether the world is checked now or later (facts 190,
// 192).
func (s *Server) runInstances(r *request) (any, *protocol.Refusal) {
	w := s.w
	l, refusal := w.checkLaunch(r)
	if refusal != nil {
		return nil, refusal
	}
	fit, short, cause := w.capacity(l)
	count := min(fit, l.max)
	if w.settings.AsyncChecks {
		count = l.max
	} else if count < l.min {
		return nil, short
	}
	if r.dryRun {
		return nil, errDryRun
	}
	order := w.openOrder(l, count)
	set := []any{}
	for i := range count {
		mode, reason := failureMode(w.settings.FailureMode), cause
		if i < fit || len(w.failures) > 0 {
			mode, reason = w.nextFailure()
		}
		in := w.open(l, i, i < fit)
		w.book(order, in)
		w.recordLaunch(in, r.id)
		w.schedule(in, mode, reason)
		set = append(set, map[string]any{"InstanceId": in.ID, "InstanceName": in.Name})
	}
	return map[string]any{"InstancesSet": set}, nil
}

// capacity counts how many instances of an order the world can open. If these are too few, short
// is the refusal and cause the reason.
//
// documented: the price range (fact 46), stock and bid (fact 131), as many as fit
// (fact 43). assumed: the order of the checks and all codes (facts 160, 193), and
// that disks are sold out too (fact 230).
func (w *world) capacity(l *launch) (fit int, short *protocol.Refusal, cause string) {
	price := l.market.last()
	hour := price.onDemand
	if im := l.image; im == nil {
		return 0, protocol.Refuse(protocol.CodeImage, "ImageId %s does not exist", l.Get("ImageId")), causeImage
	} else if im.state != "active" {
		return 0, protocol.Refuse(protocol.CodeImage, "ImageId %s is in state %s, not active", im.id, im.state), causeImage
	}
	if l.Get("ChargeType") == chargeSpot {
		hour = price.spot
		if l.strategy == strategyLimit && (l.limit < price.spot || l.limit > price.onDemand) {
			return 0, protocol.Refuse(protocol.CodePriceLimit, "SpotPriceLimit %s is out of range: %s in %s costs %s now and %s on demand",
				l.limit, l.typ.name, l.market.zone, price.spot, price.onDemand), causePrice
		}
	}
	if w.balance < minBalance {
		return 0, protocol.Refuse(protocol.CodeBalance, "the account balance is %s CNY, at least %s is needed", w.balance, minBalance), causeBalance
	}
	fit = l.max
	limit := func(n int, why string, c protocol.Code, format string, args ...any) {
		if n < fit {
			fit, cause, short = max(n, 0), why, protocol.Refuse(c, format, args...)
		}
	}
	left := w.quota - w.used()
	limit(left, causeExcessive, protocol.CodeQuota, "MinCount %d exceeds the instance quota: %d of %d left", l.min, max(left, 0), w.quota)
	limit(l.market.stock, causeOutOfStock, protocol.CodeSellOut, "InstanceType %s is sell out in %s: %d wanted, %d available",
		l.typ.name, l.market.zone, l.min, l.market.stock)
	for i := 1; i <= l.Count("DataDisk"); i++ {
		name := fmt.Sprintf("DataDisk.%d.Type", i)
		if typ := l.Get(name); w.soldOut[diskKey{l.market.zone, typ}] {
			limit(0, causeOutOfStock, protocol.CodeSellOut, "%s %s is sell out in %s", name, typ, l.market.zone)
		}
	}
	for i, n := range l.nics {
		name := "SubnetId"
		if i > 0 {
			name = fmt.Sprintf("NetworkInterface.%d.SubnetId", i)
		}
		// Several interfaces of one instance may be in one subnet.
		per := 0
		for _, other := range l.nics {
			if other.subnet == n.subnet {
				per++
			}
		}
		limit(n.subnet.free/per, causeSubnetFull, protocol.CodeSubnetFull, "%s %s has %d free addresses, %d wanted", name, n.subnet.id, n.subnet.free, l.min*per)
	}
	if hour > 0 {
		limit(int(w.balance/hour), causeBalance, protocol.CodeBalance, "the account balance is %s CNY, %d instances cost %s in the first hour", w.balance, l.min, hour*protocol.Money(l.min))
	}
	return fit, short, cause
}

// used counts the instances that hold a unit of quota.
func (w *world) used() int {
	n := 0
	for _, in := range slices.Concat(w.instances, w.leaving) {
		if in.unit {
			n++
		}
	}
	return n
}

type scriptedFailure struct {
	left         int
	mode, reason string
}

// nextFailure takes one launch off the script of FailLaunches. Without a script it draws.
func (w *world) nextFailure() (mode, reason string) {
	if len(w.failures) == 0 {
		return w.drawFailure()
	}
	f := &w.failures[0]
	mode, reason = f.mode, f.reason
	if f.left--; f.left < 1 {
		w.failures = w.failures[1:]
	}
	return mode, reason
}

// open makes the i-th instance of a launch. An instance that does not fit holds no stock, quota
// or balance, but an address if one is free.
func (w *world) open(l *launch, i int, fits bool) *instance {
	primary := l.nics[0].subnet
	in := &instance{limit: l.limit, market: l.market}
	in.Instance = Instance{
		ID: w.uuid(kindInstance), Type: l.typ.name, Region: l.region, Zone: primary.zone, State: stateScheduling,
		ImageID:    l.image.idOr(l.Get("ImageId")),
		ChargeType: l.Get("ChargeType"), SpotStrategy: l.strategy,
		CreatedAt: w.now, AutoDeleteTime: l.autoDel, AutoDeleteEIP: l.Flag("AutoDeleteEip"),
		KeyIDs: l.List("KeyId"), Password: l.Get("InstancePassword"), KeepImageLogin: l.Flag("KeepImageLogin"),
		UserData: l.Get("UserData"), Protected: l.Flag("IsProtect"), FailureAutoDelete: l.Flag("FailureAutoDelete"),
		SyncTag: l.Flag("SyncTag"), SriovNetSupport: l.Flag("SriovNetSupport"), DistributeIPv6: l.Flag("DistributeIpv6"),
		IAMRoleName: l.Get("IamRoleName"), DataGuardID: l.Get("DataGuardId"),
		SystemDisk: Disk{Type: defaultDiskType, SizeGB: 20},
	}
	if l.strategy == strategyLimit {
		in.SpotPriceLimit = l.limit.String()
	}
	in.ProjectID, _ = strconv.ParseInt(l.Get("ProjectId"), 10, 64)
	w.label(in, l, i)
	w.attachDisks(in, l)
	for _, n := range l.nics {
		ip, ok := n.subnet.take(n.ip)
		in.nics = append(in.nics, heldNIC{id: w.uuid(kindInterface), subnet: n.subnet, ip: ip, groups: n.groups, held: ok})
	}
	in.showPrimary()
	if l.Has("LineId") {
		in.EIPID, in.PublicIP = w.newEIP()
	}
	if fits {
		in.unit = true
		in.hold = l.market.last().onDemand
		if in.ChargeType == chargeSpot {
			in.hold = l.market.last().spot
		}
		l.market.stock--
		w.balance -= in.hold
	}
	w.add(in)
	return in
}

func (w *world) add(in *instance) {
	w.instances = append(w.instances, in)
	w.byID[in.ID] = in
}

// label gives an instance its names and tags.
//
// documented: default name and suffixes (facts 59, 60).
func (w *world) label(in *instance, l *launch, i int) {
	if in.Name = l.Get("InstanceName"); in.Name == "" {
		id := strings.ToUpper(strconv.FormatInt(int64(w.next(kindName)), 36))
		in.Name = "KSC-IN-" + strings.Repeat("0", max(10-len(id), 0)) + id
	}
	if l.Has("InstanceNameSuffix") {
		in.Name += strconv.Itoa(l.Number("InstanceNameSuffix", 0) + i)
	}
	in.HostName = l.Get("HostName")
	if l.Has("HostNameSuffix") {
		in.HostName += strconv.Itoa(l.Number("HostNameSuffix", 0) + i)
	}
	var tags []tag
	for n := 1; n <= l.Count("Tag"); n++ {
		at := "Tag." + strconv.Itoa(n) + "."
		tags = append(tags, tag{Key: l.Get(at + "Key"), Value: l.Get(at + "Value")})
	}
	w.tag(in, tags)
}

func (w *world) attachDisks(in *instance, l *launch) {
	if l.image != nil {
		in.SystemDisk.SizeGB = l.image.sysDisk
	}
	in.SystemDisk.ID = w.uuid(kindDisk)
	if v := l.Get("SystemDisk.DiskType"); v != "" {
		in.SystemDisk.Type = v
	}
	in.SystemDisk.SizeGB = l.Number("SystemDisk.DiskSize", in.SystemDisk.SizeGB)
	in.SystemDisk.DeleteWithInstance = true
	if !l.typ.noLocalDisk {
		in.LocalDiskGB = l.Number("DataDiskGb", 0)
	}
	for n := 1; n <= l.Count("DataDisk"); n++ {
		at := "DataDisk." + strconv.Itoa(n) + "."
		in.DataDisks = append(in.DataDisks, Disk{
			ID: w.uuid(kindDisk), Type: l.Get(at + "Type"), SizeGB: l.Number(at+"Size", 0),
			DeleteWithInstance: l.Flag(at + "DeleteWithInstance"), SnapshotID: l.Get(at + "SnapshotId"),
		})
	}
}

// schedule plans the states of an instance up to active, or up to its failure.
//
// observed: invisible at first, then scheduling and block_device_mapping (facts
// 70, 145). documented: active, error, FailureAutoDelete (facts 146, 66).
// assumed: the times, and the ways to fail (facts 190, 191).
func (w *world) schedule(in *instance, mode, reason string) {
	set := w.settings
	visible, boot := set.VisibleAfter, max(set.Boot, set.VisibleAfter)
	if mode == ModeError && in.FailureAutoDelete {
		mode = ModeVanish
	}
	opening := func(do func()) func() {
		return func() {
			if in.opening() {
				do()
			}
		}
	}
	if mode != ModeInvisible {
		// An instance that is being deleted turns visible too: it exists until it is gone.
		w.after(visible, func() { in.Visible = true })
		w.after(visible+(boot-visible)/2, opening(func() { in.State = stateMapping }))
	}
	w.after(boot, opening(func() {
		switch mode {
		case "":
			in.State = stateActive
			w.opened(in)
			w.checkLimits()
			if until := w.protectedUntil(in); in.ChargeType == chargeSpot && until.After(in.CreatedAt.Add(protection)) {
				w.at(until, w.checkLimits)
			}
		case ModeError:
			w.breaks(in)
			w.failed(in, reason)
		default:
			w.failed(in, reason)
			w.remove(in)
		}
	}))
	w.planDeletion(in)
	if in.ChargeType == chargeSpot {
		w.at(in.CreatedAt.Add(protection), w.checkLimits)
	}
}

// protection is the time in which the system releases nothing (fact 133: the first hour).
const protection = time.Hour
