package kec

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// canned answers every request with one body.
func canned(b *testing.B, body string) *Client {
	b.Helper()
	c, err := New("cn-beijing-6", ksyun.Credentials{AccessKey: "AKLTbench", SecretKey: "bench"}, ksyun.WithRate(0),
		ksyun.WithHTTPTransport(kectest.Step(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})))
	if err != nil {
		b.Fatal(err)
	}
	return c
}

const benchInstance = `{"InstanceId":"%s","InstanceName":"worker","ProjectId":0,"InstanceType":"N3.2B","ImageId":"IMG-6f2b8d4e",
"InstanceState":{"Name":"active"},"NetworkInterfaceSet":[{"NetworkInterfaceId":"7f1a2f3e","NetworkInterfaceType":"primary",
"SecurityGroupSet":[{"SecurityGroupId":"3a6d0e2b"}]}],"CreationDate":"2026-03-02T09:14:05Z","ChargeType":"Spot","SpotPriceLimit":0.12345,
"SystemDisk":{"DiskType":"SSD3.0","DiskSize":40},"DataDisks":[{"DiskId":"c1e0a1d2","DiskType":"SSD3.0","DiskSize":50,"DeleteWithInstance":true}]}`

// One call from parameters to decoded answer, without a network: encoding,
// signing, decoding.
func BenchmarkDescribeInstances(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			ids, elements := make([]string, n), make([]string, n)
			for i := range n {
				ids[i] = fmt.Sprintf("5b7f0a52-0000-4000-8000-%012d", i)
				elements[i] = fmt.Sprintf(benchInstance, ids[i])
			}
			c := canned(b, fmt.Sprintf(`{"RequestId":"r","InstanceCount":%d,"InstancesSet":[%s]}`, n, strings.Join(elements, ",")))
			b.ReportAllocs()
			for b.Loop() {
				got, err := c.DescribeInstances(b.Context(), ids, nil)
				if err != nil || len(got) != n {
					b.Fatalf("%d instances, %v", len(got), err)
				}
			}
		})
	}
}

// Decoding one instance of an answer.
func BenchmarkDecodeInstance(b *testing.B) {
	raw := json.RawMessage(fmt.Sprintf(benchInstance, "5b7f0a52-0000-4000-8000-000000000001"))
	b.ReportAllocs()
	for b.Loop() {
		if in := decodeInstance(raw); in.ID == "" {
			b.Fatal(in)
		}
	}
}
