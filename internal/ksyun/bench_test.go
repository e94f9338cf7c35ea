package ksyun

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Signing one request, without anything around it.
func BenchmarkSigning(b *testing.B) {
	const body = "InstanceId.1=5b7f0a52-0000-4000-8000-000000000001"
	sign := signing(step(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
	}), Credentials{AccessKey: "AKLTbench", SecretKey: "bench"}, &clock{now: time.Now}, func(*http.Request) (string, string) { return "kec", "cn-beijing-6" })
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "https://kec.api.ksyun.com/?Action=DescribeInstances&Version=2016-03-04", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		if _, err := sign.RoundTrip(r); err != nil {
			b.Fatal(err)
		}
	}
}
