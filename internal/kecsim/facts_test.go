package kecsim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// knownFacts reads the numbered rows of the list of facts.
func knownFacts(t *testing.T) map[string]bool {
	t.Helper()
	page, err := os.ReadFile("../../docs/notes/api-facts.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllSubmatch(page, -1) {
		if known[string(row[1])] {
			t.Errorf("fact %s stands there twice", row[1])
		}
		known[string(row[1])] = true
	}
	return known
}

// A handler that does not say how its behaviour is known cannot be trusted or
// corrected.
func TestFacts_everyHandlerSaysHowItIsKnown(t *testing.T) {
	t.Parallel()
	mark := regexp.MustCompile(`(documented|observed|assumed):[^.]*facts? \d+`)
	handlers := 0
	for name, comment := range functions(t, ".") {
		if !strings.Contains(name, "*request) (any, *protocol.Refusal)") {
			continue
		}
		handlers++
		if !mark.MatchString(strings.Join(strings.Fields(comment), " ")) {
			t.Errorf("%s does not say how its behaviour is known: %q", name, comment)
		}
	}
	actions := 0
	for _, service := range services {
		actions += len(service)
	}
	if handlers != actions {
		t.Errorf("%d handlers found for %d actions", handlers, actions)
	}
}

// functions maps the receiver, name and signature of each function in the
// folder's source to its comment.
func functions(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				found[string(source[f.Pos()-1:f.Body.Pos()-1])] = f.Doc.Text()
			}
		}
	}
	return found
}

func TestFacts_citedOnesExist(t *testing.T) {
	t.Parallel()
	known := knownFacts(t)
	cite := regexp.MustCompile(`\bfacts? (\d+(?:(?:, | and |–|-)\d+)*)`)
	number := regexp.MustCompile(`\d+`)
	cited := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := strings.Join(strings.Fields(strings.ReplaceAll(string(source), "//", " ")), " ")
		for _, c := range cite.FindAllString(text, -1) {
			for _, n := range number.FindAllString(c, -1) {
				if cited++; !known[n] {
					t.Errorf("%s cites fact %s, which does not exist", path, n)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited < 50 {
		t.Errorf("only %d citations found", cited)
	}
}
