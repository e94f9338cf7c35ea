package kec

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	refusedDial = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	noSuchHost  = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "kec.api.ksyun.com"}}
	reset       = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func TestRetry_policy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		outcome              outcome
		read, once, uncertan bool
	}{
		"success":                   {outcome{status: 200}, false, false, false},
		"refusal":                   {outcome{status: 400, code: "InvalidParameterValue"}, false, false, false},
		"quota is no throttling":    {outcome{status: 400, code: "InstanceIdLimitExceeded"}, false, false, false},
		"sold out":                  {outcome{status: 400, code: "ProductSellOutInvalid"}, false, false, false},
		"forbidden":                 {outcome{status: 403, code: "SignatureDoesNotMatch"}, false, false, false},
		"redirect":                  {outcome{status: 302}, false, false, false},
		"429":                       {outcome{status: 429}, true, true, false},
		"RequestLimitExceeded":      {outcome{status: 503, code: "RequestLimitExceeded"}, true, true, false},
		"Throttling":                {outcome{status: 400, code: "Throttling"}, true, true, false},
		"ThrottlingException":       {outcome{status: 400, code: "ThrottlingException"}, true, true, false},
		"TooManyRequestsException":  {outcome{status: 400, code: "TooManyRequestsException"}, true, true, false},
		"SlowDown":                  {outcome{status: 503, code: "SlowDown"}, true, true, false},
		"LimitExceededException":    {outcome{status: 400, code: "LimitExceededException"}, true, true, false},
		"RequestThrottled":          {outcome{status: 400, code: "RequestThrottled"}, true, true, false},
		"throttled, other case":     {outcome{status: 400, code: "REQUESTLIMITEXCEEDED"}, true, true, false},
		"throttled inside a 200":    {outcome{status: 200, code: "Throttling"}, true, true, false},
		"state":                     {outcome{status: 400, code: "InstanceStateNotSupported"}, false, false, false},
		"order state":               {outcome{status: 400, code: "OrderStateNotSupported"}, false, false, false},
		"order refused":             {outcome{status: 400, code: "Payment.CreateOrderFailed"}, false, false, false},
		"trade record, as a 500":    {outcome{status: 500, code: "OperationFailedWithTradeInstanceError"}, false, false, true},
		"509":                       {outcome{status: 509}, true, true, false},
		"509 with a code":           {outcome{status: 509, code: "BandwidthLimitExceeded"}, true, true, false},
		"503 with another code":     {outcome{status: 503, code: "Busy"}, true, false, true},
		"500":                       {outcome{status: 500}, true, false, true},
		"502":                       {outcome{status: 502}, true, false, true},
		"503":                       {outcome{status: 503}, true, false, true},
		"500 with a code":           {outcome{status: 500, code: "INTERNAL_FAILURE"}, true, false, true},
		"ServiceUnavailable in 400": {outcome{status: 400, code: "ServiceUnavailable"}, true, false, true},
		"ServiceTimeout in 400":     {outcome{status: 400, code: "ServiceTimeout"}, true, false, true},
		"ServiceInnerError in 400":  {outcome{status: 400, code: "ServiceInnerError"}, true, false, true},
		"408":                       {outcome{status: 408}, true, false, true},
		"EOF":                       {outcome{err: io.EOF}, true, false, true},
		"cut":                       {outcome{err: io.ErrUnexpectedEOF}, true, false, true},
		"reset":                     {outcome{err: reset}, true, false, true},
		"timeout":                   {outcome{err: &timeoutError{after: time.Second}}, true, false, true},
		"nothing sent":              {outcome{err: refusedDial, unsent: true}, true, true, false},
		"not trusted":               {outcome{err: x509.UnknownAuthorityError{}, unsent: true}, false, false, false},
		"too large":                 {outcome{err: errTooLarge}, false, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			equal(t, "read repeated", tc.outcome.repeatable(false), tc.read)
			equal(t, "launch repeated", tc.outcome.repeatable(true), tc.once)
			equal(t, "outcome uncertain", tc.outcome.uncertain(), tc.uncertan)
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
	s := of(reply{err: io.EOF}, reply{status: 502, body: "<html>"}, refuse(400, "ServiceUnavailable", "x"), ok(`{"InstanceCount":4}`))
	c, clk := client(t, s)
	n, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
	if n != 4 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	equal(t, "waits", len(clk.slept), 3)
}

func TestRetry_signsEachAttemptAnew(t *testing.T) {
	t.Parallel()
	s := of(reply{status: 429, header: http.Header{"Retry-After": {"60"}}}, ok(`{"InstanceCount":4}`))
	c, _ := client(t, s, WithRetries(3, 0, 0))
	if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
		t.Fatal(err)
	}
	equal(t, "first", s.got[0].Header.Get("X-Amz-Date"), "20260302T090000Z")
	equal(t, "second", s.got[1].Header.Get("X-Amz-Date"), "20260302T090100Z")
	equal(t, "body", s.got[1].Body, s.got[0].Body)
}

func TestRetry_givesUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reply reply
		want  string
	}{
		"refusals": {refuse(503, "RequestLimitExceeded", "slow down"),
			"kec DescribeKecInventory: gave up after 4 tries in 0s: DescribeKecInventory: RequestLimitExceeded: slow down (request id req-1, HTTP 503)"},
		"HTML": {reply{status: 502, body: "<html>"},
			"kec DescribeKecInventory: gave up after 4 tries in 0s: DescribeKecInventory: answered with HTML, not JSON (HTTP 502)"},
		"network": {reply{err: reset},
			"kec DescribeKecInventory: kec.api.ksyun.com: gave up after 4 tries in 0s: read tcp: connection reset by peer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.reply)
			c, _ := client(t, s)
			_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			equal(t, "error", fmt.Sprint(err), tc.want)
			equal(t, "requests", len(s.got), 4)
		})
	}
}

func TestRetry_neverRepeatsALaunch(t *testing.T) {
	t.Parallel()
	params := url.Values{"InstanceName": {"worker"}, "MinCount": {"1"}, "MaxCount": {"1"}}
	for name, tc := range map[string]struct {
		reply   reply
		unknown bool
	}{
		"EOF":                {reply{err: io.EOF}, true},
		"cut":                {reply{err: io.ErrUnexpectedEOF}, true},
		"reset":              {reply{err: reset}, true},
		"timeout":            {reply{err: &timeoutError{after: time.Minute}}, true},
		"500":                {refuse(500, "INTERNAL_FAILURE", "x"), true},
		"502 HTML":           {reply{status: 502, body: "<html>"}, true},
		"ServiceUnavailable": {refuse(400, "ServiceUnavailable", "x"), true},
		"HTML in 200":        {ok("<html>"), true},
		"cut JSON":           {ok(`{"InstancesSet":[{"InstanceId":"i-1"`), true},
		"empty":              {ok(`{}`), true},
		"no id":              {ok(`{"InstancesSet":[{"InstanceId":""}]}`), true},
		"null":               {ok(`{"InstancesSet":null}`), true},
		"id beside an error": {reply{status: 400, body: `{"Error":{"Code":"C"},"InstancesSet":[{"InstanceId":"i-1"}]}`}, true},
		"refused":            {refuse(400, "SpotPriceLimitInvalid", "SpotPriceLimit is out of range"), false},
		"refused in 200":     {refuse(200, "SpotPriceLimitInvalid", "x"), false},
		"forbidden HTML":     {reply{status: 403, body: "<html>"}, false},
		"redirect":           {reply{status: 302}, false},
		"not trusted":        {reply{err: x509.UnknownAuthorityError{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.reply)
			c, _ := client(t, s)
			_, err := c.RunInstances(t.Context(), params)
			if err == nil {
				t.Fatal("no error")
			}
			equal(t, "requests", len(s.got), 1)
			equal(t, "outcome unknown", errors.Is(err, ErrOutcomeUnknown), tc.unknown)
			if tc.unknown && !strings.Contains(err.Error(), `KEC may have accepted it, so do not apply again blindly: look for an instance named "worker" `+
				`created since 2026-03-02T09:00:00Z, in the console or with DescribeInstances`) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, r := range map[string]reply{
		"429": {status: 429}, "509": {status: 509, body: "<html>"}, "503": refuse(503, "RequestLimitExceeded", "x"), "400": refuse(400, "Throttling", "x"),
		"connection refused": {err: refusedDial}, "DNS": {err: noSuchHost},
	} {
		t.Run("certainly nothing: "+name, func(t *testing.T) {
			t.Parallel()
			s := of(r, r, ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`))
			c, _ := client(t, s)
			l, err := c.RunInstances(t.Context(), params)
			if l.InstanceID != "i-1" || err != nil {
				t.Errorf("got %v, %v", l, err)
			}
			s = of(r)
			c, _ = client(t, s)
			_, err = c.RunInstances(t.Context(), params)
			if err == nil || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "gave up after 4 tries in 0s") {
				t.Errorf("got %v", err)
			}
			equal(t, "requests", len(s.got), 4)
		})
	}
	t.Run("throttled, then lost", func(t *testing.T) {
		t.Parallel()
		s := of(reply{status: 429}, reply{err: io.EOF})
		c, _ := client(t, s)
		_, err := c.RunInstances(t.Context(), params)
		equal(t, "outcome unknown", errors.Is(err, ErrOutcomeUnknown), true)
		equal(t, "requests", len(s.got), 2)
	})
}

func TestRunInstances_several(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(ok(`{"RequestId":"r","InstancesSet":[{"InstanceId":"i-1"},{"InstanceId":"i-2"},{"InstanceId":"i-1"}]}`)))
	_, err := c.RunInstances(t.Context(), url.Values{})
	equal(t, "error", fmt.Sprint(err),
		"RunInstances: one instance was asked for and 2 were ordered: i-1, i-2; all of them exist and are charged (request id r)")
}

func TestContext_endsACall(t *testing.T) {
	t.Parallel()
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := of(ok(`{}`))
		c, _ := client(t, s)
		_, err := c.RunInstances(ctx, url.Values{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v", err)
		}
		equal(t, "requests", len(s.got), 0)
	})
	t.Run("between", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{answer: func(n int, _ sent) reply {
			if n == 1 {
				cancel()
			}
			return reply{status: 429}
		}}
		c, _ := client(t, s)
		_, err := c.RunInstances(ctx, url.Values{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v", err)
		}
		equal(t, "error", fmt.Sprint(err),
			"kec RunInstances: kec.api.ksyun.com: context canceled after 2 tries in 0s, the last of which ended with: HTTP 429")
	})
	t.Run("on the wire", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{answer: func(int, sent) reply { cancel(); return reply{err: context.Canceled} }}
		c, _ := client(t, s)
		_, err := c.RunInstances(ctx, url.Values{})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an answer that came counts", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{answer: func(int, sent) reply { cancel(); return ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`) }}
		c, _ := client(t, s)
		l, err := c.RunInstances(ctx, url.Values{})
		if l.InstanceID != "i-1" || err != nil {
			t.Errorf("got %v, %v", l, err)
		}
	})
	t.Run("in the queue", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := of(ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`))
		c, clk := client(t, s, WithRate(0.001))
		if _, err := c.RunInstances(ctx, url.Values{}); err != nil {
			t.Fatal(err)
		}
		c.clock.sleep = func(ctx context.Context, d time.Duration) error { cancel(); return clk.sleep(ctx, d) }
		_, err := c.RunInstances(ctx, url.Values{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "before anything was sent") {
			t.Errorf("got %v", err)
		}
	})
}
