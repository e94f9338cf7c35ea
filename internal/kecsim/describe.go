package kecsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

var describeRules = append([]rule{
	{"InstanceId.N", false, nil},
	{"ProjectId.N", false, integer(0, 1<<62)},
	{"MaxResults", false, integer(5, 1000)},
	{"Marker", false, integer(0, 1<<31)},
	{"Sort", false, oneOf(sortNames...)},
	{"Sort.Name", false, oneOf(sortNames...)},
	{"Sort.Value", false, oneOf("ASC", "DESC")},
	{"Search", false, nil},
}, filterRules...)

var sortNames = []string{"InstanceName", "CreationDate", "PrivateIpAddress"}

var instanceFilters = []string{
	"instance-id", "subnet-id", "vpc-id", "instance-name", "instance-type", "private-ip-address", "image-id", "charge-type",
	"network-interface.subnet-id", "network-interface.network-interface-id", "network-interface.group-id",
	"instance-state.name", "availability-zone-name",
}

// describeInstances lists the machines of the region.
//
// documented: parameters and fields (facts 75-80, 83, 84, 303). observed: a new instance
// is missing at first, InstanceCount is the total, unknown ids are left out (facts
// 70, 81, 82). assumed: projects do not matter to look-ups by id, unless
// LookUpsPerProject says so (fact 274), Marker in the answer (fact 197),
// InstanceCount counts what filters and projects match (fact 271), a plain Sort is
// ascending (fact 316), and the view may be an old one (fact 234).
func (s *Server) describeInstances(r *request) (any, *protocol.Refusal) {
	ids, refusal := instanceIDs(r)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.strangers(r, ids); refusal != nil {
		return nil, refusal
	}
	projects := r.List("ProjectId")
	if len(projects) > 100 {
		return nil, protocol.Invalid("ProjectId", "has %d entries, at most 100 are allowed", len(projects))
	}
	if len(projects) == 0 && (len(ids) == 0 || s.w.settings.LookUpsPerProject) {
		projects = []string{"0"}
	}
	filters, refusal := r.filters(instanceFilters...)
	if refusal != nil {
		return nil, refusal
	}
	look := LookList
	if len(ids) > 0 {
		look = LookByID
	}
	var found []*instance
	for _, in := range s.w.seen(look).instances {
		switch {
		case !in.Visible, in.Region != r.region,
			len(ids) > 0 && !slices.Contains(ids, in.ID),
			len(projects) > 0 && !slices.Contains(projects, strconv.FormatInt(in.ProjectID, 10)),
			!strings.Contains(in.Name, r.Get("Search")) && !strings.Contains(in.PrivateIP, r.Get("Search")),
			!accept(filters, in.filterValues):
			continue
		}
		found = append(found, in)
	}
	sortInstances(found, cmp.Or(r.Get("Sort.Name"), r.Get("Sort")), r.Get("Sort.Value"))
	start, end := marked(r, len(found))
	marker := end
	if end == len(found) {
		marker = 0
	}
	set := []any{}
	for _, in := range found[start:end] {
		set = append(set, s.w.describe(in))
	}
	out := map[string]any{"InstanceCount": len(found), "Marker": marker, "InstancesSet": set}
	if s.w.settings.NoMarker {
		delete(out, "Marker")
	}
	return out, nil
}

// strangers refuses a look-up of an instance that another account or region has.
//
// assumed: the code, and that there is no refusal without the setting (fact 235).
func (s *Server) strangers(r *request, ids []string) *protocol.Refusal {
	for i, id := range ids {
		if in := s.w.byID[id]; !s.w.settings.RefuseStrangers || in != nil && in.Region == r.region {
			continue
		}
		if slices.ContainsFunc(s.every, func(w *world) bool { return w.byID[id] != nil }) {
			return protocol.Refuse(protocol.CodeInstanceIDInvalid, "InstanceId.%d %s is not yours in %s", i+1, id, r.region)
		}
	}
	return nil
}

// marked is the part of n elements that a request asks for with Marker and MaxResults, of which
// 10 is the default.
func marked(r *request, n int) (start, end int) {
	start = min(r.Number("Marker", 0), n)
	return start, min(start+r.Number("MaxResults", 10), n)
}

func (in *instance) filterValues(name string) []string {
	var out []string
	switch name {
	case "instance-id":
		return []string{in.ID}
	case "subnet-id":
		return []string{in.SubnetID}
	case "vpc-id":
		return []string{in.VPCID}
	case "instance-name":
		return []string{in.Name}
	case "instance-type":
		return []string{in.Type}
	case "private-ip-address":
		return []string{in.PrivateIP}
	case "image-id":
		return []string{in.ImageID, strings.TrimPrefix(in.ImageID, "IMG-")}
	case "charge-type":
		return []string{in.ChargeType, strconv.Itoa(billTypes[in.ChargeType])}
	case "instance-state.name":
		return []string{in.State}
	case "availability-zone-name":
		return []string{in.Zone}
	}
	for _, n := range in.nics {
		switch name {
		case "network-interface.subnet-id":
			out = append(out, n.subnet.id)
		case "network-interface.network-interface-id":
			out = append(out, n.id)
		case "network-interface.group-id":
			out = append(out, n.groups...)
		}
	}
	return out
}

func sortInstances(list []*instance, by, direction string) {
	if by == "" {
		return // they are in order of creation
	}
	slices.SortStableFunc(list, func(a, b *instance) int {
		var c int
		switch by {
		case "InstanceName":
			c = strings.Compare(a.Name, b.Name)
		case "CreationDate":
			c = a.CreatedAt.Compare(b.CreatedAt)
		default:
			c = strings.Compare(a.PrivateIP, b.PrivateIP)
		}
		if direction == "DESC" {
			return -c
		}
		return c
	})
}

// describe is an instance as DescribeInstances writes it.
//
// documented: names and types, SriovNetSupport as a string, no snapshot ids, no
// tags (facts 83, 84). assumed: the formats of the times (fact 196), with CauseFields
// the reason of a failure (fact 202), and the ways of writing that Odd names (fact 236).
func (w *world) describe(in *instance) map[string]any {
	state := map[string]any{"Name": in.State}
	if w.settings.CauseFields && (in.broken || in.State == stateError) {
		state["FailReason"] = in.FailReason
	}
	config := map[string]any{"GPU": 0, "DataDiskGb": in.LocalDiskGB, "RootDiskGb": in.SystemDisk.SizeGB, "DataDiskType": ""}
	if t := w.findType(in.Type); t != nil {
		config["VCPU"], config["MemoryGb"] = t.cpu, t.memory
	}
	guards := []any{}
	if in.DataGuardID != "" {
		guards = append(guards, map[string]any{"DataGuardId": in.DataGuardID, "DataGuardName": "", "DataGuardType": ""})
	}
	platform := ""
	if im := w.findImage(in.ImageID); im != nil {
		platform = im.platform
	}
	out := map[string]any{
		"InstanceId": in.ID, "InstanceName": in.Name, "InstanceType": in.Type, "ImageId": in.ImageID, "HostName": in.HostName,
		"ProjectId": in.ProjectID, "SubnetId": in.SubnetID, "PrivateIpAddress": in.PrivateIP, "UserData": in.UserData, "Platform": platform,
		"InstanceConfigure": config, "InstanceState": state, "Monitoring": map[string]any{"State": "disabled"},
		"NetworkInterfaceSet": in.describeInterfaces(), "SriovNetSupport": strconv.FormatBool(in.SriovNetSupport),
		"CreationDate":     in.CreatedAt.UTC().Format(time.RFC3339),
		"AvailabilityZone": in.Zone, "AvailabilityZoneName": in.Zone,
		"ProductType": productType, "ProductWhat": 1, "ChargeType": in.ChargeType,
		"SystemDisk": map[string]any{"DiskId": in.SystemDisk.ID, "DiskType": in.SystemDisk.Type, "DiskSize": in.SystemDisk.SizeGB},
		"DataDisks":  in.describeDataDisks(), "KeySet": append([]string{}, in.KeyIDs...),
		"FailureAutoDelete": in.FailureAutoDelete, "SyncTag": in.SyncTag, "IsDistributeIpv6": in.DistributeIPv6,
		"VncSupport": true, "LiveUpgradeSupport": false, "ShutdownNoCharge": false, "IsShowSriovNetSupport": true, "IsRunOptimised": true,
		"StoppedMode": in.StoppedMode, "AutoDeleteTime": chinaText(in.AutoDeleteTime, autoDeleteLayouts[0]), "AutoDeleteEip": in.AutoDeleteEIP,
		"ServiceEndTime": "", "DataGuardSet": guards, "AutoScalingType": "",
	}
	if in.ChargeType == chargeSpot {
		out["SpotStrategy"] = in.SpotStrategy
		out["SpotRecyclingTime"] = w.recyclingText(in.RecyclingTime)
		if in.SpotPriceLimit != "" {
			out["SpotPriceLimit"] = in.limit
		}
	}
	return w.writeOddly(in, out)
}

func (in *instance) describeInterfaces() []any {
	interfaces := []any{}
	for i, n := range in.nics {
		groups, sets := []any{}, []any{}
		for _, id := range n.groups {
			groups = append(groups, map[string]any{"GroupId": id})
			sets = append(sets, map[string]any{"SecurityGroupId": id})
		}
		nic := map[string]any{
			"NetworkInterfaceId": n.id, "NetworkInterfaceType": interfaceKind(i), "NetworkInterfaceName": "",
			"VpcId": n.subnet.vpc, "SubnetId": n.subnet.id, "PrivateIpAddress": n.address(), "MacAddress": "fa:16:3e" + macTail(n),
			"GroupSet": groups, "SecurityGroupSet": sets,
		}
		if i == 0 && in.PublicIP != "" {
			nic["PublicIp"], nic["AllocationId"] = in.PublicIP, in.EIPID
		}
		interfaces = append(interfaces, nic)
	}
	return interfaces
}

func (in *instance) describeDataDisks() []any {
	disks := []any{}
	for _, d := range in.DataDisks {
		disks = append(disks, map[string]any{
			"DiskId": d.ID, "DiskType": d.Type, "DiskSize": d.SizeGB, "DeleteWithInstance": d.DeleteWithInstance, "Encrypted": false,
		})
	}
	return disks
}

func chinaText(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.In(chinaTime).Format(layout)
}

// macTail is the end of a made-up MAC address: the end of the id of the interface.
func macTail(n heldNIC) string {
	id := "000000" + n.id
	id = id[len(id)-6:]
	return ":" + id[:2] + ":" + id[2:4] + ":" + id[4:]
}
