package ksyun

import (
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The vectors of the AWS Signature V4 test suite, and the worked example of its documentation, that
// have the form of our requests: no header signed but content-type, host and x-amz-date.
func TestSigning_publishedVectors(t *testing.T) {
	t.Parallel()
	keys := Credentials{AccessKey: "AKIDEXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, tc := range []struct{ name, method, url, contentType, body, service, signed, signature string }{
		{"get-vanilla", "GET", "https://example.amazonaws.com/", "", "", "service", "host;x-amz-date",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-vanilla-query-order-key-case", "GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", "", "", "service", "host;x-amz-date",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"post-vanilla", "POST", "https://example.amazonaws.com/", "", "", "service", "host;x-amz-date",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-x-www-form-urlencoded", "POST", "https://example.amazonaws.com/", "application/x-www-form-urlencoded", "Param1=value1", "service",
			"content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		{"post-x-www-form-urlencoded-parameters", "POST", "https://example.amazonaws.com/", "application/x-www-form-urlencoded; charset=utf8",
			"Param1=value1", "service", "content-type;host;x-amz-date", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
		{"iam-list-users", "GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", "application/x-www-form-urlencoded; charset=utf-8",
			"", "iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out *http.Request
			rt := signing(step(func(r *http.Request) (*http.Response, error) {
				out = r
				return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
			}), keys, &clock{now: func() time.Time { return at }}, func(*http.Request) (string, string) { return tc.service, "us-east-1" })
			req, err := http.NewRequestWithContext(t.Context(), tc.method, tc.url, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if tc.contentType != "" {
				req.Header.Set("Content-Type", tc.contentType)
			}
			req.Header.Set("User-Agent", "anything")
			req.Header.Set("Accept", "application/json")
			if _, err := rt.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
			equal(t, "Authorization", out.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"+
				tc.service+"/aws4_request, SignedHeaders="+tc.signed+", Signature="+tc.signature)
			equal(t, "X-Amz-Date", out.Header.Get("X-Amz-Date"), "20150830T123600Z")
			body, _ := io.ReadAll(out.Body)
			equal(t, "body", string(body), tc.body)
			equal(t, "the caller's header", req.Header.Get("Authorization"), "")
		})
	}
}

func TestCredentials_neverPrinted(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(ok(`{}`)))
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keys", testKeys, "pointer", &testKeys)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "keys", testKeys)
	log.WriteString(testKeys.String() + testKeys.GoString() + fmt.Sprintf("%v %+v %#v %s %q %x %d", testKeys, testKeys, testKeys, testKeys, testKeys, testKeys, testKeys))
	log.WriteString(fmt.Sprintf("%v %+v %#v", c.Client, c.Client, *c.Client))
	log.WriteString(fmt.Sprintf("%v %+v", struct{ K Credentials }{testKeys}, []any{&testKeys}))
	for _, v := range []string{testAccess, testSecret, testToken} {
		if strings.Contains(log.String(), v) || strings.Contains(log.String(), hex.EncodeToString([]byte(v))) {
			t.Errorf("%s is printed", v)
		}
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", " ", "+", "%", "~", "*", "a b", "环境", "👩🏽‍🚀", "e\u0301", "\u202e", "\x00\xff", "a=b&c=d", "%20", "N3.2B"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		body := encode(url.Values{name: {value}})
		if strings.ContainsAny(body, "+ *") {
			t.Errorf("%q: not RFC 3986", body)
		}
		back, err := url.ParseQuery(body)
		if err != nil || back.Get(name) != value {
			t.Errorf("%q: back %q, %v", body, back, err)
		}
	})
}
