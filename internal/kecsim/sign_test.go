package kecsim

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

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
	keys := map[string]key{"AKIDEXAMPLE": {secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}}
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
			sig, refusal := parseSignature(r, r.URL.Query())
			if refusal == nil {
				refusal = sig.verify(r, r.URL.RawQuery, body, keys, now)
			}
			if refusal != nil {
				t.Fatalf("%s: %s", refusal.code.name, refusal.message)
			}
			if refusal := sig.verify(r, r.URL.RawQuery, append(body, 'x'), keys, now); refusal == nil {
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

func TestSignature_refusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*caller)
		status int
		code   string
	}{
		{"unsigned", func(c *caller) { c.tamper = func(r *http.Request) { r.Header.Del("Authorization") } }, 403, "MissingAuthenticationToken"},
		{"wrong secret", func(c *caller) { c.secret = "other" }, 403, "SignatureDoesNotMatch"},
		{"unknown key", func(c *caller) { c.accessKey = "AKLTnobody" }, 403, "InvalidAccessKeyId"},
		{"changed body", func(c *caller) {
			c.tamper = func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("Region=cn-beijing-6")) }
		}, 403, "SignatureDoesNotMatch"},
		{"changed query", func(c *caller) { c.tamper = func(r *http.Request) { r.URL.RawQuery += "&a=b" } }, 403, "SignatureDoesNotMatch"},
		{"clock 16 minutes behind", func(c *caller) { c.skew = -16 * time.Minute }, 403, "RequestTimeTooSkewed"},
		{"clock 16 minutes ahead", func(c *caller) { c.skew = 16 * time.Minute }, 403, "RequestTimeTooSkewed"},
		{"unknown region", func(c *caller) { c.region = "mars-1" }, 403, "SignatureDoesNotMatch"},
		{"not the algorithm", func(c *caller) { c.tamper = func(r *http.Request) { r.Header.Set("Authorization", "Basic abc") } }, 403, "IncompleteSignature"},
		{"host not signed", func(c *caller) {
			c.tamper = func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "content-type;host;", "content-type;", 1))
			}
		}, 403, "SignatureDoesNotMatch"},
		{"a token the key has not", func(c *caller) { c.token = "surplus" }, 403, "InvalidSecurityToken"},
		{"temporary key without token", func(c *caller) { c.accessKey, c.secret = "AKLTtemp", "s3" }, 403, "InvalidSecurityToken"},
		{"temporary key, wrong token", func(c *caller) { c.accessKey, c.secret, c.token = "AKLTtemp", "s3", "no" }, 403, "InvalidSecurityToken"},
		{"temporary key with its token", func(c *caller) { c.accessKey, c.secret, c.token = "AKLTtemp", "s3", "tok" }, 200, ""},
		{"14 minutes off", func(c *caller) { c.skew = 14 * time.Minute }, 200, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			sim.AddKey("AKLTtemp", "s3", "tok")
			c.change(me)
			a := me.kec("DescribeRegions")
			if a.Status != c.status || a.code() != c.code {
				t.Errorf("got %d %q, want %d %q: %s", a.Status, a.code(), c.status, c.code, a.Raw)
			}
			same(t, "recorded status", sim.Calls()[0].Status, c.status)
		})
	}
}

func TestClockOffset_refusesTheRightTime(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.SetClockOffset(20 * time.Minute)
	a := me.kec("DescribeRegions")
	a.refused(403, "RequestTimeTooSkewed", "2026-03-02T09:00:00Z")
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 09:20:00 GMT")
	same(t, "world's time", sim.Calls()[0].At, DefaultStart)

	// A caller who has learnt from the Date is taken.
	me.skew = 20 * time.Minute
	a = me.kec("DescribeRegions").ok()
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 09:20:00 GMT")
	id := me.launch()[0]
	same(t, "created", sim.Instances()[0].CreatedAt, DefaultStart)
	sim.Advance(20 * time.Second)
	same(t, "state", me.state(id), "active")

	sim.SetClockOffset(-20 * time.Minute)
	a = me.kec("DescribeRegions")
	a.refused(403, "RequestTimeTooSkewed")
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 08:40:20 GMT")

	// The wall clock is no witness as long as there is an offset.
	me.skew = time.Since(sim.Now())
	me.kec("DescribeRegions").refused(403, "RequestTimeTooSkewed")
	sim.SetClockOffset(0)
	me.kec("DescribeRegions").ok()
	me.skew = 0
	same(t, "date", me.kec("DescribeRegions").ok().Header.Get("Date"), "Mon, 02 Mar 2026 09:00:20 GMT")
}

// A signature made by the reference steps for the query form, with the date in the
// query or in the Date header.
func TestSignature_queryForm(t *testing.T) {
	t.Parallel()
	for _, inHeader := range []bool{false, true} {
		sim, me := newWorld(t)
		at := sim.Now()
		day, stamp := at.Format("20060102"), at.Format("20060102T150405Z")
		scope := day + "%2Fcn-beijing-6%2Fkec%2Faws4_request"
		query := "Action=DescribeRegions&Version=2016-03-04&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + AccessKey + "%2F" + scope
		if !inHeader {
			query += "&X-Amz-Date=" + stamp
		}
		query += "&X-Amz-SignedHeaders=host"
		k := mac(mac(mac(mac([]byte("AWS4"+SecretKey), day), "cn-beijing-6"), "kec"), "aws4_request")
		canonical := "GET\n/\n" + query + "\nhost:kec.example.test\n\nhost\n" + hashed(nil)
		text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + strings.ReplaceAll(scope, "%2F", "/") + "\n" + hashed([]byte(canonical))
		query += "&X-Amz-Signature=" + hexOf(mac(k, text))
		r, err := http.NewRequest("GET", "http://kec.example.test/?"+query, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if inHeader {
			r.Header.Set("Date", at.Format(http.TimeFormat))
		}
		me.send(r).ok()
		r.URL.RawQuery = strings.Replace(query, "DescribeRegions", "DescribeImages", 1)
		me.send(r).refused(403, "SignatureDoesNotMatch")
	}
}

func hexOf(b []byte) string {
	const set = "0123456789abcdef"
	var out strings.Builder
	for _, c := range b {
		out.WriteByte(set[c>>4])
		out.WriteByte(set[c&15])
	}
	return out.String()
}

func FuzzParseSignature(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=a/20260302/r/kec/aws4_request, SignedHeaders=host, Signature="+strings.Repeat("a", 64), "", "20260302T090000Z")
	f.Add("AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=99999999999", "x")
	f.Add("", "X-Amz-Signature=%zz&X-Amz-Credential=////", "")
	f.Add("AWS4-HMAC-SHA256 =,=,,Credential=/,SignedHeaders=;;;host,Signature=", "", "")
	f.Fuzz(func(t *testing.T, auth, query, date string) {
		r := &http.Request{Method: "POST", Header: http.Header{"Authorization": {auth}, "X-Amz-Date": {date}}, Host: "h"}
		r.URL = mustURL(query)
		if sig, refusal := parseSignature(r, r.URL.Query()); refusal == nil {
			_ = sig.verify(r, query, nil, map[string]key{sig.accessKey: {secret: "s"}}, time.Now())
		}
	})
}
