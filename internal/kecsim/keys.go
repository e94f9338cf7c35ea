package kecsim

import (
	"slices"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

var keyRules = []rule{{"InstanceId.N", true, nil}, {"KeyId.N", true, identifier()}}

// attachKey adds keys to stopped instances.
//
// documented: parameters and answer, stopped first (fact 157), not with other-linux
// images (fact 49). assumed: the code (fact 221), and that a key that is attached
// already is refused per instance (fact 227).
func (s *Server) attachKey(r *request) (any, *protocol.Refusal) { return s.changeKeys(r, true) }

// detachKey takes keys from stopped instances.
//
// documented: parameters and answer, stopped first (fact 157). assumed: the code
// (fact 221), and that a key that is not attached is refused per instance (fact
// 227).
func (s *Server) detachKey(r *request) (any, *protocol.Refusal) { return s.changeKeys(r, false) }

func (s *Server) changeKeys(r *request, attach bool) (any, *protocol.Refusal) {
	states := []string{stateStopped}
	if s.w.settings.KeysWhileRunning {
		states = append(states, stateActive)
	}
	targets, refusal := s.w.targets(r, protocol.CodeState, states...)
	if refusal != nil {
		return nil, refusal
	}
	keys := r.List("KeyId")
	for _, in := range targets {
		im := s.w.findImage(in.ImageID)
		if !attach {
			im = nil
		}
		if refusal := s.w.checkKeys(keys, im); refusal != nil {
			return nil, refusal
		}
	}
	if r.dryRun {
		return nil, errDryRun
	}
	return s.w.applyEach(r, targets, "Message", func(in *instance) string {
		for _, id := range keys {
			switch has := slices.Contains(in.KeyIDs, id); {
			case s.w.settings.KeysTwice:
			case attach && has:
				return "key " + id + " is attached already"
			case !attach && !has:
				return "key " + id + " is not attached"
			}
		}
		if attach {
			kept := slices.DeleteFunc(slices.Clone(in.KeyIDs), func(id string) bool { return slices.Contains(keys, id) })
			in.KeyIDs = append(kept, keys...)
		} else {
			in.KeyIDs = slices.DeleteFunc(slices.Clone(in.KeyIDs), func(id string) bool { return slices.Contains(keys, id) })
		}
		return ""
	}), nil
}
