package kecsim

import (
	"strings"
	"testing"
	"time"
)

func (c *caller) attribute(id string, pairs ...string) answer {
	c.t.Helper()
	return c.KEC("ModifyInstanceAttribute", append([]string{"InstanceId", id}, pairs...)...)
}

func TestModifyInstanceAttribute_name(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{})
	same(t, "return", me.attribute(id, "InstanceName", "工作机").OK().JSON["Return"], any(true))
	same(t, "name", me.Describe(id)["InstanceName"], any("工作机"))
	same(t, "state", me.State(id), "active")
}

func TestModifyInstanceAttribute_passwordOfAnActiveOne(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{Password: "Old-pass-1"})
	a := me.attribute(id, "InstancePassword", "New-pass-2", "RestartMode", "Restart", "InstanceName", "both").OK()
	same(t, "state", me.State(id), "updating_password")
	same(t, "name", me.Describe(id)["InstanceName"], any("both"))
	in, _ := sim.Instance(id)
	same(t, "password before the restart", in.Password, "Old-pass-1")
	me.attribute(id, "InstancePassword", "New-pass-3", "RestartMode", "Restart").Refused(400, "InstanceStateNotSupported", "updating_password, not active or stopped")
	sim.Advance(5 * time.Second)
	same(t, "state", me.State(id), "active")
	in, _ = sim.Instance(id)
	same(t, "password", in.Password, "New-pass-2")

	all := a.Raw + me.KEC("DescribeInstances").OK().Raw
	if strings.Contains(all, "pass-") {
		t.Error("a password is shown")
	}
}

func TestModifyInstanceAttribute_passwordOfAStoppedOne(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{State: "stopped"})
	me.attribute(id, "InstancePassword", "New-pass-2").OK()
	same(t, "state", me.State(id), "stopped")
	in, _ := sim.Instance(id)
	same(t, "password", in.Password, "New-pass-2")
	me.attribute(id, "InstancePassword", "New-pass-3", "RestartMode", "Restart").OK()
	in, _ = sim.Instance(id)
	same(t, "password", in.Password, "New-pass-3")
	sim.Advance(time.Minute)
	same(t, "state", me.State(id), "stopped")
}

func TestModifyInstanceAttribute_hostName(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{HostName: "old"})
	host := func() any { return me.Describe(id)["HostName"] }
	me.attribute(id, "HostName", "new").OK()
	same(t, "state", me.State(id), "updating_hostname")
	sim.Advance(5 * time.Second)
	same(t, "state", me.State(id), "active")
	same(t, "before the reboot", host(), any("old"))
	me.KEC("RebootInstances", "InstanceId.1", id).OK()
	same(t, "in the reboot", host(), any("old"))
	sim.Advance(8 * time.Second)
	same(t, "after the reboot", host(), any("new"))

	// A stop and a start is a boot, too, and so is the restart for a password.
	me.attribute(id, "HostName", "newer").OK()
	sim.Advance(5 * time.Second)
	me.stopped(id)
	same(t, "stopped", host(), any("new"))
	me.KEC("StartInstances", "InstanceId.1", id).OK()
	sim.Advance(5 * time.Second)
	same(t, "started", host(), any("newer"))
	me.attribute(id, "HostName", "newest", "InstancePassword", "New-pass-2", "RestartMode", "Restart").OK()
	same(t, "state", me.State(id), "updating_password")
	sim.Advance(5 * time.Second)
	same(t, "with a password", host(), any("newest"))

	me.stopped(id)
	me.attribute(id, "HostName", "at-once").OK()
	same(t, "stopped", host(), any("at-once"))
	same(t, "state", me.State(id), "stopped")
}

func TestModifyInstanceAttribute_refusals(t *testing.T) {
	t.Parallel()
	value, param := "InvalidParameterValue", "InvalidParameter"
	for _, c := range []struct {
		name    string
		in      Instance
		pairs   []string
		code    string
		message string
	}{
		{"nothing", Instance{}, nil, param, "one of the parameters InstanceName, InstancePassword and HostName is required"},
		{"name", Instance{}, []string{"InstanceName", "a"}, value, "InstanceName must have 2 to 64 characters, not 1"},
		{"password", Instance{}, []string{"InstancePassword", "weak", "RestartMode", "Restart"}, value, "InstancePassword must have 8 to 32 characters"},
		{"no restart", Instance{}, []string{"InstancePassword", "New-pass-2"}, param, "the parameter RestartMode is required"},
		{"other restart", Instance{}, []string{"InstancePassword", "New-pass-2", "RestartMode", "Later"}, value, "RestartMode must be one of Restart"},
		{"restart alone", Instance{}, []string{"InstanceName", "web", "RestartMode", "Restart"}, value, "RestartMode is only allowed with InstancePassword"},
		{"host name", Instance{}, []string{"HostName", "a.b"}, value, "HostName must hold letters"},
		{"no cloud-init", Instance{ImageID: imageNoCloud}, []string{"HostName", "web"}, value, "HostName needs an image with cloud-init"},
		{"rebooting", Instance{State: "rebooting"}, []string{"HostName", "web"}, "InstanceStateNotSupported", "is in state rebooting, not active or stopped"},
		{"list", Instance{}, []string{"InstanceId.2", "x"}, param, "InstanceId.2 is not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			id := machine(sim, c.in)
			me.attribute(id, c.pairs...).Refused(400, c.code, c.message)
			if strings.Contains(me.attribute(id, c.pairs...).Message(), "New-pass") {
				t.Error("the password is shown")
			}
			same(t, "name", sim.Instances()[0].Name, "pre-existing")
		})
	}
}

func TestModifyInstanceAutoDeleteTime_setMovedAndOff(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{})
	at := func(pairs ...string) answer {
		return me.KEC("ModifyInstanceAutoDeleteTime", append([]string{"InstanceId.1", id}, pairs...)...)
	}
	shown := func(when, text string, eip bool) {
		t.Helper()
		in := me.Describe(id)
		same(t, when, in["AutoDeleteTime"], any(text))
		same(t, when+", EIP", in["AutoDeleteEip"], any(eip))
	}
	shown("at first", "", false)
	same(t, "return", at("AutoDeleteTime", "2026-03-02 17:30", "AutoDeleteEip", "true").OK().JSON["Return"], any("true"))
	shown("set", "2026-03-02 17:30", true)
	at("AutoDeleteTime", "2026-03-02 17:45:30").OK()
	shown("moved", "2026-03-02 17:45", false)
	sim.Advance(30 * time.Minute) // the first time passes
	same(t, "state", me.State(id), "active")
	at("AutoDeleteTime", "2026-03-02 17:59").Refused(400, "AutoDeleteTimeIsInvalid", "AutoDeleteTime 2026-03-02 17:59 is less than 30 minutes ahead", "2026-03-02 18:00:00")
	at("AutoDeleteTime", "tomorrow").Refused(400, "InvalidParameterValue", "AutoDeleteTime must be a time like 2006-01-02 15:04")
	at("AutoDeleteEip", "true").Refused(400, "InvalidParameterValue", "AutoDeleteEip is only allowed with AutoDeleteTime")
	shown("after refusals", "2026-03-02 17:45", false)
	at().OK()
	shown("off", "", false)
	sim.Advance(time.Hour)
	same(t, "state", me.State(id), "active")
	at("AutoDeleteTime", "2026-03-02 19:00").OK()
	sim.Advance(30 * time.Minute)
	same(t, "state", me.State(id), "deleting")
	sim.Advance(5 * time.Second)
	same(t, "state", me.State(id), "")
}

func TestSetInstanceResourceProtect_againstDeletion(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id, other := machine(sim, Instance{}), machine(sim, Instance{Protected: true})
	protect := func(value string) answer {
		return me.KEC("SetInstanceResourceProtect", "InstanceId.1", id, "InstanceId.2", other, "IsProtection", value)
	}
	same(t, "return", protect("true").OK().JSON["Return"], any(true))
	me.KEC("TerminateInstances", "InstanceId.1", id, "ForceDelete", "true").Refused(400, "InstanceResourceProtected", "InstanceId.1 "+id+" is protected")
	if _, shown := me.Describe(id)["IsProtect"]; shown {
		t.Error("IsProtect is shown though no model has it")
	}
	protect("maybe").Refused(400, "InvalidParameterValue", "IsProtection must be true or false")
	me.KEC("SetInstanceResourceProtect", "InstanceId.1", id).Refused(400, "InvalidParameter", "IsProtection is required")
	me.KEC("SetInstanceResourceProtect", "InstanceId.1", id, "IsProtect", "false").Refused(400, "InvalidParameter", "IsProtect is not known")
	protect("false").OK()
	me.KEC("TerminateInstances", "InstanceId.1", id, "InstanceId.2", other).OK()
	sim.Advance(5 * time.Second)
	same(t, "instances", len(sim.Instances()), 0)
}
