package protocol

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func mustURL(query string) *url.URL { return &url.URL{Path: "/", RawQuery: query} }

// The requests and signatures of the published AWS Signature V4 test suite.
func TestVerify_publishedVectors(t *testing.T) {
	t.Parallel()
	const head = "Host:example.amazonaws.com\r\nX-Amz-Date:20150830T123600Z\r\n"
	cases := []struct{ name, request, scope, signed, signature string }{
		{"get-vanilla", "GET / HTTP/1.1\r\n" + head, "us-east-1/service", "host;x-amz-date",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"get-vanilla-query-order-key-case", "GET /?Param2=value2&Param1=value1 HTTP/1.1\r\n" + head, "us-east-1/service", "host;x-amz-date",
			"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{"get-vanilla-query-unreserved",
			"GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz HTTP/1.1\r\n" + head,
			"us-east-1/service", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
		{"get-header-value-trim", "GET / HTTP/1.1\r\n" + head + "My-Header1: value1\r\nMy-Header2: \"a   b   c\"\r\n", "us-east-1/service",
			"host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{"get-header-key-duplicate", "GET / HTTP/1.1\r\n" + head + "My-Header1:value2\r\nMy-Header1:value2\r\nMy-Header1:value1\r\n", "us-east-1/service",
			"host;my-header1;x-amz-date", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{"post-vanilla", "POST / HTTP/1.1\r\n" + head, "us-east-1/service", "host;x-amz-date",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"post-x-www-form-urlencoded", "POST / HTTP/1.1\r\nContent-Type:application/x-www-form-urlencoded\r\n" + head + "Content-Length:13\r\n\r\nParam1=value1",
			"us-east-1/service", "content-type;host;x-amz-date", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		{"post-x-www-form-urlencoded-parameters", "POST / HTTP/1.1\r\nContent-Type:application/x-www-form-urlencoded; charset=utf8\r\n" + head + "Content-Length:13\r\n\r\nParam1=value1",
			"us-east-1/service", "content-type;host;x-amz-date", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
		{"iam ListUsers", "GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1\r\nHost: iam.amazonaws.com\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\nX-Amz-Date: 20150830T123600Z\r\n",
			"us-east-1/iam", "content-type;host;x-amz-date", "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
	}
	keys := map[string]Key{"AKIDEXAMPLE": {Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}
	now := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := c.request
			if !strings.Contains(text, "\r\n\r\n") {
				text += "\r\n"
			}
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/"+c.scope+
				"/aws4_request, SignedHeaders="+c.signed+", Signature="+c.signature)
			sig, refusal := ParseSignature(r, r.URL.Query())
			if refusal == nil {
				refusal = sig.Verify(r, r.URL.RawQuery, body, keys, now)
			}
			if refusal != nil {
				t.Fatalf("%s: %s", refusal.Code.Name, refusal.Message)
			}
			if refusal := sig.Verify(r, r.URL.RawQuery, append(body, 'x'), keys, now); refusal == nil {
				t.Error("a changed body was accepted")
			}
		})
	}
}

func TestCanonicalQuery_leavesItsOwnSignatureOut(t *testing.T) {
	t.Parallel()
	got, err := canonicalQuery("b=2&a=%7E1&X-Amz-Signature=abc&a=0&c=x+y", true)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "query", got, "a=0&a=~1&b=2&c=x%20y")
}

func FuzzParseSignature(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=a/20260302/r/kec/aws4_request, SignedHeaders=host, Signature="+strings.Repeat("a", 64), "", "20260302T090000Z")
	f.Add("AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=99999999999", "x")
	f.Add("", "X-Amz-Signature=%zz&X-Amz-Credential=////", "")
	f.Add("AWS4-HMAC-SHA256 =,=,,Credential=/,SignedHeaders=;;;host,Signature=", "", "")
	f.Fuzz(func(t *testing.T, auth, query, date string) {
		r := &http.Request{Method: "POST", Header: http.Header{"Authorization": {auth}, "X-Amz-Date": {date}}, Host: "h"}
		r.URL = mustURL(query)
		if sig, refusal := ParseSignature(r, r.URL.Query()); refusal == nil {
			_ = sig.Verify(r, query, nil, map[string]Key{sig.AccessKey: {Secret: "s"}}, time.Now())
		}
	})
}
