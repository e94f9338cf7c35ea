// Mutate makes small mistakes in the code that decides about money and state, one at a time, and
// runs the tests that should notice: those of the package, and then the histories, scenes and crash
// points of the whole provider. It says which mistakes no test has noticed. The acceptance tests
// are not among those tests: a CLI for each mistake would take days.
//
// All mistakes are compiled at once, each behind a number that the test binaries read from the
// environment, so that only one is made at a time. One that does not compile that way is built by
// itself.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

type verdict int

const (
	noticed verdict = iota
	late            // by the histories alone
	survived
	unbuilt // no mistake: it does not compile
)

// The histories, scenes and crash points.
const (
	historiesHome = "./internal/chaos"
	historiesRun  = "TestHistories|TestFleet|TestTexts|TestCrash|TestStates|TestPlans"
)

// suite is a test binary, and how long its tests may take.
type suite struct {
	binary, home string
	limit        time.Duration
	args         []string
}

func main() {
	packages := flag.String("packages", "machines,kec,ksyun,failure,wizard,spotinstance,spotfleet", "`names` of the packages, below internal/")
	n := flag.Int("n", 300, "how many mistakes to make")
	seed := flag.Uint64("seed", 1, "which ones")
	workers := flag.Int("workers", 2, "how many at a time")
	least := flag.Float64("least", 0, "fail where fewer `percent` of them are noticed")
	out := flag.String("out", "", "a `file` for the report in Markdown; reasons that it has for survivors stay")
	flag.Parse()
	began := time.Now()
	root, err := filepath.Abs(".")
	if err != nil {
		log.Fatal(err)
	}
	all, err := draw(root, strings.Split(*packages, ","), *n, *seed)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		log.Fatal(err)
	}
	w := &workshop{root: root, dir: dir, least: 30 * time.Second}
	verdicts, err := w.judge(all, *workers, historiesHome, "-test.run="+historiesRun, "-histories=60", "-fleet-histories=20")
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		log.Fatal(err)
	}
	r := newReport(all, verdicts)
	fmt.Println(r.sentence(*seed))
	if *out != "" {
		if err := r.write(*out, *seed, began); err != nil {
			log.Fatal(err)
		}
	}
	if r.below(*least) {
		log.Fatalf("That is less than %g %%.", *least)
	}
}

// judge makes each mistake once and returns what has become of it. The last arguments are the
// package of the histories and the arguments of its test binary.
func (w *workshop) judge(all []*mutant, workers int, lastHome string, lastArgs ...string) ([]verdict, error) {
	overlay, err := w.switched(all)
	if err != nil {
		return nil, err
	}
	suites := map[string]*suite{}
	for _, home := range homesOf(all) {
		if suites[home], err = w.suite(home, overlay); err != nil {
			return nil, err
		}
	}
	last, err := w.suite(lastHome, overlay, lastArgs...)
	if err != nil {
		return nil, err
	}
	verdicts, failures := make([]verdict, len(all)), make([]error, len(all))
	var both sync.WaitGroup
	next := make(chan int)
	for range workers {
		both.Go(func() {
			for i := range next {
				if verdicts[i], failures[i] = w.try(all[i], i+1, suites[all[i].home()], last); verdicts[i] == survived {
					fmt.Println(all[i])
				}
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	both.Wait()
	return verdicts, errors.Join(failures...)
}

// suite builds the tests of a package with all mistakes, and runs them without one. Tests that fail
// then are an error, because they would seem to notice all of them.
func (w *workshop) suite(home, overlay string, args ...string) (*suite, error) {
	binary, err := w.tests(home, overlay)
	if err != nil {
		return nil, err
	}
	s := &suite{binary, home, time.Hour, args}
	began := time.Now()
	if !w.passes(s, 0) {
		return nil, fmt.Errorf("the tests of %s fail without a mistake", home)
	}
	// On a machine that is busy with other work every test would seem to go on for ever.
	s.limit = max(w.least, 6*time.Since(began))
	return s, nil
}

// try makes a mistake and runs the tests that should notice it.
func (w *workshop) try(m *mutant, number int, own, last *suite) (verdict, error) {
	if m.switched == nil {
		overlay, _, err := w.overlay(map[*source][]edit{m.source: m.always}, false)
		if err != nil {
			return unbuilt, err
		}
		if w.command("build", "-overlay", overlay, m.home()).Run() != nil {
			return unbuilt, nil
		}
		ownAlone, lastAlone := *own, *last
		own, last = &ownAlone, &lastAlone
		for _, s := range []*suite{own, last} {
			if s.binary, err = w.tests(s.home, overlay); err != nil {
				return unbuilt, err
			}
			defer os.Remove(s.binary)
		}
	}
	switch {
	case !w.passes(own, number):
		return noticed, nil
	case !w.passes(last, number):
		return late, nil
	default:
		return survived, nil
	}
}
