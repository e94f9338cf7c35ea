package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
)

// askedAlone makes a batch of these ids that was refused, and returns how many were asked alone and
// the errors by id. Those that begin with "bad" are refused.
func askedAlone(c *Client, ids ...string) (asked int, failed []string) {
	refusal := &ksyun.Error{Action: "DescribeInstances", Code: "PermissionDenied", Status: 403}
	var requests []*request[struct{}]
	for _, id := range ids {
		requests = append(requests, &request[struct{}]{id: id})
	}
	var mu sync.Mutex
	err := eachAlone(c, requests, refusal, func(r *request[struct{}]) error {
		mu.Lock()
		defer mu.Unlock()
		if asked++; strings.HasPrefix(r.id, "bad") {
			return refusal
		}
		r.answer(struct{}{}, nil)
		return nil
	})
	answerRest(requests, err)
	for _, r := range requests {
		if r.err != nil {
			failed = append(failed, r.id)
		}
	}
	return asked, failed
}

func many(prefix string, n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("%s-%d", prefix, i))
	}
	return ids
}

// Two bad ids of one batch do not make their code one of all ids: later, one bad id fails no good
// one, wherever it stands.
func TestEachAlone_twoBadIDsProveNothing(t *testing.T) {
	t.Parallel()
	for at := range 100 {
		c, _ := client(t, of(set("")))
		asked, failed := askedAlone(c.Client, "bad-1", "bad-2")
		equal(t, "two bad ones", fmt.Sprint(asked, failed), "2 [bad-1 bad-2]")
		asked, failed = askedAlone(c.Client, slices.Insert(many("good", 99), at, "bad-1")...)
		equal(t, fmt.Sprintf("one bad one, as number %d", at), fmt.Sprint(asked, failed), "100 [bad-1]")
	}
}

// One good id proves that a code is not one of all ids: the next batch that has it is asked one by
// one again, and finds the good one among many bad ones.
func TestEachAlone_aCodeIsDisproved(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(set("")))
	askedAlone(c.Client, "bad-1", "bad-2")
	asked, failed := askedAlone(c.Client, many("good", 5)...)
	equal(t, "good ones", fmt.Sprint(asked, failed), "5 []")
	asked, failed = askedAlone(c.Client, append(many("bad", 20), "good-0")...)
	equal(t, "many bad ones", fmt.Sprint(asked, len(failed), slices.Contains(failed, "good-0")), "21 20 false")
}

// A code that refuses every id costs a few requests for each batch, and a machine that is refused
// no more is found in turn.
func TestEachAlone_aCodeForAll(t *testing.T) {
	t.Parallel()
	c, _ := client(t, of(set("")))
	asked, failed := askedAlone(c.Client, many("bad", 100)...)
	equal(t, "at first", fmt.Sprint(asked, len(failed)), "100 100")
	for range 3 {
		asked, failed = askedAlone(c.Client, many("bad", 100)...)
		equal(t, "from then on", fmt.Sprint(asked, len(failed)), "3 100")
	}
	rounds := 0
	for failed = []string{"good-0"}; slices.Contains(failed, "good-0"); rounds++ {
		_, failed = askedAlone(c.Client, append(many("bad", 20), "good-0")...)
	}
	if rounds > 8 {
		t.Errorf("the good one is found after %d batches", rounds)
	}
}

// Who comes after the work has begun with a deadline is not bound by it.
func TestSharedCall_joinedLate(t *testing.T) {
	t.Parallel()
	within := func(d time.Duration) context.Context {
		ctx, cancel := context.WithTimeout(t.Context(), d)
		t.Cleanup(cancel)
		return ctx
	}
	s := newSharedCall()
	equal(t, "the first", s.join(within(time.Minute)), true)
	equal(t, "a longer one, before the work begins", s.join(within(time.Hour)), true)
	_, free := s.context(t.Context())
	defer free()
	equal(t, "a shorter one", s.join(within(time.Minute)), true)
	equal(t, "a longer one", s.join(within(2*time.Hour)), false)
	equal(t, "an endless one", s.join(t.Context()), false)

	s = newSharedCall()
	equal(t, "an endless one", s.join(t.Context()), true)
	_, free = s.context(t.Context())
	defer free()
	equal(t, "another endless one", s.join(t.Context()), true)
}

// Whoever comes between the fixing of a batch's deadline and its closing gets a batch of its own.
func TestBatcher_joinedLate(t *testing.T) {
	t.Parallel()
	b := &batcher[string]{
		call: describe, window: window{time.Millisecond, time.Millisecond}, maxItems: 9,
		work: func(_ context.Context, requests []*request[string]) error {
			for _, r := range requests {
				r.answer("answered "+r.id, nil)
			}
			return nil
		},
	}
	brief, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	b.open = &batch[string]{sharedCall: newSharedCall(), joined: make(chan struct{}, 1), full: make(chan struct{})}
	b.open.join(brief)
	_, free := b.open.context(t.Context())
	defer free()
	close(b.open.done) // its work is over, without a word about who comes now
	got, err := b.Do(t.Context(), "i-1", nil)
	equal(t, "answer", fmt.Sprint(got, err), "answered i-1<nil>")

	// A batch that has done nothing for a caller has run out of time.
	b.open = &batch[string]{sharedCall: newSharedCall(), joined: make(chan struct{}, 1), full: make(chan struct{})}
	close(b.open.done)
	_, err = b.Do(t.Context(), "i-2", nil)
	equal(t, "error", fmt.Sprint(err), "kec DescribeInstances: context deadline exceeded before anything was sent")
	equal(t, "wraps the deadline", errors.Is(err, context.DeadlineExceeded), true)
}

// Refusals end a wait when they come in a row: other failures between them begin a new row.
func TestWaits_refusalsInARow(t *testing.T) {
	t.Parallel()
	denied := refuse(403, "PermissionDenied", "no")
	c, clk := client(t, of(denied, reply{Err: io.EOF}, denied, reply{Status: 502}, denied, reply{Status: 429}, denied, set("stopped", "i-1")), ksyun.WithRetries(0, 0, 0))
	_, err := c.WaitState(t.Context(), "i-1", "stopped")
	equal(t, "error", fmt.Sprint(err), "<nil>")
	equal(t, "waits", fmt.Sprint(clk.Slept), "[1s 2s 3s 4s 5s 5s 5s]")
}

// The wait for a machine that is ready ends, as any wait does, over look-ups that are refused.
func TestUntilReady_lookUpsRefused(t *testing.T) {
	t.Parallel()
	c, clk := client(t, of(refuse(403, "PermissionDenied", "no")), ksyun.WithRetries(0, 0, 0))
	calls := 0
	err := c.UntilReady(t.Context(), "i-1", func() error {
		if calls++; calls > 50 {
			return errors.New("for ever")
		}
		return &ksyun.Error{Code: "InstanceStateNotSupported"}
	})
	equal(t, "error", fmt.Sprint(err),
		"waiting for instance i-1 to be ready for the change: DescribeInstances: PermissionDenied: no (request id req-1, HTTP 403)")
	equal(t, "waits", fmt.Sprint(clk.Slept), "[1s 2s 3s]")
}
