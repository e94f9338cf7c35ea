package kecsim

import "time"

// SetStockAfter changes the stock of a type in a zone when so much time has passed on the world's
// clock, as SetStock does now.
func (s *Server) SetStockAfter(d time.Duration, zone, typ string, n int) {
	defer s.lock()()
	m := s.mustMarket(zone, typ)
	s.w.after(d, func() { m.stock = n })
}
