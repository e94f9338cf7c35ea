package main

import (
	_ "embed"
	"errors"
	"os"
	"strings"
)

//go:embed fleets.md
var fleetsText string

// measured is what `make bench` has written last.
const measured = "docs/notes/benchmarks.md"

// fleets is the page about many machines. It quotes the benchmarks, with their date and machine.
func fleets() (string, error) {
	text, err := os.ReadFile(measured)
	if err != nil {
		return "", err
	}
	tables, err := quote(string(text))
	before, after, ok := strings.Cut(fleetsText, "{{benchmarks}}\n")
	if !ok {
		return "", errors.New("fleets.md has no place for the benchmarks")
	}
	return before + tables + after, err
}

// quote takes the date, the machine and the tables of refresh, creation and destruction out of the
// page of benchmarks.
func quote(page string) (string, error) {
	_, rest, ok := strings.Cut(page, "\n\n| | |\n")
	head, rest, ok2 := strings.Cut(rest, "\n\n")
	_, rest, ok3 := strings.Cut(rest, "\n## Refresh")
	tables, _, ok4 := strings.Cut(rest, "\n## The provider")
	if !ok || !ok2 || !ok3 || !ok4 {
		return "", errors.New(measured + " is not a page of `make bench`")
	}
	return "| | |\n" + head + "\n\n" + strings.ReplaceAll("## Refresh"+tables, "## ", "### "), nil
}
