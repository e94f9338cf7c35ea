package kec

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

// hidden holds the sensitive values of one call. Whatever the service or the network says passes through scrub before it
// becomes part of an error or a trace, because a service may echo what it was sent.
type hidden struct {
	values []string
	forms  []string // of the values, longest first; nil when out of date
}

// shortest is the length of the shortest text that is hidden. Less is no secret, and hiding it would garble every message.
const shortest = 4

// add hides values, in every encoding that forms knows.
func (h *hidden) add(values ...string) {
	h.values = append(h.values, values...)
	h.forms = nil
}

// addUserData hides the value of a UserData parameter and what it decodes to, as a whole and line by line.
func (h *hidden) addUserData(value string) {
	h.add(value)
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		b, err := enc.DecodeString(value)
		if err != nil {
			continue
		}
		h.add(string(b))
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); len(line) >= 8 {
				h.add(line)
			}
		}
		return
	}
}

// scrub replaces every form of every hidden value in s, in upper or lower case, by "(hidden)".
func (h *hidden) scrub(s string) string {
	if len(s) < shortest {
		return s
	}
	if h.forms == nil {
		for _, v := range h.values {
			h.forms = append(h.forms, forms(v)...)
		}
		slices.SortFunc(h.forms, func(a, b string) int { // longest first: no form may leave the rest of a longer one behind
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		h.forms = slices.Compact(h.forms)
	}
	for _, f := range h.forms {
		if len(f) <= len(s) {
			s = replaceFold(s, f, hiddenText)
		}
	}
	return s
}

// replaceFold replaces every occurrence of lower, which is in lower case, in s, whatever the case of its ASCII letters there.
func replaceFold(s, lower, by string) string {
	folded := asciiLower(s) // of the same length, byte by byte
	if !strings.Contains(folded, lower) {
		return s
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(folded, lower)
		out.WriteString(s[:len(before)])
		if !found {
			return out.String()
		}
		out.WriteString(by)
		s, folded = s[len(s)-len(after):], after
	}
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// forms are the spellings, in lower case, under which a value can come back: raw, percent-encoded in the ways of forms, paths and
// RFC 3986, base64 in its four alphabets, and as part of JSON or HTML text.
func forms(v string) []string {
	quoted, _ := json.Marshal(v) // a string always has a JSON form
	out := []string{v, url.QueryEscape(v), url.PathEscape(v), escape(v), html.EscapeString(v), strings.Trim(string(quoted), `"`)}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		out = append(out, enc.EncodeToString([]byte(v)))
	}
	for i, f := range out {
		out[i] = asciiLower(f)
	}
	return slices.DeleteFunc(out, func(f string) bool { return len(v) < shortest || len(f) < shortest })
}
