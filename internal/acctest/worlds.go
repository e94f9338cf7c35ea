package acctest

import (
	"slices"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/worlds"
)

// worldVariable says in which worlds the stories of this process live: in the assumed one, where it
// is not set, else in the one that worlds.Of reads out of it for each story.
const worldVariable = "KEC_TEST_WORLD"

// enter answers the open questions in a new simulator as the story's world has them. A story that
// sets a question itself does so afterwards, and keeps its own answer.
func enter(t *testing.T, sim *kecsim.Server, world string) {
	t.Helper()
	w, err := worlds.Of(t.Name(), world)
	if err != nil {
		t.Fatal(err)
	}
	sim.Update(w.Set)
	if w.String() != "" {
		t.Logf("in the world of %s", w)
	}
}

// Decides says that the answer to an open question, by its setting, decides what happens in a
// story: it is lived through with the assumed answer. What the provider does with another one is
// said in a few words, which are a row of docs/notes/worlds.md.
func (e *Env) Decides(t *testing.T, setting, otherwise string) {
	t.Helper()
	all := worlds.Questions()
	q := slices.IndexFunc(all, func(q worlds.Question) bool { return q.Setting == setting })
	if q < 0 {
		t.Fatalf("%s is no open question; with another answer to it, %s", setting, otherwise)
	}
	e.Sim.Update(all[q].Assume)
}
