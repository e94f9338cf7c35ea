package conform

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// markPrefix begins the launch tag of every machine that a run launches. That of a user's machine
// is 32 hexadecimal digits, so that none of them can begin so.
const markPrefix = "conform-"

// nameOf is the name of the machines of a mark. A machine whose tags are lost is known by it.
func nameOf(mark string) string { return "kec-" + mark }

// ours is the form of a mark.
var ours = regexp.MustCompile(`^` + markPrefix + `[0-9a-f]{24}$`)

// hidden is how long a new machine may stay out of every list (fact 210: two minutes).
const hidden = 2 * time.Minute

// NewMark is the launch tag of a machine that only a run, or a test, launches and that Sweep ends.
func NewMark() string {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	return markPrefix + hex.EncodeToString(random[:])
}

// Sweep ends the machines that runs have left behind, and no others: those whose launch tag, or
// whose name, is that of a run. Without marks it ends those of any run. It returns the ids of those
// that it has proven gone.
func Sweep(ctx context.Context, o Options, marks ...string) ([]string, error) {
	s, err := newSession(o)
	if err != nil {
		return nil, err
	}
	return s.sweep(ctx, func(mark string) bool {
		return ours.MatchString(mark) && (len(marks) == 0 || slices.Contains(marks, mark))
	})
}

// sweep ends the machines whose mark is wanted.
func (s *session) sweep(ctx context.Context, wanted func(mark string) bool) ([]string, error) {
	// Without a list of the projects it is the default one that is searched, in which runs launch.
	all, _ := s.machines.List(ctx, machines.Filter{WithTags: true, AnyCharge: true}, kec.MaxIDs)
	var ids, gone []string
	var failed error
	for m, err := range all {
		if err != nil {
			return nil, fmt.Errorf("the machines cannot be listed: %w", err)
		}
		if wanted(markOf(m)) && !machines.Ending(m.State) {
			ids = append(ids, m.ID)
		}
	}
	for _, id := range ids {
		if err := s.end(ctx, id); err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		gone = append(gone, id)
	}
	return gone, failed
}

// markOf is the mark of a machine: its launch tag or, where it has lost that, the end of its name;
// "" for one that no run has launched.
func markOf(m machines.Listed) string {
	for key, value := range m.Tags {
		if strings.EqualFold(key, machines.LaunchTagKey) {
			if ours.MatchString(value) {
				return value
			}
			return "" // somebody else's, whatever its name
		}
	}
	if mark, found := strings.CutPrefix(m.Name, nameOf("")); found && ours.MatchString(mark) {
		return mark
	}
	return ""
}

// end terminates a machine and returns once it is proven gone. A check may have left it protected.
func (s *session) end(ctx context.Context, id string) error {
	err := s.machines.Terminate(ctx, id)
	if err != nil && ctx.Err() == nil {
		if off := s.api.SetInstanceResourceProtect(ctx, id, false); off != nil {
			return errors.Join(err, off)
		}
		err = s.machines.Terminate(ctx, id)
	}
	if err != nil {
		return err
	}
	return s.untilProven(ctx, id)
}

// untilProven waits until Find proves that a machine is gone. Terminate believes KEC as soon as it
// has accepted a deletion and two look-ups do not show the machine; one that is new may not have
// been shown yet.
func (s *session) untilProven(ctx context.Context, id string) error {
	for {
		in, err := s.machines.Find(ctx, id, nil)
		switch {
		case errors.Is(err, machines.ErrGone):
			return nil
		case err != nil && !errors.Is(err, machines.ErrNotVisible):
			return err
		case in != nil && !machines.Ending(in.State):
			if err := s.machines.Terminate(ctx, id); err != nil {
				return err
			}
		}
		if err := s.api.Sleep(ctx, 5*time.Second); err != nil {
			return err
		}
	}
}

// clear ends whatever this run has launched: what it knows by its id, then what bears its mark.
// After a launch without a clear outcome it looks for as long as a machine may stay hidden.
func (s *session) clear(ctx context.Context) (gone []string, err error) {
	for _, id := range s.known {
		if endErr := s.end(ctx, id); endErr != nil {
			err = errors.Join(err, fmt.Errorf("%s may still be charged: %w", id, endErr))
			continue
		}
		gone = append(gone, id)
	}
	s.known = nil
	if !s.launched {
		return gone, err
	}
	for began := s.api.LocalNow(); ; {
		more, sweepErr := s.sweep(ctx, func(mark string) bool { return mark == s.mark })
		gone = append(gone, more...)
		if sweepErr != nil || !s.unclear || s.api.LocalNow().Sub(began) >= hidden {
			return gone, errors.Join(err, sweepErr)
		}
		if sleepErr := s.api.Sleep(ctx, 5*time.Second); sleepErr != nil {
			return gone, errors.Join(err, sleepErr)
		}
	}
}

// endRehearsed ends the machines that a launch with DryRun has bought all the same. No other launch
// is rehearsed then.
func (s *session) endRehearsed(ctx context.Context, r reply) error {
	s.rehearses, s.launched = errors.New("DryRun=true has bought a machine"), true
	for _, raw := range r.list("InstancesSet") {
		var in struct{ InstanceID ksyun.Text }
		ksyun.Decode(raw, &in)
		s.known = append(s.known, string(in.InstanceID))
	}
	swept, err := s.clear(ctx)
	return errors.Join(fmt.Errorf("DryRun=true bought a machine, which was ended again: %s", strings.Join(swept, ", ")), err)
}
