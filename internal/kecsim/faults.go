package kecsim

import (
	"net/url"
	"slices"
	"strings"
)

// Fault is a scripted misbehaviour: an error (Code, Message), a raw answer (Body,
// ContentType) or a connection closed before or after the action was done.
type Fault struct {
	Status      int    `json:"status,omitempty"` // 400 with a code, 200 with a body, if left out
	Code        string `json:"code,omitempty"`
	Message     string `json:"message,omitempty"`
	Body        string `json:"body,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	DropBefore  bool   `json:"dropBefore,omitempty"` // closed before doing anything
	DropAfter   bool   `json:"dropAfter,omitempty"`  // done, then closed: the caller cannot know
	// Echo repeats the request's parameters in the message, as a careless service
	// would. A caller must not let it reach its own output.
	Echo bool `json:"echo,omitempty"`
}

// Faults seen in the wild or feared.
var (
	Throttled          = Fault{Status: 503, Code: "RequestLimitExceeded", Message: "Request limit exceeded."}                     // documented: fact 37
	ServiceUnavailable = Fault{Status: 400, Code: "ServiceUnavailable", Message: "The back end is unreachable."}                  // documented: fact 32
	Denied             = Fault{Status: 403, Code: "PermissionDenied", Message: "lack of policy for this action"}                  // documented: fact 35
	HTMLGateway        = Fault{Status: 502, ContentType: "text/html", Body: "<html><body><h1>502 Bad Gateway</h1></body></html>"} // assumed
	EmptyObject        = Fault{Status: 200, Body: "{}"}                                                                           // assumed
	Garbage            = Fault{Status: 200, Body: `{"RequestId":"half`}                                                           // assumed
	ConnectionLost     = Fault{DropBefore: true}                                                                                  // assumed
	AnswerLost         = Fault{DropAfter: true}                                                                                   // assumed
)

// scriptedFault is a fault on its way: of the next calls, or of a random share.
type scriptedFault struct {
	Fault
	action string
	left   int     // below 1 for a share without an end
	share  float64 // 0 for the next calls
}

func (f *scriptedFault) fits(action string) bool { return f.action == action || f.action == "*" }

// FailNext makes the next calls of an action fail, as many as times says; "*"
// stands for any action. Signature and parameter names are still checked first.
func (s *Server) FailNext(action string, f Fault, times int) {
	defer s.lock()()
	if times > 0 {
		s.faults = append(s.faults, &scriptedFault{Fault: f, action: action, left: times})
	}
}

// FailShare makes a random share of the calls of an action fail, from 0 to 1; "*"
// stands for any action. Several may be active: each is drawn for by itself, in the
// order in which they were given, and the first that comes up is played. A fault of
// FailNext goes before them. FailShare panics if the share is none.
func (s *Server) FailShare(action string, f Fault, share float64) {
	s.FailShareAtMost(action, f, share, 0)
}

// FailShareAtMost is FailShare for so many calls in all; without end if times is
// below 1.
func (s *Server) FailShareAtMost(action string, f Fault, share float64, times int) {
	defer s.lock()()
	if mustShare(share); share > 0 {
		s.faults = append(s.faults, &scriptedFault{Fault: f, action: action, left: times, share: share})
	}
}

// ClearFaults forgets every fault FailNext and FailShare have scripted. What
// FailLaunches, Refuse and the denials have set stays.
func (s *Server) ClearFaults() {
	defer s.lock()()
	s.faults = nil
}

// takeFault uses up one call of the first fault that fits.
func (s *Server) takeFault(action string) *Fault {
	for _, random := range []bool{false, true} {
		for i, f := range s.faults {
			if f.share > 0 != random || !f.fits(action) || random && !s.w.chance(f.share) {
				continue
			}
			if f.left--; f.left == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
			return &f.Fault
		}
	}
	return nil
}

// play answers with a fault instead of the action.
func (s *Server) play(f *Fault, req *request, call *Call) reply {
	message := f.Message
	if f.Echo {
		message = strings.TrimSpace(message + " " + echo(req.sent))
	}
	if f.DropBefore {
		return reply{drop: true}
	}
	if f.Code == "" {
		contentType := f.ContentType
		if contentType == "" {
			contentType = jsonType
		}
		return reply{status: orElse(f.Status, 200), contentType: contentType, body: []byte(f.Body)}
	}
	return s.refusal(call, &apiError{code{f.Code, orElse(f.Status, 400)}, message})
}

func orElse(status, fallback int) int {
	if status < 100 || status > 599 {
		return fallback
	}
	return status
}

// echo writes parameters as they are, one beside the other.
func echo(sent url.Values) string {
	var names []string
	for name := range sent {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names {
		parts = append(parts, name+"="+strings.Join(sent[name], ","))
	}
	return "(" + strings.Join(parts, " ") + ")"
}
