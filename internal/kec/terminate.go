package kec

import (
	"context"
	"net/url"
	"slices"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// TerminateInstances releases at most a hundred instances for good, past the recycle bin (facts 85
// and 86: ForceDelete=true skips it). It returns as soon as KEC has accepted, before they are gone.
// The call is repeated like a read, because it asks for the same end again.
//
// confirmed has an entry for each id, in lower case: nil when the answer confirms the instance,
// else an error with KEC's message. An error of the whole call is about all of them.
func (c *Client) TerminateInstances(ctx context.Context, ids ...string) (confirmed map[string]error, err error) {
	switch {
	case len(ids) == 0:
		return nil, nil
	case slices.Contains(ids, ""):
		return nil, ErrEmptyID
	}
	defer c.changing()()
	params := url.Values{"ForceDelete": {"true"}}
	list(params, "InstanceId", ids)
	out := c.Do(ctx, action("TerminateInstances", params), func(ans *ksyun.Answer) error {
		confirmed = verdicts(ans, ids)
		return nil
	})
	return confirmed, out.Err
}
