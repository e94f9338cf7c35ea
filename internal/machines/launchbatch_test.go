package machines

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// batchOf is an order of n machines, named with numbers.
func batchOf(n int) url.Values {
	params := order()
	params.Set("MaxCount", fmt.Sprint(n))
	params.Set("InstanceNameSuffix", "1")
	return params
}

// Whatever becomes of the answer to an order of ten, all that was opened is adopted, once.
func TestLaunchBatch(t *testing.T) {
	t.Parallel()
	const unknown = `the outcome of the launch is unknown: KEC may have accepted it, so do not apply again blindly: look for `
	for name, tc := range map[string]struct {
		plays    []play
		setup    func(k *cloud)
		ids      int
		err      string // what the error begins with
		requests int
		alive    int
	}{
		"answered":                  {[]play{accepts}, nil, 10, "", 1, 10},
		"fewer than asked":          {[]play{accepts}, func(k *cloud) { k.stock = 7 }, 7, "", 1, 7},
		"sold out":                  {[]play{accepts}, func(k *cloud) { k.stock = 0 }, 0, "RunInstances: ProductSellOutInvalid", 1, 0},
		"lost":                      {[]play{loses}, nil, 10, "", 1, 10},
		"lost, fewer than asked":    {[]play{loses}, func(k *cloud) { k.stock = 7 }, 7, "", 1, 7},
		"lost, 7 show before 10":    {[]play{loses}, func(k *cloud) { k.early, k.later = 7, time.Minute }, 10, "", 1, 10},
		"cut after the first id":    {[]play{{true, says(`{"InstancesSet":[{"InstanceId":"ID-1"},{"Inst`)}}, nil, 10, "", 1, 10},
		"dropped":                   {[]play{drops, accepts}, nil, 10, "", 2, 10},
		"dropped, then lost":        {[]play{drops, loses}, nil, 10, "", 2, 10},
		"nothing, twice":            {[]play{drops, drops}, nil, 0, unknown + `up to 10 instances named "worker" with the tag kec-launch-mark = mark-1,`, 2, 0},
		"tags show after a minute":  {[]play{loses}, func(k *cloud) { k.tagged = time.Minute }, 10, "", 1, 10},
		"tags never show":           {[]play{loses}, func(k *cloud) { k.tagged = time.Hour }, 0, unknown + "up to 10 instances", 1, 10},
		"look-ups fail after one":   {[]play{loses}, func(k *cloud) { k.early, k.later, k.look = 1, time.Minute, failingAfter(k, 20*time.Second) }, 1, unknown + "up to 9 more instances", 1, 10},
		"look-ups fail after a few": {[]play{loses}, func(k *cloud) { k.early, k.later, k.look = 7, time.Minute, failingAfter(k, 20*time.Second) }, 7, unknown + "up to 3 more instances", 1, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, c := newCloud(t, tc.plays...)
			k.stock = 100
			if tc.setup != nil {
				tc.setup(k)
			}
			b, err := c.LaunchBatch(t.Context(), batchOf(10))
			if (err != nil) != (tc.err != "") || err != nil && !strings.HasPrefix(err.Error(), tc.err) {
				t.Errorf("the error is %v, want %q", err, tc.err)
			}
			if strings.HasPrefix(tc.err, unknown) && !errors.Is(err, ErrOutcomeUnknown) {
				t.Errorf("%v does not match ErrOutcomeUnknown", err)
			}
			equal(t, "ids", len(slices.Compact(slices.Sorted(slices.Values(b.IDs)))), tc.ids)
			equal(t, "ids, with doubles", len(b.IDs), tc.ids)
			equal(t, "launches", k.count("RunInstances"), tc.requests)
			equal(t, "alive", len(k.machines), tc.alive)
		})
	}
}

// failingAfter fails all look-ups from some time on.
func failingAfter(k *cloud, from time.Duration) func(int) *reply {
	start, r := k.clk.Now(), refuse(403, "PermissionDenied", "x")
	return func(int) *reply {
		if k.clk.Now().Sub(start) >= from {
			return &r
		}
		return nil
	}
}

// Of 100 batches 20 answers are lost: no machine is opened twice, and none is forgotten.
func TestLaunchBatch_lostAnswers(t *testing.T) {
	t.Parallel()
	plays := make([]play, 100)
	for i := range plays {
		if plays[i] = accepts; i%5 == 2 {
			plays[i] = loses
		}
	}
	k, c := newCloud(t, plays...)
	k.stock = 1 << 20
	seen := map[string]bool{}
	for range plays {
		b, err := c.LaunchBatch(t.Context(), batchOf(10))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range b.IDs {
			if seen[id] {
				t.Errorf("%s came twice", id)
			}
			seen[id] = true
		}
	}
	equal(t, "machines", len(k.machines), 1000)
	equal(t, "known", len(seen), 1000)
	equal(t, "launches", k.count("RunInstances"), 100)
}

// An interrupted search returns what it has found, and says that there may be more.
func TestLaunchBatch_interrupted(t *testing.T) {
	t.Parallel()
	k, c := newCloud(t, loses)
	k.stock, k.early, k.later = 100, 4, time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	k.look = func(n int) *reply {
		if n == 4 {
			cancel()
		}
		return nil
	}
	b, err := c.LaunchBatch(ctx, batchOf(10))
	equal(t, "ids", len(b.IDs), 4)
	if !errors.Is(err, ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "up to 6 more instances") {
		t.Errorf("the error is %v", err)
	}
}
