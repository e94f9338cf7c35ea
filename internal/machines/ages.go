package machines

import (
	"strings"
	"sync"
	"time"
)

// ages is what a client knows of the age of instances. A new one may stay out of DescribeInstances
// for a while (facts 70 and 210: seconds were seen, two minutes are assumed). As long as an
// instance may be new, look-ups that do not show it prove nothing.
type ages struct {
	mu       sync.Mutex
	launched map[string]time.Time // by id in lower case, on the service's clock
	seen     map[string]bool      // by id in lower case
}

func newAges() *ages {
	return &ages{launched: map[string]time.Time{}, seen: map[string]bool{}}
}

func (a *ages) launch(id string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if id = strings.ToLower(id); a.launched[id].IsZero() {
		a.launched[id] = at
	}
}

// see notes that a look-up has shown the instance: what was visible once is not new.
func (a *ages) see(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[strings.ToLower(id)] = true
}

// young reports an instance that is known to be new, and was never seen.
func (a *ages) young(id string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	id = strings.ToLower(id)
	at, known := a.launched[id]
	// A launch in the future is one by another clock.
	return known && !a.seen[id] && now.Sub(at).Abs() < maxInvisible
}

// old reports an instance that is known not to be new.
func (a *ages) old(id string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	id = strings.ToLower(id)
	at, known := a.launched[id]
	return a.seen[id] || known && now.Sub(at) >= maxInvisible
}

// RememberLaunch tells the client when another process has launched an instance, by the service's
// clock (Launch.At, Instance.CreatedAt). The client knows its own launches, and what it has seen.
//
// Find then does not take a machine that does not show yet for one that is gone, and Terminate need
// not wait to be sure that an old one is.
func (c *Client) RememberLaunch(id string, at time.Time) { c.ages.launch(id, at) }
