package acctest_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/worlds"
)

var writeWorlds = flag.Bool("worlds", false, "write the tables of docs/notes/worlds.md")

const worldsPage = "../../docs/notes/worlds.md"

// decided is a line of a story: a question whose answer decides it.
type decided struct{ setting, otherwise string }

// decisions are the lines of all stories, with the stories that have them.
func decisions(t *testing.T) map[decided][]string {
	t.Helper()
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[decided][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			story, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(story, func(n ast.Node) bool {
				if one, ok := decision(n); ok {
					name := "`" + filepath.Base(filepath.Dir(file)) + "." + story.Name.Name + "`"
					if !slices.Contains(all[one], name) {
						all[one] = append(all[one], name)
					}
				}
				return true
			})
		}
	}
	return all
}

// decision is what a call of Decides says.
func decision(n ast.Node) (one decided, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 3 {
		return one, false
	}
	if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Decides" {
		return one, false
	}
	var texts [2]string
	for i, arg := range call.Args[1:] {
		literal, ok := arg.(*ast.BasicLit)
		if !ok {
			return one, false
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			return one, false
		}
		texts[i] = text
	}
	return decided{texts[0], texts[1]}, true
}

// worldTables are the generated parts of the page, by their names.
func worldTables(t *testing.T) map[string]string {
	t.Helper()
	questions := "| Setting | Facts | Asks | Answers, the assumed one first |\n| --- | --- | --- | --- |\n"
	decides := "| Setting | Facts | With another answer than the assumed one | Stories, or what they begin with |\n| --- | --- | --- | --- |\n"
	known := decisions(t)
	for _, q := range worlds.Questions() {
		var answers []string
		for _, a := range q.Answers {
			if text := strings.Trim(fmt.Sprint(a), "[]"); text != "" {
				answers = append(answers, text)
			} else {
				answers = append(answers, "none")
			}
		}
		questions += fmt.Sprintf("| `%s` | %s | %s | %s |\n", q.Setting, q.Facts, q.Asks, strings.Join(answers, "; "))
		for _, one := range slices.SortedFunc(maps.Keys(known), func(a, b decided) int { return strings.Compare(a.otherwise, b.otherwise) }) {
			if one.setting == q.Setting {
				slices.Sort(known[one])
				decides += fmt.Sprintf("| `%s` | %s | %s | %s |\n", q.Setting, q.Facts, one.otherwise, strings.Join(known[one], ", "))
			}
		}
	}
	return map[string]string{"questions": questions, "decides": decides}
}

// The page of open questions says what the simulator and the stories say.
func TestWorlds_thePageIsUpToDate(t *testing.T) {
	t.Parallel()
	was, err := os.ReadFile(worldsPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(was)
	for name, table := range worldTables(t) {
		before, rest, ok := strings.Cut(page, "<!-- "+name+" -->\n")
		_, after, ok2 := strings.Cut(rest, "<!-- end of "+name+" -->\n")
		if !ok || !ok2 {
			t.Fatalf("%s has no place for %s", worldsPage, name)
		}
		page = before + "<!-- " + name + " -->\n" + table + "<!-- end of " + name + " -->\n" + after
	}
	if page == string(was) {
		return
	}
	if !*writeWorlds {
		t.Fatalf("%s is out of date: go test ./internal/acctest -run TestWorlds_thePage -args -worlds", worldsPage)
	}
	if err := os.WriteFile(worldsPage, []byte(page), 0o644); err != nil {
		t.Fatal(err)
	}
}
