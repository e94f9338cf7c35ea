package conform

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// Table is the report as text: a line for each check, and what it comes to.
func (r *Report) Table() string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "FACTS\tVERDICT\tASKS\tEXPECTS\tOBSERVED")
	for _, one := range r.Results {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", numbers(one.Facts), one.Verdict, clip(one.Asks, 88), clip(one.Expects, 48), clip(one.Observed, 96))
	}
	_ = w.Flush()
	_, _ = fmt.Fprintf(&out, "\n%d checks of %d facts at %s: %d hold, %d differ, %d without an answer, %d not asked.\n",
		len(r.Results), len(r.learnt()), r.Host, r.count(Holds), r.count(Differs), r.count(NoAnswer), r.count(NotAsked))
	if r.Bought != "" {
		_, _ = fmt.Fprintf(&out, "Bought: %s.\n", r.Bought)
	}
	if len(r.Swept) > 0 {
		_, _ = fmt.Fprintf(&out, "Ended by the sweeper and proven gone: %s.\n", strings.Join(r.Swept, ", "))
	}
	return out.String()
}

// numbers is a list of facts, such as "38, 165".
func numbers(facts []int) string {
	var out []string
	for _, n := range slices.Sorted(slices.Values(facts)) {
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, ", ")
}

// clip shortens a text to so many characters.
func clip(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
