package kecsim

import (
	"math"
	"sync"
	"time"
)

// DefaultStart is the time of a new world without a clock of its own.
var DefaultStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// chinaTime is the zone of all times that the API writes without a zone.
var chinaTime = time.FixedZone("UTC+8", 8*60*60)

// Clock is the time of a world. Several worlds may share one.
type Clock struct {
	mu    sync.Mutex
	base  time.Time
	wall  time.Time // when base was read, for a running clock
	scale float64   // simulated seconds per second; 0 stands still
}

// RunningClock runs from start, scale times as fast as the real one. With a scale of 0, below 0
// or that is not a number it stands still until it is advanced.
func RunningClock(start time.Time, scale float64) *Clock {
	if !(scale > 0) {
		scale = 0
	}
	return &Clock{base: start.UTC(), wall: time.Now(), scale: scale}
}

// Now is the simulated time, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.scale == 0 {
		return c.base
	}
	passed := c.scale * float64(time.Since(c.wall))
	// A conversion that overflows would move the world back in time.
	return c.base.Add(time.Duration(math.Min(passed, math.MaxInt64/2)))
}

// Advance moves the clock forward by d. A d of zero or below does nothing.
func (c *Clock) Advance(d time.Duration) {
	if d <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = c.base.Add(d)
}
