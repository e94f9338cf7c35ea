package kecsim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// refusalKey is an action that is refused for an instance.
type refusalKey struct{ action, id string }

// target finds one instance in the region of the request. The parameter name is for the refusal.
//
// documented: the code of an unknown id (fact 38).
func (w *world) target(r *request, name, id string) (*instance, *protocol.Refusal) {
	in := w.byID[id]
	if in == nil || in.Region != r.region {
		return nil, protocol.Refuse(protocol.CodeInstanceIDInvalid, "%s %s does not exist", name, protocol.Clip(id))
	}
	return in, nil
}

// targets finds the instances of InstanceId.N. Each must be in one of the states; without states,
// in any state but deleting.
//
// assumed: an instance in another state, and an id that is sent twice, refuse the
// whole call (facts 221, 229).
func (w *world) targets(r *request, c protocol.Code, states ...string) ([]*instance, *protocol.Refusal) {
	ids, refusal := instanceIDs(r)
	if refusal != nil {
		return nil, refusal
	}
	var found []*instance
	for i, id := range ids {
		name := "InstanceId." + strconv.Itoa(i+1)
		in, refusal := w.target(r, name, id)
		if refusal == nil {
			refusal = in.checkState(name, c, states...)
		}
		switch {
		case refusal != nil:
			return nil, refusal
		case slices.Contains(found, in):
			return nil, protocol.Invalid(name, "%s is listed twice", id)
		}
		found = append(found, in)
	}
	return found, nil
}

// checkState refuses an instance that is in none of the states, or, without states, deleting.
func (in *instance) checkState(name string, c protocol.Code, states ...string) *protocol.Refusal {
	switch {
	case len(states) == 0 && in.State == stateDeleting:
		return protocol.Refuse(c, "%s %s is in state %s", name, in.ID, in.State)
	case len(states) > 0 && !slices.Contains(states, in.State):
		return protocol.Refuse(c, "%s %s is in state %s, not %s", name, in.ID, in.State, strings.Join(states, " or "))
	}
	return nil
}

// applyEach changes each instance unless a test has the action refused for it, and answers per
// id. The message is written under messageName, if there is one.
func (w *world) applyEach(r *request, targets []*instance, messageName string, do func(*instance) (problem string)) any {
	set := []any{}
	for _, in := range targets {
		message, refused := w.refused(r.action, in.ID)
		if !refused {
			message = do(in)
			refused = message != ""
		}
		item := map[string]any{"InstanceId": in.ID, "Return": !refused}
		if messageName != "" {
			item[messageName] = message
		}
		set = append(set, item)
	}
	return map[string]any{"InstancesSet": set}
}

// applyAll changes all instances, or none if a test has the action refused for one of them.
func (w *world) applyAll(r *request, targets []*instance, do func(*instance)) bool {
	for _, in := range targets {
		if _, refused := w.refused(r.action, in.ID); refused {
			return false
		}
	}
	for _, in := range targets {
		do(in)
	}
	return true
}

// transition takes an instance through one state to another. A deletion or a change by hand in
// between ends the transition.
func (w *world) transition(in *instance, through string, d time.Duration, to string, then func()) {
	in.stateChange++
	turn := in.stateChange
	in.State = through
	w.after(d, func() {
		if in.stateChange != turn || in.State != through {
			return
		}
		in.State = to
		then()
	})
}

// booted gives an instance its new host name at the end of a boot.
//
// documented: a host name takes effect after a reboot (fact 152). assumed: after any
// other boot, too (fact 224).
func (in *instance) booted() {
	if in.newHost != "" {
		in.HostName, in.newHost = in.newHost, ""
	}
}

const (
	keepCharging = "KeepCharging"
	stopCharging = "StopCharging"
)

var stopRules = []rule{
	{"InstanceId.N", true, nil},
	{"ForceStop", false, boolean},
	{"StoppedMode", false, oneOf(keepCharging, stopCharging)},
}

// stopInstances shuts instances down.
//
// documented: parameters, default and answer, with its misspelling (fact 150).
// assumed: only in state active, and how long it takes (facts 220, 221); that
// StopCharging gives the stock back and ForceStop makes no difference (fact 222).
func (s *Server) stopInstances(r *request) (any, *protocol.Refusal) {
	w := s.w
	targets, refusal := w.targets(r, protocol.CodeState, stateActive)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	mode := keepCharging
	if r.Has("StoppedMode") {
		mode = r.Get("StoppedMode")
	}
	return w.applyEach(r, targets, "Messgae", func(in *instance) string {
		w.transition(in, stateStopping, w.settings.Stop, stateStopped, func() {
			in.StoppedMode = mode
			if mode == stopCharging {
				w.park(in)
			}
		})
		return ""
	}), nil
}

// park gives the stock of a stopped instance back (fact 222: StopCharging).
func (w *world) park(in *instance) {
	if in.unit && !in.parked && in.market != nil {
		in.parked = true
		in.market.stock++
	}
}

var startRules = []rule{{"InstanceId.N", true, nil}}

// startInstances boots stopped instances.
//
// documented: only in state stopped, and the codes (facts 150, 151). assumed: how
// long it takes (fact 220), and that only a parked instance needs stock (fact 222).
func (s *Server) startInstances(r *request) (any, *protocol.Refusal) {
	w := s.w
	targets, refusal := w.targets(r, protocol.CodeState, stateStopped)
	if refusal != nil {
		return nil, refusal
	}
	wanted := map[*market]int{}
	for i, in := range targets {
		if !in.parked {
			continue
		}
		if wanted[in.market]++; wanted[in.market] > in.market.stock {
			return nil, protocol.Refuse(protocol.CodeSellOut, "InstanceId.%d %s cannot start: InstanceType %s is sell out in %s", i+1, in.ID, in.Type, in.Zone)
		}
	}
	if r.dryRun {
		return nil, errDryRun
	}
	return w.applyEach(r, targets, "Message", func(in *instance) string {
		if in.parked {
			in.parked = false
			in.market.stock--
		}
		in.StoppedMode = ""
		w.transition(in, stateStarting, w.settings.Start, stateActive, in.booted)
		return ""
	}), nil
}

var rebootRules = []rule{{"InstanceId.N", true, nil}, {"ForceReboot", false, boolean}}

// rebootInstances boots active instances again.
//
// documented: parameters, answer and code (facts 150, 151). assumed: only in state
// active (fact 221), how long it takes (fact 220), and that ForceReboot makes no
// difference (fact 222).
func (s *Server) rebootInstances(r *request) (any, *protocol.Refusal) {
	w := s.w
	targets, refusal := w.targets(r, protocol.CodeRebootState, stateActive)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	return w.applyEach(r, targets, "", func(in *instance) string {
		w.transition(in, stateRebooting, w.settings.Reboot, stateActive, in.booted)
		return ""
	}), nil
}
