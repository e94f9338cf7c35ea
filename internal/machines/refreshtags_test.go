package machines

import (
	"fmt"
	"strings"
	"testing"
)

// An id goes out as it was written, alone or with others: nothing says that KEC takes another case
// for the same.
func TestRefreshTags_asksWithTheIDAsItIs(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"Tags":[{"ResourceUuid":"I-1A","TagKey":"env","TagValue":"prod"}]}`))
	c, _ := client(t, s)
	got, err := c.RefreshTags(t.Context(), "I-1A")
	equal(t, "tags", fmt.Sprint(got, err), "map[env:prod] <nil>")
	equal(t, "request", s.Got[0].Body, "ResourceType=instance&ResourceUuids=I-1A")

	s = of(set("active", "I-1A", "I-2B"), ok(`{"Tags":[{"ResourceUuid":"I-2B","TagKey":"env","TagValue":"prod"}]}`))
	c, _ = client(t, s, WithListAfter(0))
	if _, err := c.Refresh(t.Context(), "I-1A", nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"I-1A map[] <nil>", "i-2b map[env:prod] <nil>"} {
		id, _, _ := strings.Cut(want, " ")
		got, err := c.RefreshTags(t.Context(), id)
		equal(t, "tags with neighbours", fmt.Sprint(id, " ", got, " ", err), want)
	}
	equal(t, "requests", len(s.Got), 2)
	equal(t, "the request for both", s.Got[1].Body, "ResourceType=instance&ResourceUuids=I-1A%2CI-2B")
}

// A list may write an id otherwise than the launch did, and the tags may be known by that one only:
// no tags of an id in another spelling prove nothing.
func TestRefreshTags_ofAnIDThatTheListSpellsOtherwise(t *testing.T) {
	t.Parallel()
	s := of(set("active", "i-1a", "I-2B"), ok(`{"Tags":[]}`), ok(`{"Tags":[{"ResourceUuid":"i-2b","TagKey":"env","TagValue":"prod"}]}`))
	c, _ := client(t, s, WithListAfter(0))
	if _, err := c.Refresh(t.Context(), "i-1a", nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"i-1a map[] <nil>", "i-2b map[env:prod] <nil>"} {
		id, _, _ := strings.Cut(want, " ")
		got, err := c.RefreshTags(t.Context(), id)
		equal(t, "tags", fmt.Sprint(id, " ", got, " ", err), want)
	}
	equal(t, "the request for both", s.Got[1].Body, "ResourceType=instance&ResourceUuids=i-1a%2CI-2B")
	equal(t, "the second request", s.Got[2].Body, "ResourceType=instance&ResourceUuids=i-2b")
}
