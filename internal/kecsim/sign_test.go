package kecsim

import (
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
)

func TestSignature_refusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*caller)
		status int
		code   string
	}{
		{"unsigned", func(c *caller) { c.Tamper = func(r *http.Request) { r.Header.Del("Authorization") } }, 403, "MissingAuthenticationToken"},
		{"wrong secret", func(c *caller) { c.Secret = "other" }, 403, "SignatureDoesNotMatch"},
		{"unknown key", func(c *caller) { c.AccessKey = "AKLTnobody" }, 403, "InvalidAccessKeyId"},
		{"changed body", func(c *caller) {
			c.Tamper = func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("Region=cn-beijing-6")) }
		}, 403, "SignatureDoesNotMatch"},
		{"changed query", func(c *caller) { c.Tamper = func(r *http.Request) { r.URL.RawQuery += "&a=b" } }, 403, "SignatureDoesNotMatch"},
		{"clock 16 minutes behind", func(c *caller) { c.Skew = -16 * time.Minute }, 403, "RequestTimeTooSkewed"},
		{"clock 16 minutes ahead", func(c *caller) { c.Skew = 16 * time.Minute }, 403, "RequestTimeTooSkewed"},
		{"unknown region", func(c *caller) { c.Region = "mars-1" }, 403, "SignatureDoesNotMatch"},
		{"not the algorithm", func(c *caller) { c.Tamper = func(r *http.Request) { r.Header.Set("Authorization", "Basic abc") } }, 403, "IncompleteSignature"},
		{"host not signed", func(c *caller) {
			c.Tamper = func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "content-type;host;", "content-type;", 1))
			}
		}, 403, "SignatureDoesNotMatch"},
		{"a token the key has not", func(c *caller) { c.Token = "surplus" }, 403, "InvalidSecurityToken"},
		{"temporary key without token", func(c *caller) { c.AccessKey, c.Secret = "AKLTtemp", "s3" }, 403, "InvalidSecurityToken"},
		{"temporary key, wrong token", func(c *caller) { c.AccessKey, c.Secret, c.Token = "AKLTtemp", "s3", "no" }, 403, "InvalidSecurityToken"},
		{"temporary key with its token", func(c *caller) { c.AccessKey, c.Secret, c.Token = "AKLTtemp", "s3", "tok" }, 200, ""},
		{"14 minutes off", func(c *caller) { c.Skew = 14 * time.Minute }, 200, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			sim.AddKey("AKLTtemp", "s3", "tok")
			c.change(me)
			a := me.KEC("DescribeRegions")
			if a.Status != c.status || a.Code() != c.code {
				t.Errorf("got %d %q, want %d %q: %s", a.Status, a.Code(), c.status, c.code, a.Raw)
			}
			same(t, "recorded status", sim.Calls()[0].Status, c.status)
		})
	}
}

func TestClockOffset_refusesTheRightTime(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.SetClockOffset(20 * time.Minute)
	a := me.KEC("DescribeRegions")
	a.Refused(403, "RequestTimeTooSkewed", "2026-03-02T09:00:00Z")
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 09:20:00 GMT")
	same(t, "world's time", sim.Calls()[0].At, DefaultStart)

	// A caller who corrects the time by the Date is accepted.
	me.Skew = 20 * time.Minute
	a = me.KEC("DescribeRegions").OK()
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 09:20:00 GMT")
	id := me.launch()[0]
	same(t, "created", sim.Instances()[0].CreatedAt, DefaultStart)
	sim.Advance(20 * time.Second)
	same(t, "state", me.State(id), "active")

	sim.SetClockOffset(-20 * time.Minute)
	a = me.KEC("DescribeRegions")
	a.Refused(403, "RequestTimeTooSkewed")
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 08:40:20 GMT")

	// With an offset the date of the wall clock is refused.
	me.Skew = time.Since(sim.Now())
	me.KEC("DescribeRegions").Refused(403, "RequestTimeTooSkewed")
	sim.SetClockOffset(0)
	me.KEC("DescribeRegions").OK()
	me.Skew = 0
	same(t, "date", me.KEC("DescribeRegions").OK().Header.Get("Date"), "Mon, 02 Mar 2026 09:00:20 GMT")
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
		k := testclient.MAC(testclient.MAC(testclient.MAC(testclient.MAC([]byte("AWS4"+SecretKey), day), "cn-beijing-6"), "kec"), "aws4_request")
		canonical := "GET\n/\n" + query + "\nhost:kec.example.test\n\nhost\n" + hashOf(nil)
		text := "AWS4-HMAC-SHA256\n" + stamp + "\n" + strings.ReplaceAll(scope, "%2F", "/") + "\n" + hashOf([]byte(canonical))
		query += "&X-Amz-Signature=" + hexOf(testclient.MAC(k, text))
		r, err := http.NewRequest("GET", "http://kec.example.test/?"+query, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if inHeader {
			r.Header.Set("Date", at.Format(http.TimeFormat))
		}
		me.Send(r).OK()
		r.URL.RawQuery = strings.Replace(query, "DescribeRegions", "DescribeImages", 1)
		me.Send(r).Refused(403, "SignatureDoesNotMatch")
	}
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hexOf(sum[:])
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
