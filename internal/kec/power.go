package kec

import (
	"context"
	"net/url"
)

// StartInstances starts a stopped instance and returns when KEC has accepted it; WaitState waits for "active". A machine that is
// not stopped is refused with InstanceStateNotSupported (fact 151), and so is the repetition of a start whose answer was lost: the
// error matches ErrChangeUnknown then. ProductSellOutInvalid means that the zone has no room for it now.
func (c *Client) StartInstances(ctx context.Context, id string) error {
	return c.changeOne(ctx, "StartInstances", id, url.Values{}, false)
}

// StopInstances shuts an instance down, without force, and keeps charging for it (StoppedMode=KeepCharging, the default of
// fact 150): whether a spot instance may stop without charge, and gets its place back then, is not known. It returns when KEC has
// accepted it; WaitState waits for "stopped".
func (c *Client) StopInstances(ctx context.Context, id string) error {
	return c.changeOne(ctx, "StopInstances", id, url.Values{"StoppedMode": {"KeepCharging"}}, false)
}

// RebootInstances restarts a running instance, without force, and returns when KEC has accepted it. It is sent a second time only
// when the first certainly did nothing; an error that matches ErrChangeUnknown means that the machine may be restarting.
// InstanceStateNotSupportedReboot is the refusal for the machine's state (fact 151).
func (c *Client) RebootInstances(ctx context.Context, id string) error {
	return c.changeOne(ctx, "RebootInstances", id, url.Values{}, true)
}
