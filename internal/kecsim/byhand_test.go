package kecsim

import (
	"fmt"
	"testing"
	"time"
)

func TestAddInstance_anyMachine(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	groups1, disks := []string{SecurityGroup2}, []Disk{{Type: "EHDD", SizeGB: 50}, {ID: "d2", SizeGB: 10, DeleteWithInstance: true, SnapshotID: "s"}}
	id := sim.AddInstance(Instance{
		Name: "imported", HostName: "host", Type: TypeEntry, ChargeType: "Spot", SpotPriceLimit: "0.05", ImageID: ImageCustom, State: "stopped",
		SecurityGroupIDs: groups1, PrivateIP: "10.7.0.50", EIPID: "eip", ProjectID: ProjectB, DNS1: "10.0.0.1",
		Secondary:  []NetworkInterface{{PrivateIP: "10.7.0.60"}, {ID: "nic3", SecurityGroupIDs: []string{SecurityGroup}}},
		SystemDisk: Disk{Type: "ESSD_PL1", SizeGB: 60}, DataDisks: disks, LocalDiskGB: 100,
		KeyIDs: []string{KeyA, KeyB}, UserData: "aGVsbG8=", Tags: map[string]string{"b": "2", "a": "1", "kscx": "own"},
		AutoDeleteTime: DefaultStart.Add(time.Hour), AutoDeleteEIP: true, SriovNetSupport: true, DistributeIPv6: true,
		IAMRoleName: "role", DataGuardID: "guard", Protected: true,
	})
	groups1[0], disks[0].SizeGB = "changed", 1 // the world has copies
	in := me.Describe(id)
	for field, want := range map[string]any{
		"InstanceName": "imported", "HostName": "host", "InstanceType": TypeEntry, "ImageId": ImageCustom, "PrivateIpAddress": "10.7.0.50",
		"SpotStrategy": "SpotWithPriceLimit", "SpotPriceLimit": 0.05, "ProjectId": 100002.0, "SriovNetSupport": "true", "IsDistributeIpv6": true,
		"AutoDeleteTime": "2026-03-02 18:00", "AutoDeleteEip": true, "UserData": "aGVsbG8=", "StoppedMode": "KeepCharging",
		"IamRoleName": nil, "IsProtect": nil, "InstancePassword": nil, "Tags": nil,
	} {
		same(t, field, in[field], want)
	}
	same(t, "keys", fmt.Sprint(in["KeySet"]), "["+KeyA+" "+KeyB+"]")
	same(t, "guard", fmt.Sprint(in["DataGuardSet"]), "[map[DataGuardId:guard DataGuardName: DataGuardType:]]")
	same(t, "local disk", in["InstanceConfigure"].(map[string]any)["DataDiskGb"], any(100.0))
	same(t, "system disk", fmt.Sprint(in["SystemDisk"]), "map[DiskId:d15c0000-0000-4000-8000-000000000001 DiskSize:60 DiskType:ESSD_PL1]")
	same(t, "data disks", fmt.Sprint(in["DataDisks"]),
		"[map[DeleteWithInstance:false DiskId:d15c0000-0000-4000-8000-000000000002 DiskSize:50 DiskType:EHDD Encrypted:false]"+
			" map[DeleteWithInstance:true DiskId:d2 DiskSize:10 DiskType:SSD3.0 Encrypted:false]]")
	same(t, "tags", me.tags(id), "a=1#1 b=2#2 kscx=own#3")
	nics := in["NetworkInterfaceSet"].([]any)
	same(t, "interfaces", len(nics), 3)
	for i, want := range []struct{ kind, address, public, group string }{
		{"primary", "10.7.0.50", "203.0.113.2", "2"}, {"extension", "10.7.0.60", "", "2"}, {"extension", "10.7.0.2", "", "1"},
	} {
		nic := nics[i].(map[string]any)
		same(t, "type", nic["NetworkInterfaceType"], any(want.kind))
		same(t, "address", nic["PrivateIpAddress"], any(want.address))
		same(t, "group", groups(nic), want.group)
		if want.public != "" {
			same(t, "public address", nic["PublicIp"], any(want.public))
			same(t, "allocation", nic["AllocationId"], any("eip"))
		}
	}
	me.KEC("TerminateInstances", "InstanceId.1", id).Refused(400, "InstanceResourceProtected")
	sim.Advance(time.Hour) // the timer does not ask
	same(t, "state", me.State(id), "deleting")
	sim.Advance(5 * time.Second)
	same(t, "addresses", sim.SubnetFree(SubnetA), 250)

	far := sim.AddInstance(Instance{SubnetID: subnet2A})
	made, ok := sim.Instance(far)
	same(t, "found", ok, true)
	same(t, "place", made.Region+" "+made.Zone+" "+made.VPCID+" "+made.SecurityGroupIDs[0], Region2+" "+zone2A+" "+vpc2+" "+SecurityGroupOther)
	_, ok = sim.Instance(id)
	same(t, "gone", ok, false)
}

func TestEdit_asInTheConsole(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch("DataDisk.1.Type", "SSD3.0", "DataDisk.1.Size", "50", "DataDisk.2.Type", "EHDD", "DataDisk.2.Size", "20",
		"Tag.1.Key", "env", "Tag.1.Value", "prod", "KeyId.1", KeyA)[0]
	sim.Advance(20 * time.Second)
	nic := me.nic(id, 0)["NetworkInterfaceId"]
	sim.Edit(id, func(in *Instance) {
		in.ID, in.Type, in.Zone = "x", "x", "x" // these stay
		in.Name, in.HostName, in.ProjectID = "by-hand", "hand", ProjectB
		in.Tags["owner"] = "me"
		in.KeyIDs = append(in.KeyIDs, KeyB)
		in.SecurityGroupIDs = []string{SecurityGroup, SecurityGroup2}
		in.DataDisks = append(in.DataDisks[1:], Disk{Type: "ESSD_PL1", SizeGB: 40})
		in.AutoDeleteTime = sim.w.now.Add(time.Minute)
		in.PublicIP = "203.0.113.99"
		in.Secondary = append(in.Secondary, NetworkInterface{})
	})
	in := me.Describe(id)
	for field, want := range map[string]any{
		"InstanceId": id, "InstanceType": TypeSmall, "AvailabilityZone": ZoneA, "InstanceName": "by-hand", "HostName": "hand", "ProjectId": 100002.0,
		"AutoDeleteTime": "2026-03-02 17:01", "PrivateIpAddress": "10.7.0.2",
	} {
		same(t, field, in[field], want)
	}
	same(t, "tags", me.tags(id), "env=prod#1 owner=me#2")
	same(t, "keys", fmt.Sprint(in["KeySet"]), "["+KeyA+" "+KeyB+"]")
	same(t, "groups", groups(me.nic(id, 0)), "12")
	same(t, "interface", me.nic(id, 0)["NetworkInterfaceId"], nic)
	same(t, "public address", me.nic(id, 0)["PublicIp"], any("203.0.113.99"))
	same(t, "second interface", me.nic(id, 1)["PrivateIpAddress"], any("10.7.0.3"))
	disks := in["DataDisks"].([]any)
	same(t, "disks", len(disks), 2)
	same(t, "disk that stayed", disks[0].(map[string]any)["DiskId"], any("d15c0000-0000-4000-8000-000000000003"))
	same(t, "new disk", disks[1].(map[string]any)["DiskId"], any("d15c0000-0000-4000-8000-000000000004"))
	same(t, "free", sim.SubnetFree(SubnetA), 248)

	sim.Edit(id, func(in *Instance) {
		in.Secondary, in.PublicIP, in.EIPID, in.AutoDeleteTime, in.Tags = nil, "", "", time.Time{}, nil
		in.PrivateIP = "10.7.0.3" // what the other interface gives up
	})
	same(t, "address", me.Describe(id)["PrivateIpAddress"], any("10.7.0.3"))
	same(t, "public address", me.nic(id, 0)["PublicIp"], nil)
	same(t, "tags", me.tags(id), "")
	same(t, "free", sim.SubnetFree(SubnetA), 249)
	sim.Advance(2 * time.Minute)
	same(t, "state", me.State(id), "active")

	sim.Edit(id, func(in *Instance) { in.State, in.StoppedMode = "stopped", "StopCharging" })
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 50)
	sim.Edit(id, func(in *Instance) { in.State = "active" })
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49)
	same(t, "mode", me.Describe(id)["StoppedMode"], any(""))
}

func TestConsole_panicsOnAWorldThatIsNotThere(t *testing.T) {
	t.Parallel()
	sim := New()
	id := sim.AddInstance(Instance{PrivateIP: "10.7.0.9"})
	for name, do := range map[string]func(){
		"machine":      func() { sim.Edit("nobody", func(*Instance) {}) },
		"subnet":       func() { sim.AddInstance(Instance{SubnetID: "x"}) },
		"address":      func() { sim.AddInstance(Instance{PrivateIP: "10.7.0.9"}) },
		"id":           func() { sim.AddInstance(Instance{ID: id}) },
		"price":        func() { sim.AddInstance(Instance{SpotPriceLimit: "cheap"}) },
		"other subnet": func() { sim.Edit(id, func(in *Instance) { in.SubnetID, in.Name = "x", "x" }) },
		"own address":  func() { sim.Edit(id, func(in *Instance) { in.PrivateIP = "10.9.0.1" }) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a wrong %s was taken", name)
				}
			}()
			do()
		}()
	}
	same(t, "instances", len(sim.Instances()), 1) // and the world is neither locked nor half changed
	same(t, "free", sim.SubnetFree(SubnetA), 249)
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49)
}
