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
	Action string `json:"action"`
	Left   int    `json:"left"`
	Name   string `json:"name,omitempty"`
	Fault
}

// showFaults lists what is scripted, in the order in which it is used up.
func (s *Server) showFaults() any {
	defer s.lock()()
	out := []shownFault{}
	for _, f := range s.faults {
		shown := shownFault{Action: f.action, Left: f.left, Fault: f.Fault}
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
		Clear        bool
		Fault
	}
	if err := decodeControl(body, &in); err != nil {
		return err
	}
	if in.Clear {
		if in.Action != "" || in.Times != 0 || in.Name != "" || in.Fault != (Fault{}) {
			return errors.New("clear removes every fault and takes no other field")
		}
		s.ClearFaults()
		return nil
	}
	if in.Action == "" || in.Times < 1 {
		return errors.New(`action must be given ("*" for any), and times must be at least 1`)
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
	s.FailNext(in.Action, f, in.Times)
	return nil
}
