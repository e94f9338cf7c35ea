package scenario

import (
	"os"
	"strings"
	"testing"
)

// The guide lists every block and every attribute.
func TestBlocks_areInTheGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../tools/guides/rehearsing.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		names, attributes, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !ok || !strings.HasPrefix(names, "`") {
			continue
		}
		for name := range strings.SplitSeq(names, ", ") {
			rows[strings.Trim(name, "`")] = attributes
		}
	}
	for name, shape := range blocks {
		row, ok := rows[name]
		if !ok {
			t.Errorf("the guide has no block %s", name)
		}
		for _, attribute := range names(shape) {
			if !strings.Contains(row, "`"+attribute+"`") && !strings.Contains(row, "`"+attribute+" = ") {
				t.Errorf("the guide's block %s has no attribute %s", name, attribute)
			}
		}
		delete(rows, name)
	}
	for name := range rows {
		t.Errorf("the guide has a block %s, and there is none", name)
	}
}
