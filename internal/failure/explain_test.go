package failure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
)

// clientOf is a client in a simulated world, on its clock, which stands still until
// the test advances it.
func clientOf(t *testing.T, sim *kecsim.Server) *kec.Client {
	t.Helper()
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		ksyun.WithHTTPTransport(sim.Transport()), ksyun.WithRate(0), ksyun.WithRetries(0, 0, 0), ksyun.WithClock(sim.Now, sim.Sleep))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// explainerOf explains what happens in the simulator.
func explainerOf(t *testing.T, sim *kecsim.Server) *Explainer {
	t.Helper()
	client := clientOf(t, sim)
	return NewExplainer(client, market.NewSnapshot(client))
}

// refusal is what RunInstances says, with a request id of its own.
func refusal(code, words, request string) error {
	return &ksyun.Error{Action: "RunInstances", Code: code, Message: words, RequestID: request, Status: 400}
}

// orderOf is a launch of the small type; a bid of "" follows the market.
func orderOf(subnet, bid string) market.Launch {
	launch := market.Launch{InstanceType: kecsim.TypeSmall, SubnetID: subnet}
	if bid != "" {
		limit := decimal.RequireFromString(bid)
		launch.PriceLimit = &limit
	}
	return launch
}

// attributes is the table of what remedies name.
func attributes() param.Table {
	var t param.Table
	t.Root("instance_type", "InstanceType", types.StringNull())
	t.Root("subnet_id", "SubnetId", types.StringNull())
	t.Root("spot_price_limit", "SpotPriceLimit", types.NumberNull())
	return t
}

func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func TestExplainer_aMomentAsksOnce(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	e := explainerOf(t, sim)
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			f, _ := e.explainRefusal(t.Context(), refusal("ProductSellOutInvalid", "sell out", fmt.Sprint("r", i)), orderOf(kecsim.SubnetA, ""))
			wantEqual(t, "summary", f.Summary, "Out of stock: 1 wanted, 0 available")
			wantEqual(t, "facts", f.Facts, "1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
			wantEqual(t, "request", f.RequestID, fmt.Sprint("r", i))
		})
	}
	all.Wait()
	wantEqual(t, "look-ups", len(sim.Calls()), 5) // subnet, stock, type, two other zones
}

func TestExplainer_asksAnewAfterAWhile(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	e := explainerOf(t, sim)
	for _, step := range []struct {
		passes  time.Duration
		price   string
		lookUps int
	}{{0, "0.0801", 2}, {snapshotTTL - time.Second, "0.0801", 2}, {time.Second, "0.0901", 4}} {
		sim.Advance(step.passes)
		sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, step.price, "")
		f, _ := e.explainRefusal(t.Context(), refusal("SpotPriceLimitInvalid", "out of range", ""), orderOf(kecsim.SubnetA, "0.05"))
		if want := "costs " + step.price + " CNY"; !strings.Contains(f.Facts, want) {
			t.Errorf("%s: %q, want %q", step.passes, f.Facts, want)
		}
		wantEqual(t, "look-ups", len(sim.Calls()), step.lookUps)
	}
}

// The stock of the other zone was told as a way out; then that is gone too.
func TestExplainer_whatIsAtOddsIsAskedAgain(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	e := explainerOf(t, sim)
	soldOut := refusal("ProductSellOutInvalid", "sell out", "")
	if f, _ := e.explainRefusal(t.Context(), soldOut, orderOf(kecsim.SubnetA, "")); !strings.Contains(f.Facts, "In cn-beijing-6b it can open 50") {
		t.Error(f.Facts)
	}
	sim.SellOut(kecsim.ZoneB, kecsim.TypeSmall)
	for range 3 {
		f, _ := e.explainRefusal(t.Context(), soldOut, orderOf(kecsim.SubnetB, ""))
		wantEqual(t, "facts", f.Facts, "1 N3.2B in cn-beijing-6b was ordered; KEC can open 0 there now. In cn-beijing-6c it can open 50.")
	}
	sim.SetStock(kecsim.ZoneB, kecsim.TypeSmall, 7)
	sim.Advance(snapshotTTL)
	f, _ := e.explainRefusal(t.Context(), soldOut, orderOf(kecsim.SubnetB, ""))
	wantEqual(t, "facts", f.Facts, "There is stock again: KEC can open 7 N3.2B in cn-beijing-6b now.")
}

// Nobody waits for numbers that no message shows: what no look-up can bear out asks for nothing.
func TestExplainer_asksNothingThatIsNotUsed(t *testing.T) {
	t.Parallel()
	launch := orderOf(kecsim.SubnetA, "0.05")
	launch.ImageID = kecsim.ImageUbuntu
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"not sent":             {fmt.Errorf("%w: EOF", machines.ErrNotSent), 0},
		"outcome unknown":      {fmt.Errorf("%w: EOF", machines.ErrOutcomeUnknown), 0},
		"unreachable":          {errors.New("connection refused"), 0},
		"interrupted":          {fmt.Errorf("RunInstances: %w", context.Canceled), 0},
		"too late":             {fmt.Errorf("RunInstances: %w", context.DeadlineExceeded), 0},
		"an unusable answer":   {&ksyun.Error{Action: "RunInstances", Status: 502, Unusable: true}, 0},
		"a back end":           {&ksyun.Error{Action: "RunInstances", Code: "INTERNAL_FAILURE", Status: 500}, 0},
		"a reason of its own":  {refusal("MoonPhase", "the moon is full", ""), 0},
		"quota":                {refusal("InstanceQuotaExceeded", "", ""), 0},
		"balance":              {refusal("Payment.InsufficientBalance", "", ""), 0},
		"the quota of EIPs":    {refusal("EipQuotaExceeded", "", ""), 0},
		"a secondary's subnet": {&ksyun.Error{Action: "RunInstances", Code: "SubnetIpNotEnough", Param: "NetworkInterface.1.SubnetId", Status: 400}, 0},
		"the bid":              {errPrice, 2}, // the zone's subnet, and the price
		"addresses":            {refusal("SubnetIpNotEnough", "", ""), 1},
		"the image":            {refusal("ImageIdInvalid", "", ""), 1},
		"stock":                {errSoldOut, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965")
			e := explainerOf(t, sim)
			e.explainRefusal(t.Context(), c.err, launch)
			wantEqual(t, "look-ups", len(sim.Calls()), c.want)
		})
	}
}

// Other zones are asked about where there is nothing left, and not where there is.
func TestExplainer_asksElsewhere(t *testing.T) {
	t.Parallel()
	for stock, want := range map[int]int{0: 5, 1: 2, 2: 2} { // the subnet and its stock; and the type, and two other zones
		sim := kecsim.New()
		sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, stock)
		_, o := explainerOf(t, sim).explainRefusal(t.Context(), errSoldOut, orderOf(kecsim.SubnetA, ""))
		wantEqual(t, fmt.Sprint("look-ups with a stock of ", stock), len(sim.Calls()), want)
		wantEqual(t, "other zones", len(o.Elsewhere), map[bool]int{true: 2, false: 0}[stock == 0])
	}
}

// A refused limit that is within today's prices is not called too low beside numbers that say it is
// not.
func TestExplainer_aLimitWithinThePrices(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965")
	f, _ := explainerOf(t, sim).explainRefusal(t.Context(), errPrice, orderOf(kecsim.SubnetA, "0.1"))
	wantEqual(t, "summary", f.Summary, "KEC refused the spot price limit, which is within the prices now")
	wantEqual(t, "code", f.Code, PriceBelowMarket)
	wantEqual(t, "remedy", f.RemedyText(attributes()), "Apply again, or leave spot_price_limit out to follow the market.")
	if want := "N3.2B in cn-beijing-6a costs 0.0801 CNY per hour now (on-demand 0.1965); the limit is 0.1."; !strings.HasPrefix(f.Facts, want) {
		t.Error(f.Facts)
	}
}
