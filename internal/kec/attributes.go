package kec

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// InstanceAttributes are what ModifyInstanceAttribute can change. A nil one stays as it is.
type InstanceAttributes struct {
	Name     *string // 2 to 64 characters (fact 59: the length of a name); changed while the machine runs
	HostName *string // 2 to 64 letters, digits and "-" (fact 60); the system takes it at its next boot
	Password *string // 8 to 32 characters with upper, lower and digit (fact 48: passwords)
	Restart  bool    // RestartMode=Restart, compulsory with a password: KEC restarts the machine
}

// ModifyInstanceAttribute changes a name, a host name or a password, all that are given in one
// call, and returns when KEC has accepted it. With nothing to change it sends nothing.
//
// A change that restarts the machine is sent a second time only when the first certainly did
// nothing; any other is repeated like a read. The error matches ErrChangeUnknown when KEC may have
// made the change; ksyun.IsStateRefusal tells a refusal for the machine's state. The password is
// hidden in every error and trace.
func (c *Client) ModifyInstanceAttribute(ctx context.Context, id string, a InstanceAttributes) error {
	if id == "" {
		return ErrEmptyID
	}
	params := url.Values{}
	for name, value := range map[string]*string{
		"InstanceName": a.Name, "HostName": a.HostName, "InstancePassword": a.Password,
	} {
		if value != nil {
			params.Set(name, *value)
		}
	}
	if len(params) == 0 {
		return nil
	}
	params.Set("InstanceId", id)
	if a.Restart {
		params.Set("RestartMode", "Restart")
	}
	call := action("ModifyInstanceAttribute", params)
	call.AtMostOnce = a.Restart
	return c.change(ctx, call, func(ans *ksyun.Answer) error { return accepted(ans, "return") })
}

// autoDeleteLayout is "yyyy-MM-dd HH:mm", in UTC+8 (fact 64: the form of AutoDeleteTime).
const autoDeleteLayout = "2006-01-02 15:04"

// ModifyInstanceAutoDeleteTime sets the time at which KEC deletes the instance by itself, in whole
// minutes: seconds are dropped. The time must be at least 30 minutes ahead, else the refusal is
// AutoDeleteTimeIsInvalid (fact 39). InstanceTypeOrBillTypeIsInvalid means that KEC does not offer
// it for this machine (fact 154: the action and its refusals). deleteEIP says whether the EIP goes
// too; nil leaves that to KEC.
//
// A nil time switches automatic deletion off. deleteEIP is not sent then, because it means nothing
// alone (fact 65: AutoDeleteEip only with AutoDeleteTime).
func (c *Client) ModifyInstanceAutoDeleteTime(ctx context.Context, id string, at *time.Time, deleteEIP *bool) error {
	params := url.Values{}
	if at != nil {
		params.Set("AutoDeleteTime", at.In(ksyun.Beijing).Format(autoDeleteLayout))
		if deleteEIP != nil {
			params.Set("AutoDeleteEip", strconv.FormatBool(*deleteEIP))
		}
	}
	return c.set(ctx, "ModifyInstanceAutoDeleteTime", id, params)
}

// SetInstanceResourceProtect switches protection against deletion on or off. The parameter is
// IsProtection here and IsProtect at the launch (fact 66: IsProtect). No answer of KEC shows it
// (fact 83: what DescribeInstances leaves out).
func (c *Client) SetInstanceResourceProtect(ctx context.Context, id string, on bool) error {
	return c.set(ctx, "SetInstanceResourceProtect", id, url.Values{"IsProtection": {strconv.FormatBool(on)}})
}

// set makes a change that takes InstanceId.N and answers once for all. Should the answer speak of
// each instance as well, that counts too.
func (c *Client) set(ctx context.Context, name, id string, params url.Values) error {
	if id == "" {
		return ErrEmptyID
	}
	params.Set("InstanceId.1", id)
	return c.change(ctx, action(name, params), func(ans *ksyun.Answer) error {
		if err := accepted(ans, "return"); err != nil {
			return err
		}
		if _, ok := ksyun.Array(ans.Fields["instancesset"]); ok {
			return confirmed(ans, id)
		}
		return nil
	})
}
