package kecsim

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// tag is a tag of the account: a key with a value.
type tag struct{ Key, Value string }

// tag replaces the tags of an instance. A tag that the account has not had yet gets an id.
//
// documented: ids are integers (fact 304). assumed: an account has one id for a key with a value,
// whatever bears them (fact 312).
func (w *world) tag(in *instance, tags []tag) {
	in.tagList = slices.Clone(tags)
	for _, t := range tags {
		if _, known := w.tagIDs[t]; !known {
			w.tagIDs[t] = w.next(kindTag)
		}
	}
}

var listTagsRules = []rule{
	{"ResourceType", true, oneOf("instance")},
	{"ResourceUuids", true, nil},
}

// listTagsByResourceIDs lists the tags of instances.
//
// documented: parameters and answer, with integer ids (facts 104, 304). assumed: an unknown
// id is left out (fact 204), at most 100 ids are accepted (fact 272), and the view may be
// an old one (fact 234).
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
			var id any = s.w.tagIDs[t]
			if s.w.settings.TagIDsAsText {
				id = strconv.Itoa(s.w.tagIDs[t])
			}
			tags = append(tags, map[string]any{"ResourceUuid": in.ID, "TagId": id, "TagKey": t.Key, "TagValue": t.Value})
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
// documented: the tags beside the resources or, by their ids, with each of them, and the answer
// (fact 105). assumed: JSON and form alike, the set is emptied without tags, limits are those of a
// launch, and the tags show at once (fact 228).
func (s *Server) replaceResourcesTags(r *request) (any, *protocol.Refusal) {
	tags, refusal := s.w.readTags(r)
	if refusal != nil {
		return nil, refusal
	}
	var targets []tagged
	for i := 1; i <= r.Count("ReplaceTags"); i++ {
		group, refusal := s.w.readTagged(r, "ReplaceTags."+strconv.Itoa(i)+".", tags)
		if refusal != nil {
			return nil, refusal
		}
		targets = append(targets, group...)
	}
	if r.dryRun {
		return nil, errDryRun
	}
	for _, target := range targets {
		its := slices.Clone(target.tags)
		if !s.w.settings.TakeOwnTags {
			for _, t := range target.in.tagList {
				if ownTag(t.Key) {
					its = append(its, t)
				}
			}
		}
		s.w.tag(target.in, its)
	}
	return map[string]any{"Result": true}, nil
}

// tagged is an instance with the tags that it is to have.
type tagged struct {
	in   *instance
	tags []tag
}

// readTagged reads one element of ReplaceTags. Its instances get the tags of its TagIds, or without
// these the tags of the whole request.
//
// assumed: either the one or the other, and TagIds without an id empties the set (fact 228).
func (w *world) readTagged(r *request, at string, tags []tag) ([]tagged, *protocol.Refusal) {
	if !r.Has(at + "ResourceUuids") {
		return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the parameter %sResourceUuids is required", at)
	}
	if r.Has(at + "TagIds") {
		if len(tags) > 0 {
			return nil, protocol.Invalid(at+"TagIds", "is only allowed without Tag_1_Key")
		}
		var refusal *protocol.Refusal
		if tags, refusal = w.tagsByID(at+"TagIds", r.Get(at+"TagIds")); refusal != nil {
			return nil, refusal
		}
	}
	var out []tagged
	for _, id := range strings.Split(r.Get(at+"ResourceUuids"), ",") {
		in := w.byID[strings.TrimSpace(id)]
		if in == nil {
			return nil, protocol.Invalid(at+"ResourceUuids", "names %q, which does not exist", protocol.Clip(id))
		}
		out = append(out, tagged{in, tags})
	}
	return out, nil
}

// tagsByID finds the tags of a list of ids with commas.
func (w *world) tagsByID(name, ids string) ([]tag, *protocol.Refusal) {
	var tags []tag
	for id := range strings.SplitSeq(ids, ",") {
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		t, known := w.tagByID(id)
		switch {
		case !known:
			return nil, protocol.Invalid(name, "names %q, which does not exist", protocol.Clip(id))
		case ownTag(t.Key) && !w.settings.TakeOwnTags:
			return nil, protocol.Invalid(name, "names %q, which is KEC's own", id)
		case slices.ContainsFunc(tags, func(o tag) bool { return o.Key == t.Key }):
			return nil, protocol.Invalid(name, "lists the key %q twice", protocol.Clip(t.Key))
		}
		tags = append(tags, t)
	}
	return tags, nil
}

// tagByID finds the tag of an id.
func (w *world) tagByID(id string) (tag, bool) {
	for t, known := range w.tagIDs {
		if strconv.Itoa(known) == id {
			return t, true
		}
	}
	return tag{}, false
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
