package kecsim

import (
	"fmt"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// AddAccount opens another account behind the same endpoint, with a key of its own. It has a
// default world: instances, orders, stock, quota and balance of its own, and networks, images and
// keys with the same ids as everybody's, so that nothing but the instances tells the accounts
// apart. Settings, lagging views, refusals and faults hold for all accounts; what else steers a
// world steers that of AccessKey. AddKey adds a further key of AccessKey's account. AddAccount
// panics if the key is taken.
//
// assumed: what another account has is like what does not exist (fact 235).
func (s *Server) AddAccount(accessKey, secretKey string) {
	defer s.lock()()
	if _, taken := s.keys[accessKey]; taken {
		panic(fmt.Sprintf("kecsim: there is a key %q already", accessKey))
	}
	s.keys[accessKey] = protocol.Key{Secret: secretKey}
	other := defaultWorld(s.w.clock)
	other.settings = s.w.settings
	other.counts, other.lags, other.refusals, other.random = s.w.counts, s.w.lags, s.w.refusals, s.w.random
	s.others[accessKey] = other
	s.every = append(s.every, other)
}

// Knows tells whether there is such an access key.
func (s *Server) Knows(accessKey string) bool {
	defer s.lock()()
	_, known := s.keys[accessKey]
	return known
}

// InstancesOf lists all instances of the account of a key that are not gone, in order of creation.
func (s *Server) InstancesOf(accessKey string) []Instance {
	defer s.lock()()
	defer s.enter(accessKey)()
	return s.w.snapshots()
}

// enter makes the account of a key the world of the server; the result leaves it. The server is
// locked meanwhile.
func (s *Server) enter(accessKey string) (leave func()) {
	first := s.w
	if other := s.others[accessKey]; other != nil {
		s.w = other
		s.w.runDue()
	}
	return func() { s.w = first }
}
