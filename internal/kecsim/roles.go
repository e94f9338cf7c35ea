package kecsim

import "github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"

var (
	attachRoleRules = []rule{{"InstanceId.N", true, nil}, {"IamRoleName", true, nil}}
	detachRoleRules = []rule{{"InstanceId.N", true, nil}, {"IamRoleName", false, nil}}
	guardRules      = []rule{{"InstanceId.N", true, nil}, {"DataGuardId", true, nil}}
)

// attachInstancesIamRole gives instances a role.
//
// documented: the action (fact 159). assumed: parameters and answer, in any state but deleting, and
// that a role takes the place of the one that is attached (fact 248).
func (s *Server) attachInstancesIamRole(r *request) (any, *protocol.Refusal) {
	return s.changeRole(r, r.Get("IamRoleName"))
}

// detachInstancesIamRole takes the role from instances.
//
// documented: the action (fact 159). assumed: the rest, as above (fact 248).
func (s *Server) detachInstancesIamRole(r *request) (any, *protocol.Refusal) {
	return s.changeRole(r, "")
}

func (s *Server) changeRole(r *request, role string) (any, *protocol.Refusal) {
	targets, refusal := s.w.targets(r, protocol.CodeState, s.w.statesForRoles()...)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	results, failed := []any{}, 0
	for _, in := range targets {
		message, refused := s.w.refused(r.action, in.ID)
		if refused {
			failed++
		} else {
			in.IAMRoleName = role
		}
		results = append(results, map[string]any{"InstanceId": in.ID, "Message": message})
	}
	return map[string]any{"TotalCount": len(targets), "FailCount": failed, "IamRoleName": role, "Results": results}, nil
}

// statesForRoles are the states in which a role or a data guard group may change: any but deleting
// if there are none.
func (w *world) statesForRoles() []string {
	if w.settings.StopForRoles {
		return []string{stateStopped}
	}
	return nil
}

// addVMIntoDataGuard puts instances into a group.
//
// documented: the action (fact 159). assumed: parameters and answer, in any state but deleting, and
// that an instance that is in another group is refused (fact 248).
func (s *Server) addVMIntoDataGuard(r *request) (any, *protocol.Refusal) {
	return s.changeGuard(r, "", r.Get("DataGuardId"))
}

// removeVMFromDataGuard takes instances out of a group.
//
// documented: the action (fact 159). assumed: the rest, as above (fact 248).
func (s *Server) removeVMFromDataGuard(r *request) (any, *protocol.Refusal) {
	return s.changeGuard(r, r.Get("DataGuardId"), "")
}

func (s *Server) changeGuard(r *request, from, to string) (any, *protocol.Refusal) {
	targets, refusal := s.w.targets(r, protocol.CodeState, s.w.statesForRoles()...)
	if refusal != nil {
		return nil, refusal
	}
	for _, in := range targets {
		if in.DataGuardID != from && in.DataGuardID != to {
			return nil, protocol.Invalid("DataGuardId", "%s does not fit: InstanceId %s is in %q", r.Get("DataGuardId"), in.ID, in.DataGuardID)
		}
	}
	if r.dryRun {
		return nil, errDryRun
	}
	done := s.w.applyAll(r, targets, func(in *instance) { in.DataGuardID = to })
	return map[string]any{"DataGuardResult": map[string]any{"Flag": done}}, nil
}
