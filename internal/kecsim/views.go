package kecsim

import (
	"fmt"
	"slices"
	"time"
)

// The look-ups that may be answered from an older view, for Lag.
const (
	LookByID = "DescribeInstances by id"
	LookList = "DescribeInstances list" // DescribeInstances without ids
	LookTags = "ListTagsByResourceIds"
)

// lagging is how often the look-ups of one kind are behind, and by how much.
type lagging struct {
	share float64
	age   time.Duration
}

// view is a copy of all instances as they were up to a time.
type view struct {
	until     time.Time
	instances []*instance
	byID      map[string]*instance
}

// Lag has a random share of the look-ups of one kind (LookByID, LookList or LookTags) answered from
// a view that is so old: a new instance is not there yet, is shown once and then not, an ended one
// is still there, tags are the old ones. A share of 0 ends it. Views are kept from the first Lag
// on, and no view is older than that. Lag panics on an unknown kind of look-up or a bad share.
//
// assumed: views of one service may lag behind each other (fact 234).
func (s *Server) Lag(look string, share float64, age time.Duration) {
	defer s.lock()()
	if look != LookByID && look != LookList && look != LookTags {
		panic(fmt.Sprintf("kecsim: no look-up %q may lag", look))
	}
	mustShare(share)
	if s.w.lags[look] = (lagging{share, age}); share == 0 {
		delete(s.w.lags, look)
	}
	s.w.remember(s.w.now)
}

// seen is what a look-up shows: the instances that are there, or were.
func (w *world) seen(look string) view {
	present := view{instances: w.instances, byID: w.byID}
	lag, lags := w.lags[look]
	if !lags || !w.draw(lag.share) {
		return present
	}
	at := w.now.Add(-lag.age)
	for _, v := range w.views {
		if v.until.After(at) {
			return v
		}
	}
	return present
}

// remember keeps a copy of all instances, as they have been since the last one. It is called before
// anything changes them at a time.
func (w *world) remember(until time.Time) {
	if len(w.lags) == 0 {
		w.views = nil
		return
	}
	if n := len(w.views); n > 0 && !until.After(w.views[n-1].until) {
		return
	}
	oldest := time.Duration(0)
	for _, lag := range w.lags {
		oldest = max(oldest, lag.age)
	}
	w.views = slices.DeleteFunc(w.views, func(v view) bool { return !v.until.After(until.Add(-oldest)) })
	v := view{until, make([]*instance, len(w.instances)), map[string]*instance{}}
	for i, in := range w.instances {
		was := *in
		was.Instance, was.nics = in.clone(), slices.Clone(in.nics)
		v.instances[i], v.byID[in.ID] = &was, &was
	}
	w.views = append(w.views, v)
}
