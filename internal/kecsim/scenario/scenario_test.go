package scenario_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/control"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/scenario"
)

// examples is where the scenarios are that users begin with.
const examples = "../../../examples/rehearsal/"

// begun is a world in which an example has begun.
func begun(t *testing.T, name string) *kecsim.Server {
	t.Helper()
	s, err := scenario.Load(examples + name + ".kecsim.hcl")
	if err != nil {
		t.Fatal(err)
	}
	return playing(t, s)
}

func playing(t *testing.T, s *scenario.Scenario) *kecsim.Server {
	t.Helper()
	sim := kecsim.New(kecsim.WithControl(control.Serve))
	s.Begin(sim, func(err error) { t.Error(err) })
	return sim
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// machine is a spot machine of a name with a limit.
func machine(sim *kecsim.Server, name string) string {
	return sim.AddInstance(kecsim.Instance{Name: name, ChargeType: "Spot", SpotStrategy: "SpotWithPriceLimit", SpotPriceLimit: "0.06"})
}

// states are the machines by name, with the time of their release.
func states(sim *kecsim.Server) string {
	var all []string
	for _, in := range sim.Instances() {
		at := ""
		if !in.RecyclingTime.IsZero() {
			at = " until " + in.RecyclingTime.Format("15:04")
		}
		all = append(all, in.Name+" "+in.State+at)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// Every example is one of those that the tests below go through.
func TestExamples_allAreTried(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(examples + "*.kecsim.hcl")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".kecsim.hcl"))
	}
	same(t, "examples", names, []string{"flaky-api", "market-day", "notice-and-release", "price-spike", "sold-out"})
}

func TestExamples_soldOut(t *testing.T) {
	t.Parallel()
	sim := begun(t, "sold-out")
	var stock []int
	for range 5 {
		stock = append(stock, sim.Stock(kecsim.ZoneA, "N3.2B"))
		sim.Advance(15 * time.Minute)
	}
	same(t, "stock each quarter of an hour", stock, []int{0, 0, 2, 2, 50})
	same(t, "stock elsewhere", sim.Stock(kecsim.ZoneB, "N3.2B"), 50)
}

func TestExamples_priceSpike(t *testing.T) {
	t.Parallel()
	sim := begun(t, "price-spike")
	machine(sim, "web-1")
	price := func() string { spot, _ := sim.Price(kecsim.ZoneA, "N3.2B"); return spot }
	same(t, "at first", price(), "0.0393")
	sim.Advance(90 * time.Minute)
	machine(sim, "web-2") // which is in its first hour when the price rises
	sim.Advance(30 * time.Minute)
	same(t, "after two hours", price(), "0.095")
	same(t, "after two hours", states(sim), "web-1 active until 11:10, web-2 active")
	sim.Advance(10 * time.Minute)
	same(t, "ten minutes later", strings.Contains(states(sim), "web-1 active"), false)
	sim.Advance(4 * time.Hour)
	same(t, "after six hours", price(), "0.041")
}

func TestExamples_noticeAndRelease(t *testing.T) {
	t.Parallel()
	sim := begun(t, "notice-and-release")
	for _, name := range []string{"db-1", "web-1", "web-2", "web-3"} {
		machine(sim, name)
	}
	sim.Advance(5*time.Minute - time.Second)
	same(t, "before", states(sim), "db-1 active, web-1 active, web-2 active, web-3 active")
	sim.Advance(time.Second)
	same(t, "after five minutes", states(sim), "db-1 active, web-1 active until 09:15, web-2 active until 09:15, web-3 active")
	sim.Advance(11 * time.Minute)
	same(t, "after sixteen", states(sim), "db-1 active, web-3 active")
}

func TestExamples_flakyAPI(t *testing.T) {
	t.Parallel()
	sim := begun(t, "flaky-api")
	faults := func() (all []string) {
		for _, f := range sim.Faults() {
			all = append(all, fmt.Sprint(f.Action, " ", f.Share, " ", f.Left))
		}
		return all
	}
	same(t, "faults", faults(), []string{"DescribeInstances 0.2 0", "RunInstances 0 1"})
	sim.Advance(time.Hour)
	same(t, "faults after an hour", len(faults()), 0)
}

func TestExamples_marketDay(t *testing.T) {
	t.Parallel()
	first, again := begun(t, "market-day"), begun(t, "market-day")
	at := func(sim *kecsim.Server) string {
		spot, _ := sim.Price(kecsim.ZoneB, "N3.2B")
		return fmt.Sprint(spot, " ", sim.Stock(kecsim.ZoneB, "N3.2B"), " ", sim.Balance(), " ", len(sim.Instances()))
	}
	machine(first, "web-1")
	machine(again, "web-1")
	moved := map[string]bool{}
	for hour := range 24 {
		same(t, fmt.Sprintf("the same seed after %d hours", hour), at(first), at(again))
		moved[at(first)] = true
		first.Advance(time.Hour)
		again.Advance(time.Hour)
		switch hour + 1 {
		case 3:
			same(t, "machines", len(first.Instances()), 16)
		case 6, 7:
			same(t, "balance", first.Balance(), map[int]string{6: "0.5", 7: "100"}[hour+1])
		}
	}
	if len(moved) < 12 {
		t.Errorf("only %d different hours in a day: %v", len(moved), moved)
	}
}

// Each block has its effect.
func TestBegin_everyBlock(t *testing.T) {
	t.Parallel()
	s, wrong := loaded(t, `
type {
  name       = "X9.2B"
  family     = "X9"
  vcpus      = 2
  memory_gib = 8
  spot       = 0.01
  on_demand  = 0.05
  zones      = ["cn-beijing-6a", "cn-beijing-6b"]
}
stock {
  zone  = "cn-beijing-6b"
  type  = "X9.2B"
  count = 7
}
disk {
  zone     = "cn-beijing-6a"
  type     = "SSD3.0"
  sold_out = true
}
quota { count = 12 }
subnet {
  id   = "0b000000-0000-4000-8000-0000000000aa"
  name = "new"
  zone = "cn-beijing-6b"
  cidr = "10.7.9.0/24"
  free = 9
}
image {
  id       = "IMG-new"
  name     = "new"
  platform = "debian-13"
  size_gib = 20
  state    = "active"
}
settings {
  time_scale          = 60
  boot                = "40s"
  cause_fields        = true
  odd                 = ["ids in upper case"]
  look_ups_per_project = true
  xml                 = true
  return_as_boolean   = true
  keep_eip            = true
}
throttle {
  per_second = 2.5
  burst      = 5
}
deny {
  service = "trade"
  deny    = true
}
refuse_share {
  action  = "TerminateInstances"
  share   = 0.5
  message = "locked"
}
clock { offset = "-20m" }
at "+90s" {
  image {
    id    = "IMG-new"
    state = "error"
  }
  release { name = "web-1" }
}
`)
	same(t, "mistakes", wrong, "")
	sim := playing(t, s)
	machine(sim, "web-1")
	w := sim.Overview()
	spot, onDemand := sim.Price(kecsim.ZoneA, "X9.2B")
	same(t, "prices", spot+" "+onDemand, "0.01 0.05")
	var zones []string
	for _, offer := range w.Offers {
		if offer.Type == "X9.2B" {
			zones = append(zones, offer.Zone)
		}
	}
	same(t, "zones", zones, []string{"cn-beijing-6a", "cn-beijing-6b"})
	scale, given := s.TimeScale()
	same(t, "time scale", fmt.Sprint(scale, given), "60 true")
	same(t, "stock", sim.Stock(kecsim.ZoneB, "X9.2B"), 7)
	same(t, "sold out disks", len(w.SoldOutDisks), 1)
	same(t, "quota and clock", fmt.Sprint(w.Quota, w.ClockOffset), "12 -20m0s")
	same(t, "subnet", sim.SubnetFree("0b000000-0000-4000-8000-0000000000aa"), 9)
	same(t, "settings", fmt.Sprint(w.Settings.Boot, w.Settings.CauseFields, w.Settings.Odd, w.Settings.LookUpsPerProject, w.Settings.KeepEIP,
		w.Settings.XML, w.Settings.ReturnAsBoolean), "40s true [ids in upper case] true true true true")
	same(t, "throttle", fmt.Sprint(w.Throttle), "{5 2.5 0}")
	image := func() string {
		for _, im := range sim.Overview().Images {
			if im.ID == "IMG-new" {
				return im.State + " " + im.Platform + " " + im.Type
			}
		}
		return ""
	}
	same(t, "image", image(), "active debian-13 custom")
	sim.Advance(89 * time.Second)
	same(t, "before", states(sim), "web-1 active")
	sim.Advance(time.Second)
	same(t, "image later", image(), "error debian-13 custom")
	same(t, "machine later", strings.Contains(states(sim), "web-1 active"), false)
}
