package ksyun

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"
)

func TestNow_learnsFromDate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ off, want time.Duration }{
		"ahead": {time.Hour, time.Hour}, "behind": {-3 * time.Second, -3 * time.Second}, "rounding": {1900 * time.Millisecond, 0},
		"two seconds": {2 * time.Second, 2 * time.Second}, "two seconds behind": {-2 * time.Second, -2 * time.Second}, "a second": {time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{}
			c, clk := client(t, s)
			s.Answer = func(int, sent) reply {
				r := refuse(403, "SignatureDoesNotMatch", "no")
				r.Header = http.Header{"Date": {clk.Now().Add(tc.off).UTC().Format(http.TimeFormat)}}
				return r
			}
			_, _ = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			equal(t, "offset", c.Now().Sub(clk.Now()), tc.want)
			offset, known := c.ClockOffset()
			equal(t, "told", fmt.Sprint(offset, known), fmt.Sprint(tc.want, true))
		})
	}
}

// No answer, and no Date that can be read, tells no time.
func TestClockOffset_unknown(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(ok(`{"InstanceCount":1}`)))
	_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	offset, known := c.ClockOffset()
	equal(t, "offset", fmt.Sprint(offset, known, err), "0s false <nil>")
}

// dated is a reply whose Date is off our clock.
func dated(clk *fakeClock, r reply, off time.Duration) reply {
	r.Header = http.Header{"Date": {clk.Now().Add(off).UTC().Format(http.TimeFormat)}}
	return r
}

// A refusal that is due to our clock is answered once with a signature of the right time, and later
// calls begin with that.
func TestClock_isCorrected(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		refusal   reply
		off       time.Duration
		corrected bool
	}{
		"says so":                  {refuse(403, "RequestTimeTooSkewed", "x"), 20 * time.Minute, true},
		"says so, behind":          {refuse(403, "RequestTimeTooSkewed", "x"), -20 * time.Minute, true},
		"says so, 30 seconds":      {refuse(403, "RequestTimeTooSkewed", "x"), 30 * time.Second, true},
		"says so, on time":         {refuse(403, "RequestTimeTooSkewed", "x"), time.Second, false},
		"says so, two seconds":     {refuse(403, "RequestTimeTooSkewed", "x"), 2 * time.Second, false},
		"says so, three seconds":   {refuse(403, "RequestTimeTooSkewed", "x"), 3 * time.Second, true},
		"says so with 399":         {reply{Status: 399, Body: `{"Error":{"Code":"RequestExpired"}}`}, 20 * time.Minute, false},
		"just wrong":               {refuse(403, "SignatureDoesNotMatch", "x"), 2*time.Minute + time.Second, true},
		"just wrong, behind":       {refuse(403, "SignatureDoesNotMatch", "x"), -2*time.Minute - time.Second, true},
		"says so with 400":         {refuse(400, "RequestExpired", "x"), 20 * time.Minute, true},
		"says so with 401":         {refuse(401, "AuthFailure", "Request has expired"), 20 * time.Minute, true},
		"says so in words":         {refuse(400, "AuthFailure", "Signature expired: 20260302T090000Z is now earlier than 20260302T092000Z"), 20 * time.Minute, true},
		"says so with 500":         {refuse(500, "RequestExpired", "x"), 20 * time.Minute, false},
		"does not say so":          {refuse(403, "SignatureDoesNotMatch", "x"), 3 * time.Minute, true},
		"HTML":                     {reply{Status: 403, Body: "<html>"}, 3 * time.Minute, true},
		"nearly right":             {refuse(403, "SignatureDoesNotMatch", "x"), 2 * time.Minute, false},
		"of another kind":          {refuse(400, "InvalidParameterValue", "x"), time.Hour, false},
		"a token that has expired": {refuse(400, "SecurityTokenExpired", "the token in the request has expired"), time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{}
			c, clk := client(t, s, func(c *config) { c.jitter = func() float64 { return 0.5 } })
			start := clk.Now()
			right := clk.Now().Add(tc.off).Format("20060102T150405Z")
			s.Answer = func(_ int, one sent) reply {
				if one.Header.Get("X-Amz-Date") == right {
					return ok(`{"InstanceCount":4}`)
				}
				return dated(clk, tc.refusal, tc.off)
			}
			n, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			want := 1
			if tc.corrected {
				equal(t, "result", fmt.Sprint(n, err), "4 <nil>")
				want = 2
			} else if err == nil {
				t.Error("no error")
			}
			if tc.refusal.Status < 500 {
				equal(t, "requests", len(s.Got), want)
			}
			equal(t, "waits for the correction", clk.Now().After(start), tc.refusal.Status >= 500)
			if s.Got = nil; tc.corrected {
				_, err = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
				equal(t, "later", fmt.Sprint(len(s.Got), err), "1 <nil>")
			}
		})
	}
}

func TestClock_isNotCorrectedForEver(t *testing.T) {
	t.Parallel()
	s := &script{}
	c, clk := client(t, s)
	s.Answer = func(n int, _ sent) reply { // whose clock runs away
		return dated(clk, refuse(403, "RequestTimeTooSkewed", "x"), time.Duration(n+1)*time.Hour)
	}
	_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	e, _ := errors.AsType[*Error](err)
	if e == nil || e.Code != "RequestTimeTooSkewed" {
		t.Errorf("got %v", err)
	}
	equal(t, "requests", len(s.Got), 2)

	// The time was not the reason: the second refusal stands, and later calls are refused once.
	s = &script{}
	c, clk = client(t, s)
	s.Answer = func(int, sent) reply { return dated(clk, refuse(403, "PermissionDenied", "x"), time.Hour) }
	for _, requests := range []int{2, 3, 4} {
		_, _ = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		equal(t, "requests", len(s.Got), requests)
	}

	// Never means never, and neither no Date nor a broken one tells anything.
	for name, header := range map[string]http.Header{"none": nil, "broken": {"Date": {"soon"}}} {
		s := of(reply{Status: 403, Body: "{}", Header: header})
		c, _ := client(t, s)
		_, _ = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		equal(t, name, len(s.Got), 1)
	}
	s = &script{}
	c, clk = client(t, s, WithRetries(0, 0, 0))
	s.Answer = func(int, sent) reply { return dated(clk, refuse(403, "RequestTimeTooSkewed", "x"), time.Hour) }
	_, _ = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	equal(t, "without repetitions", len(s.Got), 1)
}

// A Date in passing changes no signature: it may be that of a cache. One call learns for those that
// are under way.
func TestClock_isTrustedUntilRefused(t *testing.T) {
	t.Parallel()
	s := &script{}
	c, clk := client(t, s)
	s.Answer = func(int, sent) reply { return dated(clk, ok(`{"InstanceCount":4}`), time.Hour) }
	for range 2 {
		if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "signed at", s.Got[1].Header.Get("X-Amz-Date"), clk.Now().Format("20060102T150405Z"))

	s = &script{}
	c, clk = client(t, s)
	s.Answer = func(_ int, one sent) reply {
		// While this attempt is under way, another call has found the clock wrong.
		if one.Header.Get("X-Amz-Date") == clk.Now().Format("20060102T150405Z") {
			c.clock.signing.Store(int64(time.Hour))
			return dated(clk, refuse(403, "RequestTimeTooSkewed", "x"), time.Hour)
		}
		return ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`)
	}
	l, err := c.RunInstances(t.Context(), url.Values{}) // which is refused for certain, and so may be repeated
	equal(t, "launch", fmt.Sprint(l.InstanceID, " ", err, len(s.Got)), "i-1 <nil> 2")
}
