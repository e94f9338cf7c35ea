package chaos

import (
	"fmt"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// unasked checks that a step has cost no machine: none is replaced, stopped or restarted unasked,
// such as for a way of writing, and none leaves the state, or gets a second one beside it, while it
// is alive.
func (h *history) unasked(fresh []kecsim.Call, before map[string]string, address string, killed bool) error {
	if with(withUnasked) {
		if err := h.replaced(); err != nil {
			return err
		}
		if err := h.stopped(fresh, address); err != nil {
			return err
		}
	}
	if with(withDrops) {
		if err := h.dropped(fresh, before, address); err != nil {
			return err
		}
	}
	if with(withEIP) && !killed {
		if err := h.silentEIPs(fresh, before); err != nil {
			return err
		}
	}
	h.learn(before)
	return nil
}

// silentEIPs looks for machines that were ended while no message named the EIP that stays.
func (h *history) silentEIPs(fresh []kecsim.Call, before map[string]string) error {
	for _, call := range fresh {
		for name, values := range call.Params {
			address := h.public[values[0]]
			_, ours := owner(before, values[0])
			if in, there := h.sim.Instance(values[0]); there && in.State != "deleting" { // the call was refused
				continue
			}
			// The state of a machine whose creation was cut short does not know the address.
			if call.Action == "TerminateInstances" && strings.HasPrefix(name, "InstanceId") && ours && address != "" &&
				!strings.Contains(strings.Join(h.core.said, "\n"), "EIP") {
				return fmt.Errorf("%s was ended, and nothing was said of its EIP %s, which stays", values[0], address)
			}
		}
	}
	h.public = map[string]string{}
	for _, eip := range h.sim.EIPs() {
		if eip.InstanceID != "" && h.sim.Overview().Settings.KeepEIP {
			h.public[eip.InstanceID] = eip.Address
		}
	}
	return nil
}

// replaced looks for plans that replace a machine of which nothing that lasts has changed.
func (h *history) replaced() error {
	for _, p := range h.core.plans {
		born := h.born[p.prior.id()]
		if p.action == "replace" && !p.prior.tainted && !h.forced && born != "" && born == lasting(h.wanted[bare(p.address)]) {
			return fmt.Errorf("a plan replaces %s of %s, and nobody asked for it", p.prior.id(), p.address)
		}
	}
	return nil
}

// stopped looks for machines that were stopped or restarted while their login stayed as it was.
func (h *history) stopped(fresh []kecsim.Call, address string) error {
	for _, call := range fresh {
		stops := call.Action == "StopInstances" || call.Action == "RebootInstances" || call.Action == "StartInstances" || call.Params.Get("RestartMode") != ""
		if !stops {
			continue
		}
		for name, values := range call.Params {
			if strings.HasPrefix(name, "InstanceId") && h.login[values[0]] != "" && h.login[values[0]] == login(h.wanted[address]) {
				return fmt.Errorf("%s of %s, and nobody asked for it", call.Action, values[0])
			}
		}
	}
	return nil
}

// dropped looks for machines that are alive and were in the state before this step, and are not in
// it now, and for a launch beside one that is alive.
func (h *history) dropped(fresh []kecsim.Call, before map[string]string, address string) error {
	known := h.known()
	for at, id := range before {
		in, there := h.sim.Instance(id)
		if !there || in.State == "deleting" {
			continue
		}
		if !known[id] {
			return fmt.Errorf("%s of %s is %s, and the state has dropped it", id, at, in.State)
		}
		if at == address && !h.forced && len(marksOf(fresh)) > 0 {
			return fmt.Errorf("%s of %s is %s, and another one was ordered", id, at, in.State)
		}
	}
	return nil
}

// learn notes what each new machine was ordered with, and the login of each that is in order.
func (h *history) learn(before map[string]string) {
	for at, id := range h.core.ids() {
		config := h.wanted[bare(at)]
		if at != bare(at) || config == nil {
			continue
		}
		if before[at] != id && h.born[id] == "" {
			h.born[id] = lasting(config)
		}
	}
	for _, p := range h.core.plans {
		id := h.core.ids()[p.address]
		switch {
		case id == "" || len(h.core.errors) > 0:
		case p.action == "none" || p.action == "create" && before[p.address] != id:
			h.login[id] = login(h.wanted[bare(p.address)])
		}
	}
}
