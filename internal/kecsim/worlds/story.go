package worlds

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Turns are how many worlds a story is lived through in, so that each question gets each of its
// answers: as many as the most answers that a question has.
const Turns = 4

// turn is the n-th world of a story, counted from 1. Its name says in which order a question gets
// its answers, so that many stories have all pairs of answers between them.
func turn(story string, n int) World {
	w := make(World, len(questions))
	for i, q := range questions {
		h := fnv.New32a()
		_, _ = h.Write([]byte(story + "\x00" + q.Setting)) // never fails
		w[i] = (int(h.Sum32()>>8) + n) % len(q.Answers)
	}
	return w
}

// Of is the world of a story that a text chooses: what is assumed if it is empty, the n-th turn if
// it is a number, else what is assumed but for the answers that it lists by their index, such as
// "NoOrders=1,ErrorState=2".
func Of(story, text string) (World, error) {
	if text == "" {
		return make(World, len(questions)), nil
	}
	if n, err := strconv.Atoi(text); err == nil {
		if n < 1 || n > Turns {
			return nil, fmt.Errorf("%d is none of the turns 1 to %d", n, Turns)
		}
		return turn(story, n), nil
	}
	w := make(World, len(questions))
	for one := range strings.SplitSeq(text, ",") {
		setting, answer, _ := strings.Cut(one, "=")
		a, err := strconv.Atoi(answer)
		known := false
		for i, q := range questions {
			if q.Setting == setting && err == nil && a >= 0 && a < len(q.Answers) {
				w[i], known = a, true
			}
		}
		if !known {
			return nil, fmt.Errorf("%q is no open question with the index of an answer", one)
		}
	}
	return w, nil
}
