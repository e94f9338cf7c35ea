package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
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

// Of explains the error of a single call by what the error itself says.
// It makes no request.
func Of(err error) Failure {
	var refusal *kec.Error
	switch {
	case errors.Is(err, kec.ErrOutcomeUnknown):
		f := Failure{Cause: CauseOf(Unknown), Source: FromAPI, Facts: err.Error(), Action: "RunInstances"}
		f.Summary = "KEC may have accepted the launch"
		f.Remedy = "Look for an instance with that tag in the console before the next apply, and import it or delete it."
		f.quote(err)
		return f
	case errors.Is(err, kec.ErrNotSent):
		f := Failure{Cause: CauseOf(Unknown), Source: FromAPI, Facts: err.Error(), Action: "DescribeInstances"}
		f.Summary = "KEC does not answer, and the launch was not sent"
		f.Remedy = "Nothing was bought for this instance: apply again once KEC answers."
		f.quote(err)
		return f
	case errors.As(err, &refusal) && refusal.Unusable:
		f := Failure{
			Cause: CauseOf(Unknown), Source: FromAPI,
			Facts: fmt.Sprintf("%s: %s (HTTP %d).", refusal.Action, refusal.Message, refusal.Status),
		}
		f.Summary = "The answer cannot be used"
		f.Remedy = "Run the command again; if it stays so, check the endpoint and the proxy of the provider."
		f.quote(err)
		return f
	case errors.As(err, &refusal):
		cause, exact := classify(refusal.Code, refusal.Message)
		if names := refusal.Param; !exact && names != "" && cause.Code != Unknown && !strings.EqualFold(names, cause.Param) {
			cause = CauseOf(InvalidParameter) // words about one setting say nothing of the cause that has another
		}
		f := Failure{Cause: cause, Source: FromAPI}
		f.quote(err)
		if refusal.Status == http.StatusForbidden {
			f.Cause = CauseOf(PermissionDenied) // refusals of the business kind come with 400 (fact 215)
		}
		if f.Param == "" || nested(refusal.Param) { // the one disk or interface that KEC names
			f.Param = refusal.Param
		}
		if f.Code == OutOfStock && nested(f.Param) {
			f.Cause = SoldOutDisk(f.Param)
		}
		if f.Code == Unknown && (refusal.Status >= http.StatusInternalServerError || strings.HasPrefix(refusal.Code, "Service")) {
			f.Summary = "KEC's service is not available"
			f.Remedy = "Run the command again later; if it stays so, ask KEC support with the request id."
		}
		return f
	}
	f := Failure{Cause: CauseOf(Unknown), Source: FromAPI, Facts: err.Error()}
	var broken *kec.StateError
	var wait *kec.WaitError
	switch {
	case errors.Is(err, kec.ErrGone):
		f.Summary = "The instance is gone"
		f.Remedy = "Plan again: the refresh explains what is known, and the next apply orders a replacement."
	case errors.As(err, &broken):
		f.Summary = "The instance has ended in an error state"
		f.Remedy = "Look at the instance in the console, or replace it with the option -replace."
	case errors.Is(err, context.DeadlineExceeded):
		f.Summary = "KEC did not get there in time"
		f.Remedy = "Raise the limit in the timeouts attribute if this is normal for the instance type, else look at the instance in the console."
		if errors.As(err, &wait) && wait.LastErr != nil {
			f.Remedy = "Check the network, the endpoint and what KEC says above first, then run the command again."
		}
	case errors.Is(err, context.Canceled):
		f.Summary = "Interrupted"
		f.Remedy = "Apply again to go on."
	case errors.Is(err, kec.ErrChangeUnknown):
		f.Summary = "KEC may have made the change"
		f.Remedy = "Plan again: the refresh shows what KEC has now, and the next apply makes what is missing."
	default:
		f.Summary = "KEC could not be reached"
		f.Remedy = "Check the network, the endpoint and the proxy of the provider, then run the command again."
	}
	return f
}

// lowerFirst leaves names such as KEC alone.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// SoldOutDisk is OutOfStock of a type of data disk, which is the parameter.
func SoldOutDisk(param string) Cause {
	c := CauseOf(OutOfStock)
	c.Param, c.Summary = param, "A type of data disk is out of stock"
	c.Remedy = "Choose another type for this data disk, or a subnet_id in another zone, or try again later."
	return c
}

// Diagnostic renders the failure as an error at the attribute that the table
// knows for its parameter, or at the resource.
func (f Failure) Diagnostic(t param.Table) diag.Diagnostic {
	at, detail, ok := f.place(t)
	if !ok {
		return diag.NewErrorDiagnostic(f.Summary, detail)
	}
	return diag.NewAttributeErrorDiagnostic(at, f.Summary, detail)
}

// Warning renders the failure as Diagnostic does, but as a warning.
func (f Failure) Warning(t param.Table) diag.Diagnostic {
	at, detail, ok := f.place(t)
	if !ok {
		return diag.NewWarningDiagnostic(f.Summary, detail)
	}
	return diag.NewAttributeWarningDiagnostic(at, f.Summary, detail)
}

// place finds the attribute. A CLI finds the line of a top-level attribute only,
// so a deeper path is named in the text.
func (f Failure) place(t param.Table) (at path.Path, detail string, ok bool) {
	at, ok = t.Locate(f.Param)
	detail = f.Detail()
	if len(at.Steps()) > 1 {
		detail += "\nAttribute: " + at.String()
	}
	return param.TopLevel(at), detail, ok
}

// Headline is the cause behind what failed, worded as likely where it is
// inferred: "Spot order failed, likely cause: out of stock".
func (f Failure) Headline(what string) string {
	if f.Source == Inferred {
		what += ", likely cause"
	}
	summary := f.Summary
	if f.Code != Unknown { // which has no summary of its own; the others' may carry numbers
		summary = CauseOf(f.Code).Summary
	}
	return what + ": " + lowerFirst(summary)
}

// Detail is the text below the summary: the numbers, the remedy, what became of
// the instance, then code, KEC's words, action and request id.
func (f Failure) Detail() string {
	return joined("\n\n", f.Facts, f.Remedy, f.Note, f.evidence())
}

// evidence is the code, then what KEC said, in which answer.
func (f Failure) evidence() string {
	code := "Code: " + string(f.Code)
	switch f.Source {
	case FromAPI:
	case FromPreflight: // the look-up is known, and KEC has refused nothing yet
		return code + " (" + string(f.Source) + ", " + f.Action + ")"
	default:
		code += " (" + string(f.Source) + ")"
	}
	if said := f.Said(); said != "" {
		return code + "\n" + said
	}
	return code
}

// Said is what KEC said and in which answer, in one line; "" if there was none.
func (f Failure) Said() string {
	var said []string
	switch {
	case f.Words != "" && f.KECCode != "":
		said = append(said, fmt.Sprintf("%q (%s)", f.Words, f.KECCode))
	case f.Words != "":
		said = append(said, fmt.Sprintf("%q", f.Words))
	case f.KECCode != "":
		said = append(said, f.KECCode)
	case f.Action == "":
		return ""
	default:
		said = append(said, "no reason given")
	}
	for _, more := range []struct{ label, value string }{
		{"", f.Action}, {"request ", f.RequestID}, {"sub-order ", f.SubOrderID}, {"instance ", f.InstanceID},
	} {
		if more.value != "" {
			said = append(said, more.label+more.value)
		}
	}
	return "KEC: " + strings.Join(said, ", ")
}
