package conform

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// page is the list of facts.
const page = "../../docs/notes/api-facts.md"

// listedFacts are the numbered rows of the list of facts.
func listedFacts(t *testing.T) (text string, facts []int) {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllSubmatch(b, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		facts = append(facts, n)
	}
	return string(b), facts
}

// A fact is asked of a service, or it is said why no request can tell.
func TestFacts_eachIsAskedOrHasAReason(t *testing.T) {
	t.Parallel()
	_, facts := listedFacts(t)
	listed, asked := map[int]bool{}, map[int]int{}
	for _, n := range facts {
		listed[n] = true
	}
	for _, c := range allChecks() {
		if len(c.facts) == 0 || c.asks == "" || c.expects == "" {
			t.Errorf("%q lacks facts, a question or an expectation", c.asks)
		}
		for _, n := range c.facts {
			if asked[n]++; !listed[n] {
				t.Errorf("%q is about fact %d, which does not exist", c.asks, n)
			}
		}
	}
	for _, n := range facts {
		switch why := reason(n); {
		case asked[n] > 0 && why != "":
			t.Errorf("fact %d is asked, and there is a reason why it cannot be: %s", n, why)
		case asked[n] == 0 && why == "":
			t.Errorf("fact %d is not asked, and there is no reason for it", n)
		}
	}
	given := map[int]bool{}
	for _, r := range reasons {
		for _, n := range r.facts {
			if !listed[n] || given[n] {
				t.Errorf("there is a reason for fact %d, which does not exist or has one already", n)
			}
			given[n] = true
		}
	}
	if len(asked) < 150 {
		t.Errorf("only %d facts are asked", len(asked))
	}
}
