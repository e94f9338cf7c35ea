package conform

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// mustHold fails the test where a check does not hold.
func mustHold(t *testing.T, report *Report) {
	t.Helper()
	for _, r := range report.Results {
		if r.Verdict != Holds {
			t.Errorf("%v %s: %s\n expects %s\nobserved %s", r.Facts, r.Verdict, r.Asks, r.Expects, r.Observed)
		}
	}
}

// mustBeEmpty fails the test where a machine is left.
func mustBeEmpty(t *testing.T, sim *kecsim.Server) {
	t.Helper()
	for _, in := range sim.Instances() {
		t.Errorf("%s (%s) is left, in state %s", in.Name, in.ID, in.State)
	}
}

func TestRun_everyFactHoldsForTheSimulator(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	report, err := Run(t.Context(), against(t, sim, sim))
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, report)
	mustBeEmpty(t, sim)
	if got, want := report.Bought, "one E1.2B in cn-beijing-6a, bid 0.0524 CNY per hour, at most 0.0924 CNY in the worst case"; got != want {
		t.Errorf("bought\n got %s\nwant %s", got, want)
	}
	if n := len(sim.Orders()); n != 1 {
		t.Errorf("%d orders were made, not 1", n)
	}
	if report.Err() != nil || len(report.Results) != len(allChecks()) || len(report.Swept) != 0 {
		t.Errorf("error %v, %d of %d checks, swept %v", report.Err(), len(report.Results), len(allChecks()), report.Swept)
	}
	if table := report.Table(); !strings.Contains(table, "0 differ, 0 without an answer, 0 not asked.") || !strings.Contains(table, "38, 165 ") {
		t.Error(table)
	}
	if patch := report.Patch("page", "| 164 | Placeholder |\n", "2026-11-27", false); patch != "" {
		t.Errorf("a simulator has proven something about KEC:\n%s", patch)
	}
}

func TestRun_freeChecksBuyNothing(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	o := against(t, sim, sim)
	o.Paid = false
	var progress strings.Builder
	o.Progress = &progress
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, report)
	if n := len(sim.Orders()); n != 0 || report.Bought != "" {
		t.Errorf("%d orders were made: %s", n, report.Bought)
	}
	if n := strings.Count(progress.String(), "\n"); n != len(report.Results) || n < 150 {
		t.Errorf("%d lines of progress for %d checks", n, len(report.Results))
	}
}

// The cap is below what the cheapest machine costs for an hour: 0.0262 CNY and 0.04 for its disk.
func TestRun_theCapRefuses(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	o := against(t, sim, sim)
	o.MaxCNY = decimal.RequireFromString("0.0661")
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if n := sim.Count("RunInstances"); n != 0 {
		t.Errorf("RunInstances was called %d times", n)
	}
	const want = "the machine may cost more than is allowed: E1.2B in cn-beijing-6a costs 0.0262 CNY per hour now and its disk up to 0.04, and the cap is 0.0661 CNY"
	for _, r := range report.Results {
		if strings.HasPrefix(r.Asks, "RunInstances, one") && (r.Verdict != NotAsked || r.Observed != want) {
			t.Errorf("%s: %s", r.Verdict, r.Observed)
		}
	}
	if report.count(NotAsked) < 50 || report.count(Differs) > 0 {
		t.Errorf("%d checks were not asked, %d differ", report.count(NotAsked), report.count(Differs))
	}
}

// interfere is a handler that sees every call before the simulator does; false keeps it from it.
func interfere(sim *kecsim.Server, before func(w http.ResponseWriter, action string, p url.Values) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		p, _ := url.ParseQuery(string(body))
		if before(w, r.URL.Query().Get("Action"), p) {
			sim.ServeHTTP(w, r)
		}
	})
}

// A run that is interrupted, wherever it is, ends its machine.
func TestRun_endsItsMachineWhenItIsStopped(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"RunInstances", "SetInstanceResourceProtect", "ModifyNetworkInterfaceAttribute", "StopInstances", "RebootInstances", "TerminateInstances"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			sim := kecsim.New()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := against(t, sim, interfere(sim, func(_ http.ResponseWriter, called string, p url.Values) bool {
				if called == action && p.Get("DryRun") == "" && len(sim.Orders()) == map[bool]int{false: 1}[action == "RunInstances"] {
					cancel()
				}
				return true
			}))
			report, err := Run(ctx, o)
			if err == nil || !strings.Contains(err.Error(), "stopped before all was asked: context canceled") {
				t.Errorf("error %v", err)
			}
			mustBeEmpty(t, sim)
			if n := len(sim.Orders()); n != 1 || len(report.Swept) != 1 {
				t.Errorf("%d orders, swept %v", n, report.Swept)
			}
		})
	}
}

// The answer to the launch is lost and the run is stopped, so that it never learns the machine's
// id.
func TestRun_endsAMachineThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	sim := kecsim.New()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := against(t, sim, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		orders := len(sim.Orders())
		if sim.ServeHTTP(w, r); len(sim.Orders()) > orders {
			cancel()
			panic(http.ErrAbortHandler)
		}
	}))
	report, err := Run(ctx, o)
	if err == nil {
		t.Error("no error")
	}
	mustBeEmpty(t, sim)
	if n := len(sim.Orders()); n != 1 || len(report.Swept) != 1 {
		t.Errorf("%d orders, swept %v", n, report.Swept)
	}
}

// A service that takes DryRun for no reason to hold back gets one machine ordered, which is ended
// at once, and no more.
func TestRun_endsAMachineThatDryRunHasBought(t *testing.T) {
	t.Parallel()
	sim, bought := kecsim.New(), 0
	o := against(t, sim, interfere(sim, func(w http.ResponseWriter, action string, p url.Values) bool {
		if action != "RunInstances" || p.Get("DryRun") != "true" {
			return true
		}
		bought++
		in := sim.AddInstance(kecsim.Instance{Name: p.Get("InstanceName"), Tags: map[string]string{machines.LaunchTagKey: p.Get("Tag.2.Value")}})
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"RequestId":"r","InstancesSet":[{"InstanceId":"`+in+`","InstanceName":"x"}]}`)
		return false
	}))
	o.Paid = false
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Error(err)
	}
	mustBeEmpty(t, sim)
	if bought != 1 {
		t.Errorf("%d machines were bought", bought)
	}
	if n := report.count(NoAnswer); n != 1 {
		t.Errorf("%d checks without an answer", n)
	}
	for _, r := range report.Results {
		if r.Verdict == NotAsked && r.Observed != "no launch can be rehearsed: DryRun=true has bought a machine" {
			t.Errorf("%s: %s", r.Asks, r.Observed)
		}
	}
}
