package scenario

import (
	"errors"
	"fmt"
	"maps"
	"math"
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

// Load reads a scenario from a file.
func Load(file string) (*Scenario, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Read(file, source)
}

// Read reads a scenario from the text of a file. The error has a line for each thing in it that is
// wrong, with its place: the syntax, the names, the values, and what the simulated KEC refuses.
func Read(file string, source []byte) (*Scenario, error) {
	parsed, diags := hclparse.NewParser().ParseHCL(source, file)
	if diags.HasErrors() {
		var all []error
		for _, one := range mistakes(diags) {
			all = append(all, one)
		}
		return nil, errors.Join(all...)
	}
	r := reader{scenario: &Scenario{}, set: map[string]hcl.Range{}}
	r.read(parsed.Body, 0, true)
	if !r.blind {
		r.rehearse()
	}
	if len(r.wrong) > 0 {
		slices.SortStableFunc(r.wrong, func(a, b *mistake) int { return a.At.Start.Byte - b.At.Start.Byte })
		var all []error
		for _, one := range r.wrong {
			all = append(all, one)
		}
		return nil, errors.Join(all...)
	}
	return r.scenario, nil
}

func mistakes(diags hcl.Diagnostics) (all []*mistake) {
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
	wrong    []*mistake
	blind    bool                 // what may add a thing was not understood, so nobody knows which things there are
	set      map[string]hcl.Range // where a thing is set, by time, block and thing
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
	expected := expectedBlocks(top)
	for _, a := range sorted(b.Attributes) {
		r.fail(a.NameRange, "an attribute %q stands alone; expected is a block: %s", a.Name, expected)
	}
	for _, one := range b.Blocks {
		shape, known := blocks[one.Type]
		switch {
		case one.Type == atBlock && top:
			r.later(one)
			continue
		case !known:
			r.fail(one.TypeRange, "there is no block %q here; expected is one of %s", one.Type, expected)
			r.blind = true
			continue
		case len(one.Labels) > 0:
			r.fail(one.LabelRanges[0], "the block %s has the label %q; expected is none", one.Type, one.Labels[0])
		}
		before := len(r.wrong)
		s := r.step(one, shape, after)
		switch {
		case len(r.wrong) == before && len(one.Labels) == 0:
			r.scenario.steps = append(r.scenario.steps, s)
		case shape.adds:
			r.blind = true
		}
	}
}

// expectedBlocks lists what may stand in a file, or in a block "at".
func expectedBlocks(top bool) string {
	expected := slices.Collect(maps.Keys(blocks))
	if top {
		expected = append(expected, atBlock)
	}
	slices.Sort(expected)
	return strings.Join(expected, ", ")
}

// later reads a block "at", whose label is the time since the begin.
func (r *reader) later(one *hclsyntax.Block) {
	if len(one.Labels) != 1 {
		r.fail(one.TypeRange, "the block at has %d labels; expected is one, the time since the begin, such as \"+90m\"", len(one.Labels))
		r.blind = true
		return
	}
	text, plus := strings.CutPrefix(one.Labels[0], "+")
	after, err := time.ParseDuration(text)
	if !plus || err != nil || after <= 0 || after > longest {
		r.fail(one.LabelRanges[0], "%q is no time since the begin; expected is one such as \"+90m\" or \"+1h30m\", of at most a year", one.Labels[0])
		r.blind = true
		return
	}
	if len(one.Body.Blocks)+len(one.Body.Attributes) == 0 {
		r.fail(one.TypeRange, "nothing happens at %q; expected is at least one block: %s", one.Labels[0], expectedBlocks(false))
		return
	}
	r.read(one.Body, after, false)
}

// longest is how long after the begin something may happen.
const longest = 366 * 24 * time.Hour

// step reads one block into a step.
func (r *reader) step(one *hclsyntax.Block, shape block, after time.Duration) step {
	s := step{after: after, block: one.Type, route: shape.route, at: one.TypeRange, values: map[string]any{}, places: map[string]hcl.Range{}}
	for _, inner := range one.Body.Blocks {
		r.fail(inner.TypeRange, "there is a block %q in the block %s; expected are attributes: %s", inner.Type, one.Type, list(names(shape)))
	}
	for _, a := range sorted(one.Body.Attributes) {
		kind, known := shape.attributes[a.Name]
		if !known {
			r.fail(a.NameRange, "the block %s has no attribute %q; expected is one of %s", one.Type, a.Name, list(names(shape)))
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
		if a.Name == timeScale {
			r.timeScale(a, v, after)
			continue
		}
		s.values[fieldName(a.Name)], s.places[a.Name] = value, a.Expr.Range()
	}
	r.complete(one, shape)
	r.single(&s, shape)
	return s
}

// complete checks that a block has the attributes that it needs.
func (r *reader) complete(one *hclsyntax.Block, shape block) {
	var missing []string
	for _, name := range shape.needs {
		if one.Body.Attributes[name] == nil {
			missing = append(missing, name)
		}
	}
	switch {
	case len(missing) > 0:
		r.fail(one.TypeRange, "the block %s has no %s; expected is at least %s", one.Type, strings.Join(missing, " and no "), list(shape.needs))
	case len(one.Body.Attributes)+len(one.Body.Blocks) == 0:
		r.fail(one.TypeRange, "the block %s is empty; expected is at least one of %s", one.Type, list(names(shape)))
	}
}

// single checks that no other block sets the same thing at the same time.
func (r *reader) single(s *step, shape block) {
	if shape.again {
		return
	}
	thing := ""
	for _, name := range shape.of {
		if value, given := s.values[fieldName(name)]; given {
			thing += fmt.Sprintf(" of the %s %q", name, value)
		}
	}
	key := fmt.Sprint(s.after, s.block, thing)
	if first, twice := r.set[key]; twice {
		r.fail(s.at, "a second block %s%s at the same time; expected is one, and there is one in line %d", s.block, thing, first.Start.Line)
		return
	}
	r.set[key] = s.at
}

// timeScale notes how fast the clock runs, which it does from the begin on.
func (r *reader) timeScale(a *hclsyntax.Attribute, v cty.Value, after time.Duration) {
	if after > 0 {
		r.fail(a.NameRange, "%s stands in a block at; expected is the block settings outside of it, since it holds from the begin", timeScale)
		return
	}
	f, _ := v.AsBigFloat().Float64()
	r.scenario.timeScale = &f
}

// list writes names as a list.
func list(names []string) string { return strings.Join(names, ", ") }

func names(shape block) []string { return slices.Sorted(maps.Keys(shape.attributes)) }

// sorted are attributes in the order in which they are written.
func sorted(all hclsyntax.Attributes) []*hclsyntax.Attribute {
	return slices.SortedFunc(maps.Values(all), func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
}

// amount is a sum of money as the control path takes it.
var amount = regexp.MustCompile(`^\d{1,9}(\.\d{1,5})?$`)

// mostWhole bounds whole numbers, so that each stays as it is in every reader of JSON.
const mostWhole = 1<<53 - 1

// read is the value of an attribute as the control path takes it.
func (k kind) read(v cty.Value) (any, bool) {
	if v.IsNull() || !v.IsWhollyKnown() {
		return nil, false
	}
	t := v.Type()
	switch k {
	case text:
		return asText(v), asText(v) != ""
	case flag:
		return t == cty.Bool && v.True(), t == cty.Bool
	case duration:
		_, err := time.ParseDuration(asText(v))
		return asText(v), err == nil
	case texts:
		return readTexts(v)
	case number, natural, seconds, fraction, money, scale:
		return k.readNumber(v)
	}
	return nil, false
}

// readTexts reads a list of texts.
func readTexts(v cty.Value) (any, bool) {
	if !v.Type().IsTupleType() {
		return nil, false
	}
	all := []string{}
	for _, one := range v.AsValueSlice() {
		if one.IsNull() || asText(one) == "" {
			return nil, false
		}
		all = append(all, asText(one))
	}
	return all, true
}

// readNumber reads a number as it is written.
func (k kind) readNumber(v cty.Value) (any, bool) {
	if v.Type() != cty.Number {
		return nil, false
	}
	digits := v.AsBigFloat().Text('f', -1)
	if k == money {
		return digits, amount.MatchString(digits)
	}
	n, err := strconv.ParseFloat(digits, 64)
	whole := v.AsBigFloat().IsInt() && math.Abs(n) <= mostWhole
	switch k {
	case number:
		return rawNumber(digits), whole
	case natural:
		return rawNumber(digits), whole && n >= 0
	case seconds:
		return digits, whole && n >= 0
	case scale:
		return n, err == nil && n >= 0 && n <= 1e6
	}
	return rawNumber(digits), err == nil
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
