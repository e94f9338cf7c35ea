package worlds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// World is an answer to each question, by its index.
type World []int

// String tells what differs from what is assumed.
func (w World) String() string {
	var all []string
	for q, a := range w {
		if a > 0 {
			all = append(all, fmt.Sprintf("%s = %v", questions[q].Setting, questions[q].Answers[a]))
		}
	}
	return strings.Join(all, ", ")
}

// Set answers the questions in the settings of a simulator.
func (w World) Set(s *kecsim.Settings) {
	for q, a := range w {
		questions[q].set(s, a)
	}
}

// pair is two answers to two questions, the earlier one first.
type pair struct{ q1, q2, a1, a2 int }

// pairs are all pairs of answers, in order.
func pairs() (all []pair) {
	for q1 := range questions {
		for q2 := q1 + 1; q2 < len(questions); q2++ {
			for a1 := range questions[q1].Answers {
				for a2 := range questions[q2].Answers {
					all = append(all, pair{q1, q2, a1, a2})
				}
			}
		}
	}
	return all
}

// holds tells whether a world has both answers of a pair.
func (w World) holds(p pair) bool { return w[p.q1] == p.a1 && w[p.q2] == p.a2 }

// gain is how many pairs a world would hold, of those that are left, by one more answer.
func (w World) gain(left []pair, q, a int) (n int) {
	with := slices.Clone(w)
	with[q] = a
	for _, p := range left {
		if (p.q1 == q || p.q2 == q) && with.holds(p) {
			n++
		}
	}
	return n
}

// All are worlds that hold every pair of answers between them, far fewer than there are
// combinations. The first one is what is assumed.
func All() (all []World) {
	const open = -1
	for left := pairs(); len(left) > 0; {
		w := World(slices.Repeat([]int{open}, len(questions)))
		first := left[0]
		w[first.q1], w[first.q2] = first.a1, first.a2
		for q := range w {
			if w[q] != open {
				continue
			}
			best, most := 0, -1
			for a := range questions[q].Answers {
				if n := w.gain(left, q, a); n > most {
					best, most = a, n
				}
			}
			w[q] = best
		}
		left = slices.DeleteFunc(left, w.holds)
		all = append(all, w)
	}
	return all
}
