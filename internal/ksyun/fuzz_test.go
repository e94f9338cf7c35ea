package ksyun

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
)

// Errors show nothing that is not fit to be shown, and headers that stall nobody.
func FuzzError(f *testing.F) {
	for _, a := range kectest.Answers {
		f.Add(400, a, "7", "Mon, 02 Mar 2026 09:00:00 GMT")
		f.Add(503, a, "Mon, 02 Mar 2026 09:00:00 GMT", "soon")
	}
	f.Add(403, `{"Error":{"Code":"RequestTimeTooSkewed","Message":"`+testSecret+`"}}`, "-1", "Mon, 02 Mar 1970 09:00:00 GMT")
	f.Fuzz(func(t *testing.T, status int, body, retryAfter, date string) {
		c, clk := answering(t, status, http.Header{"Retry-After": {retryAfter}, "Date": {date}}, body)
		start := clk.Now()
		_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		kectest.NoBugs(t, err)
		if err == nil {
			return
		}
		text := err.Error()
		if strings.Contains(text, testSecret) || strings.Contains(text, testToken) || len(text) > 3*longestText+200 {
			t.Errorf("%q", text)
		}
		if e, ok := errors.AsType[*Error](err); ok && utf8.ValidString(body) && !utf8.ValidString(e.Code+e.Message+e.RequestID+e.Param) {
			t.Errorf("%q is cut within a character", text)
		}
		if waited := clk.Now().Sub(start); waited > 2*(longestRetryAfter+time.Second) {
			t.Errorf("waited %s for %q", waited, retryAfter)
		}
		_ = IsStateRefusal(err)
	})
}

func FuzzScalars(f *testing.F) {
	for _, s := range []string{`"0.50"`, `1e-3`, `"1e999999999"`, `true`, `"False"`, `1772442841000`, `"2026-03-02 17:14:02"`, `"2026-03-02T09:14:05Z"`, `"yyyy"`, `{}`, `[1]`, `null`,
		`"\ud800"`, `-0`, `"NaN"`, `9223372036854775808`, `"2026-03-02T17:14:05+08:00"`, `" 7 "`, `""`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var n Number
		var b Flag
		var i Instant
		var x Text
		Decode(raw, &n)
		Decode(raw, &b)
		Decode(raw, &i)
		Decode(raw, &x)
		if n.Decimal != nil {
			if back, ok := parseDecimal(n.String()); !ok || !back.Equal(*n.Decimal) {
				t.Errorf("%q is %s", raw, n)
			}
		}
		if i.Time != nil && i.Location() != time.UTC {
			t.Errorf("%q is not in UTC", raw)
		}
		_, _ = retryAfter(string(raw), time.Unix(0, 0))
		_, _ = n.Int(), n.IntOr(0)
	})
}
