package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// module writes files below a new directory, and returns it.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is\n%s\nwant\n%s", what, got, want)
	}
}

const code = `package p

import "time"

const limit = 7

// Sign is tested here, and Wait in the other package.
func Sign(a int, mute bool) int {
	if a < 0 &&
		!mute { // which has no sign
		return -1
	}
	return 1
}

func Wait(d time.Duration) time.Duration { return d + 5*time.Second }

func Join(a, b string) string { return a + b + "." }

func Down(n int) int {
	steps := int64(0)
	for n > 0 {
		n = n - 1
		steps = steps + 1
	}
	println(steps == limit)
	return n
}

func Never() int {
	panic("never")
}
`

var small = map[string]string{
	"go.mod":          "module example.com/small\n\ngo 1.26\n",
	"internal/p/p.go": code,
	"internal/p/p_test.go": `package p

import "testing"

func TestSign(t *testing.T) {
	if Sign(-3, false) != -1 || Sign(3, false) != 1 || Sign(-3, true) != 1 || Down(2) != 0 || Join("a", "b") != "ab." {
		t.Fail()
	}
}
`,
	"internal/last/last_test.go": `package last

import (
	"flag"
	"testing"
	"time"

	"example.com/small/internal/p"
)

var want = flag.Duration("want", 0, "")

func TestWait(t *testing.T) {
	if p.Wait(time.Second) != *want {
		t.Fail()
	}
}
`,
}

// Each kind of mistake is made where it can be and nowhere else, and each is judged.
func TestJudge(t *testing.T) {
	t.Parallel()
	root := module(t, small)
	all, err := draw(root, []string{"p"}, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := &workshop{root: root, dir: t.TempDir(), least: 2 * time.Second}
	verdicts, err := w.judge(all, 2, "./internal/last", "-test.run=Wait", "-want=6s")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, m := range all {
		said := []string{"noticed", "noticed late", "survived", "does not compile"}[verdicts[i]]
		if m.switched == nil {
			said += ", built by itself"
		}
		got = append(got, fmt.Sprintf("%s: %s", m, said))
	}
	equal(t, "what becomes of them", strings.Join(got, "\n"), `internal/p/p.go:11: 1 -> 2: noticed
internal/p/p.go:13: 1 -> 2: noticed
internal/p/p.go:16: + -> -: noticed late
internal/p/p.go:16: 5 -> 6: noticed late
internal/p/p.go:18: + -> -: does not compile, built by itself
internal/p/p.go:21: 0 -> 1: survived
internal/p/p.go:22: 0 -> 1: noticed
internal/p/p.go:22: > -> >=: noticed
internal/p/p.go:23: - -> +: noticed
internal/p/p.go:23: 1 -> 2: survived
internal/p/p.go:24: + -> -: survived
internal/p/p.go:24: 1 -> 2: survived
internal/p/p.go:26: == -> !=: survived
internal/p/p.go:26: println(steps == limit) -> nothing: survived
internal/p/p.go:31: panic("never") -> nothing: does not compile, built by itself
internal/p/p.go:9: && -> ||: noticed
internal/p/p.go:9: 0 -> 1: survived
internal/p/p.go:9: < -> <=: survived
internal/p/p.go:9: if a < 0 && !mute -> if not: noticed`)
	r := newReport(all, verdicts)
	equal(t, "the sentence", r.sentence(1), "19 mistakes of seed 1, of which 2 do not compile: the tests notice 9 of 17, 52.9 %.")
	if !r.below(53) || r.below(52.9) {
		t.Error("53 % is the least that is above the score")
	}
}

// The reasons in a report outlive the next run, if the line of the code is the same elsewhere.
func TestReport_keepsReasons(t *testing.T) {
	t.Parallel()
	const want = `| package | mistakes | do not compile | noticed by its tests | by the histories alone | survived | score |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| p | 6 | 1 | 2 | 1 | 2 | 60.0 % |
| all | 6 | 1 | 2 | 1 | 2 | 60.0 % |

## Those that no test has noticed

| place | mistake | in | reason |
| --- | --- | --- | --- |
`
	file := filepath.Join(t.TempDir(), "report.md")
	report := func(code string) string {
		t.Helper()
		all, err := draw(module(t, map[string]string{"internal/p/p.go": code}), []string{"p"}, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := newReport(all, []verdict{survived, unbuilt, late, noticed, noticed, survived}).write(file, 1, time.Now()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, table, _ := strings.Cut(string(text), "\n\n| package")
		return "| package" + table
	}
	const either = "func Either(a, b bool) bool { return a || b }\n\nfunc One(n int) bool { return n == 1 || n == 3 }\n"
	rows := func(line int, reason string) string {
		return fmt.Sprintf("| internal/p/p.go:%d | `||` -> `&&` | `func Either(a, b bool) bool { return a || b }` | %s |\n"+
			"| internal/p/p.go:%d | `||` -> `&&` | `func One(n int) bool { return n == 1 || n == 3 }` |  |\n", line, reason, line+2)
	}
	escape := func(table string) string { return strings.ReplaceAll(table, "||", `\|\|`) }
	equal(t, "the report", report("package p\n\n"+either), want+escape(rows(3, "")))
	if err := os.WriteFile(file, []byte(want+escape(rows(3, "the same: a or b"))), 0o600); err != nil {
		t.Fatal(err)
	}
	equal(t, "the next report", report("package p\n\nvar V int\n\n"+either), want+escape(rows(5, "the same: a or b")))
}
