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

// addType offers one more instance type in every zone.
func (c api) addType(body []byte) error {
	var in struct {
		Name, Family           string
		VCPUs, MemoryGiB, GPUs int
		Spot, OnDemand         string
	}
	if err := errors.Join(decode(body, &in), checkMoney("spot", in.Spot), checkMoney("onDemand", in.OnDemand)); err != nil {
		return err
	}
	switch {
	case in.Name == "" || in.Family == "" || in.OnDemand == "":
		return errors.New("name, family and onDemand must be given")
	case in.VCPUs < 1 || in.MemoryGiB < 1 || in.GPUs < 0:
		return errors.New("vcpus and memoryGiB must be at least 1, and gpus not below 0")
	case c.checkType(in.Name) == nil:
		return fmt.Errorf("there is a type %q already; give a name that is new", protocol.Clip(in.Name))
	}
	c.sim.AddType(kecsim.Type{
		Name: in.Name, Family: in.Family, VCPUs: in.VCPUs, MemoryGB: in.MemoryGiB, GPUs: in.GPUs, Spot: in.Spot, OnDemand: in.OnDemand,
	})
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
	cidr, err := netip.ParsePrefix(in.CIDR)
	switch {
	case in.ID == "":
		return errors.New("id must be given")
	case err != nil:
		return fmt.Errorf("cidr must be like 10.7.9.0/24, not %q", protocol.Clip(in.CIDR))
	case in.Free != nil && (*in.Free < 1 || *in.Free > 250):
		return fmt.Errorf("free must be a number from 1 to 250, not %d", *in.Free)
	}
	if err := c.checkZone(in.Zone); err != nil {
		return err
	}
	for _, n := range all {
		if other, err := netip.ParsePrefix(n.CIDR); n.ID == in.ID || err == nil && other.Overlaps(cidr) {
			return fmt.Errorf("there is a subnet %q already, with the cidr %s", n.ID, n.CIDR)
		}
	}
	add := kecsim.Subnet{ID: in.ID, Name: in.Name, Zone: in.Zone, CIDR: in.CIDR}
	if in.Free != nil {
		add.Free = *in.Free
	}
	c.sim.AddSubnet(add)
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
	case !strings.HasPrefix(in.ID, "IMG-") || in.Name == "" || in.SizeGiB < 1:
		return errors.New("a new image needs an id that begins with IMG-, a name, and a sizeGiB from 1 on")
	case in.Type == "":
		in.Type = "custom"
	}
	c.sim.AddImage(kecsim.Image{
		ID: in.ID, Name: in.Name, Platform: in.Platform, Type: in.Type, SizeGB: in.SizeGiB, State: in.State, Created: c.sim.Now(),
	})
	return nil
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
	if in.Zone != "" {
		if err := c.checkZone(in.Zone); err != nil {
			return err
		}
	}
	if in.Type != "" {
		if err := c.checkType(in.Type); err != nil {
			return err
		}
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
