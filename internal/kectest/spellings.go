package kectest

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"
)

// Spellings are the forms in which a service, or a proxy, may give back what it was sent.
func Spellings(v string) []string {
	out := []string{
		v, url.QueryEscape(v), url.PathEscape(v), strings.ReplaceAll(url.QueryEscape(v), "+", "%20"), html.EscapeString(v),
	}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v)
	for _, q := range []string{string(Must(json.Marshal(v))), strings.TrimSpace(plain.String()), strconv.QuoteToASCII(v)} {
		q = q[1 : len(q)-1]
		again := strconv.Quote(q)
		out = append(out, q, again[1:len(again)-1])
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		out = append(out, enc.EncodeToString([]byte(v)))
	}
	return out
}
