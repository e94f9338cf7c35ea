package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// strangers are provider blocks that do not show what the state holds.
var strangers = map[string]map[string]value{
	"another region":  {"region": text(kecsim.Region2)},
	"another account": {"access_key": text(otherKey), "secret_key": text(otherSecret)},
	"both":            {"region": text(kecsim.Region2), "access_key": text(otherKey), "secret_key": text(otherSecret)},
	"no known region": {"region": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)},
}

// commands are what somebody may run with such a block.
var commands = map[string]func(ctx context.Context, h *history){
	"refresh": func(ctx context.Context, h *history) { h.core.refresh(ctx, "worker-0") },
	"apply":   func(ctx context.Context, h *history) { h.run(ctx, "worker-0", true) },
	"apply without a refresh": func(ctx context.Context, h *history) {
		h.run(ctx, "worker-0", false)
	},
	"taint and apply": func(ctx context.Context, h *history) {
		h.core.replace(ctx, "worker-0", h.wanted["worker-0"], true, false)
	},
	"destroy without a refresh": func(ctx context.Context, h *history) {
		h.core.apply(ctx, "worker-0", h.core.plan(ctx, "worker-0", nil))
	},
}

// holdings are what the state may hold.
var holdings = map[string]func() (*history, error){
	"a machine":                           func() (*history, error) { return oneMachine(0) },
	"a machine whose creation has failed": func() (*history, error) { return oneMachine(1) },
	"a fleet": func() (*history, error) {
		h, err := beginFleets(3) // with preflight off
		if err != nil {
			return nil, err
		}
		h.sim.AddAccount(otherKey, otherSecret)
		h.want("worker-0", operation{B: 2})
		return h.history, h.command(func(ctx context.Context) { h.run(ctx, "worker-0", true) })
	},
}

// oneMachine is a history with a machine in the state. Where one launch is to fail, its creation
// has failed, and its clean-up too.
func oneMachine(failures int) (*history, error) {
	h, err := begin(2)
	if err != nil {
		return nil, err
	}
	h.wanted["worker-0"] = configured(0, 16)
	h.sim.FailLaunches(failures, kecsim.ModeError, "")
	h.sim.DenyAction("kec", "TerminateInstances", true)
	defer h.sim.DenyAction("kec", "TerminateInstances", false)
	return h, h.command(func(ctx context.Context) { h.run(ctx, "worker-0", true) })
}

// Whatever is run with the wrong region or keys, and then with others, nothing is forgotten, ended
// or bought, and with the right ones all can be replaced and ended.
func TestElsewhere_twoCommands(t *testing.T) {
	t.Parallel()
	withoutRace(t)
	for holding := range holdings {
		for stranger := range strangers {
			for command := range commands {
				for _, identities := range []bool{true, false} {
					if identities && holding == "a fleet" { // which has none
						continue
					}
					t.Run(fmt.Sprintf("%s, %s, %s, identities %t", holding, stranger, command, identities), func(t *testing.T) {
						t.Parallel()
						bubble(t, func(t *testing.T) { must(t, strayTwice(holding, stranger, command, identities)) })
					})
				}
			}
		}
	}
}

// strayTwice runs a command with a wrong block, and then every command in another region and with
// the keys of another account. A CLI may have no identities.
func strayTwice(holding, stranger, command string, identities bool) error {
	h, err := holdings[holding]()
	if err != nil {
		return err
	}
	defer func() { h.link.sever() }()
	time.Sleep(10 * time.Minute)
	if h.core.entry("worker-0") == nil {
		return errors.New("nothing is in the state: " + h.core.complaints())
	}
	stray := func(stranger, command string) error {
		if err := h.stray(stranger, command, identities); err != nil {
			return fmt.Errorf("%s with %s: %w", command, stranger, err)
		}
		return nil
	}
	if err := stray(stranger, command); err != nil {
		return err
	}
	left := h.core.state["worker-0"]
	for _, stranger := range []string{"another region", "another account"} {
		for command := range commands {
			h.core.put("worker-0", left)
			if err := stray(stranger, command); err != nil {
				return fmt.Errorf("then %w", err)
			}
		}
	}
	h.core.put("worker-0", left)
	h.core.deaf()
	if err := h.command(func(ctx context.Context) { h.run(ctx, "worker-0", true) }); err != nil || h.core.complaints() != "" {
		return fmt.Errorf("with the right block: %w%s", err, h.core.complaints())
	}
	return h.ended()
}

// stray runs a command with a wrong block, and checks that it has changed nothing.
func (h *history) stray(stranger, command string, identities bool) error {
	before, calls := h.core.ids(), len(h.sim.Calls())
	h.core.deaf()
	if e := h.core.entry("worker-0"); !identities {
		h.core.put("worker-0", &entry{e.value, e.private, nil, e.tainted})
	}
	if err := h.commandWith(strangers[stranger], func(ctx context.Context) { commands[command](ctx, h) }); err != nil {
		return err
	}
	if after := h.core.ids(); !maps.Equal(before, after) {
		return fmt.Errorf("the state went from %v to %v; said: %v", before, after, h.core.said)
	}
	for _, call := range h.sim.Calls()[calls:] {
		if call.Status == 200 && !look.MatchString(call.Action) {
			return fmt.Errorf("KEC was asked to %s %v", call.Action, call.Params)
		}
	}
	return nil
}

// ended ends what the state holds, after which nothing may be left in KEC.
func (h *history) ended() error {
	h.wanted["worker-0"] = nil
	h.core.deaf()
	if err := h.command(func(ctx context.Context) { h.run(ctx, "worker-0", true) }); err != nil || h.core.complaints() != "" {
		return fmt.Errorf("the end: %w%s", err, h.core.complaints())
	}
	time.Sleep(10 * time.Minute)
	if left := h.sim.Instances(); len(left) > 0 || len(h.core.ids()) > 0 {
		return fmt.Errorf("%d machines are left, and the state holds %v", len(left), h.core.ids())
	}
	return nil
}
