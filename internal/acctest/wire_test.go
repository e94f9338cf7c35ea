package acctest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// The client and the simulator share no code, so that here each checks the
// other: the client's signer is a library's, the verifier is the simulator's own.
func TestWire_signaturesAreVerified(t *testing.T) {
	t.Parallel()
	good := ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey}
	temporary := ksyun.Credentials{AccessKey: "AKLTtemporary", SecretKey: "temporary-secret", SecurityToken: "to/ken+="}
	for _, c := range []struct {
		name   string
		keys   ksyun.Credentials
		skew   time.Duration
		tamper func(*http.Request)
		want   string // the code of the refusal, "" if the request must pass
	}{
		{name: "good keys", keys: good},
		{name: "temporary keys", keys: temporary},
		{name: "a clock 14 minutes off", keys: good, skew: 14 * time.Minute},
		{name: "an unknown key", keys: ksyun.Credentials{AccessKey: "AKLTnobody", SecretKey: kecsim.SecretKey}, want: "InvalidAccessKeyId"},
		{name: "a wrong secret", keys: ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: "wrong"}, want: "SignatureDoesNotMatch"},
		{name: "a missing token", keys: ksyun.Credentials{AccessKey: "AKLTtemporary", SecretKey: "temporary-secret"}, want: "InvalidSecurityToken"},
		{name: "a clock 16 minutes fast", keys: good, skew: 16 * time.Minute, want: "RequestTimeTooSkewed"},
		{name: "a clock 16 minutes slow", keys: good, skew: -16 * time.Minute, want: "RequestTimeTooSkewed"},
		{name: "a changed body", keys: good, want: "SignatureDoesNotMatch", tamper: func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body = bytes.Replace(body, []byte("MaxResults="), []byte("MaxResults=1"), 1)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}},
		{name: "a changed action", keys: good, want: "SignatureDoesNotMatch", tamper: func(r *http.Request) {
			r.URL.RawQuery = "Action=TerminateInstances&Version=2016-03-04"
		}},
		{name: "a changed signed header", keys: good, want: "SignatureDoesNotMatch", tamper: func(r *http.Request) {
			r.Header.Set("X-Amz-Date", time.Now().UTC().Add(time.Minute).Format("20060102T150405Z"))
		}},
		{name: "no signature", keys: good, want: "MissingAuthenticationToken", tamper: func(r *http.Request) { r.Header.Del("Authorization") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))
			sim.AddKey("AKLTtemporary", "temporary-secret", "to/ken+=")
			server := httptest.NewServer(sim)
			t.Cleanup(server.Close)
			client, err := kec.New(kecsim.Region, c.keys,
				ksyun.WithEndpoints(ksyun.Endpoints{KEC: server.URL, Trade: server.URL, VPC: server.URL, Tag: server.URL, IAM: server.URL}),
				ksyun.WithRetries(0, 0, 0),
				ksyun.WithClock(func() time.Time { return time.Now().Add(c.skew) }, func(context.Context, time.Duration) error { return nil }),
				ksyun.WithHTTPTransport(tampering{http.DefaultTransport, c.tamper}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.DescribeInstances(t.Context(), []string{"1a5ce000-0000-4000-8000-000000000001"}, nil)
			got := ""
			var refusal *ksyun.Error
			if errors.As(err, &refusal) {
				got = refusal.Code
			}
			if got != c.want || (err == nil) != (c.want == "") {
				t.Errorf("refused with %q (%v), want %q", got, err, c.want)
			}
		})
	}
}

// tampering changes a request after it was signed.
type tampering struct {
	next   http.RoundTripper
	tamper func(*http.Request)
}

func (t tampering) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.tamper != nil {
		r = r.Clone(r.Context())
		t.tamper(r)
	}
	return t.next.RoundTrip(r)
}

// Each call of the client is understood by the simulator, and the other way
// round. An action whose name or parameters the client gets wrong would be
// refused: the simulator rejects what it does not know.
func TestWire_everyActionIsUnderstood(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		ksyun.WithEndpoints(ksyun.Endpoints{KEC: server.URL, Trade: server.URL, VPC: server.URL, Tag: server.URL, IAM: server.URL}),
		ksyun.WithRate(0), ksyun.WithClock(sim.Now, sim.Sleep))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()

	run := client.RunInstances(ctx, map[string][]string{
		"ImageId": {kecsim.ImageUbuntu}, "InstanceType": {"N3.2B"}, "SubnetId": {kecsim.SubnetA}, "SecurityGroupId.1": {kecsim.SecurityGroup},
		"MinCount": {"1"}, "MaxCount": {"1"}, "ChargeType": {"Spot"}, "SpotStrategy": {"SpotWithPriceLimit"}, "SpotPriceLimit": {"0.05"},
		"Tag.1.Key": {"名称"}, "Tag.1.Value": {"a b+c~*%"}, "InstanceName": {"工人 1"},
	})
	if run.Err != nil {
		t.Fatal(run.Err)
	}
	in, err := machines.New(client).WaitActive(ctx, run.IDs[0])
	if err != nil {
		t.Fatal(err)
	}
	if in.Name != "工人 1" || in.SpotPriceLimit.String() != "0.05" || in.Zone != kecsim.ZoneA || in.State != "active" {
		t.Errorf("the instance is %+v", in)
	}
	tags, err := client.ListTagsByResourceIds(ctx, run.IDs[0])
	if err != nil || tags[run.IDs[0]]["名称"] != "a b+c~*%" {
		t.Errorf("tags %v, %v", tags, err)
	}
	subnets, err := client.DescribeSubnets(ctx, kecsim.SubnetA)
	if err != nil || len(subnets) != 1 || subnets[0].Zone != kecsim.ZoneA || *subnets[0].FreeIPs != 249 {
		t.Errorf("subnets %+v, %v", subnets, err)
	}
	groups, err := client.DescribeSecurityGroups(ctx, kecsim.SecurityGroup2, kecsim.SecurityGroup, kecsim.SecurityGroupOther)
	wantGroups := []kec.SecurityGroup{{ID: kecsim.SecurityGroup, VPCID: kecsim.VPC}, {ID: kecsim.SecurityGroup2, VPCID: kecsim.VPC}}
	if err != nil || !reflect.DeepEqual(groups, wantGroups) {
		t.Errorf("security groups %+v, %v, want %+v", groups, err, wantGroups)
	}
	for _, id := range []string{kecsim.ImageBroken, strings.TrimPrefix(kecsim.ImageBroken, "IMG-")} {
		images, err := client.DescribeImages(ctx, id)
		created := time.Date(2026, 1, 15, 8, 0, 0, 0, time.UTC)
		want := []kec.Image{{
			ID: kecsim.ImageBroken, Name: "half-uploaded", State: "error", Platform: "ubuntu-24.04", Type: "custom", SizeGB: 20, Created: &created,
		}}
		if err != nil || !reflect.DeepEqual(images, want) {
			t.Errorf("image %s: %+v, %v, want %+v", id, images, err, want)
		}
	}
	if images, err := client.DescribeImages(ctx, "IMG-0d000000-0000-4000-8000-00000000dead"); err != nil || len(images) != 0 {
		t.Errorf("an unknown image: %+v, %v", images, err)
	}
	sim.SellOutDisk(kecsim.ZoneC, "EHDD", true)
	sim.SellOutDisk(kecsim.ZoneA, "EHDD", true)
	types, err := client.DescribeInstanceTypeConfigs(ctx, "N3.2B")
	if err != nil || len(types) != 1 {
		t.Fatalf("instance types %+v, %v, want one", types, err)
	}
	config := types[0]
	if got, want := fmt.Sprint(config.Name, config.Family, *config.VCPUs, config.MemoryGB, *config.GPUs, config.Zones, config.SoldOut),
		fmt.Sprint("N3.2B", "N3", 2, 4, 0, []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC}, map[string][]string{"EHDD": {kecsim.ZoneA, kecsim.ZoneC}}); got != want {
		t.Errorf("instance type %s, want %s", got, want)
	}
	if d := config.DataDisks[1]; d.Type != "EHDD" || *d.MinSizeGB != 10 || *d.MaxSizeGB != 16000 || *d.Max != 8 || config.SystemDiskTypes[1] != "SSD3.0" {
		t.Errorf("disks %+v, %v", config.DataDisks, config.SystemDiskTypes)
	}
	if types, err := client.DescribeInstanceTypeConfigs(ctx, "N9.2B"); err != nil || len(types) != 0 {
		t.Errorf("an unknown instance type: %+v, %v", types, err)
	}
	prices, err := client.DescribeSpotPriceHistory(ctx, "N3.2B", kecsim.ZoneA, 3)
	if err != nil || len(prices) == 0 || prices[len(prices)-1].Spot.String() != "0.0393" || prices[len(prices)-1].OnDemand.String() != "0.1965" {
		t.Errorf("prices %+v, %v", prices, err)
	}
	if n, err := client.DescribeKecInventory(ctx, "N3.2B", kecsim.ZoneA); err != nil || n != 49 {
		t.Errorf("%d in stock, %v, want 49", n, err)
	}
	order, err := client.QueryOrderInfo(ctx, sim.OrderOf(run.IDs[0]))
	if err != nil || order.Status != 1 || len(order.SubOrders) != 1 || order.SubOrders[0].InstanceID != run.IDs[0] {
		t.Errorf("order %+v, %v", order, err)
	}
	records, err := client.QueryInstances(ctx, 2, run.IDs[0])
	if err != nil || len(records) != 1 || records[0].Status != 2 {
		t.Errorf("billing records %+v, %v", records, err)
	}
	if err := machines.New(client).Terminate(ctx, run.IDs[0]); err != nil {
		t.Fatal(err)
	}
	sim.Advance(time.Minute)
	if _, err := machines.New(client).Find(ctx, run.IDs[0], nil); !errors.Is(err, machines.ErrGone) {
		t.Errorf("after the end: %v, want ErrGone", err)
	}
}

// Where sources disagree on how KEC writes an answer, the client reads each of the ways: ids of
// tags as numbers, Return as text or boolean, and JSON where another caller would get XML.
// Throttling is waited out in each of its spellings.
func TestWire_disputedAnswersAreRead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*kecsim.Settings){
		"plain": func(*kecsim.Settings) {}, "XML unless asked": func(s *kecsim.Settings) { s.XML = true },
		"Return as boolean": func(s *kecsim.Settings) { s.ReturnAsBoolean = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			sim.Update(change)
			server := httptest.NewServer(sim)
			t.Cleanup(server.Close)
			client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
				ksyun.WithEndpoints(ksyun.Endpoints{KEC: server.URL, Trade: server.URL, VPC: server.URL, Tag: server.URL, IAM: server.URL}),
				ksyun.WithClock(sim.Now, sim.Sleep))
			if err != nil {
				t.Fatal(err)
			}
			id := sim.AddInstance(kecsim.Instance{ChargeType: "Spot", Tags: map[string]string{"env": "test"}})
			for _, fault := range []kecsim.Fault{kecsim.TooManyRequests, kecsim.TooManyRequestsJSON, kecsim.BandwidthExceeded, kecsim.BandwidthExceededJSON} {
				sim.FailNext("ListTagsByResourceIds", fault, 1)
				tags, err := client.ListTagsByResourceIds(t.Context(), id)
				if got := fmt.Sprint(tags, err); got != "map["+id+":map[env:test]] <nil>" {
					t.Errorf("tags after %d: %s", fault.Status, got)
				}
			}
			at := kecsim.DefaultStart.Add(time.Hour)
			if err := client.ModifyInstanceAutoDeleteTime(t.Context(), id, &at, nil); err != nil {
				t.Error(err)
			}
			if in, _ := sim.Instance(id); !in.AutoDeleteTime.Equal(at) {
				t.Errorf("automatic deletion at %s, want %s", in.AutoDeleteTime, at)
			}
			err = client.ReplaceResourcesTags(t.Context(), kecsim.VPC, map[string]string{"env": "prod"})
			if err == nil || !strings.Contains(err.Error(), "names \""+kecsim.VPC+"\", which does not exist") {
				t.Errorf("a refusal is read as %v", err)
			}
		})
	}
}
