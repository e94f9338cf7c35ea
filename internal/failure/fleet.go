package failure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// Fleet is what has become of a fleet, by this cause of the catalogue. A summary or note that is
// left out stays that of the catalogue, or away.
func Fleet(code Code, summary, facts, note string) Failure {
	f := newFailure(code)
	f.Summary, f.Facts, f.Note = cmp.Or(summary, f.Summary), facts, note
	return f
}

// FleetOfPlan is what a plan cannot get for a fleet, by what is short of its candidates.
func FleetOfPlan(summary, facts, note string, short []market.Shortfall) Failure {
	f := Fleet(FleetShort, summary, facts, note)
	var lookups []string
	for _, s := range short {
		if !slices.Contains(lookups, s.Lookup) {
			lookups = append(lookups, s.Lookup)
		}
	}
	f.Source, f.Action = FromPreflight, strings.Join(lookups, ", ")
	return f
}

// Why is one sentence about a launch that came to nothing, for its line in a [market.Table]: the
// numbers that clash, or what KEC said.
func (f Failure) Why() string {
	switch {
	case f.why != "":
		return f.why
	case f.Words != "":
		return fmt.Sprintf("%s: %q.", f.Summary, f.Words)
	default:
		return f.Summary + "."
	}
}

// Fewer is one sentence that says why KEC has opened fewer machines of a launch than it was asked
// for. KEC never says why, so it is concluded from what KEC offers after that. The launch counts
// those that are missing.
func (e *Explainer) Fewer(ctx context.Context, missing market.Launch) string {
	ctx, cancel := context.WithTimeout(ctx, explanationTimeout)
	defer cancel()
	o := offerOf(ctx, e.run.Recent(0), missing, wants{price: missing.PriceLimit != nil, stock: true, addresses: true})
	if why := market.Reason(market.Judge(missing, missing.Machines(), o, market.Ordered)); why != "" {
		return why
	}
	if o.Stock.Known && o.Subnet.Known {
		return "KEC gave no reason. It has stock and addresses now, so the account's quota or balance may be used up."
	}
	return "KEC gave no reason. Stock, addresses, or the account's quota or balance may be used up."
}
