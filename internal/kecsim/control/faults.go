package control

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// namedFaults are the faults of package kecsim by their names.
var namedFaults = map[string]kecsim.Fault{
	"Throttled": kecsim.Throttled, "Throttling": kecsim.Throttling, "ThrottlingException": kecsim.ThrottlingException,
	"TooManyRequests": kecsim.TooManyRequests, "BandwidthExceeded": kecsim.BandwidthExceeded, "ThrottledRetryAfter": kecsim.ThrottledRetryAfter,
	"TooManyRequestsJSON": kecsim.TooManyRequestsJSON, "BandwidthExceededJSON": kecsim.BandwidthExceededJSON,
	"ServiceUnavailable": kecsim.ServiceUnavailable, "InternalFailure": kecsim.InternalFailure, "Denied": kecsim.Denied, "HTMLGateway": kecsim.HTMLGateway,
	"EmptyObject": kecsim.EmptyObject, "Garbage": kecsim.Garbage,
	"ConnectionLost": kecsim.ConnectionLost, "ConnectionReset": kecsim.ConnectionReset, "SlowToAct": kecsim.SlowToAct,
	"AnswerLost": kecsim.AnswerLost, "AnswerReset": kecsim.AnswerReset, "AnswerCut": kecsim.AnswerCut, "SlowAnswer": kecsim.SlowAnswer,
	"InternalFailureAfter": kecsim.InternalFailureAfter, "HTMLGatewayAfter": kecsim.HTMLGatewayAfter, "EmptyObjectAfter": kecsim.EmptyObjectAfter,
	"DoneLater": kecsim.DoneLater, "GatewayDoneLater": kecsim.GatewayDoneLater,
}

// shownFault is a scripted fault: by its name if it has one, else field by field.
type shownFault struct {
	Action string  `json:"action"`
	Share  float64 `json:"share,omitempty"`
	Left   int     `json:"left,omitempty"` // how many calls; of a share only if it is limited
	Name   string  `json:"name,omitempty"`
	kecsim.Fault
	Slow string `json:"slow,omitempty"`
	Late string `json:"late,omitempty"`
}

// showFaults lists the scripted faults in the order in which they were given.
func (c api) showFaults() []shownFault {
	out := []shownFault{}
	for _, f := range c.sim.Faults() {
		shown := shownFault{Action: f.Action, Share: f.Share, Left: f.Left, Fault: f.Fault}
		plain := f.Fault
		plain.Echo = false
		for name, named := range namedFaults {
			if named == plain {
				shown.Name, shown.Fault = name, kecsim.Fault{Echo: f.Echo}
			}
		}
		if shown.Name == "" {
			if status := f.AnswerStatus(); status != 0 {
				shown.Status = status
			}
			if f.Slow > 0 {
				shown.Slow = f.Slow.String()
			}
			if f.Late > 0 {
				shown.Late = f.Late.String()
			}
		}
		out = append(out, shown)
	}
	return out
}

func (c api) scriptFault(body []byte) error {
	var in struct {
		Action, Name string
		Times        int
		Share        *float64
		Seed         *uint64
		Clear        bool
		Slow, Late   string
		kecsim.Fault
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.Clear {
		if in.Action != "" || in.Times != 0 || in.Share != nil || in.Seed != nil || in.Name != "" || in.Slow+in.Late != "" || in.Fault != (kecsim.Fault{}) {
			return errors.New("clear removes every fault and takes no other field")
		}
		c.sim.ClearFaults()
		return nil
	}
	switch {
	case in.Action == "":
		return errors.New(`action must be given ("*" for any), and times or a share`)
	case in.Times < 0 || in.Times == 0 && in.Share == nil:
		return fmt.Errorf("times must be at least 1, unless there is a share, not %d", in.Times)
	case in.Share != nil && !(*in.Share > 0 && *in.Share <= 1):
		return fmt.Errorf("share must be above 0 and at most 1, not %v", *in.Share)
	case in.Seed != nil && in.Share == nil:
		return errors.New("seed is for a share")
	}
	f, err := readFault(in.Name, in.Slow, in.Late, in.Fault)
	if err == nil && in.Action != "*" {
		err = c.checkAction(in.Action)
	}
	switch {
	case err != nil:
		return err
	case in.Share == nil:
		c.sim.FailNext(in.Action, f, in.Times)
		return nil
	case in.Seed != nil:
		c.sim.Seed(*in.Seed)
	}
	c.sim.FailShareAtMost(in.Action, f, *in.Share, in.Times)
	return nil
}

// readFault is the named fault, or without a name the fault of the given fields.
func readFault(name, slow, late string, f kecsim.Fault) (kecsim.Fault, error) {
	for _, d := range []struct {
		name, text string
		most       time.Duration
		to         *time.Duration
	}{{"slow", slow, maxSlow, &f.Slow}, {"late", late, maxAdvance, &f.Late}} {
		if d.text == "" {
			continue
		}
		var err error
		if *d.to, err = time.ParseDuration(d.text); err != nil || *d.to <= 0 || *d.to > d.most {
			return kecsim.Fault{}, fmt.Errorf("%s must be like 2s, above 0 and at most %s, not %q", d.name, d.most, protocol.Clip(d.text))
		}
	}
	named, known := namedFaults[name]
	switch {
	case name != "" && !known:
		return kecsim.Fault{}, oneOf("fault named", name, slices.Collect(maps.Keys(namedFaults)))
	case name != "" && f != (kecsim.Fault{Echo: f.Echo}):
		return kecsim.Fault{}, errors.New("a named fault takes no other field but echo")
	case name != "":
		named.Echo = f.Echo
		return named, nil
	case f == kecsim.Fault{}:
		return kecsim.Fault{}, errors.New("name, or status, code, body, dropBefore, dropAfter, reset, cut, slow, late or another field of a fault, must be given")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return kecsim.Fault{}, fmt.Errorf("status must be between 200 and 599, not %d", f.Status)
	case f.Cut < 0:
		return kecsim.Fault{}, fmt.Errorf("cut must be a number of bytes above 0, not %d", f.Cut)
	}
	return f, nil
}

// maxSlow bounds how long a fault holds up an answer, which occupies a connection.
const maxSlow = 10 * time.Minute

// checkMode checks a way in which launches fail, in the field of a name.
func checkMode(name, mode string) error {
	if mode != kecsim.ModeError && mode != kecsim.ModeVanish && mode != kecsim.ModeInvisible {
		return fmt.Errorf("%s must be %s, %s or %s, not %q", name, kecsim.ModeError, kecsim.ModeVanish, kecsim.ModeInvisible, protocol.Clip(mode))
	}
	return nil
}

func checkShare(share float64) error {
	if !(share >= 0 && share <= 1) {
		return fmt.Errorf("share must be between 0 and 1, not %v", share)
	}
	return nil
}

func (c api) failLaunches(body []byte) error {
	var in struct {
		Count        int
		Share        *float64
		Mode, Reason string
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if err := checkMode("mode", in.Mode); err != nil {
		return err
	}
	switch {
	case in.Share == nil && in.Count < 1 || in.Share != nil && in.Count != 0:
		return errors.New("count must be at least 1, or a share be given instead")
	case in.Share == nil:
		c.sim.FailLaunches(in.Count, in.Mode, in.Reason)
		return nil
	}
	if err := checkShare(*in.Share); err != nil {
		return err
	}
	c.sim.FailLaunchesShare(*in.Share, in.Mode, in.Reason)
	return nil
}

func (c api) refuseShare(body []byte) error {
	var in struct {
		Action  string
		Share   *float64
		Message string
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	if in.Action == "" || in.Share == nil {
		return errors.New("action and share must be given")
	}
	if err := errors.Join(checkShare(*in.Share), oneOf("action with a Return for each machine", in.Action, c.sim.Overview().Refusable)); err != nil {
		return err
	}
	c.sim.RefuseShare(in.Action, *in.Share, in.Message)
	return nil
}

func (c api) refuseTerminate(body []byte) error {
	var in struct{ ID, Message string }
	if err := decode(body, &in); err != nil {
		return err
	}
	if err := c.checkInstance(in.ID); err != nil {
		return err
	}
	c.sim.RefuseTerminate(in.ID, in.Message)
	return nil
}

func (c api) setThrottle(body []byte) error {
	var in struct {
		PerSecond *float64
		Burst     int
		Spelling  string
	}
	if err := decode(body, &in); err != nil {
		return err
	}
	spelling, known := namedFaults[cmp.Or(in.Spelling, "Throttled")]
	switch {
	case in.PerSecond == nil || *in.PerSecond < 0:
		return errors.New("perSecond must be a rate, or 0, which lifts it")
	case in.Burst < 0:
		return fmt.Errorf("burst must be a number from 1, not %d", in.Burst)
	case !known || !spelling.OnlyAnswers():
		return fmt.Errorf("spelling must be one of %s, not %q", strings.Join(onlyAnswers(), ", "), protocol.Clip(in.Spelling))
	}
	c.sim.Throttle(*in.PerSecond, in.Burst)
	c.sim.Spelling(spelling)
	return nil
}

// onlyAnswers are the names of the faults that are an answer and nothing else.
func onlyAnswers() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(namedFaults)) {
		if namedFaults[name].OnlyAnswers() {
			names = append(names, name)
		}
	}
	return names
}
