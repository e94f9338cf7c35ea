// Package structure holds the tests of the code's structure: who imports whom, how long files and
// functions are, and whether everything that is exported is used.
package structure

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/kingsoftcloud/terraform-provider-kec"

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath, Dir, Export            string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

// name is the path of a package below internal/, "main" for the program.
func (p listed) name() string {
	name, ok := strings.CutPrefix(p.ImportPath, module+"/internal/")
	if !ok {
		return "main"
	}
	return name
}

// root is the top of the repository.
var root = sync.OnceValues(func() (string, error) { return filepath.Abs("../../..") })

// goList runs `go list -json` with some arguments.
func goList(args ...string) ([]listed, error) {
	dir, err := root()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Export,GoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports"}, args...)...)
	cmd.Dir = dir
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, errors.New(err.Error() + ": " + said.String())
	}
	var all []listed
	for decoder := json.NewDecoder(&out); ; {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, err
		}
		all = append(all, p)
	}
}

// own are the packages of this repository, each after those that it imports.
var own = sync.OnceValues(func() ([]listed, error) {
	all, err := goList("-deps", "./...")
	return slices.DeleteFunc(all, func(p listed) bool { return !strings.HasPrefix(p.ImportPath, module) }), err
})

func packages(t *testing.T) []listed {
	t.Helper()
	all, err := own()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// foreign are the arguments of a list of what this repository imports of others. The packages are
// compiled as this test is, so that the build cache has all of them.
func foreign(own []listed) []string {
	paths := map[string]bool{}
	for _, p := range own {
		for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if path != "C" && path != module && !strings.HasPrefix(path, module+"/") {
				paths[path] = true
			}
		}
	}
	args := slices.Sorted(maps.Keys(paths))
	if info, ok := debug.ReadBuildInfo(); ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}) {
		return append([]string{"-race"}, args...)
	}
	return args
}

// program is every package of this repository with its types. Packages of others come from the
// compiler's export data, so that only this repository is read as source.
type program struct {
	files *token.FileSet
	all   map[string]*checked // by import path
	ext   types.Importer
}

// checked is a package whose types are known.
type checked struct {
	listed
	types *types.Package
	info  *types.Info
	files []*ast.File
}

// Import is how a package of the program finds another one.
func (p *program) Import(path string) (*types.Package, error) {
	if own, ok := p.all[path]; ok {
		return own.types, nil
	}
	return p.ext.Import(path)
}

// load reads and checks the packages, and gives every group of test files to visit as a package of
// its own.
func load(t *testing.T, visit func(test *checked)) *program {
	t.Helper()
	exported, err := goList(append([]string{"-deps", "-export"}, foreign(packages(t))...)...)
	if err != nil {
		t.Fatal(err)
	}
	data := map[string]string{}
	for _, p := range exported {
		data[p.ImportPath] = p.Export
	}
	p := &program{files: token.NewFileSet(), all: map[string]*checked{}}
	p.ext = importer.ForCompiler(p.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(data[path]) })
	for _, l := range packages(t) {
		c := p.check(t, l, l.ImportPath, l.GoFiles, false)
		p.all[l.ImportPath] = c
	}
	for _, l := range packages(t) {
		if len(l.TestGoFiles) > 0 {
			visit(p.check(t, l, l.ImportPath, slices.Concat(l.GoFiles, l.TestGoFiles), true))
		}
		if len(l.XTestGoFiles) > 0 {
			visit(p.check(t, l, l.ImportPath+"_test", l.XTestGoFiles, true))
		}
	}
	return p
}

// check reads files as one package. A lenient one may miss names that only another test file
// exports.
func (p *program) check(t *testing.T, l listed, path string, names []string, lenient bool) *checked {
	t.Helper()
	c := &checked{listed: l, info: &types.Info{
		Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Types: map[ast.Expr]types.TypeAndValue{},
	}}
	for _, name := range names {
		file, err := parser.ParseFile(p.files, filepath.Join(l.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, file)
	}
	config := types.Config{Importer: p, Error: func(err error) {
		if !lenient {
			t.Error(err)
		}
	}}
	c.types, _ = config.Check(path, p.files, c.files, c.info) // the errors were told one by one
	return c
}
