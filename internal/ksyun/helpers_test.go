package ksyun

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
)

const (
	testAccess = kectest.AccessKey
	testSecret = kectest.SecretKey
	testToken  = kectest.SecurityToken
)

var testKeys = Credentials{AccessKey: testAccess, SecretKey: testSecret, SecurityToken: testToken}

type (
	fakeClock = kectest.Clock
	sent      = kectest.Sent
	reply     = kectest.Reply
	script    = kectest.Script
)

var (
	newClock = kectest.NewClock
	ok       = kectest.OK
	refuse   = kectest.Refuse
	of       = kectest.Of

	refusedDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	reset       = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	kectest.Equal(t, what, got, want)
}

// testClient is a Client with an action of each kind: one that is repeated like any read, and one
// that happens at most once and is graceful.
type testClient struct{ *Client }

func (c testClient) DescribeKecInventory(ctx context.Context, instanceType, zone string) (int, error) {
	var count Number
	out := c.Do(ctx, Call{
		Service: KEC, Action: "DescribeKecInventory", Version: "2016-03-04",
		Form: url.Values{"InstanceType": {instanceType}, "AvailabilityZone": {zone}},
	}, func(ans *Answer) error {
		if Decode(ans.Fields["instancecount"], &count); count.Int() == nil {
			return ans.Unusable("the answer holds no InstanceCount")
		}
		return nil
	})
	return int(count.IntOr(0)), out.Err
}

type launched struct{ InstanceID string }

func (c testClient) RunInstances(ctx context.Context, params url.Values) (l launched, _ error) {
	out := c.Do(ctx, Call{
		Service: KEC, Action: "RunInstances", Version: "2016-03-04", Form: params, AtMostOnce: true, Graceful: true,
	}, func(ans *Answer) error {
		set, _ := ans.List("instancesset")
		if len(set) == 0 {
			return ans.Unusable("the answer holds no instance id")
		}
		fields, _ := Object(set[0])
		l.InstanceID = TextOf(fields["instanceid"])
		return nil
	})
	return l, out.Err
}

// connect is New for tests.
func connect(region string, opts ...Option) (testClient, error) {
	c, err := New(region, testKeys, opts...)
	return testClient{c}, err
}

// client returns a client of the script, on a clock of its own.
func client(t *testing.T, s *script, opts ...Option) (testClient, *fakeClock) {
	t.Helper()
	clk := newClock()
	c, err := connect("cn-shanghai-3", append([]Option{
		WithHTTPTransport(s), WithClock(clk.Now, clk.Sleep), WithRetries(3, time.Millisecond, 4*time.Millisecond), WithRate(0),
		func(c *config) { c.jitter = func() float64 { return 0 } },
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, clk
}

// answering is a client to which every request is answered alike.
func answering(tb testing.TB, status int, header http.Header, body string) (testClient, *fakeClock) {
	tb.Helper()
	clk := newClock()
	c, err := connect("cn-beijing-6", WithRate(0), WithRetries(1, 0, 0), WithClock(clk.Now, clk.Sleep),
		WithHTTPTransport(step(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})))
	if err != nil {
		tb.Fatal(err)
	}
	return c, clk
}
