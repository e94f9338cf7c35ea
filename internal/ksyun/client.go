// Package ksyun makes one signed call of a Kingsoft Cloud API and says what came of it: an answer
// or an error, and whether the service may have done the work all the same. It signs, paces and
// repeats calls, corrects a wrong clock, keeps secrets out of errors and traces, and reads answers
// leniently.
//
// It knows what all actions share: the form of a refusal, and the codes that mean "too fast", "try
// again" and "not in this state". It knows no action; those are methods of package kec.
package ksyun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// Client makes calls in one region with one set of keys. It is safe for use by many goroutines,
// which share its connections, its pace and its budget of repetitions.
type Client struct {
	base      map[Service]*url.URL
	userAgent string
	retries   retries
	timeout   time.Duration // of an attempt
	budget    *budget
	http      *http.Client
	secrets   func() []string // a function, so that printing a Client cannot print a key
	clock     *clock
	jitter    func() float64
	randomHex func() string
	settings  []any

	answers *atomic.Uint64 // attempts that the KEC service has answered
}

// regionName is the form of every known region: "cn-beijing-6". The list of regions is open.
var regionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// New returns a client for region, such as "cn-beijing-6". An error names what is wrong with the
// region, a key, an endpoint or a certificate, and never repeats a key. Nothing is sent.
func New(region string, keys Credentials, opts ...Option) (*Client, error) {
	if !regionName.MatchString(region) {
		return nil, fmt.Errorf("the region %q is not a region name such as \"cn-beijing-6\"", region)
	}
	if err := keys.check(); err != nil {
		return nil, err
	}
	cfg := defaults()
	for _, opt := range opts {
		opt(cfg)
	}
	base, err := cfg.endpoints.resolve()
	if err != nil {
		return nil, err
	}
	if strings.ContainsFunc(cfg.userAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, errors.New("the user agent holds a character that a header cannot carry")
	}
	clk := &clock{now: cfg.now, sleep: cfg.sleep}
	hc, err := chain(cfg, keys, region, clk)
	if err != nil {
		return nil, err
	}
	return &Client{
		base: base, userAgent: cfg.userAgent, retries: cfg.retries, timeout: cfg.timeout, budget: &budget{}, http: hc,
		clock: clk, jitter: cfg.jitter, randomHex: cfg.randomHex, settings: cfg.settings,
		secrets: func() []string { return []string{keys.AccessKey, keys.SecretKey, keys.SecurityToken} },
		answers: &atomic.Uint64{},
	}, nil
}

// chain assembles what one attempt passes through. Repeating (retry.go) goes around it. Innermost
// first:
//
//	base      connects: 10 s to dial, TLS 1.2 or newer, the proxy of the environment
//	attempt   one deadline per attempt; reads the whole body, so that a cut body is a failed attempt
//	tracing   sees what the network did, without the time spent on pacing
//	signing   signs each attempt anew, because the signature covers the time
//	pacing    waits outside signing and the deadline: a wait ages no signature, times nothing out
//
// The deadline is a step of its own and not http.Client.Timeout, which would run while an attempt
// waits for its turn: a launch that was never sent would look like one whose answer was lost.
func chain(cfg *config, keys Credentials, region string, clk *clock) (*http.Client, error) {
	roots, err := trusted(cfg.rootCA)
	if err != nil {
		return nil, err
	}
	transport := cfg.transport
	if transport == nil {
		transport = base(roots)
	}
	transport = attempt(transport, cfg.timeout)
	transport = tracing(transport, cfg.trace, cfg.now)
	transport = signing(transport, keys, clk, func(r *http.Request) (string, string) {
		s := callOf(r.Context()).Service
		return s.scope(region)
	})
	if cfg.perSecond > 0 {
		transport = pacing(transport, newPace(cfg.perSecond, clk))
	}
	return &http.Client{
		Transport: transport,
		// A redirect could carry a signed request, and what it says, to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// step is a function that serves as an http.RoundTripper.
type step func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (s step) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

// Answers counts the attempts that the KEC service has answered with anything that is no transient
// failure. If the number has not changed, KEC has been unreachable, or has failed, since then.
func (c *Client) Answers() uint64 { return c.answers.Load() }

// RequestTimeout is the longest time of one attempt, see WithRequestTimeout.
func (c *Client) RequestTimeout() time.Duration { return c.timeout }

// Jitter is a random number in [0, 1), for waits that should not keep step with those of others.
func (c *Client) Jitter() float64 { return c.jitter() }

// RandomHex is a random text of 32 hexadecimal digits.
func (c *Client) RandomHex() string { return c.randomHex() }

// Now is the service's time: the local clock plus the offset that the Date header of the last
// answer has told. An offset of less than two seconds counts as none.
func (c *Client) Now() time.Time { return c.clock.now().Add(time.Duration(c.clock.offset.Load())) }

// LocalNow is the local time, which WithClock replaces.
func (c *Client) LocalNow() time.Time { return c.clock.now() }

// ClockOffset is how far the service's clock is ahead of the local one. It is known once an answer
// has told the service's time.
func (c *Client) ClockOffset() (offset time.Duration, known bool) {
	return time.Duration(c.clock.offset.Load()), c.clock.learnt.Load()
}

// Sleep waits for d on the client's clock, or until ctx ends, and then returns its error.
func (c *Client) Sleep(ctx context.Context, d time.Duration) error { return c.clock.sleep(ctx, d) }
