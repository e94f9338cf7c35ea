package control

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// maxAdvance bounds times and steps of time, so that a typing error does not walk prices through a
// century.
const maxAdvance = 366 * 24 * time.Hour

func (c api) change(route string, body []byte) error {
	steps := map[string]func([]byte) error{
		"price": c.setPrice, "stock": c.setStock, "disk": c.setDisk, "quota": c.setQuota, "balance": c.setBalance,
		"subnet": c.setSubnet, "image": c.setImage, "reclaim": c.reclaim, "release": c.release,
		"advance": c.advance, "fault": c.scriptFault, "fail-launches": c.failLaunches,
		"refuse-terminate": c.refuseTerminate, "deny": c.deny, "settings": c.setSettings, "order": c.putOrder,
		"type": c.addType, "billing": c.setBilling, "clock": c.setClock, "throttle": c.setThrottle,
		"refuse-share": c.refuseShare, "machines": c.addMachines, "lag": c.setLag, "account": c.addAccount, "edit": c.edit,
		"model": c.addModel,
	}
	step := steps[route]
	if step == nil {
		return errUnknownRoute
	}
	return step(body)
}

// checkMarket checks that a type is offered in a zone.
func (c api) checkMarket(zone, typ string) error {
	if err := c.checkZone(zone); err != nil {
		return err
	}
	if err := c.checkType(typ); err != nil {
		return err
	}
	var zones []string
	for _, offer := range c.sim.Overview().Offers {
		if offer.Type == typ {
			zones = append(zones, offer.Zone)
		}
	}
	if !slices.Contains(zones, zone) {
		return fmt.Errorf("the zone %q does not offer the type %s; these do: %s", zone, typ, strings.Join(zones, ", "))
	}
	return nil
}

func (c api) checkZone(zone string) error {
	return oneOf("zone", zone, c.sim.Overview().Zones)
}

// checkAction checks the name of an action of any service.
func (c api) checkAction(action string) error {
	all := slices.Concat(slices.Collect(maps.Values(c.sim.Overview().Actions))...)
	return oneOf("action", action, all)
}

// checkType checks that a type is offered in any zone.
func (c api) checkType(typ string) error {
	var types []string
	for _, offer := range c.sim.Overview().Offers {
		types = append(types, offer.Type)
	}
	return oneOf("type", typ, types)
}

func (c api) checkInstance(id string) error {
	_, known := c.sim.Instance(id)
	return exists("instance", id, known)
}

func exists(what, id string, known bool) error {
	if !known {
		return fmt.Errorf("there is no %s %q", what, protocol.Clip(id))
	}
	return nil
}

// oneOf checks that something is there, and says what is.
func oneOf(what, id string, known []string) error {
	if slices.Contains(known, id) {
		return nil
	}
	known = slices.Clone(known)
	slices.Sort(known)
	return fmt.Errorf("%w; there are %s", exists(what, id, false), strings.Join(slices.Compact(known), ", "))
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

func (c api) setPrice(body []byte) error {
	var in struct{ Zone, Type, Spot, OnDemand string }
	if err := errors.Join(decode(body, &in), checkMoney("spot", in.Spot), checkMoney("onDemand", in.OnDemand)); err != nil {
		return err
	}
	if in.Spot == "" && in.OnDemand == "" {
		return errors.New("spot or onDemand must be given")
	}
	if err := c.checkMarket(in.Zone, in.Type); err != nil {
		return err
	}
	c.sim.SetPrice(in.Zone, in.Type, in.Spot, in.OnDemand)
	return nil
}

func (c api) setStock(body []byte) error {
	var in struct {
		Zone, Type string
		Count      *int
	}
	if err := errors.Join(decode(body, &in), notBelowZero("count", in.Count)); err != nil {
		return err
	}
	if err := c.checkMarket(in.Zone, in.Type); err != nil {
		return err
	}
	c.sim.SetStock(in.Zone, in.Type, *in.Count)
	return nil
}

func (c api) setDisk(body []byte) error {
	var in struct {
		Zone, Type string
		SoldOut    *bool
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.SoldOut == nil {
		return errors.New("soldOut must be given")
	}
	w := c.sim.Overview()
	err := oneOf("data disk type", in.Type, w.DataDiskTypes)
	if err == nil {
		err = c.checkZone(in.Zone)
	}
	if err != nil {
		return err
	}
	c.sim.SellOutDisk(in.Zone, in.Type, *in.SoldOut)
	return nil
}

func (c api) setQuota(body []byte) error {
	var in struct{ Count *int }
	if err := errors.Join(decode(body, &in), notBelowZero("count", in.Count)); err != nil {
		return err
	}
	c.sim.SetQuota(*in.Count)
	return nil
}

func (c api) setBalance(body []byte) error {
	var in struct{ Yuan string }
	if err := errors.Join(decode(body, &in), checkMoney("yuan", in.Yuan)); err != nil {
		return err
	}
	if in.Yuan == "" {
		return errors.New("yuan must be given")
	}
	c.sim.SetBalance(in.Yuan)
	return nil
}

func (c api) advance(body []byte) error {
	var in struct{ Duration string }
	if err := decode(body, &in); err != nil {
		return err
	}
	d, err := time.ParseDuration(in.Duration)
	if err != nil || d <= 0 || d > maxAdvance {
		return fmt.Errorf("duration must be like 1h30m, above 0 and at most %s, not %q", maxAdvance, protocol.Clip(in.Duration))
	}
	c.sim.Advance(d)
	return nil
}

func (c api) setClock(body []byte) error {
	var in struct{ Offset string }
	if err := decode(body, &in); err != nil {
		return err
	}
	d, err := time.ParseDuration(in.Offset)
	if err != nil || d.Abs() > maxAdvance {
		return fmt.Errorf("offset must be like -20m, at most %s either way, not %q", maxAdvance, protocol.Clip(in.Offset))
	}
	c.sim.SetClockOffset(d)
	return nil
}

func (c api) deny(body []byte) error {
	var in struct {
		Service, Action string
		Deny            bool
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	all := c.sim.Overview().Actions
	actions := all[in.Service]
	if err := oneOf("service", in.Service, slices.Collect(maps.Keys(all))); err != nil {
		return err
	}
	switch {
	case in.Action == "":
		c.sim.DenyService(in.Service, in.Deny)
	case !slices.Contains(actions, in.Action):
		return fmt.Errorf("service %q has no action %q; it has %s", in.Service, protocol.Clip(in.Action), strings.Join(actions, ", "))
	default:
		c.sim.DenyAction(in.Service, in.Action, in.Deny)
	}
	return nil
}

// settings is what may be set of the world; what is left out stays.
type settings struct {
	Boot, VisibleAfter, TerminateTime *string
	FreeAfter, ErrorLasts, ErrorState *string
	KeepEIP                           *bool
	Stop, Start, Reboot, Modify       *string
	AsyncChecks, CauseFields          *bool
	UpperKeys, WrapOrders, MovePrices *bool
	MoveStock                         *bool
	LookUpsPerProject                 *bool
	XML, ReturnAsBoolean              *bool
	FailureMode                       *string
	Odd, OddOrders                    *[]string
	Seed                              *int64
	MaxDataDisks, MaxDataDiskSize     *int
	MaxStock                          *int
}

// times reads those of the settings that are times and are given.
func (in *settings) times() (map[string]*time.Duration, error) {
	out := map[string]*time.Duration{}
	for name, v := range map[string]*string{
		"boot": in.Boot, "visibleAfter": in.VisibleAfter, "terminateTime": in.TerminateTime, "freeAfter": in.FreeAfter,
		"stop": in.Stop, "start": in.Start, "reboot": in.Reboot, "modify": in.Modify, "errorLasts": in.ErrorLasts,
	} {
		if v == nil {
			continue
		}
		d, err := time.ParseDuration(*v)
		if err != nil || d < 0 || d > maxAdvance {
			return nil, fmt.Errorf("%s must be like 20s, not below 0 and at most %s, not %q", name, maxAdvance, protocol.Clip(*v))
		}
		out[name] = &d
	}
	return out, nil
}

func (c api) setSettings(body []byte) error {
	var in settings
	if err := decode(body, &in); err != nil {
		return err
	}
	times, err := in.times()
	if err != nil {
		return err
	}
	if err := errors.Join(checkWays(in.FailureMode, in.Odd, in.OddOrders), checkErrorState(in.ErrorState)); err != nil {
		return err
	}
	for name, n := range map[string]*int{"maxDataDisks": in.MaxDataDisks, "maxDataDiskSize": in.MaxDataDiskSize, "maxStock": in.MaxStock} {
		if n != nil {
			if err := notBelowZero(name, n); err != nil {
				return err
			}
		}
	}
	c.sim.Update(func(set *kecsim.Settings) {
		for name, to := range map[string]*time.Duration{
			"boot": &set.Boot, "visibleAfter": &set.VisibleAfter, "terminateTime": &set.TerminateTime, "freeAfter": &set.FreeAfter,
			"stop": &set.Stop, "start": &set.Start, "reboot": &set.Reboot, "modify": &set.Modify, "errorLasts": &set.ErrorLasts,
		} {
			assign(to, times[name])
		}
		assign(&set.KeepEIP, in.KeepEIP)
		assign(&set.AsyncChecks, in.AsyncChecks)
		assign(&set.CauseFields, in.CauseFields)
		assign(&set.UpperKeys, in.UpperKeys)
		assign(&set.WrapOrders, in.WrapOrders)
		assign(&set.MovePrices, in.MovePrices)
		assign(&set.MoveStock, in.MoveStock)
		assign(&set.MaxStock, in.MaxStock)
		assign(&set.LookUpsPerProject, in.LookUpsPerProject)
		assign(&set.XML, in.XML)
		assign(&set.ReturnAsBoolean, in.ReturnAsBoolean)
		assign(&set.FailureMode, in.FailureMode)
		assign(&set.Odd, in.Odd)
		assign(&set.OddOrders, in.OddOrders)
		assign(&set.ErrorState, in.ErrorState)
		assign(&set.Seed, in.Seed)
		assign(&set.MaxDataDisks, in.MaxDataDisks)
		assign(&set.MaxDataDiskSize, in.MaxDataDiskSize)
	})
	return nil
}

// maxMachines bounds the instances that one call adds.
const maxMachines = 100000

func (c api) addMachines(body []byte) error {
	var in struct {
		Count            int
		Name, ChargeType string
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	switch {
	case in.Count < 1 || in.Count > maxMachines:
		return fmt.Errorf("count must be between 1 and %d, not %d", maxMachines, in.Count)
	case in.ChargeType != "":
		if err := oneOf("charge type", in.ChargeType, c.sim.Overview().ChargeTypes); err != nil {
			return err
		}
	}
	for range in.Count {
		c.sim.AddInstance(kecsim.Instance{Name: in.Name, ChargeType: in.ChargeType})
	}
	return nil
}

func assign[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func (c api) putOrder(body []byte) error {
	var o kecsim.Order
	if err := decode(body, &o); err != nil {
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
	c.sim.PutOrder(o)
	return nil
}

func (c api) setBilling(body []byte) error {
	var in struct {
		ID     string
		Status int
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.Status < 1 || in.Status > 12 {
		return fmt.Errorf("status must be between 1 and 12, not %d", in.Status)
	}
	_, known := c.sim.BillingStatus(in.ID)
	if err := exists("billing record of instance", in.ID, known); err != nil {
		return err
	}
	c.sim.SetBillingStatus(in.ID, in.Status)
	return nil
}
