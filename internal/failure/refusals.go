package failure

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// refusalTTL is how long a refusal answers for launches that KEC would refuse alike.
const refusalTTL = 30 * time.Second

// Refusals remembers what KEC has just refused to sell, for one process of the provider. For half
// a minute, launches that KEC would refuse alike are not sent.
//
// Only a refusal by RunInstances for stock or for a bid counts, and only by KEC's own code, not by
// words: words may be about something else. A launch that was accepted and failed later does not
// count: KEC had taken it, its cause is often only inferred, and its clean-up gives back what it
// held.
//
// One request too many costs little; one launch too few may cost the user a machine. So everything
// that may have changed KEC's answer forgets the refusal. It is safe for concurrent use.
//
// All its times are of the local clock, which only goes forward. KEC's time, as this process knows
// it, jumps by seconds whenever an answer tells more of it.
type Refusals struct {
	explainer *Explainer

	mu     sync.Mutex
	known  []*refused
	zones  map[string]string // by subnet, as far as an explanation has shown them
	ending int               // how many instances are being terminated
	ended  time.Time         // when the last termination was over
	freed  freed
}

// NewRefusals returns a memory without refusals.
func NewRefusals(explainer *Explainer) *Refusals {
	return &Refusals{explainer: explainer, zones: map[string]string{}, freed: freed{}}
}

// refused is a launch that KEC has refused.
type refused struct {
	launch    market.Launch
	at        time.Time
	failure   Failure       // by KEC's answer alone
	disk      string        // the type of data disk that is sold out, "" if it is the machine itself
	explained chan struct{} // closed once the fields below are known
	offer     market.Offer  // what KEC offered then
	others    int           // which other bids it covers: -1 lower ones, 1 higher ones, 0 none
}

// Attempt is one launch that may be sent.
type Attempt struct {
	refusals *Refusals
	launch   market.Launch
	begun    time.Time
}

// Begin starts a launch. It returns an attempt to send, or a failure in place of KEC's answer: the
// refusal of a launch like it, with the numbers of this launch.
func (r *Refusals) Begin(ctx context.Context, launch market.Launch) (*Attempt, *Failure) {
	for {
		r.mu.Lock()
		k := r.find(launch)
		if k == nil {
			r.mu.Unlock()
			return &Attempt{r, launch, r.explainer.client.LocalNow()}, nil
		}
		r.mu.Unlock()
		select {
		case <-k.explained: // the explanation may have shown that the refusal is out of date
		case <-ctx.Done():
			return &Attempt{r, launch, time.Time{}}, nil // sending it fails at once, with the context's error
		}
		if f, ok := r.repeat(k, launch); ok {
			return nil, &f
		}
	}
}

// find returns the refusal that covers a launch, nil without one.
func (r *Refusals) find(launch market.Launch) *refused {
	now := r.explainer.client.LocalNow()
	r.known = slices.DeleteFunc(r.known, func(k *refused) bool { return !within(refusalTTL, k.at, now) })
	i := slices.IndexFunc(r.known, func(k *refused) bool { return r.covers(k, launch) })
	if i < 0 {
		return nil
	}
	return r.known[i]
}

// covers tells whether KEC would refuse a launch as it has refused the known one.
func (r *Refusals) covers(k *refused, launch market.Launch) bool {
	zone := r.zone(launch)
	if launch.OnDemand != k.launch.OnDemand { // KEC may keep stock for one kind that it has not for the other
		return false
	}
	if launch.InstanceType != k.launch.InstanceType || launch.SubnetID != k.launch.SubnetID && (zone == "" || zone != r.zone(k.launch)) {
		return false
	}
	if k.failure.Code == OutOfStock {
		return k.disk == "" || slices.Contains(launch.DataDiskTypes, k.disk)
	}
	if launch.PriceLimit == nil {
		return false
	}
	c := launch.PriceLimit.Cmp(*k.launch.PriceLimit)
	return c == 0 || c == k.others
}

func (r *Refusals) zone(launch market.Launch) string {
	if launch.Zone != "" {
		return launch.Zone
	}
	return r.zones[launch.SubnetID]
}

// repeat words a known refusal for a launch that was not sent. It is false if the refusal has been
// forgotten, or does not cover the launch after all.
func (r *Refusals) repeat(k *refused, launch market.Launch) (Failure, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.find(launch) != k {
		return Failure{}, false
	}
	if k.failure.contradicts(k.offer, k.launch) { // "not asked again" is no answer where there is stock
		r.known = slices.DeleteFunc(r.known, func(other *refused) bool { return other == k })
		return Failure{}, false
	}
	f := k.failure
	f.judge(k.offer, launch)
	who := "a launch like this one"
	if k.launch.Name != "" {
		who = fmt.Sprintf("the launch of %q", k.launch.Name)
	}
	if k.failure.Code != OutOfStock {
		who += fmt.Sprintf(" with the limit %s", k.launch.PriceLimit)
	}
	f.Facts = joined(" ", fmt.Sprintf("KEC was not asked again: %s it refused %s, with the words and the request id below.",
		ago(r.explainer.client.LocalNow().Sub(k.at)), who), f.Facts)
	f.Note = "Nothing was sent for this instance; the next apply asks KEC again."
	if n := launch.Machines(); n > 1 {
		f.Note = fmt.Sprintf("Nothing was sent for these %d instances; the next apply asks KEC again.", n)
	}
	return f, true
}

// ago says in words how long ago something was.
func ago(d time.Duration) string {
	switch n := int(d / time.Second); n {
	case 0:
		return "less than a second ago"
	case 1:
		return "1 second ago"
	default:
		return fmt.Sprintf("%d seconds ago", n)
	}
}

// Refused explains the error of a launch that was sent, and remembers a refusal for stock or for a
// bid.
func (a *Attempt) Refused(ctx context.Context, err error) Failure {
	k := a.remember(Of(err))
	if k != nil {
		defer close(k.explained)
	}
	f, o := a.refusals.explainer.explainRefusal(ctx, err, a.launch)
	a.settle(k, f, o)
	return f
}

// remember keeps a refusal, unless one that covers the launch is known. A launch that was sent
// while an instance was terminated, or soon after, is not remembered: it is unknown when KEC can
// sell the place of that instance again.
func (a *Attempt) remember(f Failure) *refused {
	r := a.refusals
	k := &refused{launch: a.launch, at: r.explainer.client.LocalNow(), failure: f, explained: make(chan struct{})}
	switch {
	case f.Action != "RunInstances" || !f.exact:
		return nil
	case f.Code == OutOfStock && !f.aside():
	case f.Code == OutOfStock:
		if k.disk = diskNamed(f.Param, a.launch); k.disk == "" {
			return nil
		}
	case f.Code == PriceBelowMarket && a.launch.PriceLimit != nil: // KEC's only code of a bid; the prices tell which end it is
		k.others = -1
	default:
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ending > 0 || a.begun.Before(r.ended.Add(refusalTTL)) || r.find(a.launch) != nil {
		return nil
	}
	r.known = append(r.known, k)
	return k
}

// diskNamed is the type of the data disk of a launch that a parameter belongs to, "" for any other
// parameter.
func diskNamed(param string, launch market.Launch) string {
	var n int
	if _, err := fmt.Sscanf(strings.ToLower(param), "datadisk.%d", &n); err != nil || n < 1 || n > len(launch.DataDiskTypes) {
		return ""
	}
	return launch.DataDiskTypes[n-1]
}

// settle completes a refusal by its explanation. The explanation shows what KEC offers a moment
// after the refusal, and may contradict it.
func (a *Attempt) settle(k *refused, f Failure, o market.Offer) {
	r := a.refusals
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.Subnet.Value != nil && o.Zone != "" {
		r.zones[a.launch.SubnetID] = o.Zone
	}
	if f.contradicts(o, a.launch) {
		r.forget(a.launch, r.explainer.client.LocalNow())
	}
	if k == nil {
		return
	}
	k.offer = o
	switch {
	case o.Quote.Value == nil: // without prices nothing tells which end of the range it is
		k.others = 0
	case f.Code == PriceBelowMarket:
		k.others = -1
	case f.Code == PriceAboveOnDemand:
		k.others = 1
	}
}

// Accepted notes that KEC has taken the launch, and opens so many machines. It forgets what was
// refused before this launch was sent. A launch that was refused later may have come after this one
// took the last place.
func (a *Attempt) Accepted(machines int) {
	a.refusals.mu.Lock()
	defer a.refusals.mu.Unlock()
	a.refusals.forget(a.launch, a.begun)
	a.refusals.freed.add(a.refusals.holds(a.launch), -machines)
}

// forget drops the refusals up to that time that cover a launch.
func (r *Refusals) forget(launch market.Launch, until time.Time) {
	r.known = slices.DeleteFunc(r.known, func(k *refused) bool { return !k.at.After(until) && r.covers(k, launch) })
}

// Ending notes that an instance is being terminated, and what it holds; the result notes with what
// error this is over. It counts even after an error, because KEC may have terminated the instance
// all the same; then nothing is given back that a launch could wait for. All refusals are
// forgotten, because what one type gives back may serve another.
func (r *Refusals) Ending(of market.Launch) (over func(error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if of.Zone != "" {
		r.zones[of.SubnetID] = of.Zone
	}
	r.ending++
	r.known = nil
	holds := r.holds(of)
	r.freed.add(holds, 1)
	return func(err error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ending--
		r.ended = r.explainer.client.LocalNow()
		if err != nil {
			r.freed.add(holds, -1)
		}
	}
}
