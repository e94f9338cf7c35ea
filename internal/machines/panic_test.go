package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// A panic fails the call it happens in, says where it was and nothing of what it held, and leaves
// the client working.
func TestPanic_isTheErrorOfItsCall(t *testing.T) {
	t.Parallel()
	answered := ok(`{"RequestId":"r","InstanceCount":4}`)
	for name, tc := range map[string]struct {
		value    any
		want     string
		hook     bool
		unusable bool
	}{
		"decoder": {nil, "DescribeKecInventory: the answer could not be read because of a bug in this program: " +
			"runtime error: index out of range [7] with length 1 in machines.TestPanic_isTheErrorOfItsCall", false, true},
		"decoder, with a value": {"hunter2 " + testSecret, "the answer could not be read because of a bug in this program: " +
			"a panic with a value of type string in machines.TestPanic_isTheErrorOfItsCall", false, true},
		"decoder, with an error": {fmt.Errorf("hunter2: %w", io.EOF), "a panic with a value of type *fmt.wrapError in machines.", false, true},
		"hook":                   {errors.New("hunter2"), "a panic with a value of type *errors.errorString in machines.", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := true
			fail := func() {
				if broken && tc.value != nil {
					panic(tc.value)
				}
				if at := 7; broken {
					_ = []int{1}[at]
				}
			}
			s := of(answered)
			c, _ := client(t, s, ksyun.WithTrace(func(context.Context, ksyun.Trace) {
				if tc.hook {
					fail()
				}
			}))
			err := c.Do(t.Context(), ksyun.Call{Service: ksyun.KEC, Action: "DescribeKecInventory"}, func(*ksyun.Answer) error { fail(); return nil }).Err
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "goroutine") {
				t.Errorf("got %v", err)
			}
			e, _ := errors.AsType[*ksyun.Error](err)
			equal(t, "unusable", e != nil && e.Unusable, tc.unusable)
			equal(t, "survived by waits", !definite(err), true)
			broken = false
			n, err := c.DescribeKecInventory(t.Context(), "N3.2B", "z")
			equal(t, "the next call", fmt.Sprint(n, err), "4 <nil>")
		})
	}
}

// What had been sent before the panic may have been carried out.
func TestPanic_leavesALaunchInDoubt(t *testing.T) {
	t.Parallel()
	c, _ := client(t, &script{Answer: func(int, sent) reply { panic("hunter2") }})
	_, err := c.RunInstances(t.Context(), url.Values{})
	equal(t, "launch", errors.Is(err, ErrOutcomeUnknown), true)
	err = c.RebootInstances(t.Context(), "i-1")
	equal(t, "reboot", errors.Is(err, kec.ErrChangeUnknown), true)
	if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "kec RebootInstances: the call failed because of a bug") {
		t.Errorf("got %v", err)
	}
}
