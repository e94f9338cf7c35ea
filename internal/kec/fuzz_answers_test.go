package kec

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kectest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// answering is a client to which every request is answered alike.
func answering(tb testing.TB, status int, header http.Header, body string) (*Client, *fakeClock) {
	tb.Helper()
	clk := newClock()
	c, err := New("cn-beijing-6", testKeys, ksyun.WithRate(0), ksyun.WithRetries(1, 0, 0), ksyun.WithClock(clk.Now, clk.Sleep),
		ksyun.WithHTTPTransport(kectest.Step(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})))
	if err != nil {
		tb.Fatal(err)
	}
	return c, clk
}

// Every reader of lists, and every way of saying yes and no.
func FuzzAnswers(f *testing.F) {
	for _, a := range kectest.Answers {
		f.Add(200, a)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		c, _ := answering(t, status, nil, body)
		ctx := t.Context()
		tags, e1 := c.ListTagsByResourceIds(ctx, "i-1", "i-2")
		if e1 == nil && len(tags) != 2 {
			t.Errorf("%q: tags of %d instances", body, len(tags))
		}
		subnets, e2 := c.DescribeSubnets(ctx, "s-1")
		_, e3 := c.DescribeSubnets(ctx)
		_, e4 := c.DescribeSecurityGroups(ctx, "g-1")
		for _, s := range subnets {
			if !strings.EqualFold(s.ID, "s-1") {
				t.Errorf("%q: subnet %q", body, s.ID)
			}
		}
		prices, e5 := c.DescribeSpotPriceHistory(ctx, "N3.2B", "z", 3)
		for i, p := range prices {
			if p.At.Location() != time.UTC || i > 0 && p.At.Before(prices[i-1].At) {
				t.Errorf("%q: prices %v", body, prices)
			}
			_ = p.Spot.String() + p.OnDemand.String()
		}
		_, e6 := c.DescribeKecInventory(ctx, "N3.2B", "z")
		_, e7 := c.DescribeImages(ctx, "x")
		_, e8 := c.DescribeInstanceTypeConfigs(ctx, "N3.2B")
		e9 := terminated(c, "i-1")
		e10 := c.StartInstances(ctx, "i-1")
		e11 := c.ReplaceResourcesTags(ctx, "i-1", nil)
		e12 := c.SetInstanceResourceProtect(ctx, "i-1", true)
		e13 := c.UpdateInstanceProjectId(ctx, "i-1", 0)
		errs := []error{e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13}
		kectest.NoBugs(t, errs...)
		if status < 200 || status > 299 {
			for i, err := range errs {
				if err == nil {
					t.Errorf("call %d took %d %q for a yes", i+1, status, body)
				}
			}
		}
	})
}
