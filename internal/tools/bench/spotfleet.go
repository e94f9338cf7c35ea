package main

import (
	"context"
	"fmt"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// spotFleetHCL is one kec_spot_fleet, of the same machines as [fleetHCL].
const spotFleetHCL = `terraform {
  required_providers {
    kec = { source = "kingsoftcloud/kec" }
  }
}

resource "kec_spot_fleet" "workers" {
  target_capacity    = %d
  candidates         = [{ instance_type = %q, subnet_id = %q, spot_price_limit = 0.1 }]
  image_id           = %q
  security_group_ids = [%q]
  key_ids            = [%q]
  instance_name      = "worker-"
  tags               = { fleet = "bench" }

  data_disks = [
    { type = "SSD3.0", size_gib = 50, delete_with_instance = true },
  ]
}
`

// spotFleet is what is measured of one kec_spot_fleet.
type spotFleet struct {
	machines                          int
	apply, plan, unrefreshed, destroy sample
	alive                             int // machines that are left some seconds after the destruction
}

// spotFleetSizes are the numbers of machines of a fleet that are measured, as far as they are asked
// for.
var spotFleetSizes = map[int]bool{1: true, 100: true, 1000: true}

// spotFleet measures a life of one kec_spot_fleet. It is older than the two minutes for which an
// absence proves nothing when it is destroyed, as most are.
func (b *bench) spotFleet(ctx context.Context, n int) (f spotFleet, err error) {
	f.machines = n
	w, err := b.world(ctx, fmt.Sprintf("a fleet of %d", n), n, fmt.Sprintf(spotFleetHCL,
		n, kecsim.TypeSmall, kecsim.SubnetA, kecsim.ImageUbuntu, kecsim.SecurityGroup, kecsim.KeyA))
	if err != nil {
		return f, err
	}
	defer w.close()
	if err := w.slow(ctx); err != nil {
		return f, err
	}
	for _, each := range []struct {
		to   *sample
		args []string
	}{
		{&f.apply, []string{"apply", "-auto-approve"}},
		{&f.plan, []string{"plan", "-detailed-exitcode"}},
		{&f.unrefreshed, []string{"plan", "-detailed-exitcode", "-refresh=false"}},
		{&f.destroy, []string{"destroy", "-auto-approve", "-refresh=false"}},
	} {
		if each.to == &f.destroy {
			if err := w.steer(ctx, "advance", `{"duration": "10m"}`); err != nil {
				return f, err
			}
		}
		s, err := b.one(ctx, w, each.args...)
		if err != nil {
			return f, err
		}
		*each.to = *s
	}
	f.alive, err = w.alive(ctx)
	return f, err
}

// spotFleetAt finds the fleet of a size.
func (r result) spotFleetAt(machines int) (spotFleet, bool) {
	for _, f := range r.spotFleets {
		if f.machines == machines {
			return f, true
		}
	}
	return spotFleet{}, false
}

// spotFleetPage is the part of the page about kec_spot_fleet.
func spotFleetPage(r result, line func(format string, args ...any)) {
	if len(r.spotFleets) == 0 {
		return
	}
	line("\n## One `kec_spot_fleet` of as many machines\n")
	line("Destroyed with `-refresh=false` when its machines are older than the two minutes for which an absence proves nothing.\n")
	line("| machines | creation: requests | seconds | refresh: requests | seconds | `-refresh=false`: seconds | memory | destruction: requests | seconds | alive %s later |", later)
	line("| ---: | --- | ---: | --- | ---: | ---: | ---: | --- | ---: | ---: |")
	for _, f := range r.spotFleets {
		line("| %d | %s | %s | %s | %s | %s | %s | %s | %s | %d |", f.machines, f.apply.requests, seconds(f.apply.seconds), f.plan.requests, seconds(f.plan.seconds),
			seconds(f.unrefreshed.seconds), bytesOf(max(f.apply.Memory, f.plan.Memory, f.destroy.Memory)), f.destroy.requests, seconds(f.destroy.seconds), f.alive)
	}
}
