package kecsim

import "net/netip"

// EIP is an elastic IP address.
type EIP struct {
	ID         string `json:"id"`
	Address    string `json:"address"`
	InstanceID string `json:"instanceID,omitempty"` // "" once its instance is gone
}

// EIPs lists the EIPs of all instances, and those that stayed when their instance went (KeepEIP).
// Each costs money.
func (s *Server) EIPs() []EIP {
	defer s.lock()()
	out := append([]EIP{}, s.w.leftEIPs...)
	for _, in := range s.w.instances {
		if in.EIPID != "" {
			out = append(out, EIP{in.EIPID, in.PublicIP, in.ID})
		}
	}
	return out
}

// newEIP makes an EIP with an address that no other one has, or had: the first ones are in
// 203.0.113.0/24, which is for documentation, the others in 198.18.0.0/15, which is for tests.
func (w *world) newEIP() (id, address string) {
	id = w.uuid(kindEIP)
	n := w.counts[kindEIP]
	if n < 250 {
		return id, netip.AddrFrom4([4]byte{203, 0, 113, byte(n + 1)}).String()
	}
	return id, netip.AddrFrom4([4]byte{198, byte(18 + n>>16&1), byte(n >> 8), byte(n)}).String()
}

// leaveEIP keeps the EIP of an instance that goes, if EIPs stay.
//
// assumed: without KeepEIP it goes with its instance (fact 208); with it, only automatic deletion
// takes it along, where AutoDeleteEip says so (fact 238).
func (w *world) leaveEIP(in *instance) {
	if w.settings.KeepEIP && in.EIPID != "" && !(in.timed && in.AutoDeleteEIP) {
		w.leftEIPs = append(w.leftEIPs, EIP{ID: in.EIPID, Address: in.PublicIP})
	}
}
