package tools

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// frontMatter is what a page of the registry begins with.
var frontMatter = regexp.MustCompile(`(?s)^---\n(?:# [^\n]*\n)?page_title: "([^"\n]+)"\n(subcategory: "([^"\n]*)"\n)?description: \|-\n((?:  [^\n]+\n)+)---\n`)

// The Terraform Registry shows every page: none is too large for it, all have the front matter that
// it reads, and none lies in a folder that it does not know.
func TestRegistry_showsEveryPage(t *testing.T) {
	t.Parallel()
	const (
		largest = 500_000 // bytes of a page; the registry cuts the rest off
		most    = 2000    // pages
	)
	shown := []string{".", "guides", "resources", "data-sources", "list-resources", "actions"}
	ownUse := []string{"notes", "images"} // for readers of the repository
	docs := os.DirFS("../../docs")
	pages := 0
	err := fs.WalkDir(docs, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || slices.Contains(ownUse, path.Dir(file)) {
			return err
		}
		pages++
		text, err := fs.ReadFile(docs, file)
		if err != nil {
			return err
		}
		front := frontMatter.FindStringSubmatch(string(text))
		switch {
		case !slices.Contains(shown, path.Dir(file)) || path.Ext(file) != ".md" || path.Dir(file) == "." && file != "index.md":
			t.Errorf("docs/%s is no page that the registry knows", file)
		case len(text) > largest:
			t.Errorf("docs/%s has %d bytes, and the registry shows %d", file, len(text), largest)
		case front == nil || (front[2] == "") != (file == "index.md"):
			t.Errorf("docs/%s begins with other front matter than a title, a subcategory and a description", file)
		}
		return nil
	})
	if err != nil || pages < 20 || pages > most {
		t.Errorf("%d pages, want 20 to %d: %v", pages, most, err)
	}
}

// The registry's sidebar has the guides by their titles, before all that has a subcategory. A
// reader begins at the top.
func TestRegistry_listsTheGuidesFromTheirBeginning(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(os.DirFS("../../docs/guides"), "*.md")
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, file := range files {
		text, err := os.ReadFile("../../docs/guides/" + file)
		if err != nil {
			t.Fatal(err)
		}
		front := frontMatter.FindStringSubmatch(string(text))
		if front == nil || front[3] != "" || !strings.Contains(string(text), "\n# "+front[1]+"\n") {
			t.Errorf("%s has no title, another heading, or stands below a subcategory", file)
			continue
		}
		titles = append(titles, front[1])
	}
	slices.SortFunc(titles, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	want := []string{
		"Getting started", "Large fleets", "Machines: find, adopt, drain and count", "Market: choose by price and stock", "Migrating", "Pipelines",
		"Rehearsing", "Spot fleets", "Spot instance, step by step", "When a spot order fails",
	}
	if !slices.Equal(titles, want) {
		t.Errorf("the sidebar lists\n%s\nwant\n%s", strings.Join(titles, "\n"), strings.Join(want, "\n"))
	}
}
