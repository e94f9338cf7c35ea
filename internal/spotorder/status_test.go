package spotorder

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
)

// An id may stand on a sub-order before it opens, and stay on one that failed or was cancelled.
func TestSubOrderState_doesNotTrustTheID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		order, status int
		id, want      string
	}{
		{1, 1, "", creating},
		{1, 1, "i", creating},
		{1, 2, "i", succeeded},
		{21, 3, "", failed},
		{21, 3, "i", failed},
		{2, 2, "", canceled},
		{2, 2, "i", canceled},
	} {
		if got := subOrderState(&kec.Order{Status: c.order}, kec.SubOrder{Status: c.status, InstanceID: c.id}); got != c.want {
			t.Errorf("%+v is %s", c, got)
		}
	}
}

func TestInstanceState(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"scheduling": creating, "active": succeeded, "stopped": succeeded, "error": failed, "ERROR": failed, "build_error": failed,
		"deleting": released, "recycling": released, "deleted": released, "": unknown, "odd": unknown,
	} {
		if got := instanceState(&kec.Instance{State: state}); got != want {
			t.Errorf("%q is %s, want %s", state, got, want)
		}
	}
}
