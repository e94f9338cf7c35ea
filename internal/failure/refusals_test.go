package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

var (
	errSoldOut = refusal("ProductSellOutInvalid", "InstanceType N3.2B is sell out", "KEC-1")
	errPrice   = refusal("SpotPriceLimitInvalid", "SpotPriceLimit is out of range", "KEC-2")
)

// soldOut is a world that sells no more of the small type in zone A, and the memory
// of a provider in it.
func soldOut(t *testing.T) (*kecsim.Server, *Refusals) {
	t.Helper()
	sim := kecsim.New()
	sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	return sim, NewRefusals(explainerOf(t, sim))
}

// begin starts a launch that must be sent.
func begin(t *testing.T, r *Refusals, launch market.Launch) *Attempt {
	t.Helper()
	attempt, f := r.Begin(t.Context(), launch)
	if f != nil {
		t.Fatalf("not sent: %s", f.Detail(attributes()))
	}
	return attempt
}

// sent tells whether a launch is to be sent.
func sent(t *testing.T, r *Refusals, launch market.Launch) bool {
	t.Helper()
	_, f := r.Begin(t.Context(), launch)
	return f == nil
}

func TestRefusals_oneNoAnswersForLaunchesLikeIt(t *testing.T) {
	t.Parallel()
	sim, r := soldOut(t)
	first := orderOf(kecsim.SubnetA, "")
	first.Name = "worker-7"
	f := begin(t, r, first).Refused(t.Context(), errSoldOut)
	evidence := "\n\nCode: OutOfStock\nKEC: \"InstanceType N3.2B is sell out\" (ProductSellOutInvalid), RunInstances, request KEC-1\nRetry: later"
	facts := "1 N3.2B in cn-beijing-6a was ordered; KEC can open 0 there now. In cn-beijing-6b it can open 50, in cn-beijing-6c 50."
	remedy := "\n\nChoose another instance_type, or a subnet_id in another zone, or try again later."
	wantEqual(t, "the first", f.Detail(attributes()), facts+remedy+evidence)

	sim.Advance(12 * time.Second)
	asked := len(sim.Calls())
	_, again := r.Begin(t.Context(), orderOf(kecsim.SubnetA, "0.05"))
	if again == nil {
		t.Fatal("the second is sent")
	}
	wantEqual(t, "the second", again.Detail(attributes()), `KEC was not asked again: 12 seconds ago it refused the launch of "worker-7", with the words and the request id below. `+
		facts+remedy+"\n\nNothing was sent for this instance; the next apply asks KEC again."+evidence)
	wantEqual(t, "its summary", again.Summary, f.Summary)
	wantEqual(t, "its parameter", again.Param, f.Param)
	wantEqual(t, "more requests", len(sim.Calls())-asked, 0)

	other := first
	other.InstanceType = "N3.4B"
	wantEqual(t, "another type is sent", sent(t, r, other), true)
	wantEqual(t, "another zone is sent", sent(t, r, orderOf(kecsim.SubnetB, "")), true)
}

// Two subnets of one zone have one stock, as soon as it is known that they are.
func TestRefusals_theZoneCounts(t *testing.T) {
	t.Parallel()
	_, r := soldOut(t)
	const more = kecsim.SubnetReserve
	begin(t, r, orderOf(kecsim.SubnetA, "")).Refused(t.Context(), errSoldOut)
	wantEqual(t, "sent where the zone is unknown", sent(t, r, orderOf(more, "")), true)
	full := begin(t, r, market.Launch{InstanceType: "N3.4B", SubnetID: more})
	full.Refused(t.Context(), refusal("SubnetIpNotEnough", "no free address", ""))
	wantEqual(t, "sent where it is known", sent(t, r, orderOf(more, "")), false)
}

func TestRefusals_bids(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, bid   string
		err         error
		arrange     func(*kecsim.Server)
		sent, spare []string // bids that are sent after it, and those that are not
	}{
		{"below the market", "0.05", errPrice, nil, []string{"", "0.0501", "0.3"}, []string{"0.05", "0.050", "0.01"}},
		{"above the price on demand", "0.3", errPrice, nil, []string{"", "0.05", "0.1", "0.2999"}, []string{"0.3", "0.5"}},
		{"the price is right again", "0.1", errPrice, nil, []string{"", "0.05", "0.1", "0.3"}, nil},
		{"prices cannot be had", "0.05", errPrice, func(sim *kecsim.Server) {
			sim.FailNext("DescribeSpotPriceHistory", kecsim.Denied, 1)
		}, []string{"", "0.04", "0.06"}, []string{"0.05"}},
		{"no bid at all", "", errPrice, nil, []string{"", "0.05", "0.1"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965")
			if c.arrange != nil {
				c.arrange(sim)
			}
			r := NewRefusals(explainerOf(t, sim))
			begin(t, r, orderOf(kecsim.SubnetA, c.bid)).Refused(t.Context(), c.err)
			for _, bid := range c.sent {
				wantEqual(t, "sent with "+bid, sent(t, r, orderOf(kecsim.SubnetA, bid)), true)
			}
			for _, bid := range c.spare {
				wantEqual(t, "sent with "+bid, sent(t, r, orderOf(kecsim.SubnetA, bid)), false)
			}
		})
	}
}

// A launch with a lower bid is told its own numbers, and the bid that was refused.
func TestRefusals_aBidIsToldItsOwnNumbers(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965")
	r := NewRefusals(explainerOf(t, sim))
	begin(t, r, orderOf(kecsim.SubnetA, "0.05")).Refused(t.Context(), errPrice)
	_, f := r.Begin(t.Context(), orderOf(kecsim.SubnetA, "0.04"))
	if f == nil {
		t.Fatal("it is sent")
	}
	wantEqual(t, "code", f.Code, PriceBelowMarket)
	want := "KEC was not asked again: less than a second ago it refused a launch like this one with the limit 0.05, with the words and the request id below. " +
		"N3.2B in cn-beijing-6a costs 0.0801 CNY per hour now (on-demand 0.1965); the limit is 0.04."
	if !strings.HasPrefix(f.Facts, want) {
		t.Errorf("facts:\n got %s\nwant %s", f.Facts, want)
	}
	wantEqual(t, "remedy", f.RemedyText(attributes()), "Raise spot_price_limit to at least 0.0801, or leave it out to follow the market.")
}

func TestRefusals_onlyAPlainNoCounts(t *testing.T) {
	t.Parallel()
	of := func(e ksyun.Error) error { return &e }
	for name, err := range map[string]error{
		"quota":            refusal("InstanceQuotaExceeded", "MinCount 1 exceeds the instance quota", ""),
		"subnet":           refusal("SubnetIpNotEnough", "no free address", ""),
		"not offered":      refusal("ChargeTypeNotSupported", "", ""),
		"throttled":        refusal("RequestLimitExceeded", "", ""),
		"a disk":           of(ksyun.Error{Action: "RunInstances", Code: "ProductSellOutInvalid", Param: "DataDisk.1.Type", Status: 400}),
		"no permission":    of(ksyun.Error{Action: "RunInstances", Code: "ProductSellOutInvalid", Status: http.StatusForbidden}),
		"another action":   of(ksyun.Error{Action: "DescribeInstances", Code: "ProductSellOutInvalid", Status: 400}),
		"not usable":       of(ksyun.Error{Action: "RunInstances", Message: "sold out", Status: 502, Unusable: true}),
		"unknown outcome":  fmt.Errorf("%w: %w", machines.ErrOutcomeUnknown, errSoldOut),
		"no connection":    errors.New("sold out"),
		"the user's break": context.Canceled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := soldOut(t)
			begin(t, r, orderOf(kecsim.SubnetA, "0.05")).Refused(t.Context(), err)
			wantEqual(t, "the next is sent", sent(t, r, orderOf(kecsim.SubnetA, "0.05")), true)
		})
	}
	_, r := soldOut(t)
	begin(t, r, orderOf(kecsim.SubnetA, "")).Refused(t.Context(), refusal("Odd", "库存不足", ""))
	wantEqual(t, "sent after KEC's words alone", sent(t, r, orderOf(kecsim.SubnetA, "")), true)
}

func TestRefusals_whatForgets(t *testing.T) {
	t.Parallel()
	launch := orderOf(kecsim.SubnetA, "")
	for _, c := range []struct {
		name string
		do   func(sim *kecsim.Server, r *Refusals, early *Attempt) // early was begun before the refusal
		want bool                                                  // the next is sent
	}{
		{"nothing", func(*kecsim.Server, *Refusals, *Attempt) {}, false},
		{"29 seconds", func(sim *kecsim.Server, _ *Refusals, _ *Attempt) { sim.Advance(refusalTTL - time.Second) }, false},
		{"30 seconds", func(sim *kecsim.Server, _ *Refusals, _ *Attempt) { sim.Advance(refusalTTL) }, true},
		{"a launch sent before it that was accepted", func(_ *kecsim.Server, _ *Refusals, early *Attempt) { early.Accepted(1) }, false},
		{"a launch sent after it that was accepted", func(_ *kecsim.Server, r *Refusals, _ *Attempt) {
			other := orderOf(kecsim.SubnetReserve, "") // of the same zone, which is not known yet
			attempt := begin(t, r, other)
			r.zones[other.SubnetID] = kecsim.ZoneA
			attempt.Accepted(1)
		}, true},
		{"another type that was accepted", func(_ *kecsim.Server, r *Refusals, _ *Attempt) {
			begin(t, r, market.Launch{InstanceType: "N3.4B", SubnetID: kecsim.SubnetA}).Accepted(1)
		}, false},
		{"an instance being terminated", func(_ *kecsim.Server, r *Refusals, early *Attempt) {
			r.Ending(market.Launch{})
			early.Refused(t.Context(), errSoldOut)
		}, true},
		{"an instance terminated", func(_ *kecsim.Server, r *Refusals, _ *Attempt) { r.Ending(market.Launch{})(nil) }, true},
		{"a no from before the termination", func(_ *kecsim.Server, r *Refusals, early *Attempt) {
			r.Ending(market.Launch{})(nil)
			early.Refused(t.Context(), errSoldOut)
		}, true},
		{"a no from soon after the termination", func(sim *kecsim.Server, r *Refusals, _ *Attempt) {
			r.Ending(market.Launch{})(nil)
			sim.Advance(refusalTTL - time.Second)
			soon := begin(t, r, launch)
			sim.Advance(time.Minute)
			soon.Refused(t.Context(), errSoldOut)
		}, true},
		{"a no from long after the termination", func(sim *kecsim.Server, r *Refusals, _ *Attempt) {
			r.Ending(market.Launch{})(nil)
			sim.Advance(refusalTTL)
			begin(t, r, launch).Refused(t.Context(), errSoldOut)
		}, false},
		{"new stock that a later no has shown", func(sim *kecsim.Server, _ *Refusals, early *Attempt) {
			sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 3)
			sim.Advance(snapshotTTL)
			early.Refused(t.Context(), errSoldOut)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, r := soldOut(t)
			early := begin(t, r, launch)
			sim.Advance(time.Second)
			begin(t, r, launch).Refused(t.Context(), errSoldOut)
			c.do(sim, r, early)
			wantEqual(t, "the next is sent", sent(t, r, launch), c.want)
		})
	}
}

// A clock that is set back by an hour must not keep a refusal for that hour.
func TestRefusals_aClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	var mu sync.Mutex
	var back time.Duration
	client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
		ksyun.WithHTTPTransport(sim.Transport()), ksyun.WithRetries(0, 0, 0), ksyun.WithClock(func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return sim.Now().Add(-back)
		}, sim.Sleep))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRefusals(NewExplainer(client, market.NewSnapshot(client)))
	begin(t, r, orderOf(kecsim.SubnetA, "")).Refused(t.Context(), errSoldOut)
	mu.Lock()
	back = time.Hour
	mu.Unlock()
	wantEqual(t, "the next is sent", sent(t, r, orderOf(kecsim.SubnetA, "")), true)
}

// KEC's time, as an answer tells it, may be three seconds ahead of ours once and not the next time.
// What came after a refusal comes after it all the same.
func TestRefusals_aServiceClockThatJumps(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SellOut(kecsim.ZoneA, kecsim.TypeSmall)
	client := clientOf(t, sim)
	r := NewRefusals(NewExplainer(client, market.NewSnapshot(client)))
	ahead := func(d time.Duration) {
		sim.SetClockOffset(d)
		if _, err := client.DescribeInstances(t.Context(), nil, nil); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "KEC is ahead by", client.Now().Sub(client.LocalNow()), d)
	}
	ahead(3 * time.Second)
	begin(t, r, orderOf(kecsim.SubnetA, "")).Refused(t.Context(), errSoldOut)
	ahead(0)
	sim.Advance(time.Second)
	wantEqual(t, "the next is sent after a no", sent(t, r, orderOf(kecsim.SubnetA, "")), false)

	sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 3)
	sim.Advance(refusalTTL)
	ahead(3 * time.Second)
	again := begin(t, r, orderOf(kecsim.SubnetA, ""))
	sim.SetClockOffset(0) // as the explanation will learn, which shows that there is stock
	again.Refused(t.Context(), errSoldOut)
	ahead(3 * time.Second)
	wantEqual(t, "the next is sent after stock was seen", sent(t, r, orderOf(kecsim.SubnetA, "")), true)
}

// A launch that comes while the first no is being looked into waits for what that
// shows: the numbers, or that there is stock again.
func TestRefusals_waitForTheExplanation(t *testing.T) {
	t.Parallel()
	for _, stock := range []int{0, 9} {
		t.Run(fmt.Sprint(stock), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))
				sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, stock)
				client, err := kec.New(kecsim.Region, ksyun.Credentials{AccessKey: kecsim.AccessKey, SecretKey: kecsim.SecretKey},
					ksyun.WithHTTPTransport(sim.Transport(kecsim.WithLatency(time.Second))), ksyun.WithRate(0), ksyun.WithRetries(0, 0, 0))
				if err != nil {
					t.Fatal(err)
				}
				r := NewRefusals(NewExplainer(client, market.NewSnapshot(client)))
				launch := orderOf(kecsim.SubnetA, "")
				first := begin(t, r, launch)
				var all sync.WaitGroup
				all.Go(func() { first.Refused(t.Context(), errSoldOut) })
				synctest.Wait()
				start := time.Now()

				brief, cancel := context.WithTimeout(t.Context(), time.Second/2)
				defer cancel()
				if _, f := r.Begin(brief, launch); f != nil || time.Since(start) != time.Second/2 {
					t.Errorf("one who leaves is told %v after %s", f, time.Since(start))
				}
				for range 9 {
					all.Go(func() {
						switch _, f := r.Begin(t.Context(), launch); {
						case stock > 0 && f != nil:
							t.Errorf("there is stock, and it is not sent: %s", f.Detail(attributes()))
						case stock == 0 && (f == nil || !strings.Contains(f.Facts, "In cn-beijing-6b it can open 50")):
							t.Errorf("told %v", f)
						}
					})
				}
				all.Wait()
				if took := time.Since(start); took < time.Second || took > 5*time.Second {
					t.Errorf("all are told after %s", took)
				}
			})
		})
	}
}

// "KEC was not asked again" is never said beside "there is stock again", however the times of the
// refusal and of its explanation compare.
func TestRefusals_neverBesideStock(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		launch market.Launch
	}{
		"stock": {errSoldOut, orderOf(kecsim.SubnetA, "")},
		"a bid": {errPrice, orderOf(kecsim.SubnetA, "0.1")},
	} {
		sim := kecsim.New()
		sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965")
		r := NewRefusals(explainerOf(t, sim))
		a := begin(t, r, c.launch)
		k := a.remember(Of(c.err))
		k.at = k.at.Add(time.Second) // by a clock that was set back since
		f, o := r.explainer.explainRefusal(t.Context(), c.err, c.launch)
		a.settle(k, f, o)
		close(k.explained)
		sim.Advance(2 * time.Second)
		wantEqual(t, name+": the next is sent", sent(t, r, c.launch), true)
	}
}
