package chaos

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// bubble runs a story in virtual time.
func bubble(t *testing.T, story func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		story(t)
		time.Sleep(time.Hour) // what is still under way must end; what does not is a leak, and fails the bubble
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// together starts a crowd whose process ends with the story.
func together(t *testing.T, n, parallelism int, latency time.Duration, more map[string]tftypes.Value) *crowd {
	t.Helper()
	c, err := newCrowd(1, n, parallelism, latency, more)
	must(t, err)
	t.Cleanup(func() { c.link.sever() })
	return c
}

// whole checks that all went well: no error, everything that was bought is known and
// alive, and nothing was bought twice or is to be replaced.
func (c *crowd) whole(t *testing.T, n int) {
	t.Helper()
	if errors := c.core.complaints(); errors != "" {
		t.Errorf("exit 1: %s", errors)
	}
	a := c.audit()
	if len(a.Orphans)+len(a.Ghosts)+len(a.Twice) > 0 || a.Alive != n || len(c.core.ids()) != n || c.tainted() > 0 {
		t.Errorf("orphans %v, ghosts %v, twice %v, %d alive, %d known, %d tainted; want %d alive and known and nothing else",
			a.Orphans, a.Ghosts, a.Twice, a.Alive, len(c.core.ids()), c.tainted(), n)
	}
}

// sent are the requests that the simulator has seen.
func (c *crowd) sent() int { return len(c.sim.Calls()) }

func TestCrowd_launchesWhoseAnswerIsLost(t *testing.T) {
	withoutRace(t)
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 200, 10, 50*time.Millisecond, nil)
		c.sim.FailShare("RunInstances", kecsim.AnswerLost, 0.05)
		took, err := c.apply()
		must(t, err)
		c.whole(t, 200)
		t.Logf("200 creates, 5 %% committed but unanswered: %d launches, %s of virtual time", c.sim.Count("RunInstances"), took.Round(time.Second))
	})
}

func TestCrowd_readsThatFail(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 100, 10, 50*time.Millisecond, nil)
		for _, f := range []kecsim.Fault{kecsim.ConnectionLost, kecsim.InternalFailure, kecsim.Throttled} {
			c.sim.FailShare("DescribeInstances", f, 0.05)
		}
		_, err := c.apply()
		must(t, err)
		c.whole(t, 100)
	})
}

// needed are the requests that were answered. How many looks a crowd shares depends on how the
// faults scatter it, so that the number of a crowd without faults is no measure.
func (c *crowd) needed() (n int) {
	for _, call := range c.sim.Calls() {
		if call.Code == "" && call.Status == http.StatusOK {
			n++
		}
	}
	return n
}

// One in five requests is throttled: what is sent must stay near what is needed.
func TestCrowd_throttledByShare(t *testing.T) {
	withoutRace(t)
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 200, 10, 50*time.Millisecond, nil)
		c.sim.FailShare("*", kecsim.Throttled, 0.2)
		took, err := c.apply()
		must(t, err)
		c.whole(t, 200)
		needed, sent := c.needed(), c.sent()
		if looks := c.sim.Count("DescribeInstances"); looks > int(took.Seconds())+10 {
			t.Errorf("%d looks in %s: more than one a second", looks, took)
		}
		t.Logf("20 %% throttling, 200 creates: %d requests, %d needed, ratio %.2f", sent, needed, float64(sent)/float64(needed))
		if float64(sent) > 1.35*float64(needed) {
			t.Errorf("%d requests were sent, %d were needed: more than 1.35 times", sent, needed)
		}
	})
}

// A service that takes 20 requests a second: the client finds that rate, uses it, and
// is hardly ever refused once it has found it.
func TestCrowd_throttledByRate(t *testing.T) {
	withoutRace(t)
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 300, 200, 50*time.Millisecond, map[string]tftypes.Value{"requests_per_second": tftypes.NewValue(tftypes.Number, 100)})
		c.sim.Update(func(s *kecsim.Settings) { s.Boot, s.VisibleAfter = time.Second, 0 }) // the launches alone use the whole rate
		c.sim.Throttle(20, 20)
		took, err := c.apply()
		must(t, err)
		c.whole(t, 300)
		calls := c.sim.Calls()
		start := calls[slices.IndexFunc(calls, func(k kecsim.Call) bool { return k.Action == "RunInstances" })].At
		end := start.Add(took)
		passed, late, refused := 0, 0, 0
		for _, k := range calls {
			if k.At.Before(start) || k.At.After(end) {
				continue
			}
			throttled := k.Code == kecsim.Throttled.Code
			if !throttled {
				passed++
			}
			if k.At.Sub(start) > 5*time.Second {
				late++
				if throttled {
					refused++
				}
			}
		}
		used := float64(passed) / (20 * took.Seconds())
		t.Logf("20 requests/s allowed, 300 creates: %.0f %% of the rate used over %s; %d of %d refused after 5 s", 100*used, took.Round(time.Second), refused, late)
		if used < 0.8 || float64(refused) > 0.05*float64(late) {
			t.Errorf("%.2f of the rate used, want 0.8; %d of %d refused after 5 s, want 5 %% at most", used, refused, late)
		}
	})
}

// A service that answers only 503 is not hammered.
func TestCrowd_aServiceThatIsDown(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		n := *machineCount
		c := together(t, n, 10, 10*time.Millisecond, map[string]tftypes.Value{"requests_per_second": tftypes.NewValue(tftypes.Number, 1000)})
		_, err := c.apply()
		must(t, err)
		c.whole(t, n)
		before := c.sent()
		c.sim.FailShare("*", kecsim.Fault{Status: 503, ContentType: "text/plain", Body: "down"}, 1)
		must(t, c.refresh())
		if failed, left := len(c.core.errors), len(c.core.ids()); failed != n || left != n {
			t.Errorf("%d addresses failed and %d are left in the state, want %d", failed, left, n)
		}
		sent := c.sent() - before
		t.Logf("a service that answers only 503, %d instances: %d requests", n, sent)
		if sent > n+100 {
			t.Errorf("%d requests were sent, want %d at most", sent, n+100)
		}
	})
}

// Nor is it when machines are to be launched: what has no clear answer is looked for, and while
// nothing answers no other launch is sent into the unknown.
func TestCrowd_launchesIntoAnOutage(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		n, atOnce := *machineCount, 10
		c := together(t, n, atOnce, 10*time.Millisecond, nil)
		c.sim.FailShare("*", kecsim.Fault{Status: 503, ContentType: "text/plain", Body: "down"}, 1)
		took, err := c.apply()
		must(t, err)
		unknown, unsent := 0, 0
		for address, errors := range c.core.errors {
			switch summary, _, _ := strings.Cut(strings.Join(errors, "\n\n"), "\n"); summary {
			case "KEC may have accepted the launch":
				unknown++
			case "KEC does not answer, and the launch was not sent":
				unsent++
			default:
				t.Errorf("%s: %s", address, errors)
			}
		}
		if launches := c.sim.Count("RunInstances"); unknown != atOnce || unsent != n-atOnce || launches != atOnce {
			t.Errorf("%d launches; %d may have been accepted and %d were not sent; want %d, %d and %d", launches, unknown, unsent, atOnce, atOnce, n-atOnce)
		}
		sent := c.sent()
		t.Logf("a service that answers only 503, %d creates: %d requests in %s of virtual time", n, sent, took.Round(time.Second))
		if sent > n+100 {
			t.Errorf("%d requests were sent, want %d at most", sent, n+100)
		}

		c.sim.ClearFaults()
		_, err = c.apply()
		must(t, err)
		c.whole(t, n)
	})
}

func TestCrowd_visibleLate(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 20, 10, 50*time.Millisecond, nil)
		c.sim.Update(func(s *kecsim.Settings) { s.VisibleAfter = 15 * time.Second })
		_, err := c.apply()
		must(t, err)
		c.whole(t, 20)
	})
}

func TestCrowd_theDeadlineHolds(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 1, 1, 50*time.Millisecond, nil)
		c.config["timeouts"] = tftypes.NewValue(timeoutsType, map[string]tftypes.Value{
			"create": text("5s"), "read": tftypes.NewValue(tftypes.String, nil), "update": tftypes.NewValue(tftypes.String, nil),
			"delete": tftypes.NewValue(tftypes.String, nil),
		})
		c.sim.Update(func(s *kecsim.Settings) { s.Boot = time.Minute })
		took, err := c.apply()
		must(t, err)
		if errors := c.core.complaints(); took > 6*time.Second || !strings.Contains(errors, "KEC did not get there in time") {
			t.Errorf("after %s: %q; want a deadline within 6 s", took, errors)
		}
		if a := c.audit(); len(a.Orphans) > 0 || c.core.ids()["worker-0"] == "" {
			t.Errorf("orphans %v, the state knows %v", a.Orphans, c.core.ids())
		}
	})
}

// Ten creates are under way when the user interrupts. In one half the launch is still
// on the wire.
func TestCrowd_interrupted(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{30 * time.Millisecond, 400 * time.Millisecond, 5 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				c := together(t, 10, 10, 50*time.Millisecond, map[string]tftypes.Value{"preflight": text("off")})
				must(t, c.process())
				plans := map[string]planned{}
				for _, address := range c.addresses {
					plans[address] = c.core.plan(c.link.ctx, address, c.config)
				}
				done := make(chan struct{})
				go func() {
					defer close(done)
					c.each(func(ctx context.Context, address string) { c.core.apply(ctx, address, plans[address]) })
				}()
				time.Sleep(after)
				at := time.Now()
				must(t, c.core.stop(context.Background()))
				<-done
				if took := time.Since(at); took >= time.Second {
					t.Errorf("the provider returned after %s, want less than 1 s", took)
				}
				if a := c.audit(); len(a.Orphans) > 0 || a.Alive != 10 || len(c.core.ids()) != 10 {
					t.Errorf("orphans %v, %d alive, %d in the state; want 10 in both", a.Orphans, a.Alive, len(c.core.ids()))
				}
			})
		})
	}
}

// One TerminateInstances in five is refused, throttled or ends in a 500.
func TestCrowd_terminatesThatFail(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 100, 10, 50*time.Millisecond, nil)
		_, err := c.apply()
		must(t, err)
		c.whole(t, 100)
		c.sim.RefuseShare("TerminateInstances", 0.07, "the machine is locked")
		c.sim.FailShare("TerminateInstances", kecsim.Throttled, 0.07)
		c.sim.FailShare("TerminateInstances", kecsim.InternalFailure, 0.07)
		_, err = c.destroy()
		must(t, err)
		a := c.audit()
		left := c.core.ids()
		if len(a.Orphans)+len(a.Ghosts) > 0 || a.Alive != len(left) || len(c.core.errors) != len(left) {
			t.Errorf("orphans %v, ghosts %v, %d alive, %d in the state, %d errors; want the same in the last three", a.Orphans, a.Ghosts, a.Alive, len(left), len(c.core.errors))
		}
		for address, id := range left {
			if !strings.Contains(strings.Join(c.core.errors[address], "\n"), id) {
				t.Errorf("%s is left, and its error does not name it: %v", id, c.core.errors[address])
			}
		}
		t.Logf("100 destroys, one terminate in five fails: %d left, each named", len(left))
	})
}

// A panic in one call is the error of that resource, and the others go on.
func TestCrowd_aPanic(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := together(t, 20, 10, 10*time.Millisecond, nil)
		c.panics = 3
		_, err := c.apply()
		must(t, err)
		if n := len(c.core.errors); n > 3 || c.link.panics.Load() > 0 {
			t.Errorf("%d of 20 failed, want 3 at most, and %d panics have not come yet: %s", n, c.link.panics.Load(), c.core.complaints())
		}
		if a := c.audit(); len(a.Orphans)+len(a.Twice) > 0 {
			t.Errorf("orphans %v, twice %v", a.Orphans, a.Twice)
		}
		if said := c.core.complaints(); strings.Contains(said, "a mistake made for the test") {
			t.Errorf("the value of the panic is shown: %s", said)
		}
	})
}
