package worlds

import (
	"reflect"
	"slices"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// noQuestions are the settings about which tests and histories decide for themselves: times that
// they vary, the market, limits, and the ways of writing an instance, which each history draws.
var noQuestions = []string{
	"Boot", "TerminateTime", "Stop", "Start", "Reboot", "Modify", "Odd", "OddInTurn", "MovePrices", "Seed", "MoveStock", "MaxStock", "MaxDataDisks", "MaxDataDiskSize",
}

// A new setting is a question, or it is named as none.
func TestQuestions_areTheSettings(t *testing.T) {
	t.Parallel()
	known := slices.Clone(noQuestions)
	for _, q := range Questions() {
		known = append(known, q.Setting)
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
}

func TestAll_holdsEveryPairOfAnswers(t *testing.T) {
	t.Parallel()
	left := pairs()
	all := All()
	for _, w := range all {
		left = slices.DeleteFunc(left, w.holds)
	}
	if len(left) > 0 || len(all) > 30 || all[0].String() != "" {
		t.Errorf("%d worlds lack %d pairs; the first one differs from what is assumed in %q", len(all), len(left), all[0])
	}
}

// The first world is a simulator as it is made.
func TestWorld_theFirstIsAssumed(t *testing.T) {
	t.Parallel()
	var plain, first kecsim.Settings
	kecsim.New().Update(func(s *kecsim.Settings) {
		plain = *s
		All()[0].Set(s)
		first = *s
	})
	if !reflect.DeepEqual(plain, first) {
		t.Errorf("the first world is\n%+v\nand a simulator begins as\n%+v", first, plain)
	}
}

// Over its turns a story sees each answer to each question.
func TestOf_turns(t *testing.T) {
	t.Parallel()
	most := 0
	for i, q := range questions {
		seen := map[int]bool{}
		for n := 1; n <= Turns; n++ {
			seen[turn("TestAccSpotInstance_fullLife", n)[i]] = true
		}
		if most = max(most, len(q.Answers)); len(seen) != len(q.Answers) {
			t.Errorf("%s gets %d of %d answers", q.Setting, len(seen), len(q.Answers))
		}
	}
	if most != Turns {
		t.Errorf("a question has %d answers, and there are %d turns", most, Turns)
	}
}

func TestOf_textsThatChoose(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "XML=1": "XML = true", "ErrorState=2,AsyncChecks=1": "AsyncChecks = true, ErrorState = recycling",
	} {
		if w, err := Of("story", text); err != nil || w.String() != want {
			t.Errorf("%q is the world of %q, %v; want %q", text, w, err, want)
		}
	}
	for text, want := range map[string]string{
		"0": "0 is none of the turns 1 to 4", "5": "5 is none of the turns 1 to 4", "XML=2": `"XML=2" is no open question with the index of an answer`,
		"XML": `"XML" is no open question with the index of an answer`, "Boot=1": `"Boot=1" is no open question with the index of an answer`,
	} {
		if w, err := Of("story", text); err == nil || err.Error() != want {
			t.Errorf("%q is the world of %q, %v; want the error %q", text, w, err, want)
		}
	}
}
