package chaos

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

var (
	fleetHistories = flag.Int("fleet-histories", cases(4, 50), "how many histories of fleets to live through")
	firstFleetSeed = flag.Uint64("fleet-seed", 1, "the seed of the first one")
)

// TestFleetHistories lives through histories of fleets, one seed each.
func TestFleetHistories(t *testing.T) {
	t.Parallel()
	start := time.Now()
	var next, broken atomic.Int64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(*fleetHistories) && broken.Load() < 3; i = next.Add(1) - 1 {
				seed := *firstFleetSeed + uint64(i)
				if err := liveFleets(t, nil, seed, *stepCount); err != nil {
					broken.Add(1)
					shortest := *stepCount
					for n := range shortest {
						if liveFleets(t, nil, seed, n) != nil {
							shortest = n
							break
						}
					}
					t.Errorf("seed %d: %v\nthe shortest begin of it that breaks a rule has %d steps: %v", seed, err, shortest, liveFleets(t, nil, seed, shortest))
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d histories of fleets, of %d steps, in %s: %d break a rule", *fleetHistories, *stepCount, time.Since(start).Round(time.Millisecond), broken.Load())
}

// liveFleets runs a history of fleets in a bubble of its own.
func liveFleets(t *testing.T, world func(*kecsim.Settings), seed uint64, steps int) (err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		err = runFleets(world, seed, steps)
	})
	return err
}
