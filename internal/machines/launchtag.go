package machines

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// LaunchTagKey is the key of the tag that Launch puts on an instance, to find it again. Its value
// is a random text of 32 characters, different for each launch. ListTagsByResourceIds shows it like
// any tag; SetTags keeps it.
const LaunchTagKey = "kec-launch-mark"

// StartAgainTagKey is the key of the tag that an instance bears while it is stopped for a change,
// and is to be started again: the process that has stopped it may not live to do so. SetTags sets
// it and takes it away.
const StartAgainTagKey = "kec-start-again"

// FleetTagKey is the key of the tag that says to which fleet an instance belongs. Its value is the
// id of the fleet.
const FleetTagKey = "kec-fleet-id"

// InternalTag tells whether a key is that of a tag of this package, in any case: whether KEC tells
// keys apart by their case is not known.
func InternalTag(key string) bool {
	return isLaunchTag(key) || strings.EqualFold(key, StartAgainTagKey) || strings.EqualFold(key, FleetTagKey)
}

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
		if m := tagNumber.FindString(name); m != "" && strings.EqualFold(name, m+"Key") && isLaunchTag(params.Get(name)) {
			return params.Get(m + "Value")
		}
	}
	return ""
}

func isLaunchTag(key string) bool { return strings.EqualFold(key, LaunchTagKey) }

// launchTagOf is the value of the launch tag among the tags of an instance, "" without one.
func launchTagOf(tags map[string]string) string { return tagOf(tags, LaunchTagKey) }

// tagOf is the value of a tag of this package, "" without one. Spelt as it was sent it goes before
// any other spelling.
func tagOf(tags map[string]string, name string) string {
	if value := tags[name]; value != "" {
		return value
	}
	for key, value := range tags {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// ownTag tells whether a key is one of KEC's own (fact 216: keys that start with ksc).
func ownTag(key string) bool { return strings.HasPrefix(strings.ToLower(key), "ksc") }

// SetTags brings the tags of an instance from what they were to what they are to be. KEC replaces
// the whole set, so the tags are read first, and every tag in which the two do not differ stays as
// it is now: its launch tag, KEC's own, and what somebody else has added or changed since. When the
// tags cannot be read, nothing is changed.
//
// KEC's own tags are sent with the others. Should KEC refuse that, it keeps them itself (fact 239,
// assumed), and the others are sent alone.
func (c *Client) SetTags(ctx context.Context, id string, were, want map[string]string) error {
	if id == "" {
		return kec.ErrEmptyID
	}
	now, err := c.tagsNow(ctx, id)
	if err != nil {
		return err
	}
	tags := maps.Clone(now)
	for key := range were {
		if _, stays := want[key]; !stays && !isLaunchTag(key) {
			delete(tags, key)
		}
	}
	for key, value := range want {
		if was, there := were[key]; !there || was != value {
			tags[key] = value
		}
	}
	if maps.Equal(tags, now) {
		return nil
	}
	err = c.api.ReplaceResourcesTags(ctx, id, tags)
	defer func() {
		if c.tagsSet.Delete(id); err == nil {
			c.tagsSet.Store(id, tagsSet{tags, c.api.LocalNow()})
		}
	}()
	others := maps.Clone(tags)
	maps.DeleteFunc(others, func(key, _ string) bool { return ownTag(key) })
	if refusal, ok := errors.AsType[*ksyun.Error](err); ok && len(others) < len(tags) && refusal.Status == http.StatusBadRequest &&
		!errors.Is(err, kec.ErrChangeUnknown) && !refusal.Throttled() {
		err = c.api.ReplaceResourcesTags(ctx, id, others)
	}
	return err
}

// tagsSet are the tags that this client has given an instance.
type tagsSet struct {
	tags map[string]string
	at   time.Time
}

// tagsNow are the tags of an instance: those that this client has just given it, because a look-up
// may still show the ones before (fact 234: views lag), else what KEC shows. As long as the
// instance is new, a view without its mark may be from before the launch (fact 296), so another one
// is waited for.
func (c *Client) tagsNow(ctx context.Context, id string) (map[string]string, error) {
	last, _ := c.tagsSet.Load(id)
	if set, ok := last.(tagsSet); ok && c.api.LocalNow().Sub(set.at) < maxInvisible {
		return set.tags, nil
	}
	for p := c.newPoll(id, "visible with its tags"); ; {
		all, err := c.api.ListTagsByResourceIds(ctx, id)
		if err != nil || launchTagOf(all[id]) != "" || !c.ages.young(id) {
			return all[id], err
		}
		if err := p.pause(ctx); err != nil {
			return nil, err
		}
	}
}
