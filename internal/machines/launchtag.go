package machines

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// LaunchTagKey is the key of the tag that Launch puts on an instance, to find it again. Its value
// is a random text of 32 characters, different for each launch. ListTagsByResourceIds shows it like
// any tag; SetTags keeps it.
const LaunchTagKey = "kec-launch-mark"

// tagNumber is the N of Tag.N.Key and its like.
var tagNumber = regexp.MustCompile(`(?i)^Tag\.(\d+)\.`)

// withLaunchTag is a copy of params with the launch tag as one tag more.
func withLaunchTag(params url.Values, value string) url.Values {
	out := maps.Clone(params)
	if out == nil {
		out = url.Values{}
	}
	last := 0
	for name := range params {
		if m := tagNumber.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[1])
			last = max(last, n)
		}
	}
	n := "Tag." + strconv.Itoa(last+1)
	out.Set(n+".Key", LaunchTagKey)
	out.Set(n+".Value", value)
	return out
}

// launchTagIn is the value of the launch tag among the tags of params, "" without one.
func launchTagIn(params url.Values) string {
	for name := range params {
		if m := tagNumber.FindString(name); m != "" && strings.EqualFold(name, m+"Key") && params.Get(name) == LaunchTagKey {
			return params.Get(m + "Value")
		}
	}
	return ""
}

// launchTagOf is the value of the launch tag among the tags of an instance, "" without one.
func launchTagOf(tags map[string]string) string {
	for key, value := range tags {
		if strings.EqualFold(key, LaunchTagKey) {
			return value
		}
	}
	return ""
}

// SetTags gives an instance these tags in place of all it has, but for its launch tag, which it
// keeps. It reads the tags first; when that fails, nothing is changed.
func (c *Client) SetTags(ctx context.Context, id string, tags map[string]string) error {
	if id == "" {
		return kec.ErrEmptyID
	}
	now, err := c.api.ListTagsByResourceIds(ctx, id)
	if err != nil {
		return err
	}
	if value := launchTagOf(now[id]); value != "" {
		kept := map[string]string{LaunchTagKey: value}
		maps.Copy(kept, tags)
		tags = kept
	}
	return c.api.ReplaceResourcesTags(ctx, id, tags)
}
