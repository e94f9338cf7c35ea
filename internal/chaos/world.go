package chaos

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// newWorld is a simulator on the bubble's own clock.
func newWorld(seed uint64) *kecsim.Server {
	sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))
	sim.Seed(seed)
	sim.SetQuota(1000)
	sim.SetBalance("100000")
	return sim
}

// link is the connection of one process. It breaks when the process is killed.
type link struct {
	http.RoundTripper
	ctx    context.Context //nolint:containedctx // the life of a process
	end    context.CancelFunc
	panics atomic.Int64 // how many launches end in a panic
	crash  *crash       // the exchange in which the process is killed, nil for none
}

// crash kills a process in its n-th exchange with KEC: as it sends the request, or, where it is
// carried out, before it hears the answer.
type crash struct {
	at         int64
	carriedOut bool
	look       atomic.Bool // the exchange was a look, which changes nothing in KEC
	exchanges  atomic.Int64
	dying      func() // once, as the process is killed
}

// isLook matches the actions that change nothing.
var isLook = regexp.MustCompile(`^(Describe|List|Get|Query)`)

func newLink(sim *kecsim.Server, latency time.Duration) *link {
	l := &link{RoundTripper: sim.Transport(kecsim.WithLatency(latency))}
	l.ctx, l.end = context.WithCancel(context.Background())
	return l
}

func (l *link) sever() {
	if l != nil {
		l.end()
	}
}

// RoundTrip asks the simulator, for as long as the process lives.
func (l *link) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Get("Action") == "RunInstances" && l.panics.Add(-1) >= 0 {
		panic("a mistake made for the test")
	}
	if err := l.ctx.Err(); err != nil {
		return nil, err
	}
	last := l.crash != nil && l.crash.exchanges.Add(1) == l.crash.at
	if last {
		l.crash.look.Store(isLook.MatchString(r.URL.Query().Get("Action")))
	}
	if last && !l.crash.carriedOut {
		return nil, l.die()
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(l.ctx, cancel)()
	resp, err := l.RoundTripper.RoundTrip(r.WithContext(ctx))
	if last {
		if err == nil {
			_ = resp.Body.Close()
		}
		return nil, l.die()
	}
	return resp, err
}

func (l *link) die() error {
	l.crash.dying()
	l.sever()
	return l.ctx.Err()
}

// processes are the options of one process of the provider after another. What each draws is
// repeatable, and each has a link of its own to the simulator; current is that of the latest.
func processes(sim *kecsim.Server, seed uint64, latency time.Duration, current **link) func() []ksyun.Option {
	count := new(atomic.Uint64)
	return func() []ksyun.Option {
		*current = newLink(sim, latency)
		return []ksyun.Option{ksyun.WithSeed(seed<<20 + count.Add(1)), ksyun.WithHTTPTransport(*current)}
	}
}

// faults are the ways in which KEC and the network misbehave. An empty set is none of
// them: two of these are the proof that an instance is gone.
var faults = []kecsim.Fault{
	kecsim.Throttled, kecsim.Throttling, kecsim.ThrottlingException, kecsim.TooManyRequests, kecsim.BandwidthExceeded, kecsim.ThrottledRetryAfter,
	kecsim.ServiceUnavailable, kecsim.InternalFailure, kecsim.Denied, kecsim.HTMLGateway, kecsim.EmptyObject, kecsim.Garbage,
	kecsim.ConnectionLost, kecsim.ConnectionReset, kecsim.SlowToAct, kecsim.AnswerLost, kecsim.AnswerReset, kecsim.AnswerCut, kecsim.SlowAnswer,
	kecsim.InternalFailureAfter, kecsim.HTMLGatewayAfter, kecsim.EmptyObjectAfter, kecsim.DoneLater, kecsim.GatewayDoneLater,
	{Status: 404, ContentType: "text/html", Body: "<html>not found</html>"},
	{Status: 200, Body: `{"RequestId":"r","InstanceCount":0,"InstancesSet":null}`},
	{Code: "InvalidParameterValue", Message: "InstanceId is invalid", Echo: true},
}

var actions = []string{
	"RunInstances", "DescribeInstances", "TerminateInstances", "DescribeInstances", "ListTagsByResourceIds", "ReplaceResourcesTags", "ModifyInstanceAttribute",
	"ModifyNetworkInterfaceAttribute", "*",
}

// looks are the look-ups that lag, as often as they should.
var looks = []string{kecsim.LookByID, kecsim.LookByID, kecsim.LookList, kecsim.LookTags}

// happens is what the world does by itself.
func (h *history) happens(op operation) {
	zones, types := []string{kecsim.ZoneA, kecsim.ZoneB}, []string{"N3.2B", "N3.4B"}
	zone, typ := zones[op.A%2], types[op.B%2]
	machines := h.sim.Instances()
	one := func(do func(id string)) {
		if len(machines) > 0 {
			do(machines[op.A%len(machines)].ID)
		}
	}
	switch op.Kind {
	case "reclaim":
		one(h.sim.Reclaim)
	case "release", "console delete":
		one(h.sim.Release)
	case "console start":
		id := h.sim.AddInstance(kecsim.Instance{Name: "by hand", ChargeType: "Spot", Type: typ, SubnetID: kecsim.SubnetA, ImageID: kecsim.ImageUbuntu})
		h.foreign[id] = true
	case "stock":
		h.sim.SetStock(zone, typ, []int{0, 1, 50}[op.C%3])
	case "price":
		h.sim.SetPrice(zone, typ, []string{"0.0393", "0.09", "0.12"}[op.C%3], "")
	case "fault":
		h.faulty = true
		h.sim.FailNext(actions[op.A%len(actions)], faults[op.B%len(faults)], 1+op.C%3)
	case "calm":
		h.calm()
	case "advance":
		time.Sleep(time.Duration(op.A%120) * time.Minute)
	case "share":
		h.faulty = true
		h.sim.FailShare(actions[op.A%len(actions)], faults[op.B%len(faults)], float64(op.C%40)/100)
	case "throttle":
		h.faulty = true
		h.sim.Throttle(float64(1+op.A%20), 1+op.B%20)
	case "failing launches":
		h.sim.FailLaunches(1+op.A%2, []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible}[op.B%3], "")
	case "visibility":
		after := time.Duration(op.A%60) * time.Second
		if with(withLag) { // a launch is looked for in 90 seconds, and a view lags by up to 45
			after = min(after, 40*time.Second)
		}
		h.sim.Update(func(s *kecsim.Settings) { s.VisibleAfter = after })
	case "lag":
		h.sim.Lag(looks[op.A%len(looks)], float64(1+op.B%4)/4, time.Duration(1+op.C%45)*time.Second)
	case "slow deletion":
		h.slow(op)
	case "refuse to terminate":
		one(func(id string) { h.sim.RefuseTerminate(id, []string{"locked", ""}[op.B%2]) })
	}
}

// calm ends every misbehaviour.
func (h *history) calm() {
	h.faulty = false
	h.sim.ClearFaults()
	h.sim.Throttle(0, 0)
	h.sim.FailLaunches(0, "", "")
	h.sim.Update(func(s *kecsim.Settings) {
		s.VisibleAfter, s.TerminateTime, s.FreeAfter = 3*time.Second, 5*time.Second, 0
	})
	for _, look := range looks {
		h.sim.Lag(look, 0, 0)
	}
	for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
		for _, typ := range []string{"N3.2B", "N3.4B"} {
			h.sim.SetStock(zone, typ, 50)
			h.sim.SetPrice(zone, typ, "0.0393", "")
		}
	}
	for _, in := range h.sim.Instances() {
		h.sim.RefuseTerminate(in.ID, "")
	}
}

// settle applies an address for as long as there is something to do: once.
func (h *history) settle(address string) error {
	h.core.deaf()
	before := h.core.ids()
	var p planned
	if err := h.command(func(ctx context.Context) {
		h.core.bury(ctx, address)
		h.core.refresh(ctx, address)
		if p = h.core.plan(ctx, address, h.wanted[address]); p.action != "none" {
			h.core.apply(ctx, address, p)
			p = h.core.plan(ctx, address, h.wanted[address])
		}
	}); err != nil {
		return err
	}
	if errors := h.core.complaints(); errors != "" {
		if h.forgets(address, errors) {
			return h.settle(address)
		}
		return fmt.Errorf("cannot be applied: %s", errors)
	}
	if p.action != "none" {
		return fmt.Errorf("a second plan wants to %s", p.action)
	}
	return h.check(before, address, false)
}

// forgets takes out of the state a machine that is gone, as the provider asks a user to do where
// there is neither a note of the keys that it was launched with nor a billing record (fact 199).
func (h *history) forgets(address, errors string) bool {
	_, there := h.sim.Instance(h.core.entry(address).id())
	if !h.unbilled || there || !strings.Contains(errors, "take it out of the state with state rm") {
		return false
	}
	h.core.put(address, nil)
	return true
}
