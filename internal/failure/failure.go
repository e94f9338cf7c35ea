package failure

import (
	"errors"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// Source says how a cause is known.
type Source string

// The sources, from certain to likely.
const (
	FromAPI     Source = "api"      // KEC's answer says it
	FromBilling Source = "billing"  // the billing record of the instance says it
	Inferred    Source = "inferred" // concluded from what KEC offers now; nobody says it
	// FromPreflight is a failure that has not happened: the plan asks for what
	// KEC does not offer now.
	FromPreflight Source = "preflight"
)

// Failure is one failure, explained. Its text holds nothing of the request.
type Failure struct {
	Cause  // Summary, Param and Remedy may be sharper than the catalogue's
	Source Source
	Facts  string // sentences with the numbers that clash, or ""
	Note   string // what became of the instance, or ""

	Words     string // KEC's own words, unaltered, or ""
	KECCode   string // KEC's own code, or ""
	Action    string // the API action whose answer this is about
	RequestID string

	SubOrderID string // of an order's failure
	InstanceID string // of a failure after acceptance
}

// newFailure is a failure with a cause of the catalogue, the only way to make one.
func newFailure(code Code) Failure { return Failure{Cause: CauseOf(code), Source: FromAPI} }

// quote takes over what KEC has said, and in which answer. The message of an answer that cannot be used is not KEC's.
func (f *Failure) quote(err error) {
	answer, ok := errors.AsType[*kec.Error](err)
	if !ok {
		return
	}
	f.Action, f.RequestID = answer.Action, answer.RequestID
	if !answer.Unusable {
		f.Words, f.KECCode = answer.Message, answer.Code
	}
}
