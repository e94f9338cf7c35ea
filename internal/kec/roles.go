package kec

import (
	"context"
	"net/url"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// AttachInstancesIamRole gives an instance an IAM role, in place of the one it has (fact 248,
// assumed).
func (c *Client) AttachInstancesIamRole(ctx context.Context, id, role string) error {
	return c.changeRole(ctx, "AttachInstancesIamRole", id, url.Values{"IamRoleName": {role}})
}

// DetachInstancesIamRole takes the IAM role from an instance.
func (c *Client) DetachInstancesIamRole(ctx context.Context, id string) error {
	return c.changeRole(ctx, "DetachInstancesIamRole", id, url.Values{})
}

// changeRole reads an answer that counts the instances for which the call has failed (fact 248,
// assumed: FailCount). Without a count, an answer without an error is a yes.
func (c *Client) changeRole(ctx context.Context, name, id string, params url.Values) error {
	if id == "" {
		return ErrEmptyID
	}
	params.Set("InstanceId.1", id)
	return c.change(ctx, action(name, params), func(ans *ksyun.Answer) error {
		var failed ksyun.Number
		ksyun.Decode(ans.Fields["failcount"], &failed)
		if failed.IntOr(0) > 0 {
			return ans.Refusal("", "it has failed for the instance: "+ksyun.TextOf(ans.Fields["results"]))
		}
		return accepted(ans, "return")
	})
}

// AddVMIntoDataGuard puts an instance into a data guard group, which it is not in.
func (c *Client) AddVMIntoDataGuard(ctx context.Context, id, group string) error {
	return c.changeGuard(ctx, "AddVmIntoDataGuard", id, group)
}

// RemoveVMFromDataGuard takes an instance out of a data guard group.
func (c *Client) RemoveVMFromDataGuard(ctx context.Context, id, group string) error {
	return c.changeGuard(ctx, "RemoveVmFromDataGuard", id, group)
}

// changeGuard reads an answer with a flag that says whether it was done (fact 248, assumed:
// DataGuardResult.Flag). Without the flag, an answer without an error is a yes.
func (c *Client) changeGuard(ctx context.Context, name, id, group string) error {
	if id == "" {
		return ErrEmptyID
	}
	params := url.Values{"InstanceId.1": {id}, "DataGuardId": {group}}
	return c.change(ctx, action(name, params), func(ans *ksyun.Answer) error {
		var result struct{ Flag ksyun.Flag }
		ksyun.Decode(ans.Fields["dataguardresult"], &result)
		if done := result.Flag.Value; done != nil && !*done {
			return ans.Refusal("", "refused without a reason")
		}
		return accepted(ans, "return")
	})
}
