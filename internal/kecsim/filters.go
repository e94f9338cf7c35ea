package kecsim

import (
	"fmt"
	"slices"
	"strings"
)

// filter is one condition: any of the values will do.
type filter struct {
	name   string
	values []string
}

// filterRules is the part of a parameter table that filters share. The second
// spelling, Filter.1.Name.1, is what a bare name means (fact 10).
var filterRules = []rule{{"Filter.N.Name.N", false, nil}, {"Filter.N.Value.N", false, nil}}

// filters reads them, refusing names an action does not have.
//
// documented: both forms (fact 10). assumed: the refusal (fact 170), and that any
// of several values will do (fact 270).
func (r *request) filters(known ...string) ([]filter, *apiError) {
	var out []filter
	for i := 1; i <= r.count("Filter"); i++ {
		at := fmt.Sprintf("Filter.%d.", i)
		names := r.list(at + "Name")
		if len(names) != 1 {
			return nil, refuse(codeInvalidParameter, "%sName must be given once", at)
		}
		name := strings.ToLower(names[0])
		if !slices.Contains(known, name) {
			return nil, refuse(codeInvalidParameterValue, "%sName must be one of %s, not %q", at, strings.Join(known, ", "), clip(names[0]))
		}
		values := r.list(at + "Value")
		if len(values) == 0 {
			return nil, refuse(codeInvalidParameter, "%sValue.1 is required", at)
		}
		out = append(out, filter{name, values})
	}
	return out, nil
}

// accept tells whether every filter finds one of its values among those an item
// has under the filter's name.
func accept(filters []filter, of func(name string) []string) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(of(f.name), func(v string) bool { return slices.Contains(f.values, v) }) {
			return false
		}
	}
	return true
}
