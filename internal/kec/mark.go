package kec

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// MarkKey is the key of the tag that Launch puts on an instance, to find it again. Its value is a random text of 32 characters,
// different for each launch. ListTagsByResourceIds shows it like any tag; SetTags keeps it.
const MarkKey = "kec-launch-mark"

func newMark() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// tagNumber is the N of Tag.N.Key and its like.
var tagNumber = regexp.MustCompile(`(?i)^Tag\.(\d+)\.`)

// marked is a copy of params with the mark as one tag more.
func marked(params url.Values, mark string) url.Values {
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
	out.Set(n+".Key", MarkKey)
	out.Set(n+".Value", mark)
	return out
}

// markIn is the mark among the tags of params, "" without one.
func markIn(params url.Values) string {
	for name := range params {
		if m := tagNumber.FindString(name); m != "" && strings.EqualFold(name, m+"Key") && params.Get(name) == MarkKey {
			return params.Get(m + "Value")
		}
	}
	return ""
}

// markOf is the mark among the tags of an instance, "" without one.
func markOf(tags map[string]string) string {
	for key, value := range tags {
		if strings.EqualFold(key, MarkKey) {
			return value
		}
	}
	return ""
}

// SetTags gives an instance these tags in place of all it has, but for its mark, which it keeps. It is ReplaceResourcesTags after a
// look at the tags; when that fails, nothing is changed.
func (c *Client) SetTags(ctx context.Context, id string, tags map[string]string) error {
	if id == "" {
		return errEmptyID
	}
	now, err := c.ListTagsByResourceIds(ctx, id)
	if err != nil {
		return err
	}
	if mark := markOf(now[id]); mark != "" {
		kept := map[string]string{MarkKey: mark}
		maps.Copy(kept, tags)
		tags = kept
	}
	return c.ReplaceResourcesTags(ctx, id, tags)
}
