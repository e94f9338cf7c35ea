package guard_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/guard"
)

func TestRecover(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	run := func(f func()) {
		defer guard.Recover(&diags, "creating the instance")
		f()
	}
	run(func() {})
	if len(diags) != 0 {
		t.Fatalf("without a panic: %v", diags)
	}
	run(func() { panic(errors.New("a secret")) })
	if len(diags) != 1 || diags[0].Summary() != "The provider has a mistake" {
		t.Fatalf("got %v", diags)
	}
	want := regexp.MustCompile(`^It failed while creating the instance, at guard_test\.TestRecover\.func\d, line \d+, with a \*errors\.errorString\. ` +
		`What was known before is kept in the state\.\n\nReport this, and run the command again: the refresh shows what KEC has\.$`)
	if got := diags[0].Detail(); !want.MatchString(got) {
		t.Errorf("got %q", got)
	}
}
