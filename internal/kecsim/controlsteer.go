package kecsim

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// maxAdvance bounds one step, so that a slip of the finger does not walk prices
// through a century.
const maxAdvance = 366 * 24 * time.Hour

func (s *Server) steer(route string, body []byte) error {
	steps := map[string]func([]byte) error{
		"price": s.steerPrice, "stock": s.steerStock, "disk": s.steerDisk, "quota": s.steerQuota, "balance": s.steerBalance,
		"subnet": s.steerSubnet, "image": s.steerImage, "reclaim": s.steerReclaim, "release": s.steerRelease,
		"advance": s.steerAdvance, "fault": s.steerFault, "fail-launches": s.steerFailLaunches,
		"refuse-terminate": s.steerRefuse, "deny": s.steerDeny, "settings": s.steerSettings, "order": s.steerOrder,
		"billing": s.steerBilling, "clock": s.steerClock, "throttle": s.steerThrottle,
		"refuse-share": s.steerRefuseShare, "machines": s.steerMachines,
	}
	step := steps[route]
	if step == nil {
		return errUnknownRoute
	}
	return step(body)
}

func (s *Server) checkMarket(zone, typ string) error {
	defer s.lock()()
	if s.w.markets[marketKey{zone, typ}] == nil {
		return fmt.Errorf("there is no type %q in zone %q", protocol.Clip(typ), protocol.Clip(zone))
	}
	return nil
}

func (s *Server) checkInstance(id string) error {
	defer s.lock()()
	if s.w.byID[id] == nil {
		return fmt.Errorf("there is no instance %q", protocol.Clip(id))
	}
	return nil
}

func checkMoney(name, value string) error {
	if _, err := protocol.ParseMoney(value); value != "" && err != nil {
		return fmt.Errorf("%s %q %w", name, protocol.Clip(value), err)
	}
	return nil
}

func notBelowZero(name string, n *int) error {
	if n == nil || *n < 0 {
		return fmt.Errorf("%s must be a number from 0", name)
	}
	return nil
}

func (s *Server) steerPrice(body []byte) error {
	var in struct{ Zone, Type, Spot, OnDemand string }
	if err := errors.Join(decodeControl(body, &in), checkMoney("spot", in.Spot), checkMoney("onDemand", in.OnDemand)); err != nil {
		return err
	}
	if in.Spot == "" && in.OnDemand == "" {
		return errors.New("spot or onDemand must be given")
	}
	if err := s.checkMarket(in.Zone, in.Type); err != nil {
		return err
	}
	s.SetPrice(in.Zone, in.Type, in.Spot, in.OnDemand)
	return nil
}

func (s *Server) steerStock(body []byte) error {
	var in struct {
		Zone, Type string
		Count      *int
	}
	if err := errors.Join(decodeControl(body, &in), notBelowZero("count", in.Count)); err != nil {
		return err
	}
	if err := s.checkMarket(in.Zone, in.Type); err != nil {
		return err
	}
	s.SetStock(in.Zone, in.Type, *in.Count)
	return nil
}

func (s *Server) steerDisk(body []byte) error {
	var in struct {
		Zone, Type string
		SoldOut    *bool
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if in.SoldOut == nil {
		return errors.New("soldOut must be given")
	}
	if !slices.Contains(dataDiskTypes, in.Type) {
		return fmt.Errorf("there is no data disk type %q", protocol.Clip(in.Type))
	}
	if err := s.checkWorld("zone", in.Zone, func() bool { return s.w.regionOf(in.Zone) != "" }); err != nil {
		return err
	}
	s.SellOutDisk(in.Zone, in.Type, *in.SoldOut)
	return nil
}

func (s *Server) steerQuota(body []byte) error {
	var in struct{ Count *int }
	if err := errors.Join(decodeControl(body, &in), notBelowZero("count", in.Count)); err != nil {
		return err
	}
	s.SetQuota(*in.Count)
	return nil
}

func (s *Server) steerBalance(body []byte) error {
	var in struct{ Yuan string }
	if err := errors.Join(decodeControl(body, &in), checkMoney("yuan", in.Yuan)); err != nil {
		return err
	}
	if in.Yuan == "" {
		return errors.New("yuan must be given")
	}
	s.SetBalance(in.Yuan)
	return nil
}

func (s *Server) steerSubnet(body []byte) error {
	var in struct {
		ID   string
		Free *int
	}
	if err := errors.Join(decodeControl(body, &in), notBelowZero("free", in.Free)); err != nil {
		return err
	}
	if err := s.checkWorld("subnet", in.ID, func() bool {
		for _, n := range s.w.subnets {
			if n.id == in.ID {
				return true
			}
		}
		return false
	}); err != nil {
		return err
	}
	s.SetSubnetFree(in.ID, *in.Free)
	return nil
}

func (s *Server) checkWorld(what, id string, known func() bool) error {
	defer s.lock()()
	if !known() {
		return fmt.Errorf("there is no %s %q", what, protocol.Clip(id))
	}
	return nil
}

func (s *Server) steerImage(body []byte) error {
	var in struct{ ID, State string }
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if in.State == "" {
		return errors.New("state must be given")
	}
	if err := s.checkWorld("image", in.ID, func() bool { return s.w.findImage(in.ID) != nil }); err != nil {
		return err
	}
	s.SetImageState(in.ID, in.State)
	return nil
}

func (s *Server) steerReclaim(body []byte) error { return s.onInstance(body, s.Reclaim) }

func (s *Server) steerRelease(body []byte) error { return s.onInstance(body, s.Release) }

func (s *Server) onInstance(body []byte, do func(id string)) error {
	var in struct{ ID string }
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if err := s.checkInstance(in.ID); err != nil {
		return err
	}
	do(in.ID)
	return nil
}

func (s *Server) steerAdvance(body []byte) error {
	var in struct{ Duration string }
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	d, err := time.ParseDuration(in.Duration)
	if err != nil || d <= 0 || d > maxAdvance {
		return fmt.Errorf("duration must be like 1h30m, above 0 and at most %s, not %q", maxAdvance, protocol.Clip(in.Duration))
	}
	s.Advance(d)
	return nil
}

func (s *Server) steerClock(body []byte) error {
	var in struct{ Offset string }
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	d, err := time.ParseDuration(in.Offset)
	if err != nil || d.Abs() > maxAdvance {
		return fmt.Errorf("offset must be like -20m, at most %s either way, not %q", maxAdvance, protocol.Clip(in.Offset))
	}
	s.SetClockOffset(d)
	return nil
}

func (s *Server) steerDeny(body []byte) error {
	var in struct {
		Service, Action string
		Deny            bool
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if services[in.Service] == nil {
		return fmt.Errorf("there is no service %q", protocol.Clip(in.Service))
	}
	switch {
	case in.Action == "":
		s.DenyService(in.Service, in.Deny)
	case services[in.Service][in.Action] == nil:
		return fmt.Errorf("service %q has no action %q", in.Service, protocol.Clip(in.Action))
	default:
		s.DenyAction(in.Service, in.Action, in.Deny)
	}
	return nil
}

func (s *Server) steerSettings(body []byte) error {
	var in struct {
		Boot, VisibleAfter, TerminateTime *string
		Stop, Start, Reboot, Modify       *string
		AsyncChecks, CauseFields          *bool
		UpperKeys, WrapOrders, MovePrices *bool
		FailureMode                       *string
		Seed                              *int64
		MaxDataDisks, MaxDataDiskSize     *int
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	var times [7]*time.Duration
	for i, v := range []*string{in.Boot, in.VisibleAfter, in.TerminateTime, in.Stop, in.Start, in.Reboot, in.Modify} {
		if v == nil {
			continue
		}
		d, err := time.ParseDuration(*v)
		if err != nil || d < 0 || d > maxAdvance {
			return fmt.Errorf("boot, visibleAfter, terminateTime, stop, start, reboot and modify must be like 20s, not %q", protocol.Clip(*v))
		}
		times[i] = &d
	}
	if in.FailureMode != nil {
		if err := checkMode(*in.FailureMode); err != nil {
			return err
		}
	}
	for name, n := range map[string]*int{"maxDataDisks": in.MaxDataDisks, "maxDataDiskSize": in.MaxDataDiskSize} {
		if n != nil {
			if err := notBelowZero(name, n); err != nil {
				return err
			}
		}
	}
	s.Update(func(set *Settings) {
		for i, to := range []*time.Duration{
			&set.Boot, &set.VisibleAfter, &set.TerminateTime, &set.Stop, &set.Start, &set.Reboot, &set.Modify,
		} {
			assign(to, times[i])
		}
		assign(&set.AsyncChecks, in.AsyncChecks)
		assign(&set.CauseFields, in.CauseFields)
		assign(&set.UpperKeys, in.UpperKeys)
		assign(&set.WrapOrders, in.WrapOrders)
		assign(&set.MovePrices, in.MovePrices)
		assign(&set.FailureMode, in.FailureMode)
		assign(&set.Seed, in.Seed)
		assign(&set.MaxDataDisks, in.MaxDataDisks)
		assign(&set.MaxDataDiskSize, in.MaxDataDiskSize)
	})
	return nil
}

// maxMachines bounds what one call adds.
const maxMachines = 100000

func (s *Server) steerMachines(body []byte) error {
	var in struct {
		Count            int
		Name, ChargeType string
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	switch {
	case in.Count < 1 || in.Count > maxMachines:
		return fmt.Errorf("count must be between 1 and %d, not %d", maxMachines, in.Count)
	case in.ChargeType != "" && billTypes[in.ChargeType] == 0:
		return fmt.Errorf("there is no charge type %q", protocol.Clip(in.ChargeType))
	}
	for range in.Count {
		s.AddInstance(Instance{Name: in.Name, ChargeType: in.ChargeType})
	}
	return nil
}

func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (s *Server) steerOrder(body []byte) error {
	var o Order
	if err := decodeControl(body, &o); err != nil {
		return err
	}
	if o.ID == "" {
		return errors.New("id must be given")
	}
	money := map[string]string{
		"totalMoney": o.TotalMoney, "realMoney": o.RealMoney, "payableMoney": o.PayableMoney, "discountAmount": o.DiscountAmount,
	}
	for _, sub := range o.SubOrders {
		money["price of sub-order "+sub.ID] = sub.Price
	}
	for name, value := range money {
		if err := checkMoney(name, value); err != nil {
			return err
		}
	}
	s.PutOrder(o)
	return nil
}

func (s *Server) steerBilling(body []byte) error {
	var in struct {
		ID     string
		Status int
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if billingNames[in.Status] == "" {
		return fmt.Errorf("status must be between 1 and 12, not %d", in.Status)
	}
	if err := s.checkWorld("billing record of instance", in.ID, func() bool { return s.w.findRecord(in.ID) != nil }); err != nil {
		return err
	}
	s.SetBillingStatus(in.ID, in.Status)
	return nil
}
