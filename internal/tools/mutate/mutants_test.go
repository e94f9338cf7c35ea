package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each kind of mistake is made where it can be, and nowhere else.
func TestDraw(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "internal", "p")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	const source = `package p

const limit = 7

func f(a, b int, s string) string {
	if a < b && s != "" {
		println(a + 2)
	}
	return "x" + s
}
`
	for name, text := range map[string]string{"p.go": source, "p_test.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := draw(root, []string{"p"}, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.String())
		if _, err := parser.ParseFile(token.NewFileSet(), "p.go", m.source, 0); err != nil || string(m.source) == source {
			t.Errorf("%s: %v\n%s", m, err, m.source)
		}
	}
	want := `internal/p/p.go:6: != -> ==
internal/p/p.go:6: && -> ||
internal/p/p.go:6: < -> <=
internal/p/p.go:6: if a < b && s != "" -> if not
internal/p/p.go:7: + -> -
internal/p/p.go:7: 2 -> 3
internal/p/p.go:7: println(a + 2) -> nothing`
	if said := strings.Join(got, "\n"); said != want {
		t.Errorf("it makes\n%s\nwant\n%s", said, want)
	}
	few, err := draw(root, []string{"p"}, 3, 2)
	if again, _ := draw(root, []string{"p"}, 3, 2); err != nil || len(few) != 3 || few[0].String() != again[0].String() {
		t.Errorf("%v and %v of the same seed: %v", few, again, err)
	}
}
