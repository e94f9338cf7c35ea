package ksyun

import (
	"context"
	cryptorand "crypto/rand"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Option changes one default of New.
type Option func(*config)

type config struct {
	endpoints Endpoints
	userAgent string
	rootCA    [][]byte
	retries   retries
	timeout   time.Duration
	perSecond float64
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	transport http.RoundTripper
	trace     func(context.Context, Trace)
	jitter    func() float64
	randomHex func() string
	settings  []any
}

func defaults() *config {
	return &config{
		userAgent: "terraform-provider-kec",
		retries:   retries{max: 8, minWait: 200 * time.Millisecond, maxWait: 20 * time.Second},
		timeout:   60 * time.Second,
		perSecond: 20,
		now:       time.Now,
		sleep:     sleep,
		trace:     func(context.Context, Trace) {},
		jitter:    rand.Float64,
		randomHex: randomHex,
	}
}

// WithEndpoints replaces the documented hosts; an empty member keeps its own. New returns
// CheckEndpoint's error for a bad one.
func WithEndpoints(e Endpoints) Option { return func(c *config) { c.endpoints = e } }

// WithUserAgent sets the User-Agent header; by default it is "terraform-provider-kec".
func WithUserAgent(s string) Option { return func(c *config) { c.userAgent = s } }

// WithRootCA trusts the PEM certificates too, besides the system's. New returns an error when pem
// holds none. It has no effect on a transport of WithHTTPTransport.
func WithRootCA(pem []byte) Option { return func(c *config) { c.rootCA = append(c.rootCA, pem) } }

// WithRetries repeats a call at most max times (8 by default, 0 for never), after a random wait of
// at most minWait (200 ms), doubling up to maxWait (20 s), or after what the service's Retry-After
// header asks for.
func WithRetries(max int, minWait, maxWait time.Duration) Option {
	return func(c *config) { c.retries = retries{max: max, minWait: minWait, maxWait: maxWait} }
}

// WithRequestTimeout limits each attempt, from connecting to the last byte of its answer (60 s by
// default). Zero and less keep the default. Waiting for a turn or between attempts does not count.
func WithRequestTimeout(d time.Duration) Option {
	return func(c *config) {
		if d > 0 {
			c.timeout = d
		}
	}
}

// WithRate limits the requests of this client, repetitions included, to perSecond on average (20 by
// default), with bursts of a second's worth. Where the service throttles, the rate goes down by
// itself and comes back when it can. Zero and less mean no limit, and no slowing down.
func WithRate(perSecond float64) Option { return func(c *config) { c.perSecond = perSecond } }

// WithClock replaces the local clock and every wait on it: between polls, between attempts and for
// a turn. sleep must return the context's error as soon as the context ends. Deadlines of contexts
// and of attempts stay on the real clock.
func WithClock(now func() time.Time, sleep func(context.Context, time.Duration) error) Option {
	return func(c *config) { c.now, c.sleep = now, sleep }
}

// WithHTTPTransport replaces the innermost step, the one that connects.
func WithHTTPTransport(rt http.RoundTripper) Option { return func(c *config) { c.transport = rt } }

// WithTrace calls f after every attempt, from the goroutine of the call.
func WithTrace(f func(ctx context.Context, t Trace)) Option {
	return func(c *config) {
		if f != nil {
			c.trace = f
		}
	}
}

// WithSeed makes what is random repeatable: Jitter and RandomHex, which draw from one source. Two
// clients with one seed make the same launch tags, so that it is for tests only.
func WithSeed(seed uint64) Option {
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, 0))
	return WithRandom(func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return source.Float64()
	}, func() string {
		mu.Lock()
		defer mu.Unlock()
		return fmt.Sprintf("%016x%016x", source.Uint64(), source.Uint64())
	})
}

// WithSetting carries a setting of a package that is built on this client, so that one list of
// options configures all of them. That package finds it with Setting.
func WithSetting(value any) Option {
	return func(c *config) { c.settings = append(c.settings, value) }
}

// Setting is the last setting of type T that WithSetting has given to c; false without one.
func Setting[T any](c *Client) (value T, found bool) {
	for _, s := range c.settings {
		if v, ok := s.(T); ok {
			value, found = v, true
		}
	}
	return value, found
}

// WithRandom replaces what Jitter and RandomHex return; a nil function leaves one as it is. It is
// for tests.
func WithRandom(jitter func() float64, hex func() string) Option {
	return func(c *config) {
		if jitter != nil {
			c.jitter = jitter
		}
		if hex != nil {
			c.randomHex = hex
		}
	}
}

func randomHex() string {
	var b [16]byte
	_, _ = cryptorand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
