// Package conform asks a service, KEC itself or a simulator of it, whether the numbered facts of
// docs/notes/api-facts.md hold. A check is one question with the answer that its facts promise.
//
// Free checks come first and buy nothing: signatures, refusals, look-ups, and launches with
// DryRun=true. Paid ones share a single Spot Instance, the cheapest small one of a zone, which is
// ended by the last of them, and by the sweeper whatever happens. Permit says what may be asked of
// an endpoint, and launchPlan what the machine may cost.
package conform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// Options are what a run asks, and of whom.
type Options struct {
	Endpoint string // of all services, such as "http://127.0.0.1:7480"; "" for the documented hosts
	Region   string
	Keys     ksyun.Credentials
	Zone     string          // "" for the first that has a subnet and a security group
	Paid     bool            // buy one machine and ask the paid checks, too
	MaxCNY   decimal.Decimal // the most that the machine may cost in the worst case
	Progress io.Writer       // a line for each check as it is asked; nil for none

	Client    []ksyun.Option    // of the client that signs and sends
	Transport http.RoundTripper // of what the client cannot send, such as a bad signature; nil for HTTP
}

// Verdict is what a check has shown.
type Verdict string

// The verdicts.
const (
	Holds    Verdict = "holds"
	Differs  Verdict = "DIFFERS"
	NotAsked Verdict = "not asked" // something that the question needs is not there
	NoAnswer Verdict = "no answer" // the call failed, and nothing was learnt
)

// Result is one check after it was asked.
type Result struct {
	Facts    []int // by their numbers in docs/notes/api-facts.md
	Asks     string
	Expects  string
	Observed string // or why there is nothing to show
	Verdict  Verdict
}

// Report is what a run has shown.
type Report struct {
	Results []Result
	Host    string // that was asked
	Bought  string // what was bought, and its worst case in CNY; "" for nothing
	Swept   []string
}

// check is one question about a service. It asks once and says what it has observed, and whether
// that is what the facts promise.
type check struct {
	facts   []int
	asks    string
	expects string
	paid    bool
	ask     func(ctx context.Context, s *session) (observed string, holds bool, err error)
}

// errNotAsked is why a check was not asked.
type errNotAsked struct{ why string }

func (e errNotAsked) Error() string { return e.why }

// notAsked is the error of a check that cannot be asked here.
func notAsked(format string, args ...any) error { return errNotAsked{fmt.Sprintf(format, args...)} }

// allChecks are all checks in the order in which they are asked: free ones first.
func allChecks() []check {
	return slices.Concat(transportChecks(), signingChecks(), errorChecks(), lookUpChecks(), catalogueChecks(), tradeChecks(), clientChecks(),
		launchRuleChecks(), machineRuleChecks(), paidChecks())
}

// sweepTime bounds the sweep after a run, on the real clock.
const sweepTime = 10 * time.Minute

// Run asks all checks that o allows, one after the other. When the context ends it asks no more,
// and still ends the machine: the report then comes with an error.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	s, err := newSession(o)
	if err != nil {
		return nil, err
	}
	report = &Report{Host: s.host()}
	defer func() {
		// The context of the run may have ended: what was bought must be ended all the same.
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), sweepTime)
		defer cancel()
		if len(s.known) > 0 || s.unclear {
			s.say("Ending what was bought, and proving it gone: that may take some minutes.")
		}
		swept, sweepErr := s.clear(end)
		report.Swept, report.Bought = swept, s.bought
		err = errors.Join(err, sweepErr)
	}()
	for _, c := range allChecks() {
		if c.paid && !o.Paid {
			continue
		}
		r := s.result(ctx, c)
		if ctx.Err() != nil {
			return report, fmt.Errorf("stopped before all was asked: %w", context.Cause(ctx))
		}
		report.Results = append(report.Results, r)
		s.say(fmt.Sprintf("%-9s  %s", r.Verdict, c.asks))
	}
	return report, nil
}

// say tells whoever waits.
func (s *session) say(line string) {
	if s.Progress != nil {
		_, _ = fmt.Fprintln(s.Progress, line)
	}
}

// result asks one check.
func (s *session) result(ctx context.Context, c check) Result {
	r := Result{Facts: c.facts, Asks: c.asks, Expects: c.expects}
	observed, holds, err := c.ask(ctx, s)
	var skipped errNotAsked
	switch {
	case errors.As(err, &skipped):
		r.Verdict, r.Observed = NotAsked, skipped.why
	case err != nil:
		r.Verdict, r.Observed = NoAnswer, err.Error()
	case holds:
		r.Verdict, r.Observed = Holds, observed
	default:
		r.Verdict, r.Observed = Differs, observed
	}
	r.Observed = oneLine(r.Observed)
	return r
}

// oneLine makes what was observed fit for a row of a table.
func oneLine(text string) string {
	const longest = 240
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "/")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}

// Err is an error that counts what did not hold, nil if everything that was asked did.
func (r *Report) Err() error {
	differs, silent := r.count(Differs), r.count(NoAnswer)
	if differs == 0 && silent == 0 {
		return nil
	}
	return fmt.Errorf("%d checks differ from the facts and %d have no answer, of %d", differs, silent, len(r.Results))
}

// count is how many checks have a verdict.
func (r *Report) count(v Verdict) (n int) {
	for _, one := range r.Results {
		if one.Verdict == v {
			n++
		}
	}
	return n
}

// learnt are the facts about which something was learnt, ascending.
func (r *Report) learnt() []int {
	var all []int
	for _, one := range r.Results {
		if one.Verdict == Holds || one.Verdict == Differs {
			all = append(all, one.Facts...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
