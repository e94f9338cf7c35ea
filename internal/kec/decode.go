package kec

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// wireInstance is an element of InstancesSet.
type wireInstance struct {
	InstanceID, InstanceName, InstanceType, ImageID, SubnetID, PrivateIPAddress, HostName ksyun.Text
	AvailabilityZone, AvailabilityZoneName, ChargeType, SpotStrategy, SpotRecyclingTime   ksyun.Text
	CreationDate                                                                          ksyun.Text
	UserData, AutoDeleteTime                                                              ksyun.Told
	ProjectID, SpotPriceLimit                                                             ksyun.Number
	AutoDeleteEIP, SriovNetSupport, IsDistributeIPv6                                      ksyun.Flag
	InstanceConfigure                                                                     struct{ DataDiskGb ksyun.Number }
	InstanceState, SystemDisk                                                             json.RawMessage
	DataDisks, NetworkInterfaceSet, KeySet, DataGuardSet                                  ksyun.Items
}

func decodeInstance(raw json.RawMessage) Instance {
	var w wireInstance
	ksyun.Decode(raw, &w)
	in := Instance{
		ID: string(w.InstanceID), Name: string(w.InstanceName), Type: string(w.InstanceType), ImageID: string(w.ImageID),
		SubnetID: string(w.SubnetID), PrivateIP: string(w.PrivateIPAddress), HostName: string(w.HostName), UserData: string(w.UserData.Text),
		ProjectID: w.ProjectID.Int(), Zone: string(w.AvailabilityZone), ChargeType: string(w.ChargeType),
		SpotStrategy: string(w.SpotStrategy), SpotPriceLimit: w.SpotPriceLimit.Decimal, RecyclingTime: moment(w.SpotRecyclingTime),
		Created: moment(w.CreationDate), AutoDeleteTime: moment(w.AutoDeleteTime.Text),
		TellsUserData: w.UserData.Present, TellsAutoDelete: w.AutoDeleteTime.Present,
		AutoDeleteEIP: w.AutoDeleteEIP.Value, SriovNetSupport: w.SriovNetSupport.Value, DistributeIPv6: w.IsDistributeIPv6.Value,
		LocalDataDiskGB: w.InstanceConfigure.DataDiskGb.Int(), SystemDisk: decodeDisk(w.SystemDisk), Raw: slices.Clone(raw),
	}
	if in.Zone == "" {
		in.Zone = string(w.AvailabilityZoneName)
	}
	if in.State = ksyun.TextOf(w.InstanceState); in.State == "" {
		var state struct{ Name ksyun.Text }
		ksyun.Decode(w.InstanceState, &state)
		in.State = string(state.Name)
	}
	for _, d := range w.DataDisks {
		in.DataDisks = append(in.DataDisks, decodeDisk(d))
	}
	for _, n := range w.NetworkInterfaceSet {
		in.NICs = append(in.NICs, decodeNIC(n))
	}
	// A list that the answer leaves out is nil, one that it has is not: only the latter tells that
	// something is gone.
	if w.DataDisks != nil && in.DataDisks == nil {
		in.DataDisks = []Disk{}
	}
	if w.NetworkInterfaceSet != nil && in.NICs == nil {
		in.NICs = []NIC{}
	}
	if in.KeyIDs = idsOf(w.KeySet, "keyid"); w.KeySet != nil && in.KeyIDs == nil {
		in.KeyIDs = []string{}
	}
	in.TellsDataGuard = w.DataGuardSet != nil
	if guards := idsOf(w.DataGuardSet, "dataguardid", "id"); len(guards) > 0 {
		in.DataGuardID = guards[0]
	}
	return in
}

// moment is a time as given, "" for what services write where there is none: 0, a dash, the first
// day of the calendar or of Unix.
func moment(t ksyun.Text) string {
	s := strings.TrimSpace(string(t))
	if !strings.ContainsAny(s, "123456789") || strings.HasPrefix(s, "1970-01-01") || strings.HasPrefix(s, "0001-01-01") {
		return ""
	}
	return s
}

// releaseTime is the announced time of a release, in RFC 3339 where it is not taken as written. KEC
// announces a release ten minutes ahead (fact 134), but in which zone it writes the time is not
// known (fact 196). A time that is hours from now as written, and within an hour if it were UTC
// instead of UTC+8 or the other way round, is in that other zone.
func releaseTime(written string, now time.Time) string {
	at, ok := ksyun.ParseTime(written)
	if !ok || at.Sub(now).Abs() < 4*time.Hour {
		return written
	}
	for _, hours := range []time.Duration{8 * time.Hour, -8 * time.Hour} {
		if other := at.Add(hours); other.Sub(now).Abs() < time.Hour {
			return other.Format(time.RFC3339)
		}
	}
	return written
}

func decodeDisk(raw json.RawMessage) Disk {
	var w struct {
		DiskID, DiskType   ksyun.Text
		DiskSize           ksyun.Number
		DeleteWithInstance ksyun.Flag
	}
	ksyun.Decode(raw, &w)
	return Disk{ID: string(w.DiskID), Type: string(w.DiskType), SizeGB: w.DiskSize.IntOr(0), DeleteWithInstance: w.DeleteWithInstance.Value}
}

func decodeNIC(raw json.RawMessage) NIC {
	var w struct {
		NetworkInterfaceID, NetworkInterfaceType, VPCID, SubnetID, PrivateIPAddress, PublicIP ksyun.Text
		SecurityGroupSet, GroupSet                                                            ksyun.Items
	}
	ksyun.Decode(raw, &w)
	n := NIC{
		ID: string(w.NetworkInterfaceID), Type: string(w.NetworkInterfaceType), VPCID: string(w.VPCID), SubnetID: string(w.SubnetID),
		PrivateIP: string(w.PrivateIPAddress), PublicIP: string(w.PublicIP),
		SecurityGroupIDs: idsOf(w.SecurityGroupSet, "securitygroupid"),
	}
	for _, id := range idsOf(w.GroupSet, "groupid") { // the same groups under an older name
		if !slices.Contains(n.SecurityGroupIDs, id) {
			n.SecurityGroupIDs = append(n.SecurityGroupIDs, id)
		}
	}
	return n
}

// idsOf reads a list of ids, each of which is a text or an object that has the id under one of
// these lower-case names; the first name that is there counts.
func idsOf(list ksyun.Items, members ...string) []string {
	var ids []string
	for _, raw := range list {
		id := ksyun.TextOf(raw)
		fields, _ := ksyun.Object(raw)
		for _, member := range members {
			if id == "" {
				id = ksyun.TextOf(fields[member])
			}
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}
