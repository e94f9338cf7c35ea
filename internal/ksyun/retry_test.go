package ksyun

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A wait that the deadline would cut short is not begun. The error says so, and keeps the cause.
func TestRetry_doesNotSleepIntoTheDeadline(t *testing.T) {
	t.Parallel()
	date := time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC).Format(http.TimeFormat) // a minute after the bubble's start
	for name, tc := range map[string]struct {
		reply reply
		want  string
		code  string
	}{
		"seconds": {reply{Status: 429, Body: `{"Error":{"Code":"Throttling"}}`, Header: http.Header{"Retry-After": {"60"}}},
			"kec DescribeKecInventory: gave up after 1 try in 0s, because the next try would come after the deadline: " +
				"DescribeKecInventory: Throttling (HTTP 429)", "Throttling"},
		"date": {reply{Status: 503, Body: `{"Error":{"Code":"RequestLimitExceeded"}}`, Header: http.Header{"Retry-After": {date}}},
			"kec DescribeKecInventory: gave up after 1 try in 0s, because the next try would come after the deadline: " +
				"DescribeKecInventory: RequestLimitExceeded (HTTP 503)", "RequestLimitExceeded"},
		"without an answer": {reply{Err: io.EOF},
			"kec DescribeKecInventory: kec.api.ksyun.com: gave up after 1 try in 0s, because the next try would come after the deadline: EOF", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := of(tc.reply)
				minWait := 200 * time.Millisecond
				if tc.reply.Err != nil {
					minWait = 1000 * time.Hour // the jitter makes it less, but hardly less than a few seconds
				}
				c, err := connect("cn-beijing-6", WithHTTPTransport(s), WithRetries(8, minWait, minWait))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				_, err = c.DescribeKecInventory(ctx, "N3.2B", "z")
				equal(t, "error", fmt.Sprint(err), tc.want)
				equal(t, "is a deadline", errors.Is(err, context.DeadlineExceeded), true)
				equal(t, "requests", len(s.Got), 1)
				equal(t, "the deadline has passed", ctx.Err() != nil, false)
				e, _ := errors.AsType[*Error](err)
				equal(t, "keeps the refusal", e != nil && e.Code == tc.code, tc.code != "")
				equal(t, "keeps the cause", errors.Is(err, io.EOF), tc.code == "")
			})
		})
	}
}

func TestRetry_policy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		outcome              result
		read, once, uncertan bool
	}{
		"success":                   {result{status: 200}, false, false, false},
		"refusal":                   {result{status: 400, code: "InvalidParameterValue"}, false, false, false},
		"quota is no throttling":    {result{status: 400, code: "InstanceIdLimitExceeded"}, false, false, false},
		"sold out":                  {result{status: 400, code: "ProductSellOutInvalid"}, false, false, false},
		"forbidden":                 {result{status: 403, code: "SignatureDoesNotMatch"}, false, false, false},
		"redirect":                  {result{status: 302}, false, false, false},
		"429":                       {result{status: 429}, true, true, false},
		"429 with a code":           {result{status: 429, code: "TooManyRequests"}, true, true, false},
		"RequestLimitExceeded":      {result{status: 503, code: "RequestLimitExceeded"}, true, true, false},
		"Throttling":                {result{status: 400, code: "Throttling"}, true, true, false},
		"ThrottlingException":       {result{status: 400, code: "ThrottlingException"}, true, true, false},
		"TooManyRequestsException":  {result{status: 400, code: "TooManyRequestsException"}, true, true, false},
		"SlowDown":                  {result{status: 503, code: "SlowDown"}, true, true, false},
		"LimitExceededException":    {result{status: 400, code: "LimitExceededException"}, true, true, false},
		"RequestThrottled":          {result{status: 400, code: "RequestThrottled"}, true, true, false},
		"throttled, other case":     {result{status: 400, code: "REQUESTLIMITEXCEEDED"}, true, true, false},
		"throttled inside a 200":    {result{status: 200, code: "Throttling"}, true, true, false},
		"state":                     {result{status: 400, code: "InstanceStateNotSupported"}, false, false, false},
		"order state":               {result{status: 400, code: "OrderStateNotSupported"}, false, false, false},
		"order refused":             {result{status: 400, code: "Payment.CreateOrderFailed"}, false, false, false},
		"trade record, as a 500":    {result{status: 500, code: "OperationFailedWithTradeInstanceError"}, false, false, true},
		"509":                       {result{status: 509}, true, true, false},
		"509 with a code":           {result{status: 509, code: "BandwidthLimitExceeded"}, true, true, false},
		"503 with another code":     {result{status: 503, code: "Busy"}, true, false, true},
		"500":                       {result{status: 500}, true, false, true},
		"502":                       {result{status: 502}, true, false, true},
		"503":                       {result{status: 503}, true, false, true},
		"500 with a code":           {result{status: 500, code: "INTERNAL_FAILURE"}, true, false, true},
		"ServiceUnavailable in 400": {result{status: 400, code: "ServiceUnavailable"}, true, false, true},
		"ServiceTimeout in 400":     {result{status: 400, code: "ServiceTimeout"}, true, false, true},
		"ServiceInnerError in 400":  {result{status: 400, code: "ServiceInnerError"}, true, false, true},
		"408":                       {result{status: 408}, true, false, true},
		"407":                       {result{status: 407}, false, false, false},
		"409":                       {result{status: 409}, false, false, false},
		"498":                       {result{status: 498}, false, false, false},
		"499":                       {result{status: 499}, true, false, true},
		"510":                       {result{status: 510}, true, false, true},
		"428":                       {result{status: 428}, false, false, false},
		"cancelled":                 {result{err: context.Canceled}, false, false, true},
		"out of time, never sent":   {result{err: context.DeadlineExceeded, neverSent: true}, false, false, false},
		"EOF":                       {result{err: io.EOF}, true, false, true},
		"cut":                       {result{err: io.ErrUnexpectedEOF}, true, false, true},
		"reset":                     {result{err: reset}, true, false, true},
		"timeout":                   {result{err: &timeoutError{after: time.Second}}, true, false, true},
		"nothing sent":              {result{err: refusedDial, neverSent: true}, true, true, false},
		"not trusted":               {result{err: x509.UnknownAuthorityError{}, neverSent: true}, false, false, false},
		"too large":                 {result{err: ErrTooLarge}, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "read repeated", tc.outcome.repeatable(false), tc.read)
			equal(t, "launch repeated", tc.outcome.repeatable(true), tc.once)
			equal(t, "outcome uncertain", tc.outcome.uncertain(), tc.uncertan)
			equal(t, "answered", tc.outcome.answered(), tc.outcome.err == nil && !tc.read)
			if tc.once && tc.uncertan {
				t.Error("a launch that may have been made must not be repeated")
			}
		})
	}
}

func TestRetry_wait(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	r := retries{max: 8, minWait: 200 * time.Millisecond, maxWait: 20 * time.Second}
	for name, tc := range map[string]struct {
		n      int
		after  string
		random float64
		want   time.Duration
	}{
		"first":        {0, "", 1, 200 * time.Millisecond},
		"jitter":       {0, "", 0.25, 50 * time.Millisecond},
		"third":        {2, "", 1, 800 * time.Millisecond},
		"cap":          {7, "", 1, 20 * time.Second},
		"32nd":         {31, "", 1, 20 * time.Second},
		"33rd":         {32, "", 1, 20 * time.Second},
		"sixth":        {6, "", 1, 12800 * time.Millisecond},
		"no overflow":  {1000, "", 1, 20 * time.Second},
		"seconds":      {0, "7", 0, 7 * time.Second},
		"and a little": {0, "7", 0.5, 7100 * time.Millisecond},
		"date":         {0, now.Add(9 * time.Second).Format(http.TimeFormat), 0, 9 * time.Second},
		"past date":    {0, now.Add(-time.Hour).Format(http.TimeFormat), 0, 0},
		"bounded":      {0, "86400", 0, 5 * time.Minute},
		"negative":     {0, "-5", 1, 200 * time.Millisecond},
		"nonsense":     {0, "soon", 1, 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp := &http.Response{Header: http.Header{"Retry-After": {tc.after}}}
			equal(t, "wait", r.wait(tc.n, resp, now, tc.random), tc.want)
		})
	}
	equal(t, "without an answer", r.wait(1, nil, now, 1), 400*time.Millisecond)
}

func TestRetry_readsUntilAnswered(t *testing.T) {
	t.Parallel()
	s := of(reply{Err: io.EOF}, reply{Status: 502, Body: "<html>"}, refuse(400, "ServiceUnavailable", "x"), ok(`{"InstanceCount":4}`))
	c, clk := client(t, s)
	n, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	if n != 4 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	equal(t, "waits", len(clk.Slept), 3)
}

func TestRetry_signsEachAttemptAnew(t *testing.T) {
	t.Parallel()
	s := of(reply{Status: 429, Header: http.Header{"Retry-After": {"60"}}}, ok(`{"InstanceCount":4}`))
	c, _ := client(t, s, WithRetries(3, 0, 0))
	if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
		t.Fatal(err)
	}
	equal(t, "first", s.Got[0].Header.Get("X-Amz-Date"), "20260302T090000Z")
	equal(t, "second", s.Got[1].Header.Get("X-Amz-Date"), "20260302T090100Z")
	equal(t, "body", s.Got[1].Body, s.Got[0].Body)
}

func TestRetry_givesUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  string
	}{
		"refusals": {refuse(503, "RequestLimitExceeded", "slow down"),
			"kec DescribeKecInventory: gave up after 4 tries in 0s: DescribeKecInventory: RequestLimitExceeded: slow down (request id req-1, HTTP 503)"},
		"HTML": {reply{Status: 502, Body: "<html>"},
			"kec DescribeKecInventory: gave up after 4 tries in 0s: DescribeKecInventory: answered with HTML, not JSON (HTTP 502)"},
		"network": {reply{Err: reset},
			"kec DescribeKecInventory: kec.api.ksyun.com: gave up after 4 tries in 0s: read tcp: connection reset by peer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.reply)
			c, _ := client(t, s)
			_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "requests", len(s.Got), 4)
		})
	}
}

// The wait doubles as long as it stays below the longest, however small it begins.
func TestRetry_waitOfLongRows(t *testing.T) {
	t.Parallel()
	r := retries{max: 100, minWait: 1, maxWait: time.Hour}
	for n, want := range map[int]time.Duration{0: 1, 1: 2, 31: 1 << 31, 32: time.Hour, 41: time.Hour, 64: time.Hour} {
		equal(t, fmt.Sprint("attempt ", n), r.wait(n, nil, time.Time{}, 1), want)
	}
	r = retries{max: 100, minWait: 1 << 40, maxWait: 1 << 62}
	equal(t, "as long as the longest", r.wait(22, nil, time.Time{}, 1), 1<<62)
	equal(t, "an overflow", r.wait(24, nil, time.Time{}, 1), 1<<62)
}

// A call that its context ends says how far it came: nothing was sent, it was on the wire, or what
// ended the last try before.
func TestRetry_endedByTheContext(t *testing.T) {
	t.Parallel()
	const head = "kec DescribeKecInventory: kec.api.ksyun.com: context canceled "
	for want, tc := range map[string]struct {
		replies []reply
		at      int // the request that is interrupted; -1 before all of them
		wait    int // the wait that is; 0 for none
	}{
		"before anything was sent": {[]reply{ok(`{}`)}, -1, 0},
		"during try 1":             {[]reply{{Err: context.Canceled}}, 0, 0},
		"during try 3":             {[]reply{{Status: 502}, {Err: io.EOF}, {Err: context.Canceled}}, 2, 0},
		"after 1 try in 0s, the last of which ended with: HTTP 502":                        {[]reply{{Status: 502}}, 0, 0},
		"after 2 tries in 0s, the last of which ended with: Throttling (HTTP 400)":         {[]reply{{Status: 502}, refuse(400, "Throttling", "x")}, 1, 0},
		"after 1 try in 0s, the last of which ended with: RequestLimitExceeded (HTTP 503)": {[]reply{refuse(503, "RequestLimitExceeded", "x")}, 9, 1},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.at < 0 {
				cancel()
			}
			s := &script{Answer: func(n int, _ sent) reply {
				if n == tc.at {
					cancel()
				}
				return tc.replies[min(n, len(tc.replies)-1)]
			}}
			clk, waits := newClock(), 0
			c, _ := client(t, s, WithClock(clk.Now, func(ctx context.Context, d time.Duration) error {
				if waits++; waits == tc.wait {
					cancel()
				}
				return clk.Sleep(ctx, d)
			}))
			out := c.Send(ctx, inventory())
			equal(t, "error", fmt.Sprint(out.Err), head+want)
			equal(t, "is the context's", errors.Is(out.Err, context.Canceled), true)
			equal(t, "requests", len(s.Got), map[bool]int{true: min(tc.at+1, len(tc.replies)), false: 0}[tc.at >= 0])
		})
	}
}

// An answer from KEC that is no transient failure is counted, and a service is known to be out of
// reach by none having come.
func TestAnswers_counts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service Service
		reply   reply
		want    uint64
	}{
		"an answer": {KEC, ok(`{}`), 1}, "a refusal": {KEC, refuse(400, "C", "m"), 1}, "a state": {KEC, refuse(500, "OrderStateNotSupported", "m"), 1},
		"a gateway": {KEC, reply{Status: 502}, 0}, "throttling": {KEC, reply{Status: 429}, 0}, "nothing": {KEC, reply{Err: io.EOF}, 0},
		"another service": {Tag, ok(`{}`), 0},
	} {
		c, _ := client(t, of(tc.reply))
		what := inventory()
		what.Service = tc.service
		_ = c.Send(t.Context(), what)
		equal(t, name, c.Answers(), tc.want)
	}
}
