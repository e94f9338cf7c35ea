package chaos

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

var worldHistories = flag.Int("world-histories", cases(1, 4), "how many histories, and a third as many of fleets, to live through in each world")

// question is a setting of the simulator about which nobody knows how KEC is, with what it may be.
// The first answer is the one that is assumed.
type question struct {
	setting string
	answers []any
}

var questions = []question{
	{"AsyncChecks", []any{false, true}},
	{"FailureMode", []any{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible}},
	{"ErrorState", []any{"", "build_error", "recycling", "deleted"}},
	{"ErrorLasts", []any{time.Duration(0), 20 * time.Second}},
	{"KeepEIP", []any{false, true}},
	{"TakeOwnTags", []any{false, true}},
	{"CauseFields", []any{false, true}},
	{"UpperKeys", []any{false, true}},
	{"WrapOrders", []any{false, true}},
	{"OddOrders", []any{[]string(nil), []string{kecsim.OrderParts}, []string{kecsim.OrderIDs, kecsim.OrderChinese}}},
	{"ReturnAsBoolean", []any{false, true}},
	{"LookUpsPerProject", []any{false, true}},
	{"EIPOwnNames", []any{false, true}},
	{"XML", []any{false, true}},
	{"VisibleAfter", []any{3 * time.Second, 20 * time.Second, 40 * time.Second}},
	{"FreeAfter", []any{time.Duration(0), time.Minute}},
}

// What an answer decides, so that no rule can hold either way: with AsyncChecks a launch that comes
// before the old machine's place is free fails without a cause, and is ordered again by the next
// apply only (fact 192; further.go).

// noQuestions are the settings about which the histories themselves decide: times that they vary,
// the market, limits, and the ways of writing an instance, which each history draws.
var noQuestions = []string{
	"Boot", "TerminateTime", "Stop", "Start", "Reboot", "Modify", "Odd", "OddInTurn", "MovePrices", "Seed", "MoveStock", "MaxStock", "MaxDataDisks", "MaxDataDiskSize",
}

// world is an answer to each question, by its index.
type world []int

func (w world) String() string {
	var all []string
	for q, a := range w {
		if a > 0 {
			all = append(all, fmt.Sprintf("%s = %v", questions[q].setting, questions[q].answers[a]))
		}
	}
	return strings.Join(all, ", ")
}

// set answers the questions in the settings of a simulator.
func (w world) set(s *kecsim.Settings) {
	for q, a := range w {
		reflect.ValueOf(s).Elem().FieldByName(questions[q].setting).Set(reflect.ValueOf(questions[q].answers[a]))
	}
}

// pair is two answers to two questions, the earlier one first.
type pair struct{ q1, q2, a1, a2 int }

// pairs are all pairs of answers, in order.
func pairs() (all []pair) {
	for q1 := range questions {
		for q2 := q1 + 1; q2 < len(questions); q2++ {
			for a1 := range questions[q1].answers {
				for a2 := range questions[q2].answers {
					all = append(all, pair{q1, q2, a1, a2})
				}
			}
		}
	}
	return all
}

// holds tells whether a world has both answers of a pair.
func (w world) holds(p pair) bool { return w[p.q1] == p.a1 && w[p.q2] == p.a2 }

// gain is how many pairs a world would hold, of those that are left, by one more answer.
func (w world) gain(left []pair, q, a int) (n int) {
	with := slices.Clone(w)
	with[q] = a
	for _, p := range left {
		if (p.q1 == q || p.q2 == q) && with.holds(p) {
			n++
		}
	}
	return n
}

// covering are worlds that hold every pair of answers between them, far fewer than there are
// combinations.
func covering() (all []world) {
	const open = -1
	for left := pairs(); len(left) > 0; {
		w := world(slices.Repeat([]int{open}, len(questions)))
		first := left[0]
		w[first.q1], w[first.q2] = first.a1, first.a2
		for q := range w {
			if w[q] != open {
				continue
			}
			best, most := 0, -1
			for a := range questions[q].answers {
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

// TestWorlds_askEverything holds the questions against the settings: a new setting is a question,
// or the histories decide about it.
func TestWorlds_askEverything(t *testing.T) {
	t.Parallel()
	known := slices.Clone(noQuestions)
	for _, q := range questions {
		known = append(known, q.setting)
	}
	var have []string
	for field := range reflect.TypeFor[kecsim.Settings]().Fields() {
		have = append(have, field.Name)
	}
	slices.Sort(known)
	slices.Sort(have)
	if !slices.Equal(known, have) {
		t.Errorf("the settings are\n%v\nand the questions, with those that are none,\n%v", have, known)
	}
	left := pairs()
	worlds := covering()
	for _, w := range worlds {
		left = slices.DeleteFunc(left, w.holds)
	}
	if len(left) > 0 || len(worlds) > 30 || len(worlds[0].String()) > 0 {
		t.Errorf("%d worlds lack %d pairs; the first one differs from what is assumed in %q", len(worlds), len(left), worlds[0])
	}
}

// TestWorlds lives through histories in worlds that between them answer every two open questions in
// every way: whichever way they fall, no rule is broken.
func TestWorlds(t *testing.T) {
	t.Parallel()
	worlds := covering()
	var next, broken atomic.Int64
	each := *worldHistories + (*worldHistories+2)/3
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(worlds)*each && broken.Load() < 3; i = int(next.Add(1)) - 1 {
				w, n := worlds[i/each], i%each
				var err error
				seed := 500_000 + uint64(i)
				if n < *worldHistories {
					_, err = live(t, w.set, seed, generate(seed, *stepCount))
				} else {
					err = liveFleets(t, w.set, seed, *stepCount)
				}
				if err != nil {
					broken.Add(1)
					t.Errorf("seed %d in the world of %s: %v", seed, w, err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d worlds, %d histories in each: %d break a rule", len(worlds), each, broken.Load())
}
