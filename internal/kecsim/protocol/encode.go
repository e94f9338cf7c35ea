package protocol

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
)

// Encode writes JSON as a service would: no HTML escapes, no newline at the end.
func Encode(v any) []byte {
	b, err := appendJSON(make([]byte, 0, 4096), v)
	if err != nil {
		// Only a value that a test has put into Extra of an order can get here.
		return []byte(`{"simulator":"an Extra value cannot be written as JSON"}`)
	}
	return b
}

// appendJSON writes what encoding/json writes, byte for byte. The types that nearly all answers
// are made of are written without reflection, which was a third of the cost of a call.
func appendJSON(b []byte, v any) (_ []byte, err error) {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			break
		}
		var room [64]string // most answers have fewer names
		names := room[:0]
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		b = append(b, '{')
		for i, name := range names {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendText(b, name); err != nil {
				return nil, err
			}
			if b, err = appendJSON(append(b, ':'), v[name]); err != nil {
				return nil, err
			}
		}
		return append(b, '}'), nil
	case []any:
		if v == nil {
			break
		}
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendJSON(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	}
	return appendAny(b, v)
}

// appendText writes a text. Most texts need no escapes and are copied as they are.
func appendText(b []byte, s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendAny(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"'), nil
}

// appendAny writes any value by reflection.
func appendAny(b []byte, v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return append(b, bytes.TrimRight(text.Bytes(), "\n")...), nil
}
