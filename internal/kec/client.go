// Package kec is a client of Kingsoft Cloud's Elastic Compute service (KEC, version 2016-03-04) and of the neighbours a spot
// instance needs: orders (trade), subnets (vpc), tags (tagv2) and projects (iam).
//
// One exported method per API action, named for it; a few more are built on these: FindInstance, Terminate and the waiters.
// Wherever the API's facts leave the shape of an answer open, this package reads every shape that is known, and says so.
package kec

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// Client calls the services of one region with one set of keys. It is safe for use by many goroutines, which share its
// connections, its pace, its budget of repetitions and, where they want the same, its requests.
type Client struct {
	base      map[service]*url.URL
	userAgent string
	retries   retries
	budget    *budget
	history   *history
	http      *http.Client
	secrets   func() []string // a function, so that printing a Client cannot print a key
	clock     *clock
	jitter    func() float64
	mark      func() string

	changes    *atomic.Uint64 // begun or ended by this client
	silent     *atomic.Bool   // the search for a launch was not answered, nor has anything been since
	general    *sync.Map      // the codes of refusals that are about no id, once that is known
	looks      *gather[*Instance]
	lists      *gather[page]
	terminates *gather[struct{}]
	shelf      *shelf
	beat       *beat
	boots      *boots
}

// regionName is the form of every region known: "cn-beijing-6". The list itself is open.
var regionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// New returns a client for region, such as "cn-beijing-6". An error names what is wrong with the region, a key, an endpoint or a
// certificate, and never repeats a key. Nothing is sent.
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
	c := &Client{
		base: base, userAgent: cfg.userAgent, retries: cfg.retries, budget: &budget{}, history: newHistory(), http: hc, clock: clk,
		jitter: cfg.jitter, mark: cfg.mark,
		secrets: func() []string { return []string{keys.AccessKey, keys.SecretKey, keys.SecurityToken} },
		changes: &atomic.Uint64{}, silent: &atomic.Bool{}, general: &sync.Map{}, beat: newBeat(clk), boots: &boots{},
	}
	look := call{service: kecService, action: "DescribeInstances"}
	c.looks = &gather[*Instance]{call: look, within: cfg.looks, most: maxIDs, work: c.lookBoth}
	c.lists = &gather[page]{call: look, within: cfg.looks, most: maxIDs, work: c.listTogether}
	c.terminates = &gather[struct{}]{
		call: call{service: kecService, action: "TerminateInstances"}, within: cfg.ends, most: maxIDs, work: c.terminateTogether,
	}
	c.shelf = newShelf(c, cfg)
	return c, nil
}

// chain assembles what one attempt passes through; repeating (retry.go) goes around it. Innermost first:
//
//	base      connects: 10 s to dial, TLS 1.2 or newer, the proxy of the environment
//	attempt   one deadline per attempt, the whole body read within it, so that a cut body counts as a failed attempt
//	tracing   sees what the network did, without the time spent on pacing
//	signing   signs each attempt anew: the signature covers the time
//	pacing    waits outside signing and outside the attempt's deadline: waiting ages no signature and times nothing out
//
// The deadline is a step of its own, not http.Client.Timeout, because the latter would run while an attempt waits for its turn:
// a launch that was never sent would look like one whose answer was lost.
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
		s := callOf(r.Context()).service
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
