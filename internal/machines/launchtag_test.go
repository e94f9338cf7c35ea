package machines

import (
	"errors"
	"fmt"
	"net/url"
	"testing"

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

func TestSetTags_keepsTheLaunchTag(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		now  string
		tags map[string]string
		want string
	}{
		"marked":   {`{"Tags":[{"ResourceUuid":"i-1","TagKey":"kec-launch-mark","TagValue":"m"},{"ResourceUuid":"i-1","TagKey":"old","TagValue":"x"}]}`, map[string]string{"env": "prod"}, `"Tag_1_Key":"env","Tag_1_Value":"prod","Tag_2_Key":"kec-launch-mark","Tag_2_Value":"m",`},
		"no tags":  {`{"Tags":[{"ResourceUuid":"i-1","TagKey":"kec-launch-mark","TagValue":"m"}]}`, nil, `"Tag_1_Key":"kec-launch-mark","Tag_1_Value":"m",`},
		"unmarked": {`{"Tags":[]}`, map[string]string{"env": "prod"}, `"Tag_1_Key":"env","Tag_1_Value":"prod",`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(tc.now), ok(`{"Result":true}`))
			c, _ := client(t, s)
			if err := c.SetTags(t.Context(), "i-1", tc.tags); err != nil {
				t.Fatal(err)
			}
			equal(t, "body", s.Got[1].Body, `{"ResourceType":"instance",`+tc.want+`"ReplaceTags":[{"ResourceUuids":"i-1"}]}`)
			equal(t, "the caller's tags", len(tc.tags) <= 1, true)
		})
	}
	s := of(refuse(403, "PermissionDenied", "x"))
	c, _ := client(t, s)
	err := c.SetTags(t.Context(), "i-1", nil)
	equal(t, "unread", err != nil && !errors.Is(err, kec.ErrChangeUnknown), true)
	equal(t, "requests", len(s.Got), 1)
	equal(t, "no id", errors.Is(c.SetTags(t.Context(), "", nil), kec.ErrEmptyID), true)
}
