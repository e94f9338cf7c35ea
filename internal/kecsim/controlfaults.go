package kecsim

import (
	"errors"
	"fmt"
)

// namedFaults are the predeclared faults the control path knows by name.
var namedFaults = map[string]Fault{
	"Throttled": Throttled, "ServiceUnavailable": ServiceUnavailable, "Denied": Denied, "HTMLGateway": HTMLGateway,
	"EmptyObject": EmptyObject, "Garbage": Garbage, "ConnectionLost": ConnectionLost, "AnswerLost": AnswerLost,
}

// shownFault is a scripted fault: by its name if it has one, else field by field.
type shownFault struct {
	Action string  `json:"action"`
	Share  float64 `json:"share,omitempty"`
	Left   int     `json:"left,omitempty"` // of a share only if it is limited
	Name   string  `json:"name,omitempty"`
	Fault
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
		case shown.Name != "" || f.DropBefore || f.DropAfter:
		case f.Code != "":
			shown.Status = orElse(f.Status, 400)
		default:
			shown.Status = orElse(f.Status, 200)
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
		Fault
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if in.Clear {
		if in.Action != "" || in.Times != 0 || in.Share != nil || in.Seed != nil || in.Name != "" || in.Fault != (Fault{}) {
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
	f := in.Fault
	switch named, known := namedFaults[in.Name]; {
	case in.Name != "" && !known:
		return fmt.Errorf("there is no fault named %q", clip(in.Name))
	case in.Name != "" && f != (Fault{Echo: f.Echo}):
		return errors.New("a named fault takes no other field but echo")
	case in.Name != "":
		named.Echo = f.Echo
		f = named
	case f == Fault{}:
		return errors.New("name, code, body, dropBefore or dropAfter must be given")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status must be between 200 and 599, not %d", f.Status)
	}
	if in.Share == nil {
		s.FailNext(in.Action, f, in.Times)
		return nil
	}
	if in.Seed != nil {
		s.Seed(*in.Seed)
	}
	s.FailShareAtMost(in.Action, f, *in.Share, in.Times)
	return nil
}
