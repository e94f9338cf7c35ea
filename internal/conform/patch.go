package conform

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// row is one line of the tables of facts: number, text and, but for the assumptions, mark and
// source.
var row = regexp.MustCompile(`^\| (\d+) \| (.*) \|$`)

// assumedMark is the mark of what nothing states, and seenMark that of what a run has seen. An
// assumption, which has no mark, is documented once, and not again by each later run.
const (
	assumedMark = "I"
	seenMark    = "O"
	documented  = "**Documented, "
)

// Patch is a unified diff of the page of facts at a path, as git apply takes it; "" where there is
// nothing to change. What differs is corrected, whatever its mark. With seen, what is assumed and
// holds is marked as seen: the day and the host stand beside it. A simulator proves nothing about
// KEC, so seen is for KEC itself.
func (r *Report) Patch(path, page, day string, seen bool) string {
	lines := strings.Split(page, "\n")
	changed := map[int]string{}
	for i, line := range lines {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		fact, _ := strconv.Atoi(m[1])
		if text := r.rewrite(fact, m[2], day, seen); text != m[2] {
			changed[i] = fmt.Sprintf("| %d | %s |", fact, text)
		}
	}
	return diff(path, lines, changed)
}

// rewrite is the row of a fact, behind its number, after what was seen of it.
func (r *Report) rewrite(fact int, was, day string, seen bool) string {
	var wrong, right []string
	for _, one := range r.Results {
		if !slices.Contains(one.Facts, fact) {
			continue
		}
		switch one.Verdict {
		case Differs:
			wrong = append(wrong, fmt.Sprintf("%s: %s, not %s", one.Asks, one.Observed, one.Expects))
		case Holds:
			right = append(right, fmt.Sprintf("%s: %s", one.Asks, one.Expects))
		}
	}
	cells := strings.Split(was, " | ")
	at := fmt.Sprintf("seen on %s at %s", day, r.Host)
	switch {
	case len(wrong) > 0:
		cells[0] = fmt.Sprintf("**Corrected, %s**: %s. Before: %s", at, strings.Join(wrong, "; "), cells[0])
	case len(right) > 0 && seen && !strings.Contains(cells[0], documented) && (len(cells) == 1 || strings.Contains(cells[1], assumedMark)):
		cells[0] = fmt.Sprintf("%s "+documented+"%s**: %s", cells[0], at, strings.Join(right, "; "))
	default:
		return was
	}
	if len(cells) == 3 {
		cells[1], cells[2] = seenMark, cells[2]+", "+at
	}
	return strings.Join(cells, " | ")
}

// around is how many lines of the page stand around a change.
const around = 3

// diff is a unified diff of lines, of which some are replaced by one other each.
func diff(path string, lines []string, changed map[int]string) string {
	if len(changed) == 0 {
		return ""
	}
	var at []int
	for i := range lines {
		if _, there := changed[i]; there {
			at = append(at, i)
		}
	}
	last := len(lines)
	if lines[last-1] == "" {
		last-- // the page ends with a line end
	}
	var out strings.Builder
	fmt.Fprintf(&out, "--- a/%s\n+++ b/%s\n", path, path)
	for i := 0; i < len(at); {
		end := i
		for end+1 < len(at) && at[end+1]-at[end] <= 2*around {
			end++
		}
		from, to := max(0, at[i]-around), min(last, at[end]+around+1)
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", from+1, to-from, from+1, to-from)
		for n := from; n < to; n++ {
			if now, there := changed[n]; there {
				fmt.Fprintf(&out, "-%s\n+%s\n", lines[n], now)
			} else {
				fmt.Fprintf(&out, " %s\n", lines[n])
			}
		}
		i = end + 1
	}
	return out.String()
}
