package kecsim

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// tag is one tag of an instance.
type tag struct{ ID, Key, Value string }

// tag replaces the tags of an instance. A tag that stays keeps its id.
//
// assumed: the ids (fact 228).
func (w *world) tag(in *instance, tags []tag) {
	old := in.tagList
	in.tagList = nil
	for _, t := range tags {
		i := slices.IndexFunc(old, func(o tag) bool { return o.Key == t.Key && o.Value == t.Value })
		if i >= 0 {
			t.ID = old[i].ID
		} else {
			t.ID = w.uuid(kindTag)
		}
		in.tagList = append(in.tagList, t)
	}
}

var listTagsRules = []rule{
	{"ResourceType", true, oneOf("instance")},
	{"ResourceUuids", true, nil},
}

// listTagsByResourceIDs lists the tags of instances.
//
// documented: parameters and answer (fact 104). assumed: an unknown id is left out
// (fact 204), at most 100 ids are accepted (fact 272), and the view may be an old one
// (fact 234).
func (s *Server) listTagsByResourceIDs(r *request) (any, *protocol.Refusal) {
	ids := strings.Split(r.Get("ResourceUuids"), ",")
	if len(ids) > 100 {
		return nil, protocol.Invalid("ResourceUuids", "has %d entries, at most 100 are allowed", len(ids))
	}
	seen := s.w.seen(LookTags)
	tags := []any{}
	for _, id := range ids {
		in := seen.byID[strings.TrimSpace(id)]
		if in == nil {
			continue
		}
		for _, t := range in.tagList {
			tags = append(tags, map[string]any{"ResourceUuid": in.ID, "TagId": t.ID, "TagKey": t.Key, "TagValue": t.Value})
		}
	}
	return map[string]any{"Tags": tags}, nil
}

// replaceTagsRules holds the tags under the flat names that spellTags gives them. The handler
// checks their values, so that a refusal has the names that the caller used.
var replaceTagsRules = []rule{
	{"ResourceType", true, oneOf("instance")},
	{"Tag.N.Key", false, nil},
	{"Tag.N.Value", false, nil},
	{"ReplaceTags.N.ResourceUuids", true, nil},
	{"ReplaceTags.N.TagIds", false, nil},
}

var tagName = regexp.MustCompile(`(?i)^Tag_(\d{1,9})_(Key|Value)$`)

// spellTags turns Tag_1_Key into Tag.1.Key (fact 105: only this action spells it so).
func spellTags(sent url.Values) (url.Values, *protocol.Refusal) {
	out := url.Values{}
	for name, values := range sent {
		if strings.HasPrefix(strings.ToLower(name), "tag.") {
			return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %s is not known to this action; it is spelt Tag_1_Key here", protocol.Clip(name))
		}
		if m := tagName.FindStringSubmatch(name); m != nil {
			name = "Tag." + m[1] + "." + m[2]
		}
		out[name] = append(out[name], values...)
	}
	return out, nil
}

// replaceResourcesTags replaces the tags of instances.
//
// documented: the body, with the tags beside the resources, and the answer (fact
// 105). assumed: TagIds is refused, the set is emptied without tags, limits are those
// of a launch, and the tags show at once (fact 228).
func (s *Server) replaceResourcesTags(r *request) (any, *protocol.Refusal) {
	tags, refusal := s.w.readTags(r)
	if refusal != nil {
		return nil, refusal
	}
	var targets []*instance
	for i := 1; i <= r.Count("ReplaceTags"); i++ {
		at := "ReplaceTags." + strconv.Itoa(i) + "."
		switch {
		case r.Has(at + "TagIds"):
			return nil, protocol.Invalid(at+"TagIds", "is not served here: send the tags as Tag_1_Key and Tag_1_Value")
		case !r.Has(at + "ResourceUuids"):
			return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %sResourceUuids is required", at)
		}
		for _, id := range strings.Split(r.Get(at+"ResourceUuids"), ",") {
			in := s.w.byID[strings.TrimSpace(id)]
			if in == nil {
				return nil, protocol.Invalid(at+"ResourceUuids", "names %q, which does not exist", protocol.Clip(id))
			}
			targets = append(targets, in)
		}
	}
	if r.dryRun {
		return nil, errDryRun
	}
	for _, in := range targets {
		its := slices.Clone(tags)
		if !s.w.settings.TakeOwnTags {
			for _, t := range in.tagList {
				if ownTag(t.Key) {
					its = append(its, t)
				}
			}
		}
		s.w.tag(in, its)
	}
	return map[string]any{"Result": true}, nil
}

// ownTag tells whether a key is one of KEC's own.
func ownTag(key string) bool { return len(key) >= 3 && strings.EqualFold(key[:3], "ksc") }

func (w *world) readTags(r *request) ([]tag, *protocol.Refusal) {
	var tags []tag
	for i := 1; i <= r.Count("Tag"); i++ {
		flat, name := "Tag."+strconv.Itoa(i)+".", "Tag_"+strconv.Itoa(i)+"_"
		t := tag{Key: r.Get(flat + "Key"), Value: r.Get(flat + "Value")}
		if !r.Has(flat + "Key") {
			return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %sKey is required", name)
		}
		if wrong := tagKey(t.Key); wrong != "" && !(w.settings.TakeOwnTags && ownTag(t.Key)) {
			return nil, protocol.Invalid(name+"Key", "%s", wrong)
		}
		if wrong := characters(0, 255)(t.Value); wrong != "" {
			return nil, protocol.Invalid(name+"Value", "%s", wrong)
		}
		if slices.ContainsFunc(tags, func(o tag) bool { return o.Key == t.Key }) {
			return nil, protocol.Invalid(name+"Key", "%q is listed twice", protocol.Clip(t.Key))
		}
		tags = append(tags, t)
	}
	return tags, nil
}
