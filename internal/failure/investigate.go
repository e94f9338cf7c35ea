package failure

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Launch is what was ordered: the facts that a refusal is held against.
// Whatever is not known is left empty.
type Launch struct {
	InstanceType, SubnetID, Zone string
	PriceLimit                   *decimal.Decimal // CNY per hour; nil: the bid follows the market
	RequestID                    string           // of the RunInstances call that was accepted
	Request                      url.Values       // what it sent, to be kept out of every message
}

// patience bounds the look-ups behind one explanation: a reason must not make
// the user wait longer than the failure did.
const patience = 15 * time.Second

// Refused explains why RunInstances refused the launch. Where stock, price or
// addresses are the matter it asks for today's numbers; a look-up that fails
// leaves them out.
func Refused(ctx context.Context, client *kec.Client, err error, launch Launch) Failure {
	f := Of(err)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f.weigh(observe(ctx, client, launch, f.Code), launch)
	return f
}

// Failed explains why an accepted launch came to nothing. It looks for a reason
// in the last answer about the instance, then in the instance's billing record,
// then concludes the likely one from stock, price and addresses.
func Failed(ctx context.Context, client *kec.Client, err *kec.LaunchError, launch Launch) Failure {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	f := Failure{Cause: causeOf(LaunchFailed), Source: FromAPI, Action: "RunInstances", RequestID: launch.RequestID, InstanceID: err.InstanceID}
	if err.Last != nil {
		f.Words = reason(err.Last.Raw)
	}
	if f.Words == "" {
		if words := billed(ctx, client, err.InstanceID); words != "" {
			f.Words, f.Source, f.Action = words, FromBilling, "QueryInstances"
		}
	}
	f.Words = kec.Hide(f.Words, launch.Request)
	f.explain(ctx, client, launch)
	f.Facts = joined(" ", outcome(err), f.Facts)
	if f.Code != LaunchFailed {
		f.Summary = f.Headline("Spot launch failed")
	}
	return f
}

// explain settles the cause of a failure after acceptance: by KEC's words, or
// else by what the market looks like now.
func (f *Failure) explain(ctx context.Context, client *kec.Client, launch Launch) {
	if f.Words != "" {
		if c, _ := classify("", f.Words); c.Code != Unknown {
			f.Cause = c
		}
		f.weigh(observe(ctx, client, launch, f.Code), launch)
		return
	}
	m := observe(ctx, client, launch, Unknown)
	if c, ok := m.likely(launch); ok {
		f.Cause, f.Source = c, Inferred
		f.weigh(m, launch)
		f.Facts = joined(" ", f.Facts, "KEC gave no reason; this is concluded from what it offers now.")
	}
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

// statusFailedToOpen is the billing status of an instance that could not be
// opened; QueryInstances hides it unless asked for.
const statusFailedToOpen = 3

// billed returns what the billing record says of a failed instance, or "".
func billed(ctx context.Context, client *kec.Client, id string) string {
	records, err := client.QueryInstances(ctx, statusFailedToOpen, id)
	if err != nil {
		return ""
	}
	for _, r := range records {
		if words := reason(r.Raw); words != "" {
			return words
		}
	}
	return ""
}
