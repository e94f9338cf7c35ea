package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutant is one small mistake that could have been made.
type mutant struct {
	file   string // from the root of the repository
	line   int
	was    string // the code in question, and what becomes of it
	is     string
	source []byte // the whole file with the mistake in it
}

func (m mutant) String() string { return fmt.Sprintf("%s:%d: %s -> %s", m.file, m.line, m.was, m.is) }

// home is the package of a mutant.
func (m mutant) home() string { return "./" + filepath.ToSlash(filepath.Dir(m.file)) }

// opposites are the operators that are mistaken for each other.
var opposites = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD,
}

// site is a place of a mistake, which do makes in the syntax tree.
type site struct {
	pos     token.Pos
	was, is string
	do      func()
}

// sites are the places of a file: operators, negations, numbers, and statements without which a
// function compiles.
func sites(fset *token.FileSet, file *ast.File) (all []site) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR // constants and types are seldom mistaken without a failure to build
		case *ast.BinaryExpr:
			if other := opposites[n.Op]; other != 0 && !textual(n) {
				all = append(all, site{n.OpPos, n.Op.String(), other.String(), func() { n.Op = other }})
			}
		case *ast.IfStmt:
			was := n.Cond
			all = append(all, site{n.Pos(), "if " + shown(fset, was), "if not", func() { n.Cond = &ast.UnaryExpr{Op: token.NOT, X: &ast.ParenExpr{X: was}} }})
		case *ast.BasicLit:
			if value, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
				all = append(all, site{n.Pos(), n.Value, strconv.Itoa(value + 1), func() { n.Value = strconv.Itoa(value + 1) }})
			}
		case *ast.BlockStmt:
			for i, s := range n.List {
				if call, ok := s.(*ast.ExprStmt); ok {
					all = append(all, site{s.Pos(), shown(fset, s), "nothing", func() { n.List[i] = &ast.EmptyStmt{Semicolon: call.Pos()} }})
				}
			}
		}
		return true
	})
	return all
}

// textual tells whether an operation surely joins texts, which cannot be subtracted.
func textual(n *ast.BinaryExpr) bool {
	if n.Op != token.ADD {
		return false
	}
	for _, x := range []ast.Expr{n.X, n.Y} {
		if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			return true
		}
		if inner, ok := x.(*ast.BinaryExpr); ok && textual(inner) {
			return true
		}
	}
	return false
}

func shown(fset *token.FileSet, n ast.Node) string {
	var b bytes.Buffer
	_ = format.Node(&b, fset, n)
	text := strings.Join(strings.Fields(b.String()), " ")
	if len(text) > 60 {
		return text[:60] + "…"
	}
	return text
}

// draw draws n mutants of the packages of a seed, each place at most once.
func draw(root string, packages []string, n int, seed uint64) ([]mutant, error) {
	type place struct {
		file string
		site int
	}
	var places []place
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(root, "internal", p, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			parsed, err := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			for i := range sites(fset, parsed) {
				places = append(places, place{file, i})
			}
		}
	}
	random := rand.New(rand.NewPCG(seed, 17))
	random.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	var all []mutant
	for _, p := range places[:min(n, len(places))] {
		m, err := mutate(root, p.file, p.site)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b mutant) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}

// mutate makes one mistake in a file.
func mutate(root, file string, index int) (mutant, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return mutant{}, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return mutant{}, err
	}
	one := sites(fset, parsed)[index]
	one.do()
	var b bytes.Buffer
	if err := format.Node(&b, fset, parsed); err != nil {
		return mutant{}, err
	}
	name, err := filepath.Rel(root, file)
	return mutant{name, fset.Position(one.pos).Line, one.was, one.is, b.Bytes()}, err
}
