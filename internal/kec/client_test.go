package kec

import (
	"context"
	"net/url"
	"testing"
)

// A change counts twice, when it begins and when it ends, whatever comes of it, so that what was
// read before or meanwhile is known to be outdated. A look-up counts nothing.
func TestChanges_countsBeginAndEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		call          func(context.Context, *Client) error
		reply         reply
		during, after uint64
	}{
		"a change":        {func(ctx context.Context, c *Client) error { return c.StartInstances(ctx, "i-1") }, ok(done["each"]), 1, 2},
		"a refused one":   {func(ctx context.Context, c *Client) error { return c.StartInstances(ctx, "i-1") }, refuse(400, "C", "m"), 1, 2},
		"a launch":        {func(ctx context.Context, c *Client) error { return c.RunInstances(ctx, url.Values{}).Err }, ok(done["each"]), 1, 2},
		"a deletion":      {func(ctx context.Context, c *Client) error { return terminated(c, "i-1") }, ok(done["each"]), 1, 2},
		"no change":       {func(ctx context.Context, c *Client) error { return c.AttachKey(ctx, "i-1") }, ok(`{}`), 0, 0},
		"a look-up":       {func(ctx context.Context, c *Client) error { _, err := c.DescribeInstances(ctx, nil, nil); return err }, ok(`{"InstancesSet":[]}`), 0, 0},
		"a look-up by id": {func(ctx context.Context, c *Client) error { _, err := c.DescribeSubnets(ctx, "s-1"); return err }, ok(`{"SubnetSet":[]}`), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c *Client
			var during uint64
			c, _ = client(t, &script{Answer: func(int, sent) reply { during = c.Changes(); return tc.reply }})
			_ = tc.call(t.Context(), c)
			equal(t, "during the call", during, tc.during)
			equal(t, "after it", c.Changes(), tc.after)
		})
	}
}
