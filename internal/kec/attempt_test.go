package kec

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A call that waits for its turn is signed at the time it leaves, and its wait is no part of an attempt's deadline.
func TestPacing_outsideSigning(t *testing.T) {
	t.Parallel()
	s := of(ok(`{"InstanceCount":1}`))
	c, clk := client(t, s, WithRate(0.5), WithRequestTimeout(time.Second))
	for range 2 {
		if _, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z"); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "first", s.got[0].Header.Get("X-Amz-Date"), "20260302T090000Z")
	equal(t, "second", s.got[1].Header.Get("X-Amz-Date"), "20260302T090002Z")
	equal(t, "waits", fmt.Sprint(clk.slept), "[2s]")
	equal(t, "burst", burst(20), 20)
	equal(t, "small burst", burst(0.1), 1)
}

func TestAttempt_limits(t *testing.T) {
	t.Parallel()
	t.Run("size", func(t *testing.T) {
		t.Parallel()
		s := of(ok(`{"InstanceCount":1,"x":"` + strings.Repeat("x", maxBody) + `"}`))
		c, _ := client(t, s)
		_, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
		equal(t, "error", fmt.Sprint(err), "kec DescribeKecInventory: kec.api.ksyun.com: the answer is larger than 16 MiB")
		equal(t, "requests", len(s.got), 1)
	})
	t.Run("time", func(t *testing.T) {
		t.Parallel()
		slow := step(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		c, err := New("cn-beijing-6", testKeys, WithHTTPTransport(slow), WithRetries(1, 0, 0), WithRequestTimeout(time.Millisecond))
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

func TestTransport_overTheNetwork(t *testing.T) {
	t.Parallel()
	var evil atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { evil.Add(1) }))
	t.Cleanup(elsewhere.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		switch r.FormValue("AvailabilityZone") {
		case "redirect":
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		case "cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"InstanceCount":1`)
		default:
			_, _ = io.WriteString(w, `{"InstanceCount":5}`)
		}
	})
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that is to fail
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	opts := []Option{WithEndpoints(Endpoints{KEC: srv.URL}), WithRetries(1, 0, 0)}

	trusting, err := New("cn-beijing-6", testKeys, append(opts, WithRootCA(cert))...)
	if err != nil {
		t.Fatal(err)
	}
	n, err := trusting.DescribeKecInventory(t.Context(), "N3.2B", "a")
	if n != 5 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	_, err = trusting.DescribeKecInventory(t.Context(), "N3.2B", "redirect")
	e, _ := errors.AsType[*Error](err)
	if e == nil || e.Status != 307 || evil.Load() != 0 {
		t.Errorf("redirect: got %v after %d requests elsewhere", err, evil.Load())
	}
	_, err = trusting.DescribeKecInventory(t.Context(), "N3.2B", "cut")
	if err == nil || !strings.Contains(err.Error(), "gave up after 2 tries in ") {
		t.Errorf("cut: got %v", err)
	}

	wary, err := New("cn-beijing-6", testKeys, opts...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = wary.RunInstances(t.Context(), url.Values{})
	if err == nil || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "tries") {
		t.Errorf("untrusted: got %v", err)
	}
	srv.Close()
	_, err = trusting.RunInstances(t.Context(), url.Values{})
	if err == nil || errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), "gave up after 2 tries") {
		t.Errorf("closed: got %v", err)
	}
}

// Without an injected clock the waits are real, and end with their context. The time here is that of a bubble.
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
		if err := sleep(t.Context(), 0); err != nil {
			t.Error(err)
		}
	})
}
