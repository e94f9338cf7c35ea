package acctest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
)

// endpoint is where the simulator of the pages is.
const endpoint = "http://127.0.0.1:7480"

// manual knows what a reader may call: the targets and variables of make, the variables of the
// environment, and the flags of this repository's programs and tests.
type manual struct {
	targets, variables, environment map[string]bool
	makefile                        string
	simulator                       func(method, route, body string) (status int, answer string)
}

// programs are the folders of the programs, by how a page calls them and by the variable with
// which make passes flags on.
var programs = map[string]string{
	"kecsim": "internal/kecsim/cmd/kecsim", "bin/kecsim": "internal/kecsim/cmd/kecsim", "$(go env GOPATH)/bin/kecsim": "internal/kecsim/cmd/kecsim",
	"SIMARGS": "internal/kecsim/cmd/kecsim", "build/conform/conform": "internal/tools/conform", "CONFORMARGS": "internal/tools/conform",
	"BENCHARGS": "internal/tools/bench", "MUTATEARGS": "internal/tools/mutate",
}

var (
	makeRule  = regexp.MustCompile(`(?m)^([a-z][a-z -]*):`)
	makeVar   = regexp.MustCompile(`(?m)^([A-Z]+) *:?= *`)
	asksFor   = regexp.MustCompile(`(?:KSYUN|KEC)_[A-Z_]*[A-Z]`)
	goFlags   = []string{"-run", "-v", "-race", "-count", "-args"}
	flagCalls = regexp.MustCompile(`^(Bool|Int|Int64|Uint|Uint64|Float64|String|Duration|Func|BoolFunc|Text)(Var)?$`)
)

func newManual(t *testing.T) manual {
	t.Helper()
	text, err := os.ReadFile("../../GNUmakefile")
	if err != nil {
		t.Fatal(err)
	}
	m := manual{targets: map[string]bool{}, variables: map[string]bool{"CLI": true}, makefile: string(text)}
	for _, rule := range makeRule.FindAllStringSubmatch(m.makefile, -1) {
		for target := range strings.FieldsSeq(rule[1]) {
			m.targets[target] = true
		}
	}
	for _, variable := range makeVar.FindAllStringSubmatch(m.makefile, -1) {
		m.variables[variable[1]] = true
	}
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	m.environment = map[string]bool{"TF_CLI_CONFIG_FILE": true, "TF_APPEND_USER_AGENT": true, "CLI": true}
	for _, a := range acctest.NewProtocol(t, sim, nil).Schemas.Provider.Block.Attributes {
		for _, name := range asksFor.FindAllString(a.Description, -1) {
			m.environment[name] = true
		}
	}
	_, forKEC, _ := strings.Cut(m.makefile, "conform-env  := ")
	forKEC, _, _ = strings.Cut(forKEC, "conform-only")
	for _, name := range asksFor.FindAllString(forKEC, -1) {
		m.environment[name] = true
	}
	m.simulator = func(method, route, body string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, endpoint+route, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
		w := httptest.NewRecorder()
		sim.ServeHTTP(w, r)
		answer, _ := io.ReadAll(w.Result().Body)
		return w.Code, string(answer)
	}
	return m
}

// check says what is wrong with the commands of a shell's text. Those of a Terraform CLI and of
// programs that are not of this repository are left to the caller, which gets them back.
func (m manual) check(text string) (others [][]string, wrong []string) {
	parsed, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, []string{"it is no command: " + err.Error()}
	}
	if len(parsed.Stmts) == 0 {
		return nil, []string{"it is no command"}
	}
	set := func(all []*syntax.Assign) {
		for _, a := range all {
			switch name := a.Name.Value; {
			case programs[name] != "" && a.Value != nil: // what is added to a command of make
				wrong = append(wrong, flagsExist(programs[name], false, strings.Fields(plain(a.Value)))...)
			case !m.environment[name]:
				wrong = append(wrong, "nothing reads the variable "+name)
			}
		}
	}
	syntax.Walk(parsed, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.DeclClause:
			set(node.Args)
		case *syntax.CallExpr:
			set(node.Assigns)
			words := make([]string, len(node.Args))
			for i, word := range node.Args {
				words[i] = plain(word)
			}
			if len(words) == 0 {
				break
			}
			if known, w := m.call(words); known {
				wrong = append(wrong, w...)
			} else {
				others = append(others, words)
			}
		}
		return true
	})
	return others, wrong
}

// plain is a word without its quotes, in which variables and substitutions stand as they are
// written.
func plain(word *syntax.Word) string {
	var b strings.Builder
	var add func(parts []syntax.WordPart)
	add = func(parts []syntax.WordPart) {
		for _, part := range parts {
			switch part := part.(type) {
			case *syntax.Lit:
				b.WriteString(part.Value)
			case *syntax.SglQuoted:
				b.WriteString(part.Value)
			case *syntax.DblQuoted:
				add(part.Parts)
			default:
				_ = syntax.NewPrinter().Print(&b, part)
			}
		}
	}
	add(word.Parts)
	return b.String()
}

// call checks one command. It knows none that is not of this repository, but for what a shell has.
func (m manual) call(words []string) (known bool, wrong []string) {
	if folder := programs[words[0]]; folder != "" {
		return true, flagsExist(folder, false, words[1:])
	}
	switch args := words[1:]; words[0] {
	case "make":
		return true, m.make(args)
	case "go":
		return true, goCommand(args)
	case "curl":
		return true, m.curl(args)
	case "echo", "cat", "export", "[", "exit":
		return true, nil
	case "unset":
		for _, name := range args {
			if !m.environment[name] {
				wrong = append(wrong, "nothing reads the variable "+name)
			}
		}
		return true, wrong
	case "cd":
		return true, exists(args[0])
	case ".ci/run":
		return true, exists(words[0])
	case "git":
		if file := args[len(args)-1]; args[0] != "apply" || !strings.Contains(m.makefile, "-patch "+file+" ") {
			wrong = []string{"make writes no patch " + file}
		}
		return true, wrong
	}
	return false, nil
}

// stands are words in a page's paths for what the reader has.
var stands = regexp.MustCompile(`/[A-Z]+$`)

func exists(file string) (wrong []string) {
	file = stands.ReplaceAllString(file, "")
	if _, err := os.Stat(filepath.Join("../..", file)); err != nil {
		return []string{"there is no " + file}
	}
	return nil
}

// make checks targets, variables, and the flags that a variable passes on.
func (m manual) make(args []string) (wrong []string) {
	for _, arg := range args {
		name, value, isVariable := strings.Cut(arg, "=")
		switch {
		case arg == "…": // any target
		case isVariable && !m.variables[name]:
			wrong = append(wrong, "make has no variable "+name)
		case isVariable && programs[name] != "":
			wrong = append(wrong, flagsExist(programs[name], false, strings.Fields(value))...)
		case name == "TESTARGS", name == "PACKAGES":
			wrong = append(wrong, goCommand(append([]string{"test"}, strings.Fields(value)...))...)
		case !isVariable && !m.targets[arg]:
			wrong = append(wrong, "make has no target "+arg)
		}
	}
	return wrong
}

// goCommand checks go test of a package, and go install of a program.
func goCommand(args []string) (wrong []string) {
	folder := ""
	for i, arg := range args[1:] {
		switch before := args[i]; {
		case args[0] == "env":
		case args[0] != "test" && args[0] != "install":
			wrong = append(wrong, "nobody checks go "+args[0])
		case arg == "-args":
			return append(wrong, flagsExist(folder, true, args[i+2:])...)
		case before == "-run":
			if folder != "" && !declares(folder, "func "+arg) {
				wrong = append(wrong, folder+" has no "+arg)
			}
		case strings.HasPrefix(arg, "-"):
			if !slices.Contains(goFlags, arg) {
				wrong = append(wrong, "go has no flag "+arg)
			}
		default:
			folder = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(arg, "github.com/kingsoftcloud/terraform-provider-kec/"), "./"), "@latest")
			wrong = append(wrong, exists(folder)...)
		}
	}
	return wrong
}

// declares tells whether a test of a package has some text.
func declares(folder, text string) bool {
	files, _ := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	return slices.ContainsFunc(files, func(file string) bool {
		source, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(source), text)
	})
}

// flagsExist holds flags against those that a program, or the tests of a package, ask for.
func flagsExist(folder string, tests bool, args []string) (wrong []string) {
	known := flagsOf(folder, tests)
	for i, arg := range args {
		name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		switch {
		case !strings.HasPrefix(arg, "-") && i > 0 && args[i-1] == "-scenario" && arg != "FILE":
			if exists("examples/rehearsal/"+arg+".kecsim.hcl") != nil {
				wrong = append(wrong, exists(arg)...)
			}
		case strings.HasPrefix(arg, "-") && !known[name]:
			wrong = append(wrong, fmt.Sprintf("%s has no flag -%s", folder, name))
		}
	}
	return wrong
}

// flagsOf are the names that a package gives to flags, in its program or in its tests.
func flagsOf(folder string, tests bool) map[string]bool {
	names := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join("../..", folder, "*.go"))
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil || strings.HasSuffix(file, "_test.go") != tests {
			continue
		}
		ast.Inspect(source, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			to, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at := 0
			if strings.HasSuffix(to.Sel.Name, "Var") {
				at = 1
			}
			on, isName := to.X.(*ast.Ident)
			if !isName || on.Name != "flag" && on.Name != "flags" || !flagCalls.MatchString(to.Sel.Name) || len(call.Args) <= at {
				return true
			}
			if lit, ok := call.Args[at].(*ast.BasicLit); ok {
				if name, err := strconv.Unquote(lit.Value); err == nil {
					names[name] = true
				}
			}
			return true
		})
	}
	return names
}

// curl asks a simulator for what a page asks of the one that a reader has started.
func (m manual) curl(args []string) (wrong []string) {
	method, body, route := http.MethodGet, "", ""
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-d" && i+1 < len(args):
			i++
			method, body = http.MethodPost, args[i]
		case strings.HasPrefix(arg, endpoint+"/"), strings.HasPrefix(arg, "$KEC_ENDPOINT/"):
			route = strings.TrimPrefix(strings.TrimPrefix(arg, endpoint), "$KEC_ENDPOINT")
		default:
			return []string{"nobody checks curl with " + arg}
		}
	}
	if status, answer := m.simulator(method, route, body); status >= http.StatusMultipleChoices {
		return []string{fmt.Sprintf("the simulator answers %s %s with %d: %s", method, route, status, answer)}
	}
	return nil
}
