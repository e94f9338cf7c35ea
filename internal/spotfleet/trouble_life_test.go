package spotfleet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// Machines that do not start are ended and count as not got; the next candidate is asked for them.
func TestFleet_doNotStart(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				sim.FailLaunches(2, mode, "out of stock")
				l.Did(t, l.Apply(t, machines(5)), "create")
				launched(t, sim, "a 5 from 1 0.06", map[string]string{
					kecsim.ModeError: "b 2 from 1 0.06", kecsim.ModeVanish: "b 2 from 1 0.06", kecsim.ModeInvisible: "b 2 from 1 0.06",
				}[mode])
				holds(t, sim, l, "web-1", "web-2", "web-3", "web-4", "web-5")
			})
		})
	}
}

// The first machine of a candidate that did not start explains its line of the table.
func TestFleet_doNotStartAndNoneIsLeft(t *testing.T) {
	t.Parallel()
	tell(t, 60, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.Update(func(s *kecsim.Settings) { s.CauseFields = true })
		sim.FailLaunches(2, kecsim.ModeError, "out of stock")
		only := settings{"candidates": []any{bidA()}, "min_capacity": 3}
		l.Did(t, l.Apply(t, machines(5, only)), "create", "WARNING The fleet has 3 of 5 machines | candidates[0]  N3.2B in cn-beijing-6a: 3 of 5. ")
		if !strings.Contains(l.Said[0], "out of stock") {
			t.Errorf("it says %s", l.Said[0])
		}
		launched(t, sim, "a 5 from 1 0.06")
		holds(t, sim, l, "web-3", "web-4", "web-5")
	})
}

// A machine that no look-up shows stays in the state while its billing record says that it lives,
// and one that is shown as failed does not.
func TestFleet_aRecordContradicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode   string
		status int
		stays  bool
	}{
		{kecsim.ModeInvisible, kec.BillingOpened, true}, {kecsim.ModeInvisible, kec.BillingCreating, true},
		{kecsim.ModeInvisible, kec.BillingFailed, false}, {kecsim.ModeError, kec.BillingOpened, false},
	} {
		t.Run(fmt.Sprintf("%s %d", c.mode, c.status), func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				sim.FailLaunches(1, c.mode, "")
				failed := "1a5ce000-0000-4000-8000-000000000001"
				for at := range 40 {
					sim.After(time.Duration(at)*15*time.Second+time.Second, func() {
						if _, known := sim.BillingStatus(failed); known {
							sim.SetBillingStatus(failed, c.status)
						}
					})
				}
				got := l.Apply(t, machines(2, settings{"candidates": []any{bidA()}, "min_capacity": 1}))
				if got != "create" || slices.Contains(each(l, "id"), failed) != c.stays {
					t.Errorf("it does %q and says %v; the state holds %v", got, l.Said, each(l, "id"))
				}
			})
		})
	}
}

// What no candidate can cure ends the run: KEC is not asked for the next one. A refusal that is of
// one candidate does not.
func TestFleet_refused(t *testing.T) {
	t.Parallel()
	const short = "The fleet is short of machines: 2 wanted at least, 0 got"
	for name, c := range map[string]struct {
		fault   kecsim.Fault
		times   int
		summary string
		want    []string
	}{
		"access":        {kecsim.Denied, 1, "ERROR KEC refused access | ", []string{"a 2 from 1 0.06"}},
		"sold out":      {kecsim.Fault{Status: 400, Code: "ProductSellOutInvalid", Message: "sold out"}, 2, "ERROR " + short, []string{"a 2 from 1 0.06", "b 2 from 1 0.06"}},
		"another cause": {kecsim.Fault{Status: 400, Code: "MoonPhase", Message: "The moon is full."}, 2, "ERROR " + short, []string{"a 2 from 1 0.06", "b 2 from 1 0.06"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				sim.FailNext("RunInstances", c.fault, c.times)
				l.Did(t, l.Apply(t, machines(2)), "", c.summary)
				launched(t, sim, c.want...)
				if !strings.Contains(l.Said[0], short) || !strings.Contains(l.Said[0], "Nothing was bought, and nothing is in the state.") {
					t.Errorf("it says %s", l.Said[0])
				}
			})
		})
	}
}

// A refusal for want of stock may pass, and an apply that waits asks again; others it does not.
func TestFleet_waitsForWhatMayPass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault kecsim.Fault
		did   string
		want  []string
	}{
		"sold out": {kecsim.Fault{Status: 400, Code: "ProductSellOutInvalid", Message: "sold out"}, "create", []string{"a 2 from 1 0.06", "a 2 from 1 0.06"}},
		"a cause":  {kecsim.Fault{Status: 400, Code: "MoonPhase", Message: "The moon is full."}, "", []string{"a 2 from 1 0.06"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				sim.FailNext("RunInstances", c.fault, 1)
				got := l.Apply(t, machines(2, settings{"candidates": []any{bidA()}, "wait_for_stock": "5m"}))
				if got != c.did {
					t.Errorf("it does %q and says %v", got, l.Said)
				}
				launched(t, sim, c.want...)
			})
		})
	}
}

// A lost answer: what KEC has opened is found by its mark and adopted, and nothing is ordered
// twice.
func TestFleet_aLostAnswer(t *testing.T) {
	t.Parallel()
	tell(t, 3, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.FailNext("RunInstances", kecsim.AnswerLost, 1)
		l.Did(t, l.Apply(t, machines(5)), "create")
		launched(t, sim, "a 5 from 1 0.06", "b 2 from 4 0.06")
		holds(t, sim, l, "web-1", "web-2", "web-3", "web-4", "web-5")
	})
}

// A deadline that is over before the machines run: they are in the state, which is said, and the
// next refresh shows them.
func TestFleet_late(t *testing.T) {
	t.Parallel()
	tell(t, 60, 60, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
		sim.Update(func(s *kecsim.Settings) { s.Boot = 5 * time.Minute })
		slow := settings{"timeouts": settings{"create": "1m"}}
		l.Did(t, l.Apply(t, machines(2, slow)), "create", "WARNING Machines of the fleet do not run yet | The time was over before 2 of the 2 machines of the fleet \"web-\" (")
		launched(t, sim, "a 2 from 1 0.06")
		holds(t, sim, l, "web-1", "web-2")
		if got := each(l, "state"); !slices.Equal(got, []string{"<nil>", "<nil>"}) {
			t.Errorf("they are %v", got)
		}
		time.Sleep(5 * time.Minute)
		l.Did(t, l.Apply(t, machines(2, slow)), "nothing")
		if got := each(l, "state"); !slices.Equal(got, []string{"active", "active"}) {
			t.Errorf("they are %v", got)
		}
	})
}

// A member that did not start is replaced by the next apply, and the plan says so. What it held may
// stay taken for a while, for which the launch waits.
func TestFleet_replacesWhatFailed(t *testing.T) {
	t.Parallel()
	for held, after := range map[string]time.Duration{"free at once": 0, "free after a minute": time.Minute} {
		t.Run(held, func(t *testing.T) {
			t.Parallel()
			tell(t, 3, 0, func(t *testing.T, sim *kecsim.Server, l *acctest.Life) {
				l.Block = map[string]any{"preflight": "off"}
				l.Did(t, l.Apply(t, machines(3)), "create")
				sim.Update(func(s *kecsim.Settings) { s.FreeAfter = after })
				sim.SetQuota(3)
				sim.SetStock(kecsim.ZoneA, kecsim.TypeSmall, 5)
				failed := each(l, "id")[1]
				sim.Edit(failed, func(in *kecsim.Instance) { in.State = "error" })
				l.Did(t, l.Apply(t, machines(3)), "update", "WARNING 1 of the 3 machines of this fleet did not start | ")
				holds(t, sim, l, "web-1", "web-2", "web-3")
				if slices.Contains(each(l, "id"), failed) {
					t.Errorf("the state still holds %s", failed)
				}
				l.Did(t, l.Apply(t, machines(3)), "nothing")
			})
		})
	}
}
