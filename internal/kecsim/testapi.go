package kecsim

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// AddKey adds a key pair of the account of AccessKey, which may do and sees the same. With a token
// it is a temporary one, whose requests must carry the token.
func (s *Server) AddKey(accessKey, secretKey, token string) {
	defer s.lock()()
	s.keys[accessKey] = protocol.Key{Secret: secretKey, Token: token}
}

// SetClockOffset puts KEC's clock ahead of the world's time, or behind it. KEC's clock makes the
// Date of answers and checks the date of signatures (fact 254). Without an offset a signature may
// have the date of the wall clock, too (fact 180). Events in the world follow the world's time.
func (s *Server) SetClockOffset(d time.Duration) {
	defer s.lock()()
	s.off = d
}

// DenyService takes the permission for a service away, or gives it back (fact 35:
// PermissionDenied).
func (s *Server) DenyService(service string, deny bool) {
	defer s.lock()()
	s.denied[service] = deny
}

// DenyAction takes the permission for one action of a service away, or gives it back (fact 233:
// the same refusal). An action of a service that DenyService denies stays denied. DenyAction
// panics if there is no such service or action.
func (s *Server) DenyAction(service, action string, deny bool) {
	defer s.lock()()
	if services[service][action] == nil {
		panic(fmt.Sprintf("kecsim: service %q has no action %q", service, action))
	}
	s.denied[service+" "+action] = deny
}

// mustMarket finds a type in a zone, or panics. All functions for tests panic if they are given a
// name that the world does not have, or a bad number, because a test with a misspelt name would
// pass for the wrong reason. Requests never get here.
func (s *Server) mustMarket(zone, typ string) *market {
	m := s.w.markets[marketKey{zone, typ}]
	if m == nil {
		panic(fmt.Sprintf("kecsim: there is no type %q in zone %q", typ, zone))
	}
	return m
}

func mustMoney(amount string) protocol.Money {
	m, err := protocol.ParseMoney(amount)
	if err != nil {
		panic(fmt.Sprintf("kecsim: %q %v", amount, err))
	}
	return m
}

// SetPrice sets the prices of a type in a zone from now on, decimals in CNY per hour. An empty
// price stays as it is. A spot price also offers the type as spot. SetPrice panics if there is no
// such type or zone, or if a price is not a decimal.
func (s *Server) SetPrice(zone, typ, spot, onDemand string) {
	defer s.lock()()
	m := s.mustMarket(zone, typ)
	p := m.last()
	if spot != "" {
		p.spot, m.offered = mustMoney(spot), true
	}
	if onDemand != "" {
		p.onDemand = mustMoney(onDemand)
	}
	m.set(s.w.now, p.spot, p.onDemand)
	s.w.checkLimits()
}

// SetStock sets how many more instances of a type can be opened in a zone. It panics if there is
// no such type or zone.
func (s *Server) SetStock(zone, typ string, n int) {
	defer s.lock()()
	s.mustMarket(zone, typ).stock = n
}

// SellOut takes the stock away. It releases no instance by itself (fact 195: the limit does).
func (s *Server) SellOut(zone, typ string) { s.SetStock(zone, typ, 0) }

// SellOutDisk takes a type of data disks off sale in a zone, or puts it back. Existing disks and
// system disks of the type are not touched (fact 230: data disks only). SellOutDisk panics if
// there is no such zone or data disk type.
func (s *Server) SellOutDisk(zone, diskType string, soldOut bool) {
	defer s.lock()()
	if s.w.regionOf(zone) == "" {
		panic(fmt.Sprintf("kecsim: there is no zone %q", zone))
	}
	if !slices.Contains(dataDiskTypes, diskType) {
		panic(fmt.Sprintf("kecsim: there is no data disk type %q", diskType))
	}
	if soldOut {
		s.w.soldOut[diskKey{zone, diskType}] = true
	} else {
		delete(s.w.soldOut, diskKey{zone, diskType})
	}
}

// SetQuota sets how many instances the account may have.
func (s *Server) SetQuota(n int) {
	defer s.lock()()
	s.w.quota = n
}

// SetBalance sets the account's balance, a decimal in CNY. It panics if the amount is not one.
func (s *Server) SetBalance(amount string) {
	defer s.lock()()
	s.w.balance = mustMoney(amount)
}

// SetSubnetFree sets how many addresses a subnet has left. It panics if there is no
// such subnet.
func (s *Server) SetSubnetFree(subnetID string, n int) {
	defer s.lock()()
	s.w.mustSubnet(subnetID).free = n
}

func (w *world) mustSubnet(id string) *subnet {
	for _, n := range w.subnets {
		if n.id == id {
			return n
		}
	}
	panic(fmt.Sprintf("kecsim: there is no subnet %q", id))
}

// AddSecurityGroup adds a security group to Region, with any VPC.
func (s *Server) AddSecurityGroup(id, vpcID string) {
	defer s.lock()()
	s.w.groups = append(s.w.groups, &securityGroup{id, "added", vpcID, Region})
}

// AddImage adds an image of the account, with cloud-init. It panics if there is an image of the id.
func (s *Server) AddImage(im Image) {
	defer s.lock()()
	if s.w.findImage(im.ID) != nil {
		panic(fmt.Sprintf("kecsim: there is an image %q", im.ID))
	}
	s.w.images = append(s.w.images, &image{
		id: im.ID, name: im.Name, state: im.State, platform: im.Platform, source: "extend", kind: im.Type, sysDisk: im.SizeGB, cloudInit: true, created: im.Created,
	})
}

// SetImageState sets the state of an image; only "active" ones boot. It panics if
// there is no such image.
func (s *Server) SetImageState(imageID, state string) {
	defer s.lock()()
	im := s.w.findImage(imageID)
	if im == nil {
		panic(fmt.Sprintf("kecsim: there is no image %q", imageID))
	}
	im.state = state
}

// Reclaim announces the release of an instance in ten minutes, whatever its age.
func (s *Server) Reclaim(id string) {
	defer s.lock()()
	if in := s.w.byID[id]; in != nil {
		s.w.announceRelease(in)
	}
}

// Release takes an instance away at once, as the system does.
func (s *Server) Release(id string) {
	defer s.lock()()
	if in := s.w.byID[id]; in != nil {
		s.w.release(in)
	}
}

// refuse has an action answer Return false for one id, inside a 200, as long as the instance
// exists. The message is shown if the action's answer has a field for it. An empty message lifts
// the refusal. Actions without Return in their answer are not refused.
func (s *Server) refuse(action, id, message string) {
	defer s.lock()()
	if message == "" {
		delete(s.w.refusals, refusalKey{action, id})
		return
	}
	s.w.refusals[refusalKey{action, id}] = message
}

// RefuseTerminate has TerminateInstances answer Return false for one id, inside a 200, as long as
// the instance exists. An empty message lifts the refusal.
func (s *Server) RefuseTerminate(id, message string) { s.refuse("TerminateInstances", id, message) }

// Update changes the settings. Launches under way keep the old ones. It panics if there is no odd
// answer of a name.
func (s *Server) Update(change func(*Settings)) {
	defer s.lock()()
	change(&s.w.settings)
	mustKnowOdd(s.w.settings.Odd)
	for _, w := range s.every {
		w.settings = s.w.settings
		w.walk()
	}
}

// FailLaunches has the next n instances of RunInstances fail in the given mode after they were
// accepted. An unknown mode counts as ModeError. The reason is shown with CauseFields, and replaces
// the world's own reason against a launch. With n below 1 all that was scripted is forgotten.
func (s *Server) FailLaunches(n int, mode, reason string) {
	defer s.lock()()
	if n < 1 {
		s.w.failures = nil
		return
	}
	s.w.failures = append(s.w.failures, scriptedFailure{n, failureMode(mode), reason})
}

// Calls lists the calls so far, oldest first, among them refused and dropped ones. Of very many
// calls only the latest are kept.
func (s *Server) Calls() []Call {
	defer s.lock()()
	out := make([]Call, len(s.calls))
	for i, c := range s.calls {
		c.Params, c.Header = cloneValues(c.Params), c.Header.Clone()
		out[i] = c
	}
	return out
}

// Count tells how often an action was called.
func (s *Server) Count(action string) int {
	defer s.lock()()
	return s.counts[action]
}

// Counts tells how often each action was called.
func (s *Server) Counts() map[string]int {
	defer s.lock()()
	return maps.Clone(s.counts)
}

// Instances lists all instances that are not gone, in order of creation, among them those that
// DescribeInstances does not show yet.
func (s *Server) Instances() []Instance {
	defer s.lock()()
	return s.w.snapshots()
}

func (w *world) snapshots() []Instance {
	out := []Instance{}
	for _, in := range w.instances {
		out = append(out, in.snapshot())
	}
	return out
}

// Instance is the instance with an id; false if there is none or it is gone.
func (s *Server) Instance(id string) (Instance, bool) {
	defer s.lock()()
	in := s.w.byID[id]
	if in == nil {
		return Instance{}, false
	}
	return in.snapshot(), true
}

// Orders lists every order, oldest first.
func (s *Server) Orders() []Order {
	defer s.lock()()
	out := []Order{}
	for _, o := range s.w.orders {
		out = append(out, copyOrder(*o))
	}
	return out
}

// OrderOf is the id of the order of an instance, gone or not; "" if no order made it.
func (s *Server) OrderOf(instanceID string) string {
	defer s.lock()()
	return s.w.orderOf[instanceID]
}

// SetBillingStatus sets the status in the billing record of an instance, gone or not, such as 3
// or 8 (fact 118: failed to open, in arrears). It changes nothing else (fact 232: neither
// instance nor order). SetBillingStatus panics if there is no record of the instance.
func (s *Server) SetBillingStatus(instanceID string, status int) {
	defer s.lock()()
	rec := s.w.findRecord(instanceID)
	if rec == nil {
		panic(fmt.Sprintf("kecsim: there is no billing record of an instance %q", instanceID))
	}
	rec.status = status
}

// BillingStatus is the status in the billing record of an instance, gone or not; false if there
// is no record.
func (s *Server) BillingStatus(instanceID string) (int, bool) {
	defer s.lock()()
	rec := s.w.findRecord(instanceID)
	if rec == nil {
		return 0, false
	}
	return rec.status, true
}

// findRecord finds the billing record of an instance. If AddInstance has used the id again, it is
// the latest.
func (w *world) findRecord(instanceID string) *record {
	for _, rec := range slices.Backward(w.billing) {
		if rec.instanceID == instanceID {
			return rec
		}
	}
	return nil
}

// PutOrder adds an order, or replaces the one with its id.
func (s *Server) PutOrder(o Order) {
	defer s.lock()()
	o = copyOrder(o)
	s.w.putOrder(&o)
}

// Stock is how many instances of a type can be opened in a zone now. It panics if there is no
// such type or zone.
func (s *Server) Stock(zone, typ string) int {
	defer s.lock()()
	return s.mustMarket(zone, typ).stock
}

// Price is what a type costs in a zone now, decimals in CNY per hour. It panics if
// there is no such type or zone.
func (s *Server) Price(zone, typ string) (spot, onDemand string) {
	defer s.lock()()
	p := s.mustMarket(zone, typ).last()
	return p.spot.String(), p.onDemand.String()
}

// Balance is the account's balance, a decimal in CNY.
func (s *Server) Balance() string {
	defer s.lock()()
	return s.w.balance.String()
}

// SubnetFree is how many addresses a subnet has left. It panics if there is no such
// subnet.
func (s *Server) SubnetFree(subnetID string) int {
	defer s.lock()()
	return s.w.mustSubnet(subnetID).free
}

func copyOrder(o Order) Order {
	o.SubOrders = slices.Clone(o.SubOrders)
	for i, sub := range o.SubOrders {
		o.SubOrders[i].Items = slices.Clone(sub.Items)
		o.SubOrders[i].Extra = maps.Clone(sub.Extra)
	}
	o.Extra = maps.Clone(o.Extra)
	return o
}

func cloneValues(v url.Values) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = slices.Clone(values)
	}
	return out
}
