package ksyun

import (
	"net/url"
	"regexp"
	"strings"
)

// namedParam is a parameter name as it stands after the word "parameter": "SpotPriceLimit",
// "subnetId", "DataDisk.1.Size".
var namedParam = regexp.MustCompile(`(?i:\bparameters?)[\s:'"` + "`" + `\[(]+([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*)`)

// paramNamed is the sent parameter that a message names: the longest one that occurs as a word of
// its own, in any case; else the first one whose name without list indexes occurs so
// ("SecurityGroupId" for SecurityGroupId.1); else what follows the word "parameter", if it has a
// capital letter as names have.
func paramNamed(message string, sent url.Values) string {
	if message == "" {
		return ""
	}
	lower := strings.ToLower(message)
	var exact, plain, plainOf string
	for name := range sent {
		if betterName(name, exact) && hasWord(lower, strings.ToLower(name)) {
			exact = name
		}
		p := withoutIndexes(name)
		if p != name && (p == plain && name < plainOf || p != plain && betterName(p, plain)) && hasWord(lower, strings.ToLower(p)) {
			plain, plainOf = p, name
		}
	}
	if exact != "" {
		return exact
	}
	if plainOf != "" {
		return plainOf
	}
	if m := namedParam.FindStringSubmatch(message); m != nil && strings.ToLower(m[1]) != m[1] {
		return m[1]
	}
	return ""
}

// betterName prefers the longer name and, so that maps give one answer, the smaller of two as long.
func betterName(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a < b }

// withoutIndexes is "DataDisk.Size" for "DataDisk.1.Size".
func withoutIndexes(name string) string {
	var kept []string
	for part := range strings.SplitSeq(name, ".") {
		if strings.Trim(part, "0123456789") != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ".")
}

// hasWord reports that word occurs in text with no letter, no digit and no further part of
// a dotted name beside it. Only ASCII counts, because Chinese text has no spaces around a name.
func hasWord(text, word string) bool {
	alnum := func(i int) bool {
		return i >= 0 && i < len(text) &&
			(text[i] == '_' || '0' <= text[i] && text[i] <= '9' || 'a' <= text[i] && text[i] <= 'z')
	}
	part := func(i, dir int) bool { return alnum(i) || i >= 0 && i < len(text) && text[i] == '.' && alnum(i+dir) }
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if !part(i-1, -1) && !part(i+len(word), 1) {
			return true
		}
		from = i + 1
	}
}
