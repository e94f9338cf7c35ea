package machines

import (
	"context"
	"time"
)

// timeToAsk bounds the question for KEC's time, because a message is not worth a long wait.
const timeToAsk = 5 * time.Second

// ServiceTime is KEC's time, after one look-up if no answer has told that time yet: of the instance
// id, or of the zones for a machine that has none yet. All callers share that one look-up; where it
// fails, the local clock has to do.
func (c *Client) ServiceTime(ctx context.Context, id string) time.Time {
	c.askedTime.Do(func() {
		if _, known := c.api.ClockOffset(); known {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, timeToAsk)
		defer cancel()
		if id == "" { // for the Date of the answer alone, which a refusal has too
			_, _ = c.api.DescribeAvailabilityZones(ctx)
			return
		}
		_, _ = c.byID(ctx, id, nil)
	})
	return c.api.Now()
}
