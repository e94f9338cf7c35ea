package kecsim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What is scheduled happens at its time of the world's clock, however far the clock is moved at
// once, between what the world does by itself before and after.
func TestAfter_inTheOrderOfTime(t *testing.T) {
	t.Parallel()
	sim, _ := newWorld(t)
	id := sim.AddInstance(Instance{ChargeType: "Spot"})
	var log []string
	note := func(what string) func() {
		return func() {
			in, there := sim.Instance(id)
			log = append(log, fmt.Sprintf("%s: stock %d, there %t, announced %t", what, sim.Stock(ZoneA, TypeSmall), there, !in.RecyclingTime.IsZero()))
		}
	}
	sim.After(20*time.Minute, note("as it is released, and scheduled earlier"))
	sim.After(15*time.Minute, note("announced"))
	sim.After(10*time.Minute, func() {
		sim.SetStock(ZoneA, TypeSmall, 7)
		sim.Reclaim(id)
		sim.After(-time.Minute, note("at once")) // a time that has passed
	})
	sim.After(30*time.Minute, note("released"))
	sim.After(5*time.Minute, note("before"))
	sim.Advance(time.Hour)
	same(t, "log", strings.Join(log, "\n"), strings.Join([]string{
		"before: stock 49, there true, announced false", "at once: stock 7, there true, announced true", "announced: stock 7, there true, announced true",
		"as it is released, and scheduled earlier: stock 7, there true, announced true", "released: stock 8, there false, announced false",
	}, "\n"))
	in := sim.AddInstance(Instance{ChargeType: "Spot"})
	sim.Reclaim(in)
	at := sim.Now().Add(10 * time.Minute)
	if got, _ := sim.Instance(in); !got.RecyclingTime.Equal(at) {
		t.Errorf("released at %s, want %s", got.RecyclingTime, at)
	}
}

func TestAddSubnet(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.AddSubnet(Subnet{ID: "0b000000-0000-4000-8000-0000000000aa", Name: "x", Zone: ZoneB, CIDR: "10.7.9.0/24", Free: 3})
	same(t, "free", sim.SubnetFree("0b000000-0000-4000-8000-0000000000aa"), 3)
	id := me.launch("SubnetId", "0b000000-0000-4000-8000-0000000000aa")[0]
	in, _ := sim.Instance(id)
	same(t, "zone and address", in.Zone+" "+in.PrivateIP, ZoneB+" 10.7.9.2")
	same(t, "free after a launch", sim.SubnetFree("0b000000-0000-4000-8000-0000000000aa"), 2)
	for _, wrong := range []Subnet{
		{ID: "0b000000-0000-4000-8000-0000000000aa", Zone: ZoneB, CIDR: "10.7.10.0/24"}, {ID: "0b000000-0000-4000-8000-0000000000bb", Zone: "elsewhere", CIDR: "10.7.10.0/24"}, {ID: "0b000000-0000-4000-8000-0000000000bb", Zone: ZoneB, CIDR: "10.7.9.128/25"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is taken", wrong)
				}
			}()
			sim.AddSubnet(wrong)
		}()
	}
}
