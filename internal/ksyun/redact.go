package ksyun

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// redactor takes the sensitive values of one call out of texts. Whatever the service or the network
// says passes through it before it becomes part of an error or a trace, because a service may echo
// what it was sent.
type redactor struct {
	values []string
	forms  []string // of the values, longest first; nil when out of date
}

// shortestSecret is the length of the shortest text that is hidden. A shorter one is no secret, and
// hiding it would garble every message.
const shortestSecret = 4

// add hides values, in every encoding that forms knows.
func (r *redactor) add(values ...string) {
	r.values = append(r.values, values...)
	r.forms = nil
}

// addUserData hides the value of a UserData parameter and what it decodes to, as a whole and line
// by line.
func (r *redactor) addUserData(value string) {
	r.add(value)
	for _, enc := range base64Alphabets {
		b, err := enc.DecodeString(value)
		if err != nil {
			continue
		}
		r.add(string(b))
		for line := range strings.Lines(string(b)) {
			if line = strings.TrimSpace(line); len(line) >= 8 {
				r.add(line)
			}
		}
		return
	}
}

// addParams hides the values of the parameters whose name says that they are secret, and the value
// of a tag whose key says so (Tag.1.Key and Tag.1.Value, Tag_1_Key and Tag_1_Value). Other tags are
// no secrets: hiding "prod" would garble "product".
func (r *redactor) addParams(params url.Values) {
	for name, values := range params {
		for _, v := range values {
			switch {
			case strings.EqualFold(name, "UserData"):
				r.addUserData(v)
			case secretName(name):
				r.add(v)
			case strings.HasSuffix(name, "Key") && secretName(v):
				r.add(params[strings.TrimSuffix(name, "Key")+"Value"]...)
			}
		}
	}
}

func secretName(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "password") || strings.Contains(name, "secret")
}

// leaves are the texts of a JSON body under the names that they would have as parameters, such as
// ReplaceTags.1.ResourceUuids.
func leaves(body []byte) url.Values {
	out := url.Values{}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		at := strings.TrimPrefix(name+".", ".")
		switch v := v.(type) {
		case string:
			out.Add(name, v)
		case map[string]any:
			for k, member := range v {
				walk(at+k, member)
			}
		case []any:
			for i, element := range v {
				walk(at+strconv.Itoa(i+1), element)
			}
		}
	}
	var tree any
	_ = json.Unmarshal(body, &tree) // it has just been marshalled
	walk("", tree)
	return out
}

// redact replaces every form of every hidden value in s, in upper or lower case, by "(hidden)".
func (r *redactor) redact(s string) string {
	if len(s) < shortestSecret {
		return s
	}
	if r.forms == nil {
		for _, v := range r.values {
			r.forms = append(r.forms, forms(v)...)
		}
		// Longest first: no form may leave the rest of a longer one behind.
		slices.SortFunc(r.forms, func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
		r.forms = slices.Compact(r.forms)
	}
	for _, f := range r.forms {
		if len(f) <= len(s) {
			s = replaceFold(s, f, hiddenText)
		}
	}
	return s
}

// replaceFold replaces every occurrence in s of lower, a text in lower case, whatever the case of
// its ASCII letters in s.
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

var base64Alphabets = []*base64.Encoding{
	base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding,
}

// forms are the spellings, in lower case, under which a value can come back: raw; percent-encoded
// in the ways of forms, paths and RFC 3986; in base64's four alphabets; and as part of JSON or HTML
// text. JSON comes with and without escapes for HTML and for what is not ASCII, and once more
// quoted, because a message may quote the JSON body that it was sent.
func forms(v string) []string {
	out := []string{v, url.QueryEscape(v), url.PathEscape(v), escape(v), html.EscapeString(v)}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)            // a string always has a JSON form
	quoted, _ := json.Marshal(v) // likewise
	for _, q := range []string{string(quoted), strings.TrimSpace(plain.String()), strconv.QuoteToASCII(v)} {
		q = q[1 : len(q)-1]
		again := strconv.Quote(q)
		out = append(out, q, again[1:len(again)-1])
	}
	for _, enc := range base64Alphabets {
		out = append(out, enc.EncodeToString([]byte(v)))
	}
	for i, f := range out {
		out[i] = asciiLower(f)
	}
	return slices.DeleteFunc(out, func(f string) bool { return len(v) < shortestSecret || len(f) < shortestSecret })
}

// Redact takes the sensitive values of a request, its password and its user data, out of a text of
// a later answer: the reason of a failed launch may quote what it was launched with.
func Redact(text string, request url.Values) string {
	var r redactor
	r.addParams(request)
	return r.redact(text)
}
