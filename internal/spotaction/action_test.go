package spotaction_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

const (
	id    = "a1000000-0000-4000-8000-000000000001"
	start = "kec_spot_instance_start"
	stop  = "kec_spot_instance_stop"
	boot  = "kec_spot_instance_reboot"
)

// newWorld holds one machine, in a state.
func newWorld(state string) *kecsim.Server {
	sim := kecsim.New()
	sim.AddInstance(kecsim.Instance{ID: id, Name: "web", ChargeType: "Spot", State: state})
	return sim
}

func values(more map[string]tftypes.Value) map[string]tftypes.Value {
	all := map[string]tftypes.Value{"instance_id": tftypes.NewValue(tftypes.String, id)}
	for name, v := range more {
		all[name] = v
	}
	return all
}

// line is one event: a message of progress, or the diagnostics at the end.
func line(event tfprotov6.InvokeActionEvent) []string {
	switch e := event.Type.(type) {
	case tfprotov6.ProgressInvokeActionEventType:
		return []string{e.Message}
	case tfprotov6.CompletedInvokeActionEventType:
		return append(acctest.Said(e.Diagnostics), "end")
	}
	return []string{"what is this?"}
}

func told(events iter.Seq[tfprotov6.InvokeActionEvent]) (lines []string) {
	for event := range events {
		lines = append(lines, line(event)...)
	}
	return lines
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// short is a message in which the id of the machine is i.
func short(lines []string) []string {
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], id, "i")
	}
	return lines
}

func state(t *testing.T, sim *kecsim.Server) string {
	t.Helper()
	in, ok := sim.Instance(id)
	if !ok {
		return "gone"
	}
	return in.State
}

// Each action in each state: what is told, what is sent, and where the machine is then.
func TestInvoke(t *testing.T) {
	t.Parallel()
	begin := func(past string) string { return "Instance i in cn-beijing-6 is to be " + past + "." }
	const stopped, active, accepted = "Instance i is stopped.", "Instance i is active.", "KEC has accepted the "
	for name, tc := range map[string]struct {
		action, state string
		world         func(t *testing.T, sim *kecsim.Server)
		want          []string
		sent          int
		end           string
	}{
		"start":                  {start, "stopped", nil, []string{begin("started"), stopped, accepted + "start.", "Instance i is starting.", active, "end"}, 1, "active"},
		"start of a running one": {start, "active", nil, []string{begin("started"), active, "Nothing to do: instance i is active already.", "end"}, 0, "active"},
		"start of a starting one": {start, "stopped", func(t *testing.T, sim *kecsim.Server) { power(t, sim, "StartInstances") },
			[]string{begin("started"), "Instance i is starting.", active, "Nothing to do: instance i is active already.", "end"}, 0, "active"},
		"start of a stopping one": {start, "active", func(t *testing.T, sim *kecsim.Server) { power(t, sim, "StopInstances") },
			[]string{begin("started"), "Instance i is stopping.", stopped, accepted + "start.", "Instance i is starting.", active, "end"}, 1, "active"},
		"stop":                  {stop, "active", nil, []string{begin("stopped"), active, accepted + "stop.", "Instance i is stopping.", stopped, "end"}, 1, "stopped"},
		"stop of a stopped one": {stop, "stopped", nil, []string{begin("stopped"), stopped, "Nothing to do: instance i is stopped already.", "end"}, 0, "stopped"},
		"reboot":                {boot, "active", nil, []string{begin("rebooted"), active, accepted + "reboot.", "Instance i is rebooting.", active, "end"}, 1, "active"},
		"a reboot that nobody sees": {boot, "active", func(t *testing.T, sim *kecsim.Server) { sim.Update(func(s *kecsim.Settings) { s.Reboot = 0 }) },
			[]string{begin("rebooted"), active, accepted + "reboot.", "Instance i is active; no look has shown its restart.", "end"}, 1, "active"},
		"reboot of a stopping one": {boot, "active", func(t *testing.T, sim *kecsim.Server) { power(t, sim, "StopInstances") },
			[]string{begin("rebooted"), "Instance i is stopping.", stopped, "ERROR The machine is stopped | Instance i in cn-beijing-6 is stopped, and KEC reboots running machines only. " +
				"Nothing was asked of KEC.\n\nStart it with kec_spot_instance_start.", "end"}, 0, "stopped"},
		"a failed one": {start, "error", nil, []string{begin("started"), "Instance i is error.", "ERROR The machine has failed | Instance i in cn-beijing-6 is in the state error. " +
			"Nothing was asked of KEC.\n\nLook at it in the console; a machine whose launch has failed is replaced, not started.", "end"}, 0, "error"},
		"one that is being deleted": {stop, "deleting", nil, []string{begin("stopped"), "Instance i is deleting.",
			"ERROR The machine is being deleted | Instance i in cn-beijing-6 is in the state deleting. Nothing was asked of KEC.\n\nGive the id of another machine.", "end"}, 0, "deleting"},
		"one that is gone": {boot, "active", func(t *testing.T, sim *kecsim.Server) { sim.Release(id) }, []string{begin("rebooted"),
			"ERROR The instance is gone | Instance i in cn-beijing-6 does not exist, or the keys of the provider do not show it. Nothing was asked of KEC.\n\n" +
				"Correct instance_id, or use a provider for the region and the account of the machine.", "end"}, 0, "gone"},
		"one of another project": {stop, "active", func(t *testing.T, sim *kecsim.Server) {
			sim.Update(func(s *kecsim.Settings) { s.LookUpsPerProject = true })
			sim.Edit(id, func(in *kecsim.Instance) { in.ProjectID = kecsim.ProjectB })
		}, []string{begin("stopped"), active, accepted + "stop.", "Instance i is stopping.", stopped, "end"}, 1, "stopped"},
		"not spot": {stop, "active", func(t *testing.T, sim *kecsim.Server) {
			sim.Edit(id, func(in *kecsim.Instance) { in.ChargeType = "Monthly" })
		}, []string{begin("stopped"), active,
			"ERROR Not a Spot Instance | Instance i in cn-beijing-6 has the charge type Monthly. Nothing was asked of KEC.\n\nGive the id of a Spot Instance; kec_spot_instances lists them.", "end"}, 0, "active"},
		"a refusal": {start, "stopped", func(t *testing.T, sim *kecsim.Server) { sim.FailNext("StartInstances", kecsim.Denied, 1) },
			[]string{begin("started"), stopped, "ERROR KEC refused access", "end"}, 1, "stopped"},
		"a refusal for the state that passes": {stop, "active", func(t *testing.T, sim *kecsim.Server) {
			sim.FailNext("StopInstances", kecsim.Fault{Code: "InstanceStateNotSupported", Message: "not now"}, 2)
		}, []string{begin("stopped"), active, accepted + "stop.", "Instance i is stopping.", stopped, "end"}, 3, "stopped"},
		"somebody was faster": {stop, "active", func(t *testing.T, sim *kecsim.Server) {
			// The action is run, and refused all the same, as after a stop by another.
			sim.FailNext("StopInstances", kecsim.Fault{Code: "InstanceStateNotSupported", Message: "not active", After: true}, 1)
			sim.Update(func(s *kecsim.Settings) { s.Stop = 0 })
		}, []string{begin("stopped"), active, stopped, "Nothing to do: instance i is stopped already.", "end"}, 1, "stopped"},
		"a start whose answer is lost": {start, "stopped", func(t *testing.T, sim *kecsim.Server) { sim.FailNext("StartInstances", kecsim.AnswerLost, 1) },
			[]string{begin("started"), stopped, "KEC has carried out the start, by all signs: its answer was lost, and it refuses another one.", "Instance i is starting.", active, "end"}, 2, "active"},
		"a reboot whose answer is lost": {boot, "active", func(t *testing.T, sim *kecsim.Server) { sim.FailNext("RebootInstances", kecsim.AnswerLost, 1) },
			[]string{begin("rebooted"), active, "ERROR KEC may have made the change", "end"}, 1, "rebooting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := newWorld(tc.state)
			if tc.world != nil {
				tc.world(t, sim)
			}
			p := acctest.NewProtocol(t, sim, nil)
			calls := map[string]string{start: "StartInstances", stop: "StopInstances", boot: "RebootInstances"}
			before := sim.Count(calls[tc.action])
			plan, err := p.Server.PlanAction(t.Context(), &tfprotov6.PlanActionRequest{ActionType: tc.action, Config: acctest.Dynamic(t, p.Schemas.ActionSchemas[tc.action].Schema, values(nil))})
			if err != nil || len(plan.Diagnostics) > 0 {
				t.Fatal(err, plan)
			}
			got := short(told(p.Invoke(t.Context(), t, tc.action, values(nil))))
			for i, want := range tc.want { // a message of the catalogue by its summary
				if strings.HasPrefix(want, "ERROR KEC") && i < len(got) {
					got[i], _, _ = strings.Cut(got[i], " | ")
				}
			}
			same(t, "told", got, tc.want)
			if sent := sim.Count(calls[tc.action]) - before; sent != tc.sent {
				t.Errorf("%d calls, want %d", sent, tc.sent)
			}
			if end := state(t, sim); end != tc.end {
				t.Errorf("it ends as %s, want %s", end, tc.end)
			}
		})
	}
}

// power makes a call as another process does.
func power(t *testing.T, sim *kecsim.Server, action string) {
	t.Helper()
	(&testclient.Client{T: t, Sim: sim, AccessKey: kecsim.AccessKey, Secret: kecsim.SecretKey, Region: kecsim.Region}).KEC(action, "InstanceId.1", id).OK()
}

// What is unknown about a reboot is said with what was asked, and what to do.
func TestInvoke_unknownReboot(t *testing.T) {
	t.Parallel()
	sim := newWorld("active")
	sim.FailNext("RebootInstances", kecsim.AnswerLost, 1)
	got := short(told(acctest.NewProtocol(t, sim, nil).Invoke(t.Context(), t, boot, values(nil))))
	said := got[len(got)-2]
	for _, want := range []string{
		"ERROR KEC may have made the change | ", "Look at the machine, in the console or inside, before you invoke the action again: another reboot would interrupt it once more.",
		"Instance i in cn-beijing-6: The reboot was sent, and KEC may have accepted it. It was last seen as active.", "Code: ChangeUnknown",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("missing: %s\nin %s", want, said)
		}
	}
}

// inRealTime lets the client live on the clock of the bubble, where a request takes 100 ms.
func inRealTime(sim *kecsim.Server) []ksyun.Option {
	return []ksyun.Option{ksyun.WithHTTPTransport(sim.Transport(kecsim.WithLatency(100 * time.Millisecond))), ksyun.WithRate(0)}
}

// An interrupt: what is on the wire is finished, nothing more is sent, and the message says how far
// it went. The bubble sees that no goroutine stays behind.
func TestInvoke_interrupted(t *testing.T) {
	t.Parallel()
	const none, last = "Instance i in cn-beijing-6: ", " It was last seen as "
	for name, tc := range map[string]struct {
		action, state string
		when          string // the message after which the CLI is interrupted
		later         time.Duration
		want          string
		end           string
		sent          int
	}{
		"before the first look": {stop, "active", "Instance i in cn-beijing-6 is to be stopped.", 0,
			none + "No stop was asked for. It was not seen.\n\nInvoke the action again to go on.", "active", 0},
		"on the wire": {stop, "active", "Instance i is active.", 50 * time.Millisecond,
			none + "KEC has accepted the stop." + last + "active.\n\nInvoke the action again: it looks first, and does nothing to a machine that is stopped already.", "stopped", 1},
		"while it starts": {start, "stopped", "Instance i is starting.", 0,
			none + "KEC has accepted the start." + last + "starting.\n\nInvoke the action again: it looks first, and does nothing to a machine that is active already.", "active", 1},
		"while it reboots": {boot, "active", "KEC has accepted the reboot.", 0,
			none + "KEC has accepted the reboot." + last + "active.\n\nLook at the machine, in the console or inside, before you invoke the action again: another reboot would interrupt it once more.", "active", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, how := range []string{"cancelled", "not listened to"} {
				synctest.Test(t, func(t *testing.T) {
					sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))
					sim.AddInstance(kecsim.Instance{ID: id, Name: "web", ChargeType: "Spot", State: tc.state})
					p := acctest.NewProtocol(t, sim, nil, inRealTime(sim)...)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					var said string
					for event := range p.Invoke(ctx, t, tc.action, values(nil)) {
						lines := short(line(event))
						if strings.HasPrefix(lines[0], "ERROR") {
							said = lines[0]
						}
						if lines[0] == tc.when {
							time.Sleep(tc.later)
							if how != "cancelled" {
								break
							}
							cancel()
						}
					}
					calls := len(sim.Calls())
					if how == "cancelled" && !strings.HasPrefix(said, "ERROR Interrupted | "+tc.want) {
						t.Errorf("said %s\nwant %s", said, tc.want)
					}
					time.Sleep(time.Minute)
					if more := len(sim.Calls()) - calls; more != 0 {
						t.Errorf("%s: %d calls came after the end", how, more)
					}
					sent := sim.Count("StartInstances") + sim.Count("StopInstances") + sim.Count("RebootInstances")
					if end := state(t, sim); end != tc.end || sent != tc.sent {
						t.Errorf("%s: it ends as %s after %d calls, want %s after %d", how, end, sent, tc.end, tc.sent)
					}
				})
			}
		})
	}
}

// The deadline is over everything.
func TestInvoke_timeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := kecsim.New(kecsim.WithClock(kecsim.RunningClock(time.Now(), 1)))
		sim.AddInstance(kecsim.Instance{ID: id, ChargeType: "Spot", State: "stopped"})
		sim.Update(func(s *kecsim.Settings) { s.Start = time.Hour })
		p := acctest.NewProtocol(t, sim, nil, inRealTime(sim)...)
		for timeout, want := range map[string]time.Duration{"90s": 90 * time.Second, "": 10 * time.Minute} {
			more := map[string]tftypes.Value{}
			if timeout != "" {
				more["timeout"] = tftypes.NewValue(tftypes.String, timeout)
			}
			began := time.Now()
			got := short(told(p.Invoke(t.Context(), t, start, values(more))))
			said := got[len(got)-2]
			if took := time.Since(began); took != want || !strings.HasPrefix(said, "ERROR KEC did not get there in time | ") ||
				!strings.Contains(said, "It was last seen as starting.") || !strings.Contains(said, "Raise timeout if this is normal for the machine") {
				t.Errorf("after %s: %s", took, said)
			}
		}
	})
}

func TestInvoke_whatItMayNot(t *testing.T) {
	t.Parallel()
	sim := newWorld("stopped")
	p := acctest.NewProtocol(t, sim, map[string]tftypes.Value{"region": tftypes.NewValue(tftypes.String, tftypes.UnknownValue)})
	same(t, "not ready", told(p.Invoke(t.Context(), t, start, values(nil))), []string{"ERROR The spot instance cannot be started yet | " +
		"KEC cannot be asked: the provider's region is known only after apply. Nothing was done.\n\nGive it a known value, or apply first what it comes from (-target).", "end"})
	for value, want := range map[string]string{
		"":    "ERROR Not a duration | \"\" is not a duration above zero.\n\nGive a number with a unit, such as 90s or 10m.",
		"10":  "ERROR Not a duration | \"10\" is not a duration above zero.\n\nGive a number with a unit, such as 90s or 10m.",
		"-1m": "ERROR Not a duration | \"-1m\" is not a duration above zero.\n\nGive a number with a unit, such as 90s or 10m.",
		"10m": "",
	} {
		resp, err := p.Server.ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{ActionType: start, Config: acctest.Dynamic(t, p.Schemas.ActionSchemas[start].Schema,
			values(map[string]tftypes.Value{"timeout": tftypes.NewValue(tftypes.String, value)}))})
		if got := strings.Join(acctest.Said(resp.Diagnostics), ";"); err != nil || got != want {
			t.Errorf("%q: said %q, %v, want %q", value, got, err, want)
		}
	}
	if calls := sim.Calls(); len(calls) > 0 {
		t.Errorf("%d calls", len(calls))
	}
}
