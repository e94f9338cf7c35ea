package kec

import "sync"

const (
	// budgetFull is how many repetitions a client may be ahead of what its answered attempts have earned.
	budgetFull = 100
	// budgetEarned is what an answered attempt earns, in repetitions.
	budgetEarned = 0.5
)

// budget bounds the repetitions of all calls of a client together, so that a service in trouble is not buried under the
// repetitions of a thousand calls that each have a right to eight. A repetition costs 1, whatever it repeats; an attempt
// that the service answers, be it with a refusal, earns 0.5, up to 100. No answer, throttling and an error from behind the
// front door earn nothing.
//
// Therefore a service that answers nothing but 503 gets 100 requests more than there are calls: 1100 for 1000, and nothing is
// earned by calling more. With a share p of the attempts failing, each answered one comes after p/(1-p) repetitions on
// average, which the earnings pay for up to p = 1/3: at 20 % it is 0.25 repetitions, 1.25 requests per call. In the long run no
// more than 1.5 requests per answered call are sent, whatever happens.
type budget struct {
	mu    sync.Mutex
	spent float64 // below budgetFull
}

// spend takes one repetition, if there is one.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+1 > budgetFull {
		return false
	}
	b.spent++
	return true
}

// earn notes an answered attempt.
func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spent = max(0, b.spent-budgetEarned)
}
