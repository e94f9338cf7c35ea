package acctest_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// ranBy are the blocks of the pages that a test of their own runs or compares, by the page and how
// the block begins. The test reads the block from the page, so that it notices a change. A block
// without a test has the reason in its place.
var ranBy = []struct{ page, begins, by string }{
	{"README.md", "Error: Out of stock: 40 wanted", "acctest/docs_scenes_test.go TestAccDocs_messages"},
	{"README.md", "provider_installation {", "provider/docs_test.go TestAccDocs_ownBuild"},
	{"README.md", "tofu plan -json -input=false", "acctest/pipeline_test.go TestAccPipeline_exitCodes"},
	{"README.md", "tofu plan -out=plan && tofu show", "acctest/policies_test.go TestAccPolicies"},
	{"README.md", "export KEC_ENDPOINT=", "provider/docs_test.go TestAccDocs_ownBuild"},
	{"docs/guides/failures.md", "Error: Out of stock: 40 wanted", "acctest/docs_scenes_test.go TestAccDocs_messages"},
	{"docs/guides/failures.md", "Error: The fleet stays below", "acctest/docs_scenes_test.go TestAccDocs_messages"},
	{"docs/guides/getting-started.md", "export KEC_ENDPOINT=", "provider/docs_test.go TestAccDocs_gettingStarted"},
	{"docs/guides/pipelines.md", "terraform plan -input=false -out=plan", "acctest/policies_test.go TestAccPolicies"},
	{"docs/guides/rehearsing.md", "go install", "kecsim/cmd/kecsim/install_test.go TestInstall_asTheGuideSays"},
	{"docs/guides/rehearsing.md", "KEC_ENDPOINT=", "provider/docs_test.go TestAccDocs_gettingStarted"},
	{"docs/guides/rehearsing.md", "curl -d", "provider/docs_test.go TestAccDocs_gettingStarted"},
	{"docs/guides/rehearsing.md", "kecsim: sold-out", "acctest/docs_scenes_test.go TestDocs_mistakeInAScenario"},
	{"docs/guides/spot-fleets.md", "Error: The fleet stays below", "acctest/docs_scenes_test.go TestAccDocs_messages"},
	{"docs/guides/spot-fleets.md", "terraform import", "acctest/docs_scenes_test.go TestAccDocs_fleetOfAKilledRun"},
	{"docs/resources/spot_fleet.md", "# By the fleet id", "acctest/docs_scenes_test.go TestAccDocs_fleetOfAKilledRun"},
	{"docs/notes/architecture.md", "HCL config ─▶", "a picture of what flows where"},
	{"examples/policies/README.md", "tofu plan -out=plan", "acctest/policies_test.go TestAccPolicies"},
	{"examples/policies/README.md", "kec_spot_instance.worker[", "acctest/policies_test.go TestAccPolicies"},
}

// unchecked are commands that nobody here can run, with the reason.
var unchecked = map[string]string{
	"gh attestation verify":   "it asks GitHub about a release",
	"terraform query":         "it needs Terraform 1.14, and the tests have an older CLI",
	"terraform apply -invoke": "it needs Terraform 1.14, and the tests have an older CLI",
	"opa eval":                "named for its exit codes; TestAccPolicies runs it",
}

// commandLike tells inline code that is a command from names and values.
var commandLike = regexp.MustCompile(`^((make|\.ci/run|build/conform/conform|bin/\w+)( .+)?|(go|tofu|terraform|curl|opa|jq|git|gh|unset|export|kecsim) .+|[A-Z_]+=\S+ .+)$`)

// partOf are commands of a CLI that a page shortens to the subcommand and its flags.
var partOf = regexp.MustCompile(`^(plan|apply|show|output|init|validate|destroy|test|query|import) -`)

// ofTheSimulator are routes of the simulator that a page names, with the endpoint or without.
var ofTheSimulator = regexp.MustCompile(`^(?:GET |` + endpoint + `)(/_kecsim/\S*)$`)

// aFlag is inline code that is a flag of some program, with or without a value.
var aFlag = regexp.MustCompile(`^-[a-z][a-z-]+(=\S+| \S+)?$`)

// ofPlan are flags of a CLI's plan, and of its apply, that the pages name by themselves.
var ofPlan = []string{"parallelism", "refresh", "replace"}

// ledger is what became of the snippets of some pages.
type ledger struct {
	manual manual
	files  map[string]string // examples, by their text
	// What flags all tests, and all programs, have together.
	testFlags, programFlags map[string]bool
	rows                    []int               // how often each of ranBy was needed
	cli                     map[string][]string // commands of a Terraform CLI, and where they stand
	hcl                     []acctest.Snippet   // configurations that are no examples
	excused                 map[string]bool     // commands that unchecked excuses
	wrong                   []string
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	l := &ledger{
		manual: newManual(t), files: map[string]string{}, rows: make([]int, len(ranBy)), cli: map[string][]string{}, excused: map[string]bool{},
		testFlags: map[string]bool{}, programFlags: map[string]bool{"race": true, "version": true},
	}
	for _, folder := range []string{"internal/chaos", "internal/tools/schemajson"} {
		maps.Copy(l.testFlags, flagsOf(folder, true))
	}
	for _, folder := range programs {
		maps.Copy(l.programFlags, flagsOf(folder, false))
	}
	for _, name := range ofPlan {
		l.programFlags[name] = true
		l.cli["terraform plan -"+name] = nil
	}
	err := fs.WalkDir(os.DirFS("../../examples"), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) == ".md" {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../../examples", file))
		l.files[strings.TrimSpace(string(text))] = file
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// take finds out who runs or checks a snippet.
func (l *ledger) take(s acctest.Snippet) {
	if s.Lang == "inline" {
		switch text := s.Text; {
		case commandLike.MatchString(text):
			l.commands(s, text)
		case partOf.MatchString(text):
			l.commands(s, "terraform "+text)
		case ofTheSimulator.MatchString(text):
			l.commands(s, "curl "+endpoint+ofTheSimulator.FindStringSubmatch(text)[1])
		case strings.HasPrefix(text, "-args "):
			l.flags(s, "test", l.testFlags, strings.Fields(text)[1:])
		case aFlag.MatchString(text):
			l.flags(s, "program", l.programFlags, strings.Fields(text))
		}
		return
	}
	for i, row := range ranBy {
		if row.page == s.Page && strings.HasPrefix(s.Text, row.begins) {
			l.rows[i]++
			return
		}
	}
	if file := l.files[strings.TrimSpace(s.Text)]; file != "" {
		by, test, _ := strings.Cut(appliedBy[path.Dir(file)], " ")
		if !mentions(filepath.Join("..", by), path.Base(file)) {
			l.complain(s, fmt.Sprintf("%q does not apply examples/%s", test, file))
		}
		return
	}
	switch s.Lang {
	case "endless":
		l.complain(s, "the block has no end")
	case "hcl", "terraform":
		l.hcl = append(l.hcl, s)
	case "", "sh", "shell":
		l.commands(s, s.Text)
	default:
		l.complain(s, "nobody runs or checks this")
	}
}

// flags checks flags that a page names without a program.
func (l *ledger) flags(s acctest.Snippet, of string, known map[string]bool, words []string) {
	for _, word := range words {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		if strings.HasPrefix(word, "-") && !known[name] {
			l.complain(s, "no "+of+" has a flag -"+name)
		}
	}
}

// mentions tells whether a test names a file, or takes whole folders.
func mentions(test, file string) bool {
	source, err := os.ReadFile(test)
	return err == nil && (strings.Contains(string(source), file) || strings.Contains(string(source), "os.CopyFS(") ||
		strings.Contains(string(source), `"`+strings.TrimSuffix(file, ".kecsim.hcl")+`"`))
}

func (l *ledger) complain(s acctest.Snippet, what string) {
	l.wrong = append(l.wrong, fmt.Sprintf("%s:%d: %s", s.Page, s.Line, what))
}

// commands checks what a shell would run.
func (l *ledger) commands(s acctest.Snippet, text string) {
	others, wrong := l.manual.check(text)
	for _, what := range wrong {
		l.complain(s, what)
	}
	for _, words := range others {
		line := strings.Join(words, " ")
		two, three := first(words, 2), first(words, 3)
		switch {
		case unchecked[two] != "" || unchecked[three] != "":
			l.excused[two], l.excused[three] = true, true
		case words[0] == "tofu" || words[0] == "terraform":
			at := fmt.Sprintf("%s:%d", s.Page, s.Line)
			l.cli[line] = append(l.cli[line], at)
		default:
			l.complain(s, "nobody runs or checks "+words[0])
		}
	}
}

// first are the first words of a command, as one text. A flag stands there without its value.
func first(words []string, n int) string {
	var all []string
	for _, word := range words[:min(n, len(words))] {
		name, _, _ := strings.Cut(word, "=")
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// documented are the blocks of every page that users and contributors read.
func documented(t *testing.T) (all []acctest.Snippet) {
	t.Helper()
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		switch top, _, _ := strings.Cut(file, "/"); {
		case err != nil:
			return err
		case entry.IsDir() && file != "." && top != "docs" && top != "examples" && top != ".github":
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(file) != ".md":
			return nil
		default:
			text, err := fs.ReadFile(root, file)
			all = append(all, acctest.Snippets(file, string(text))...)
			return err
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every block and every command of the documentation is run or checked: examples by the tests that
// apply them, others by a test of their own or against what there is. What nobody knows fails.
func TestDocs_everyCommandIsRunOrChecked(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	all := documented(t)
	for _, s := range all {
		l.take(s)
	}
	for _, what := range l.wrong {
		t.Error(what)
	}
	for i, row := range ranBy {
		file, test, isTest := strings.Cut(row.by, " Test")
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(file)))
		switch {
		case l.rows[i] != 1:
			t.Errorf("%s: %d blocks begin with %q, want 1", row.page, l.rows[i], row.begins)
		case isTest && strings.HasSuffix(file, ".go") && (err != nil || !strings.Contains(string(text), "\nfunc Test"+test+"(t *testing.T) {")):
			t.Errorf("%s: %s: no test Test%s in %s: %v", row.page, row.begins, test, file, err)
		case isTest && !strings.Contains(string(text), fmt.Sprintf("%q, %q", row.page, row.begins)) &&
			(!strings.HasPrefix(file, "kecsim/") || !strings.Contains(string(text), path.Base(row.page))):
			t.Errorf("%s: %s: Test%s does not read it", row.page, row.begins, test)
		}
	}
	for command := range unchecked {
		if !l.excused[command] {
			t.Errorf("no page has the command %s any more", command)
		}
	}
	if len(all) < 1000 || len(l.cli) < 15 || len(l.hcl) < 3 {
		t.Errorf("%d snippets, of which %d are commands of a CLI and %d configurations", len(all), len(l.cli), len(l.hcl))
	}
}

// A mistake in a page is found, whatever it is, and so is what nobody checks.
func TestDocs_mistakesAreFound(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, c := range []struct{ page, want string }{
		{"```\nmake test\n```\nand `make bench BENCHARGS='-n 1,10'`, `make`, `CLI=/path/to/tofu make …`", ""},
		{"```\nmake tset\n```", "a.md:2: make has no target tset"},
		{"`make sim\n  SIMARG='-time-scale 60'`", "a.md:1: make has no variable SIMARG"},
		{"`make sim SIMARGS='-scenario sold-in -time 60'`", "a.md:1: there is no sold-in\na.md:1: internal/kecsim/cmd/kecsim has no flag -time"},
		{"text\n\n`bin/kecsim -lissten 127.0.0.1:7480`", "a.md:3: internal/kecsim/cmd/kecsim has no flag -lissten"},
		{"```sh\n\"$(go env GOPATH)/bin/kecsim\" -scenarios\n```", "a.md:2: internal/kecsim/cmd/kecsim has no flag -scenarios"},
		{"`build/conform/conform -unasked -fee`", "a.md:1: internal/tools/conform has no flag -fee"},
		{"`make mutants MUTATEARGS='-package NAME'`", "a.md:1: internal/tools/mutate has no flag -package"},
		{"`CONFORMARGS='-zones x'`", "a.md:1: internal/tools/conform has no flag -zones"},
		{"`go test ./internal/chaos -run TestStates -args -states`", ""},
		{"`go test ./internal/chaos -run TestEstates -args -state`", "a.md:1: internal/chaos has no TestEstates\na.md:1: internal/chaos has no flag -state"},
		{"`go test ./internal/NAME`, `make testacc PACKAGES=./internal/NAME TESTARGS='-run TestAccX'`", ""},
		{"`make testacc PACKAGES=./pkg/NAME TESTARGS='-rum X'`", "a.md:1: there is no pkg\na.md:1: go has no flag -rum\na.md:1: there is no X"},
		{"`go test ./internal/order`", "a.md:1: there is no internal/order"},
		{"`-args -histories=10`, `-args -historys=10`", "a.md:1: no test has a flag -historys"},
		{"`-time-scale 60`, `-timescale`", "a.md:1: no program has a flag -timescale"},
		{"`go run ./internal/tools/demo`", "a.md:1: nobody checks go run"},
		{"```\nexport KEC_ENDPOINT=… KEC_ENDPOINTS=…\nKEC_REGION=x make demo\nunset KSYUN_KEY\n```",
			"a.md:2: nothing reads the variable KEC_ENDPOINTS\na.md:2: nothing reads the variable KEC_REGION\na.md:2: nothing reads the variable KSYUN_KEY"},
		{"```shell\ncurl -d '{\"duration\": \"10m\"}' $KEC_ENDPOINT/_kecsim/advance && curl http://127.0.0.1:7480/_kecsim/\n```", ""},
		{"`curl http://127.0.0.1:7480/_kecsim/worlds`",
			`a.md:1: the simulator answers GET /_kecsim/worlds with 404: {"error":"there is no such route; GET /_kecsim/ lists them"}` + "\n"},
		{"`curl -d '{\"time\": \"10m\"}' $KEC_ENDPOINT/_kecsim/advance`",
			`a.md:1: the simulator answers POST /_kecsim/advance with 400: {"error":"the body is not what this route takes: json: unknown field \"time\""}` + "\n"},
		{"`curl -X DELETE $KEC_ENDPOINT/_kecsim/advance`", "a.md:1: nobody checks curl with -X"},
		{"`git apply build/facts.patch`", "a.md:1: make writes no patch build/facts.patch"},
		{"```\ncd examples/none && .ci/run\n```", "a.md:2: there is no examples/none"},
		{"```\nmake demo &&\n```", "a.md:2: it is no command: 1:11: `&&` must be followed by a statement"},
		{"```\nError: Something else\n```", "a.md:2: nobody runs or checks Error:"},
		{"```\nmake demo", "a.md:2: the block has no end"},
		{"```\n# nothing\n```", "a.md:2: it is no command"},
		{"`http://127.0.0.1:7480/_kecsim/world`, `GET /_kecsim/`", ""},
		{"`GET /_kecsim/worlds`",
			`a.md:1: the simulator answers GET /_kecsim/worlds with 404: {"error":"there is no such route; GET /_kecsim/ lists them"}` + "\n"},
		{"```json\n{}\n```", "a.md:2: nobody runs or checks this"},
		{"```\ndocker run kecsim\n```", "a.md:2: nobody runs or checks docker"},
	} {
		l.wrong = nil
		for _, s := range acctest.Snippets("a.md", c.page+"\n") {
			l.take(s)
		}
		if got := strings.Join(l.wrong, "\n"); got != c.want {
			t.Errorf("in\n%s\nthere is found\n%s\nwant\n%s", c.page, got, c.want)
		}
	}
}
