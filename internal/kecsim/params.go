package kecsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// An API parameter travels as a flat name, "DataDisk.2.Size". A pattern is such a
// name with N for every index, "DataDisk.N.Size". args holds the parameters of one
// request under their documented spelling, with lists counted from 1, whatever
// the caller wrote.
//
// documented: flattening, 0- and 1-based lists, both filter forms (facts 9-11).
// assumed: names in any case, a bare list name is index 1 (facts 12, 181).
type args struct {
	values map[string]string
	counts map[string]int // "DataDisk" → 2, "Filter.1.Value" → 3
}

func (a *args) get(name string) string { return a.values[name] }

func (a *args) has(name string) bool { _, ok := a.values[name]; return ok }

// count is the length of a list, scalar or not, such as "DataDisk".
func (a *args) count(list string) int { return a.counts[list] }

// list returns the values of a scalar list such as "InstanceId".
func (a *args) list(name string) []string {
	out := make([]string, 0, a.count(name))
	for i := 1; i <= a.count(name); i++ {
		out = append(out, a.get(name+"."+strconv.Itoa(i)))
	}
	return out
}

// number returns an integer that validation has already accepted, else fallback.
func (a *args) number(name string, fallback int) int {
	n, err := strconv.Atoi(a.get(name))
	if err != nil {
		return fallback
	}
	return n
}

func (a *args) flag(name string) bool { return strings.EqualFold(a.get(name), "true") }

// pattern is a pattern, taken apart.
type pattern struct {
	name  string
	parts []string
	lists bool // has an index
}

func patternsOf(names []string) []pattern {
	out := make([]pattern, len(names))
	for i, name := range names {
		parts := strings.Split(name, ".")
		out[i] = pattern{name, parts, slices.Contains(parts, "N")}
	}
	return out
}

// match finds the pattern a sent name belongs to and its indexes as sent.
func match(patterns []pattern, sent string) (p *pattern, index []int, ok bool) {
	parts := strings.Split(sent, ".")
	for i := range patterns {
		if index, ok = matchOne(patterns[i].parts, parts); ok {
			return &patterns[i], index, true
		}
	}
	return nil, nil, false
}

func matchOne(pattern, parts []string) ([]int, bool) {
	var index []int
	for i, want := range pattern {
		switch {
		case want == "N" && i == len(parts) && i == len(pattern)-1:
			index = append(index, 1) // a bare list name
		case i >= len(parts):
			return nil, false
		case want == "N":
			n, err := strconv.Atoi(parts[i])
			if err != nil || n < 0 || n > math.MaxInt32 || !digits(parts[i]) {
				return nil, false
			}
			index = append(index, n)
		case !strings.EqualFold(want, parts[i]):
			return nil, false
		}
	}
	return index, len(parts) <= len(pattern)
}

// bind sorts sent parameters under the patterns an action knows. Common fields,
// which every action takes, must be left out by the caller.
//
// assumed: unknown names, and one name with two values, are refused (fact 170).
func bind(patterns []pattern, sent url.Values) (*args, *apiError) {
	type hit struct {
		*pattern
		index []int
		value string
	}
	hits := make([]hit, 0, len(sent))
	seen := map[string]map[int]bool{} // index values per list, "Filter" or "Filter.3.Value" as sent
	names := make([]string, 0, len(sent))
	for name := range sent {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p, index, ok := match(patterns, name)
		if !ok {
			return nil, refuse(codeInvalidParameter, "the parameter %s is not known to this action", clip(name))
		}
		h := hit{p, index, ""}
		for i, v := range sent[name] {
			if i > 0 && v != h.value {
				return nil, refuse(codeInvalidParameter, "the parameter %s was sent twice with different values", name)
			}
			h.value = v
		}
		hits = append(hits, h)
		if !p.lists {
			continue
		}
		walkLists(p.parts, index, func(list string, i int) {
			if seen[list] == nil {
				seen[list] = map[int]bool{}
			}
			seen[list][i] = true
		})
	}
	ranks := map[string][]int{}
	for list, set := range seen {
		for i := range set {
			ranks[list] = append(ranks[list], i)
		}
		slices.Sort(ranks[list])
	}
	a := &args{values: make(map[string]string, len(hits)), counts: map[string]int{}}
	for _, h := range hits {
		name := h.name
		if h.lists {
			name = a.countFrom1(h.parts, h.index, ranks)
		}
		if old, twice := a.values[name]; twice && old != h.value {
			return nil, refuse(codeInvalidParameter, "the parameter %s was sent twice with different values", name)
		}
		a.values[name] = h.value
	}
	return a, nil
}

// countFrom1 is a name with its lists counted from 1, however they were sent. It notes
// their lengths.
func (a *args) countFrom1(parts []string, index []int, ranks map[string][]int) string {
	// The list's own name is built twice: as sent, to find the rank, and as counted from 1.
	name, rawList, n := "", "", 0
	for _, part := range parts {
		if part != "N" {
			name, rawList = join(name, part), join(rawList, part)
			continue
		}
		order := ranks[rawList]
		a.counts[name] = len(order)
		rank, _ := slices.BinarySearch(order, index[n])
		rawList = join(rawList, strconv.Itoa(index[n]))
		name = join(name, strconv.Itoa(rank+1))
		n++
	}
	return name
}

func join(list, part string) string {
	if list == "" {
		return part
	}
	return list + "." + part
}

// walkLists calls f for every list on the way to a name, with the index as sent.
func walkLists(parts []string, index []int, f func(list string, i int)) {
	list, n := "", 0
	for _, part := range parts {
		if part == "N" {
			f(list, index[n])
			part = strconv.Itoa(index[n])
			n++
		}
		list = join(list, part)
	}
}

// readBody reads a form, or JSON where the content type says so.
//
// documented: both kinds, and a form on GET (facts 7, 14).
func readBody(contentType string, body []byte) (url.Values, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return url.Values{}, nil
	}
	if isJSON(contentType) {
		return flattenJSON(body)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the form body is not well-formed")
	}
	return values, nil
}

func isJSON(contentType string) bool { return strings.Contains(strings.ToLower(contentType), "json") }

// flattenJSON turns a JSON object into flat names: lists from 1, null left out.
//
// documented: trade QueryInstances sends JSON (fact 7). assumed: the flat names
// (fact 181).
func flattenJSON(body []byte) (url.Values, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("the body is not a JSON object")
	}
	if dec.More() {
		return nil, fmt.Errorf("the body holds more than one JSON value")
	}
	out := url.Values{}
	if !flattenInto(out, "", v) {
		return nil, fmt.Errorf("the body has names of over %d characters", maxName)
	}
	return out, nil
}

// maxName keeps a nested body from growing when it is flattened; every name the
// API has is far shorter.
const maxName = 256

func flattenInto(out url.Values, name string, v any) bool {
	if len(name) > maxName {
		return false
	}
	switch v := v.(type) {
	case nil:
	case map[string]any:
		for key, item := range v {
			if !flattenInto(out, join(name, key), item) {
				return false
			}
		}
	case []any:
		for i, item := range v {
			if !flattenInto(out, join(name, strconv.Itoa(i+1)), item) {
				return false
			}
		}
	case string:
		out.Add(name, v)
	case bool:
		out.Add(name, strconv.FormatBool(v))
	case json.Number:
		out.Add(name, v.String())
	}
	return true
}
