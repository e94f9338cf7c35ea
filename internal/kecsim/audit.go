package kecsim

import (
	"slices"
	"time"
)

// Audit compares the instances that somebody knows of with those in the world. An instance is
// alive unless it is gone or being deleted; one in state error is alive (fact 257: it may still
// cost money).
type Audit struct {
	Alive   int                 // how many there are
	Orphans []string            // ids that are alive, but not known, in order of creation
	Ghosts  []string            // ids that are known, but not alive, in the order given
	Twice   map[string][]string // ids by the value of the tag that they share, in order of creation
}

// launchRecord is one instance that RunInstances has opened, as it was ordered.
type launchRecord struct {
	ID, Name  string
	Tags      map[string]string
	At        time.Time
	RequestID string // of the RunInstances call; one call may open several
	Gone      bool   // no longer in the world, whatever ended it
}

// launched is the small record of one instance, which outlives the instance.
type launched struct {
	id, name, request string
	tags              []tag
	at                time.Time
	gone              bool
}

// Audit compares the known ids, such as those of a state, with the world. It also finds launches
// that carry the same value under the tag markKey, among them instances that are gone or have
// lost the tag since. Without a markKey it does not look for these.
func (s *Server) Audit(known []string, markKey string) Audit {
	defer s.lock()()
	var out Audit
	alive := map[string]bool{}
	for _, in := range s.w.instances {
		if slices.Contains([]string{stateDeleting, stateDeleted, stateRecycling}, in.State) {
			continue
		}
		alive[in.ID] = true
		if !slices.Contains(known, in.ID) {
			out.Orphans = append(out.Orphans, in.ID)
		}
	}
	out.Alive = len(alive)
	for i, id := range known {
		if !alive[id] && !slices.Contains(known[:i], id) {
			out.Ghosts = append(out.Ghosts, id)
		}
	}
	if markKey != "" {
		out.Twice = s.w.sharedValues(markKey)
	}
	return out
}

// sharedValues lists the instances that share a value of a tag, by that value. The tags at the
// launch and those of now both count.
func (w *world) sharedValues(key string) map[string][]string {
	out := map[string][]string{}
	add := func(id string, tags []tag) {
		for _, t := range tags {
			if t.Key == key && !slices.Contains(out[t.Value], id) {
				out[t.Value] = append(out[t.Value], id)
			}
		}
	}
	for _, l := range w.launches {
		add(l.id, l.tags)
	}
	for _, in := range w.instances {
		add(in.ID, in.tagList)
	}
	for value, ids := range out {
		if len(ids) < 2 {
			delete(out, value)
		}
	}
	return out
}

// launchRecords lists all instances that RunInstances has ever opened, in order of creation,
// so that a test finds what was bought and given back.
func (s *Server) launchRecords() []launchRecord {
	defer s.lock()()
	out := make([]launchRecord, len(s.w.launches))
	for i, l := range s.w.launches {
		out[i] = launchRecord{l.id, l.name, make(map[string]string, len(l.tags)), l.at, l.request, l.gone}
		for _, t := range l.tags {
			out[i].Tags[t.Key] = t.Value
		}
	}
	return out
}

// recordLaunch keeps the record of an instance that has just been opened.
func (w *world) recordLaunch(in *instance, request string) {
	in.launch = &launched{id: in.ID, name: in.Name, request: request, tags: in.tagList, at: w.now}
	w.launches = append(w.launches, in.launch)
}
