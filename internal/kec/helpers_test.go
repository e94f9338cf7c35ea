package kec

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

var testKeys = ksyun.Credentials{AccessKey: kectest.AccessKey, SecretKey: kectest.SecretKey, SecurityToken: kectest.SecurityToken}

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
	set      = kectest.Set

	refusedDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
)

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	kectest.Equal(t, what, got, want)
}

func ids(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("i-%04d", i)
	}
	return out
}

// client returns a client of the script, on a clock of its own.
func client(t *testing.T, s *script, opts ...ksyun.Option) (*Client, *fakeClock) {
	t.Helper()
	clk := newClock()
	c, err := New("cn-shanghai-3", testKeys, append([]ksyun.Option{
		ksyun.WithHTTPTransport(s), ksyun.WithClock(clk.Now, clk.Sleep), ksyun.WithRetries(3, time.Millisecond, 4*time.Millisecond),
		ksyun.WithRate(0), ksyun.WithRandom(func() float64 { return 0 }, nil),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, clk
}
