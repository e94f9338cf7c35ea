package provider

import (
	"runtime"
	"testing"
)

// The User-Agent names the build and, after it, whatever the user appends for all providers.
func TestUserAgent(t *testing.T) {
	p := &Provider{version: "0.1.0+0123456789ab"}
	own := "terraform-provider-kec/0.1.0+0123456789ab (" + runtime.GOOS + "; " + runtime.GOARCH + ")"
	for appended, want := range map[string]string{"": own, " ": own, "pipeline/7 ": own + " pipeline/7"} {
		t.Setenv("TF_APPEND_USER_AGENT", appended)
		if got := p.userAgent(); got != want {
			t.Errorf("with %q it is %q, want %q", appended, got, want)
		}
	}
}
