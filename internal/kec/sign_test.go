package kec

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Every service is signed in its own scope, and a verifier that shares no code with the signer
// agrees.
func TestSigning_independently(t *testing.T) {
	t.Parallel()
	s := &script{Answer: func(_ int, one sent) reply {
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
		got := s.Got[i]
		equal(t, "host", got.Host, want.host)
		equal(t, "version", got.Version, want.version)
		equal(t, "content type", got.Header.Get("Content-Type"), want.contentType)
		equal(t, got.Action, got.Header.Get("Authorization"), authorization(got, want.host, want.region, want.service, want.contentType))
	}
	equal(t, "json", s.Got[4].Body, `{"instanceIds":["i-1"],"page":1,"size":10,"status":3}`)
	equal(t, "form", s.Got[0].Body, "AvailabilityZone=a%20zone%2B~%2A%2F%25&InstanceType=N3.2B")
}

// authorization is the header that a request of the test keys must have, worked out without the
// signer.
func authorization(got sent, host, region, service, contentType string) string {
	signed := "content-type;host;x-amz-date;x-amz-security-token;x-ksc-security-token"
	canonical := strings.Join([]string{
		"POST", "/", "Action=" + got.Action + "&Version=" + got.Version,
		"content-type:" + contentType, "host:" + host, "x-amz-date:20260302T090000Z",
		"x-amz-security-token:" + testKeys.SecurityToken, "x-ksc-security-token:" + testKeys.SecurityToken, "", signed, hexSum(got.Body),
	}, "\n")
	scope := "20260302/" + region + "/" + service + "/aws4_request"
	key := mac(mac(mac(mac([]byte("AWS4"+testKeys.SecretKey), "20260302"), region), service), "aws4_request")
	signature := hex.EncodeToString(mac(key, "AWS4-HMAC-SHA256\n20260302T090000Z\n"+scope+"\n"+hexSum(canonical)))
	return "AWS4-HMAC-SHA256 Credential=" + testKeys.AccessKey + "/" + scope + ", SignedHeaders=" + signed + ", Signature=" + signature
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

// What is signed is what is sent, whatever the parameters: a verifier that shares no code with the
// signer agrees, and reads the parameters that were meant.
func FuzzSigning(f *testing.F) {
	for _, s := range []string{"", " ", "+", "%", "~", "*", "%20", "a b+c~*%", "环境", "👩🏽‍🚀", "\x00\xff", "a=b&c=d", "é", "é", "\u202e", "N3.2B", "\n", "'\"<>\\"} {
		f.Add("Name", s)
		f.Add(s, "value")
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		var got sent
		s := &script{Answer: func(_ int, one sent) reply { got = one; return ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`) }}
		clk := newClock()
		c, err := New("cn-shanghai-3", testKeys, ksyun.WithHTTPTransport(s), ksyun.WithClock(clk.Now, clk.Sleep), ksyun.WithRate(0))
		if err != nil {
			t.Fatal(err)
		}
		if r := c.RunInstances(context.Background(), url.Values{name: {value}}); r.Err != nil {
			t.Fatal(r.Err)
		}
		if back := got.Form.Get(name); back != value || len(got.Form) != 1 {
			t.Errorf("%q is %q on the wire, which is %q", value, got.Body, back)
		}
		if strings.ContainsAny(got.Body, "+ *") {
			t.Errorf("%q: not RFC 3986", got.Body)
		}
		equal(t, "Authorization", got.Header.Get("Authorization"), authorization(got, "kec.api.ksyun.com", "cn-shanghai-3", "kec", "application/x-www-form-urlencoded"))
	})
}
