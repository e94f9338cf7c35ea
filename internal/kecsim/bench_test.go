package kecsim

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
)

// The cost of a new world.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New()
	}
}

// repeated sends one signed request over and over. The clock stands still, so that its signature
// stays valid and is made only once.
func repeated(b *testing.B, sim *Server, action, body string) {
	b.Helper()
	me := &testclient.Client{Sim: sim, AccessKey: AccessKey, Secret: SecretKey, Region: Region}
	r := me.Request("kec", action, "2016-03-04", body)
	through := sim.Transport()
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		resp, err := through.RoundTrip(r)
		if err != nil || resp.StatusCode >= 500 || resp.StatusCode == http.StatusForbidden {
			b.Fatal(resp, err)
		}
	}
}

func BenchmarkTransport_describe(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			sim, form := New(), url.Values{}
			for i := range n {
				form.Set(fmt.Sprintf("InstanceId.%d", i+1), sim.AddInstance(Instance{ChargeType: "Spot"}))
			}
			repeated(b, sim, "DescribeInstances", form.Encode())
		})
	}
}

// A dry run of a launch: the widest table of parameters.
func BenchmarkTransport_launch(b *testing.B) {
	form := url.Values{"DryRun": {"true"}, "InstancePassword": {"Secret-123"}, "SystemDisk.DiskType": {"SSD3.0"}, "SystemDisk.DiskSize": {"40"},
		"DataDisk.1.Type": {"SSD3.0"}, "DataDisk.1.Size": {"50"}, "DataDisk.1.DeleteWithInstance": {"true"},
		"InstanceName": {"worker"}, "Tag.1.Key": {"mark"}, "Tag.1.Value": {"m1"}, "Tag.2.Key": {"env"}, "Tag.2.Value": {"prod"}}
	for pair := range slices.Chunk(spot(), 2) {
		form.Set(pair[0], pair[1])
	}
	repeated(b, New(), "RunInstances", form.Encode())
}

// Verifying one signature, without anything around it.
func BenchmarkVerify(b *testing.B) {
	sim := New()
	me := &testclient.Client{Sim: sim, AccessKey: AccessKey, Secret: SecretKey, Region: Region}
	body := "InstanceId.1=" + id(1)
	r := me.Request("kec", "DescribeInstances", "2016-03-04", body)
	b.ReportAllocs()
	for b.Loop() {
		sig, refusal := protocol.ParseSignature(r, r.URL.Query())
		if refusal == nil {
			refusal = sig.Verify(r, r.URL.RawQuery, []byte(body), sim.keys, DefaultStart)
		}
		if refusal != nil {
			b.Fatal(refusal.Message)
		}
	}
}
