package protocol

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Args holds the parameters of one request, such as "DataDisk.2.Size", under their documented
// spelling and with lists counted from 1, however the caller spelt and counted them.
//
// documented: flattening, 0- and 1-based lists, both filter forms (facts 9-11).
// assumed: names in any case, a bare list name is index 1 (facts 12, 181).
type Args struct {
	values map[string]string
	counts map[string]int // "DataDisk" → 2, "Filter.1.Value" → 3
}

// Get is the value of a parameter, "" if it was not sent.
func (a *Args) Get(name string) string { return a.values[name] }

// Has tells whether a parameter was sent, empty or not.
func (a *Args) Has(name string) bool { _, ok := a.values[name]; return ok }

// Count is the length of a list, such as "InstanceId" (of values) or "DataDisk" (of groups).
func (a *Args) Count(list string) int { return a.counts[list] }

// List returns the values of a list such as "InstanceId".
func (a *Args) List(name string) []string {
	out := make([]string, 0, a.Count(name))
	for i := 1; i <= a.Count(name); i++ {
		out = append(out, a.Get(name+"."+strconv.Itoa(i)))
	}
	return out
}

// Number reads an integer; it is fallback where the parameter is missing or no integer.
func (a *Args) Number(name string, fallback int) int {
	n, err := strconv.Atoi(a.Get(name))
	if err != nil {
		return fallback
	}
	return n
}

// Flag tells whether a parameter is true, in any case of its letters.
func (a *Args) Flag(name string) bool { return strings.EqualFold(a.Get(name), "true") }

// Expand lists the names that were sent under a pattern such as "DataDisk.N.Size", in the order
// of their indexes.
func (a *Args) Expand(pattern string) []string {
	if !strings.Contains(pattern, ".N") { // no list: most have none
		if a.Has(pattern) {
			return []string{pattern}
		}
		return nil
	}
	names := []string{""}
	for part := range strings.SplitSeq(pattern, ".") {
		var next []string
		for _, name := range names {
			if part != "N" {
				next = append(next, join(name, part))
				continue
			}
			for i := 1; i <= a.Count(name); i++ {
				next = append(next, join(name, strconv.Itoa(i)))
			}
		}
		names = next
	}
	return slices.DeleteFunc(names, func(name string) bool { return !a.Has(name) })
}

// All are the parameters by name, lists from 1.
func (a *Args) All() map[string]string { return maps.Clone(a.values) }

// Over is a request with what these parameters leave open of another one. Of a list, such as
// DataDisk.N, these parameters have all elements or none.
func (a *Args) Over(other *Args) *Args {
	out := &Args{values: maps.Clone(a.values), counts: maps.Clone(a.counts)}
	open := func(name string) bool {
		list, _, _ := strings.Cut(name, ".")
		return a.counts[list] == 0 && !a.Has(name)
	}
	for name, value := range other.values {
		if open(name) {
			out.values[name] = value
		}
	}
	for name, count := range other.counts {
		if open(name) {
			out.counts[name] = count
		}
	}
	return out
}

// Pattern is the name of a parameter with N for every index, such as "DataDisk.N.Size", taken
// apart.
type Pattern struct {
	name  string
	parts []string
	lists bool // has an index
}

// Patterns takes names apart, once for all requests.
func Patterns(names []string) []Pattern {
	out := make([]Pattern, len(names))
	for i, name := range names {
		parts := strings.Split(name, ".")
		out[i] = Pattern{name, parts, slices.Contains(parts, "N")}
	}
	return out
}

// match finds the pattern that a sent name belongs to, and its indexes as sent.
func match(patterns []Pattern, sent string) (p *Pattern, index []int, ok bool) {
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

// Bind sorts the parameters that were sent under the patterns that an action knows. It refuses
// all others, so the caller leaves out the common fields, which every action takes.
//
// assumed: unknown names, and one name with two values, are refused (fact 170).
func Bind(patterns []Pattern, sent url.Values) (*Args, *Refusal) {
	type hit struct {
		*Pattern
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
			return nil, Refuse(CodeInvalidParameter, "the parameter %s is not known to this action", Clip(name))
		}
		h := hit{p, index, ""}
		for i, v := range sent[name] {
			if i > 0 && v != h.value {
				return nil, Refuse(CodeInvalidParameter, "the parameter %s was sent twice with different values", name)
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
	a := &Args{values: make(map[string]string, len(hits)), counts: map[string]int{}}
	for _, h := range hits {
		name := h.name
		if h.lists {
			name = a.countFrom1(h.parts, h.index, ranks)
		}
		if old, twice := a.values[name]; twice && old != h.value {
			return nil, Refuse(CodeInvalidParameter, "the parameter %s was sent twice with different values", name)
		}
		a.values[name] = h.value
	}
	return a, nil
}

// countFrom1 is a name with its lists counted from 1, however they were sent. It keeps the
// lengths of these lists in counts.
func (a *Args) countFrom1(parts []string, index []int, ranks map[string][]int) string {
	// The name of the list is built twice: as sent, to find the rank, and counted from 1.
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
