package kec

import (
	"context"
	"net/url"
	"slices"
	"strings"
)

// ListTagsByResourceIds returns the tags of instances (fact 104): id, then key, then value. Every id asked for has an entry, which is empty
// for an instance without tags, and for an unknown one.
func (c *Client) ListTagsByResourceIds(ctx context.Context, ids ...string) (map[string]map[string]string, error) {
	tags := map[string]map[string]string{}
	for _, id := range ids {
		tags[id] = map[string]string{}
	}
	for chunk := range slices.Chunk(ids, maxIDs) {
		ans, err := c.do(ctx, &call{
			service: tagService, action: "ListTagsByResourceIds", version: tagVersion,
			form: url.Values{"ResourceType": {"instance"}, "ResourceUuids": {strings.Join(chunk, ",")}},
		})
		if err != nil {
			return nil, err
		}
		list, ok := ans.list("tags")
		if !ok {
			return nil, ans.malformed("the answer holds no Tags")
		}
		for _, raw := range list {
			var w struct{ ResourceUUID, TagKey, TagValue text }
			decode(raw, &w)
			for _, id := range chunk {
				if w.TagKey != "" && strings.EqualFold(id, string(w.ResourceUUID)) {
					tags[id][string(w.TagKey)] = string(w.TagValue)
				}
			}
		}
	}
	return tags, nil
}
