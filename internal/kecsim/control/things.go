package control

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Change does what a POST to a route of the control path does.
func Change(sim *kecsim.Server, route string, body []byte) error { return api{sim}.change(route, body) }

// addType offers one more instance type, in every zone or in those that are given.
func (c api) addType(body []byte) error {
	var in struct {
		Name, Family           string
		VCPUs, MemoryGiB, GPUs int
		Spot, OnDemand         string
		Zones                  *[]string
	}
	if err := errors.Join(decode(body, &in), checkMoney("spot", in.Spot), checkMoney("onDemand", in.OnDemand)); err != nil {
		return err
	}
	switch {
	case in.Name == "" || in.Family == "" || in.OnDemand == "":
		return errors.New("name, family and onDemand must be given")
	case in.VCPUs < 1:
		return fmt.Errorf("vcpus must be at least 1, not %d", in.VCPUs)
	case in.MemoryGiB < 1:
		return fmt.Errorf("memoryGiB must be at least 1, not %d", in.MemoryGiB)
	case in.GPUs < 0:
		return fmt.Errorf("gpus must not be below 0, not %d", in.GPUs)
	case c.checkType(in.Name) == nil:
		return fmt.Errorf("there is a type %q already; give a name that is new", protocol.Clip(in.Name))
	}
	add := kecsim.Type{
		Name: in.Name, Family: in.Family, VCPUs: in.VCPUs, MemoryGB: in.MemoryGiB, GPUs: in.GPUs, Spot: in.Spot, OnDemand: in.OnDemand,
	}
	if in.Zones != nil {
		if err := c.checkZones(*in.Zones); err != nil {
			return err
		}
		add.Zones = *in.Zones
	}
	c.sim.AddType(add)
	return nil
}

// checkZones checks a list of zones: one at least, and none twice.
func (c api) checkZones(zones []string) error {
	if len(zones) == 0 {
		return fmt.Errorf("zones must name at least one; there are %s", strings.Join(c.sim.Overview().Zones, ", "))
	}
	for i, zone := range zones {
		if err := c.checkZone(zone); err != nil {
			return err
		}
		if slices.Contains(zones[:i], zone) {
			return fmt.Errorf("zones must name each zone once, and name %q twice", zone)
		}
	}
	return nil
}

// setSubnet sets how many addresses a subnet has left, or with a zone and a CIDR adds one.
func (c api) setSubnet(body []byte) error {
	var in struct {
		ID, Name, Zone, CIDR string
		Free                 *int
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	all := c.sim.Overview().Subnets
	if in.Zone+in.CIDR+in.Name == "" {
		var ids []string
		for _, n := range all {
			ids = append(ids, n.ID)
		}
		if err := errors.Join(notBelowZero("free", in.Free), oneOf("subnet", in.ID, ids)); err != nil {
			return err
		}
		c.sim.SetSubnetFree(in.ID, *in.Free)
		return nil
	}
	switch {
	case in.ID == "":
		return errors.New("id must be given")
	case in.Free != nil && (*in.Free < 1 || *in.Free > 250):
		return fmt.Errorf("free must be a number from 1 to 250, not %d", *in.Free)
	}
	// The VPC to which subnets are added is in one region.
	if err := oneOf("zone", in.Zone, []string{kecsim.ZoneA, kecsim.ZoneB, kecsim.ZoneC}); err != nil {
		return err
	}
	if err := checkCIDR(in.ID, in.CIDR, all); err != nil {
		return err
	}
	add := kecsim.Subnet{ID: in.ID, Name: in.Name, Zone: in.Zone, CIDR: in.CIDR}
	if in.Free != nil {
		add.Free = *in.Free
	}
	c.sim.AddSubnet(add)
	return nil
}

// networks hold the subnets that can be added: those of kecsim.VPC.
var networks = netip.MustParsePrefix("10.7.0.0/16")

// checkCIDR checks the network of a subnet to be added: it has room for 250 addresses, and neither
// it nor the id is taken.
func checkCIDR(id, text string, taken []kecsim.Subnet) error {
	cidr, err := netip.ParsePrefix(text)
	if err != nil || cidr != cidr.Masked() || !networks.Contains(cidr.Addr()) || cidr.Bits() < networks.Bits() {
		return fmt.Errorf("cidr must be a network of %s, such as 10.7.9.0/24, not %q", networks, protocol.Clip(text))
	}
	for _, n := range taken {
		if n.ID == id {
			return fmt.Errorf("there is a subnet %q already; of that one only free can be changed", protocol.Clip(id))
		}
		if other, err := netip.ParsePrefix(n.CIDR); err == nil && other.Overlaps(cidr) {
			return fmt.Errorf("there is a subnet %q already, with the cidr %s", n.ID, n.CIDR)
		}
	}
	if cidr.Bits() > 24 {
		return fmt.Errorf("cidr must have room for 250 addresses, as a /24 has, not %q", protocol.Clip(text))
	}
	return nil
}

// setImage sets the state of an image, or with a platform adds one.
func (c api) setImage(body []byte) error {
	var in struct {
		ID, State, Name, Platform, Type string
		SizeGiB                         int
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.State == "" {
		return errors.New("state must be given")
	}
	if err := oneOf("state of images", in.State, kecsim.ImageStates()); err != nil {
		return err
	}
	var ids []string
	for _, im := range c.sim.Overview().Images {
		ids = append(ids, im.ID)
	}
	// The id of an image is taken as in a launch (fact 41: the prefix IMG- is optional).
	known := slices.Contains(ids, in.ID) || slices.Contains(ids, "IMG-"+in.ID)
	switch {
	case in.Platform == "" && !known:
		return oneOf("image", in.ID, ids)
	case in.Platform == "" && in.Name+in.Type == "" && in.SizeGiB == 0:
		c.sim.SetImageState(in.ID, in.State)
		return nil
	case known:
		return fmt.Errorf("there is an image %q already; only its state can be changed", protocol.Clip(in.ID))
	case !strings.HasPrefix(in.ID, "IMG-"):
		return fmt.Errorf("id must begin with IMG- for a new image, not be %q", protocol.Clip(in.ID))
	case in.Name == "":
		return errors.New("name must be given for a new image")
	case in.SizeGiB < 1:
		return fmt.Errorf("sizeGiB must be at least 1 for a new image, not %d", in.SizeGiB)
	case in.Type == "":
		in.Type = "custom"
	}
	c.sim.AddImage(kecsim.Image{
		ID: in.ID, Name: in.Name, Platform: in.Platform, Type: in.Type, SizeGB: in.SizeGiB, State: in.State, Created: c.sim.Now(),
	})
	return nil
}

// addModel adds a launch template, or a further version of one.
func (c api) addModel(body []byte) error {
	var in kecsim.Model
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.ID == "" || in.Name == "" {
		return errors.New("id and name must be given")
	}
	return c.sim.AddModel(in)
}

// reclaim announces the release of machines in ten minutes.
func (c api) reclaim(body []byte) error {
	return c.each(body, c.sim.Reclaim, func(in kecsim.Instance) bool { return in.RecyclingTime.IsZero() })
}

// release takes machines back at once.
func (c api) release(body []byte) error {
	return c.each(body, c.sim.Release, func(kecsim.Instance) bool { return true })
}

// each does something to the machine of an id, or to the spot machines that run, for which may
// holds, and that are meant: the oldest first, and no more of them than count says.
func (c api) each(body []byte, do func(id string), may func(kecsim.Instance) bool) error {
	var in struct {
		ID, Name, Zone, Type string
		Count                *int
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.ID != "" {
		if in.Name+in.Zone+in.Type != "" || in.Count != nil {
			return errors.New("id names one machine and takes no other field")
		}
		if err := c.checkInstance(in.ID); err != nil {
			return err
		}
		do(in.ID)
		return nil
	}
	switch {
	case in.Name+in.Zone+in.Type == "" && in.Count == nil:
		return errors.New(`id, name (with * at the end for any that begins so), zone, type or count must be given`)
	case in.Count != nil && *in.Count < 1:
		return fmt.Errorf("count must be at least 1, not %d", *in.Count)
	}
	if err := c.checkPlace(in.Zone, in.Type); err != nil {
		return err
	}
	begin, any := strings.CutSuffix(in.Name, "*")
	done := 0
	for _, one := range c.sim.Instances() {
		named := in.Name == "" || one.Name == in.Name || any && strings.HasPrefix(one.Name, begin)
		if named && (in.Zone == "" || one.Zone == in.Zone) && (in.Type == "" || one.Type == in.Type) &&
			one.ChargeType == "Spot" && one.State == "active" && may(one) && (in.Count == nil || done < *in.Count) {
			do(one.ID)
			done++
		}
	}
	return nil
}

// checkPlace checks a zone, a type or both; "" is any.
func (c api) checkPlace(zone, typ string) error {
	switch {
	case zone != "" && typ != "":
		return c.checkMarket(zone, typ)
	case zone != "":
		return c.checkZone(zone)
	case typ != "":
		return c.checkType(typ)
	}
	return nil
}
