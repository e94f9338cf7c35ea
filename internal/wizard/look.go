package wizard

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/param"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

// Baseline is what KEC reports of the attributes that it does not report as they were ordered, as a
// fingerprint by attribute. KEC's first report after an order is its way of writing the order; only
// a change of what it reports is a change of the machine.
type Baseline map[string]string

// toBeSet stands in a baseline for an attribute of which the next report is the first.
const toBeSet = ""

// ParseBaseline reads what [Baseline.JSON] has written. It is nil, the baseline of a machine that
// nobody has looked at, where there is nothing to read.
func ParseBaseline(raw []byte) Baseline {
	var b Baseline
	if json.Unmarshal(raw, &b) != nil {
		return nil
	}
	return b
}

// JSON is the baseline as the private state holds it.
func (b Baseline) JSON() []byte {
	raw, err := json.Marshal(map[string]string(b))
	if err != nil || b == nil {
		return []byte("{}")
	}
	return raw
}

// Ordered is the baseline without what KEC reported of settings that have been ordered anew.
func (b Baseline) Ordered(settings param.Table) Baseline {
	if b == nil || len(settings) == 0 {
		return b
	}
	after := maps.Clone(b)
	for _, line := range settings {
		after[line.Key()] = toBeSet
	}
	return after
}

// Look is one look at a machine. Every attribute that KEC reports is read through it, so that what
// KEC leaves out or spells otherwise is no change of any of them.
type Look struct {
	*kec.Instance

	imported bool
	first    bool
	baseline Baseline
	unsure   []string
}

// NewLook is a look at a machine that was ordered. Baseline is what [Look.Baseline] was after the
// look before, nil for the first.
func NewLook(in *kec.Instance, baseline Baseline) *Look {
	l := &Look{Instance: in, first: baseline == nil, baseline: maps.Clone(baseline)}
	if l.first {
		l.baseline = Baseline{}
	}
	return l
}

// NewImport is the first look at a machine that somebody else has ordered: it is what KEC reports.
func NewImport(in *kec.Instance) *Look {
	return &Look{Instance: in, imported: true, baseline: Baseline{}}
}

// Baseline is that of the next look.
func (l *Look) Baseline() Baseline { return l.baseline }

// Unsure lists the attributes of an import about which KEC was silent, as the private state holds
// them.
func (l *Look) Unsure() []byte {
	raw, err := json.Marshal(l.unsure)
	if err != nil || l.unsure == nil {
		return []byte("[]")
	}
	return raw
}

// untold notes that KEC is silent about an attribute of an import: of a list, about all in it.
func (l *Look) untold(at string) { l.unsure = append(l.unsure, at) }

// Silent tells whether KEC was silent about a setting of an import, by its own name or by that of
// the list it is in. unsure is what [Look.Unsure] lists.
func Silent(unsure []string, setting string) bool {
	return slices.ContainsFunc(unsure, func(at string) bool { return setting == at || strings.HasPrefix(setting, at+"[") })
}

// settle is the value of an attribute after a look: now is what KEC reports, was the value before.
// A report that is alike changes nothing, and neither does the first one after an order, or one
// that is as it was at the look before.
func settle[V attr.Value](l *Look, at string, told bool, now, was V, alike func(now, was V) bool) V {
	before, known := l.baseline[at]
	first := l.first || known && before == toBeSet
	none := was.IsNull() || was.IsUnknown() // nothing was ordered
	switch {
	case !told:
		if l.imported {
			l.untold(at)
		} else if first && !none {
			l.baseline[at] = toBeSet
		}
		return was
	case l.imported || none:
		delete(l.baseline, at)
		return now
	case now.Equal(was) || alike != nil && alike(now, was):
		delete(l.baseline, at)
		return was
	case first:
		l.baseline[at] = fingerprint(now)
		return was
	case known && before == fingerprint(now):
		return was
	}
	delete(l.baseline, at)
	return now
}

// fingerprint stands for a reported value: short, and no secret.
func fingerprint(v attr.Value) string {
	text := v.String()
	if set, ok := v.(types.Set); ok {
		text = strings.Join(lower(set), ",")
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawStdEncoding.EncodeToString(sum[:9])
}

// renumber moves the entries of a list's elements to where the elements are now; kept lists the
// places that they had.
func (l *Look) renumber(list string, kept []int) {
	after := maps.Clone(l.baseline)
	maps.DeleteFunc(after, func(at, _ string) bool { return strings.HasPrefix(at, list+"[") })
	for to, from := range kept {
		for at, entry := range l.baseline {
			if rest, ok := strings.CutPrefix(at, element(list, from)); ok {
				after[element(list, to)+rest] = entry
			}
		}
	}
	l.baseline = after
}

// text reads a text; "" is one that KEC leaves out.
func (l *Look) text(at, now string, was types.String) types.String {
	return tfvalue.Known(settle(l, at, now != "", tfvalue.Text(now), was, nil))
}

// id reads an id, or a name of KEC's, whose case says nothing.
func (l *Look) id(at, now string, was types.String) types.String {
	return tfvalue.Known(settle(l, at, now != "", tfvalue.Text(now), was, sameFold))
}

// option reads a text that the user may leave out, which orders that there is none. Told is whether
// KEC reports it; "" is its report that there is none.
func (l *Look) option(at string, told bool, now string, was types.String, alike func(now, was types.String) bool) types.String {
	if was.IsNull() {
		was = types.StringValue("")
	}
	if is := settle(l, at, told, types.StringValue(now), was, alike); is.ValueString() != "" {
		return is
	}
	return types.StringNull()
}

// ids reads a set of ids; nil is one that KEC leaves out.
func (l *Look) ids(at string, now []string, was types.Set) types.Set {
	spelt := slices.Clone(now)
	for i, id := range spelt { // one that stays is spelt as it was
		for _, known := range tfvalue.SetTexts(was) {
			if strings.EqualFold(id, known) {
				spelt[i] = known
			}
		}
	}
	set := settle(l, at, now != nil, tfvalue.TextSet(spelt), was, sameIDs)
	if set.IsUnknown() || set.IsNull() {
		return types.SetNull(types.StringType)
	}
	return set
}

// size reads a size; 0 is one that KEC leaves out.
func (l *Look) size(at string, now int64, was types.Int64) types.Int64 {
	size := settle(l, at, now > 0, types.Int64Value(now), was, nil)
	if size.IsUnknown() {
		return types.Int64Null()
	}
	return size
}

// flag reads a flag; nil is one that KEC leaves out. A flag that was never known is false, its
// default.
func (l *Look) flag(at string, now *bool, was types.Bool) types.Bool {
	value := types.BoolNull()
	if now != nil {
		value = types.BoolValue(*now)
	}
	if is := settle(l, at, now != nil, value, was, nil); !is.IsUnknown() && !is.IsNull() {
		return is
	}
	return types.BoolValue(false)
}

// sameFold tells whether two texts differ in case only.
func sameFold(a, b types.String) bool {
	return !a.IsNull() && !b.IsNull() && strings.EqualFold(a.ValueString(), b.ValueString())
}

// sameIDs tells whether two sets hold the same ids, in any case; null and empty are the same.
func sameIDs(a, b types.Set) bool { return slices.Equal(lower(a), lower(b)) }

// lower is the ids of a set in lower case, in their order.
func lower(set types.Set) []string {
	texts := tfvalue.SetTexts(set)
	for i := range texts {
		texts[i] = strings.ToLower(texts[i])
	}
	slices.Sort(texts)
	return texts
}

// anyCase is the option of a setting, an id or a set of ids, whose case says nothing.
func anyCase(line *param.Line) *param.Line {
	return line.Alike(func(a, b attr.Value) bool {
		switch a := a.(type) {
		case types.String:
			b, ok := b.(types.String)
			return ok && sameFold(a, b)
		case types.Set:
			b, ok := b.(types.Set)
			return ok && sameIDs(a, b)
		}
		return false
	})
}
