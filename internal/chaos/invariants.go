package chaos

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// check holds the rules against the world.
func (h *history) check(before map[string]string, address string, killed bool) error {
	said, errors := strings.Join(h.core.said, "\n"), h.core.complaints()
	if err := h.leaks(said); err != nil {
		return err
	}
	calls := h.sim.Calls()
	fresh := calls[min(h.calls, len(calls)):]
	h.calls = len(calls)
	for _, mark := range marksOf(fresh) {
		if killed || strings.Contains(errors, mark) {
			h.told[mark] = true // what it orders may come to light much later
		}
	}
	if err := h.unasked(fresh, before, address, killed); err != nil {
		return fmt.Errorf("%w; said:\n%s", err, said)
	}
	knownIDs := h.known()
	for _, in := range h.sim.Instances() {
		mark := in.Tags[machines.LaunchTagKey]
		switch {
		case machines.Ending(in.State) || knownIDs[in.ID] || h.foreign[in.ID] || h.adrift[in.ID]:
		case h.told[mark]:
			h.adrift[in.ID] = true
		case strings.Contains(errors, in.ID) && !(with(withDrops) && h.forgotten(mark)): // a warning that it is gone would not count
			h.adrift[in.ID] = true
		default:
			return fmt.Errorf("%s (%s, mark %q) is alive, and neither the state nor a message knows it; said:\n%s", in.ID, in.State, mark, said)
		}
	}
	if err := h.marks(); err != nil {
		return err
	}
	if h.other.core != nil {
		for other, id := range h.other.core.ids() {
			before["the other pipeline's "+other] = id
		}
	}
	return ends(fresh, before, address)
}

// forgotten tells whether a machine that is in no state, and that a message names, ought to be in
// it: whether it is the only one of its launch.
func (h *history) forgotten(mark string) bool {
	return len(h.sim.Audit(nil, machines.LaunchTagKey).Twice[mark]) == 0
}

// known are the ids that a state holds.
func (h *history) known() map[string]bool {
	known := map[string]bool{}
	for _, id := range h.core.ids() {
		known[id] = true
	}
	if h.other.core != nil {
		for _, id := range h.other.core.ids() {
			known[id] = true
		}
	}
	return known
}

// leaks looks for secrets in what was said and, of a thorough history, logged and kept.
// User data is kept in the state by design.
func (h *history) leaks(said string) error {
	places := map[string]string{"a message": said}
	if h.thorough {
		places["the log"] = h.log.String()
		for _, address := range h.core.addresses() {
			places["the state"] += strings.ReplaceAll(h.core.entry(address).value.String(), script, "")
		}
	}
	for place, text := range places {
		for _, s := range secrets {
			if strings.Contains(text, s) {
				return fmt.Errorf("%s holds the secret %q:\n%s", place, s, text)
			}
		}
	}
	return nil
}

// marksOf are the marks of the launches among these calls.
func marksOf(calls []kecsim.Call) []string {
	var marks []string
	for _, call := range calls {
		for name, values := range call.Params {
			if key, isKey := strings.CutSuffix(name, ".Key"); isKey && call.Action == "RunInstances" && slices.Contains(values, machines.LaunchTagKey) {
				marks = append(marks, call.Params.Get(key+".Value"))
			}
		}
	}
	return marks
}

// marks checks that no launch was bought twice. A machine that failed to open, and a
// launch that went out again after that, are one purchase.
func (h *history) marks() error {
	for mark, ids := range h.sim.Audit(nil, machines.LaunchTagKey).Twice {
		alive := slices.DeleteFunc(ids, func(id string) bool {
			in, there := h.sim.Instance(id)
			return !there || machines.Ending(in.State) || kec.Failed(in.State) || h.adrift[id]
		})
		if len(alive) > 1 {
			return fmt.Errorf("the mark %s was bought more than once: %s", mark, strings.Join(alive, ", "))
		}
	}
	return nil
}

// ends checks that no machine was ended unasked.
func ends(calls []kecsim.Call, before map[string]string, address string) error {
	for _, call := range calls {
		if call.Action != "TerminateInstances" {
			continue
		}
		for name, values := range call.Params {
			if !strings.HasPrefix(name, "InstanceId.") {
				continue
			}
			for _, id := range values {
				if other, ok := owner(before, id); ok && bare(other) != address {
					return fmt.Errorf("%s of %s was to be ended by a command about %s", id, other, address)
				}
			}
		}
	}
	return nil
}

func owner(ids map[string]string, id string) (string, bool) {
	for address, one := range ids {
		if one == id {
			return address, true
		}
	}
	return "", false
}
