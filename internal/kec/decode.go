package kec

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

// The types below read what KEC is known to write, and what it may write in its place: keys in any case (encoding/json folds
// it), numbers and booleans as text or as themselves, null and "" for an absent value. None of them returns an error: a value
// of the wrong shape counts as absent, so that one odd field cannot hide a machine.

// object reads a JSON object into its members by lower-case key, null ones left out. Otherwise why says what was read instead.
func object(raw []byte) (fields map[string]json.RawMessage, why string) {
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
	for _, key := range slices.Sorted(maps.Keys(members)) { // sorted, so that two spellings of one key give one answer
		if value := members[key]; !isNull(value) {
			fields[strings.ToLower(key)] = value
		}
	}
	return fields, ""
}

func isNull(raw json.RawMessage) bool { return string(bytes.TrimSpace(raw)) == "null" }

// array reads a JSON array; false for anything else.
func array(raw json.RawMessage) ([]json.RawMessage, bool) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, false
	}
	return items, items != nil
}

// textOf is a JSON string as it is, or the literal text of a number or boolean; "" for anything else.
func textOf(raw json.RawMessage) string {
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

// text is a lenient string.
type text string

// UnmarshalJSON reads a string, a number or a boolean.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text(textOf(raw))
	return nil
}

// told is a text that says whether it was there at all: an empty one, or null, says something.
type told struct {
	text

	is bool
}

// UnmarshalJSON reads what text reads.
func (t *told) UnmarshalJSON(raw []byte) error {
	t.is = true
	return t.text.UnmarshalJSON(raw)
}

// number is a lenient decimal, nil when absent.
type number struct{ *decimal.Decimal }

// UnmarshalJSON reads a number or a string that holds one, from its text and never through a binary float.
func (n *number) UnmarshalJSON(raw []byte) error {
	n.Decimal = nil
	if d, ok := parseDecimal(textOf(raw)); ok {
		n.Decimal = &d
	}
	return nil
}

// parseDecimal refuses numbers whose exponent would fill the memory with zeros; no price has one.
func parseDecimal(s string) (decimal.Decimal, bool) {
	if s = strings.TrimSpace(s); s == "" || len(s) > 64 {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() > 32 || d.Exponent() < -64 {
		return decimal.Decimal{}, false
	}
	return d, true
}

// int is the whole number, nil when absent, not whole or beyond 64 bits.
func (n number) int() *int64 {
	if n.Decimal == nil || !n.IsInteger() || !n.BigInt().IsInt64() {
		return nil
	}
	i := n.IntPart()
	return &i
}

// intOr is the whole number, or other.
func (n number) intOr(other int64) int64 {
	if i := n.int(); i != nil {
		return *i
	}
	return other
}

// flag is a lenient boolean, nil when absent.
type flag struct{ *bool }

// UnmarshalJSON reads a boolean, 0 or 1, or a string that holds one of them.
func (f *flag) UnmarshalJSON(raw []byte) error {
	f.bool = nil
	if v, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(textOf(raw)))); err == nil {
		f.bool = &v
	}
	return nil
}

// beijing is UTC+8, in which KEC gives and takes every time that names no zone.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// parseTime reads RFC 3339, or "yyyy-MM-dd HH:mm:ss" (a T and missing seconds allowed) as UTC+8. The result is in UTC.
func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at.UTC(), true
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, s, beijing); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// instant is a lenient time, nil when absent: milliseconds since the epoch, where 0 means none, or what parseTime reads.
type instant struct{ *time.Time }

// UnmarshalJSON reads a number or a string.
func (i *instant) UnmarshalJSON(raw []byte) error {
	i.Time = nil
	var n number
	_ = n.UnmarshalJSON(raw) // never fails
	if ms := n.int(); ms != nil {
		if *ms != 0 {
			at := time.UnixMilli(*ms).UTC()
			i.Time = &at
		}
	} else if at, ok := parseTime(textOf(raw)); ok {
		i.Time = &at
	}
	return nil
}

// items is a lenient list: the elements of an array that are not null; nil for anything else.
type items []json.RawMessage

// UnmarshalJSON reads an array.
func (l *items) UnmarshalJSON(raw []byte) error {
	*l = nil
	all, _ := array(raw)
	for _, item := range all {
		if !isNull(item) {
			*l = append(*l, bytes.Clone(item))
		}
	}
	return nil
}
