package scenario

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/hcl/v2"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

// Scenario is a world to set up, and a course of events.
type Scenario struct {
	steps     []step
	timeScale *float64
}

// TimeScale is how many simulated seconds are to pass in a second, and whether the scenario says
// so. The clock is not the world's alone, so Begin leaves it to whoever has started it.
func (s *Scenario) TimeScale() (perSecond float64, given bool) {
	if s.timeScale == nil {
		return 0, false
	}
	return *s.timeScale, true
}

// step is a block of the file: a change of the world.
type step struct {
	after  time.Duration // since the begin
	block  string
	route  string
	values map[string]any
	at     hcl.Range
	places map[string]hcl.Range // of the values, by attribute
}

// Begin sets up the world, and schedules the events on its clock from now on. A change that the
// world refuses is reported when it is due: what is in the file itself was tried when it was
// loaded.
func (s *Scenario) Begin(sim *kecsim.Server, report func(error)) {
	for _, one := range s.inOrder() {
		do := func() {
			for _, wrong := range one.do(sim) {
				report(wrong)
			}
		}
		if one.after == 0 {
			do()
		} else {
			sim.After(one.after, do)
		}
	}
}

// length is how long after the begin the last event happens.
func (s *Scenario) length() time.Duration {
	all := s.inOrder()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].after
}

// inOrder are the steps by time; those of the same time as they are written.
func (s *Scenario) inOrder() []step {
	return slices.SortedStableFunc(slices.Values(s.steps), func(a, b step) int { return cmp.Compare(a.after, b.after) })
}

// rehearse goes through the scenario in a world of its own, and notes what that refuses.
func (r *reader) rehearse() {
	sim := kecsim.New()
	r.scenario.Begin(sim, func(err error) {
		if wrong, ok := errors.AsType[*mistake](err); ok {
			r.wrong = append(r.wrong, wrong)
		}
	})
	sim.Advance(r.scenario.length())
}

// do changes the world. It returns what the world refuses of it, each thing with its place.
func (s step) do(sim *kecsim.Server) (wrong []*mistake) {
	body, err := json.Marshal(s.values)
	if err != nil {
		return []*mistake{{s.at, err.Error()}}
	}
	if err := control.Change(sim, s.route, body); err != nil {
		for said := range strings.SplitSeq(s.spelt(err.Error()), "\n") {
			wrong = append(wrong, &mistake{s.place(said), fmt.Sprintf("%s: %s", s.block, said)})
		}
	}
	return wrong
}

// spelt has a message of the control path name attributes as a scenario writes them.
func (s step) spelt(message string) string {
	for _, attribute := range names(blocks[s.block]) {
		message = strings.ReplaceAll(message, fieldName(attribute), attribute)
	}
	return message
}

// fieldName is an attribute as the control path writes it: on_demand is onDemand.
func fieldName(attribute string) string {
	var b strings.Builder
	upper := false
	for _, c := range attribute {
		if c == '_' {
			upper = true
			continue
		}
		if upper {
			c = unicode.ToUpper(c)
		}
		b.WriteRune(c)
		upper = false
	}
	return strings.NewReplacer("Gib", "GiB", "Eip", "EIP").Replace(b.String())
}

var words = regexp.MustCompile(`[a-z_]+`)

// place is where the attribute stands whose value a message quotes, or which it names first; else
// the block.
func (s step) place(message string) hcl.Range {
	for _, attribute := range names(blocks[s.block]) {
		var given []string
		switch value := s.values[fieldName(attribute)].(type) {
		case string:
			given = []string{value}
		case []string:
			given = value
		}
		if slices.ContainsFunc(given, func(value string) bool { return strings.Contains(message, strconv.Quote(value)) }) {
			return s.places[attribute]
		}
	}
	for _, word := range words.FindAllString(message, -1) {
		if at, ok := s.places[word]; ok {
			return at
		}
	}
	return s.at
}
