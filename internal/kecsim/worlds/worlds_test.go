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
