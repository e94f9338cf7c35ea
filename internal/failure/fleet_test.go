package failure

import (
	"errors"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// batch is one request for so many of the small type in a subnet.
func batch(subnet string, n int64) market.Launch {
	launch := orderOf(subnet, "")
	launch.Count = n
	return launch
}

// A batch that KEC refuses is explained as so many launches, and answers for other batches.
func TestRefusals_aBatchIsSoManyLaunches(t *testing.T) {
	t.Parallel()
	sim, r := soldOut(t)
	f := begin(t, r, batch(kecsim.SubnetA, 40)).Refused(t.Context(), errSoldOut)
	wantEqual(t, "summary", f.Summary, "Out of stock: 40 wanted, 0 available")
	wantEqual(t, "facts", f.Facts, "40 N3.2B in cn-beijing-6a were ordered; KEC can open 0 there now. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
	wantEqual(t, "why", f.Why(), "Out of stock: 40 wanted, 0 available.")

	sim.Advance(12 * time.Second)
	_, again := r.Begin(t.Context(), batch(kecsim.SubnetA, 15))
	if again == nil {
		t.Fatal("the second is sent")
	}
	wantEqual(t, "the second", again.Summary, "Out of stock: 15 wanted, 0 available")
	wantEqual(t, "its facts", again.Facts, "KEC was not asked again: 12 seconds ago it refused a launch like this one, with the words and the request id below. "+
		"15 N3.2B in cn-beijing-6a were ordered; KEC can open 0 there now. In cn-beijing-6b it can open 50, in cn-beijing-6c 50.")
	wantEqual(t, "its note", again.Note, "Nothing was sent for these 15 instances; the next apply asks KEC again.")
	wantEqual(t, "its why", again.Why(), "Out of stock: 15 wanted, 0 available.")

	_, two := r.Begin(t.Context(), batch(kecsim.SubnetA, 2))
	wantEqual(t, "the note of two", two.Note, "Nothing was sent for these 2 instances; the next apply asks KEC again.")

	onDemand := batch(kecsim.SubnetA, 15)
	onDemand.OnDemand = true
	wantEqual(t, "pay-as-you-go is sent", sent(t, r, onDemand), true)
}

// KEC opens what fits, so stock for one machine contradicts the refusal of a batch.
func TestRefusals_stockForOneContradictsABatch(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 1)
	r := NewRefusals(explainerOf(t, sim))
	f := begin(t, r, batch(kecsim.SubnetA, 40)).Refused(t.Context(), errSoldOut)
	wantEqual(t, "facts", f.Facts, "There is stock again: KEC can open 1 N3.2B in cn-beijing-6a now.")
	wantEqual(t, "why", f.Why(), `Out of stock: "InstanceType N3.2B is sell out".`)
	wantEqual(t, "the next is sent", sent(t, r, batch(kecsim.SubnetA, 40)), true)
}

// A line of a table has the numbers of each cause, or KEC's words.
func TestFailure_why(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*kecsim.Server)
		bid   string
		err   error
		want  string
	}{
		"a bid": {
			func(sim *kecsim.Server) { sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.0801", "0.1965") }, "0.05", errPrice,
			"The limit 0.05 is below the market price 0.0801.",
		},
		"a bid that is good again": {
			func(*kecsim.Server) {}, "0.05", errPrice,
			`KEC refused the spot price limit, which is within the prices now: "SpotPriceLimit is out of range".`,
		},
		"addresses": {
			func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) }, "", refusal("SubnetIpNotEnough", "no free address", ""),
			"Too few free addresses in subnet " + kecsim.SubnetA + ": 40 wanted, 0 free.",
		},
		"quota": {
			func(*kecsim.Server) {}, "", refusal("InstanceQuotaExceeded", "MinCount 1 exceeds the instance quota: 0 of 10 left", ""),
			`The account's instance quota is used up: "MinCount 1 exceeds the instance quota: 0 of 10 left".`,
		},
		"no answer": {func(*kecsim.Server) {}, "", errors.New("connection refused"), "KEC could not be reached."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			c.world(sim)
			launch := orderOf(kecsim.SubnetA, c.bid)
			launch.Count = 40
			f := begin(t, NewRefusals(explainerOf(t, sim)), launch).Refused(t.Context(), c.err)
			wantEqual(t, "why", f.Why(), c.want)
		})
	}
}

// What KEC offers after a batch of which it has opened a part tells what was short.
func TestExplainer_fewer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world func(*kecsim.Server)
		want  string
	}{
		"stock": {
			func(sim *kecsim.Server) { sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 0) }, "Out of stock: 15 wanted, 0 available.",
		},
		"addresses": {
			func(sim *kecsim.Server) { sim.SetSubnetFree(kecsim.SubnetA, 0) },
			"Too few free addresses in subnet " + kecsim.SubnetA + ": 15 wanted, 0 free.",
		},
		"the bid": {
			func(sim *kecsim.Server) { sim.SetPrice(kecsim.ZoneA, kecsim.TypeSmall, "0.18", "0.1965") }, "The limit 0.15 is below the market price 0.18.",
		},
		"nothing that can be seen": {
			func(*kecsim.Server) {}, "KEC gave no reason. It has stock and addresses now, so the account's quota or balance may be used up.",
		},
		"a look-up that fails": {
			func(sim *kecsim.Server) { sim.FailNext("DescribeKecInventory", kecsim.Denied, 9) },
			"KEC gave no reason. Stock, addresses, or the account's quota or balance may be used up.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			e := explainerOf(t, sim)
			if _, err := e.run.Stock(t.Context(), kecsim.TypeSmall, kecsim.ZoneA); err != nil { // of before the launch
				t.Fatal(err)
			}
			c.world(sim)
			missing := orderOf(kecsim.SubnetA, "0.15")
			missing.Count = 15
			wantEqual(t, "why", e.Fewer(t.Context(), missing), c.want)
		})
	}
}

// What a batch takes of what was given back is no longer waited for, by the machine.
func TestRefusals_aBatchTakesWhatItOpens(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	r := NewRefusals(explainerOf(t, sim))
	quota := refusal("InstanceQuotaExceeded", "MinCount 1 exceeds the instance quota", "")
	for range 3 {
		r.Ending(batch(kecsim.SubnetA, 0))(nil)
	}
	next := begin(t, r, batch(kecsim.SubnetA, 40))
	wantEqual(t, "held", next.Held(quota), true)
	begin(t, r, batch(kecsim.SubnetA, 40)).Accepted(2)
	wantEqual(t, "held after two", next.Held(quota), true)
	begin(t, r, batch(kecsim.SubnetA, 40)).Accepted(1)
	wantEqual(t, "held after three", next.Held(quota), false)
}

func TestFleet(t *testing.T) {
	t.Parallel()
	f := Fleet(FleetTooDear, "", "40 machines cost up to 3.3 CNY an hour; the ceiling is 3.2.", "Nothing was ordered.")
	wantEqual(t, "message", f.Summary+"\n"+f.Detail(nil), "The machines cost more than max_hourly_cost\n"+
		"40 machines cost up to 3.3 CNY an hour; the ceiling is 3.2.\n\n"+
		"Raise max_hourly_cost, lower the limits of the candidates, or order fewer machines.\n\n"+
		"Nothing was ordered.\n\nCode: FleetTooDear\nRetry: after a change")
	f = FleetOfPlan("Too few", "x", "", []market.Shortfall{{Lookup: "DescribeKecInventory"}, {Lookup: "DescribeSubnets"}, {Lookup: "DescribeKecInventory"}})
	wantEqual(t, "of a plan", f.Detail(nil), "x\n\n"+CauseOf(FleetShort).Remedy+"\n\nCode: FleetShort (preflight, DescribeKecInventory, DescribeSubnets)\nRetry: later")
}
