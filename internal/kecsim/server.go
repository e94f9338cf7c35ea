package kecsim

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Server is a local Kingsoft Cloud. It is safe for concurrent use: one lock guards the world.
type Server struct {
	mu       sync.Mutex
	w        *world            // of the account of AccessKey; inside a call, of the caller's
	others   map[string]*world // of further accounts, by access key
	every    []*world          // of all accounts, that of AccessKey first
	keys     map[string]protocol.Key
	denied   map[string]bool // by service, or by service and action: "trade QueryInstances"
	faults   []*scriptedFault
	calls    []Call
	counts   map[string]int // calls by action
	clock    *Clock         // that of every account's world
	off      time.Duration  // of KEC's clock from the world's time
	throttle throttle
	control  Control
}

// Option changes the server New makes.
type Option func(*Server)

// WithClock gives the world a clock of the caller's own.
func WithClock(c *Clock) Option { return func(s *Server) { s.w = defaultWorld(c) } }

// ControlPath is the path of WithControl. It is the simulator's own and does not exist at KEC.
const ControlPath = "/_kecsim/"

// Control answers one request below ControlPath; route is the rest of its path.
type Control func(s *Server, r *http.Request, route string, body []byte, bodyErr error) protocol.Reply

// WithControl answers the requests below ControlPath with a function such as control.Serve, which
// steers the world from outside the process. Without it nothing is there.
func WithControl(c Control) Option { return func(s *Server) { s.control = c } }

// New makes a server over the default world, which knows AccessKey and SecretKey
// and stands still at DefaultStart.
func New(opts ...Option) *Server {
	s := &Server{
		keys: map[string]protocol.Key{AccessKey: {Secret: SecretKey}}, denied: map[string]bool{}, others: map[string]*world{}, counts: map[string]int{},
		throttle: throttle{spelling: Throttled},
	}
	for _, opt := range opts {
		opt(s)
	}
	if s.w == nil {
		s.w = defaultWorld(RunningClock(DefaultStart, 0))
	}
	s.clock, s.every = s.w.clock, []*world{s.w}
	return s
}

// Now is the world's time.
func (s *Server) Now() time.Time { return s.clock.Now() }

// Advance lets d pass in the world.
func (s *Server) Advance(d time.Duration) {
	s.clock.Advance(d)
	s.lock()()
}

// Sleep advances the world by d and returns ctx.Err(), so that a client under
// test waits in simulated time.
func (s *Server) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.Advance(d)
	return ctx.Err()
}

// lock enters the world at its present time; the result leaves it.
func (s *Server) lock() (unlock func()) {
	s.mu.Lock()
	s.w.runDue()
	return s.mu.Unlock
}

// Call is one request the server has answered, or has left without an answer
// (Status 0).
type Call struct {
	Service, Action, Version, Method string
	// Params are all parameters as they were sent, from query and body, without
	// those of the signature.
	Params    url.Values
	Header    http.Header
	Status    int
	Code      string // of the refusal, "" on success
	RequestID string
	At        time.Time // in the world
}

// ServeHTTP answers one API request, or one of the control path.
//
// documented: GET or POST at "/" (fact 4), Date in the answer. assumed: the codes
// for other methods and paths (fact 167).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	s.handle(r, body, err).Write(w)
}

func (s *Server) handle(r *http.Request, body []byte, bodyErr error) protocol.Reply {
	if route, steers := strings.CutPrefix(r.URL.Path, ControlPath); steers && s.control != nil {
		return s.control(s, r, route, body, bodyErr)
	}
	return s.serveCall(r, body, bodyErr)
}

// serveCall serves and records one call. The lock is not held while a fault holds up the call, so
// that the world goes on. If the caller leaves during that time, the action is not run.
func (s *Server) serveCall(r *http.Request, body []byte, bodyErr error) protocol.Reply {
	call := Call{Method: r.Method, Header: r.Header.Clone(), Params: url.Values{}}
	req, f, refusal := s.begin(r, body, bodyErr, &call)
	if !pause(r.Context(), f.delay(false)) {
		req, f, refusal = nil, nil, nil
	}
	out := s.end(req, f, refusal, &call)
	if after := f.delay(true); after > 0 {
		out.Drop = !pause(r.Context(), after) || out.Drop
		out.Date = s.date()
	}
	return out
}

// begin reads a call and finds its fault: that of the throttle, or a scripted one.
func (s *Server) begin(r *http.Request, body []byte, bodyErr error, call *Call) (*request, *Fault, *protocol.Refusal) {
	defer s.lock()()
	call.At, call.RequestID = s.w.now, s.w.uuid(kindRequest)
	req, refusal := s.readRequest(r, body, bodyErr, call)
	if call.Service == "kec" {
		call.RequestID = "KEC-" + call.RequestID // documented: seen prefixed (fact 16)
	}
	if refusal != nil {
		return nil, nil, refusal
	}
	req.id = call.RequestID
	if !s.throttle.take(s.w.now) {
		f := s.throttle.spelling
		return req, &f, nil
	}
	return req, s.takeFault(req.action), nil
}

// end runs a call or refuses it. With neither a request nor a refusal the caller has left, and
// nothing is run.
func (s *Server) end(req *request, f *Fault, refusal *protocol.Refusal, call *Call) protocol.Reply {
	defer s.lock()()
	out := protocol.Reply{Drop: true}
	switch {
	case refusal != nil:
		out = s.refusal(call, refusal)
	case req != nil:
		out = s.runWithFault(req, f, call)
	}
	out.Date = s.w.now.Add(s.off)
	if call.Status, call.Code = out.Status, out.Code; out.Drop || out.Reset {
		call.Status = 0
	}
	s.record(*call)
	return out
}

// date is the time of KEC's clock.
func (s *Server) date() time.Time {
	defer s.lock()()
	return s.w.now.Add(s.off)
}

// maxCalls bounds the record of calls, for servers that run for days.
const maxCalls = 100000

func (s *Server) record(call Call) {
	if len(s.calls) >= maxCalls {
		s.calls = append([]Call(nil), s.calls[maxCalls/2:]...)
	}
	s.calls = append(s.calls, call)
	s.counts[call.Action]++
}

// runWithFault runs the action if its fault lets it, and answers as the fault says.
func (s *Server) runWithFault(req *request, f *Fault, call *Call) protocol.Reply {
	if f == nil {
		return s.run(req, call)
	}
	var out protocol.Reply
	switch {
	case f.runsAction():
		out = s.run(req, call)
	case f.Late > 0:
		later := *call
		s.w.after(f.Late, func() { s.run(req, &later) })
	}
	if f.replacesAnswer() {
		out = s.scripted(f, req, call)
	}
	out.Drop, out.Reset = f.endsConnection() && !f.Reset, f.Reset
	out.Cut, out.RetryAfter = f.Cut, f.RetryAfter
	return out
}

func (s *Server) run(req *request, call *Call) protocol.Reply {
	defer s.enter(req.accessKey)()
	a := services[req.service][call.Action][call.Version]
	var refusal *protocol.Refusal
	if a.complete != nil {
		refusal = a.complete(s, req)
	}
	if refusal == nil {
		refusal = apply(a.rules, req.Args)
	}
	if refusal == nil && req.dryRun && !a.writes {
		refusal = errDryRun
	}
	var value any
	if refusal == nil {
		value, refusal = a.run(s, req)
	}
	if refusal != nil {
		if s.w.settings.OtherCodes && protocol.Invented(refusal.Code) {
			refusal = &protocol.Refusal{Code: protocol.CodeOther, Message: refusal.Message}
		}
		return s.refusal(call, refusal)
	}
	if m, ok := value.(map[string]any); ok && (!a.noRequestID || s.w.settings.WrapOrders) {
		m = maps.Clone(m)
		m["RequestId"] = call.RequestID
		value = m
	}
	if req.service == "trade" && s.w.settings.UpperKeys {
		value = upperKeys(value)
	}
	return s.reply(call, protocol.Reply{Status: http.StatusOK}, call.Action+"Response", value)
}

// reply writes an answer as JSON or, with the setting for it, as XML where that is what the caller
// has left KEC to choose.
//
// documented: JSON for who asks for it, the names in XML, and the element of errors (facts 309,
// 310). assumed: the element of other answers, and that other names are as in JSON (fact 314).
func (s *Server) reply(call *Call, out protocol.Reply, root string, v any) protocol.Reply {
	if s.w.settings.XML && !protocol.WantsJSON(call.Header.Get("Accept")) {
		out.ContentType, out.Body = protocol.XML, protocol.EncodeXML(root, v, spelledInXML[call.Service])
	} else {
		out.ContentType, out.Body = protocol.JSON, protocol.Encode(v)
	}
	return out
}

// spelledInXML are the names that are spelt otherwise in XML than in JSON, by service.
var spelledInXML = map[string]map[string]string{
	"kec": {"ProjectId": "projectId", "SpotStrategy": "spotStrategy", "SpotPriceLimit": "spotPriceLimit"},
}

// errDryRun is the answer of a dry run that would have succeeded.
//
// documented: 412 (fact 13). assumed: the code (fact 164).
var errDryRun = &protocol.Refusal{Code: protocol.CodeDryRun, Message: "the request would have succeeded, but DryRun is set"}

// refusal is the answer of a refused call.
//
// documented: the shape, and no Type in trade (facts 30, 31).
func (s *Server) refusal(call *Call, e *protocol.Refusal) protocol.Reply {
	inner := map[string]any{"Code": e.Code.Name, "Message": e.Message}
	if call.Service != "trade" {
		inner["Type"] = "Sender"
		if e.Code.Status >= 500 {
			inner["Type"] = "Receiver"
		}
	}
	return s.reply(call, protocol.Reply{Status: e.Code.Status, Code: e.Code.Name}, "ErrorResponse",
		map[string]any{"RequestId": call.RequestID, "Error": inner})
}
