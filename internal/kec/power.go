package kec

import (
	"context"
	"net/url"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// StartInstances starts a stopped instance and returns when KEC has accepted it. A machine that is
// not stopped is refused with InstanceStateNotSupported (fact 151: start needs a stopped instance).
// So is the repetition of a start whose answer was lost; the error matches ErrChangeUnknown then.
// ProductSellOutInvalid means that the zone has no room for it now.
func (c *Client) StartInstances(ctx context.Context, id string) error {
	return c.power(ctx, action("StartInstances", url.Values{}), id)
}

// StopInstances shuts an instance down, without force, and returns when KEC has accepted it. KEC
// keeps charging for the instance (fact 150: StoppedMode=KeepCharging is the default): whether a
// spot instance may stop without charge, and gets its place back then, is not known.
func (c *Client) StopInstances(ctx context.Context, id string) error {
	return c.power(ctx, action("StopInstances", url.Values{"StoppedMode": {"KeepCharging"}}), id)
}

// RebootInstances restarts a running instance, without force, and returns when KEC has accepted it.
// It is sent a second time only when the first certainly did nothing; an error that matches
// ErrChangeUnknown means that the machine may be restarting. InstanceStateNotSupportedReboot is the
// refusal for the machine's state (fact 151: refusals of power actions).
func (c *Client) RebootInstances(ctx context.Context, id string) error {
	reboot := action("RebootInstances", url.Values{})
	reboot.AtMostOnce = true
	return c.power(ctx, reboot, id)
}

// power makes a call that starts, stops or restarts an instance. When the context is cancelled
// while the call is on the wire, it goes on for at most ten seconds, and its answer counts, so that
// an interrupt leaves no doubt about what was asked for. A deadline ends it at once.
func (c *Client) power(ctx context.Context, call ksyun.Call, id string) error {
	call.Graceful = true
	return c.changeOne(ctx, call, id)
}

// changeOne makes a change that takes InstanceId.N and answers for each instance.
func (c *Client) changeOne(ctx context.Context, call ksyun.Call, id string) error {
	if id == "" {
		return ErrEmptyID
	}
	call.Form.Set("InstanceId.1", id)
	return c.change(ctx, call, func(ans *ksyun.Answer) error { return confirmed(ans, id) })
}
