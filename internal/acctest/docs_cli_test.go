package acctest_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
)

// variable is an input variable that an expression reads.
var variable = regexp.MustCompile(`\bvar\.(\w+)`)

// validated asks a CLI whether a configuration of a page holds. What a page leaves to the reader is
// added: input variables, and the machine that a block speaks of.
func validated(t *testing.T, text string) acctest.Result {
	t.Helper()
	w := acctest.New(t).Workspace(t)
	if strings.Contains(text, "kec_spot_instance.worker") {
		text += acctest.Documented(t, "README.md", `resource "kec_spot_instance" "worker"`)
	}
	names := map[string]bool{}
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		if !names[m[1]] {
			text += "variable \"" + m[1] + "\" {}\n"
		}
		names[m[1]] = true
	}
	w.Write(text)
	if strings.Contains(text, "required_providers") {
		w.Put("source.tf", "")
	}
	return w.CLI("validate", "-no-color")
}

// What the pages show as a configuration is one for the provider of today.
func TestAccDocs_configurations(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for _, s := range documented(t) {
		l.take(s)
	}
	for _, s := range l.hcl {
		t.Run(s.Page, func(t *testing.T) {
			t.Parallel()
			validated(t, s.Text).Want(t, 0, "The configuration is valid")
		})
	}
	t.Run("a mistake", func(t *testing.T) {
		t.Parallel()
		right := acctest.Documented(t, "README.md", `resource "kec_spot_instance" "worker"`)
		wrong := strings.Replace(right, "spot_price_limit ", "spot_price_limt ", 1)
		validated(t, wrong).Want(t, 1, `An argument named "spot_price_limt" is not expected here.`)
	})
}

// twoWords are commands that have commands of their own.
var twoWords = []string{"state", "providers", "workspace"}

// unlisted are flags that not every CLI lists in its help. TestAccPipeline_exitCodes uses them.
var unlisted = []string{"plan -json", "apply -json"}

// helps is what a CLI says of its commands. Each is asked for once.
type helps struct {
	w    *acctest.Workspace
	said map[string]string
}

// wrong is what is wrong with a command, by what the CLI itself says of it.
func (h helps) wrong(words []string) (wrong []string) {
	sub := words[1:2]
	if slices.Contains(twoWords, words[1]) {
		sub = words[1:3]
	}
	name := strings.Join(sub, " ")
	if h.said[name] == "" {
		h.said[name] = h.w.CLI(append(slices.Clone(sub), "-help")...).Text
	}
	// OpenTofu has second names for some: state (remove|rm).
	if !regexp.MustCompile(`Usage: \S+ \[global options\] ` + strings.Join(sub, ` (?:\(\w+\|)?`) + `\b`).MatchString(h.said[name]) {
		return []string{"there is no " + name}
	}
	for _, word := range words[1+len(sub):] {
		flag, _, _ := strings.Cut(word, "=")
		if !strings.HasPrefix(word, "-") || slices.Contains(unlisted, name+" "+flag) {
			continue
		}
		if !regexp.MustCompile(`(^|\s)` + regexp.QuoteMeta(flag) + `([\s=\[,]|$)`).MatchString(h.said[name]) {
			wrong = append(wrong, name+" has no "+flag)
		}
	}
	return wrong
}

// The CLI has every command, and every flag of it, that a page names.
func TestAccDocs_commandsOfTheCLI(t *testing.T) {
	t.Parallel()
	cli := helps{acctest.New(t).Workspace(t), map[string]string{}}
	l := newLedger(t)
	for _, s := range documented(t) {
		l.take(s)
	}
	for line, at := range l.cli {
		for _, what := range cli.wrong(strings.Fields(line)) {
			t.Errorf("%s: %s: %s", strings.Join(at, ", "), line, what)
		}
	}
	for line, want := range map[string]string{
		"tofu plan -detailed-exitcod": "plan has no -detailed-exitcod", "terraform stat rm": "there is no stat", "terraform state forget x": "there is no state forget",
	} {
		if got := strings.Join(cli.wrong(strings.Fields(line)), "; "); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
