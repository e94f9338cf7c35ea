package ksyun

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// What a client does without any option.
func TestNew_defaults(t *testing.T) {
	t.Parallel()
	c, err := connect("cn-beijing-6")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "retries", c.retries, retries{max: 8, minWait: 200 * time.Millisecond, maxWait: 20 * time.Second})
	equal(t, "a request", c.RequestTimeout(), time.Minute)
	equal(t, "requests a second", defaults().perSecond, 20)
	equal(t, "user agent", c.userAgent, "terraform-provider-kec")
	equal(t, "a random text", len(c.RandomHex()), 32)
	one, another := c.RandomHex(), c.RandomHex()
	equal(t, "random texts differ", one == another, false)
	for range 100 {
		if j := c.Jitter(); j < 0 || j >= 1 {
			t.Errorf("a jitter of %v", j)
		}
	}
	for d, want := range map[time.Duration]time.Duration{0: time.Minute, -1: time.Minute, 1: 1} {
		c, _ := connect("cn-beijing-6", WithRequestTimeout(d), WithTrace(nil), WithRandom(nil, nil))
		equal(t, fmt.Sprint("timeout of ", d), c.RequestTimeout(), want)
	}

	plain, _ := base(nil).(*http.Transport)
	equal(t, "connections", fmt.Sprint(plain.MaxIdleConns, plain.MaxIdleConnsPerHost, plain.IdleConnTimeout, plain.TLSHandshakeTimeout, plain.ForceAttemptHTTP2),
		"100 64 15s 10s false")
}

// One seed gives one sequence of random numbers and texts.
func TestWithSeed(t *testing.T) {
	t.Parallel()
	draws := func(seed uint64) string {
		c, _ := connect("cn-beijing-6", WithSeed(seed))
		return fmt.Sprint(c.Jitter(), c.RandomHex(), c.Jitter(), c.RandomHex())
	}
	equal(t, "the same", draws(1), draws(1))
	equal(t, "another", draws(1) == draws(2), false)
	c, _ := connect("cn-beijing-6", WithSeed(1))
	equal(t, "the first text of a seed", c.RandomHex(), "9927a129abed290316d0078c4a605356")
}

// The last setting of a type counts.
func TestSetting(t *testing.T) {
	t.Parallel()
	type limit int
	c, _ := connect("cn-beijing-6", WithSetting(limit(1)), WithSetting("x"), WithSetting(limit(2)))
	n, found := Setting[limit](c.Client)
	equal(t, "limit", fmt.Sprint(n, found), "2 true")
	_, found = Setting[bool](c.Client)
	equal(t, "a type that nobody has set", found, false)
}

// The characters of a key and of a user agent are those that a header can carry.
func TestNew_characters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"a b": false, "!": true, "~": true, "\x7f": false, "\x1f": false, "é": false, "AKLT/+=": true} {
		for name, keys := range map[string]Credentials{"access key": {text, "x", ""}, "secret key": {"x", text, ""}, "security token": {"x", "x", text}} {
			wrong := "<nil>"
			if !want {
				wrong = "the " + name + " holds a space, a line end or another character that no key has"
			}
			equal(t, fmt.Sprintf("%s %q", name, text), fmt.Sprint(keys.check()), wrong)
		}
	}
	for text, want := range map[string]bool{"a b": true, " ": true, "~": true, "\x7f": false, "\x1f": false, "é": false} {
		_, err := connect("cn-beijing-6", WithUserAgent(text))
		equal(t, fmt.Sprintf("user agent %q", text), err == nil, want)
	}
}

// Each service is signed for its own name, and orders for the one region that they have.
func TestService_scope(t *testing.T) {
	t.Parallel()
	for s, want := range map[Service]string{KEC: "kec cn-shanghai-3", Trade: "trade cn-beijing-6", VPC: "vpc cn-shanghai-3", Tag: "tagv2 cn-shanghai-3", IAM: "iam cn-shanghai-3"} {
		service, region := s.scope("cn-shanghai-3")
		equal(t, string(s), service+" "+region, want)
	}
}
