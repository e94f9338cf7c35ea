package failure

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// snapshotTTL is how long one snapshot serves explanations, so that launches that fail at the same
// moment are explained by the same numbers.
const snapshotTTL = 5 * time.Second

// Explainer explains launches and orders that came to nothing, for one process of the provider.
// Explanations of the same moment share their look-ups: a hundred launches that fail for one reason
// ask as much as one. It is safe for concurrent use.
type Explainer struct {
	client *kec.Client
	run    *market.Snapshot // of the run, whose latest look-ups explanations share

	mu       sync.Mutex
	shared   *market.Snapshot // the snapshot in use, or nil
	sharedAt time.Time        // when it was made, by the local clock
}

// NewExplainer returns an explainer that has explained nothing yet. Its look-ups and those of the
// run are shared while they are young.
func NewExplainer(client *kec.Client, run *market.Snapshot) *Explainer {
	return &Explainer{client: client, run: run}
}

// snapshot is what the explanations of this moment share. A caller that has found the shared one
// out of date passes it as tooOld, and gets a new one.
func (e *Explainer) snapshot(tooOld *market.Snapshot) *market.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.client.LocalNow()
	switch {
	case e.shared != nil && e.shared == tooOld:
		e.shared, e.sharedAt = e.run.Recent(0), now
	case e.shared == nil || !within(snapshotTTL, e.sharedAt, now):
		e.shared, e.sharedAt = e.run.Recent(snapshotTTL), now
	}
	return e.shared
}

// current is the snapshot in use, nil without one.
func (e *Explainer) current() *market.Snapshot {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.shared
}

// within tells whether less than d has passed since then. It is false if the clock was set back.
func within(d time.Duration, since, now time.Time) bool {
	passed := now.Sub(since)
	return passed >= 0 && passed < d
}

// explainRefusal explains why RunInstances refused the launch. For stock, price and addresses it
// asks for today's numbers; a look-up that fails leaves them out. Numbers that contradict the
// refusal may be older than it, so they are asked for once more.
func (e *Explainer) explainRefusal(ctx context.Context, err error, launch market.Launch) (Failure, market.Offer) {
	f, before := Of(err), e.current()
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	snapshot := e.snapshot(nil)
	o := offerOf(ctx, snapshot, launch, f.wants(launch))
	if f.contradicts(o, launch) && (snapshot == before || snapshot.Inherits()) {
		o = offerOf(ctx, e.snapshot(snapshot), launch, f.wants(launch))
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

// explanationTimeout bounds the look-ups behind one explanation, so that an explanation does not
// take longer than the failure did.
const explanationTimeout = 15 * time.Second

// Failed explains why an accepted launch came to nothing. It looks for a reason in the last answer
// about the instance, then in the instance's billing record. Without one it infers the likely
// reason from what KEC offers now.
func (e *Explainer) Failed(ctx context.Context, err *machines.LaunchError, accepted Accepted) Failure {
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
	f.Words = ksyun.Redact(f.Words, accepted.Parameters)
	e.explain(ctx, &f, accepted.Launch)
	if f.Code != LaunchFailed {
		f.Summary = f.Headline("Spot launch failed")
	}
	return f
}

// OfRecord explains why an instance failed to open, in the same order as Failed. Both the instance
// and its billing record may be nil.
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
		if strings.EqualFold(in.SpotStrategy, kec.SpotAsPriceGo) {
			launch.PriceLimit = nil // KEC may show the highest price all the same
		}
	}
	if f.Words == "" && record != nil {
		f.Source, f.Action = FromBilling, "QueryInstances"
		f.bill(billing{record: record})
	}
	f.Words = ksyun.Redact(f.Words, hidden)
	e.explain(ctx, &f, launch)
	return f
}

// explain settles the cause of a failure after acceptance: by KEC's words, or without any by what
// KEC offers now.
func (e *Explainer) explain(ctx context.Context, f *Failure, launch market.Launch) {
	said := f.Facts
	f.Facts = ""
	if f.Words != "" {
		if c, _ := classify("", f.Words); c.Code != Unknown {
			f.Cause = c
		}
		f.sharpen(f.Words, "", false)
		f.judge(offerOf(ctx, e.snapshot(nil), launch, f.wants(launch)), launch)
	} else {
		f.Source = "" // until it is inferred
		f.infer(offerOf(ctx, e.snapshot(nil), launch, everything), launch)
	}
	f.Facts = joined(" ", said, f.Facts)
}

// outcome says in one sentence how an accepted launch ended.
func outcome(err *machines.LaunchError) string {
	switch err.Kind {
	case machines.EndedInError:
		return fmt.Sprintf("KEC accepted the launch of instance %s, which then ended in state %q.", err.InstanceID, err.State)
	case machines.Vanished:
		return fmt.Sprintf("KEC accepted the launch of instance %s, which was last seen in state %q and then vanished.", err.InstanceID, err.State)
	default:
		return fmt.Sprintf("KEC accepted the launch of instance %s, which never appeared.", err.InstanceID)
	}
}
