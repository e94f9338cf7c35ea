package chaos

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// crashStory is one command about n machines whose process is killed in one exchange.
type crashStory struct {
	act        string // one of crashActs
	n          int
	at         int64
	carriedOut bool
}

// crashActs are the commands. "keys" changes the keys of machines, which stops and starts them.
var crashActs = []string{"create", "update", "delete", "replace", "keys"}

// The exchanges of a command are enumerated: the process is killed in each of them, before or after
// KEC has carried it out, and the next apply must end right. A look changes nothing in KEC, so that
// it is the same crash before and after: one of the two is lived through to the end.
func TestCrashPoints(t *testing.T) {
	withoutRace(t)
	t.Parallel()
	for _, act := range crashActs {
		for n := 1; n <= 2; n++ {
			t.Run(fmt.Sprintf("%s of %d", act, n), func(t *testing.T) {
				t.Parallel()
				if act == "keys" && !with(withKeyCrash) {
					t.Skip("without " + withKeyCrash)
				}
				points := 0
				for _, carriedOut := range []bool{false, true} {
					for at := int64(1); ; at++ {
						story := crashStory{act, n, at, carriedOut}
						crashed, err := story.live(t)
						if err != nil {
							t.Errorf("killed in exchange %d, carried out %t: %v", at, carriedOut, err)
						}
						if !crashed || t.Failed() && at > 50 {
							break
						}
						points++
					}
				}
				t.Logf("%d crash points", points)
				if points < 4 {
					t.Errorf("%d crash points are too few to be all", points)
				}
			})
		}
	}
}

func (c crashStory) live(t *testing.T) (crashed bool, err error) {
	t.Helper()
	bubble(t, func(t *testing.T) {
		h, failed := begin(2)
		must(t, failed)
		defer func() { h.link.sever() }()
		crashed, err = c.tell(h)
	})
	return crashed, err
}

// all does something with every address at once, in a process of its own.
func (c crashStory) all(h *history, crash *crash, do func(ctx context.Context, address string)) error {
	return h.command(func(ctx context.Context) {
		h.link.crash = crash
		var all sync.WaitGroup
		for i := range c.n {
			all.Go(func() { do(ctx, fmt.Sprintf("worker-%d", i)) })
		}
		all.Wait()
	})
}

func (c crashStory) tell(h *history) (crashed bool, err error) {
	want := func(config map[string]value) {
		for i := range c.n {
			h.wanted[fmt.Sprintf("worker-%d", i)] = config
		}
	}
	apply := func(ctx context.Context, address string) { h.run(ctx, address, true) }
	first, then := configured(0, 16), map[string]map[string]value{
		// The update changes name, groups, tags and the password.
		"create": configured(0, 16), "update": configured(0, 1+2+32+64), "replace": configured(1, 16), "keys": configured(0, 16),
	}[c.act]
	if c.act == "keys" {
		first, then = withKeys(first, kecsim.KeyA), withKeys(then, kecsim.KeyB)
	}
	want(first)
	if c.act != "create" {
		if err := c.all(h, nil, apply); err != nil || h.core.complaints() != "" {
			return false, fmt.Errorf("before: %w %s", err, h.core.complaints())
		}
		time.Sleep(time.Hour)
	}
	before := h.core.ids()
	want(then)
	var kept map[string]*entry
	kill := &crash{at: c.at, carriedOut: c.carriedOut, dying: func() {
		h.core.mu.Lock()
		defer h.core.mu.Unlock()
		kept, crashed = maps.Clone(h.core.state), true
	}}
	if err := c.all(h, kill, apply); err != nil {
		return false, err
	}
	if crashed && c.carriedOut && kill.look.Load() {
		return crashed, nil
	}
	if crashed {
		h.core.state = kept // what the process said after its death nobody heard
	}
	h.core.deaf()
	if err := c.all(h, nil, apply); err != nil {
		return crashed, err
	}
	return crashed, c.right(h, before)
}

// withKeys has a configuration log in with a key in place of a password.
func withKeys(config map[string]value, key string) map[string]value {
	delete(config, "password_wo")
	delete(config, "password_wo_version")
	config["key_ids"] = texts(key)
	return config
}

// right checks that all has ended as it was wanted.
func (c crashStory) right(h *history, before map[string]string) error {
	if said := h.core.complaints(); said != "" {
		return fmt.Errorf("the next apply fails: %s", said)
	}
	time.Sleep(time.Minute) // what is on its way ends
	known := map[string]bool{}
	for i := range c.n {
		address := fmt.Sprintf("worker-%d", i)
		id := h.core.entry(address).id()
		in, there := h.sim.Instance(id)
		switch {
		case c.act == "delete" && id != "":
			return fmt.Errorf("%s still has %s", address, id)
		case c.act != "delete" && (!there || in.State != "active" || known[id]):
			return fmt.Errorf("%s has %s, which is %q", address, id, in.State)
		case (c.act == "update" || c.act == "keys") && id != before[address]:
			return fmt.Errorf("%s had %s, and has %s", address, before[address], id)
		case c.act == "replace" && id == before[address]:
			return fmt.Errorf("%s has not been replaced", address)
		}
		known[id] = true
	}
	sent := map[string]bool{} // marks; a machine that a killed process has bought is in no state
	for _, mark := range marksOf(h.sim.Calls()) {
		sent[mark] = true
	}
	left := map[string]kecsim.Instance{}
	for _, in := range h.sim.Instances() {
		if !known[in.ID] {
			left[in.ID] = in
		}
	}
	for id, in := range left {
		bought := c.act == "create" || c.act == "replace"
		if !bought || !sent[in.Tags[machines.LaunchTagKey]] || ownedBefore(before, id) || len(left) > c.n {
			return fmt.Errorf("%s is left, %s", id, in.State)
		}
	}
	return c.atRest(h)
}

func ownedBefore(before map[string]string, id string) bool {
	_, owned := owner(before, id)
	return owned
}

// atRest checks that a second plan is empty.
func (c crashStory) atRest(h *history) error {
	var mu sync.Mutex
	var wrong error
	err := c.all(h, nil, func(ctx context.Context, address string) {
		h.core.refresh(ctx, address)
		p := h.core.plan(ctx, address, h.wanted[address])
		mu.Lock()
		defer mu.Unlock()
		if p.action != "none" {
			wrong = fmt.Errorf("a second plan of %s wants to %s", address, p.action)
		}
	})
	if err != nil {
		return err
	}
	return wrong
}
