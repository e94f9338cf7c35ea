package spotinstance

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/failure"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/wizard"
)

func TestOfficial(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"ksyun": true, "registry.terraform.io/kingsoftcloud/ksyun": true, "registry.terraform.io/other/ksyun": false, "": false, "kingsoftcloud/ksyun": false,
	} {
		if got := official(address); got != want {
			t.Errorf("%q is the official provider: %t", address, got)
		}
	}
}

// A machine whose place nothing tells but its zone stays there.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	r := &Resource{Session: &session.Session{API: new(kec.Client), Region: "cn-beijing-6"}}
	for name, c := range map[string]struct {
		last session.Origin
		zone string
		want string
	}{
		"the same region":          {session.Origin{Region: "cn-beijing-6"}, "cn-shanghai-2a", ""},
		"another one":              {session.Origin{Region: "cn-shanghai-2"}, "cn-beijing-6a", "m-1 is in the region cn-shanghai-2; the provider works in cn-beijing-6."},
		"not told, the same zone":  {session.Origin{}, "cn-beijing-6a", ""},
		"not told, another zone":   {session.Origin{}, "cn-shanghai-2a", "m-1 is in the zone cn-shanghai-2a; the provider works in cn-beijing-6."},
		"not told, and not a zone": {session.Origin{}, "", ""},
	} {
		m := &model{Reported: wizard.Reported{ID: types.StringValue("m-1"), AvailabilityZone: types.StringValue(c.zone)}}
		diags := r.elsewhere(m, c.last)
		if (len(diags) == 1) != (c.want != "") || len(diags) == 1 && !strings.HasPrefix(diags[0].Detail(), c.want) {
			t.Errorf("%s: it says %v", name, diags)
		}
	}
	if diags := (&Resource{Session: &session.Session{}}).elsewhere(&model{}, session.Origin{Region: "x"}); diags != nil {
		t.Errorf("without a region it says %v", diags)
	}
}

// Durations are told in whole minutes, rounded.
func TestMinutes(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		29 * time.Second: "less than a minute", 30 * time.Second: "1 minute", 89 * time.Second: "1 minute", 90 * time.Second: "2 minutes", time.Hour: "60 minutes",
	} {
		if got := minutes(d); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
}

// What outlives a machine, by what its state knows.
func TestOutliving(t *testing.T) {
	t.Parallel()
	bought := withOneDisk()
	bought.DataDisks = dataDisks.List(nil)
	bought.EIP = types.ObjectUnknown(nil)
	for name, c := range map[string]struct {
		of   model
		want string
	}{
		"an address":            {model{Reported: wizard.Reported{PublicIP: types.StringValue("1.2.3.4")}}, "Its public address 1.2.3.4 may stay"},
		"one that is not known": {*bought, "Its public address, which the state does not know, may stay"},
		"none":                  {model{}, ""},
	} {
		if got := addressSentence(&c.of); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("%s: %s", name, got)
		}
		if got := outliving(&c.of); (len(got) == 1) != (c.want != "") || got.HasError() {
			t.Errorf("%s: it warns %v", name, got)
		}
	}
}

// The request of a launch is named where the failure is of another request.
func TestAfterLaunch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ launched, failed, want string }{
		{"r-1", "r-2", "A note. KEC accepted the launch in request r-1."}, {"r-1", "r-1", "A note."}, {"", "r-2", "A note."}, {"r-1", "", "A note. KEC accepted the launch in request r-1."},
	} {
		f := afterLaunch(failure.Failure{RequestID: c.failed, Note: "A note."}, machines.Launched{RequestID: c.launched})
		if f.Note != c.want {
			t.Errorf("%+v: %s", c, f.Note)
		}
	}
	if denied(nil) || denied(errors.New("x")) {
		t.Error("what is no refusal is no refusal for lack of permission")
	}
}

// Small questions about a machine.
func TestModel_small(t *testing.T) {
	t.Parallel()
	m := &model{}
	if !m.unread() || m.project() != nil || m.title() != "" {
		t.Errorf("of nothing: unread %t, project %v, %q", m.unread(), m.project(), m.title())
	}
	m.InstanceType, m.ID, m.ProjectID = types.StringValue("N3.2B"), types.StringValue("m-1"), types.Int64Value(0)
	if m.unread() || m.project() != nil || m.title() != "m-1" {
		t.Errorf("with a type: unread %t, project %v, %q", m.unread(), m.project(), m.title())
	}
	m.InstanceType, m.State, m.InstanceName, m.ProjectID = types.StringNull(), types.StringValue("active"), types.StringValue("web"), types.Int64Value(1)
	if m.unread() || *m.project() != 1 || m.title() != "web (m-1)" {
		t.Errorf("with a state: unread %t, project %v, %q", m.unread(), m.project(), m.title())
	}
	for state, want := range map[string]bool{"stopped": true, "stopping": true, "active": false, "": false} {
		if m.State = types.StringValue(state); down(m) != want {
			t.Errorf("%q is down: %t", state, down(m))
		}
	}
	m.NetworkInterfaceID = types.StringValue("n-1")
	for _, c := range changes {
		got, ok := changeOf(c.name)
		if !ok || got.name != c.name {
			t.Errorf("%s is %s, %t", c.name, got.name, ok)
		}
		if want := c.name != wizard.ChangePassword; c.needed(m) != want {
			t.Errorf("%s is needed: %t", c.name, !want)
		}
	}
	if _, ok := changeOf("none"); ok {
		t.Error("a change that is none is one")
	}
	if m.PasswordWOVersion = types.Int64Value(1); !changes[len(changes)-2].needed(m) {
		t.Errorf("%s is needed for a new version", changes[len(changes)-2].name)
	}
}
