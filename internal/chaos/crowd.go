package chaos

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// crowd is a CLI with many resources of one configuration, against a world of its
// own, in virtual time.
type crowd struct {
	sim         *kecsim.Server
	core        *core
	link        *link // of the process that runs now
	parallelism int
	addresses   []string
	panics      int64 // how many requests of an apply end in a panic
	config      map[string]tftypes.Value
}

// newCrowd makes n machines to be. more are further settings of the provider block.
func newCrowd(seed uint64, n, parallelism int, latency time.Duration, more map[string]tftypes.Value) (*crowd, error) {
	c := &crowd{sim: newWorld(seed), parallelism: parallelism, config: configured(0, 0)}
	c.config["timeouts"] = tftypes.NewValue(timeoutsType, nil)
	for i := range n {
		c.addresses = append(c.addresses, fmt.Sprintf("worker-%d", i))
	}
	for _, zone := range []string{kecsim.ZoneA, kecsim.ZoneB} {
		c.sim.SetStock(zone, "N3.2B", 2*n)
	}
	c.sim.SetQuota(3 * n)
	c.sim.SetBalance("1000000")
	c.sim.SetSubnetFree(kecsim.SubnetA, 3*n)
	block := account("error")
	for name, v := range more {
		block[name] = v
	}
	var err error
	c.core, err = newCore(block, processes(c.sim, seed, latency, &c.link))
	return c, err
}

// each does something with every address, as many at once as the CLI is told, and
// returns the time it took.
func (c *crowd) each(do func(ctx context.Context, address string)) time.Duration {
	start := time.Now()
	turn := make(chan struct{}, c.parallelism)
	var all sync.WaitGroup
	for _, address := range c.addresses {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			do(c.link.ctx, address)
		})
	}
	all.Wait()
	return time.Since(start)
}

// process starts a new process of the provider and ends the one before.
func (c *crowd) process() error {
	if c.link != nil {
		c.link.sever()
	}
	return c.core.start(context.Background())
}

// apply plans all and applies the plan, in a process each, as a CLI does. It returns
// how long the second one took.
func (c *crowd) apply() (time.Duration, error) {
	return c.carryOut(c.config)
}

// destroy ends all.
func (c *crowd) destroy() (time.Duration, error) { return c.carryOut(nil) }

func (c *crowd) carryOut(config map[string]tftypes.Value) (time.Duration, error) {
	c.core.deaf()
	if err := c.process(); err != nil {
		return 0, err
	}
	var mu sync.Mutex
	plans := map[string]planned{}
	c.each(func(ctx context.Context, address string) {
		if !c.core.refresh(ctx, address) {
			return
		}
		p := c.core.plan(ctx, address, config)
		mu.Lock()
		defer mu.Unlock()
		plans[address] = p
	})
	if errors := c.core.complaints(); errors != "" {
		return 0, fmt.Errorf("the plan fails: %s", errors)
	}
	if err := c.process(); err != nil {
		return 0, err
	}
	c.link.panics.Store(c.panics)
	return c.each(func(ctx context.Context, address string) {
		p := plans[address]
		if p.action == "create" { // which a CLI plans again just before it is done
			p = c.core.plan(ctx, address, config)
		}
		c.core.apply(ctx, address, p)
	}), nil
}

// refresh reads all in a new process.
func (c *crowd) refresh() error {
	c.core.deaf()
	if err := c.process(); err != nil {
		return err
	}
	c.each(func(ctx context.Context, address string) { c.core.refresh(ctx, address) })
	return nil
}

// audit holds the state against the world, once what is under way has ended.
func (c *crowd) audit() kecsim.Audit {
	time.Sleep(time.Minute)
	var ids []string
	for _, id := range c.core.ids() {
		ids = append(ids, id)
	}
	return c.sim.Audit(ids, machines.LaunchTagKey)
}

// tainted are the addresses that the next apply would replace.
func (c *crowd) tainted() int {
	n := 0
	for _, address := range c.core.addresses() {
		if c.core.entry(address).tainted {
			n++
		}
	}
	return n
}
