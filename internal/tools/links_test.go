package tools

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fence    = regexp.MustCompile("(?ms)^```.*?^```")
	notInIDs = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	// ids are those that the documentation generator gives to nested schemas.
	ids = regexp.MustCompile(`<a id="([^"]+)">`)
	// ofTheRepo are links to the repository from pages that are read elsewhere, too.
	ofTheRepo = regexp.MustCompile(`^https://(?:raw\.githubusercontent\.com/kingsoftcloud/terraform-provider-kec/main|` +
		`github\.com/kingsoftcloud/terraform-provider-kec(?:/(?:tree|blob)/main)?)(?:/(.+))?$`)
)

// TestLinks follows every link of every page to a file of the repository, and to a heading in it.
// Links to other hosts are not followed, unless they lead back here.
func TestLinks(t *testing.T) {
	t.Parallel()
	const root = "../.."
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md", "docs/*/*/*.md", "examples/*/*.md", "examples/*/*/*.md", ".github/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	followed := 0
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(textOf(t, page), -1) {
			to, anchor, _ := strings.Cut(m[1], "#")
			file := filepath.Join(filepath.Dir(page), to)
			here := ofTheRepo.FindStringSubmatch(to)
			switch {
			case here != nil && here[1] == "":
				file = filepath.Join(root, "README.md")
			case here != nil:
				file = filepath.Join(root, here[1])
			case strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:"):
				continue
			case to == "":
				file = page
			}
			followed++
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link %s leads nowhere: %v", page, m[1], err)
			} else if anchor != "" && !slices.Contains(anchors(t, file), anchor) {
				t.Errorf("%s: the link %s leads to a heading that %s lacks", page, m[1], file)
			}
		}
	}
	if len(pages) < 30 || followed < 80 {
		t.Errorf("followed %d links on %d pages", followed, len(pages))
	}
}

// textOf is a page without the code in it.
func textOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return fence.ReplaceAllString(string(text), "")
}

// anchors are the names by which the headings of a page are linked to.
func anchors(t *testing.T, file string) (all []string) {
	t.Helper()
	text := textOf(t, file)
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all = append(all, strings.ReplaceAll(notInIDs.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	for _, m := range ids.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}
