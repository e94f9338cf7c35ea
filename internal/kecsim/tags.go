package kecsim

import "strings"

// Tag is one tag of an instance.
type Tag struct{ ID, Key, Value string }

var listTagsRules = []rule{
	{"ResourceType", true, oneOf("instance")},
	{"ResourceUuids", true, nil},
}

// listTagsByResourceIDs lists the tags of instances, of those that have any.
//
// documented: fact 104. assumed: an unknown id is left out (fact 204).
func (s *Server) listTagsByResourceIDs(r *request) (any, *apiError) {
	tags := []any{}
	for _, id := range strings.Split(r.get("ResourceUuids"), ",") {
		in := s.w.byID[strings.TrimSpace(id)]
		if in == nil {
			continue
		}
		for _, t := range in.tagList {
			tags = append(tags, map[string]any{"ResourceUuid": in.ID, "TagId": t.ID, "TagKey": t.Key, "TagValue": t.Value})
		}
	}
	return map[string]any{"Tags": tags}, nil
}
