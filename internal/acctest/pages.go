package acctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Snippet is a fenced block of a page. What stands in the page as inline code is one, too, in the
// language "inline", and a block without an end is one in the language "endless".
type Snippet struct {
	Page string // below the root of the repository
	Line int    // of its first line
	Lang string // as the fence says, and often ""
	Text string
}

// inline matches inline code, which may go on in the next line.
var inline = regexp.MustCompile("`([^`]+)`")

// Snippets takes the blocks out of a page.
func Snippets(page, text string) (all []Snippet) {
	var open *Snippet
	prose := ""
	for i, line := range strings.Split(text, "\n") {
		lang, fence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fence && open == nil:
			open = &Snippet{Page: page, Line: i + 2, Lang: lang}
		case fence:
			all, open = append(all, *open), nil
		case open != nil:
			open.Text += line + "\n"
			line = ""
		}
		if fence {
			line = ""
		}
		prose += line + "\n"
	}
	if open != nil {
		open.Lang = "endless"
		all = append(all, *open)
	}
	for _, at := range inline.FindAllStringSubmatchIndex(prose, -1) {
		code := strings.Join(strings.Fields(prose[at[2]:at[3]]), " ")
		all = append(all, Snippet{Page: page, Line: strings.Count(prose[:at[2]], "\n") + 1, Lang: "inline", Text: code})
	}
	return all
}

// Documented is the text of the one block of a page that begins so, as a user reads it. The test's
// package is one folder below internal/.
func Documented(t *testing.T, page, begins string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, s := range Snippets(page, string(text)) {
		if s.Lang != "inline" && strings.HasPrefix(s.Text, begins) {
			found = append(found, s.Text)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d blocks that begin with %q, want 1", page, len(found), begins)
	}
	return found[0]
}
