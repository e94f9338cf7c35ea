package chaos

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// deposedMark stands between an address and the number of a deposed object of it.
const deposedMark = " deposed "

// bare is the address without the number of a deposed object.
func bare(address string) string {
	address, _, _ = strings.Cut(address, deposedMark)
	return address
}

// deposed lists the deposed objects of an address.
func (c *core) deposed(address string) []string {
	return slices.DeleteFunc(c.addresses(), func(a string) bool { return !strings.HasPrefix(a, address+deposedMark) })
}

func (c *core) hasDeposed(address string) bool { return len(c.deposed(address)) > 0 }

// bury destroys the deposed objects of an address, as every apply of it does.
func (c *core) bury(ctx context.Context, address string) {
	for _, old := range c.deposed(address) {
		if c.refresh(ctx, old) {
			c.apply(ctx, old, c.plan(ctx, old, nil))
		}
	}
}

// replace replaces a machine that somebody has tainted, or for which -replace was given. With first
// the new one is created before the old one is destroyed.
func (c *core) replace(ctx context.Context, address string, config map[string]value, taint, first bool) {
	none := tftypes.NewValue(c.resource, nil)
	was := *c.entry(address)
	asTainted := was
	asTainted.tainted = true
	c.put(address, &asTainted)
	p := c.plan(ctx, address, config)
	if !taint {
		c.put(address, &was)
	}
	if !first {
		c.apply(ctx, address, p)
		return
	}
	if !p.ok {
		return
	}
	old := fmt.Sprintf("%s%s%d", address, deposedMark, len(c.deposed(address)))
	kept := c.entry(address)
	c.put(address, nil)
	c.put(old, kept)
	switch {
	case c.change(ctx, address, none, p.value, p.config, p.private):
		c.change(ctx, old, kept.value, none, none, kept.private)
	case c.entry(address) == nil: // nothing new was made, so the old one is no longer deposed
		c.put(old, nil)
		c.put(address, kept)
	}
}

// proposeElements proposes what an attribute of objects has: what the configuration leaves out of
// an element, and the provider had filled in before, stays.
func (c *core) proposeElements(name string, config, prior value) value {
	list, isList := config.Type().(tftypes.List)
	var wanted, had []value
	if !isList || config.IsNull() || prior.IsNull() || config.As(&wanted) != nil || prior.As(&had) != nil {
		return config
	}
	wanted = slices.Clone(wanted) // As lends what the value holds
	for i := range min(len(wanted), len(had)) {
		var one, before map[string]value
		if wanted[i].As(&one) != nil || had[i].As(&before) != nil {
			return config
		}
		one = maps.Clone(one)
		for inner, v := range one {
			if v.IsNull() && c.nested[name+"."+inner] {
				one[inner] = before[inner]
			}
		}
		wanted[i] = tftypes.NewValue(wanted[i].Type(), one)
	}
	return tftypes.NewValue(list, wanted)
}
