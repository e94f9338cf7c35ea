package kec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A service that answers nothing but 503 gets 1.1 requests per call over 1000 calls, whichever 503 it is.
func TestBudget_sparesAServiceInTrouble(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]reply{
		"gateway": {status: 503, body: "<html>"}, "throttling": refuse(503, "RequestLimitExceeded", "x"), "no answer": {err: io.EOF},
		"no connection": {err: refusedDial},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(r)
			c, _ := client(t, s, WithRetries(8, time.Millisecond, 4*time.Millisecond), WithRate(0))
			var err error
			for range 1000 {
				_, err = c.FindInstance(t.Context(), "i-1", nil)
			}
			equal(t, "requests", len(s.got), 1100)
			if err == nil || errors.Is(err, ErrGone) || !strings.Contains(err.Error(),
				"gave up after 1 try in 0s, because too many calls have failed of late and the budget of repetitions is used up: ") {
				t.Errorf("got %v", err)
			}
			s.replies = []reply{set("active", "i-1")}
			for range 4 {
				if _, err := c.FindInstance(t.Context(), "i-1", nil); err != nil {
					t.Fatal(err)
				}
			}
			s.replies, s.got = []reply{r}, nil
			_, _ = c.FindInstance(t.Context(), "i-1", nil)
			equal(t, "requests once four were answered", len(s.got), 3)
		})
	}
}

// Random throttling of a fifth of all attempts is ridden out, for 1.25 requests per call.
func TestBudget_ridesOutThrottling(t *testing.T) {
	t.Parallel()
	for share, limit := range map[float64]float64{0.2: 1.35, 0.3: 1.5} {
		random := rand.New(rand.NewPCG(5, 1))
		s := &script{answer: func(int, sent) reply {
			if random.Float64() < share {
				return reply{status: 429}
			}
			return set("active", "i-1")
		}}
		c, _ := client(t, s, WithRetries(8, time.Millisecond, 4*time.Millisecond))
		const needed = 2000
		for range needed {
			if _, err := c.FindInstance(t.Context(), "i-1", nil); err != nil {
				t.Fatal(err)
			}
		}
		ratio := float64(len(s.got)) / needed
		t.Logf("%.0f %% throttled: %.3f requests per call", share*100, ratio)
		if ratio > limit {
			t.Errorf("%.0f %% throttled: %.3f requests per call, want at most %.2f", share*100, ratio, limit)
		}
	}
}

// A wait that the deadline would cut short is not begun. The error says so, and keeps the cause.
func TestRetry_doesNotSleepIntoTheDeadline(t *testing.T) {
	t.Parallel()
	date := time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC).Format(http.TimeFormat) // a minute after the bubble's start
	for name, tc := range map[string]struct {
		reply reply
		want  string
		code  string
	}{
		"seconds": {reply{status: 429, body: `{"Error":{"Code":"Throttling"}}`, header: http.Header{"Retry-After": {"60"}}},
			"kec DescribeKecInventory: gave up after 1 try in 0s, because the next try would come after the deadline: " +
				"DescribeKecInventory: Throttling (HTTP 429)", "Throttling"},
		"date": {reply{status: 503, body: `{"Error":{"Code":"RequestLimitExceeded"}}`, header: http.Header{"Retry-After": {date}}},
			"kec DescribeKecInventory: gave up after 1 try in 0s, because the next try would come after the deadline: " +
				"DescribeKecInventory: RequestLimitExceeded (HTTP 503)", "RequestLimitExceeded"},
		"without an answer": {reply{err: io.EOF},
			"kec DescribeKecInventory: kec.api.ksyun.com: gave up after 1 try in 0s, because the next try would come after the deadline: EOF", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := of(tc.reply)
				minWait := 200 * time.Millisecond
				if tc.reply.err != nil {
					minWait = 1000 * time.Hour // the jitter makes it less, but hardly less than a few seconds
				}
				c, err := New("cn-beijing-6", testKeys, WithHTTPTransport(s), WithRetries(8, minWait, minWait))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				_, err = c.DescribeKecInventory(ctx, "N3.2B", "z")
				equal(t, "error", fmt.Sprint(err), tc.want)
				equal(t, "is a deadline", errors.Is(err, context.DeadlineExceeded), true)
				equal(t, "requests", len(s.got), 1)
				equal(t, "the deadline has passed", ctx.Err() != nil, false)
				e, _ := errors.AsType[*Error](err)
				equal(t, "keeps the refusal", e != nil && e.Code == tc.code, tc.code != "")
				equal(t, "keeps the cause", errors.Is(err, io.EOF), tc.code == "")
			})
		})
	}
}
