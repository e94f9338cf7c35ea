package kec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testAccess = "AKLTtestaccesskey"
	testSecret = "s3cr3t/Key+with==signs"
	testToken  = "tok/en+0123456789"
)

var testKeys = Credentials{AccessKey: testAccess, SecretKey: testSecret, SecurityToken: testToken}

// fakeClock moves only when something sleeps.
type fakeClock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func newClock() *fakeClock { return &fakeClock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

func (f *fakeClock) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func (f *fakeClock) sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	f.at = f.at.Add(d)
	f.slept = append(f.slept, d)
	return nil
}

// sent is one request as it left the client.
type sent struct {
	Host, Action, Version string
	URL                   string
	Header                http.Header
	Form                  url.Values
	Body                  string
}

// reply is what the fake service answers.
type reply struct {
	status int
	body   string
	header http.Header
	err    error
}

func ok(body string) reply { return reply{status: 200, body: body} }

func refuse(status int, code, message string) reply {
	b, _ := json.Marshal(map[string]any{"RequestId": "req-1", "Error": map[string]string{"Type": "Sender", "Code": code, "Message": message}})
	return reply{status: status, body: string(b)}
}

// service is a scripted KEC: the n-th request gets the n-th reply, and the last reply is repeated.
type script struct {
	mu      sync.Mutex
	replies []reply
	answer  func(n int, s sent) reply // in place of replies
	got     []sent
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	one := sent{Host: r.URL.Host, Action: q.Get("Action"), Version: q.Get("Version"), URL: r.Method + " " + r.URL.String(), Header: r.Header.Clone(), Body: string(body)}
	one.Form, _ = url.ParseQuery(string(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, one)
	n := len(s.got) - 1
	var out reply
	if s.answer != nil {
		out = s.answer(n, one)
	} else {
		out = s.replies[min(n, len(s.replies)-1)]
	}
	if out.err != nil {
		return nil, out.err
	}
	h := out.header
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{StatusCode: out.status, Header: h, Body: io.NopCloser(strings.NewReader(out.body)), Request: r}, nil
}

// client returns a client of the script, on a clock of its own.
func client(t *testing.T, s *script, opts ...Option) (*Client, *fakeClock) {
	t.Helper()
	clk := newClock()
	c, err := New("cn-shanghai-3", testKeys, append([]Option{
		WithHTTPTransport(s), WithClock(clk.now, clk.sleep), WithRetries(3, time.Millisecond, 4*time.Millisecond), WithRate(0), WithoutGathering(),
		func(c *config) { c.jitter = func() float64 { return 0 } },
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c, clk
}

func of(replies ...reply) *script { return &script{replies: replies} }

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		region string
		keys   Credentials
		opts   []Option
		want   string
	}{
		"region":      {"", testKeys, nil, `the region "" is not a region name such as "cn-beijing-6"`},
		"region text": {"cn/beijing", testKeys, nil, `the region "cn/beijing" is not a region name such as "cn-beijing-6"`},
		"access":      {"cn-beijing-6", Credentials{SecretKey: "x"}, nil, "the access key is empty"},
		"secret":      {"cn-beijing-6", Credentials{AccessKey: "x"}, nil, "the secret key is empty"},
		"line end": {"cn-beijing-6", Credentials{AccessKey: "x", SecretKey: "hunter2\n"}, nil,
			"the secret key holds a space, a line end or another character that no key has"},
		"endpoint": {"cn-beijing-6", testKeys, []Option{WithEndpoints(Endpoints{Trade: "http://example.com"})},
			"trade endpoint: the endpoint uses http to example.com, but http is allowed only to this machine (localhost, 127.0.0.1, ::1): use https"},
		"ca":         {"cn-beijing-6", testKeys, []Option{WithRootCA([]byte("no certificate"))}, "the extra root certificates hold no PEM certificate"},
		"user agent": {"cn-beijing-6", testKeys, []Option{WithUserAgent("a\nb")}, "the user agent holds a character that a header cannot carry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := New(tc.region, tc.keys, tc.opts...)
			if err == nil || err.Error() != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestCheckEndpoint(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"https://kec.api.ksyun.com", "https://kec.api.ksyun.com/", "https://proxy:8443", "http://localhost:8080", "http://LOCALHOST",
		"http://127.0.0.1:1", "http://127.3.2.1/", "http://[::1]:8080", "https://[2001:db8::1]",
	} {
		if err := CheckEndpoint(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                              "begin with https://",
		"kec.api.ksyun.com":             "begin with https://",
		"kec.api.ksyun.com:443":         "not a URL",
		"AK:hunter2@host":               "not a URL",
		"ftp://host":                    `scheme is "ftp"`,
		"http://example.com":            "http to example.com",
		"http://127.0.0.1.example.com":  "http to 127.0.0.1.example.com",
		"http://0.0.0.0":                "http to 0.0.0.0",
		"http://[::]":                   "http to ::",
		"https://u:hunter2@host":        "user name or password",
		"https://u:hunter2%zz@host":     "not a URL",
		"https://host/path":             "a path",
		"https://host/?":                "a query",
		"https://host?a=hunter2":        "a query",
		"https://host#":                 "a fragment",
		"https://":                      "names no host",
		"https://:443":                  "names no host",
		"https://host:0":                "port",
		"https://host:70000":            "port",
		"https://host:abc":              "not a URL",
		"https://ho st":                 "not a URL",
		"https://host\n":                "not a URL",
		"http://user@127.0.0.1:hunter2": "not a URL",
	} {
		err := CheckEndpoint(bad)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %v, want ... %s ...", bad, err, want)
		}
	}
}

// What is signed as the host must be what is sent: a default port is dropped before either.
func TestEndpoints_hosts(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://a:443": "a", "http://127.0.0.1:80": "127.0.0.1", "http://[::1]:80/": "[::1]", "https://[::1]:8443": "[::1]:8443", "": "kec.api.ksyun.com",
	} {
		s := of(ok(`{"InstanceCount":1}`))
		c, _ := client(t, s, WithEndpoints(Endpoints{KEC: raw}))
		if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
			t.Fatal(err)
		}
		equal(t, raw, s.got[0].Host, want)
	}
}

func TestCall_wireForm(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1","InstanceName":"n"}]}`))
	c, _ := client(t, s, WithUserAgent("terraform-provider-kec/1.2.3 (linux)"))
	launch, err := c.RunInstances(t.Context(), url.Values{"InstanceName": {"a b+c~*"}, "DataDisk.1.Size": {"50"}, "Tag.1.Key": {"环境"}})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "launch", launch, Launch{InstanceID: "i-1", InstanceName: "n", RequestID: "r"})
	got := s.got[0]
	equal(t, "body", got.Body, "DataDisk.1.Size=50&InstanceName=a%20b%2Bc~%2A&Tag.1.Key=%E7%8E%AF%E5%A2%83")
	equal(t, "action", got.Action+" "+got.Version, "RunInstances 2016-03-04")
	equal(t, "content type", got.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	equal(t, "accept", got.Header.Get("Accept"), "application/json")
	equal(t, "user agent", got.Header.Get("User-Agent"), "terraform-provider-kec/1.2.3 (linux)")
	equal(t, "amz token", got.Header.Get("X-Amz-Security-Token"), testToken)
	equal(t, "ksc token", got.Header.Get("X-Ksc-Security-Token"), testToken)
	equal(t, "authorization", strings.Split(got.Header.Get("Authorization"), "Signature=")[0],
		"AWS4-HMAC-SHA256 Credential="+testAccess+"/20260302/cn-shanghai-3/kec/aws4_request, "+
			"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-ksc-security-token, ")
}

func TestCall_answers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  Error // without service and action
	}{
		"documented": {refuse(400, "InvalidParameterValue", "bad"), Error{Code: "InvalidParameterValue", Message: "bad", RequestID: "req-1", Status: 400}},
		"no type":    {reply{status: 400, body: `{"RequestId":"r","Error":{"Code":"C","Message":"m"}}`}, Error{Code: "C", Message: "m", RequestID: "r", Status: 400}},
		"lower case": {reply{status: 403, body: `{"requestid":"r","error":{"code":"C","message":"m"}}`}, Error{Code: "C", Message: "m", RequestID: "r", Status: 403}},
		"inside 200": {ok(`{"RequestId":"r","Error":{"Code":"C","Message":"m"},"InstanceCount":3}`), Error{Code: "C", Message: "m", RequestID: "r", Status: 200}},
		"as text":    {ok(`{"Error":"broken"}`), Error{Message: "broken", Status: 200}},
		"legacy": {reply{status: 400, body: `{"code":40001,"message":"m","codeDesc":"desc"}`},
			Error{Code: "40001", Message: "m (desc)", Status: 400}},
		"HTML":        {reply{status: 404, body: "<html><h1>404</h1></html>"}, Error{Message: "answered with HTML, not JSON", Status: 404}},
		"HTML in 200": {ok("\n <!DOCTYPE html>"), Error{Message: "answered with HTML, not JSON", Status: 200}},
		"XML":         {ok(`<?xml version="1.0"?><a/>`), Error{Message: "answered with XML, not JSON", Status: 200}},
		"cut":         {ok(`{"InstanceCount":`), Error{Message: "answered with something that is not JSON", Status: 200}},
		"list":        {ok(`[]`), Error{Message: "answered with JSON that is not an object", Status: 200}},
		"null":        {ok(`null`), Error{Message: "answered with JSON that is not an object", Status: 200}},
		"empty":       {ok(``), Error{Message: "answered with an empty body", Status: 200}},
		"empty 400":   {reply{status: 400, body: `{}`}, Error{Status: 400}},
		"redirect": {reply{status: 302, body: `{}`, header: http.Header{"Location": {"http://evil.example/"}}},
			Error{Message: "answered with a redirect, which is never followed", Status: 302}},
		"bad redirect": {reply{status: 307, body: ``, header: http.Header{"Location": {"http://%zz"}}},
			Error{Message: "answered with a redirect, which is never followed", Status: 307}},
		"nothing useful": {ok(`{}`), Error{Message: "the answer holds no InstanceCount", Status: 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.reply)
			c, _ := client(t, s)
			_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			e, is := errors.AsType[*Error](err)
			if !is {
				t.Fatalf("got %v, want an *Error", err)
			}
			tc.want.Service, tc.want.Action = "kec", "DescribeKecInventory"
			tc.want.Unusable = strings.HasPrefix(tc.want.Message, "answered with") || strings.HasPrefix(tc.want.Message, "the answer holds")
			equal(t, "error", *e, tc.want)
			equal(t, "requests", len(s.got), 1)
		})
	}
	// An error member that says that there is none.
	for _, body := range []string{`{"Error":null,"InstanceCount":"7"}`, `{"error":{},"instancecount":7}`, `{"Error":"","InstanceCount":7.0}`, `{"error":false,"INSTANCECOUNT":7}`} {
		c, _ := client(t, of(ok("\xef\xbb\xbf"+body)))
		n, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		if n != 7 || err != nil {
			t.Errorf("%s: got %d, %v", body, n, err)
		}
	}
}

func TestTrace_oncePerAttempt(t *testing.T) {
	t.Parallel()
	var got []string
	s := of(refuse(503, "RequestLimitExceeded", "slow"), reply{err: io.ErrUnexpectedEOF}, ok(`{"RequestId":"r","InstanceCount":1}`))
	c, _ := client(t, s, WithTrace(func(_ context.Context, t Trace) { got = append(got, fmt.Sprint(t)) }))
	if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
		t.Fatal(err)
	}
	equal(t, "traces", strings.Join(got, "\n"), strings.Join([]string{
		"{kec DescribeKecInventory 2016-03-04 req-1 503 1 0s RequestLimitExceeded <nil>}",
		"{kec DescribeKecInventory 2016-03-04  0 2 0s  unexpected EOF}",
		"{kec DescribeKecInventory 2016-03-04 r 200 3 0s  <nil>}",
	}, "\n"))
}
