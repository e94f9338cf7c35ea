package chaos

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

var (
	histories = flag.Int("histories", cases(30, 250), "how many histories to live through")
	firstSeed = flag.Uint64("seed", 1, "the seed of the first one")
	stepCount = flag.Int("steps", 20, "steps of each")

	_ = switches("with")

	machineCount = flag.Int("machines", 100, "how many machines the run of everything at once creates")
	chaosSeeds   = flag.Int("chaos-seeds", 1, "how many such runs")
)

// switches is a flag that switches ingredients for a try: all, none, or names with commas between,
// which a "-" before them switches off.
func switches(name string) bool {
	flag.Func(name, "ingredients to switch on, or with a - off: all, none, or names", func(list string) error {
		tried = true
		return switchTo(list)
	})
	return true
}

// tried tells whether ingredients were switched for a try, so that no history is like a frozen one.
var tried bool

// TestHistories lives through histories, one seed each. One that breaks a rule prints its seed,
// which replays it, and is shrunk to its shortest form. One that is frozen is held against what it
// was.
func TestHistories(t *testing.T) {
	t.Parallel()
	start, frozen := time.Now(), thaw(t)
	var next, commands atomic.Int64
	var broken atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(*histories) && broken.Load() < 3; i = next.Add(1) - 1 {
				seed := *firstSeed + uint64(i)
				ops := generate(seed, *stepCount)
				for _, op := range ops {
					if isCommand[op.Kind] {
						commands.Add(1)
					}
				}
				record, err := live(t, nil, seed, ops)
				if err == nil {
					frozen.hold(t, seed, record)
					continue
				}
				broken.Add(1)
				short := shrink(ops, func(ops []operation) bool { _, err := live(t, nil, seed, ops); return err != nil })
				_, again := live(t, nil, seed, short)
				t.Errorf("seed %d: %v\nshrunk to %d steps:\n%s\n%v", seed, err, len(short), listed(short), again)
			}
		})
	}
	all.Wait()
	t.Logf("%d histories of %d steps, %d of them commands, in %s: %d break a rule; %d of %d frozen ones are as they were",
		*histories, *stepCount, commands.Load(), time.Since(start).Round(time.Millisecond), broken.Load(), frozen.same, frozen.held)
	frozen.close(t)
}

var isCommand = map[string]bool{"apply": true, "plan": true, "refresh": true, "destroy": true, "import": true, "interrupt": true, "kill": true,
	"elsewhere": true, "behind": true, "edit": true, "half known": true, "force": true, "second pipeline": true}

func listed(ops []operation) string {
	var lines []string
	for _, op := range ops {
		lines = append(lines, "\t"+op.String()+",")
	}
	return strings.Join(lines, "\n")
}

// live runs a history in a bubble of its own. Whoever is left behind in it panics
// there.
func live(t *testing.T, world func(*kecsim.Settings), seed uint64, ops []operation) (record *record, err error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		record, err = runHistory(world, seed, ops)
	})
	return record, err
}

func TestShrink(t *testing.T) {
	t.Parallel()
	ops := slices.Concat(generate(7, 20), []operation{{Kind: "apply"}}, generate(8, 20), []operation{{Kind: "kill"}}, generate(9, 5))
	breaks := func(ops []operation) bool { // an "apply" before a "kill"
		applied := false
		for _, op := range ops {
			applied = applied || op.Kind == "apply"
			if applied && op.Kind == "kill" {
				return true
			}
		}
		return false
	}
	if got := shrink(ops, breaks); len(got) != 2 || got[0].Kind != "apply" || got[1].Kind != "kill" {
		t.Errorf("shrunk to\n%s", listed(got))
	}
}

// The same seed is the same history, and another one is another.
func TestGenerate(t *testing.T) {
	t.Parallel()
	if a, b := listed(generate(3, 20)), listed(generate(3, 20)); a != b {
		t.Errorf("seed 3 makes\n%s\nand\n%s", a, b)
	}
	if listed(generate(3, 20)) == listed(generate(4, 20)) {
		t.Error("seeds 3 and 4 make the same history")
	}
}
