// Mutate makes small mistakes in the code that decides about money and state, one at a time, and
// runs the tests that should notice. It says which mistakes no test has noticed. The acceptance
// tests are not among those tests: a CLI for each mistake would take days.
//
// Nothing in the clone changes: the compiler is given each mistake as an overlay.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// limit is how long the tests of one mistake may take: those that go on for ever have noticed it.
// It is four times what they take without a mistake, because on a machine that is busy with other
// work every test would seem to go on for ever.
var limit = time.Hour

type verdict int

const (
	noticed verdict = iota
	unbuilt         // no mistake: it does not compile
	survived
)

func main() {
	packages := flag.String("packages", "machines,kec,ksyun,failure,wizard,spotinstance,spotfleet", "`names` of the packages, below internal/")
	n := flag.Int("n", 300, "how many mistakes to make")
	seed := flag.Uint64("seed", 1, "which ones")
	workers := flag.Int("workers", 2, "how many at a time")
	flag.Parse()
	all, err := draw(".", strings.Split(*packages, ","), *n, *seed)
	if err != nil {
		log.Fatal(err)
	}
	if limit, err = patience(all); err != nil {
		log.Fatal(err)
	}
	verdicts := make([]verdict, len(all))
	var wg sync.WaitGroup
	next := make(chan int)
	for range *workers {
		wg.Go(func() {
			for i := range next {
				v, err := try(all[i])
				if err != nil {
					log.Fatal(err)
				}
				if verdicts[i] = v; v == survived {
					fmt.Println(all[i])
				}
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wg.Wait()
	count := map[verdict]int{}
	for _, v := range verdicts {
		count[v]++
	}
	built := count[noticed] + count[survived]
	fmt.Printf("%d mistakes of seed %d, of which %d do not compile: the tests notice %d of %d, %.1f %%.\n",
		len(all), *seed, count[unbuilt], count[noticed], built, 100*float64(count[noticed])/float64(max(built, 1)))
}

// patience is the limit, by the tests of the packages and the histories as they are. Tests that
// fail without a mistake are an error, because they would seem to notice all of them.
func patience(all []mutant) (time.Duration, error) {
	longest := time.Duration(0)
	homes := map[string]bool{}
	for _, m := range all {
		homes[m.home()] = true
	}
	for home := range homes {
		began := time.Now()
		if !passes("test", "-vet=off", "-count=1", home) {
			return 0, fmt.Errorf("the tests of %s fail without a mistake", home)
		}
		longest = max(longest, time.Since(began))
	}
	began := time.Now()
	if !passes(histories()...) {
		return 0, errors.New("the histories fail without a mistake")
	}
	return max(3*time.Minute, 4*max(longest, time.Since(began))), nil
}

// histories are the arguments of the go command for the histories, scenes and crash points of the
// whole provider, with these flags of its own.
func histories(flags ...string) []string {
	args := append([]string{"test", "-vet=off", "-failfast", "-count=1"}, flags...)
	return append(args, "-run", "TestHistories|TestFleet|TestTexts|TestCrash|TestStates|TestPlans", "./internal/chaos",
		"-args", "-histories=60", "-fleet-histories=20")
}

// try runs the tests that should notice a mistake: those of its package, and the histories, scenes
// and crash points of the whole provider.
func try(m mutant) (verdict, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	whole, err := filepath.Abs(m.file)
	if err != nil {
		return 0, err
	}
	replaced := filepath.Join(dir, "mutant.go")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{whole: replaced}})
	if err != nil {
		return 0, err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := errors.Join(os.WriteFile(replaced, m.source, 0o600), os.WriteFile(file, overlay, 0o600)); err != nil {
		return 0, err
	}
	if !passes("build", "-overlay", file, m.home()) {
		return unbuilt, nil
	}
	if !passes("test", "-vet=off", "-failfast", "-count=1", "-overlay", file, m.home()) || !passes(histories("-overlay", file)...) {
		return noticed, nil
	}
	return survived, nil
}

// passes runs the go command, without a CLI for acceptance tests.
func passes(args ...string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.WaitDelay = time.Second
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TF_ACC") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	return cmd.Run() == nil
}
