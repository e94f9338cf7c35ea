package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

// check is a measured value beside its limit.
type check struct {
	what, measured, limit string
	holds                 bool
	counted               bool // of requests or machines: it must hold on every computer
}

// The actions that the limits name.
const (
	describe = "DescribeInstances"
	listTags = "ListTagsByResourceIds"
	launch   = "RunInstances"
)

// spare is how many look-ups a creation of any size may take beyond one a second.
const spare = 10

// limits compares a result with what the provider may cost. What has not been measured is left out.
func limits(r result) []check {
	var all []check
	count := func(what string, got, most int) {
		all = append(all, check{what, fmt.Sprint(got), fmt.Sprintf("at most %d", most), got <= most, true})
	}
	under := func(what string, got, most float64, format func(float64) string) {
		all = append(all, check{what, format(got), "under " + format(most), got < most, false})
	}
	if f, ok := r.at(1); ok {
		got := f.plan.requests[describe]
		all = append(all, check{"refresh of 1: " + describe, fmt.Sprint(got), "exactly 1", got == 1, true})
	}
	if f, ok := r.at(100); ok && f.apply != nil {
		// All machines are looked up together once a second while they boot, and a few times more.
		count("creation of 100: "+launch, f.apply.requests[launch], f.machines)
		count("creation of 100: "+describe, f.apply.requests[describe], int(math.Floor(f.apply.seconds))+spare)
		under("creation of 100", f.apply.seconds, 25, inSeconds)
	}
	if f, ok := r.at(100); ok && f.destroy != nil {
		// Ten at a time: a call for each ten, and at least two looks that prove them gone.
		count("destruction of 100: all requests", f.destroy.requests.total(), 40)
		count(fmt.Sprintf("destruction of 100: alive %s later", later), f.alive, 0)
	}
	if f, ok := r.at(1000); ok {
		count("refresh of 1000: "+describe, f.plan.requests[describe], 5)
		count("refresh of 1000: "+listTags, f.plan.requests[listTags], 10)
		under("refresh of 1000, beyond `-refresh=false`", f.plan.seconds-f.unrefreshed.seconds, 3, inSeconds)
		under("CPU of the provider for each machine of a plan", f.cpu.sum(), 0.006, milliseconds)
		if f.plan.Memory > 0 {
			under("memory of the provider, refresh of 1000", float64(f.plan.Memory), 150e6, bytesOf[float64])
		}
	}
	if f, ok := r.spotFleetAt(1000); ok {
		count("creation of a fleet of 1000: "+launch, f.apply.requests[launch], 10)
		count("refresh of a fleet of 1000: all requests", f.plan.requests.total(), 12)
		under("refresh of a fleet of 1000, beyond `-refresh=false`", f.plan.seconds-f.unrefreshed.seconds, 2, inSeconds)
		count("destruction of a fleet of 1000: all requests", f.destroy.requests.total(), 30)
		count(fmt.Sprintf("destruction of a fleet of 1000: alive %s later", later), f.alive, 0)
		if memory := max(f.apply.Memory, f.plan.Memory, f.destroy.Memory); memory > 0 {
			under("memory of the provider, a fleet of 1000", float64(memory), 200e6, bytesOf[float64])
		}
	}
	if r.others > 0 {
		count(fmt.Sprintf("refresh of %d of %s: "+describe, r.few, thousands(r.few+r.others)), r.fewPlan.requests[describe], 3)
	}
	under("start, from exec to the handshake", r.start.Seconds(), (25 * time.Millisecond).Seconds(), milliseconds)
	under("stripped binary", float64(r.binary), 22e6, bytesOf[float64])
	under("answer with the schema", float64(r.schema), 60e3, bytesOf[float64])
	return all
}

// exceeded is an error about the counts that are above their limits. The other limits depend on the
// computer, so they are only shown.
func exceeded(all []check) error {
	var wrong []string
	for _, c := range all {
		if c.counted && !c.holds {
			wrong = append(wrong, fmt.Sprintf("%s: %s, %s allowed", c.what, c.measured, c.limit))
		}
	}
	if wrong == nil {
		return nil
	}
	return errors.New("more than may be:\n  " + strings.Join(wrong, "\n  "))
}
