package ksyun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

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
		equal(t, raw, s.Got[0].Host, want)
	}
}

func TestCall_answers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  Error // without action
	}{
		"documented": {refuse(400, "InvalidParameterValue", "bad"), Error{Code: "InvalidParameterValue", Message: "bad", RequestID: "req-1", Status: 400}},
		"no type":    {reply{Status: 400, Body: `{"RequestId":"r","Error":{"Code":"C","Message":"m"}}`}, Error{Code: "C", Message: "m", RequestID: "r", Status: 400}},
		"lower case": {reply{Status: 403, Body: `{"requestid":"r","error":{"code":"C","message":"m"}}`}, Error{Code: "C", Message: "m", RequestID: "r", Status: 403}},
		"inside 200": {ok(`{"RequestId":"r","Error":{"Code":"C","Message":"m"},"InstanceCount":3}`), Error{Code: "C", Message: "m", RequestID: "r", Status: 200}},
		"as text":    {ok(`{"Error":"broken"}`), Error{Message: "broken", Status: 200}},
		"legacy": {reply{Status: 400, Body: `{"code":40001,"message":"m","codeDesc":"desc"}`},
			Error{Code: "40001", Message: "m (desc)", Status: 400}},
		"HTML":        {reply{Status: 404, Body: "<html><h1>404</h1></html>"}, Error{Message: "answered with HTML, not JSON", Status: 404}},
		"HTML in 200": {ok("\n <!DOCTYPE html>"), Error{Message: "answered with HTML, not JSON", Status: 200}},
		"XML":         {ok(`<?xml version="1.0"?><a/>`), Error{Message: "answered with XML, not JSON", Status: 200}},
		"cut":         {ok(`{"InstanceCount":`), Error{Message: "answered with something that is not JSON", Status: 200}},
		"list":        {ok(`[]`), Error{Message: "answered with JSON that is not an object", Status: 200}},
		"null":        {ok(`null`), Error{Message: "answered with JSON that is not an object", Status: 200}},
		"empty":       {ok(``), Error{Message: "answered with an empty body", Status: 200}},
		"empty 400":   {reply{Status: 400, Body: `{}`}, Error{Status: 400}},
		"redirect": {reply{Status: 302, Body: `{}`, Header: http.Header{"Location": {"http://evil.example/"}}},
			Error{Message: "answered with a redirect, which is never followed", Status: 302}},
		"bad redirect": {reply{Status: 307, Body: ``, Header: http.Header{"Location": {"http://%zz"}}},
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
			tc.want.Action = "DescribeKecInventory"
			tc.want.Unusable = strings.HasPrefix(tc.want.Message, "answered with") || strings.HasPrefix(tc.want.Message, "the answer holds")
			equal(t, "error", *e, tc.want)
			equal(t, "requests", len(s.Got), 1)
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
	s := of(refuse(503, "RequestLimitExceeded", "slow"), reply{Err: io.ErrUnexpectedEOF}, ok(`{"RequestId":"r","InstanceCount":1}`))
	c, _ := client(t, s, WithTrace(func(_ context.Context, t Trace) { got = append(got, fmt.Sprint(t)) }))
	if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
		t.Fatal(err)
	}
	equal(t, "traces", strings.Join(got, "\n"), strings.Join([]string{
		"{kec DescribeKecInventory req-1 503 1 0s RequestLimitExceeded <nil>}",
		"{kec DescribeKecInventory  0 2 0s  unexpected EOF}",
		"{kec DescribeKecInventory r 200 3 0s  <nil>}",
	}, "\n"))
}
