package session_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/session"
)

func TestFrom(t *testing.T) {
	t.Parallel()
	configured := &session.Session{Region: "cn-beijing-6"}
	for _, c := range []struct {
		name   string
		data   any
		region string
		detail string
	}{
		{"not configured yet", nil, "", ""},
		{"configured", configured, "cn-beijing-6", ""},
		{"the wrong type", session.Session{}, "",
			"It is a session.Session, and a *session.Session is needed.\n\nThis is a mistake in the provider: please report it."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			got := session.From(c.data, &diags)
			if got == nil || got.Region != c.region {
				t.Errorf("got %+v, want the region %q", got, c.region)
			}
			switch {
			case c.detail == "" && len(diags) > 0:
				t.Errorf("said %v", diags)
			case c.detail != "" && (len(diags) != 1 || !diags.HasError() || diags[0].Detail() != c.detail):
				t.Errorf("said %v, want %q", diags, c.detail)
			}
		})
	}
}

func TestNotReady(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]*session.Session{
		"":                               {API: &kec.Client{}},
		"the provider is not configured": {},
		"the provider's region is known only after apply":                           {Unknown: []string{"region"}},
		"the provider's region, access_key and endpoint are known only after apply": {Unknown: []string{"region", "access_key", "endpoint"}},
	} {
		if got := s.NotReady(); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}
