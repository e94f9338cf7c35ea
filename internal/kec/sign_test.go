package kec

import (
	"crypto/hmac"
	"crypto/sha256"
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

// The vectors of the AWS Signature V4 test suite, and the worked example of its documentation, that have the form of our
// requests: no header signed but content-type, host and x-amz-date.
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

// Every service is signed in its own scope, and a verifier that shares no code with the signer agrees.
func TestSigning_independently(t *testing.T) {
	t.Parallel()
	s := &script{answer: func(_ int, one sent) reply {
		return ok(map[string]string{
			"DescribeKecInventory":    `{"InstanceCount":1}`,
			"DescribeSubnets":         `{"SubnetSet":[]}`,
			"ListTagsByResourceIds":   `{"Tags":[]}`,
			"QueryOrderInfo":          `{"orderId":"1"}`,
			"QueryInstances":          `{"data":{"total":0,"retResponse":[]}}`,
			"ReplaceResourcesTags":    `{"Result":true}`,
			"UpdateInstanceProjectId": `{"RequestId":"r"}`,
		}[one.Action])
	}}
	c, _ := client(t, s)
	ctx := t.Context()
	_, e1 := c.DescribeKecInventory(ctx, "N3.2B", "a zone+~*/%")
	_, e2 := c.DescribeSubnets(ctx, "s-1")
	_, e3 := c.ListTagsByResourceIds(ctx, "i-1")
	_, e4 := c.QueryOrderInfo(ctx, "1")
	_, e5 := c.QueryInstances(ctx, 3, "i-1")
	e6 := c.ReplaceResourcesTags(ctx, "i-1", map[string]string{"a": "<b>"})
	e7 := c.UpdateInstanceProjectId(ctx, "i-1", 42)
	for _, err := range []error{e1, e2, e3, e4, e5, e6, e7} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []struct{ host, region, service, version, contentType string }{
		{"kec.api.ksyun.com", "cn-shanghai-3", "kec", "2016-03-04", "application/x-www-form-urlencoded"},
		{"vpc.api.ksyun.com", "cn-shanghai-3", "vpc", "2016-03-04", "application/x-www-form-urlencoded"},
		{"tagv2.api.ksyun.com", "cn-shanghai-3", "tagv2", "2020-09-01", "application/x-www-form-urlencoded"},
		{"trade.api.ksyun.com", "cn-beijing-6", "trade", "2025-03-21", "application/x-www-form-urlencoded"},
		{"trade.api.ksyun.com", "cn-beijing-6", "trade", "2025-08-28", "application/json"},
		{"tagv2.api.ksyun.com", "cn-shanghai-3", "tagv2", "2020-09-01", "application/json"},
		{"iam.api.ksyun.com", "cn-shanghai-3", "iam", "2015-11-01", "application/x-www-form-urlencoded"},
	} {
		got := s.got[i]
		equal(t, "host", got.Host, want.host)
		equal(t, "version", got.Version, want.version)
		equal(t, "content type", got.Header.Get("Content-Type"), want.contentType)
		equal(t, got.Action, got.Header.Get("Authorization"), authorization(got, want.host, want.region, want.service, want.contentType))
	}
	equal(t, "json", s.got[4].Body, `{"instanceIds":["i-1"],"page":1,"size":10,"status":3}`)
	equal(t, "form", s.got[0].Body, "AvailabilityZone=a%20zone%2B~%2A%2F%25&InstanceType=N3.2B")
}

// authorization is the header that a request of the test keys must have, worked out without the signer.
func authorization(got sent, host, region, service, contentType string) string {
	signed := "content-type;host;x-amz-date;x-amz-security-token;x-ksc-security-token"
	canonical := strings.Join([]string{
		"POST", "/", "Action=" + got.Action + "&Version=" + got.Version,
		"content-type:" + contentType, "host:" + host, "x-amz-date:20260302T090000Z",
		"x-amz-security-token:" + testToken, "x-ksc-security-token:" + testToken, "", signed, hexSum(got.Body),
	}, "\n")
	scope := "20260302/" + region + "/" + service + "/aws4_request"
	key := mac(mac(mac(mac([]byte("AWS4"+testSecret), "20260302"), region), service), "aws4_request")
	signature := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n20260302T090000Z\n"+scope+"\n"+hexSum(canonical)))
	return "AWS4-HMAC-SHA256 Credential=" + testAccess + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + signature
}

func mac(key []byte, s string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(s))
	return h.Sum(nil)
}

func hexSum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func TestCredentials_neverPrinted(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(ok(`{}`)))
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keys", testKeys, "pointer", &testKeys)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "keys", testKeys)
	log.WriteString(testKeys.String() + testKeys.GoString() + fmt.Sprintf("%v %+v %#v %s %q %x %d", testKeys, testKeys, testKeys, testKeys, testKeys, testKeys, testKeys))
	log.WriteString(fmt.Sprintf("%v %+v %#v", c, c, *c))
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
