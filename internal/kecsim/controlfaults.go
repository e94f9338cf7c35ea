package kecsim

import (
	"errors"
	"fmt"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// namedFaults are the predeclared faults the control path knows by name.
var namedFaults = map[string]Fault{
	"Throttled": Throttled, "Throttling": Throttling, "ThrottlingException": ThrottlingException,
	"TooManyRequests": TooManyRequests, "BandwidthExceeded": BandwidthExceeded, "ThrottledRetryAfter": ThrottledRetryAfter,
	"ServiceUnavailable": ServiceUnavailable, "InternalFailure": InternalFailure, "Denied": Denied, "HTMLGateway": HTMLGateway,
	"EmptyObject": EmptyObject, "Garbage": Garbage,
	"ConnectionLost": ConnectionLost, "ConnectionReset": ConnectionReset, "SlowToAct": SlowToAct,
	"AnswerLost": AnswerLost, "AnswerReset": AnswerReset, "AnswerCut": AnswerCut, "SlowAnswer": SlowAnswer,
	"InternalFailureAfter": InternalFailureAfter, "HTMLGatewayAfter": HTMLGatewayAfter, "EmptyObjectAfter": EmptyObjectAfter,
	"DoneLater": DoneLater, "GatewayDoneLater": GatewayDoneLater,
}

// shownFault is a scripted fault: by its name if it has one, else field by field.
type shownFault struct {
	Action string  `json:"action"`
	Share  float64 `json:"share,omitempty"`
	Left   int     `json:"left,omitempty"` // of a share only if it is limited
	Name   string  `json:"name,omitempty"`
	Fault
	Slow string `json:"slow,omitempty"`
	Late string `json:"late,omitempty"`
}

// showFaults lists what is scripted, in the order in which it was given.
func (s *Server) showFaults() any {
	defer s.lock()()
	out := []shownFault{}
	for _, f := range s.faults {
		shown := shownFault{Action: f.action, Share: f.share, Left: max(f.left, 0), Fault: f.Fault}
		plain := f.Fault
		plain.Echo = false
		for name, named := range namedFaults {
			if named == plain {
				shown.Name, shown.Fault = name, Fault{Echo: f.Echo}
			}
		}
		switch {
		case shown.Name != "" || !f.speaks():
		case f.Code != "":
			shown.Status = orElse(f.Status, 400)
		default:
			shown.Status = orElse(f.Status, 200)
		}
		if shown.Fault.Slow > 0 {
			shown.Slow = f.Slow.String()
		}
		if shown.Fault.Late > 0 {
			shown.Late = f.Late.String()
		}
		out = append(out, shown)
	}
	return out
}

func (s *Server) steerFault(body []byte) error {
	var in struct {
		Action, Name string
		Times        int
		Share        *float64
		Seed         *uint64
		Clear        bool
		Slow, Late   string
		Fault
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if in.Clear {
		if in.Action != "" || in.Times != 0 || in.Share != nil || in.Seed != nil || in.Name != "" || in.Slow+in.Late != "" || in.Fault != (Fault{}) {
			return errors.New("clear removes every fault and takes no other field")
		}
		s.ClearFaults()
		return nil
	}
	switch {
	case in.Action == "" || in.Times < 0 || in.Times == 0 && in.Share == nil:
		return errors.New(`action must be given ("*" for any), and times must be at least 1, unless there is a share`)
	case in.Share != nil && !(*in.Share > 0 && *in.Share <= 1):
		return fmt.Errorf("share must be above 0 and at most 1, not %v", *in.Share)
	case in.Seed != nil && in.Share == nil:
		return errors.New("seed is for a share")
	}
	f, err := readFault(in.Name, in.Slow, in.Late, in.Fault)
	switch {
	case err != nil:
		return err
	case in.Share == nil:
		s.FailNext(in.Action, f, in.Times)
		return nil
	case in.Seed != nil:
		s.Seed(*in.Seed)
	}
	s.FailShareAtMost(in.Action, f, *in.Share, in.Times)
	return nil
}

// readFault is the fault of a name, or the one whose fields were given.
func readFault(name, slow, late string, f Fault) (Fault, error) {
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
			return Fault{}, fmt.Errorf("%s must be like 2s, above 0 and at most %s, not %q", d.name, d.most, protocol.Clip(d.text))
		}
	}
	named, known := namedFaults[name]
	switch {
	case name != "" && !known:
		return Fault{}, fmt.Errorf("there is no fault named %q", protocol.Clip(name))
	case name != "" && f != (Fault{Echo: f.Echo}):
		return Fault{}, errors.New("a named fault takes no other field but echo")
	case name != "":
		named.Echo = f.Echo
		return named, nil
	case f == Fault{}:
		return Fault{}, errors.New("name, or status, code, body, dropBefore, dropAfter, reset, cut, slow, late or another field of a fault, must be given")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return Fault{}, fmt.Errorf("status must be between 200 and 599, not %d", f.Status)
	case f.Cut < 0:
		return Fault{}, fmt.Errorf("cut must be a number of bytes above 0, not %d", f.Cut)
	}
	return f, nil
}

// maxSlow bounds how long an answer can be held up: every held one is a connection.
const maxSlow = 10 * time.Minute

func checkMode(mode string) error {
	if mode != ModeError && mode != ModeVanish && mode != ModeInvisible {
		return fmt.Errorf("mode must be %s, %s or %s, not %q", ModeError, ModeVanish, ModeInvisible, protocol.Clip(mode))
	}
	return nil
}

func (s *Server) steerFailLaunches(body []byte) error {
	var in struct {
		Count        int
		Share        *float64
		Mode, Reason string
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if err := checkMode(in.Mode); err != nil {
		return err
	}
	switch {
	case in.Share == nil && in.Count < 1 || in.Share != nil && in.Count != 0:
		return errors.New("count must be at least 1, or a share be given instead")
	case in.Share == nil:
		s.FailLaunches(in.Count, in.Mode, in.Reason)
		return nil
	}
	if err := checkShare(*in.Share); err != nil {
		return err
	}
	s.FailLaunchesShare(*in.Share, in.Mode, in.Reason)
	return nil
}

func (s *Server) steerRefuseShare(body []byte) error {
	var in struct {
		Action  string
		Share   *float64
		Message string
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if in.Action == "" || in.Share == nil {
		return errors.New("action and share must be given")
	}
	if err := checkShare(*in.Share); err != nil {
		return err
	}
	s.RefuseShare(in.Action, *in.Share, in.Message)
	return nil
}

func (s *Server) steerRefuse(body []byte) error {
	var in struct{ ID, Message string }
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if err := s.checkInstance(in.ID); err != nil {
		return err
	}
	s.RefuseTerminate(in.ID, in.Message)
	return nil
}
