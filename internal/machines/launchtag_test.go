package machines

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

func TestWithLaunchTag(t *testing.T) {
	t.Parallel()
	for params, want := range map[string]string{
		"":                                       "Tag.1.Key=kec-launch-mark&Tag.1.Value=m",
		"Tag.1.Key=a&Tag.1.Value=b":              "Tag.1.Key=a&Tag.1.Value=b&Tag.2.Key=kec-launch-mark&Tag.2.Value=m",
		"Tag.0.Key=a&Tag.12.Value=b&tag.3.Key=c": "Tag.0.Key=a&Tag.12.Value=b&Tag.13.Key=kec-launch-mark&Tag.13.Value=m&tag.3.Key=c",
		"Tags.9.Key=a&XTag.9.Key=b":              "Tag.1.Key=kec-launch-mark&Tag.1.Value=m&Tags.9.Key=a&XTag.9.Key=b",
	} {
		before, _ := url.ParseQuery(params)
		after := withLaunchTag(before, "m")
		equal(t, params, after.Encode(), want)
		equal(t, "the caller's parameters", before.Encode(), params)
		equal(t, "read back", launchTagIn(after), "m")
		equal(t, "unmarked", launchTagIn(before), "")
	}
	equal(t, "of an instance", fmt.Sprintf("%q %q", launchTagOf(map[string]string{"a": "b", "Kec-Launch-Mark": "m"}), launchTagOf(nil)), `"m" ""`)
}

func TestSetTags_changesWhatThePlanShows(t *testing.T) {
	t.Parallel()
	tag := func(key, value string) string {
		return fmt.Sprintf(`{"ResourceUuid":"i-1","TagKey":%q,"TagValue":%q}`, key, value)
	}
	mark, sent := tag("kec-launch-mark", "m"), `"Tag_1_Key":"env","Tag_1_Value":"prod","Tag_2_Key":"kec-launch-mark","Tag_2_Value":"m",`
	type tags = map[string]string
	for name, tc := range map[string]struct {
		now        string
		were, want tags
		body       string // "" if nothing is to be sent
	}{
		"marked":                    {mark + "," + tag("old", "x"), tags{"old": "x"}, tags{"env": "prod"}, sent},
		"no tags":                   {mark + "," + tag("old", "x"), tags{"old": "x"}, nil, `"Tag_1_Key":"kec-launch-mark","Tag_1_Value":"m",`},
		"unmarked":                  {"", nil, tags{"env": "prod"}, `"Tag_1_Key":"env","Tag_1_Value":"prod",`},
		"an empty value":            {mark, nil, tags{"env": ""}, `"Tag_1_Key":"env","Tag_1_Value":"","Tag_2_Key":"kec-launch-mark","Tag_2_Value":"m",`},
		"done already":              {mark + "," + tag("env", "prod"), nil, tags{"env": "prod"}, ""},
		"added since":               {mark + "," + tag("by-hand", "1"), nil, tags{"env": "prod"}, `"Tag_1_Key":"by-hand","Tag_1_Value":"1","Tag_2_Key":"env","Tag_2_Value":"prod","Tag_3_Key":"kec-launch-mark","Tag_3_Value":"m",`},
		"changed since, not by us":  {mark + "," + tag("by-hand", "2"), tags{"by-hand": "1"}, tags{"by-hand": "1", "env": "prod"}, `"Tag_1_Key":"by-hand","Tag_1_Value":"2","Tag_2_Key":"env","Tag_2_Value":"prod","Tag_3_Key":"kec-launch-mark","Tag_3_Value":"m",`},
		"taken away since":          {mark, tags{"by-hand": "1"}, tags{"by-hand": "1", "env": "prod"}, sent},
		"KEC's own":                 {mark + "," + tag("ksc-x", "1"), nil, tags{"env": "prod"}, strings.TrimSuffix(sent, ",") + `,"Tag_3_Key":"ksc-x","Tag_3_Value":"1",`},
		"the mark in another case":  {tag("Kec-Launch-Mark", "m"), nil, tags{"env": "prod"}, `"Tag_1_Key":"Kec-Launch-Mark","Tag_1_Value":"m","Tag_2_Key":"env","Tag_2_Value":"prod",`},
		"the mark was in the state": {mark, tags{"Kec-Launch-Mark": "x", "kec-launch-mark": "m"}, tags{"env": "prod"}, sent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(`{"Tags":[`+tc.now+`]}`), ok(`{"Result":true}`))
			c, _ := client(t, s)
			if err := c.SetTags(t.Context(), "i-1", tc.were, tc.want); err != nil {
				t.Fatal(err)
			}
			if tc.body == "" {
				equal(t, "requests", len(s.Got), 1)
				return
			}
			equal(t, "body", s.Got[1].Body, `{"ResourceType":"instance",`+tc.body+`"ReplaceTags":[{"ResourceUuids":"i-1"}]}`)
		})
	}
	s := of(refuse(403, "PermissionDenied", "x"))
	c, _ := client(t, s)
	err := c.SetTags(t.Context(), "i-1", nil, nil)
	equal(t, "unread", err != nil && !errors.Is(err, kec.ErrChangeUnknown), true)
	equal(t, "requests", len(s.Got), 1)
	equal(t, "no id", errors.Is(c.SetTags(t.Context(), "", nil, nil), kec.ErrEmptyID), true)
}

// A mark is read whatever stands beside it.
// A view of a new instance that lacks its mark may be from before the launch. What was sent from
// such a view would take the mark away.
func TestSetTags_aViewFromBeforeTheLaunch(t *testing.T) {
	t.Parallel()
	const mark = `{"ResourceUuid":"i-1","TagKey":"kec-launch-mark","TagValue":"m"}`
	none := ok(`{"Tags":[]}`)
	s := of(none, none, ok(`{"Tags":[`+mark+`]}`), ok(`{"Result":true}`))
	c, _ := client(t, s)
	c.RememberLaunch("i-1", c.Now().Add(-30*time.Second))
	if err := c.SetTags(t.Context(), "i-1", nil, map[string]string{"env": "prod"}); err != nil {
		t.Fatal(err)
	}
	equal(t, "body", s.Got[3].Body, `{"ResourceType":"instance","Tag_1_Key":"env","Tag_1_Value":"prod","Tag_2_Key":"kec-launch-mark",`+
		`"Tag_2_Value":"m","ReplaceTags":[{"ResourceUuids":"i-1"}]}`)
}

// An instance that never had the mark, because somebody has launched it in the console, is waited
// for only as long as it is new.
func TestSetTags_aNewInstanceWithoutTheMark(t *testing.T) {
	t.Parallel()
	none := ok(`{"Tags":[]}`)
	s := of(slices.Repeat([]reply{none}, 100)...)
	c, _ := client(t, s)
	began := c.Now()
	c.RememberLaunch("i-1", began.Add(-110*time.Second))
	if err := c.SetTags(t.Context(), "i-1", map[string]string{"a": "b"}, nil); err != nil {
		t.Fatal(err)
	}
	if waited := c.Now().Sub(began); waited < 10*time.Second || waited > 16*time.Second {
		t.Errorf("waited %s, want until it is two minutes old", waited)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.RememberLaunch("i-2", c.Now())
	if err := c.SetTags(ctx, "i-2", nil, map[string]string{"a": "b"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLaunchTag_noSpellingHidesIt(t *testing.T) {
	t.Parallel()
	for range 20 { // the order of a map is another one each time
		equal(t, "mark", launchTagOf(map[string]string{"KEC-launch-mark": "a", "kec-launch-mark": "m", "Kec-Launch-Mark": "b"}), "m")
	}
}
