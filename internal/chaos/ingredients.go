package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// ingredient is a part of the model that is switched on and off by itself, so that a part that
// finds a bug which is known does not hide what the others find.
type ingredient struct {
	name  string
	on    bool
	steps []weighted // that it adds to histories
}

// weighted is a kind of step, and how often it comes up.
type weighted struct {
	kind   string
	weight int
}

// The ingredients by name. What has no steps is drawn once per history, from its seed.
const (
	withLag      = "lag"      // look-ups are answered from older views
	withHome     = "home"     // a command with the wrong region, another account, or a second key
	withOdd      = "odd"      // answers are lean or spelt otherwise
	withSlow     = "slow"     // what a deleted machine held stays taken for a while
	withEIP      = "eip"      // machines have EIPs, which may stay
	withEdits    = "edits"    // somebody changes machines in the console
	withHalf     = "half"     // a command with a provider block that is half known
	withForced   = "forced"   // taint, -replace, create_before_destroy
	withSecond   = "second"   // a second pipeline, with a state of its own
	withKeyCrash = "keycrash" // a change of keys that is killed (TestCrashPoints)
	withUnasked  = "unasked"  // the rule that nothing is replaced, stopped or restarted unasked
	withDrops    = "dropping" // the rule that nothing is dropped from a state, or bought beside it, while alive
)

// ingredients are all, with those switched on that the provider is right with.
var ingredients = []*ingredient{
	{withLag, true, []weighted{{"lag", 6}, {"behind", 2}}},
	{withHome, true, []weighted{{"elsewhere", 2}}},
	{withOdd, true, nil},
	{withSlow, true, []weighted{{"slow deletion", 4}}},
	{withEIP, true, nil},
	{withEdits, true, []weighted{{"edit", 1}}},
	{withHalf, true, []weighted{{"half known", 1}}},
	{withForced, true, []weighted{{"force", 2}}},
	{withSecond, true, []weighted{{"second pipeline", 2}}},
	{withKeyCrash, true, nil},
	{withUnasked, true, nil},
	{withDrops, true, nil},
}

// with tells whether an ingredient is on.
func with(name string) bool {
	i := slices.IndexFunc(ingredients, func(i *ingredient) bool { return i.name == name })
	return ingredients[i].on
}

// switchTo switches ingredients, before any history is lived: "all", "none", or names, which a "-"
// before them switches off.
func switchTo(list string) error {
	for name := range strings.SplitSeq(list, ",") {
		one, on := strings.TrimPrefix(name, "-"), !strings.HasPrefix(name, "-")
		if name == "none" {
			one, on = "all", false
		}
		found := false
		for _, i := range ingredients {
			if i.name == one || one == "all" {
				i.on, found = on, true
			}
		}
		if !found {
			return fmt.Errorf("there is no ingredient %q", one)
		}
	}
	return nil
}

// steps are all kinds of steps of the ingredients that are on.
func steps() []weighted {
	all := slices.Clone(kinds)
	for _, i := range ingredients {
		if i.on {
			all = append(all, i.steps...)
		}
	}
	return all
}

// The keys of a history beside that of the simulator.
const (
	otherKey, otherSecret   = "AKLTother", "canary-of-another-account"
	secondKey, secondSecret = "AKLTsecond", "canary-of-a-second-key"
)

// prepare sets up what a history has from its begin on.
func (h *history) prepare(seed uint64) error {
	if with(withHome) {
		h.sim.AddAccount(otherKey, otherSecret)
		h.sim.AddKey(secondKey, secondSecret, "")
	}
	h.sim.Update(func(set *kecsim.Settings) {
		if with(withOdd) {
			set.Odd = oddFor(seed)
		}
		set.KeepEIP = with(withEIP) && seed%2 == 0
	})
	if !with(withSecond) {
		return nil
	}
	core, err := newCore(account("off"), h.core.connect)
	h.other = pipeline{core, map[string]map[string]value{}}
	return err
}

// oddFor draws the odd answers of a history: none to three.
func oddFor(seed uint64) []string {
	all := kecsim.OddAnswers()
	var odd []string
	for n := seed % 4; n > 0; n-- {
		seed = seed*6364136223846793005 + 1442695040888963407
		odd = append(odd, all[seed>>33%uint64(len(all))])
	}
	return odd
}
