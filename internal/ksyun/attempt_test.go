package ksyun

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A call that waits for its turn is signed at the time it leaves, and its wait is no part of an
// attempt's deadline.
func TestPacing_outsideSigning(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"InstanceCount":1}`))
	c, clk := client(t, s, WithRate(0.5), WithRequestTimeout(time.Second))
	for range 2 {
		if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "first", s.Got[0].Header.Get("X-Amz-Date"), "20260302T090000Z")
	equal(t, "second", s.Got[1].Header.Get("X-Amz-Date"), "20260302T090002Z")
	equal(t, "waits", fmt.Sprint(clk.Slept), "[2s]")
	equal(t, "burst", burst(20), 20)
	equal(t, "small burst", burst(0.1), 1)
	equal(t, "a part more", burst(1.1), 2)
}

func TestAttempt_limits(t *testing.T) {
	t.Parallel()
	for name, length := range map[string]int64{"size": -1, "size that is announced": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := of(ok(`{"InstanceCount":1,"x":"` + strings.Repeat("x", maxBody) + `"}`))
			of := step(func(r *http.Request) (*http.Response, error) {
				resp, err := s.RoundTrip(r)
				if resp != nil && length < 0 {
					resp.ContentLength = length
				}
				return resp, err
			})
			c, err := connect("cn-beijing-6", WithHTTPTransport(of), WithRetries(1, 0, 0))
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			equal(t, "error", fmt.Sprint(err), "kec DescribeKecInventory: kec.api.ksyun.com: the answer is larger than 16 MiB")
			equal(t, "requests", len(s.Got), 1)
		})
	}
	t.Run("time", func(t *testing.T) {
		t.Parallel()
		slow := step(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		c, err := connect("cn-beijing-6", WithHTTPTransport(slow), WithRetries(1, 0, 0), WithRequestTimeout(time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		if err == nil || !strings.Contains(err.Error(), "gave up after 2 tries in ") || !strings.HasSuffix(err.Error(), ": no complete answer within 1ms") {
			t.Errorf("got %v", err)
		}
		equal(t, "is the caller's deadline", errors.Is(err, context.DeadlineExceeded), false)
	})
}

// Without an injected clock the waits are real, and end with their context. The time here is that
// of a bubble.
func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := sleep(t.Context(), 3*time.Second); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 4*time.Second {
			t.Errorf("got %v after %s", err, time.Since(start))
		}
		for range 20 {
			if err := sleep(t.Context(), 0); err != nil {
				t.Error(err)
			}
			if err := sleep(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		equal(t, "no wait", time.Since(start), 4*time.Second)
	})
}
