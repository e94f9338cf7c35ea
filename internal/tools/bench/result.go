package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// counts are requests by action.
type counts map[string]int

func (c counts) total() int {
	sum := 0
	for _, n := range c {
		sum += n
	}
	return sum
}

// String lists the actions by name: "3: DescribeInstances 1, ListTagsByResourceIds 2".
func (c counts) String() string {
	if c.total() == 0 {
		return "none"
	}
	var parts []string
	for _, action := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%s %d", action, c[action]))
	}
	return fmt.Sprintf("%d: %s", c.total(), strings.Join(parts, ", "))
}

// since is the difference to earlier counts.
func (c counts) since(earlier counts) counts {
	added := counts{}
	for action, n := range c {
		if n -= earlier[action]; n > 0 {
			added[action] = n
		}
	}
	return added
}

// sample is what one command of the CLI has cost.
type sample struct {
	seconds  float64
	requests counts
	usage    // of the provider
}

// typical is the median of the samples by seconds, with the most requests and the most memory of
// any sample. The CPU time is the least of any, because other work of the computer only adds to it.
func typical(samples []sample) sample {
	sorted := slices.SortedFunc(slices.Values(samples), func(a, b sample) int { return cmp.Compare(a.seconds, b.seconds) })
	middle := sorted[(len(sorted)-1)/2]
	middle.requests = maps.Clone(middle.requests)
	for _, s := range samples {
		middle.Memory = max(middle.Memory, s.Memory)
		middle.CPU = min(middle.CPU, s.CPU)
		for action, n := range s.requests {
			if middle.requests == nil {
				middle.requests = counts{}
			}
			middle.requests[action] = max(middle.requests[action], n)
		}
	}
	return middle
}

// fleet is what is measured at one number of machines. The floor is the same command with as many
// terraform_data, which need no provider.
type fleet struct {
	machines              int
	plan, unrefreshed     sample
	planFloor             sample
	cpu                   cost    // of the provider for each machine
	apply, applyFloor     *sample // nil where the fleet was made without measuring
	destroy, destroyFloor *sample
	alive                 int // machines that are left some seconds after the destruction
}

// result is all that a run has measured.
type result struct {
	settings
	date     time.Time
	computer string
	versions string
	fleets   []fleet

	spotFleets []spotFleet

	few, others int // machines in the state, and beside them in the account
	fewPlan     sample

	start  time.Duration // from exec to the handshake; the median
	binary int64         // bytes, stripped
	schema int           // bytes of the answer
}

// at finds the fleet of a size.
func (r result) at(machines int) (fleet, bool) {
	for _, f := range r.fleets {
		if f.machines == machines {
			return f, true
		}
	}
	return fleet{}, false
}
