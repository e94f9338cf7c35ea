package kecsim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// filter is one condition of a list; an item meets it with any of the values.
type filter struct {
	name   string
	values []string
}

// filterRules are the rows of a parameter table for filters. Filter.1.Name is read as
// Filter.1.Name.1 (fact 10: two spellings).
var filterRules = []rule{{"Filter.N.Name.N", false, nil}, {"Filter.N.Value.N", false, nil}}

// filters reads the filters of a request. It refuses names that the action does not have.
//
// documented: both forms (fact 10). assumed: the refusal (fact 170), and that one
// of several values is enough (fact 270).
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

// accept tells whether an item meets all filters. The function of lists the item's values under
// the name of a filter.
func accept(filters []filter, of func(name string) []string) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(of(f.name), func(v string) bool { return slices.Contains(f.values, v) }) {
			return false
		}
	}
	return true
}
