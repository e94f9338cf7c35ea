package chaos

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// planned is one change that a CLI would show.
type planned struct {
	address string
	action  string // "create", "update", "replace", "delete", "none"
	value   tftypes.Value
	private []byte
	prior   *entry
	config  tftypes.Value
	ok      bool
}

// plan plans one resource; a nil configuration plans its end.
func (c *core) plan(ctx context.Context, address string, config map[string]tftypes.Value) planned {
	none := tftypes.NewValue(c.resource, nil)
	prior := c.entry(address)
	p := planned{address: address, prior: prior, config: none, value: none}
	if config != nil {
		p.config = object(c.resource, config)
	}
	switch {
	case c.stopped.Load():
		return p
	case config == nil && prior == nil:
		p.action, p.ok = "none", true
		return p
	}
	was := none
	var private []byte
	var identity *tfprotov6.ResourceIdentityData
	if prior != nil && (!prior.tainted || config == nil) {
		was, private, identity = prior.value, prior.private, prior.identity
	}
	resp, err := c.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: c.kind, PriorState: c.dynamic(was), ProposedNewState: c.dynamic(c.propose(p.config, was)), Config: c.dynamic(p.config),
		PriorPrivate: private, PriorIdentity: identity,
	})
	if err != nil || c.hear(address, resp.Diagnostics) {
		return p
	}
	p.value, p.private = c.read(resp.PlannedState), resp.PlannedPrivate
	switch {
	case config == nil:
		p.action = "delete"
	case was.IsNull() && prior != nil: // tainted
		p.action = "replace"
	case was.IsNull():
		p.action = "create"
	case len(resp.RequiresReplace) > 0:
		p.action = "replace"
		resp, err := c.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
			TypeName: c.kind, PriorState: c.dynamic(none), ProposedNewState: c.dynamic(c.propose(p.config, none)), Config: c.dynamic(p.config),
			PriorPrivate: p.private,
		})
		if err != nil || c.hear(address, resp.Diagnostics) {
			return p
		}
		p.value, p.private = c.read(resp.PlannedState), resp.PlannedPrivate
	case p.value.Equal(was):
		p.action = "none"
	default:
		p.action = "update"
	}
	p.ok = true
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plans = append(c.plans, p)
	return p
}

// propose is the state that a CLI proposes: what the configuration sets, and what
// the provider had filled in before.
func (c *core) propose(config, prior tftypes.Value) tftypes.Value {
	if config.IsNull() {
		return config
	}
	var wanted, had map[string]tftypes.Value
	if config.As(&wanted) != nil {
		return config
	}
	if !prior.IsNull() && prior.As(&had) != nil {
		return config
	}
	all := make(map[string]tftypes.Value, len(wanted))
	for name, v := range wanted {
		all[name] = v
		if before, ok := had[name]; ok && v.IsNull() && c.computed[name] {
			all[name] = before
		} else if ok {
			all[name] = c.proposeElements(name, v, before)
		}
		if name == "password_wo" { // which no state and no plan ever holds
			all[name] = tftypes.NewValue(tftypes.String, nil)
		}
	}
	return tftypes.NewValue(c.resource, all)
}

// apply carries a plan out, as far as it goes.
func (c *core) apply(ctx context.Context, address string, p planned) {
	none := tftypes.NewValue(c.resource, nil)
	switch {
	case !p.ok:
	case p.action == "none":
		if p.prior != nil { // a plan may still have changed what stays between runs
			c.put(address, &entry{p.value, p.private, p.prior.identity, p.prior.tainted})
		}
	case p.action == "replace":
		if c.change(ctx, address, p.prior.value, none, none, p.private) {
			c.change(ctx, address, none, p.value, p.config, p.private)
		}
	case p.action == "delete":
		c.change(ctx, address, p.prior.value, none, none, p.private)
	case p.action == "create":
		c.change(ctx, address, none, p.value, p.config, p.private)
	default:
		c.change(ctx, address, p.prior.value, p.value, p.config, p.private)
	}
}

func (c *core) change(ctx context.Context, address string, from, to, config tftypes.Value, private []byte) bool {
	if c.stopped.Load() {
		return false
	}
	req := &tfprotov6.ApplyResourceChangeRequest{
		TypeName: c.kind, PriorState: c.dynamic(from), PlannedState: c.dynamic(to), Config: c.dynamic(config), PlannedPrivate: private,
	}
	was := c.entry(address)
	if was != nil && !from.IsNull() {
		req.PlannedIdentity = was.identity
	}
	resp, err := c.server.ApplyResourceChange(ctx, req)
	if err != nil {
		return false // the state stays as it was
	}
	failed := c.hear(address, resp.Diagnostics)
	value := c.read(resp.NewState)
	if value.IsNull() {
		c.put(address, nil)
		return !failed
	}
	tainted := failed && from.IsNull() || was != nil && was.tainted && !from.IsNull()
	c.put(address, &entry{value, resp.Private, resp.NewIdentity, tainted})
	return !failed
}

// adopt imports an instance by its id.
func (c *core) adopt(ctx context.Context, address, id string) bool {
	resp, err := c.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: c.kind, ID: id})
	if err != nil || c.hear(address, resp.Diagnostics) || len(resp.ImportedResources) != 1 {
		return false
	}
	one := resp.ImportedResources[0]
	before := c.entry(address)
	c.put(address, &entry{value: c.read(one.State), private: one.Private, identity: one.Identity})
	if !c.refresh(ctx, address) { // a CLI that cannot read what it imports imports nothing
		c.put(address, before)
		return false
	}
	return c.entry(address) != nil
}
