package preflight

import "github.com/kingsoftcloud/terraform-provider-kec/internal/market"

// stage is what a run has heard of a machine of the state.
type stage int

const (
	read  stage = iota + 1 // a refresh has shown it, and no plan has asked about it
	kept                   // a plan keeps it
	ended                  // a plan ends it, alone or for its replacement
	gone                   // a refresh has found it gone
)

// machine is a machine of the state.
type machine struct {
	stage   stage
	subnets []string // of its interfaces, each of which gives an address back when it ends
}

// Read notes that a refresh has shown a machine. A CLI that refreshes a machine and then plans
// nothing for it is about to replace it: it plans for a tainted one as for a new one.
func (c *Check) Read(id string, subnets ...string) { c.note(id, machine{read, subnets}) }

// Kept notes that a plan keeps a machine.
func (c *Check) Kept(id string) { c.note(id, machine{stage: kept}) }

// Ends notes that the plan ends a machine, which gives its addresses back. They count as free:
// whether they are in time is for KEC to say.
func (c *Check) Ends(id string, subnets ...string) { c.note(id, machine{ended, subnets}) }

// Gone notes that a refresh has found a machine gone.
func (c *Check) Gone(id string) { c.note(id, machine{stage: gone}) }

func (c *Check) note(id string, m machine) {
	if c == nil || id == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.machines[id] = m
}

// KnowsMachines tells whether the run has found machines of the state, there or gone, so that its
// plan may be that of a destroy, too.
func (c *Check) KnowsMachines() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.machines) > 0
}

// freed is how much of a need the plan gives back. Machines that were only read count once the plan
// is complete. The caller holds the lock.
func (c *Check) freed(key string, complete bool) (n int64) {
	for _, m := range c.machines {
		if m.stage != ended && !(complete && m.stage == read) {
			continue
		}
		for _, subnet := range m.subnets {
			if market.AddressKey(subnet) == key {
				n++
			}
		}
	}
	return n
}

// lost is how many machines the run has found gone. The caller holds the lock.
func (c *Check) lost() (n int64) {
	for _, m := range c.machines {
		if m.stage == gone {
			n++
		}
	}
	return n
}
