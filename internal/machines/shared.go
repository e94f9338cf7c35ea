package machines

import (
	"context"
	"sync"
	"time"
)

// sharedCall is work that several callers wait for. It ends early once none of them waits any more,
// and it has the latest of their deadlines. That is why it is not golang.org/x/sync/singleflight,
// whose work runs in the context of the first caller, and in no other.
type sharedCall struct {
	done chan struct{} // closed when the work is over

	mu        sync.Mutex
	waiting   int
	abandoned bool // all callers have left
	stop      context.CancelFunc
	deadline  time.Time // the latest of the callers'
	endless   bool      // one of the callers has no deadline
}

func newSharedCall() *sharedCall { return &sharedCall{done: make(chan struct{})} }

// join announces a caller that is going to wait. It is false when all others have left, so that the
// work has ended, and when the work has begun with a deadline that is earlier than the caller's.
func (s *sharedCall) join(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := ctx.Deadline()
	if s.abandoned || s.stop != nil && !s.endless && (!ok || at.After(s.deadline)) {
		return false
	}
	s.waiting++
	if !ok {
		s.endless = true
	} else if at.After(s.deadline) {
		s.deadline = at
	}
	return true
}

// context is what the work runs in. It has the values of ctx and the latest deadline of the
// callers, and ends when they have all left.
func (s *sharedCall) context(ctx context.Context) (context.Context, context.CancelFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	free := func() {}
	if !s.endless {
		ctx, free = context.WithDeadline(ctx, s.deadline)
	}
	ctx, stop := context.WithCancel(ctx)
	s.stop = stop
	if s.abandoned {
		stop()
	}
	return ctx, func() { stop(); free() }
}

// wait returns when the work is over. When ctx ends first while others still wait, it returns the
// error of ctx. The last caller to leave ends the work, and takes the error with which the work
// ends.
func (s *sharedCall) wait(ctx context.Context) error {
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.waiting--
	last := s.waiting == 0
	if last {
		s.abandoned = true
		at, _ := ctx.Deadline()
		// At its own deadline the work ends by itself, and its error says so.
		if s.stop != nil && (ctx.Err() == context.Canceled || s.endless || s.deadline.After(at)) {
			s.stop()
		}
	}
	s.mu.Unlock()
	if last {
		<-s.done
		return nil
	}
	return ctx.Err()
}
