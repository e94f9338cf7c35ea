package main

import (
	"fmt"
	"strings"
	"time"
)

// page is the result as a page in Markdown.
func page(r result) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Benchmarks\n")
	line("Written by `make bench`: the provider under a real CLI, against `kecsim` with %s for each request. The provider block is at its", r.latency)
	line("defaults. The floor is the same command on as many `terraform_data`, which need no provider.\n")
	line("| | |\n| --- | --- |")
	line("| date | %s |", r.date.UTC().Format(time.DateOnly))
	line("| machine | %s |", r.computer)
	line("| versions | %s |", r.versions)
	line("| settings | `-parallelism=%d`, `count`, tags and a name for each machine; %s from the order to an active one |", r.parallelism, r.boot)
	line("| plans | the median of up to %d by seconds, with the most requests, the most memory and the least CPU time of any |", r.runs)
	line("\n![Requests and seconds of a refresh over the number of machines](benchmarks.svg)")

	line("\n## Limits\n\nThose of requests and machines must hold wherever this runs; the others depend on the machine.\n")
	line("| what | measured | limit | holds |\n| --- | ---: | --- | --- |")
	for _, c := range limits(r) {
		line("| %s | %s | %s | %s |", c.what, c.measured, c.limit, yes(c.holds))
	}

	line("\n## Refresh: `plan` where nothing has changed\n")
	line("| machines | requests | seconds | `-refresh=false`: requests | seconds | floor: seconds |\n| ---: | --- | ---: | --- | ---: | ---: |")
	for _, f := range r.fleets {
		line("| %d | %s | %s | %s | %s | %s |", f.machines, f.plan.requests, seconds(f.plan.seconds),
			f.unrefreshed.requests, seconds(f.unrefreshed.seconds), seconds(f.planFloor.seconds))
	}
	if r.others > 0 {
		line("\n%d machines in an account that holds %s others: %s s; requests %s.",
			r.few, thousands(r.others), seconds(r.fewPlan.seconds), r.fewPlan.requests)
	}

	line("\n## Creation: `apply`\n")
	line("| machines | requests | seconds | floor: seconds |\n| ---: | --- | ---: | ---: |")
	for _, f := range r.fleets {
		if f.apply != nil {
			line("| %d | %s | %s | %s |", f.machines, f.apply.requests, seconds(f.apply.seconds), seconds(f.applyFloor.seconds))
		}
	}
	line("\n## Destruction: `destroy`\n")
	line("| machines | requests | seconds | floor: seconds | alive %s later |\n| ---: | --- | ---: | ---: | ---: |", later)
	for _, f := range r.fleets {
		if f.destroy != nil {
			line("| %d | %s | %s | %s | %d |", f.machines, f.destroy.requests, seconds(f.destroy.seconds), seconds(f.destroyFloor.seconds), f.alive)
		}
	}

	spotFleetPage(r, line)
	process(r, line)
	return b.String()
}

// process is the part of the page about the provider's process.
func process(r result, line func(format string, args ...any)) {
	line("\n## The provider's process\n")
	line("A plan starts several, one after the other: CPU is the sum of all, memory that of the largest. CPU for each machine is measured on")
	line("processes that get the same requests without a CLI: by how much each request adds to it.\n")
	line("| machines | plan: CPU | memory | `-refresh=false`: CPU | CPU for each machine | validate | upgrade | read | plan |")
	line("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	for _, f := range r.fleets {
		memory := "–"
		if f.plan.Memory > 0 {
			memory = bytesOf(f.plan.Memory)
		}
		line("| %d | %s | %s | %s | %s | %s | %s | %s | %s |", f.machines, inSeconds(f.plan.CPU), memory, inSeconds(f.unrefreshed.CPU),
			milliseconds(f.cpu.sum()), milliseconds(f.cpu.validate), milliseconds(f.cpu.upgrade), milliseconds(f.cpu.read), milliseconds(f.cpu.plan))
	}
	line("\n| | |\n| --- | ---: |")
	line("| start, from exec to the handshake, the median of %d | %s |", startRuns, milliseconds(r.start.Seconds()))
	line("| binary, stripped | %s |", bytesOf(r.binary))
	line("| answer with the schema | %s |", bytesOf(r.schema))
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "**no**"
}

// seconds has two decimals below ten seconds, and one above.
func seconds(s float64) string {
	if s < 9.995 {
		return fmt.Sprintf("%.2f", s)
	}
	return fmt.Sprintf("%.1f", s)
}

func inSeconds(s float64) string { return seconds(s) + " s" }

func milliseconds(s float64) string { return fmt.Sprintf("%.3g ms", s*1000) }

// bytesOf is a size in decimal units.
func bytesOf[N int | int64 | float64](n N) string {
	if n < 1e6 {
		return fmt.Sprintf("%.3g kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.3g MB", float64(n)/1e6)
}

// thousands is a number below a million with a space before its last three digits: 20 012.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d %03d", n/1000, n%1000)
}
