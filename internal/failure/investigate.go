package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

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
	f := Failure{
		Cause: CauseOf(LaunchFailed), Source: FromAPI, Facts: outcome(err),
		Action: "RunInstances", RequestID: accepted.RequestID, InstanceID: err.InstanceID,
	}
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
	f := Failure{Cause: CauseOf(LaunchFailed), Source: FromAPI, Action: "DescribeInstances", InstanceID: id}
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
		f.weigh(observe(ctx, e.snapshot(nil), launch, f.Code), launch)
	} else {
		o := observe(ctx, e.snapshot(nil), launch, Unknown)
		if c, ok := o.likely(launch); ok {
			f.Cause, f.Source = c, Inferred
			f.weigh(o, launch)
			f.Facts = joined(" ", f.Facts, "KEC gave no reason; this is concluded from what it offers now.")
		}
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

// The billing states of an instance that could not be opened, and of one that is
// still being opened (fact 118). QueryInstances hides both unless asked for.
const (
	StatusFailedToOpen = 3
	StatusCreating     = 1
)

// billing is what the billing service tells of one instance.
type billing struct {
	record *kec.BillingRecord // nil if there is none, or it could not be had
	denied bool               // the user behind the keys may not look
}

// billed looks for the record of an instance that failed to open.
func billed(ctx context.Context, client *kec.Client, id string) billing {
	record, err := Record(ctx, client, id, StatusFailedToOpen, StatusCreating)
	return billing{record: record, denied: Denied(err)}
}

// Record is the billing record of an instance in the first of these states that has
// one, nil if none has: a record is shown in its own state only (fact 117).
func Record(ctx context.Context, client *kec.Client, id string, statuses ...int) (*kec.BillingRecord, error) {
	for _, status := range statuses {
		records, err := client.QueryInstances(ctx, status, id)
		if err != nil {
			return nil, err
		}
		if len(records) > 0 {
			return &records[0], nil
		}
	}
	return nil, nil
}

// Denied tells whether an error is a refusal for lack of permission (fact 215), not
// one for keys that are wrong.
func Denied(err error) bool {
	var refusal *kec.Error
	if !errors.As(err, &refusal) || refusal.Status != http.StatusForbidden {
		return false
	}
	code := strings.ToLower(refusal.Code)
	return !slices.ContainsFunc([]string{"signature", "token", "accesskey", "skewed", "expired"}, func(s string) bool {
		return strings.Contains(code, s)
	})
}

// Blind explains a look-up at the billing service that was refused for lack of
// permission; lost is what cannot be known for that.
func Blind(err error, lost string) Failure {
	f := Of(err)
	f.Facts = noAccess(f.Action, lost)
	f.Remedy = fmt.Sprintf("Give that user permission for trade %s in the account's access control.", f.Action)
	return f
}

func noAccess(action, lost string) string {
	return fmt.Sprintf("The user behind the keys has no permission for trade %s, so %s.", action, lost)
}

// bill takes the reason from a billing record, or else what the record does say.
func (f *Failure) bill(b billing) {
	switch {
	case b.denied:
		f.Facts = joined(" ", f.Facts, noAccess("QueryInstances", "the billing record could not be asked for the reason"))
	case b.record == nil || f.Words != "":
	default:
		if words := reason(b.record.Raw); words != "" {
			f.Words, f.Source, f.Action, f.RequestID = words, FromBilling, "QueryInstances", ""
			return
		}
		f.Facts = joined(" ", f.Facts, "Its billing record says: "+StatusText(b.record)+".")
	}
}

// StatusText is the state of a billing record in KEC's words.
func StatusText(r *kec.BillingRecord) string {
	if r.StatusName == "" {
		return fmt.Sprintf("status %d", r.Status)
	}
	return fmt.Sprintf("%s (status %d)", r.StatusName, r.Status)
}
