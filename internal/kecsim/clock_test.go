package kecsim

import (
	"testing"
	"time"
)

func TestRunningClock_runsAndJumps(t *testing.T) {
	t.Parallel()
	c := RunningClock(DefaultStart, 1e6)
	first := c.Now()
	for !c.Now().After(first) {
	}
	c.Advance(time.Hour)
	if c.Now().Before(DefaultStart.Add(time.Hour)) {
		t.Error("the clock did not jump")
	}
	c.Advance(-time.Hour)
	sim := New(WithClock(c))
	before := sim.Now()
	sim.Advance(time.Hour)
	if sim.Now().Sub(before) < time.Hour {
		t.Error("the world does not share the clock")
	}
}
