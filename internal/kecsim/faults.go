package kecsim

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Fault is a scripted misbehaviour: an answer in place of the action's own, an answer that is
// late or cut, or no answer. With an answer of its own (Status, Code or Body), with DropBefore
// and with Reset the action is not run, unless After is set. With nothing but Slow, Cut or
// RetryAfter the action is run and its own answer is sent.
type Fault struct {
	Status      int    `json:"status,omitempty"` // if left out, 400 with a code, else 200
	Code        string `json:"code,omitempty"`
	Message     string `json:"message,omitempty"`
	Body        string `json:"body,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	RetryAfter  string `json:"retryAfter,omitempty"` // the header: seconds, or an HTTP date

	After      bool          `json:"after,omitempty"`      // the action is run first: the caller cannot know
	DropBefore bool          `json:"dropBefore,omitempty"` // the connection is closed, and the action is not run
	DropAfter  bool          `json:"dropAfter,omitempty"`  // the action is run, then the connection is closed
	Reset      bool          `json:"reset,omitempty"`      // as DropBefore, but the connection is reset
	Cut        int           `json:"cut,omitempty"`        // bytes of the body that are sent; the header promises more
	Slow       time.Duration `json:"-"`                    // of real time before the action, or, with After, before the answer
	// Late runs the action that much later on the world's clock, whatever the caller was told.
	// The connection is closed unless an answer or Reset is scripted.
	Late time.Duration `json:"-"`

	// Echo repeats the request's parameters in the message, as a careless service might. No
	// secret among them may reach the caller's own output.
	Echo bool `json:"echo,omitempty"`
}

const (
	badGateway     = "<html><body><h1>502 Bad Gateway</h1></body></html>"
	gatewayTimeout = "<html><body><h1>504 Gateway Timeout</h1></body></html>"
)

// Faults that were seen or that must be reckoned with.
//
// documented: the codes and statuses (facts 32, 35, 37, 250, 251). assumed: the bodies of 429 and
// 509 (fact 315), Retry-After (fact 253), and that a call may have been carried out, at once or
// later, whatever becomes of its answer (facts 252, 258).
var (
	Throttled             = Fault{Status: 503, Code: "RequestLimitExceeded", Message: "Request limit exceeded."}
	Throttling            = Fault{Status: 400, Code: "Throttling", Message: "Rate exceeded."}
	ThrottlingException   = Fault{Status: 400, Code: "ThrottlingException", Message: "Rate exceeded."}
	TooManyRequests       = Fault{Status: 429, ContentType: protocol.PlainText, Body: "Too Many Requests"}
	BandwidthExceeded     = Fault{Status: 509, ContentType: protocol.PlainText, Body: "Bandwidth Limit Exceeded"}
	TooManyRequestsJSON   = Fault{Status: 429, Code: "TooManyRequests", Message: "Too many requests."}
	BandwidthExceededJSON = Fault{Status: 509, Code: "BandwidthLimitExceeded", Message: "Bandwidth limit exceeded."}
	ThrottledRetryAfter   = Fault{Status: 503, Code: "RequestLimitExceeded", Message: "Request limit exceeded.", RetryAfter: "2"}

	ServiceUnavailable = Fault{Status: 400, Code: "ServiceUnavailable", Message: "The back end is unreachable."}
	InternalFailure    = Fault{Status: 500, Code: "INTERNAL_FAILURE", Message: "The back end has failed."}
	Denied             = Fault{Status: 403, Code: "PermissionDenied", Message: "lack of policy for this action"}
	HTMLGateway        = Fault{Status: 502, ContentType: "text/html", Body: badGateway}
	EmptyObject        = Fault{Status: 200, Body: "{}"}
	Garbage            = Fault{Status: 200, Body: `{"RequestId":"half`}

	ConnectionLost  = Fault{DropBefore: true}
	ConnectionReset = Fault{Reset: true}
	SlowToAct       = Fault{Slow: 5 * time.Second}

	// The action is run all the same.
	AnswerLost           = Fault{DropAfter: true}
	AnswerReset          = Fault{Reset: true, After: true}
	AnswerCut            = Fault{Cut: 40}
	SlowAnswer           = Fault{Slow: 5 * time.Second, After: true}
	InternalFailureAfter = Fault{Status: 500, Code: "INTERNAL_FAILURE", Message: "The back end has failed.", After: true}
	HTMLGatewayAfter     = Fault{Status: 502, ContentType: "text/html", Body: badGateway, After: true}
	EmptyObjectAfter     = Fault{Status: 200, Body: "{}", After: true}

	// The action is run later, after its caller was told of a failure.
	DoneLater        = Fault{Late: 10 * time.Second}
	GatewayDoneLater = Fault{Status: 504, ContentType: "text/html", Body: gatewayTimeout, Late: 10 * time.Second}
)

// hasAnswer tells whether an answer is scripted.
func (f *Fault) hasAnswer() bool { return f.Status != 0 || f.Code != "" || f.Body != "" }

// endsConnection tells whether a fault closes or resets the connection instead of answering.
func (f *Fault) endsConnection() bool {
	return f.DropBefore || f.DropAfter || f.Reset || f.Late > 0 && !f.hasAnswer()
}

// passesAnswer tells whether the action's own answer is sent: late, cut or with one more header.
func (f *Fault) passesAnswer() bool {
	return !f.hasAnswer() && !f.endsConnection() && (f.Slow > 0 || f.Cut > 0 || f.RetryAfter != "")
}

// runsAction tells whether the action is run at once.
func (f *Fault) runsAction() bool { return f.Late <= 0 && (f.After || f.DropAfter || f.passesAnswer()) }

// replacesAnswer tells whether the fault answers in place of the action.
func (f *Fault) replacesAnswer() bool { return !f.endsConnection() && !f.passesAnswer() }

// delay is how long a fault holds up a call before the action is run, or, with after, before the
// answer is sent. It is 0 without a fault.
func (f *Fault) delay(after bool) time.Duration {
	if f == nil || f.After != after {
		return 0
	}
	return f.Slow
}

// scriptedFault is a fault of the next calls, or of a random share of all calls.
type scriptedFault struct {
	Fault
	action string
	left   int     // how many calls; below 1 for a share without an end
	share  float64 // 0 for the next calls
}

func (f *scriptedFault) fits(action string) bool { return f.action == action || f.action == "*" }

// ScriptedFault is a fault that waits for its calls.
type ScriptedFault struct {
	Fault
	Action string  // "*" for any
	Left   int     // how many calls; 0 for a share without an end
	Share  float64 // 0 for the next calls
}

// Faults lists the faults that FailNext and FailShare have scripted and that are left, in the
// order in which they were given.
func (s *Server) Faults() []ScriptedFault {
	defer s.lock()()
	out := make([]ScriptedFault, len(s.faults))
	for i, f := range s.faults {
		out[i] = ScriptedFault{f.Fault, f.action, max(f.left, 0), f.share}
	}
	return out
}

// FailNext makes the next calls of an action fail, as many as times says; "*" stands for any
// action. Signature and parameter names are still checked first.
func (s *Server) FailNext(action string, f Fault, times int) {
	defer s.lock()()
	if times > 0 {
		s.faults = append(s.faults, &scriptedFault{Fault: f, action: action, left: times})
	}
}

// FailShare makes a random share of the calls of an action fail; "*" stands for any action. With
// several shares a call draws for each in the order in which they were given, and the first that
// comes up is used. A fault of FailNext goes before them. FailShare panics if the share is not
// between 0 and 1.
func (s *Server) FailShare(action string, f Fault, share float64) {
	s.FailShareAtMost(action, f, share, 0)
}

// FailShareAtMost is FailShare for at most so many calls; without an end if times is below 1.
func (s *Server) FailShareAtMost(action string, f Fault, share float64, times int) {
	defer s.lock()()
	if mustShare(share); share > 0 {
		s.faults = append(s.faults, &scriptedFault{Fault: f, action: action, left: times, share: share})
	}
}

// ClearFaults forgets all faults that FailNext and FailShare have scripted. What FailLaunches,
// RefuseTerminate, their shares, Throttle and the denials have set stays.
func (s *Server) ClearFaults() {
	defer s.lock()()
	s.faults = nil
}

// takeFault finds the fault of a call, and takes the call off its count.
func (s *Server) takeFault(action string) *Fault {
	for _, random := range []bool{false, true} {
		for i, f := range s.faults {
			if f.share > 0 != random || !f.fits(action) || random && !s.w.draw(f.share) {
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

// scripted is the answer of a fault that answers in place of the action.
func (s *Server) scripted(f *Fault, req *request, call *Call) protocol.Reply {
	message := f.Message
	if f.Echo {
		message = strings.TrimSpace(message + " " + echo(req.sent))
	}
	if f.Code == "" {
		return protocol.Reply{Status: f.AnswerStatus(), ContentType: cmp.Or(f.ContentType, protocol.JSON), Body: []byte(f.Body)}
	}
	return s.refusal(call, &protocol.Refusal{Code: protocol.Code{Name: f.Code, Status: f.AnswerStatus()}, Message: message})
}

// AnswerStatus is the HTTP status of a fault that answers in place of the action, else 0.
func (f Fault) AnswerStatus() int {
	switch {
	case !f.replacesAnswer():
		return 0
	case f.Status >= 100 && f.Status <= 599:
		return f.Status
	case f.Code != "":
		return http.StatusBadRequest
	}
	return http.StatusOK
}

// OnlyAnswers tells whether a fault is an answer and nothing else.
func (f Fault) OnlyAnswers() bool {
	return !f.endsConnection() && !f.runsAction() && f.Cut <= 0 && f.Slow <= 0 && f.Late <= 0
}

// echo writes parameters as they were sent, sorted by name.
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
