package kecsim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
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
func (r *request) filters(known ...string) ([]filter, *protocol.Refusal) {
	var out []filter
	for i := 1; i <= r.Count("Filter"); i++ {
		at := fmt.Sprintf("Filter.%d.", i)
		names := r.List(at + "Name")
		if len(names) != 1 {
			return nil, protocol.Refuse(protocol.CodeInvalidParameter, "%sName must be given once", at)
		}
		name := strings.ToLower(names[0])
		if !slices.Contains(known, name) {
			return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "%sName must be one of %s, not %q", at, strings.Join(known, ", "), protocol.Clip(names[0]))
		}
		values := r.List(at + "Value")
		if len(values) == 0 {
			return nil, protocol.Refuse(protocol.CodeInvalidParameter, "%sValue.1 is required", at)
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
