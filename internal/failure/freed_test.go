package failure

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
)

// A refusal may be for what a machine that was ended still holds: a unit of the quota, of the stock
// of its type in its zone, an address of its subnets, or its own address. It is for nothing else.
func TestHeld_forWhatWasGivenBack(t *testing.T) {
	t.Parallel()
	machine := market.Launch{InstanceType: kecsim.TypeSmall, SubnetID: kecsim.SubnetA, PrivateIP: "10.0.0.9", OtherSubnetIDs: []string{kecsim.SubnetB}}
	alike := func(change func(*market.Launch)) market.Launch {
		launch := machine
		change(&launch)
		return launch
	}
	said := func(e ksyun.Error) error {
		e.Action, e.Status = "RunInstances", 400
		return &e
	}
	noAddress := refusal("SubnetIpNotEnough", "no free address", "")
	taken := said(ksyun.Error{Code: "InvalidParameterValue", Message: "it is in use", Param: "NetworkInterface.1.PrivateIpAddress"})
	for name, c := range map[string]struct {
		launch market.Launch
		err    error
		want   bool
	}{
		"the quota":                    {machine, refusal("InstanceQuotaExceeded", "", ""), true},
		"its stock":                    {machine, errSoldOut, true},
		"without words":                {machine, refusal("ProductSellOutInvalid", "", ""), true},
		"without a code":               {machine, refusal("", "out of stock", ""), true},
		"the stock of another type":    {alike(func(l *market.Launch) { l.InstanceType = "N3.4B" }), errSoldOut, false},
		"the stock beside another":     {alike(func(l *market.Launch) { l.SubnetID = kecsim.SubnetC }), errSoldOut, false},
		"a disk's stock":               {machine, said(ksyun.Error{Code: "ProductSellOutInvalid", Param: "DataDisk.1.Type"}), false},
		"an address":                   {machine, noAddress, true},
		"of a secondary interface":     {alike(func(l *market.Launch) { l.SubnetID, l.OtherSubnetIDs = "s-9", []string{kecsim.SubnetB} }), noAddress, true},
		"of a subnet of no machine":    {alike(func(l *market.Launch) { l.SubnetID, l.OtherSubnetIDs = "s-9", nil }), noAddress, false},
		"its own address, by a name":   {machine, taken, true},
		"its own address, in words":    {machine, refusal("Odd", "10.0.0.9 is in use", ""), true},
		"another's address":            {alike(func(l *market.Launch) { l.PrivateIP = "10.0.0.8" }), taken, false},
		"no address of its own":        {alike(func(l *market.Launch) { l.PrivateIP = "" }), taken, false},
		"its address in other words":   {machine, refusal("Odd", "10.0.0.8 is in use", ""), false},
		"an address beside another":    {alike(func(l *market.Launch) { l.SubnetID = kecsim.SubnetC }), taken, false},
		"the balance":                  {machine, refusal("Payment.InsufficientBalance", "", ""), false},
		"a refusal of another action":  {machine, &ksyun.Error{Action: "DescribeInstances", Code: "InstanceQuotaExceeded", Status: 400}, false},
		"an answer that is not KEC's":  {machine, said(ksyun.Error{Message: "10.0.0.9 quota exceeded", Unusable: true}), false},
		"an answer that says nothing":  {machine, said(ksyun.Error{}), false},
		"no answer":                    {machine, context.Canceled, false},
		"an address that is not given": {alike(func(l *market.Launch) { l.PrivateIP = "" }), refusal("Odd", "10.0.0.9 is in use", ""), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := NewRefusals(explainerOf(t, kecsim.New()))
			wantEqual(t, "before", begin(t, r, c.launch).Held(c.err), false)
			over := r.Ending(machine)
			wantEqual(t, "while it is ended", begin(t, r, c.launch).Held(c.err), c.want)
			over(nil)
			wantEqual(t, "once it is gone", begin(t, r, c.launch).Held(c.err), c.want)
			begin(t, r, machine).Accepted(1)
			wantEqual(t, "once it is replaced", begin(t, r, c.launch).Held(c.err), false)
			r.Ending(machine)(errors.New("no"))
			wantEqual(t, "after a termination that failed", begin(t, r, c.launch).Held(c.err), false)
		})
	}
}

// The stock is that of a zone as soon as a machine has shown it; a subnet stands for it until then.
func TestHeld_theZoneIsLearnt(t *testing.T) {
	t.Parallel()
	r := NewRefusals(explainerOf(t, kecsim.New()))
	in := func(subnet, zone string) market.Launch {
		return market.Launch{InstanceType: kecsim.TypeSmall, SubnetID: subnet, Zone: zone}
	}
	wantEqual(t, "no zone", r.stockKey(in("s-1", "")), "stock of N3.2B in s-1")
	wantEqual(t, "told", r.stockKey(in("s-1", "z-1")), "stock of N3.2B in z-1")
	r.Ending(in("s-2", ""))(nil)
	wantEqual(t, "a machine that tells none", r.stockKey(in("s-2", "")), "stock of N3.2B in s-2")
	r.Ending(in("s-1", "z-1"))(nil)
	wantEqual(t, "learnt", r.stockKey(in("s-1", "")), "stock of N3.2B in z-1")
	wantEqual(t, "another subnet of the zone", begin(t, r, in("s-3", "z-1")).Held(errSoldOut), true)
	wantEqual(t, "one of no known zone", begin(t, r, in("s-3", "")).Held(errSoldOut), false)

	held := freed{}
	held.add([]string{"a", "b"}, 2)
	held.add([]string{"a"}, -3)
	held.add([]string{"a"}, 1)
	wantEqual(t, "never less than none", fmt.Sprint(held), "map[a:1 b:2]")
}
