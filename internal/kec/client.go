// Package kec has one method for each API action that a spot instance needs: of Kingsoft Cloud's
// Elastic Compute (KEC, version 2016-03-04) and of its neighbours orders (trade), subnets (vpc),
// tags (tagv2) and projects (iam). Values are plain: an Instance, an Order, a Subnet.
//
// A method makes its call and reads the answer; what takes several calls, such as a launch that
// happens exactly once or a wait, is in package machines. Wherever the API's facts leave the shape
// of an answer open, this package reads every shape that is known.
package kec

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// The versions of the actions used here.
const (
	kecVersion     = "2016-03-04"
	vpcVersion     = "2016-03-04"
	tagVersion     = "2020-09-01"
	iamVersion     = "2015-11-01"
	orderVersion   = "2025-03-21"
	billingVersion = "2025-08-28"
)

// The limits of one request.
const (
	MaxIDs  = 100  // ids in one request (fact 75: InstanceId.N, N 1-100)
	MaxPage = 1000 // instances in one page of DescribeInstances (fact 77: MaxResults 5-1000)
	minPage = 5
)

var (
	// ErrNotFound matches the error of a look-up that the service answered with "no such thing".
	ErrNotFound = errors.New("not found")
	// ErrEmptyID stops a look-up by id, which without an id KEC could take for one of everything.
	ErrEmptyID = errors.New("an id is empty")
	// ErrChangeUnknown matches the error of a change to an instance that KEC may or may not have
	// made. Reading the instance tells, except for a password and a reboot.
	ErrChangeUnknown = errors.New("KEC may have made the change all the same")
)

// Client calls the actions. It is safe for use by many goroutines.
type Client struct {
	*ksyun.Client

	changes atomic.Uint64
	fits    atomic.Int64 // size of a page of instances above which answers were too large; 0 for none
}

// New returns a client for region, such as "cn-beijing-6"; ksyun.New says what is wrong with one.
// Nothing is sent.
func New(region string, keys ksyun.Credentials, opts ...ksyun.Option) (*Client, error) {
	c, err := ksyun.New(region, keys, opts...)
	if err != nil {
		return nil, err
	}
	return &Client{Client: c}, nil
}

// Changes counts the begins and ends of the changes that this client has made. If the number has
// not changed, what was read since then is not outdated by a change of this process.
func (c *Client) Changes() uint64 { return c.changes.Load() }

// changing marks the begin of a change, and what it returns marks its end.
func (c *Client) changing() (end func()) {
	c.changes.Add(1)
	return func() { c.changes.Add(1) }
}

// read makes a call that changes nothing, and lets take have the answer.
func (c *Client) read(ctx context.Context, call ksyun.Call, take func(*ksyun.Answer) error) error {
	return c.Do(ctx, call, take).Err
}

// change makes a call that changes something about an instance. confirm reads the answer. The error
// matches ErrChangeUnknown when any attempt may have been carried out: it got no answer, an error
// from behind the front door, or an answer that does not say whether it was done.
func (c *Client) change(ctx context.Context, call ksyun.Call, confirm func(*ksyun.Answer) error) error {
	defer c.changing()()
	out := c.Do(ctx, call, confirm)
	_, undecided := errors.AsType[*undecidedError](out.Err)
	if out.Err != nil && (out.MaybeDone || undecided) {
		return fmt.Errorf("%w: %w", ErrChangeUnknown, out.Err)
	}
	return out.Err
}

// action is a call of an action of the kec service.
func action(name string, params url.Values) ksyun.Call {
	return ksyun.Call{Service: ksyun.KEC, Action: name, Version: kecVersion, Form: params}
}

// list adds a list to params, which counts from 1 (fact 11: lists count from 1): InstanceId.1, ...
func list(params url.Values, name string, values []string) {
	for i, v := range values {
		params.Set(fmt.Sprintf("%s.%d", name, i+1), v)
	}
}

// smaller is half of a page size, or the smallest one; 0 where there is none below.
func smaller(size int) int {
	if size <= minPage {
		return 0
	}
	return max(minPage, size/2)
}
