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

func (s *Server) steerFault(body []byte) error {
	var in struct {
		Action, Name string
		Times        int
		Fault
	}
	if err := decodeControl(body, &in); err != nil {
		return err
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
