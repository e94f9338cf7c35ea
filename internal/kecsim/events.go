package kecsim

import "time"

// After schedules a function on the world's clock: it is called when so much time has passed there,
// at once for a time that is over. The world then holds all that happens before, and nothing that
// comes later. The function may call the server.
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
