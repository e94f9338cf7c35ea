package kecsim

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// rich has something in every field that an odd answer may write.
func rich(sim *Server) string {
	return sim.AddInstance(Instance{
		Name: "rich", HostName: "rich", Type: TypeEntry, ChargeType: "Spot", SpotPriceLimit: "0.05", ImageID: ImageUbuntu, LocalDiskGB: 100,
		DataDisks: []Disk{{Type: "EHDD", SizeGB: 50}, {Type: "SSD3.0", SizeGB: 60, DeleteWithInstance: true}},
		Secondary: []NetworkInterface{{SubnetID: SubnetA}}, KeyIDs: []string{KeyA, KeyB}, UserData: "aGVsbG8=", ProjectID: ProjectB, DataGuardID: "guard",
	})
}

// Every odd answer differs from the plain one, and is the same each time.
func TestOddAnswers_eachIsOneAndConsistent(t *testing.T) {
	t.Parallel()
	plainWorld, me := newWorld(t)
	plain := me.Describe(rich(plainWorld))
	plainest := me.Describe(plainWorld.AddInstance(Instance{ChargeType: "Spot"}))
	for _, name := range OddAnswers() {
		sim, me := newWorld(t)
		sim.Update(func(set *Settings) { set.Odd = []string{name} })
		id := rich(sim)
		first, second := me.Describe(id), me.Describe(id)
		if name == "ImageId with IMG-" || name == "lists as null" {
			continue // the default world writes them so, or there is no empty list
		}
		if reflect.DeepEqual(first, plain) {
			t.Errorf("%s: the answer is the plain one", name)
		}
		if name != "one of two disks at first" && !reflect.DeepEqual(first, second) {
			t.Errorf("%s: the second answer is\n%v, and the first was\n%v", name, second, first)
		}
		me.Describe(sim.AddInstance(Instance{ChargeType: "Spot"})) // writes one with nothing in it
	}
	sim, me := newWorld(t)
	sim.Update(func(set *Settings) { set.Odd = []string{"lists as null"} })
	in := me.Describe(sim.AddInstance(Instance{ChargeType: "Spot"}))
	same(t, "keys, plain", fmt.Sprint(plainest["KeySet"]), "[]")
	same(t, "keys as null", in["KeySet"], nil)
}

func TestOddAnswers_spellings(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := rich(sim)
	for name, want := range map[string]map[string]string{
		"no DataDisks":               {"DataDisks": "<nil>"},
		"no zone":                    {"AvailabilityZone": "<nil>", "AvailabilityZoneName": "<nil>"},
		"InstanceType in lower case": {"InstanceType": "e1.2b"},
		"ImageId without IMG-":       {"ImageId": strings.TrimPrefix(ImageUbuntu, "IMG-")},
		"UserData as text":           {"UserData": "hello"},
		"ChargeType by number":       {"ChargeType": "810"},
		"SpotPriceLimit as text":     {"SpotPriceLimit": "0.05"},
		"absent times as \"-\"":      {"AutoDeleteTime": "-", "SpotRecyclingTime": "-"},
		"absent times as 1970":       {"AutoDeleteTime": "1970-01-01 08:00:00"},
		"IsDistributeIpv6 otherwise": {"IsDistributeIpv6": "true"},
		"keys in another order":      {"KeySet": "[" + KeyB + " " + KeyA + "]"},
	} {
		sim.Update(func(set *Settings) { set.Odd = []string{name} })
		in := me.Describe(id)
		for field, text := range want {
			same(t, name, fmt.Sprint(in[field]), text)
		}
	}
}

// In turn, each instance is written in one of the ways.
func TestOddAnswers_inTurn(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Update(func(set *Settings) {
		set.Odd, set.OddInTurn = []string{"no KeySet", "InstanceType in lower case"}, true
	})
	var got []string
	for range 3 {
		id := rich(sim)
		in := me.Describe(id)
		got = append(got, fmt.Sprintf("%v %t %v", in["InstanceType"], in["KeySet"] == nil, sim.OddOf(id)))
	}
	same(t, "answers", strings.Join(got, ", "), "E1.2B true [no KeySet], e1.2b false [InstanceType in lower case], E1.2B true [no KeySet]")
}

// The first answer shows one of two disks, until somebody has seen the instance active.
func TestOddAnswers_oneDiskAtFirst(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.Update(func(set *Settings) { set.Odd = []string{"one of two disks at first"} })
	id := me.launch("DataDisk.1.Type", "EHDD", "DataDisk.1.Size", "50", "DataDisk.2.Type", "EHDD", "DataDisk.2.Size", "60")[0]
	disks := func() int { return len(me.Describe(id)["DataDisks"].([]any)) }
	sim.Advance(5 * time.Second)
	same(t, "while it boots", disks(), 1)
	sim.Advance(time.Minute)
	same(t, "at the first look", disks(), 1)
	same(t, "at the second look", disks(), 2)
}
