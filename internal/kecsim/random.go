package kecsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Seed starts the draws of FailShare, FailLaunchesShare and RefuseShare anew. The same seed and
// the same sequence of calls give the same faults. A new server has seed 1.
func (s *Server) Seed(seed uint64) {
	defer s.lock()()
	random := seeded(seed)
	for _, w := range s.every {
		w.random = random
	}
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// draw is true in a random share of all draws.
func (w *world) draw(share float64) bool { return w.random.Float64() < share }

func mustShare(share float64) {
	if !(share >= 0 && share <= 1) {
		panic(fmt.Sprintf("kecsim: share must be between 0 and 1, not %v", share))
	}
}

// randomFaults are the failures that FailLaunchesShare and RefuseShare have set.
type randomFaults struct {
	launches [3]randomFault         // by mode, in the order of failureModes
	refusals map[string]randomFault // by action
}

// randomFault is a share of draws, and the reason or message where it comes up.
type randomFault struct {
	share float64
	text  string
}

var failureModes = [3]string{ModeError, ModeVanish, ModeInvisible}

// FailLaunchesShare has a random share of the instances of RunInstances fail in the given mode
// after they were accepted (fact 256: for no reason that shows). The reason is as in
// FailLaunches, whose script goes first. Each mode has a share of its own, of all instances; 0
// ends it. An unknown mode counts as ModeError. FailLaunchesShare panics if the share is not
// between 0 and 1.
func (s *Server) FailLaunchesShare(share float64, mode, reason string) {
	defer s.lock()()
	mustShare(share)
	s.w.randomFaults.launches[slices.Index(failureModes[:], failureMode(mode))] = randomFault{share, reason}
}

// RefuseShare has an action answer Return false, inside a 200, for a random share of the ids of
// its calls. Each id of each call is drawn for, so that the same id may be accepted the next
// time (fact 256: for no reason that shows). An action that answers for all ids together refuses
// them all. Actions without Return in their answer are not refused. A share of 0 ends it.
// RefuseShare panics if the share is not between 0 and 1.
func (s *Server) RefuseShare(action string, share float64, message string) {
	defer s.lock()()
	mustShare(share)
	if s.w.randomFaults.refusals == nil {
		s.w.randomFaults.refusals = map[string]randomFault{}
	}
	s.w.randomFaults.refusals[action] = randomFault{share, message}
}

// refusable lists the actions whose answer tells for each machine whether it was done: those that
// RefuseShare can refuse.
func refusable() []string {
	names := []string{}
	for name, versions := range services["kec"] {
		if versions[kecVersion].writes && name != "RunInstances" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// drawFailure draws whether and how one instance of a launch fails.
func (w *world) drawFailure() (mode, reason string) {
	all := 0.0
	for _, m := range w.randomFaults.launches {
		all += m.share
	}
	if all == 0 {
		return "", "" // without shares nothing is drawn
	}
	drawn := w.random.Float64()
	for i, m := range w.randomFaults.launches {
		if drawn -= m.share; drawn < 0 {
			return failureModes[i], m.text
		}
	}
	return "", ""
}

// refused tells whether an action is refused for an instance, and the message of the refusal.
func (w *world) refused(action, id string) (message string, refused bool) {
	if message, refused = w.refusals[refusalKey{action, id}]; refused {
		return message, true
	}
	if m := w.randomFaults.refusals[action]; m.share > 0 && w.draw(m.share) {
		return m.text, true
	}
	return "", false
}
