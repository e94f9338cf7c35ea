package kec

import (
	"strings"
	"sync"
	"time"
)

// history is what a client knows of the age of instances. A new one may stay invisible for a while (facts 70, 210), and as long as it may
// be new, look-ups that do not show it prove nothing.
type history struct {
	mu       sync.Mutex
	launched map[string]time.Time // by the service's clock; of ids in lower case
	seen     map[string]bool
}

func newHistory() *history {
	return &history{launched: map[string]time.Time{}, seen: map[string]bool{}}
}

func (h *history) launch(id string, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id = strings.ToLower(id); h.launched[id].IsZero() {
		h.launched[id] = at
	}
}

// see notes that a look-up has shown the instance: what was visible once is not new.
func (h *history) see(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen[strings.ToLower(id)] = true
}

// young reports an instance that is known to be new, and was never seen.
func (h *history) young(id string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	id = strings.ToLower(id)
	at, known := h.launched[id]
	return known && !h.seen[id] && now.Sub(at).Abs() < maxInvisible // a launch in the future is one by another clock
}

// old reports an instance that is known not to be new.
func (h *history) old(id string, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	id = strings.ToLower(id)
	at, known := h.launched[id]
	return h.seen[id] || known && now.Sub(at) >= maxInvisible
}

// Launched tells the client when an instance was launched, by the service's clock (Launch.At, Instance.CreatedAt), for one that another process
// has launched. The client knows its own launches, and what it has seen.
//
// FindInstance then does not take a machine that does not show yet for one that is gone, and Terminate need not wait to be sure
// that an old one is.
func (c *Client) Launched(id string, at time.Time) { c.history.launch(id, at) }
