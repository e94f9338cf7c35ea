package kecsim

import (
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

var attributeRules = []rule{
	{"InstanceId", true, nil},
	{"InstanceName", false, characters(2, 64)},
	{"InstancePassword", false, password},
	{"HostName", false, hostName},
	{"RestartMode", false, oneOf("Restart")},
}

// modifyInstanceAttribute changes name, password and host name.
//
// documented: parameters and answer, a name at once, a password with RestartMode, a
// host name after a reboot (facts 152, 153). observed: the states on the way (fact
// 149). assumed: what may be changed in which state (fact 221), RestartMode (fact
// 223), when a host name shows (fact 224).
func (s *Server) modifyInstanceAttribute(r *request) (any, *protocol.Refusal) {
	w := s.w
	in, refusal := w.target(r, "InstanceId", r.Get("InstanceId"))
	if refusal == nil {
		refusal = w.checkAttributes(r, in)
	}
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := w.applyAll(r, []*instance{in}, func(in *instance) {
		if r.Has("InstanceName") {
			in.Name = r.Get("InstanceName")
		}
		if in.State == stateStopped {
			if r.Has("HostName") {
				in.HostName, in.newHost = r.Get("HostName"), ""
			}
			if r.Has("InstancePassword") {
				in.Password = r.Get("InstancePassword")
			}
			return
		}
		if r.Has("HostName") {
			in.newHost = r.Get("HostName")
		}
		switch {
		case r.Has("InstancePassword"):
			w.transition(in, statePassword, w.settings.Modify, stateActive, func() {
				in.Password = r.Get("InstancePassword")
				in.booted()
			})
		case r.Has("HostName"):
			w.transition(in, stateHostName, w.settings.Modify, stateActive, func() {})
		}
	})
	return map[string]any{"Return": done}, nil
}

func (w *world) checkAttributes(r *request, in *instance) *protocol.Refusal {
	const id = "InstanceId"
	newPassword, newHost := r.Has("InstancePassword"), r.Has("HostName")
	if !newPassword && !newHost && !r.Has("InstanceName") {
		return protocol.Refuse(protocol.CodeInvalidParameter, "one of the parameters InstanceName, InstancePassword and HostName is required")
	}
	if !newPassword && r.Has("RestartMode") {
		return protocol.Invalid("RestartMode", "is only allowed with InstancePassword")
	}
	refusal := in.checkState(id, protocol.CodeState)
	if newPassword || newHost {
		refusal = in.checkState(id, protocol.CodeState, stateActive, stateStopped)
	}
	switch im := w.findImage(in.ImageID); {
	case refusal != nil:
		return refusal
	case newPassword && in.State == stateActive && !r.Has("RestartMode"):
		return protocol.Refuse(protocol.CodeInvalidParameter, "the parameter RestartMode is required: %s %s is active, and a new InstancePassword needs a restart", id, in.ID)
	case newHost && im != nil && !im.cloudInit:
		return protocol.Invalid("HostName", "needs an image with cloud-init, which ImageId %s is not", im.id)
	}
	return nil
}

var autoDeleteRules = []rule{
	{"InstanceId.N", true, nil},
	{"AutoDeleteTime", false, timeIn(autoDeleteLayouts...)},
	{"AutoDeleteEip", false, boolean},
}

// checkAutoDelete reads the time of the automatic deletion, zero without one.
//
// documented: at least 30 minutes ahead, and AutoDeleteEip only with a time (facts
// 39, 64, 65).
func (w *world) checkAutoDelete(r *request) (time.Time, *protocol.Refusal) {
	v := r.Get("AutoDeleteTime")
	if v == "" {
		if r.Flag("AutoDeleteEip") {
			return time.Time{}, protocol.Invalid("AutoDeleteEip", "is only allowed with AutoDeleteTime")
		}
		return time.Time{}, nil
	}
	at, _ := parseChinaTime(v, autoDeleteLayouts...) // it parses: the rule table has checked that
	if least := w.now.Add(30 * time.Minute); at.Before(least) {
		return at, protocol.Refuse(protocol.CodeAutoDeleteTime, "AutoDeleteTime %s is less than 30 minutes ahead: it must be %s or later", v, least.In(chinaTime).Format(plainTime))
	}
	return at, nil
}

// modifyInstanceAutoDeleteTime sets, moves or switches off the automatic deletion.
//
// documented: parameters, off without a time, Return as a string (fact 154), at
// least 30 minutes ahead (fact 39). assumed: in any state (fact 221), that AutoDeleteEip
// is false if it is left out (fact 225), and Return as a boolean with a setting (fact 206).
func (s *Server) modifyInstanceAutoDeleteTime(r *request) (any, *protocol.Refusal) {
	w := s.w
	targets, refusal := w.targets(r, protocol.CodeState)
	if refusal != nil {
		return nil, refusal
	}
	at, refusal := w.checkAutoDelete(r)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := w.applyAll(r, targets, func(in *instance) {
		in.AutoDeleteTime, in.AutoDeleteEIP = at, r.Flag("AutoDeleteEip")
		w.planDeletion(in)
	})
	if w.settings.ReturnAsBoolean {
		return map[string]any{"Return": done}, nil
	}
	return map[string]any{"Return": strconv.FormatBool(done)}, nil
}

var protectRules = []rule{{"InstanceId.N", true, nil}, {"IsProtection", true, boolean}}

// setInstanceResourceProtect switches the protection against deletion on and off.
//
// documented: parameters and answer (fact 155). assumed: in any state (fact 221), and
// that it protects against TerminateInstances only (facts 161, 208).
func (s *Server) setInstanceResourceProtect(r *request) (any, *protocol.Refusal) {
	targets, refusal := s.w.targets(r, protocol.CodeState)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := s.w.applyAll(r, targets, func(in *instance) { in.Protected = r.Flag("IsProtection") })
	return map[string]any{"Return": done}, nil
}
