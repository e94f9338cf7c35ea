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
	file string // from the root of the repository
	line int
	code string // the line of the source
	was  string // the code in question, and what becomes of it
	is   string

	source   *source
	always   []edit                  // makes the mistake
	switched func(number int) []edit // makes a mistake that can be switched on; nil where that would not compile
}

// source is a file of Go code.
type source struct {
	path  string // from the root of the repository
	name  string // of its package
	text  []byte
	start token.Pos
}

func (m *mutant) String() string { return fmt.Sprintf("%s:%d: %s -> %s", m.file, m.line, m.was, m.is) }

// home is the package of a mutant.
func (m *mutant) home() string { return "./" + filepath.ToSlash(filepath.Dir(m.file)) }

// opposites are the operators that are mistaken for each other.
var opposites = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD,
}

// mutants are the mistakes that can be made in a file: operators, negations, numbers, and
// statements without which a function compiles.
func mutants(path string, text []byte) ([]*mutant, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	src := &source{path: path, name: file.Name.Name, text: text, start: file.FileStart}
	lines := strings.Split(string(text), "\n")
	var all []*mutant
	add := func(pos token.Pos, was, is string, always []edit, switched func(int) []edit) {
		line := fset.Position(pos).Line
		all = append(all, &mutant{path, line, strings.TrimSpace(lines[line-1]), was, is, src, always, switched})
	}
	var parents []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		depth := 2 * len(parents)
		switch n := n.(type) {
		case *ast.GenDecl:
			if n.Tok != token.VAR { // constants and types are seldom mistaken without a failure to build
				return false
			}
		case *ast.BinaryExpr:
			if other := opposites[n.Op]; other != 0 && !textual(n) {
				op := n.Op.String()
				add(n.OpPos, op, other.String(), []edit{{n.OpPos, n.OpPos + token.Pos(len(op)), other.String(), depth, true}}, ofOperator(n, depth))
			}
		case *ast.IfStmt:
			add(n.Pos(), "if "+shown(fset, n.Cond), "if not", around(n.Cond, depth, "!(", ")"), func(number int) []edit {
				return around(n.Cond, depth, fmt.Sprintf("mutant(%d) != (", number), ")")
			})
		case *ast.BasicLit:
			if value, err := strconv.Atoi(n.Value); err == nil && n.Kind == token.INT {
				add(n.Pos(), n.Value, strconv.Itoa(value+1), []edit{{n.Pos(), n.End(), strconv.Itoa(value + 1), depth, true}},
					ofLiteral(n, beside(n, parents[len(parents)-1]), text, src.start, depth))
			}
		case *ast.ExprStmt:
			switch parents[len(parents)-1].(type) {
			case *ast.BlockStmt, *ast.CaseClause:
				switched := func(number int) []edit { return around(n, depth, fmt.Sprintf("if !mutant(%d) { ", number), " }") }
				if strings.HasPrefix(shown(fset, n), "panic(") { // which a function may end with
					switched = nil
				}
				add(n.Pos(), shown(fset, n), "nothing", []edit{{n.Pos(), n.Pos(), "/*", depth, true}, {n.End(), n.End(), "*/", depth, false}}, switched)
			}
		}
		parents = append(parents, n)
		return true
	})
	return all, nil
}

// beside is the other operand of an operation with this number whose operands are of one type, else
// nil.
func beside(n *ast.BasicLit, parent ast.Node) ast.Expr {
	switch operation, ok := parent.(*ast.BinaryExpr); {
	case !ok || operation.Op == token.SHL || operation.Op == token.SHR:
		return nil
	case operation.X == ast.Expr(n):
		return operation.Y
	default:
		return operation.X
	}
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
func draw(root string, packages []string, n int, seed uint64) ([]*mutant, error) {
	var all []*mutant
	for _, p := range packages {
		files, err := filepath.Glob(filepath.Join(root, "internal", p, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			name, err := filepath.Rel(root, file)
			if err != nil {
				return nil, err
			}
			of, err := mutants(filepath.ToSlash(name), text)
			if err != nil {
				return nil, err
			}
			all = append(all, of...)
		}
	}
	random := rand.New(rand.NewPCG(seed, 17))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:min(n, len(all))]
	slices.SortFunc(all, func(a, b *mutant) int { return strings.Compare(a.String(), b.String()) })
	return all, nil
}
