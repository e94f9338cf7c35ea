package ksyun

import "sync"

const (
	// budgetFull is how many repetitions a client may be ahead of what its answered attempts have
	// earned.
	budgetFull = 100
	// budgetEarned is what an answered attempt earns, in repetitions.
	budgetEarned = 0.5
)

// budget bounds the repetitions of all calls of a client together, so that a service in trouble is
// not buried under the repetitions of a thousand calls, each of which has a right to eight. A
// repetition costs 1, whatever it repeats. An attempt that the service answers, be it with a
// refusal, earns 0.5, up to 100. No answer, throttling and an error from behind the front door earn
// nothing.
//
// A service that answers nothing but 503 therefore gets 100 requests more than there are calls:
// 1100 for 1000, and more calls earn nothing. When a share p of the attempts fails, each answered
// one comes after p/(1-p) repetitions on average. The earnings pay for that up to p = 1/3: at 20 %
// it is 0.25 repetitions, which is 1.25 requests per call. In the long run no more than 1.5
// requests are sent per answered call, whatever happens.
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
