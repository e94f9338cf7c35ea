package ksyun

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// The types below are lenient: they read what KEC is known to write, and what it may write in its
// place. Keys may be in any case (encoding/json folds it), numbers and booleans may be texts, and
// null and "" may stand for an absent value. None of the types returns an error: a value of the
// wrong shape counts as absent, so that one odd field cannot hide a machine.

// Decode fills v, a pointer to a struct of lenient types, from a part of an answer. A member of the
// wrong shape stays as it is.
func Decode(raw json.RawMessage, v any) {
	_ = json.Unmarshal(raw, v) // the syntax was checked with the whole body, and lenient types return no error
}

// Object reads a JSON object into its members by lower-case key, null ones left out. When raw is no
// object, why says what it is.
func Object(raw []byte) (fields map[string]json.RawMessage, why string) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		switch raw = bytes.TrimSpace(raw); {
		case len(raw) == 0:
			return nil, "answered with an empty body"
		case raw[0] == '<' && bytes.HasPrefix(bytes.ToLower(raw), []byte("<?xml")):
			return nil, "answered with XML, not JSON"
		case raw[0] == '<':
			return nil, "answered with HTML, not JSON"
		case json.Valid(raw):
			return nil, "answered with JSON that is not an object"
		}
		return nil, "answered with something that is not JSON"
	}
	fields = make(map[string]json.RawMessage, len(members))
	// Sorted, so that two spellings of one key give one answer.
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if value := members[key]; !isNull(value) {
			fields[strings.ToLower(key)] = value
		}
	}
	return fields, ""
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// Array reads a JSON array; false for anything else.
func Array(raw json.RawMessage) ([]json.RawMessage, bool) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, false
	}
	return items, items != nil
}

// TextOf is a JSON string as it is, or the literal text of a number or boolean; "" for anything
// else.
func TextOf(raw json.RawMessage) string {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s) // the syntax was checked before
		return s
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// Text is a lenient string.
type Text string

// UnmarshalJSON reads a string, a number or a boolean.
func (t *Text) UnmarshalJSON(raw []byte) error {
	*t = Text(TextOf(raw))
	return nil
}

// Told is a text that knows whether the answer holds it, if only as "" or null.
type Told struct {
	Text

	Present bool
}

// UnmarshalJSON reads what Text reads.
func (t *Told) UnmarshalJSON(raw []byte) error {
	t.Present = true
	return t.Text.UnmarshalJSON(raw)
}

// Number is a lenient decimal, nil when absent.
type Number struct{ *decimal.Decimal }

// UnmarshalJSON reads a number or a string that holds one, from its text and never through a binary
// float.
func (n *Number) UnmarshalJSON(raw []byte) error {
	n.Decimal = nil
	if d, ok := parseDecimal(TextOf(raw)); ok {
		n.Decimal = &d
	}
	return nil
}

// mostDigits is how many digits a number may have when it is written out. A text of more than 64
// characters, which leaves room for a sign and a point, is not tried.
const mostDigits = 60

// parseDecimal refuses numbers that would fill the memory with zeros when written out, such as
// 1e999999999; no price is one. What it takes is read again from its own text.
func parseDecimal(s string) (decimal.Decimal, bool) {
	if s = strings.TrimSpace(s); s == "" || len(s) > 64 {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}, false
	}
	digits, exponent := d.NumDigits(), int(d.Exponent())
	if max(digits, digits+exponent, 1-exponent) > mostDigits {
		return decimal.Decimal{}, false
	}
	return d, true
}

// Int is the whole number, nil when absent, not whole or beyond 64 bits.
func (n Number) Int() *int64 {
	if n.Decimal == nil || !n.IsInteger() || !n.BigInt().IsInt64() {
		return nil
	}
	i := n.IntPart()
	return &i
}

// IntOr is the whole number, or other.
func (n Number) IntOr(other int64) int64 {
	if i := n.Int(); i != nil {
		return *i
	}
	return other
}

// Flag is a lenient boolean; its Value is nil when absent.
type Flag struct{ Value *bool }

// UnmarshalJSON reads a boolean, 0 or 1, or a string that holds one of them.
func (f *Flag) UnmarshalJSON(raw []byte) error {
	f.Value = nil
	if v, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(TextOf(raw)))); err == nil {
		f.Value = &v
	}
	return nil
}

// Beijing is UTC+8, in which KEC gives and takes every time that names no zone.
var Beijing = time.FixedZone("UTC+8", 8*60*60)

// ParseTime reads RFC 3339, or "yyyy-MM-dd HH:mm:ss" (a T and missing seconds allowed) as UTC+8.
// The result is in UTC.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" { // as most times of a machine are
		return time.Time{}, false
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at.UTC(), true
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, s, Beijing); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// Instant is a lenient time, nil when absent: milliseconds since the epoch, where 0 means none, or
// what ParseTime reads.
type Instant struct{ *time.Time }

// UnmarshalJSON reads a number or a string.
func (i *Instant) UnmarshalJSON(raw []byte) error {
	i.Time = nil
	var n Number
	_ = n.UnmarshalJSON(raw) // never fails
	if ms := n.Int(); ms != nil {
		if *ms != 0 {
			at := time.UnixMilli(*ms).UTC()
			i.Time = &at
		}
	} else if at, ok := ParseTime(TextOf(raw)); ok {
		i.Time = &at
	}
	return nil
}

// Items is a lenient list: the elements of an array that are not null; nil for anything else, and
// not nil for an array without elements.
type Items []json.RawMessage

// UnmarshalJSON reads an array.
func (l *Items) UnmarshalJSON(raw []byte) error {
	*l = nil
	all, ok := Array(raw)
	if ok {
		*l = Items{}
	}
	for _, item := range all {
		if !isNull(item) {
			*l = append(*l, bytes.Clone(item))
		}
	}
	return nil
}
