package kecsim

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// runRules is the parameter table of RunInstances, after a launch template has filled the request
// in. Rules that need several parameters or the world are in checkLaunch and capacity.
//
// documented: names, required ones and limits (facts 40-68). assumed: values that no
// source enumerates are taken as they are (fact 182).
var runRules = []rule{
	{"ImageId", true, identifier("IMG-")},
	{"InstanceType", false, characters(1, 64)},
	{"MaxCount", true, integer(1, 10000)},
	{"MinCount", true, integer(1, 10000)},
	{"SubnetId", true, identifier()},
	{"SecurityGroupId.N", true, identifier()},
	{"ChargeType", true, oneOf(chargeMonthly, chargeDaily, chargeInstant, chargeSpot)},
	{"PurchaseTime", false, integer(0, 36)},
	{"SpotStrategy", false, oneOf(strategyGo, strategyLimit)},
	{"SpotPriceLimit", false, nil},
	{"InstancePassword", false, password},
	{"KeyId.N", false, identifier()},
	{"KeepImageLogin", false, boolean},
	{"SystemDisk.DiskType", false, oneOf(systemDiskTypes...)},
	{"SystemDisk.DiskSize", false, integer(20, 500)},
	{"DataDiskGb", false, integer(1, 16000)},
	{"DataDisk.N.Type", false, oneOf(dataDiskTypes...)},
	{"DataDisk.N.Size", false, integer(1, math.MaxInt32)}, // the limits are settings
	{"DataDisk.N.DeleteWithInstance", false, boolean},
	{"DataDisk.N.SnapshotId", false, characters(1, 64)},
	{"PrivateIpAddress", false, ipv4},
	{"NetworkInterface.N.SubnetId", false, identifier()},
	{"NetworkInterface.N.SecurityGroupId.N", false, identifier()},
	{"NetworkInterface.N.PrivateIpAddress", false, ipv4},
	{"InstanceName", false, characters(2, 64)},
	{"InstanceNameSuffix", false, integer(0, 9999)},
	{"HostName", false, hostName},
	{"HostNameSuffix", false, integer(0, 9999)},
	{"UserData", false, userData},
	{"ProjectId", false, integer(0, math.MaxInt64)},
	{"Tag.N.Key", false, tagKey},
	{"Tag.N.Value", false, characters(0, 255)},
	{"Tag.N.Id", false, integer(0, math.MaxInt64)},
	{"SyncTag", false, boolean},
	{"AutoDeleteTime", false, timeIn(autoDeleteLayouts...)},
	{"AutoDeleteEip", false, boolean},
	{"FailureAutoDelete", false, boolean},
	{"IsProtect", false, boolean},
	{"AddressBandWidth", false, integer(1, 15000)},
	{"LineId", false, characters(1, 64)},
	{"AddressChargeType", false, oneOf(slices.Concat(eipChargeTypes, eipOwnNames)...)},
	{"AddressPurchaseTime", false, integer(1, 36)},
	{"AddressProjectId", false, integer(0, math.MaxInt64)},
	{"BandWidthShareId", false, characters(1, 64)},
	{"ModelId", false, characters(1, 64)},
	{"ModelVersion", false, integer(1, math.MaxInt32)},
	{"IamRoleName", false, characters(1, 64)},
	{"DataGuardId", false, characters(1, 64)},
	{"DedicatedHostId", false, characters(1, 64)},
	{"LocalVolumeSnapshotId", false, characters(1, 64)},
	{"AutoCreateEbs", false, boolean},
	{"AssembledImageDataDiskType", false, characters(1, 64)},
	{"SriovNetSupport", false, boolean},
	{"DistributeIpv6", false, boolean},
	{"InstanceConfigure.VCPU", false, integer(1, 1024)},
	{"InstanceConfigure.MemoryGb", false, integer(1, 16384)},
	{"InstanceConfigure.DataDiskGb", false, integer(0, 32768)},
}

const (
	chargeMonthly = "Monthly"
	chargeDaily   = "Daily"
	chargeInstant = "HourlyInstantSettlement"
	chargeSpot    = "Spot"

	strategyGo    = "SpotAsPriceGo"
	strategyLimit = "SpotWithPriceLimit"
)

// billTypes are the numbers of the charge types (facts 79, 116: 1, 5, 87 and 810).
var billTypes = map[string]int{chargeMonthly: 1, chargeDaily: 5, chargeInstant: 87, chargeSpot: 810}

// autoDeleteLayouts are the forms of AutoDeleteTime (fact 64: with and without seconds).
var autoDeleteLayouts = []string{"2006-01-02 15:04", plainTime}

// launch is a RunInstances request whose rules have been checked.
type launch struct {
	*request
	typ      *instanceType
	market   *market
	image    *image // nil if there is no such image
	nics     []nic  // the primary one first
	limit    protocol.Money
	limitErr error
	strategy string
	autoDel  time.Time
	min, max int
}

type nic struct {
	subnet *subnet
	groups []string
	ip     string // the address that is asked for, "" for any
}

// checkLaunch checks the rules across parameters and finds what the parameters name.
//
// documented: what is required, excluded and limited (facts 40-68). assumed: all that
// is stricter (facts 170-175) and the codes (fact 165).
func (w *world) checkLaunch(r *request) (*launch, *protocol.Refusal) {
	l := &launch{request: r, min: r.Number("MinCount", 0), max: r.Number("MaxCount", 0)}
	steps := []func(*launch) *protocol.Refusal{w.checkMoney, w.checkNetwork, w.checkMachine, w.checkDisks, w.checkLogin, w.checkLabels, w.checkRest}
	for _, step := range steps {
		if refusal := step(l); refusal != nil {
			return nil, refusal
		}
	}
	return l, nil
}

func (w *world) checkMoney(l *launch) *protocol.Refusal {
	charge := l.Get("ChargeType")
	months := l.Number("PurchaseTime", 0)
	switch {
	case l.min > l.max:
		return protocol.Invalid("MinCount", "%d is more than MaxCount %d", l.min, l.max)
	case charge == chargeMonthly && months == 0:
		return protocol.Invalid("PurchaseTime", "must be between 1 and 36 with ChargeType Monthly")
	case charge != chargeMonthly && months != 0:
		return protocol.Invalid("PurchaseTime", "must be 0 with ChargeType %s, not %d", charge, months)
	}
	if charge != chargeSpot {
		for _, name := range []string{"SpotStrategy", "SpotPriceLimit"} {
			if l.Has(name) {
				return protocol.Invalid(name, "is only allowed with ChargeType Spot, not %s", charge)
			}
		}
		return nil
	}
	l.strategy = strategyGo
	if l.Has("SpotStrategy") {
		l.strategy = l.Get("SpotStrategy")
	}
	switch {
	case l.strategy == strategyLimit && !l.Has("SpotPriceLimit"):
		return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter SpotPriceLimit is required with SpotStrategy %s", strategyLimit)
	case l.strategy == strategyGo && l.Has("SpotPriceLimit"):
		return protocol.Invalid("SpotPriceLimit", "is only allowed with SpotStrategy %s", strategyLimit)
	case l.strategy == strategyLimit:
		l.limit, l.limitErr = protocol.ParseMoney(l.Get("SpotPriceLimit"))
		if l.limitErr != nil {
			return protocol.Refuse(protocol.CodePriceLimit, "SpotPriceLimit %q %s", protocol.Clip(l.Get("SpotPriceLimit")), l.limitErr)
		}
	}
	return nil
}

func (w *world) checkNetwork(l *launch) *protocol.Refusal {
	groups := l.List("SecurityGroupId")
	primary, refusal := w.checkNIC(l, "", groups, nil)
	if refusal != nil {
		return refusal
	}
	l.nics = []nic{primary}
	for i := 1; i <= l.Count("NetworkInterface"); i++ {
		at := "NetworkInterface." + strconv.Itoa(i) + "."
		extra, refusal := w.checkNIC(l, at, l.List(at+"SecurityGroupId"), primary.subnet)
		if refusal != nil {
			return refusal
		}
		l.nics = append(l.nics, extra)
	}
	if len(l.nics) > interfacesPerInstance {
		return protocol.Invalid("NetworkInterface."+strconv.Itoa(interfacesPerInstance), "is one too many: an instance has at most %d interfaces", interfacesPerInstance)
	}
	return nil
}

// checkNIC checks one interface. Its subnet must go with the primary one, which is nil while the
// primary interface itself is checked.
func (w *world) checkNIC(l *launch, at string, groups []string, primary *subnet) (nic, *protocol.Refusal) {
	if !l.Has(at + "SubnetId") {
		return nic{}, protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %sSubnetId is required", at)
	}
	id := l.Get(at + "SubnetId")
	n := w.findSubnet(l.region, id)
	switch {
	case n == nil:
		return nic{}, protocol.Invalid(at+"SubnetId", "%s does not exist in %s", id, l.region)
	case n.kind != "Normal":
		return nic{}, protocol.Invalid(at+"SubnetId", "%s is of type %s, which takes no instances", id, n.kind)
	case primary != nil && (n.vpc != primary.vpc || n.zone != primary.zone):
		return nic{}, protocol.Invalid(at+"SubnetId", "%s is not in the VPC and zone of the primary subnet", id)
	case len(groups) == 0:
		return nic{}, protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %sSecurityGroupId.1 is required", at)
	}
	if refusal := w.checkGroups(n, at, groups); refusal != nil {
		return nic{}, refusal
	}
	ip := l.Get(at + "PrivateIpAddress")
	if ip != "" {
		if l.max > 1 {
			return nic{}, protocol.Invalid(at+"PrivateIpAddress", "is only allowed with MaxCount 1, not %d", l.max)
		}
		// It parses: the rule table has checked that.
		if addr, err := netip.ParseAddr(ip); err == nil {
			if problem := n.problem(addr); problem != "" {
				return nic{}, protocol.Invalid(at+"PrivateIpAddress", "%s", problem)
			}
		}
		for _, other := range l.nics {
			if other.ip == ip {
				return nic{}, protocol.Invalid(at+"PrivateIpAddress", "%s is asked for twice", ip)
			}
		}
	}
	return nic{n, groups, ip}, nil
}

// checkGroups wants every group in the VPC of the subnet, and none twice.
func (w *world) checkGroups(n *subnet, at string, groups []string) *protocol.Refusal {
	for i, id := range groups {
		name := at + "SecurityGroupId." + strconv.Itoa(i+1)
		g := w.findGroup(n.region, id)
		switch {
		case g == nil:
			return protocol.Invalid(name, "%s does not exist in %s", id, n.region)
		case g.vpc != n.vpc:
			return protocol.Invalid(name, "%s belongs to VPC %s, the subnet to %s", id, g.vpc, n.vpc)
		case slices.Contains(groups[:i], id):
			return protocol.Invalid(name, "%s is listed twice", id)
		}
	}
	return nil
}

func (w *world) checkMachine(l *launch) *protocol.Refusal {
	if l.Has("ModelVersion") && !l.Has("ModelId") {
		return protocol.Invalid("ModelVersion", "is only allowed with ModelId")
	}
	name := "I1.1A" // fact 42: the default in old documents
	if l.Has("InstanceType") {
		name = l.Get("InstanceType")
	}
	zone := l.nics[0].subnet.zone
	l.typ, l.market = w.findType(name), w.markets[marketKey{zone, name}]
	if l.typ == nil || l.market == nil {
		return protocol.Invalid("InstanceType", "%s is not offered in %s", protocol.Clip(name), zone)
	}
	if l.Get("ChargeType") == chargeSpot && !l.market.offered {
		return protocol.Refuse(protocol.CodeNotOffered, "ChargeType Spot is not offered for InstanceType %s in %s", name, zone)
	}
	l.image = w.findImage(l.Get("ImageId"))
	if im := l.image; im != nil && !im.cloudInit {
		for _, name := range []string{"HostName", "UserData"} {
			if l.Has(name) {
				return protocol.Invalid(name, "needs an image with cloud-init, which ImageId %s is not", im.id)
			}
		}
	}
	return nil
}

func (w *world) checkDisks(l *launch) *protocol.Refusal {
	if n := l.Count("DataDisk"); n > w.settings.MaxDataDisks {
		return protocol.Invalid("DataDisk."+strconv.Itoa(n), "is too many: an instance takes %d data disks", w.settings.MaxDataDisks)
	}
	for i := 1; i <= l.Count("DataDisk"); i++ {
		at := "DataDisk." + strconv.Itoa(i) + "."
		for _, part := range []string{"Type", "Size"} {
			if !l.Has(at + part) {
				return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %s%s is required: a data disk needs both Type and Size", at, part)
			}
		}
		if size := l.Number(at+"Size", 0); size < 10 || size > w.settings.MaxDataDiskSize {
			return protocol.Invalid(at+"Size", "must be between 10 and %d, not %d", w.settings.MaxDataDiskSize, size)
		}
	}
	return nil
}

func (w *world) checkLogin(l *launch) *protocol.Refusal {
	if refusal := w.checkKeys(l.List("KeyId"), l.image); refusal != nil {
		return refusal
	}
	if l.Flag("KeepImageLogin") && l.image != nil && l.image.source == "system" {
		return protocol.Invalid("KeepImageLogin", "needs a custom image, which ImageId %s is not", l.image.id)
	}
	return nil
}

// checkKeys wants every key to exist, none twice, and an image that takes keys. With a nil image
// any image will do.
func (w *world) checkKeys(keys []string, im *image) *protocol.Refusal {
	for i, id := range keys {
		name := "KeyId." + strconv.Itoa(i+1)
		switch {
		case !slices.Contains(w.keyPairs, id):
			return protocol.Invalid(name, "%s does not exist", id)
		case slices.Contains(keys[:i], id):
			return protocol.Invalid(name, "%s is listed twice", id)
		case im != nil && im.platform == "other-linux":
			return protocol.Invalid(name, "cannot be used with ImageId %s of platform other-linux", im.id)
		}
	}
	return nil
}

func (w *world) checkLabels(l *launch) *protocol.Refusal {
	if l.Has("InstanceNameSuffix") && !l.Has("InstanceName") {
		return protocol.Invalid("InstanceNameSuffix", "is only allowed with InstanceName")
	}
	if l.Has("HostNameSuffix") && !l.Has("HostName") {
		return protocol.Invalid("HostNameSuffix", "is only allowed with HostName")
	}
	if _, refusal := w.checkProject(l.request); refusal != nil {
		return refusal
	}
	seen := map[string]bool{}
	for i := 1; i <= l.Count("Tag"); i++ {
		name := "Tag." + strconv.Itoa(i) + ".Key"
		if !l.Has(name) {
			return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %s is required", name)
		}
		if seen[l.Get(name)] {
			return protocol.Invalid(name, "%q is listed twice", protocol.Clip(l.Get(name)))
		}
		seen[l.Get(name)] = true
	}
	return nil
}

// The charge types of an EIP, as RunInstances names them and as EIP's own API does, the monthly one
// first. S: the former (fact 219). assumed: that it takes the latter where a setting says so.
var (
	eipChargeTypes = []string{"PrePaidByMonth", "PostPaidByPeak", "PostPaidByDay", "PostPaidByTransfer", "PostPaidByHour", "PostPaidByRegionPeak"}
	eipOwnNames    = []string{"Monthly", "Peak", "Daily", "TrafficMonthly", "HourlySettlement", "HourlyInstantSettlement", "RegionPeak"}
)

func (w *world) checkRest(l *launch) *protocol.Refusal {
	var refusal *protocol.Refusal
	if l.autoDel, refusal = w.checkAutoDelete(l.request); refusal != nil {
		return refusal
	}
	core := []string{"AddressBandWidth", "LineId", "AddressChargeType"}
	extras := []string{"AddressPurchaseTime", "AddressProjectId", "BandWidthShareId"}
	given := ""
	for _, name := range append(core, extras...) {
		if l.Has(name) {
			given = name
		}
	}
	if given != "" {
		for _, name := range core {
			if !l.Has(name) {
				return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %s is required: an EIP needs AddressBandWidth, LineId and AddressChargeType", name)
			}
		}
	}
	charge := l.Get("AddressChargeType")
	if slices.Contains(eipOwnNames, charge) && !w.settings.EIPOwnNames {
		return protocol.Invalid("AddressChargeType", "must be one of %s, not %s", strings.Join(eipChargeTypes, ", "), charge)
	}
	if (charge == eipChargeTypes[0] || charge == eipOwnNames[0]) && !l.Has("AddressPurchaseTime") {
		return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter AddressPurchaseTime is required with AddressChargeType %s", charge)
	}
	return nil
}
