package kec

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// ListTagsByResourceIds returns the tags of instances (facts 104, 272): id, then key, then value. Every id asked for has an entry, which is empty
// for an instance without tags, and for an unknown one.
func (c *Client) ListTagsByResourceIds(ctx context.Context, ids ...string) (map[string]map[string]string, error) {
	tags := map[string]map[string]string{}
	for _, id := range ids {
		tags[id] = map[string]string{}
	}
	for chunk := range slices.Chunk(ids, maxIDs) {
		err := c.ask(ctx, &call{
			service: tagService, action: "ListTagsByResourceIds", version: tagVersion,
			form: url.Values{"ResourceType": {"instance"}, "ResourceUuids": {strings.Join(chunk, ",")}},
		}, func(ans *answer) error {
			list, ok := ans.list("tags")
			if !ok {
				return ans.malformed("the answer holds no Tags")
			}
			tagsIn(list, chunk, tags)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return tags, nil
}

// tagsIn adds the elements of Tags that are about one of ids to tags, which has an entry for each id.
func tagsIn(list []json.RawMessage, ids []string, tags map[string]map[string]string) {
	for _, raw := range list {
		var w struct{ ResourceUUID, TagKey, TagValue text }
		decode(raw, &w)
		for _, id := range ids {
			if w.TagKey != "" && strings.EqualFold(id, string(w.ResourceUUID)) {
				tags[id][string(w.TagKey)] = string(w.TagValue)
			}
		}
	}
}

// ReplaceResourcesTags gives an instance exactly these tags, key by value, in place of all it has; none takes them all away. The
// caller adds the tags that are to stay. The body is the one that official clients send, with the tags numbered in the order of
// their keys.
func (c *Client) ReplaceResourcesTags(ctx context.Context, id string, tags map[string]string) error {
	if id == "" {
		return errEmptyID
	}
	body := members{{"ResourceType", "instance"}}
	for i, key := range slices.Sorted(maps.Keys(tags)) {
		n := fmt.Sprintf("Tag_%d_", i+1)
		body = append(body, member{n + "Key", key}, member{n + "Value", tags[key]})
	}
	body = append(body, member{"ReplaceTags", []map[string]string{{"ResourceUuids": id}}})
	return c.change(ctx, &call{service: tagService, action: "ReplaceResourcesTags", version: tagVersion, json: body},
		func(ans *answer) error { return ans.accepted("result") })
}

// members is a JSON object whose members keep their order.
type members []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members as they stand.
func (m members) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, one := range m {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(one.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(one.value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}
