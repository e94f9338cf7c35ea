package chaos

import (
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// actions counts the requests since the last count, by action.
func (c *crowd) actions(from int) map[string]int {
	n := map[string]int{}
	for _, call := range c.sim.Calls()[from:] {
		n[call.Action]++
	}
	return n
}

// A hundred machines that take two seconds to boot, ten at a time: one launch each, and about one
// look a second for all of them.
func TestSharing_createAndDestroy(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		const n = 100
		c := together(t, n, 10, 50*time.Millisecond, nil)
		c.sim.Update(func(s *kecsim.Settings) { s.Boot, s.VisibleAfter = 2*time.Second, time.Second })
		c.config["tags"] = configured(0, 16)["tags"]
		took, err := c.apply()
		must(t, err)
		c.whole(t, n)
		got := c.actions(0)
		looks := int(took.Seconds()) + 10
		if got["RunInstances"] != n || got["DescribeInstances"] > looks || got["ListTagsByResourceIds"] > 0 || took > 25*time.Second {
			t.Errorf("create: %v in %s; want %d launches, at most %d looks, no question about tags, within 25 s", got, took, n, looks)
		}

		// Ten at a time, each until it is gone, which takes five seconds.
		time.Sleep(2 * time.Minute)
		before := c.sent()
		took, err = c.destroy()
		must(t, err)
		if got := c.actions(before); c.sent()-before > 30 || took > 75*time.Second {
			t.Errorf("destroy: %v in %s; want at most 30 requests within 75 s", got, took)
		}
		time.Sleep(5 * time.Second)
		for _, in := range c.sim.Instances() {
			if in.State != "deleted" {
				t.Errorf("%s is %s five seconds later", in.ID, in.State)
			}
		}
	})
}
