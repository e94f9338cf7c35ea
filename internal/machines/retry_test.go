package machines

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

func TestRetry_neverRepeatsALaunch(t *testing.T) {
	t.Parallel()
	params := url.Values{"InstanceName": {"worker"}, "MinCount": {"1"}, "MaxCount": {"1"}}
	for name, tc := range map[string]struct {
		reply   reply
		unknown bool
	}{
		"EOF":                {reply{Err: io.EOF}, true},
		"cut":                {reply{Err: io.ErrUnexpectedEOF}, true},
		"reset":              {reply{Err: reset}, true},
		"timeout":            {reply{Err: errors.New("no complete answer within 1m0s")}, true},
		"500":                {refuse(500, "INTERNAL_FAILURE", "x"), true},
		"502 HTML":           {reply{Status: 502, Body: "<html>"}, true},
		"ServiceUnavailable": {refuse(400, "ServiceUnavailable", "x"), true},
		"HTML in 200":        {ok("<html>"), true},
		"cut JSON":           {ok(`{"InstancesSet":[{"InstanceId":"i-1"`), true},
		"empty":              {ok(`{}`), true},
		"no id":              {ok(`{"InstancesSet":[{"InstanceId":""}]}`), true},
		"null":               {ok(`{"InstancesSet":null}`), true},
		"id beside an error": {reply{Status: 400, Body: `{"Error":{"Code":"C"},"InstancesSet":[{"InstanceId":"i-1"}]}`}, true},
		"refused":            {refuse(400, "SpotPriceLimitInvalid", "SpotPriceLimit is out of range"), false},
		"refused in 200":     {refuse(200, "SpotPriceLimitInvalid", "x"), false},
		"forbidden HTML":     {reply{Status: 403, Body: "<html>"}, false},
		"redirect":           {reply{Status: 302}, false},
		"not trusted":        {reply{Err: x509.UnknownAuthorityError{}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(tc.reply)
			c, _ := client(t, s, withLaunchTags(func() string { return "m" }))
			_, err := c.RunInstances(t.Context(), params)
			if err == nil {
				t.Fatal("no error")
			}
			equal(t, "requests", len(s.Got), 1)
			equal(t, "outcome unknown", errors.Is(err, ErrOutcomeUnknown), tc.unknown)
			if tc.unknown && !strings.Contains(err.Error(), `KEC may have accepted it, so do not apply again blindly: look for an instance named "worker" with the tag kec-launch-mark = m, `+
				`created since 2026-03-02T09:00:00Z, in the console or with DescribeInstances`) {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, r := range map[string]reply{
		"429": {Status: 429}, "509": {Status: 509, Body: "<html>"}, "503": refuse(503, "RequestLimitExceeded", "x"), "400": refuse(400, "Throttling", "x"),
		"connection refused": {Err: refusedDial}, "DNS": {Err: noSuchHost},
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
			equal(t, "requests", len(s.Got), 4)
		})
	}
	t.Run("throttled, then lost", func(t *testing.T) {
		t.Parallel()
		s := of(reply{Status: 429}, reply{Err: io.EOF})
		c, _ := client(t, s)
		_, err := c.RunInstances(t.Context(), params)
		equal(t, "outcome unknown", errors.Is(err, ErrOutcomeUnknown), true)
		equal(t, "requests", len(s.Got), 2)
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
		equal(t, "requests", len(s.Got), 0)
	})
	t.Run("between", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{Answer: func(n int, _ sent) reply {
			if n == 1 {
				cancel()
			}
			return reply{Status: 429}
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
		s := &script{Answer: func(int, sent) reply { cancel(); return reply{Err: context.Canceled} }}
		c, _ := client(t, s)
		_, err := c.RunInstances(ctx, url.Values{})
		if !errors.Is(err, context.Canceled) || !errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an answer that came counts", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{Answer: func(int, sent) reply { cancel(); return ok(`{"InstancesSet":[{"InstanceId":"i-1"}]}`) }}
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
		c, clk := client(t, s, ksyun.WithRate(0.001))
		if _, err := c.RunInstances(ctx, url.Values{}); err != nil {
			t.Fatal(err)
		}
		clk.LocalSleep = func(ctx context.Context, d time.Duration) error { cancel(); return clk.Sleep(ctx, d) }
		_, err := c.RunInstances(ctx, url.Values{})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "before anything was sent") {
			t.Errorf("got %v", err)
		}
	})
}
