package main

import (
	"fmt"
	"os"
	"path"
	"strings"
	"time"
)

// report is what has become of all mistakes.
type report struct {
	all      []*mutant
	verdicts []verdict
	counts   map[string]map[verdict]int // of each package, and of all together as ""
}

func newReport(all []*mutant, verdicts []verdict) *report {
	r := &report{all, verdicts, map[string]map[verdict]int{"": {}}}
	for i, m := range all {
		name := path.Base(m.home())
		if r.counts[name] == nil {
			r.counts[name] = map[verdict]int{}
		}
		r.counts[name][verdicts[i]]++
		r.counts[""][verdicts[i]]++
	}
	return r
}

// score is how many of the mistakes that compile are noticed, and how many compile.
func score(count map[verdict]int) (found, built int) {
	found = count[noticed] + count[late]
	return found, found + count[survived]
}

func percent(found, built int) string {
	if built == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(found)/float64(built))
}

// below reports that a smaller part of the mistakes is noticed than this, in percent.
func (r *report) below(least float64) bool {
	found, built := score(r.counts[""])
	return 100*float64(found) < least*float64(built)
}

func (r *report) sentence(seed uint64) string {
	found, built := score(r.counts[""])
	return fmt.Sprintf("%d mistakes of seed %d, of which %d do not compile: the tests notice %d of %d, %s.",
		len(r.all), seed, r.counts[""][unbuilt], found, built, percent(found, built))
}

const preamble = `# What the tests are worth

Written by ` + "`make mutants`" + `: small mistakes in the code that decides about money and state, one at a time, and the tests that should
notice them, which are those of the package and then the histories, scenes and crash points of the whole provider. The acceptance tests are
not run. Places are drawn by the seed; another seed (` + "`MUTATEARGS='-seed 2'`" + `) draws others.

`

// write writes the report to a file. The reasons of survivors that the file has stay with them.
func (r *report) write(file string, seed uint64, began time.Time) error {
	old, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	reasons := reasonsOf(string(old))
	var b strings.Builder
	fmt.Fprintf(&b, "%s%s It took %d minutes on %s.\n\n", preamble, r.sentence(seed), int(time.Since(began).Minutes()), began.Format(time.DateOnly))
	b.WriteString("| package | mistakes | do not compile | noticed by its tests | by the histories alone | survived | score |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, home := range append(homesOf(r.all), "") {
		name, count := strings.TrimPrefix(home, "./internal/"), r.counts[path.Base(home)]
		if home == "" {
			name, count = "all", r.counts[""]
		}
		found, built := score(count)
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %s |\n", name, built+count[unbuilt], count[unbuilt], count[noticed], count[late], count[survived],
			percent(found, built))
	}
	b.WriteString("\n## Those that no test has noticed\n\n| place | mistake | in | reason |\n| --- | --- | --- | --- |\n")
	for i, m := range r.all {
		if r.verdicts[i] == survived {
			fmt.Fprintf(&b, "| %s:%d |%s %s |\n", m.file, m.line, m.cells(), reasons[m.file+m.cells()])
		}
	}
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // documentation
}

// cells are what a survivor is recognized by, as long as its line does not change.
func (m *mutant) cells() string {
	code := func(s string) string { return "`" + strings.NewReplacer("`", "'", "|", "\\|").Replace(s) + "`" }
	return fmt.Sprintf(" %s -> %s | %s |", code(m.was), code(m.is), code(m.code))
}

// reasonsOf are the reasons in a report, by file and cells.
func reasonsOf(report string) map[string]string {
	reasons := map[string]string{}
	for line := range strings.Lines(report) {
		place, rest, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		file, _, found := strings.Cut(place, ":")
		if end := strings.LastIndex(rest, "| "); ok && found && end >= 0 {
			reasons[file+rest[:end+1]] = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest[end+2:]), "|"))
		}
	}
	return reasons
}
