package kecsim

import (
	"math"
	"slices"
	"strconv"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

var projectRules = []rule{{"InstanceId", true, nil}, {"ProjectId", true, integer(0, math.MaxInt64)}}

// checkProject reads ProjectId, 0 without one. The project must exist.
func (w *world) checkProject(r *request) (int64, *protocol.Refusal) {
	id, err := strconv.ParseInt(r.Get("ProjectId"), 10, 64)
	if err == nil && !slices.Contains(w.projects, id) {
		return 0, protocol.Invalid("ProjectId", "%d does not exist", id)
	}
	return id, nil
}

// updateInstanceProjectID moves an instance to another project.
//
// documented: parameters, and an answer with nothing but RequestId (fact 106).
// assumed: in any state (fact 221), in any region, and the codes (fact 228).
func (s *Server) updateInstanceProjectID(r *request) (any, *protocol.Refusal) {
	in := s.w.byID[r.Get("InstanceId")]
	if in == nil {
		return nil, protocol.Invalid("InstanceId", "%s does not exist", protocol.Clip(r.Get("InstanceId")))
	}
	project, refusal := s.w.checkProject(r)
	if refusal != nil {
		return nil, refusal
	}
	if r.dryRun {
		return nil, errDryRun
	}
	in.ProjectID, in.record.project = project, project
	return map[string]any{}, nil
}

// getAccountAllProjectList lists the projects of the account.
//
// documented: the form of the answer (fact 107).
func (s *Server) getAccountAllProjectList(*request) (any, *protocol.Refusal) {
	list := []any{}
	for _, id := range s.w.projects {
		list = append(list, map[string]any{"ProjectId": id, "ProjectName": "project-" + strconv.FormatInt(id, 10)})
	}
	return map[string]any{"ListProjectResult": map[string]any{"ProjectList": list}}, nil
}
