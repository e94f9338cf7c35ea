package spotfleet

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/preflight"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

var disks = tfvalue.NewNested[wizard.DataDisk](wizard.Storage{}.Attributes()["data_disks"].GetType())

// warned is what a resource that cannot ask KEC warns of at noon.
func warned(t *testing.T, warn func(r *Resource, resp *resource.ModifyPlanResponse)) (diags diag.Diagnostics) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(noon))
		var resp resource.ModifyPlanResponse
		warn(&Resource{Session: &session.Session{Preflight: preflight.New(nil, preflight.Off, "cn-beijing-6", nil)}}, &resp)
		diags = resp.Diagnostics
	})
	return diags
}

// The end of members costs what KEC guarantees of them, and what outlives them.
func TestWarnEnds(t *testing.T) {
	t.Parallel()
	const doing = "Destroying this fleet"
	const outlives = "Warning " + doing + ": something may outlive the machines\nOf 1 machines, "
	const stay = " may stay in the account, outside the state, and go on being charged.\n\nLook for them in the console, and delete what is not wanted."
	kept, gone := wizard.DataDisk{Type: types.StringValue("EHDD"), DeleteWithInstance: types.BoolValue(false)}, wizard.DataDisk{Type: types.StringValue("SSD3.0"), DeleteWithInstance: types.BoolValue(true)}
	const one = "Warning " + doing + ": 1 are in their protected hour\n" +
		"KEC does not release these before that hour is over, whatever the market does. A new launch may find no stock or a higher price.\n" +
		"a, until 2026-03-02T12:01:00Z (1 minute)"
	const hour = "Warning " + doing + ": 2 are in their protected hour\n" +
		"KEC does not release these before that hour is over, whatever the market does. A new launch may find no stock or a higher price.\n" +
		"web-1 (a), until 2026-03-02T12:30:00Z (30 minutes)\nb, until 2026-03-02T12:00:20Z (less than a minute)"
	for name, c := range map[string]struct {
		some  []member
		disks []wizard.DataDisk
		eip   bool
		want  []string
	}{
		"nothing to say": {[]member{running("a")}, nil, false, nil},
		"protected": {[]member{running("a", named("web-1"), until("2026-03-02T12:30:00Z")), running("b", until("2026-03-02T12:00:20Z")),
			running("c", until("2026-03-02T12:00:00Z"))}, nil, false, []string{hour}},
		"the last minute": {[]member{running("a", until("2026-03-02T12:01:00Z"))}, nil, false, []string{one}},
		"disks that go":   {[]member{running("a")}, []wizard.DataDisk{gone}, false, nil},
		"disks that stay": {[]member{running("a")}, []wizard.DataDisk{gone, kept, kept}, false, []string{outlives + "the data disks of type EHDD with delete_with_instance = false" + stay}},
		"an address":      {[]member{running("a")}, nil, true, []string{outlives + "the public addresses" + stay}},
		"both": {[]member{running("a")}, []wizard.DataDisk{kept}, true,
			[]string{outlives + "the data disks of type EHDD with delete_with_instance = false and the public addresses" + stay}},
		"no machine": {nil, []wizard.DataDisk{kept}, true, nil},
	} {
		m := sized(1)
		if m.DataDisks = disks.List(c.disks); c.eip {
			m.EIP = types.ObjectUnknown(nil)
		}
		said(t, name, warned(t, func(r *Resource, resp *resource.ModifyPlanResponse) {
			r.warnEnds(m, c.some, doing, resp)
			if noted := r.Preflight.KnowsMachines(); noted != (c.some != nil) {
				t.Errorf("%s: the check of the plan knows of ends: %t", name, noted)
			}
		}), c.want...)
	}
}

// One warning for all that KEC has announced, with the time that is left.
func TestWarnRecycling(t *testing.T) {
	t.Parallel()
	at := func(text string) func(*member) {
		return func(one *member) { one.RecyclingTime = types.StringValue(text) }
	}
	have := []member{running("a", named("web-1"), at("2026-03-02T12:10:00Z")), running("b", at("2026-03-02T12:00:00Z")), running("c", at("soon")), running("d")}
	const list = "web-1 (a), at 2026-03-02T12:10:00Z, in 10 minutes\nb, at 2026-03-02T12:00:00Z\nc, at soon\n\nMove their work now; "
	for before, next := range map[bool]string{
		false: "the next apply after the release orders what is missing.", true: "the next apply orders successors at once.",
	} {
		m := sized(4)
		m.ReplaceBeforeRelease = types.BoolValue(before)
		said(t, "announced", warned(t, func(r *Resource, resp *resource.ModifyPlanResponse) { r.warnRecycling(m, have, resp) }),
			"Warning KEC will release 3 of the 4 machines of this fleet\n"+list+next)
		said(t, "none", warned(t, func(r *Resource, resp *resource.ModifyPlanResponse) { r.warnRecycling(m, have[3:], resp) }))
	}
}

// One warning for all that did not start, with each state once.
func TestWarnFailed(t *testing.T) {
	t.Parallel()
	var resp resource.ModifyPlanResponse
	warnFailed([]member{running("a"), running("b", in("error")), running("c", in("build_error"), named("web-3")), running("d", in("error"))}, &resp)
	warnFailed([]member{running("a")}, &resp)
	var single resource.ModifyPlanResponse
	warnFailed([]member{running("a", in("error"))}, &single)
	said(t, "one", single.Diagnostics, "Warning 1 of the 1 machines of this fleet did not start\n"+
		"KEC shows them in state \"error\": their launch has come to nothing.\na\n\nThe next apply ends them and orders what is missing.")
	said(t, "failed", resp.Diagnostics, "Warning 3 of the 4 machines of this fleet did not start\n"+
		"KEC shows them in state \"build_error\", \"error\": their launch has come to nothing.\nb\nweb-3 (c)\nd\n\nThe next apply ends them and orders what is missing.")
}

// Durations are told in whole minutes, rounded.
func TestMinutes(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "less than a minute", 29 * time.Second: "less than a minute", 30 * time.Second: "1 minute", 89 * time.Second: "1 minute",
		90 * time.Second: "2 minutes", 10 * time.Minute: "10 minutes",
	} {
		if got := minutes(d); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
}

// Nothing is done while KEC cannot be asked, and the message says for what it waits.
func TestUnready(t *testing.T) {
	t.Parallel()
	r := &Resource{Session: &session.Session{Unknown: []string{"region"}}}
	said(t, "not ready", r.unready("changed"), "Error The spot fleet cannot be changed yet\n"+
		"KEC cannot be asked: the provider's region is known only after apply. Nothing was done.\n\n"+session.MakeReady)
	if diags := r.elsewhere(sized(1), session.Origin{Region: "cn-shanghai-2"}); diags != nil {
		t.Errorf("without a region it says %v", diags)
	}
	said(t, "blind", warned(t, func(r *Resource, resp *resource.ModifyPlanResponse) {
		var planned filling
		planned.Resource = r
		if got := planned.planned(t.Context()); got != nil {
			t.Errorf("candidates are asked as %v", got)
		}
		resp.Diagnostics.AddError("An error", "that comes before")
		r.checkOrder(t.Context(), sized(1), &memory{}, nil, 1, resp)
	}), "Error An error\nthat comes before")
}
