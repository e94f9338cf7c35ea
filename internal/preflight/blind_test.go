package preflight_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/market"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
)

// A plan that could not be checked says so once for each kind of failure, however many machines it
// has, and never fails for it.
func TestCheck_saysOnceWhatItCouldNotAsk(t *testing.T) {
	t.Parallel()
	const (
		at       = "in region cn-beijing-6, at kec.api.ksyun.com and vpc.api.ksyun.com: "
		access   = "Check access_key, secret_key and security_token of the provider, and that their user has permission for the action named below."
		network  = "Check the network, the endpoint and the proxy of the provider, then run the command again."
		allOf    = "warning PermissionDenied at : This plan is not checked against KEC\n2 of the 2 look-ups for a new spot instance failed " + at + "KEC refused access.\n" + access
		oneOfSix = "warning PermissionDenied at : A part of this plan is not checked against KEC\n1 of the 6 look-ups for a new spot instance failed " + at +
			"KEC refused access.\n" + access + "\nDescribeKecInventory"
	)
	wrongKey := kecsim.Fault{Status: 403, Code: "SignatureDoesNotMatch", Message: "the signature does not match"}
	for name, c := range map[string]struct {
		mode   preflight.Mode
		faults map[string]kecsim.Fault
		want   string
	}{
		"all is well":          {preflight.Error, nil, ""},
		"a wrong key":          {preflight.Error, map[string]kecsim.Fault{"*": wrongKey}, allOf},
		"a wrong key, warn":    {preflight.Warn, map[string]kecsim.Fault{"*": wrongKey}, allOf},
		"a wrong key, off":     {preflight.Off, map[string]kecsim.Fault{"*": wrongKey}, ""},
		"one permission":       {preflight.Error, map[string]kecsim.Fault{"DescribeKecInventory": kecsim.Denied}, oneOfSix},
		"two kinds of failure": {preflight.Error, map[string]kecsim.Fault{"DescribeKecInventory": kecsim.Denied, "DescribeImages": kecsim.ConnectionLost}, "twice"},
		"a dead endpoint":      {preflight.Error, map[string]kecsim.Fault{"*": kecsim.ConnectionLost}, network},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, c.mode, 0)
				for action, fault := range c.faults {
					w.sim.FailNext(action, fault, 1000)
				}
				findings := w.plan(20, 10, func(int) market.Launch { return worker() })
				got := whole(findings)
				switch {
				case c.want == "twice":
					equal(t, "warnings", strings.Count(got, "A part of this plan is not checked against KEC"), 2)
				case c.want == network:
					equal(t, "warnings", strings.Count(got, "This plan is not checked against KEC"), 1)
					if !strings.Contains(got, at) || !strings.Contains(got, network) {
						t.Errorf("said\n%s", got)
					}
				case c.want == "" && got != "", !strings.HasPrefix(got, c.want):
					t.Errorf("said\n%s\nwant\n%s", got, c.want)
				case c.want != "":
					equal(t, "warnings", len(findings), 1)
				}
			})
		})
	}
}

// Who has gone does not hear that what he did not wait for has failed.
func TestCheck_saysNothingToWhoHasGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, preflight.Error, 0)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		equal(t, "said", whole(w.ask(ctx, worker())), "")
		w.sim.FailNext("*", kecsim.Denied, 1000)
		equal(t, "warnings", strings.Count(whole(w.ask(t.Context(), worker())), "not checked against KEC"), 1)
	})
}

// A check that can ask nothing says so once, unless it should not ask.
func TestBlind(t *testing.T) {
	t.Parallel()
	for mode, want := range map[preflight.Mode]bool{preflight.Error: true, preflight.Warn: true, preflight.Off: false} {
		c := preflight.Blind(mode)
		equal(t, "blind", c.IsBlind(), want)
		equal(t, "blind again", c.IsBlind(), false)
		equal(t, "findings", len(c.Plan(t.Context(), worker())), 0)
	}
	var none *preflight.Check
	equal(t, "no check", none.IsBlind(), false)
}
