package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// switchFile is the file that every package with mistakes in it gets. Its functions make the
// mistake whose number the environment names, and none without one.
const switchFile = `package %s

import (
	"cmp"
	"os"
	"strconv"
)

var mutantOn, _ = strconv.Atoi(os.Getenv("` + variable + `"))

type mutantNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func mutant(n int) bool { return n == mutantOn }

func mutantLess[T cmp.Ordered](n int, a, b T) bool           { return a < b || mutant(n) && a == b }
func mutantLessOrEqual[T cmp.Ordered](n int, a, b T) bool    { return a < b || !mutant(n) && a == b }
func mutantGreater[T cmp.Ordered](n int, a, b T) bool        { return a > b || mutant(n) && a == b }
func mutantGreaterOrEqual[T cmp.Ordered](n int, a, b T) bool { return a > b || !mutant(n) && a == b }

func mutantSum[T mutantNumber](n int, a, b T) T {
	if mutant(n) {
		return a - b
	}
	return a + b
}

func mutantDifference[T mutantNumber](n int, a, b T) T {
	if mutant(n) {
		return a + b
	}
	return a - b
}

// The others are there for their type.
func mutantLiteral[T mutantNumber](n int, literal T, others ...T) T {
	if mutant(n) {
		return literal + 1
	}
	return literal
}

var (
	_, _, _, _ = mutantLess[int], mutantLessOrEqual[int], mutantGreater[int], mutantGreaterOrEqual[int]
	_, _, _    = mutantSum[int], mutantDifference[int], mutantLiteral[int]
)
`

// variable is the environment variable with the number of the mistake that a test binary makes.
const variable = "MUTANT"

// edit is a replacement of the source from pos to end. They are equal where text is only put in.
type edit struct {
	pos, end token.Pos
	text     string
	depth    int // of its place in the syntax tree: the outer of two texts at one position begins before the inner, and ends after it
	opens    bool
}

// around puts text before and after a node.
func around(n ast.Node, depth int, before, after string) []edit {
	return []edit{{n.Pos(), n.Pos(), before, depth, true}, {n.End(), n.End(), after, depth, false}}
}

// callOf makes a call of a function with two arguments out of an operation.
func callOf(function string, n *ast.BinaryExpr, depth, number int) []edit {
	return append(around(n, depth, fmt.Sprintf("%s(%d, ", function, number), ")"),
		edit{n.OpPos, n.OpPos + token.Pos(len(n.Op.String())), ",", depth, true})
}

var functions = map[token.Token]string{
	token.LSS: "mutantLess", token.LEQ: "mutantLessOrEqual", token.GTR: "mutantGreater", token.GEQ: "mutantGreaterOrEqual",
	token.ADD: "mutantSum", token.SUB: "mutantDifference",
}

// ofOperator are the edits that make an operation one whose mistake can be switched on. Nothing is
// evaluated twice, and what an operation does not evaluate stays unevaluated.
func ofOperator(n *ast.BinaryExpr, depth int) func(number int) []edit {
	return func(number int) []edit {
		on := fmt.Sprintf("mutant(%d)", number)
		switch n.Op {
		case token.EQL, token.NEQ: // the mistake is the negation
			return around(n, depth, "((", ") != "+on+")")
		case token.LAND, token.LOR: // by De Morgan, the mistake is the same operation of the negated operands, negated
			return slices.Concat(around(n, depth, "((", ") != "+on+")"),
				around(n.X, depth+1, "(", ") != "+on), around(n.Y, depth+1, "(", ") != "+on))
		default:
			return callOf(functions[n.Op], n, depth, number)
		}
	}
}

// ofLiteral takes the type of a number from the other operand, where it has one.
func ofLiteral(n *ast.BasicLit, other ast.Expr, source []byte, start token.Pos, depth int) func(number int) []edit {
	return func(number int) []edit {
		after := ")"
		switch other.(type) {
		case *ast.Ident, *ast.SelectorExpr:
			after = ", " + string(source[other.Pos()-start:other.End()-start]) + ")"
		}
		return around(n, depth, fmt.Sprintf("mutantLiteral(%d, ", number), after)
	}
}

// apply makes the edits of a source whose first byte is at start. Its lines stay where they are.
func apply(source []byte, start token.Pos, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int {
		if d := cmp.Compare(a.pos, b.pos); d != 0 {
			return d
		}
		switch {
		case a.opens != b.opens && a.opens: // what ends here ends before the next begins
			return 1
		case a.opens != b.opens:
			return -1
		case a.opens:
			return cmp.Compare(a.depth, b.depth)
		default:
			return cmp.Compare(b.depth, a.depth)
		}
	})
	var b strings.Builder
	at := start
	for _, e := range edits {
		b.Write(source[at-start : e.pos-start])
		b.WriteString(e.text)
		at = e.end
	}
	b.Write(source[at-start:])
	return []byte(b.String())
}
