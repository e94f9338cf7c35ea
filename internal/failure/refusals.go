package failure

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// refusalTTL is how long a refusal answers for launches like it.
const refusalTTL = 30 * time.Second

// Refusals remembers what KEC has just refused to sell, for one process of the
// provider: for half a minute, launches that KEC would refuse alike are not sent.
// Only a plain no of RunInstances to an instance type or a bid counts. A launch
// that was accepted and failed later is none: KEC had taken it, its cause is often
// only inferred, and its clean-up gives back what it held.
//
// Being asked once too often costs KEC a request; not being asked may cost the user
// a machine. So whatever may have changed KEC's mind forgets the refusal. It is
// safe for concurrent use.
type Refusals struct {
	explainer *Explainer

	mu     sync.Mutex
	known  []*refused
	zones  map[string]string // of subnets, as far as an explanation has told them
	ending int               // how many instances are being terminated
	ended  time.Time         // when the last one was
}

// NewRefusals returns a memory that holds nothing yet.
func NewRefusals(explainer *Explainer) *Refusals {
	return &Refusals{explainer: explainer, zones: map[string]string{}}
}

// refused is a launch that KEC has refused.
type refused struct {
	launch    market.Launch
	at        time.Time
	failure   Failure       // by what KEC's answer says
	explained chan struct{} // closed once what follows is known
	offer     market.Offer  // what KEC offered then
	others    int           // which other bids are refused too: -1 lower ones, 1 higher ones, 0 none
}

// Attempt is one launch that may be sent.
type Attempt struct {
	refusals *Refusals
	launch   market.Launch
	begun    time.Time
}

// Begin starts a launch. It is one to send, or it is refused in KEC's stead: then the
// failure is that of the launch KEC has refused, with this one's own numbers.
func (r *Refusals) Begin(ctx context.Context, launch market.Launch) (*Attempt, *Failure) {
	for {
		r.mu.Lock()
		k := r.find(launch)
		if k == nil {
			r.mu.Unlock()
			return &Attempt{r, launch, r.explainer.client.Now()}, nil
		}
		r.mu.Unlock()
		select {
		case <-k.explained: // which may have shown that it stands no more
		case <-ctx.Done():
			return &Attempt{r, launch, time.Time{}}, nil // and the one who sends it tells that it is too late
		}
		if f, ok := r.repeat(k, launch); ok {
			return nil, &f
		}
	}
}

// find returns the refusal that answers for a launch.
func (r *Refusals) find(launch market.Launch) *refused {
	now := r.explainer.client.Now()
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
	if launch.InstanceType != k.launch.InstanceType || launch.SubnetID != k.launch.SubnetID && (zone == "" || zone != r.zone(k.launch)) {
		return false
	}
	if k.failure.Code == OutOfStock {
		return true
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

// repeat is the known refusal as the failure of a launch that was not sent; false if
// it has been forgotten, or does not cover the launch after all.
func (r *Refusals) repeat(k *refused, launch market.Launch) (Failure, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.find(launch) != k {
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
		ago(r.explainer.client.Now().Sub(k.at)), who), f.Facts)
	f.Note = "Nothing was sent for this instance; the next apply asks KEC again."
	return f, true
}

// ago says how long something is past.
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

// Refused explains the error of a launch that was sent. If it is a plain no, launches
// like it are not sent from now on.
func (a *Attempt) Refused(ctx context.Context, err error) Failure {
	k := a.remember(Of(err))
	if k != nil {
		defer close(k.explained)
	}
	f, o := a.refusals.explainer.explainRefusal(ctx, err, a.launch)
	a.settle(k, f, o)
	return f
}

// remember keeps a refusal, unless one like it is known. One that was sent while, or
// soon after, an instance was terminated says nothing: nobody knows when exactly KEC
// has its place to sell again.
func (a *Attempt) remember(f Failure) *refused {
	r := a.refusals
	k := &refused{launch: a.launch, at: r.explainer.client.Now(), failure: f, explained: make(chan struct{})}
	switch {
	case f.Action != "RunInstances":
		return nil
	case f.Code == OutOfStock && !nested(f.Param): // else it is a type of disk
	case f.Code == PriceBelowMarket && a.launch.PriceLimit != nil:
		k.others = -1
	case f.Code == PriceAboveOnDemand && a.launch.PriceLimit != nil:
		k.others = 1
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

// settle holds a refusal against its explanation, which may come from KEC's offer
// of a moment later.
func (a *Attempt) settle(k *refused, f Failure, o market.Offer) {
	r := a.refusals
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.Subnet.Value != nil && o.Zone != "" {
		r.zones[a.launch.SubnetID] = o.Zone
	}
	if f.contradicts(o, a.launch) {
		r.forget(a.launch, r.explainer.client.Now())
	}
	if k == nil {
		return
	}
	k.offer = o
	switch {
	case o.Quote.Value == nil: // KEC's one code for both ends of the range does not tell which it is
		k.others = 0
	case f.Code == PriceBelowMarket:
		k.others = -1
	case f.Code == PriceAboveOnDemand:
		k.others = 1
	}
}

// Accepted notes that KEC has taken the launch, and so would take others that it
// had refused before this one was sent. One that was under way at the same time as
// a refused one may have had the last place.
func (a *Attempt) Accepted() {
	a.refusals.mu.Lock()
	defer a.refusals.mu.Unlock()
	a.refusals.forget(a.launch, a.begun)
}

// forget drops what has answered for a launch until then.
func (r *Refusals) forget(launch market.Launch, until time.Time) {
	r.known = slices.DeleteFunc(r.known, func(k *refused) bool { return !k.at.After(until) && r.covers(k, launch) })
}

// Ending notes that an instance is being terminated; the result notes that this is
// over, well or not: KEC may have accepted what ended with an error. All is forgotten,
// because what one type gives back may serve another.
func (r *Refusals) Ending() (over func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ending++
	r.known = nil
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ending--
		r.ended = r.explainer.client.Now()
	}
}
