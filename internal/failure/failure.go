package failure

import (
	"errors"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Source says how a cause is known. It is "" where none is.
type Source string

// The sources, from certain to likely.
const (
	FromAPI     Source = "api"      // KEC's answer says it
	FromBilling Source = "billing"  // the billing record of the instance says it
	Inferred    Source = "inferred" // concluded from what KEC offers now; nobody says it
	// FromPreflight is a failure that has not happened yet: the plan asks for what KEC does not
	// offer now.
	FromPreflight Source = "preflight"
)

// Failure is one failure with its explanation. Its text holds nothing of the request, which may be
// secret.
type Failure struct {
	Cause  // of the catalogue; Summary, Param and Remedy may say more than they do there
	Source Source
	Facts  string // sentences with the numbers that clash, or ""
	Note   string // what became of the instance, or ""

	Words     string // KEC's own words, unaltered, or ""
	KECCode   string // KEC's own code, or ""
	Action    string // the API action whose answer this is about
	RequestID string

	why   string // what is short of a batch, in one sentence with its numbers; "" where nothing says more than Summary
	brief string // Summary without numbers, where it is not that of the catalogue
	exact bool   // KEC's own code names the cause
	thing *thing // what is short where it is not the machine itself, else nil
	whole bool   // Param stands for the whole attribute that holds it

	SubOrderID string // of an order's failure
	InstanceID string // of a failure after acceptance
}

// newFailure is a failure with this cause of the catalogue. Every failure is made here, so that no
// message has a code that the catalogue lacks.
func newFailure(code Code) Failure { return Failure{Cause: CauseOf(code), Source: FromAPI} }

// quote takes over what KEC said, and in which answer. An answer that cannot be used has a message
// of the client's, not of KEC's.
func (f *Failure) quote(err error) {
	answer, ok := errors.AsType[*ksyun.Error](err)
	if !ok {
		return
	}
	f.Action, f.RequestID = answer.Action, answer.RequestID
	if !answer.Unusable {
		f.Words, f.KECCode = answer.Message, answer.Code
	}
}
