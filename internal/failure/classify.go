package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

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

// SoldOutDisk is OutOfStock of a type of data disk, which is the parameter.
func SoldOutDisk(param string) Cause {
	c := CauseOf(OutOfStock)
	c.Param, c.Summary = param, "A type of data disk is out of stock"
	c.Remedy = "Choose another type for this data disk, or a subnet_id in another zone, or try again later."
	return c
}

// classify finds the cause behind KEC's code and words: the exact code first,
// then words in either, else Unknown. exact tells which it was.
func classify(code, words string) (cause Cause, exact bool) {
	for _, c := range causes {
		if slices.ContainsFunc(c.Codes, func(s string) bool { return strings.EqualFold(s, code) }) {
			return c, true
		}
	}
	text := strings.ToLower(code + " " + words)
	for _, c := range causes {
		if slices.ContainsFunc(c.Words, func(w string) bool { return says(text, w) }) {
			return c, false
		}
	}
	return CauseOf(Unknown), false
}

// says tells whether a text holds every part of an entry of Words.
func says(text, words string) bool {
	for part := range strings.SplitSeq(words, " & ") {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
