package chaos

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

const notAsked = "KEC was not asked again"

// refusedCrowd applies for 80 machines, ten at once, with a plan that has seen no
// trouble.
func refusedCrowd(t *testing.T, arrange func(sim *kecsim.Server)) *crowd {
	t.Helper()
	c := together(t, 80, 10, 50*time.Millisecond, map[string]tftypes.Value{"preflight": text("off")})
	arrange(c.sim)
	_, err := c.apply()
	must(t, err)
	return c
}

// told checks that every address that got nothing is told why: by KEC, if it was
// asked for it, or else with reference to the launch that it was asked for.
func (c *crowd) told(t *testing.T, bought int, code, words string) {
	t.Helper()
	asked, referred := 0, 0
	for address, errors := range c.core.errors {
		said := strings.Join(errors, "\n")
		if len(errors) != 1 || !strings.Contains(said, "\nCode: "+code+"\nKEC: \"") || !strings.Contains(said, words) ||
			!strings.Contains(said, "RunInstances, request KEC-") {
			t.Errorf("%s is told: %s", address, said)
		}
		if strings.Contains(said, notAsked+": less than a second ago it refused the launch of \"worker\"") {
			referred++
		} else {
			asked++
		}
	}
	launches, lookUps := c.sim.Count("RunInstances"), 0
	for _, k := range c.sim.Calls() {
		switch k.Action {
		case "DescribeSubnets", "DescribeKecInventory", "DescribeSpotPriceHistory", "DescribeInstanceTypeConfigs":
			lookUps++
		}
	}
	t.Logf("%d bought with %d launches and %d look-ups", bought, launches, lookUps)
	if len(c.core.ids()) != bought || asked+referred != 80-bought || launches != bought+asked || launches > bought+c.parallelism || lookUps > 10 {
		t.Errorf("%d in the state, %d refused by KEC, %d by reference, %d launches, %d look-ups; want %d, at most 10, the rest of 80, the sum of the first two, at most 10",
			len(c.core.ids()), asked, referred, launches, lookUps, bought)
	}
	if a := c.audit(); len(a.Orphans)+len(a.Ghosts)+len(a.Twice) > 0 || a.Alive != bought {
		t.Errorf("orphans %v, ghosts %v, twice %v, %d alive", a.Orphans, a.Ghosts, a.Twice, a.Alive)
	}
}

func TestCrowd_soldOutIsAskedOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := refusedCrowd(t, func(sim *kecsim.Server) { sim.SetStock(kecsim.ZoneA, "N3.2B", 5) })
		c.told(t, 5, "OutOfStock", "Out of stock: 1 wanted, 0 available\n")
	})
}

func TestCrowd_aBidTooLowIsAskedOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		c := refusedCrowd(t, func(sim *kecsim.Server) { sim.SetPrice(kecsim.ZoneA, "N3.2B", "0.15", "0.1965") })
		c.told(t, 0, "PriceBelowMarket", "N3.2B in cn-beijing-6a costs 0.15 CNY per hour now (on-demand 0.1965); the limit is 0.1.")
	})
}

// Stock of 25 for 40: however many at once, 25 are bought and 15 are told why.
func TestCrowd_whatThereIsIsBought(t *testing.T) {
	t.Parallel()
	for _, parallelism := range []int{1, 10} {
		bubble(t, func(t *testing.T) {
			c := together(t, 40, parallelism, 50*time.Millisecond, map[string]tftypes.Value{"preflight": text("off")})
			c.sim.SetStock(kecsim.ZoneA, "N3.2B", 25)
			_, err := c.apply()
			must(t, err)
			launches := c.sim.Count("RunInstances")
			if a := c.audit(); a.Alive != 25 || len(a.Orphans) > 0 || len(c.core.ids()) != 25 || len(c.core.errors) != 15 || launches > 25+parallelism {
				t.Errorf("%d at once: %d alive, orphans %v, %d in the state, %d failed, %d launches", parallelism, a.Alive, a.Orphans, len(c.core.ids()), len(c.core.errors), launches)
			}
		})
	}
}

// again applies the last of a crowd, in the process that runs, and tells whether KEC
// was asked for it.
func (c *crowd) again(t *testing.T) (asked bool) {
	t.Helper()
	c.core.deaf()
	before := c.sim.Count("RunInstances")
	address := c.missing()
	ctx := context.Background()
	c.core.apply(ctx, address, c.core.plan(ctx, address, c.config))
	asked = c.sim.Count("RunInstances") > before
	if said := c.core.complaints(); asked == strings.Contains(said, notAsked) {
		t.Errorf("asked: %t; said: %s", asked, said)
	}
	return asked
}

// missing is the one address that the state does not hold, "" if it holds all.
func (c *crowd) missing() string {
	for _, address := range c.addresses {
		if c.core.entry(address) == nil {
			return address
		}
	}
	return ""
}

func TestCrowd_aRefusalIsForgotten(t *testing.T) {
	t.Parallel()
	for _, story := range []struct {
		name    string
		happens func(t *testing.T, c *crowd)
		asked   bool
	}{
		{"somebody else makes room", func(_ *testing.T, c *crowd) { c.sim.SetStock(kecsim.ZoneA, "N3.2B", 1) }, false},
		{"time passes", func(_ *testing.T, c *crowd) {
			c.sim.SetStock(kecsim.ZoneA, "N3.2B", 1)
			time.Sleep(31 * time.Second)
		}, true},
		{"an instance is destroyed", func(_ *testing.T, c *crowd) {
			ctx, address := context.Background(), "worker-0"
			c.core.apply(ctx, address, c.core.plan(ctx, address, nil))
			c.addresses = c.addresses[1:]
			time.Sleep(6 * time.Second) // until its place is free
		}, true},
		{"another process runs", func(t *testing.T, c *crowd) {
			c.sim.SetStock(kecsim.ZoneA, "N3.2B", 1)
			must(t, c.process())
		}, true},
	} {
		t.Run(story.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				c := together(t, 4, 1, 50*time.Millisecond, map[string]tftypes.Value{"preflight": text("off")})
				c.sim.SetStock(kecsim.ZoneA, "N3.2B", 3)
				_, err := c.apply()
				must(t, err)
				if c.missing() == "" || c.again(t) {
					t.Fatal("the last one is bought, or asked for at once")
				}
				story.happens(t, c)
				if got := c.again(t); got != story.asked || (c.missing() == "") != story.asked {
					t.Errorf("KEC is asked: %t, and %q is missing; want it asked: %t", got, c.missing(), story.asked)
				}
			})
		})
	}
}
