package failure

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// snapshotTTL is how long one set of look-ups serves: what fails at the same moment is
// explained by the same numbers.
const snapshotTTL = 5 * time.Second

// Explainer explains launches and orders that came to nothing, for one process of
// the provider. Explanations of the same moment share their look-ups, so that a
// crowd with one trouble asks no more than one of it. It is safe for concurrent
// use.
type Explainer struct {
	client *kec.Client

	mu     sync.Mutex
	open   *market.Snapshot // the one in use, or nil
	opened time.Time        // by the client's clock
}

// NewExplainer returns an explainer that has asked nothing yet.
func NewExplainer(client *kec.Client) *Explainer { return &Explainer{client: client} }

// snapshot is the one that the explanations of this moment share. It is a new one if
// the current one is what the caller finds too old (nil: any will do).
func (e *Explainer) snapshot(tooOld *market.Snapshot) *market.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.client.Now()
	if e.open == nil || e.open == tooOld || !within(snapshotTTL, e.opened, now) {
		e.open, e.opened = market.NewSnapshot(e.client), now
	}
	return e.open
}

// current is the snapshot in use, nil without one.
func (e *Explainer) current() *market.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open
}

// within tells whether less than d has passed. A clock that has been set back tells
// nothing.
func within(d time.Duration, since, now time.Time) bool {
	passed := now.Sub(since)
	return passed >= 0 && passed < d
}

// explainRefusal explains why RunInstances refused the launch. Where stock, price or
// addresses are the matter it asks for today's numbers; a look-up that fails
// leaves them out. Numbers that are at odds with the refusal count only if they
// were asked for after it.
func (e *Explainer) explainRefusal(ctx context.Context, err error, launch market.Launch) (Failure, market.Offer) {
	f, before := Of(err), e.current()
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	o := offerOf(ctx, e.snapshot(nil), launch, f.Code)
	if f.contradicts(o, launch) {
		o = offerOf(ctx, e.snapshot(before), launch, f.Code)
	}
	f.judge(o, launch)
	return f, o
}

// Accepted is a launch that KEC has accepted, and the request that asked for it.
type Accepted struct {
	market.Launch
	RequestID  string
	Parameters url.Values // to be kept out of every message
}

// explanationTimeout bounds the look-ups behind one explanation: a reason must not make
// the user wait longer than the failure did.
const explanationTimeout = 15 * time.Second

// Failed explains why an accepted launch came to nothing. It looks for a reason
// in the last answer about the instance, then in the instance's billing record,
// then concludes the likely one from what KEC offers now.
func (e *Explainer) Failed(ctx context.Context, err *kec.LaunchError, accepted Accepted) Failure {
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	f := newFailure(LaunchFailed)
	f.Facts = outcome(err)
	f.Action, f.RequestID, f.InstanceID = "RunInstances", accepted.RequestID, err.InstanceID
	if err.Last != nil {
		f.Words = reason(err.Last.Raw)
	}
	if f.Words == "" {
		f.bill(billed(ctx, e.client, f.InstanceID))
	}
	f.Words = kec.Hide(f.Words, accepted.Parameters)
	e.explain(ctx, &f, accepted.Launch)
	if f.Code != LaunchFailed {
		f.Summary = f.Headline("Spot launch failed")
	}
	return f
}

// OfRecord explains the failure of an instance to open: by what KEC still shows
// of it, which may be nil, then by its billing record, which may be nil too, then
// by what KEC offers now.
func (e *Explainer) OfRecord(ctx context.Context, id string, in *kec.Instance, record *kec.BillingRecord) Failure {
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	f := newFailure(LaunchFailed)
	f.Action, f.InstanceID = "DescribeInstances", id
	var launch market.Launch
	var hidden url.Values
	if in != nil {
		f.Words, hidden = reason(in.Raw), url.Values{"UserData": {in.UserData}}
		launch = market.Launch{
			InstanceType: in.Type, ImageID: in.ImageID, SubnetID: in.SubnetID, Zone: in.Zone, PriceLimit: in.SpotPriceLimit,
		}
		if strings.EqualFold(in.SpotStrategy, "SpotAsPriceGo") {
			launch.PriceLimit = nil // KEC may show the highest price all the same
		}
	}
	if f.Words == "" && record != nil {
		f.Source, f.Action = FromBilling, "QueryInstances"
		f.bill(billing{record: record})
	}
	f.Words = kec.Hide(f.Words, hidden)
	e.explain(ctx, &f, launch)
	return f
}

// explain settles the cause of a failure after acceptance: by KEC's words, or
// else by what KEC offers now.
func (e *Explainer) explain(ctx context.Context, f *Failure, launch market.Launch) {
	said := f.Facts
	f.Facts = ""
	if f.Words != "" {
		if c, _ := classify("", f.Words); c.Code != Unknown {
			f.Cause = c
		}
		f.judge(offerOf(ctx, e.snapshot(nil), launch, f.Code), launch)
	} else {
		f.infer(offerOf(ctx, e.snapshot(nil), launch, Unknown), launch)
	}
	f.Facts = joined(" ", said, f.Facts)
}

// outcome says in one sentence how an accepted launch ended.
func outcome(err *kec.LaunchError) string {
	switch err.Kind {
	case kec.EndedInError:
		return fmt.Sprintf("KEC accepted the launch of instance %s, which then ended in state %q.", err.InstanceID, err.State)
	case kec.Vanished:
		return fmt.Sprintf("KEC accepted the launch of instance %s, which was last seen in state %q and then vanished.", err.InstanceID, err.State)
	default:
		return fmt.Sprintf("KEC accepted the launch of instance %s, which never appeared.", err.InstanceID)
	}
}
