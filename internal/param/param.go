// Package param ties the HCL path of a setting to the name of its API parameter. A [Table] holds
// these pairs for one resource: it yields the request ([Table.Encode]), the change set
// ([Table.Changed]) and the way back from a parameter named in an API error to the attribute
// ([Table.Locate]).
package param

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Line is one setting. A line with no Name only takes part in the change set. A line with an empty
// Path is fixed by the resource: the user cannot change it and no diagnostic can point at it.
type Line struct {
	Path path.Path
	// Name is the name of the API parameter with 1-based indexes, such as "DataDisk.2.Size". For a
	// set it is the name before the index ("KeyId" of "KeyId.1"), for a map the name before the
	// index of its pairs ("Tag" of "Tag.1.Key").
	Name  string
	Value attr.Value
	// Change names the calls that bring a new value to a machine in place. A line without it
	// replaces the machine.
	Change Change

	unreported bool
	vague      bool
	written    attr.Value                     // as the user writes it, where that is not the value that is sent
	alike      func(now, was attr.Value) bool // beside Equal
	like       string                         // another attribute for the same parameter
}

// Change names one call, or a few that belong together, that change settings of a machine in place.
type Change string

// InPlace is the option of a setting that KEC changes in place, by the named change.
func (l *Line) InPlace(by Change) *Line {
	l.Change = by
	return l
}

// Unreported is the option of a setting that KEC never reports: null says nothing about an imported
// machine.
func (l *Line) Unreported() *Line {
	l.unreported = true
	return l
}

// Alike is the option of a setting whose values have several spellings: two that are alike are one
// value.
func (l *Line) Alike(alike func(now, was attr.Value) bool) *Line {
	l.alike = alike
	return l
}

// Written is the option of a setting that is not sent as the user writes it. Two values that are
// sent alike are one.
func (l *Line) Written(v attr.Value) *Line {
	l.written = v
	return l
}

// Like is the option of a setting for which there are two attributes, of which one is in use:
// values of the two are compared.
func (l *Line) Like(attribute string) *Line {
	l.like = attribute
	return l
}

// Table lists settings in the order in which the user meets them.
type Table []Line

// Root adds the setting of a top-level attribute. The line it returns takes options until the next
// line is added.
func (t *Table) Root(attribute, name string, value attr.Value) *Line {
	return t.At(path.Root(attribute), name, value)
}

// At adds the setting of an attribute anywhere below the root, see [Table.Root].
func (t *Table) At(p path.Path, name string, value attr.Value) *Line {
	*t = append(*t, Line{Path: p, Name: name, Value: value})
	return &(*t)[len(*t)-1]
}

// Fixed adds a parameter that is sent with every request and has no attribute.
func (t *Table) Fixed(name, value string) {
	*t = append(*t, Line{Name: name, Value: types.StringValue(value)})
}

// Version adds an attribute that is never sent and only takes part in the change set, see
// [Table.Root]: the version of a write-only attribute, which Terraform does not remember, or a list
// that is unknown as a whole.
func (t *Table) Version(attribute string, value attr.Value) *Line {
	return t.At(path.Root(attribute), "", value)
}

// NameOf is the parameter behind the first attribute of a change, "" if it has none.
func (t Table) NameOf(change Change) string {
	for _, line := range t {
		if line.Change == change {
			return line.Name
		}
	}
	return ""
}

// Encode returns the request: every setting that is known and not null, as text. Sets and maps are
// sent in the order of their elements' text, so that the same configuration always makes the same
// request. A value of a type that cannot be sent is an error.
func (t Table) Encode() (url.Values, error) {
	q := url.Values{}
	for _, line := range t {
		if line.Name == "" {
			continue
		}
		if err := encode(q, line.Name, line.Value); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func encode(q url.Values, name string, value attr.Value) error {
	if value == nil || value.IsNull() || value.IsUnknown() {
		return nil
	}
	switch v := value.(type) {
	case types.Set:
		for i, element := range tfvalue.SetTexts(v) {
			q.Set(name+"."+strconv.Itoa(i+1), element)
		}
	case types.Map:
		elements := v.Elements()
		for i, key := range keys(elements) {
			at := name + "." + strconv.Itoa(i+1)
			text, err := scalar(elements[key])
			if err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
			q.Set(at+".Key", key)
			q.Set(at+".Value", text)
		}
	default:
		text, err := scalar(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		q.Set(name, text)
	}
	return nil
}

// scalar returns a single value as the text that is sent. A number is written in plain decimal
// notation with no digit lost: 0.50 is "0.5", never "5e-1".
func scalar(value attr.Value) (string, error) {
	switch v := value.(type) {
	case types.String:
		return v.ValueString(), nil
	case types.Bool:
		return strconv.FormatBool(v.ValueBool()), nil
	case types.Int64:
		return strconv.FormatInt(v.ValueInt64(), 10), nil
	case types.Number:
		return v.ValueBigFloat().Text('f', -1), nil
	default:
		return "", fmt.Errorf("a %T has no wire form", value)
	}
}

// Locate returns the attribute behind a parameter that the API named, and whether there is one.
// Services do not name parameters exactly, so Locate also takes another case, a list without an
// index ("DataDisk.Size"), a whole structure ("SystemDisk", "DataDisk.2") and an unknown last part.
// The answer is then the closest attribute that holds all that the name can mean.
func (t Table) Locate(name string) (path.Path, bool) {
	for want := strings.ToLower(strings.TrimSpace(name)); want != ""; want = parent(want) {
		for _, same := range []func(Line) bool{
			func(l Line) bool { return l.names(want) },
			func(l Line) bool { return strings.HasPrefix(strings.ToLower(l.Name), want+".") },
			func(l Line) bool { return plain(l.Name) == plain(want) },
		} {
			if p, ok := t.common(same); ok {
				return p.under(want), true
			}
		}
	}
	return path.Empty(), false
}

// names tells whether the line sends the parameter: its own name, or an element of its set or map.
func (l Line) names(want string) bool {
	own := strings.ToLower(l.Name)
	if own == want {
		return true
	}
	switch l.Value.(type) {
	case types.Set, types.Map:
		return strings.HasPrefix(want, own+".")
	}
	return false
}

// common returns the deepest path that holds every matching line.
func (t Table) common(match func(Line) bool) (found, bool) {
	var hit found
	n := 0
	for _, line := range t {
		if line.Name == "" || line.fixed() || !match(line) {
			continue
		}
		if n++; n == 1 {
			hit = found{line: line, path: line.Path}
			continue
		}
		for !holds(hit.path, line.Path) {
			hit.path = hit.path.ParentPath()
		}
	}
	if !hit.path.Equal(hit.line.Path) {
		hit.line = Line{}
	}
	return hit, n > 0 && len(hit.path.Steps()) > 0
}

type found struct {
	line Line // the only one that matched, if there is only one
	path path.Path
}

// under steps into a map: "Tag.2.Key" is the second tag in wire order.
func (f found) under(want string) path.Path {
	tags, ok := f.line.Value.(types.Map)
	if !ok {
		return f.path
	}
	rest := strings.TrimPrefix(want, strings.ToLower(f.line.Name)+".")
	index, _, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(index)
	if all := keys(tags.Elements()); err == nil && i >= 1 && i <= len(all) {
		return f.path.AtMapKey(all[i-1])
	}
	return f.path
}

func holds(outer, inner path.Path) bool {
	o, i := outer.Steps(), inner.Steps()
	return len(o) <= len(i) && o.Equal(i[:len(o)])
}

// TopLevel is the top-level attribute that holds a path.
func TopLevel(at path.Path) path.Path {
	for len(at.Steps()) > 1 {
		at = at.ParentPath()
	}
	return at
}

// parent drops the last part: "a.b.c" becomes "a.b", "a" becomes "".
func parent(name string) string {
	i := strings.LastIndexByte(name, '.')
	return name[:max(i, 0)]
}

// plain is the name in lower case with its indexes taken out.
func plain(name string) string {
	parts := strings.Split(strings.ToLower(name), ".")
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool {
		_, err := strconv.Atoi(s)
		return err == nil
	}), ".")
}

func keys(elements map[string]attr.Value) []string {
	all := make([]string, 0, len(elements))
	for k := range elements {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
