package acctest

import (
	"fmt"
	"slices"
	"strings"
)

// HCL is a block whose attributes a test may change. Each attribute begins a line.
type HCL struct {
	head       string
	attributes []attribute
}

type attribute struct{ name, value string }

// NewHCL makes a block, such as resource "kec_spot_instance" "a", with pairs of attribute and
// value in their order.
func NewHCL(head string, pairs ...string) HCL { return HCL{head: head}.With(pairs...) }

// With is the block with other values. A new attribute goes to the end. It panics if a value is
// what it was already, because such a test tries nothing.
func (h HCL) With(pairs ...string) HCL {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprintf("acctest: %q has no value", pairs[len(pairs)-1]))
	}
	h.attributes = slices.Clone(h.attributes)
	for pair := range slices.Chunk(pairs, 2) {
		a := attribute{pair[0], pair[1]}
		i := slices.IndexFunc(h.attributes, func(old attribute) bool { return old.name == a.name })
		switch {
		case i < 0:
			h.attributes = append(h.attributes, a)
		case h.attributes[i] == a:
			panic(fmt.Sprintf("acctest: %s is %s already", a.name, a.value))
		default:
			h.attributes[i] = a
		}
	}
	return h
}

// String is the block with the names of the simulator's world in it, as Expand puts them there.
func (h HCL) String() string {
	var b strings.Builder
	b.WriteString(h.head + " {\n")
	for _, a := range h.attributes {
		b.WriteString("  " + a.name + " = " + a.value + "\n")
	}
	b.WriteString("}\n")
	return Expand(b.String())
}
