package acctest_test

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/acctest"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestHCL_withOtherValues(t *testing.T) {
	t.Parallel()
	block := acctest.NewHCL(`data "a" "b"`, "first", "1", "second", `"@subnet_a"`)
	want := "data \"a\" \"b\" {\n  first = 2\n  second = \"" + kecsim.SubnetA + "\"\n  third = []\n}\n"
	if got := block.With("first", "2", "third", "[]").String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := block.String(), "data \"a\" \"b\" {\n  first = 1\n  second = \""+kecsim.SubnetA+"\"\n}\n"; got != want {
		t.Errorf("the block itself has changed: %s, want %s", got, want)
	}
}

func TestHCL_panicsIfItChangesNothing(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{"the same value": {"first", "1"}, "no value": {"first"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			acctest.NewHCL("locals", "first", "1").With(pairs...)
		})
	}
}
