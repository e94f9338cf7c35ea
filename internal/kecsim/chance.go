package kecsim

import (
	"fmt"
	"math/rand/v2"
)

// Seed starts the draws of FailShare anew. The same seed and the same sequence of
// calls give the same faults; a new server has seed 1.
func (s *Server) Seed(seed uint64) {
	defer s.lock()()
	s.w.random = seeded(seed)
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// chance comes up in a share of all draws.
func (w *world) chance(share float64) bool { return w.random.Float64() < share }

func mustShare(share float64) {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Sprintf("kecsim: a share is between 0 and 1, which %v is not", share))
	}
}
