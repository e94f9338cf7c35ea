package chaos

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func runChaos(t *testing.T, seed uint64, n, broken int) (out chaos) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		c, err := newCrowd(seed, n, 50, 50*time.Millisecond, nil)
		must(t, err)
		defer func() { c.link.sever() }()
		c.sim.Seed(seed)
		c.sim.FailShare("*", kecsim.Throttled, 0.2)
		c.sim.FailShare("RunInstances", kecsim.AnswerLost, 0.05)
		c.sim.FailShare("DescribeInstances", kecsim.InternalFailure, 0.05)
		c.sim.FailShare("DescribeInstances", kecsim.Garbage, 0.01)
		c.sim.FailLaunches(broken, kecsim.ModeError, "")
		_, err = c.apply()
		must(t, err)
		out.sent, out.needed = c.sent(), c.needed()
		out.failures = len(c.core.errors)
		for _, errors := range c.core.errors {
			if said := strings.Join(errors, "\n"); strings.Contains(said, "1a5ce000-") && strings.Contains(said, `"error"`) && strings.Contains(said, "Code: ") {
				out.named++
			}
		}
		a := c.audit()
		out.orphans, out.ghosts, out.twice, out.healthyTainted = len(a.Orphans), len(a.Ghosts), len(a.Twice), c.tainted()

		c.calm()
		before := c.sim.Count("RunInstances")
		_, err = c.apply()
		must(t, err)
		out.replaced = c.sim.Count("RunInstances") - before
		c.whole(t, n)

		c.sim.FailShare("*", kecsim.Throttled, 0.2)
		c.sim.FailShare("DescribeInstances", kecsim.InternalFailure, 0.05)
		c.sim.FailShare("TerminateInstances", kecsim.AnswerLost, 0.05)
		_, err = c.destroy()
		must(t, err)
		if errors := c.core.complaints(); errors != "" {
			t.Errorf("seed %d: the destroy fails: %s", seed, errors)
		}
		out.left = c.audit().Alive
	})
	return out
}

// chaos is the run in which everything goes wrong at once.
type chaos struct {
	orphans, ghosts, twice, healthyTainted, failures, named int
	sent, needed                                            int
	replaced, left                                          int
}

// calm ends every misbehaviour.
func (c *crowd) calm() {
	c.sim.ClearFaults()
	c.sim.RefuseShare("TerminateInstances", 0, "")
}

func TestCrowd_everythingAtOnce(t *testing.T) {
	t.Parallel()
	n, broken := *machineCount, *machineCount/50
	var mu sync.Mutex
	var worst float64
	var seeds atomic.Uint64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := seeds.Add(1); seed <= uint64(*chaosSeeds); seed = seeds.Add(1) {
				out := runChaos(t, seed, n, broken)
				ratio := float64(out.sent) / float64(out.needed)
				mu.Lock()
				worst = max(worst, ratio)
				mu.Unlock()
				line := fmt.Sprintf("seed %d: %+v, ratio %.2f", seed, out, ratio)
				if out.orphans+out.ghosts+out.twice+out.healthyTainted+out.left > 0 || out.failures != broken || out.named != broken ||
					out.replaced != broken || ratio > 1.5 {
					t.Error(line)
				} else {
					t.Log(line)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d creates, %d seeds: every launch accounted for; requests at most %.2f times what is needed", n, *chaosSeeds, worst)
}
