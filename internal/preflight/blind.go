package preflight

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// NotChecked is the summary of the warning about look-ups that could not be made.
const NotChecked = "This plan is not checked against KEC"

// Blind returns a check that can ask nothing, because of what the provider block leaves open.
func Blind(mode Mode) *Check {
	c := New(nil, mode, "", nil)
	c.blind = true
	return c
}

// IsBlind tells once whether the check can ask nothing of KEC, although it should.
func (c *Check) IsBlind() bool { return c != nil && c.blind && c.mode != Off && c.first("") }

// first tells whether the run has not heard of this code yet.
func (c *Check) first(code failure.Code) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if slices.Contains(c.told, code) {
		return false
	}
	c.told = append(c.told, code)
	return true
}

// unseen are the warnings about look-ups that have failed: one a run for each kind of failure. A
// plan that could not be checked must not look like one that KEC can serve.
func (c *Check) unseen(ctx context.Context, offer market.Offer) []Finding {
	failed, made := offer.Failed()
	failed = slices.DeleteFunc(failed, func(err error) bool { return errors.Is(err, context.Canceled) })
	if ctx.Err() != nil {
		return nil // the caller goes, and what it has not seen says nothing
	}
	var findings []Finding
	for _, err := range failed {
		f := failure.Of(err)
		if !c.first(f.Code) {
			continue
		}
		alike := 0
		for _, other := range failed {
			if failure.Of(other).Code == f.Code {
				alike++
			}
		}
		f.Facts = fmt.Sprintf("%d of the %d look-ups for a new spot instance failed in region %s, at %s: %s",
			alike, made, c.region, hosts(c.client), what(f))
		f.Summary = NotChecked
		if alike < made {
			f.Summary = "A part of this plan is not checked against KEC"
		}
		if f.Code == failure.DeadlineExceeded { // whose remedy is about the deadlines of a resource
			f.Remedy = failure.CauseOf(failure.Unreachable).Remedy
		}
		f.Note = `Set preflight = "off" in the provider block to plan without these look-ups.`
		findings = append(findings, Finding{Failure: f})
	}
	return findings
}

// what is what has happened: KEC's refusal in the words of the catalogue, or what went wrong on the
// way.
func what(f failure.Failure) string {
	return strings.TrimSuffix(cmp.Or(f.Facts, f.Summary), ".") + "."
}

// hosts are those that a plan asks.
func hosts(client *kec.Client) string {
	return strings.Join(slices.Compact([]string{client.Host(ksyun.KEC), client.Host(ksyun.VPC)}), " and ")
}
