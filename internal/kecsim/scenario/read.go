package scenario

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// mistake is something in a file that is not a scenario. It is printed as FILE:LINE,COLUMN: what is
// wrong, and what was expected.
type mistake struct {
	At   hcl.Range
	Text string
}

// Error is the mistake in one line.
func (m *mistake) Error() string {
	return fmt.Sprintf("%s:%d,%d: %s", m.At.Filename, m.At.Start.Line, m.At.Start.Column, m.Text)
}

// Load reads a scenario from a file. The error has a line for each thing in it that is wrong, with
// its place: the syntax, the names, the values, and what the simulated KEC refuses.
func Load(file string) (*Scenario, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	parsed, diags := hclparse.NewParser().ParseHCL(source, file)
	if diags.HasErrors() {
		return nil, errors.Join(mistakes(diags)...)
	}
	r := reader{scenario: &Scenario{}}
	r.read(parsed.Body, 0, true)
	if len(r.wrong) == 0 {
		r.rehearse()
	}
	if len(r.wrong) > 0 {
		return nil, errors.Join(r.wrong...)
	}
	return r.scenario, nil
}

func mistakes(diags hcl.Diagnostics) (all []error) {
	for _, d := range diags {
		at := hcl.Range{}
		if d.Subject != nil {
			at = *d.Subject
		}
		all = append(all, &mistake{at, d.Summary + "; " + strings.Join(strings.Fields(d.Detail), " ")})
	}
	return all
}

// reader reads the body of a file into a scenario.
type reader struct {
	scenario *Scenario
	wrong    []error
}

func (r *reader) fail(at hcl.Range, format string, args ...any) {
	r.wrong = append(r.wrong, &mistake{at, fmt.Sprintf(format, args...)})
}

// atBlock is the name of the blocks that hold what happens later.
const atBlock = "at"

// read reads the blocks of a file, or of a block "at".
func (r *reader) read(body hcl.Body, after time.Duration, top bool) {
	b, ok := body.(*hclsyntax.Body)
	if !ok {
		r.fail(body.MissingItemRange(), "this is no HCL in native syntax")
		return
	}
	expected := slices.Collect(maps.Keys(blocks))
	if top {
		expected = append(expected, atBlock)
	}
	slices.Sort(expected)
	for _, a := range sorted(b.Attributes) {
		r.fail(a.NameRange, "an attribute %q stands alone; expected is a block: %s", a.Name, strings.Join(expected, ", "))
	}
	for _, one := range b.Blocks {
		shape, known := blocks[one.Type]
		switch {
		case one.Type == atBlock && top:
			r.later(one)
		case !known:
			r.fail(one.TypeRange, "there is no block %q here; expected is one of %s", one.Type, strings.Join(expected, ", "))
		case len(one.Labels) > 0:
			r.fail(one.LabelRanges[0], "the block %s has the label %q; expected is none", one.Type, one.Labels[0])
		default:
			r.step(one, shape, after)
		}
	}
}

// later reads a block "at", whose label is the time since the begin.
func (r *reader) later(one *hclsyntax.Block) {
	if len(one.Labels) != 1 {
		r.fail(one.TypeRange, "the block at has %d labels; expected is one, the time since the begin, such as \"+90m\"", len(one.Labels))
		return
	}
	text, plus := strings.CutPrefix(one.Labels[0], "+")
	after, err := time.ParseDuration(text)
	if !plus || err != nil || after <= 0 || after > longest {
		r.fail(one.LabelRanges[0], "%q is no time since the begin; expected is one such as \"+90m\" or \"+1h30m\", of at most a year", one.Labels[0])
		return
	}
	r.read(one.Body, after, false)
}

// longest is how long after the begin something may happen.
const longest = 366 * 24 * time.Hour

// step reads one block into a step.
func (r *reader) step(one *hclsyntax.Block, shape block, after time.Duration) {
	s := step{after: after, block: one.Type, route: shape.route, at: one.TypeRange, values: map[string]any{}, places: map[string]hcl.Range{}}
	for _, inner := range one.Body.Blocks {
		r.fail(inner.TypeRange, "there is a block %q in the block %s; expected are attributes: %s", inner.Type, one.Type, strings.Join(names(shape), ", "))
	}
	before := len(r.wrong)
	for _, a := range sorted(one.Body.Attributes) {
		kind, known := shape.attributes[a.Name]
		if !known {
			r.fail(a.NameRange, "the block %s has no attribute %q; expected is one of %s", one.Type, a.Name, strings.Join(names(shape), ", "))
			continue
		}
		v, diags := a.Expr.Value(nil)
		if diags.HasErrors() {
			r.wrong = append(r.wrong, mistakes(diags)...)
			continue
		}
		value, ok := kind.read(v)
		if !ok {
			r.fail(a.Expr.Range(), "%s is not what %s holds; expected is %s", shown(v), a.Name, kind)
			continue
		}
		s.values[fieldName(a.Name)], s.places[a.Name] = value, a.Expr.Range()
	}
	if len(r.wrong) == before {
		r.scenario.steps = append(r.scenario.steps, s)
	}
}

func names(shape block) []string { return slices.Sorted(maps.Keys(shape.attributes)) }

// sorted are attributes in the order in which they are written.
func sorted(all hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(all), func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
}

// amount is a sum of money as the control path takes it.
var amount = regexp.MustCompile(`^\d+(\.\d{1,5})?$`)

// read is the value of an attribute as the control path takes it.
func (k kind) read(v cty.Value) (any, bool) {
	if v.IsNull() || !v.IsWhollyKnown() {
		return nil, false
	}
	t := v.Type()
	switch k {
	case text:
		return asText(v), t == cty.String
	case flag:
		return t == cty.Bool && v.True(), t == cty.Bool
	case duration:
		_, err := time.ParseDuration(asText(v))
		return asText(v), t == cty.String && err == nil
	case texts:
		list, err := convert.Convert(v, cty.List(cty.String))
		if err != nil || !t.IsTupleType() {
			return nil, false
		}
		all := []string{}
		for _, one := range list.AsValueSlice() {
			all = append(all, one.AsString())
		}
		return all, true
	case number, fraction, money:
		if t != cty.Number {
			return nil, false
		}
		digits := v.AsBigFloat().Text('f', -1)
		if k == money {
			return digits, amount.MatchString(digits)
		}
		n, err := strconv.ParseFloat(digits, 64)
		return rawNumber(digits), err == nil && (k == fraction || n == float64(int64(n)))
	}
	return nil, false
}

func asText(v cty.Value) string {
	if v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

// rawNumber is a number as it is written, in JSON.
type rawNumber string

// MarshalJSON is the number without quotes.
func (n rawNumber) MarshalJSON() ([]byte, error) { return []byte(n), nil }

// shown is a value in a message.
func shown(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	if s, err := convert.Convert(v, cty.String); err == nil && s.IsKnown() {
		if v.Type() == cty.String {
			return strconv.Quote(s.AsString())
		}
		return s.AsString()
	}
	return "a " + v.Type().FriendlyName()
}
