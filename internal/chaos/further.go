package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

func sortedNames[T any](of map[string]T) []string { return slices.Sorted(maps.Keys(of)) }

// further are the steps of the ingredients that are commands.
var further = map[string]func(h *history, op operation, address string) error{
	"elsewhere": (*history).elsewhere, "edit": (*history).edits, "half known": (*history).halfKnown,
	"force": (*history).force, "behind": (*history).behind, "second pipeline": (*history).second,
}

// commandWith runs a command with some attributes of the provider block changed.
func (h *history) commandWith(changed map[string]value, f func(ctx context.Context)) error {
	usual := h.core.config
	defer func() { h.core.config = usual }()
	h.core.config = maps.Clone(usual)
	maps.Copy(h.core.config, changed)
	return h.command(f)
}

// behind applies a change, and looks at once at what has come of it, while look-ups by id are
// behind.
func (h *history) behind(op operation, address string) error {
	h.sim.Lag(kecsim.LookByID, float64(3+op.A/2%2)/4, time.Duration(25+op.B%20)*time.Second)
	h.wanted[address] = h.dress(configured(op.B, op.C), address)
	if err := h.command(func(ctx context.Context) { h.run(ctx, address, false) }); err != nil {
		return err
	}
	return h.command(func(ctx context.Context) {
		h.core.refresh(ctx, address)
		h.core.plan(ctx, address, h.wanted[address])
	})
}

// look is an action that changes nothing.
var look = regexp.MustCompile(`^(Describe|List|Query|Get)`)

// elsewhere runs one command with the wrong region or the keys of another account, which must
// neither forget nor end nor buy anything; or with a second key of the same account, which is as
// good as the first one.
func (h *history) elsewhere(op operation, address string) error {
	if h.core.entry(address) == nil {
		return nil
	}
	block := []map[string]value{
		{"region": text(kecsim.Region2)}, {"access_key": text(otherKey), "secret_key": text(otherSecret)},
		{"access_key": text(secondKey), "secret_key": text(secondSecret)},
	}[op.B%3]
	if op.B%3 == 2 {
		h.wanted[address] = h.dress(configured(op.B, op.C), address)
		return h.commandWith(block, func(ctx context.Context) { h.run(ctx, address, true) })
	}
	h.forced = true // it may plan a configuration that nobody wants here
	before, calls := h.core.ids(), len(h.sim.Calls())
	err := h.commandWith(block, func(ctx context.Context) {
		config := h.wanted[address]
		switch op.C % 4 {
		case 0:
			h.core.refresh(ctx, address)
			return
		case 1:
			config = nil
		case 2:
			config = h.dress(configured(op.B/3, op.C/4), address)
		}
		if op.C/4%2 == 0 && !h.core.refresh(ctx, address) {
			return
		}
		h.core.apply(ctx, address, h.core.plan(ctx, address, config))
	})
	if err != nil {
		return err
	}
	if after := h.core.ids(); !maps.Equal(before, after) {
		return fmt.Errorf("elsewhere the state went from %v to %v; said:\n%s", before, after, strings.Join(h.core.said, "\n"))
	}
	for _, call := range h.sim.Calls()[calls:] {
		if call.Status == 200 && !look.MatchString(call.Action) {
			return fmt.Errorf("elsewhere KEC was asked to %s %v", call.Action, call.Params)
		}
	}
	if bought := h.sim.InstancesOf(otherKey); len(bought) > 0 {
		return fmt.Errorf("the other account has bought %s", bought[0].ID)
	}
	return nil
}

// halfKnown plans with a provider block of which something is not known yet.
func (h *history) halfKnown(op operation, address string) error {
	block := map[string]value{"default_tags": tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue)}
	if op.B%2 == 1 {
		block = map[string]value{"region": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)}
	} else {
		h.calm()
		time.Sleep(10 * time.Minute)
	}
	before, calls := h.core.ids(), h.sim.Count("DescribeInstances")
	err := h.commandWith(block, func(ctx context.Context) {
		config := h.wanted[address]
		if op.C%3 == 0 {
			config = nil
		}
		if h.core.refresh(ctx, address) {
			h.core.plan(ctx, address, config)
		}
	})
	switch {
	case err != nil:
		return err
	case op.B%2 == 0 && h.core.complaints() != "":
		return fmt.Errorf("with default_tags that are not known yet: %s", h.core.complaints())
	case op.B%2 == 0 && before[address] != "" && h.sim.Count("DescribeInstances") == calls:
		return errors.New("with default_tags that are not known yet nobody looks at the machine")
	case op.B%2 == 1 && !maps.Equal(before, h.core.ids()):
		return fmt.Errorf("in a region that is not known yet the state went from %v to %v", before, h.core.ids())
	}
	return nil
}

// force replaces a machine because somebody asks for it: taint, -replace, or -replace with
// create_before_destroy. Mostly all is calm, and it must succeed, whatever is scarce.
func (h *history) force(op operation, address string) error {
	e := h.core.entry(address)
	if e == nil || h.wanted[address] == nil {
		return nil
	}
	// A machine with a fixed address cannot be created before the old one has given it back.
	calm, first := op.C%4 > 0, op.B%3 == 2 && h.wanted[address]["private_ip_address"].IsNull()
	if calm {
		h.calm()
		time.Sleep(10 * time.Minute)
		h.clearUp()
		h.slow(op)
	}
	old := e.id()
	scarce := func() {}
	// A machine that is not active holds no stock. Where KEC checks late, fact 192 decides: a launch
	// that it has accepted fails without a cause, and nobody can tell that it only came too soon.
	if in, there := h.sim.Instance(old); calm && there && !first && in.State == "active" && !h.late {
		scarce = h.scarce(in, op.B/3)
	}
	h.forced = true
	err := h.command(func(ctx context.Context) {
		if h.core.refresh(ctx, address) && h.core.entry(address) != nil {
			h.core.replace(ctx, address, h.wanted[address], op.B%3 == 0, first)
		}
	})
	scarce()
	switch {
	case err != nil:
		return err
	case !calm:
		return nil
	case h.core.complaints() != "":
		return fmt.Errorf("%s cannot be replaced, although all is well: %s", address, h.core.complaints())
	}
	if in, there := h.sim.Instance(old); there && in.State != "deleting" {
		return fmt.Errorf("%s was to be replaced, and %s is still %s", address, old, in.State)
	}
	return nil
}

// scarce leaves no more than a machine holds of one thing; the result undoes it.
func (h *history) scarce(in kecsim.Instance, what int) (undo func()) {
	switch what % 4 {
	case 1:
		free := h.sim.SubnetFree(in.SubnetID)
		h.sim.SetSubnetFree(in.SubnetID, 0)
		return func() { h.sim.SetSubnetFree(in.SubnetID, h.sim.SubnetFree(in.SubnetID)+free) }
	case 2:
		h.sim.SetQuota(h.sim.Overview().Used)
		return func() { h.sim.SetQuota(1000) }
	case 3:
		h.sim.SetStock(in.Zone, in.Type, 0)
		return func() { h.sim.SetStock(in.Zone, in.Type, 50) }
	}
	return func() {}
}

// slow has deletions take their time, and what was deleted hold what it held for a while.
func (h *history) slow(op operation) {
	if with(withSlow) {
		h.sim.Update(func(set *kecsim.Settings) {
			set.TerminateTime, set.FreeAfter = time.Duration(op.A%60)*time.Second, time.Duration(op.C/4%30)*time.Second
		})
	}
}

// pipeline is a CLI with a state and a configuration of its own.
type pipeline struct {
	core   *core
	wanted map[string]map[string]value
}

// swap makes the other pipeline the one that works.
func (h *history) swap() {
	h.other, h.core, h.wanted = pipeline{h.core, h.wanted}, h.other.core, h.other.wanted
}

// second has the other pipeline apply or destroy an address of the same name.
func (h *history) second(op operation, address string) error {
	h.swap()
	defer h.swap()
	h.core.deaf()
	before := h.core.ids()
	h.wanted[address] = nil
	if op.C%4 > 0 {
		h.wanted[address] = h.dress(configured(op.B, op.C/4), address)
		delete(h.wanted[address], "private_ip_address") // which the first pipeline may have given out
	}
	if err := h.command(func(ctx context.Context) { h.run(ctx, address, true) }); err != nil {
		return err
	}
	return h.check(before, address, false)
}

// An edit is what somebody changes in the console. It is false where nothing is changed.
var edits = []struct {
	what string
	do   func(in *kecsim.Instance, config map[string]value) bool
	seen bool // by the next plan
}{
	{"name", func(in *kecsim.Instance, _ map[string]value) bool { in.Name = "by-hand"; return true }, true},
	{"groups", func(in *kecsim.Instance, _ map[string]value) bool {
		in.SecurityGroupIDs = []string{kecsim.SecurityGroup2}
		return true
	}, true},
	{"a tag", func(in *kecsim.Instance, config map[string]value) bool {
		in.Tags["team"] = "by-hand"
		return !config["tags"].IsNull()
	}, true},
	{"tags gone", func(in *kecsim.Instance, config map[string]value) bool {
		delete(in.Tags, "team")
		return !config["tags"].IsNull()
	}, true},
	{"an own tag", func(in *kecsim.Instance, _ map[string]value) bool { in.Tags["ksc-own"] = "by KEC"; return true }, false},
	{"keys", func(in *kecsim.Instance, config map[string]value) bool {
		in.KeyIDs = nil
		return !config["key_ids"].IsNull()
	}, true},
	{"automatic deletion", func(in *kecsim.Instance, _ map[string]value) bool {
		in.AutoDeleteTime = in.CreatedAt.Add(100 * 24 * time.Hour)
		return true
	}, true},
	{"power", func(in *kecsim.Instance, _ map[string]value) bool { in.State = "stopped"; return true }, false},
	{"project", func(in *kecsim.Instance, config map[string]value) bool {
		in.ProjectID = kecsim.ProjectB - in.ProjectID
		return !config["project_id"].IsNull()
	}, true},
}

// edits changes a machine in the console, once all is at rest. The next plan sees it, the apply
// puts it right in place, and the machine stays the one it was.
func (h *history) edits(op operation, address string) error {
	h.calm()
	time.Sleep(10 * time.Minute)
	if h.core.entry(address) == nil || h.wanted[address] == nil {
		return nil
	}
	h.clearUp() // machines of killed runs may hold its address
	if err := h.settle(address); err != nil {
		return fmt.Errorf("before an edit: %w", err)
	}
	id := h.core.entry(address).id()
	edit := edits[op.B%len(edits)]
	seen := edit.seen
	h.sim.Edit(id, func(in *kecsim.Instance) { seen = edit.do(in, h.wanted[address]) && seen })
	h.login[id], h.byHand[id] = "", h.byHand[id] || edit.what == "power"
	h.core.deaf()
	var first, then planned
	err := h.command(func(ctx context.Context) {
		h.core.refresh(ctx, address)
		first = h.core.plan(ctx, address, h.wanted[address])
		h.core.apply(ctx, address, first)
		then = h.core.plan(ctx, address, h.wanted[address])
	})
	in, there := h.sim.Instance(id)
	switch {
	case err != nil:
		return err
	case h.core.complaints() != "":
		return fmt.Errorf("after an edit of %s: %s", edit.what, h.core.complaints())
	case seen && first.action != "update" && !h.blind(edit.what):
		return fmt.Errorf("after an edit of %s the plan is to %s", edit.what, first.action)
	case then.action != "none":
		return fmt.Errorf("after an edit of %s a second plan wants to %s", edit.what, then.action)
	case !there || in.State == "deleting" || h.core.entry(address).id() != id:
		return errors.New("an edit of " + edit.what + " has cost the machine")
	}
	return nil
}

// blind tells whether an odd answer hides what was edited.
func (h *history) blind(what string) bool {
	hides := map[string][]string{
		"name": {"no InstanceName"}, "groups": {"no NetworkInterfaceSet", "no groups of interfaces"}, "keys": {"no KeySet"},
		"automatic deletion": {"no AutoDeleteTime"}, "project": {"no ProjectId"},
	}[what]
	return slices.ContainsFunc(h.sim.Overview().Settings.Odd, func(odd string) bool {
		return slices.Contains(hides, odd) || odd == "lists as null" && what == "keys"
	})
}

// clearUp ends, as a user does, the machines that a message or a mark has led to.
func (h *history) clearUp() {
	known := h.known()
	for _, in := range h.sim.Instances() {
		if !known[in.ID] && (h.adrift[in.ID] || h.told[in.Tags[machines.LaunchTagKey]]) {
			h.sim.Release(in.ID)
		}
	}
}
