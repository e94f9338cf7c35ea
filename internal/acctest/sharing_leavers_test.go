package acctest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// One who leaves does not disturb the others, whatever is shared: a look-up, a list, a question
// about tags, a termination.
func TestSharing_oneLeaves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n    int
		call func(context.Context, *account, string) error
		want string
	}{
		"look-up": {4, func(ctx context.Context, a *account, id string) error {
			_, err := a.machines.Find(ctx, id, nil)
			return err
		}, "1 DescribeInstances"},
		"list": {30, func(ctx context.Context, a *account, id string) error {
			_, err := a.machines.Refresh(ctx, id, nil)
			return err
		}, "1 DescribeInstances"},
		"tags": {30, func(ctx context.Context, a *account, id string) error {
			_, err := a.machines.RefreshTags(ctx, id)
			return err
		}, "1 ListTagsByResourceIds"},
		"termination": {30, func(ctx context.Context, a *account, id string) error { return a.machines.Terminate(ctx, id) },
			"1 TerminateInstances"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				a := newAccount(t, c.n, nil)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(45*time.Millisecond, cancel) // while the request is on its way
				var all sync.WaitGroup
				for i, id := range a.ids {
					mine := t.Context()
					if i%3 == 0 {
						mine = ctx
					}
					all.Go(func() {
						err := c.call(mine, a, id)
						if left := i%3 == 0; left != errors.Is(err, context.Canceled) || !left && err != nil {
							t.Errorf("%d: %v", i, err)
						}
					})
				}
				all.Wait()
				action := strings.Fields(c.want)[1]
				if got := fmt.Sprint(a.sim.Count(action), " ", action); got != c.want {
					t.Errorf("%s, want %s", got, c.want)
				}
			})
		})
	}
}

// When all leave, nothing goes on without them.
func TestSharing_allLeave(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 30, nil)
		a.sim.FailShare("*", kecsim.Throttled, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		for _, id := range a.ids {
			all.Go(func() {
				if _, err := a.machines.Refresh(ctx, id, nil); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: %v", id, err)
				}
			})
		}
		start := time.Now()
		all.Wait()
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("it took %s", took)
		}
		sent := len(a.sim.Calls())
		time.Sleep(10 * time.Minute)
		if n := len(a.sim.Calls()); n != sent {
			t.Errorf("%d requests after all have left", n-sent)
		}
	})
}

// A call for several that KEC refuses because of one is made again for each.
func TestSharing_oneIsRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 20, nil)
		a.sim.FailNext("TerminateInstances", kecsim.Fault{Status: 400, Code: "InstanceIdInvalid", Message: "one of them"}, 1)
		a.sim.RefuseTerminate(a.ids[3], "it is protected")
		var all sync.WaitGroup
		for i, id := range a.ids {
			all.Go(func() {
				err := a.machines.Terminate(t.Context(), id)
				if refused := i == 3; refused != (err != nil) {
					t.Errorf("%d: %v", i, err)
				} else if refused && !strings.Contains(err.Error(), "instance "+id+": ") {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		all.Wait()
		alive := 0
		for _, in := range a.sim.Instances() {
			if in.State == "active" {
				alive++
			}
		}
		if alive != 1 {
			t.Errorf("%d are active, want 1", alive)
		}
	})
}

// A refusal that is about no id, as of a key that is no good, is put to the test with three
// instances of a batch, and not with each.
func TestSharing_allAreRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T) {
		a := newAccount(t, 200, nil)
		a.sim.DenyService("kec", true)
		turn := make(chan struct{}, parallelism)
		var all sync.WaitGroup
		for _, id := range a.ids {
			turn <- struct{}{}
			all.Go(func() {
				defer func() { <-turn }()
				if _, err := a.machines.Refresh(t.Context(), id, nil); err == nil || errors.Is(err, machines.ErrGone) {
					t.Errorf("%s: %v", id, err)
				}
			})
		}
		all.Wait()
		if n := a.sim.Count("DescribeInstances"); n != 88 {
			t.Errorf("%d requests, want one for the list, one for each ten, one for each of the first ten, and three for the other tens", n)
		}
	})
}

// Whatever goes wrong with a list, reads are answered rightly or fail: none takes a machine for
// gone.
func TestSharing_faults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]kecsim.Fault{
		"throttled": kecsim.Throttled, "internal": kecsim.InternalFailure, "garbage": kecsim.Garbage, "HTML": kecsim.HTMLGateway, "cut": kecsim.AnswerCut,
		"empty": kecsim.EmptyObject, "reset": kecsim.ConnectionReset, "forbidden": kecsim.Denied,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T) {
				a := newAccount(t, 300, nil)
				a.sim.FailNext("DescribeInstances", fault, 12)
				failed := 0
				turn := make(chan struct{}, parallelism)
				var all sync.WaitGroup
				var mu sync.Mutex
				for _, id := range a.ids {
					turn <- struct{}{}
					all.Go(func() {
						defer func() { <-turn }()
						in, err := a.machines.Refresh(t.Context(), id, nil)
						switch {
						case errors.Is(err, machines.ErrGone):
							t.Errorf("%s: %v", id, err)
						case err != nil:
							mu.Lock()
							defer mu.Unlock()
							failed++
						case in.ID != id:
							t.Errorf("%s: %s", id, in.ID)
						}
					})
				}
				all.Wait()
				t.Logf("%d of 300 reads failed, %d requests", failed, a.sim.Count("DescribeInstances"))
			})
		})
	}
}
