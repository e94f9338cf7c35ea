package param

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Prior is the line that is compared with a line of another table, and one without a value where
// there is none.
func (t Table) Prior(line Line) Line {
	i := slices.IndexFunc(t, func(l Line) bool { return l.Key() == line.Key() })
	if i < 0 {
		line.Value = nil
		return line
	}
	return t[i]
}

// Vague is the option of a setting that KEC may report otherwise than it is: what it reports of an
// imported machine is no reason to replace it.
func (l *Line) Vague() *Line {
	l.vague = true
	return l
}

// Unsure tells whether the value of an imported machine may be KEC's silence, or its way of writing
// what is not so.
func (l Line) Unsure() bool {
	return l.vague || !l.set() && (l.unreported || l.Change == "")
}

// Changed returns the lines whose value differs from the value that prior holds under the same
// path: first the lines of t, then the lines that only prior has. An unknown value counts as
// changed; null and an empty set or map are the same, and so are two spellings, see [Line.Alike].
func (t Table) Changed(prior Table) Table {
	before, now := prior.byKey(), t.byKey()
	var changed Table
	for _, line := range t {
		was, ok := before[line.Key()]
		if line.fixed() || !line.set() && !(ok && was.set()) || ok && line.same(was) {
			continue
		}
		if !line.set() {
			line.Path, line.like = was.Path, was.like // what is taken out may be the other of two attributes
		}
		changed = append(changed, line)
	}
	for _, line := range prior {
		if _, ok := now[line.Key()]; !ok && !line.fixed() && line.set() {
			changed = append(changed, line)
		}
	}
	return changed
}

// Respelt lists the values of prior that t only writes otherwise, by the lines of prior, with the
// value as it was written. To go on writing them as they were changes nothing.
func (t Table) Respelt(prior Table) Table {
	before := prior.byKey()
	var respelt Table
	for _, line := range t {
		was, ok := before[line.Key()]
		if !ok || line.fixed() || !line.set() || !was.set() || !line.Path.Equal(was.Path) || !line.same(was) {
			continue
		}
		if spelling := was.spelling(); !line.spelling().Equal(spelling) {
			was.Value = spelling
			respelt = append(respelt, was)
		}
	}
	return respelt
}

// same tells whether two lines hold one value.
func (l Line) same(was Line) bool {
	if l.Value != nil && was.Value != nil && l.Value.Equal(was.Value) {
		return true
	}
	return l.alike != nil && l.set() && was.set() && !l.Value.IsUnknown() && !was.Value.IsUnknown() && l.alike(l.Value, was.Value)
}

// spelling is the value as the user has written it.
func (l Line) spelling() attr.Value {
	if l.written != nil {
		return l.written
	}
	return l.Value
}

// Key is what a line has in common with the line of another table that is compared with it.
func (l Line) Key() string {
	if l.like != "" {
		return l.like
	}
	return l.Path.String()
}

// set tells whether there is a value, known or unknown.
func (l Line) set() bool {
	switch v := l.Value.(type) {
	case nil:
		return false
	case types.Set:
		return v.IsUnknown() || len(v.Elements()) > 0
	case types.Map:
		return v.IsUnknown() || len(v.Elements()) > 0
	default:
		return !v.IsNull()
	}
}

func (l Line) fixed() bool { return len(l.Path.Steps()) == 0 }

func (t Table) byKey() map[string]Line {
	m := make(map[string]Line, len(t))
	for _, line := range t {
		m[line.Key()] = line
	}
	return m
}
