package structure

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The longest that a file, a function and a line of a comment may be, and the most files of a
// package that are not tests.
const (
	maxFileLines     = 400
	maxFunctionLines = 60
	maxCommentWidth  = 100
	maxPackageFiles  = 25
)

// large are packages with more files, with the reason.
var large = map[string]string{"kecsim": "a world and the handlers of its actions, which belong together"}

// describes are functions that may be longer, because they are one long literal: schemas, and
// tables of cases.
var describes = regexp.MustCompile(`(Schema|Attributes|Cases)$|^(Test|Fuzz|Benchmark)`)

func TestSize_ofPackages(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if n := len(p.GoFiles); n > maxPackageFiles && large[p.name()] == "" {
			t.Errorf("package %s has %d files that are not tests, more than %d", p.name(), n, maxPackageFiles)
		}
	}
}

func TestSize_ofFilesFunctionsAndComments(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, name := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			path := filepath.Join(p.Dir, name)
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at := p.name() + "/" + name
			if n := bytes.Count(source, []byte("\n")); n > maxFileLines {
				t.Errorf("%s has %d lines, more than %d", at, n, maxFileLines)
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, source, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			line := func(pos token.Pos) int { return files.Position(pos).Line }
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && !describes.MatchString(f.Name.Name) {
					if n := line(f.End()) - line(f.Pos()) + 1; n > maxFunctionLines {
						t.Errorf("%s: %s has %d lines, more than %d", at, f.Name.Name, n, maxFunctionLines)
					}
				}
			}
			lines := strings.Split(string(source), "\n")
			for _, group := range file.Comments {
				for _, c := range group.List {
					text := strings.TrimSpace(lines[line(c.Pos())-1])
					if strings.HasPrefix(text, "//") && !strings.HasPrefix(text, "//nolint") && utf8.RuneCountInString(text) > maxCommentWidth {
						t.Errorf("%s:%d: the comment is %d wide, more than %d", at, line(c.Pos()), utf8.RuneCountInString(text), maxCommentWidth)
					}
				}
			}
		}
	}
}
