package chaos

import "slices"

// shrink takes steps out of a history that breaks a rule for as long as it still
// breaks one, so that what is left is short. breaks lives through a history.
func shrink(ops []operation, breaks func([]operation) bool) []operation {
	for size := max(1, len(ops)/2); ; {
		smaller := false
		for from := 0; from+size <= len(ops); {
			if rest := slices.Concat(ops[:from], ops[from+size:]); breaks(rest) {
				ops, smaller = rest, true
			} else {
				from++
			}
		}
		switch {
		case size > 1:
			size = max(1, size/2)
		case !smaller:
			return ops
		}
	}
}
