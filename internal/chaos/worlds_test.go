package chaos

import (
	"flag"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/worlds"
)

var worldHistories = flag.Int("world-histories", 3, "how many histories, and a third as many of fleets, to live through in each world")

// What an answer decides, so that no rule can hold either way: with AsyncChecks a launch that comes
// before the old machine's place is free fails without a cause, and is ordered again by the next
// apply only (fact 192; further.go), and with NoOrders no billing record proves whose a tainted
// machine was that is gone, so that the user has to take it out of the state (fact 199; world.go).

// TestWorlds lives through histories in worlds that between them answer every two open questions in
// every way: whichever way they fall, no rule is broken.
func TestWorlds(t *testing.T) {
	withoutRace(t)
	t.Parallel()
	all := worlds.All()
	var next, broken atomic.Int64
	each := *worldHistories + (*worldHistories+2)/3
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(all)*each && broken.Load() < 3; i = int(next.Add(1)) - 1 {
				w, n := all[i/each], i%each
				var err error
				seed := 500_000 + uint64(i)
				if n < *worldHistories {
					_, err = live(t, w.Set, seed, generate(seed, *stepCount))
				} else {
					err = liveFleets(t, w.Set, seed, *stepCount)
				}
				if err != nil {
					broken.Add(1)
					t.Errorf("seed %d in the world of %s: %v", seed, w, err)
				}
			}
		})
	}
	both.Wait()
	t.Logf("%d worlds, %d histories in each: %d break a rule", len(all), each, broken.Load())
}
