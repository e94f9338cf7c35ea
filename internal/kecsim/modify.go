package kecsim

import (
	"strconv"
	"time"
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
// documented: parameters and answer, the name at once, RestartMode with a password
// and the host name after a reboot (facts 152, 153). observed: the states on the way
// (fact 149). assumed: who may be changed when (fact 221), RestartMode (fact 223),
// when a host name shows (fact 224).
func (s *Server) modifyInstanceAttribute(r *request) (any, *apiError) {
	w := s.w
	in, refusal := w.target(r, "InstanceId", r.get("InstanceId"))
	if refusal == nil {
		refusal = w.checkAttributes(r, in)
	}
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := w.all(r, []*instance{in}, func(in *instance) {
		if r.has("InstanceName") {
			in.Name = r.get("InstanceName")
		}
		if in.State == stateStopped {
			if r.has("HostName") {
				in.HostName, in.newHost = r.get("HostName"), ""
			}
			if r.has("InstancePassword") {
				in.Password = r.get("InstancePassword")
			}
			return
		}
		if r.has("HostName") {
			in.newHost = r.get("HostName")
		}
		switch {
		case r.has("InstancePassword"):
			w.pass(in, statePassword, w.settings.Modify, stateActive, func() {
				in.Password = r.get("InstancePassword")
				in.booted()
			})
		case r.has("HostName"):
			w.pass(in, stateHostName, w.settings.Modify, stateActive, func() {})
		}
	})
	return map[string]any{"Return": done}, nil
}

func (w *world) checkAttributes(r *request, in *instance) *apiError {
	const id = "InstanceId"
	newPassword, newHost := r.has("InstancePassword"), r.has("HostName")
	if !newPassword && !newHost && !r.has("InstanceName") {
		return refuse(codeInvalidParameter, "one of the parameters InstanceName, InstancePassword and HostName is required")
	}
	if !newPassword && r.has("RestartMode") {
		return invalid("RestartMode", "is only allowed with InstancePassword")
	}
	refusal := in.mustBe(id, codeState)
	if newPassword || newHost {
		refusal = in.mustBe(id, codeState, stateActive, stateStopped)
	}
	switch im := w.findImage(in.ImageID); {
	case refusal != nil:
		return refusal
	case newPassword && in.State == stateActive && !r.has("RestartMode"):
		return refuse(codeInvalidParameter, "the parameter RestartMode is required: %s %s is active, and a new InstancePassword needs a restart", id, in.ID)
	case newHost && im != nil && !im.cloudInit:
		return invalid("HostName", "needs an image with cloud-init, which ImageId %s is not", im.id)
	}
	return nil
}

var autoDeleteRules = []rule{
	{"InstanceId.N", true, nil},
	{"AutoDeleteTime", false, timeIn(autoDeleteLayouts...)},
	{"AutoDeleteEip", false, boolean},
}

// checkAutoDelete reads the time of the automatic deletion; it is zero if there is
// none.
//
// documented: 30 minutes ahead, and AutoDeleteEip beside a time only (facts 39, 64,
// 65).
func (w *world) checkAutoDelete(r *request) (time.Time, *apiError) {
	v := r.get("AutoDeleteTime")
	if v == "" {
		if r.flag("AutoDeleteEip") {
			return time.Time{}, invalid("AutoDeleteEip", "is only allowed with AutoDeleteTime")
		}
		return time.Time{}, nil
	}
	at, _ := parseChinaTime(v, autoDeleteLayouts...) // the rule table has read it before
	if least := w.now.Add(30 * time.Minute); at.Before(least) {
		return at, refuse(codeAutoDeleteTime, "AutoDeleteTime %s is less than 30 minutes ahead: it must be %s or later", v, least.In(chinaTime).Format(plainTime))
	}
	return at, nil
}

// modifyInstanceAutoDeleteTime sets, moves or switches off the automatic deletion.
//
// documented: parameters, off without a time, Return as a string (fact 154), 30
// minutes (fact 39). assumed: in any state (fact 221), AutoDeleteEip left out is
// false (fact 225).
func (s *Server) modifyInstanceAutoDeleteTime(r *request) (any, *apiError) {
	w := s.w
	targets, refusal := w.targets(r, codeState)
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
	done := w.all(r, targets, func(in *instance) {
		in.AutoDeleteTime, in.AutoDeleteEIP = at, r.flag("AutoDeleteEip")
		w.planDeletion(in)
	})
	return map[string]any{"Return": strconv.FormatBool(done)}, nil
}

var protectRules = []rule{{"InstanceId.N", true, nil}, {"IsProtection", true, boolean}}

// setInstanceResourceProtect switches the protection against deletion on and off.
//
// documented: parameters and answer (fact 155). assumed: in any state (fact 221), and
// what it protects against (facts 161, 208).
func (s *Server) setInstanceResourceProtect(r *request) (any, *apiError) {
	targets, refusal := s.w.targets(r, codeState)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := s.w.all(r, targets, func(in *instance) { in.Protected = r.flag("IsProtection") })
	return map[string]any{"Return": done}, nil
}
