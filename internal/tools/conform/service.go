package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/conform"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tools/rehearsal"
)

// simulatorKeys and simulatorRegion are what every simulator knows, as its -help says.
var simulatorKeys = ksyun.Credentials{AccessKey: "AKLTkecsim", SecretKey: "kecsim-secret-key"}

const simulatorRegion = "cn-beijing-6"

// service is whom a run asks.
type service struct {
	conform.Options

	stop func()
}

// chosen is the service that the environment names: KEC_ENDPOINT, else with KEC_CONFORM=1 KEC
// itself, else a simulator that is started for this run. Ended is called if that ends by itself.
func chosen(ctx context.Context, set settings, getenv func(string) string, ended func(error)) (service, error) {
	to := service{stop: func() {}}
	to.Endpoint, to.Region, to.Keys = getenv("KEC_ENDPOINT"), getenv("KSYUN_REGION"), keys(getenv)
	switch {
	case to.Endpoint != "" && to.Region == "" && to.Keys == simulatorKeys:
		to.Region = simulatorRegion
		return to, nil
	case to.Endpoint != "" || getenv("KEC_CONFORM") == "1":
		if to.Region == "" || to.Keys.AccessKey == "" || to.Keys.SecretKey == "" || to.Keys == simulatorKeys {
			return to, errors.New("set KSYUN_REGION, KSYUN_ACCESS_KEY and KSYUN_SECRET_KEY")
		}
		return to, nil
	case set.sweep:
		return to, errors.New("nothing to sweep: set KEC_ENDPOINT, or KEC_CONFORM=1 for KEC itself")
	}
	paths := []string{set.kecsim}
	if err := rehearsal.Locate(paths); err != nil {
		return to, err
	}
	// The clock of the simulator stands still, and every wait of the client moves it on: a run takes
	// seconds, and no load of this machine can make it miss a state.
	sim, err := rehearsal.StartSimulator(ctx, paths[0], ended, "-time-scale", "0")
	if err != nil {
		return to, err
	}
	clock := &movedClock{at: time.Now(), sim: sim}
	to.Endpoint, to.Region, to.Keys, to.stop = sim.URL, simulatorRegion, simulatorKeys, sim.Stop
	to.Client = []ksyun.Option{ksyun.WithClock(clock.now, clock.sleep)}
	return to, nil
}

// movedClock is a clock that moves only when something waits, and moves the simulator's with it.
type movedClock struct {
	sim *rehearsal.Simulator

	mu sync.Mutex
	at time.Time
}

func (c *movedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *movedClock) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.sim.Call(ctx, "advance", fmt.Sprintf(`{"duration":%q}`, d)); err != nil {
		return err
	}
	c.at = c.at.Add(d)
	return nil
}
