package kec

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// ListTagsByResourceIds returns the tags of instances: id, then key, then value (facts 104 and 272:
// the action takes 100 ids). Every id asked for has an entry, which is empty for an instance
// without tags, and for an unknown one.
func (c *Client) ListTagsByResourceIds(ctx context.Context, ids ...string) (map[string]map[string]string, error) {
	tags := map[string]map[string]string{}
	for _, id := range ids {
		tags[id] = map[string]string{}
	}
	for chunk := range slices.Chunk(ids, MaxIDs) {
		err := c.read(ctx, ksyun.Call{Service: ksyun.Tag, Action: "ListTagsByResourceIds", Version: tagVersion,
			Form: url.Values{"ResourceType": {"instance"}, "ResourceUuids": {strings.Join(chunk, ",")}},
		}, func(ans *ksyun.Answer) error {
			list, ok := ans.List("tags")
			if !ok {
				return ans.Unusable("the answer holds no Tags")
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

// tagsIn adds the elements of Tags that are about one of ids to tags, which has an entry for each
// id.
func tagsIn(list []json.RawMessage, ids []string, tags map[string]map[string]string) {
	for _, raw := range list {
		var w struct{ ResourceUUID, TagKey, TagValue ksyun.Text }
		ksyun.Decode(raw, &w)
		for _, id := range ids {
			if w.TagKey != "" && strings.EqualFold(id, string(w.ResourceUUID)) {
				tags[id][string(w.TagKey)] = string(w.TagValue)
			}
		}
	}
}

// ReplaceResourcesTags gives an instance exactly these tags, key by value, in place of all it has;
// no tags take them all away. The caller adds the tags that are to stay. The body is the one that
// official clients send, with the tags numbered in the order of their keys.
func (c *Client) ReplaceResourcesTags(ctx context.Context, id string, tags map[string]string) error {
	if id == "" {
		return ErrEmptyID
	}
	body := members{{"ResourceType", "instance"}}
	for i, key := range slices.Sorted(maps.Keys(tags)) {
		n := fmt.Sprintf("Tag_%d_", i+1)
		body = append(body, member{n + "Key", key}, member{n + "Value", tags[key]})
	}
	body = append(body, member{"ReplaceTags", []map[string]string{{"ResourceUuids": id}}})
	call := ksyun.Call{Service: ksyun.Tag, Action: "ReplaceResourcesTags", Version: tagVersion, JSON: body}
	return c.change(ctx, call, func(ans *ksyun.Answer) error { return accepted(ans, "result") })
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
