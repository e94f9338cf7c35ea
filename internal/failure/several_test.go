package failure

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// One message may tell of several errors. What a pipeline may do is what holds for all of them.
func TestRetry_theMostCautiousOfSeveral(t *testing.T) {
	t.Parallel()
	gone := fmt.Errorf("instance i: %w", machines.ErrGone)
	denied := fmt.Errorf("start: %w", &ksyun.Error{Action: "StartInstances", Code: "AccessDenied", Status: 403})
	busy := &ksyun.Error{Action: "AttachKey", Code: "RequestLimitExceeded", Status: 400}
	unknown := fmt.Errorf("%w: EOF", machines.ErrOutcomeUnknown)
	for name, c := range map[string]struct {
		err  error
		code Code
		want Retry
	}{
		"one":                      {busy, Throttled, RetryLater},
		"a passing one first":      {errors.Join(busy, denied), Throttled, RetryAfterChange},
		"a passing one last":       {errors.Join(denied, busy), PermissionDenied, RetryAfterChange},
		"both pass":                {errors.Join(busy, gone), Throttled, RetryLater},
		"joined twice":             {errors.Join(errors.Join(busy, denied), context.Canceled), Throttled, RetryAfterChange},
		"joined, and then wrapped": {fmt.Errorf("update: %w", errors.Join(busy, denied)), Throttled, RetryAfterChange},
		"a launch that may be":     {errors.Join(denied, unknown), OutcomeUnknown, RetryNever},
		"one in a sentence": {
			fmt.Errorf("%w: %w", kec.ErrChangeUnknown, &ksyun.Error{Action: "StopInstances", Code: "InstanceStateNotSupported", Status: 400}),
			ChangeUnknown, RetryLater,
		},
	} {
		f := Of(c.err)
		wantEqual(t, name+": code", f.Code, c.code)
		wantEqual(t, name+": retry", f.Retry, c.want)
	}

	f := newFailure(OutOfStock)
	f.Besides(busy)
	wantEqual(t, "with one that passes", f.Retry, RetryLater)
	f.Besides(denied)
	f.Besides(busy)
	wantEqual(t, "with one that does not", f.Retry, RetryAfterChange)
	wantEqual(t, "its code", f.Code, OutOfStock)
}
