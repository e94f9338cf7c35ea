package machines

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

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

const testSecret = kectest.SecretKey

var testKeys = ksyun.Credentials{AccessKey: kectest.AccessKey, SecretKey: kectest.SecretKey, SecurityToken: kectest.SecurityToken}

type (
	fakeClock = kectest.Clock
	sent      = kectest.Sent
	reply     = kectest.Reply
	script    = kectest.Script
	step      = kectest.Step
)

var (
	newClock = kectest.NewClock
	ok       = kectest.OK
	refuse   = kectest.Refuse
	of       = kectest.Of
	set      = kectest.Set

	refusedDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	noSuchHost  = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "kec.api.ksyun.com"}}
	reset       = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	kectest.Equal(t, what, got, want)
}

type actions = kec.Client

// testClient does what a Client does, and calls single actions too.
type testClient struct {
	*Client
	*actions
}

// RunInstances makes one request of a launch, and judges it as Launch does before it searches.
func (c testClient) RunInstances(ctx context.Context, params url.Values) (Launched, error) {
	s := c.newSearch(params)
	r := c.run(ctx, params)
	if r.MaybeAccepted {
		return Launched{}, s.unknown(0, r.Err)
	}
	if r.Err != nil {
		return Launched{}, r.Err
	}
	return s.batch(r.IDs, r.RequestID).one()
}

// connect makes a client of all three layers.
func connect(region string, opts ...ksyun.Option) (testClient, error) {
	c, err := kec.New(region, testKeys, opts...)
	if err != nil {
		return testClient{}, err
	}
	return testClient{New(c), c}, nil
}

// client returns a client of the script, on a clock of its own, whose pauses are not lengthened at
// random.
func client(t *testing.T, s *script, opts ...ksyun.Option) (testClient, *fakeClock) {
	t.Helper()
	clk := newClock()
	c, err := connect("cn-shanghai-3", append([]ksyun.Option{
		ksyun.WithHTTPTransport(s), ksyun.WithClock(clk.Local()), ksyun.WithRetries(3, time.Millisecond, 4*time.Millisecond),
		ksyun.WithRate(0), withoutBatching(), ksyun.WithRandom(func() float64 { return 0 }, nil),
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
	c, err := connect("cn-beijing-6", ksyun.WithRate(0), withoutBatching(), ksyun.WithRetries(1, 0, 0), ksyun.WithClock(clk.Now, clk.Sleep),
		ksyun.WithHTTPTransport(step(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})))
	if err != nil {
		tb.Fatal(err)
	}
	return c, clk
}

// never is a service that does not answer.
func never(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
