package kecsim

import (
	"fmt"
	"slices"
	"time"
)

// After has something happen when so much time has passed on the world's clock, after all that
// happens before and with nothing that comes later. What happens may call the server. A time that
// has passed is now.
func (s *Server) After(d time.Duration, do func()) {
	defer s.lock()()
	s.w.after(d, s.outside(do))
}

// outside is an event that calls the server, for which the lock is given up. The world stands still
// meanwhile.
func (s *Server) outside(do func()) func() {
	w := s.w
	return func() {
		w.waits = true
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			w.waits = false
		}()
		do()
	}
}

// AddSubnet adds a subnet for instances to VPC, with as many free addresses as Free says, or 250.
// It panics if there is a subnet of the id, if there is no such zone, or if the CIDR is none or
// overlaps that of another.
func (s *Server) AddSubnet(add Subnet) {
	defer s.lock()()
	n := newSubnet(add.ID, add.Name, VPC, Region, add.Zone, "Normal", add.CIDR)
	if !slices.Contains(s.w.regions[0].zones, add.Zone) {
		panic(fmt.Sprintf("kecsim: there is no zone %q in %s", add.Zone, Region))
	}
	for _, other := range s.w.subnets {
		if other.id == add.ID || other.cidr.Overlaps(n.cidr) {
			panic(fmt.Sprintf("kecsim: the subnet %q (%s) is there already", other.id, other.cidr))
		}
	}
	if add.Free > 0 {
		n.free = add.Free
	}
	s.w.subnets = append(s.w.subnets, n)
}
