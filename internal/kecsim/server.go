package kecsim

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

// Server is a local Kingsoft Cloud. It is safe for concurrent use; requests
// take turns.
type Server struct {
	mu       sync.Mutex
	w        *world
	keys     map[string]protocol.Key
	denied   map[string]bool // by service, or by service and action: "trade QueryInstances"
	faults   []*scriptedFault
	calls    []Call
	counts   map[string]int // calls by action
	off      time.Duration  // how far KEC's clock is off the world's time
	throttle throttle
	control  Control
}

// Option changes the server New makes.
type Option func(*Server)

// WithClock puts the world on a clock of the caller's.
func WithClock(c *Clock) Option { return func(s *Server) { s.w = defaultWorld(c) } }

// ControlPath is where WithControl serves. It is the simulator's own: nothing of it exists at
// KEC.
const ControlPath = "/_kecsim/"

// Control answers one request below ControlPath; route is the rest of its path.
type Control func(s *Server, r *http.Request, route string, body []byte, bodyErr error) protocol.Reply

// WithControl serves ControlPath. Package control has such a function, which steers the world
// from outside the process.
func WithControl(c Control) Option { return func(s *Server) { s.control = c } }

// New makes a server over the default world, which knows AccessKey and SecretKey
// and stands still at DefaultStart.
func New(opts ...Option) *Server {
	s := &Server{
		keys: map[string]protocol.Key{AccessKey: {Secret: SecretKey}}, denied: map[string]bool{}, counts: map[string]int{},
		throttle: throttle{spelling: Throttled},
	}
	for _, opt := range opts {
		opt(s)
	}
	if s.w == nil {
		s.w = defaultWorld(ManualClock(DefaultStart))
	}
	return s
}

// Now is the world's time.
func (s *Server) Now() time.Time { return s.w.clock.Now() }

// Advance lets d pass in the world.
func (s *Server) Advance(d time.Duration) {
	s.w.clock.Advance(d)
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

// request is a call on its way through a handler.
type request struct {
	*protocol.Args
	service, region, action string
	id                      string // RequestId of the answer
	dryRun                  bool
	sent                    url.Values
}

const maxBody = 4 << 20

// commonFields are taken on every action.
//
// documented: fact 6, and DryRun (fact 13).
var commonFields = []string{
	"Action", "Version", "Service", "Region", "Accesskey", "Language", "SdkVersion", "AccountId", "UserId", "RoleId", "DryRun",
}

var commonPatterns = protocol.Patterns(commonFields)

// signingFields belong to the query form of a signature (fact 24).
var signingFields = []string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Expires",
	"X-Amz-Security-Token", "X-Ksc-Security-Token",
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

// answer does one call and records it. Where a fault delays it, the world goes on
// meanwhile; a caller who leaves during that time ends it.
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

// begin reads a call and takes the fault that is in store for it: that of a call too
// many, or a scripted one.
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

// end does a call, or refuses it. Without a request and a refusal the caller has
// left, and nothing is done.
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

// date is what KEC's clock shows.
func (s *Server) date() time.Time {
	defer s.lock()()
	return s.w.now.Add(s.off)
}

// acceptedClocks are the clocks any of which may confirm the date of a signature.
//
// assumed: facts 180, 254.
func (s *Server) acceptedClocks() []time.Time {
	if s.off != 0 {
		return []time.Time{s.w.now.Add(s.off)}
	}
	return []time.Time{s.w.now, time.Now()}
}

// maxCalls bounds what a server that runs for days remembers.
const maxCalls = 100000

func (s *Server) record(call Call) {
	if len(s.calls) >= maxCalls {
		s.calls = append([]Call(nil), s.calls[maxCalls/2:]...)
	}
	s.calls = append(s.calls, call)
	s.counts[call.Action]++
}

// readRequest reads a request and checks that it may be done. It fills in the call as
// far as it gets, so that a refused one is on record too.
func (s *Server) readRequest(r *http.Request, body []byte, bodyErr error, call *Call) (*request, *protocol.Refusal) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(bodyErr, &tooLarge):
		return nil, protocol.Refuse(protocol.CodeTooLarge, "the body is larger than %d bytes", maxBody)
	case bodyErr != nil:
		return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the body could not be read whole")
	case r.URL.Path != "/" && r.URL.Path != "":
		return nil, protocol.Refuse(protocol.CodeNotFound, "there is nothing at this path")
	case r.Method != http.MethodGet && r.Method != http.MethodPost:
		return nil, protocol.Refuse(protocol.CodeMethodNotAllowed, "the method must be GET or POST, not %s", protocol.Clip(r.Method))
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the query is not well-formed")
	}
	sent, err := protocol.ReadBody(r.Header.Get("Content-Type"), body)
	if err != nil {
		return nil, protocol.Refuse(protocol.CodeInvalidParameter, "%s", err)
	}
	for name, values := range query {
		if !has(signingFields, name) {
			sent[name] = append(append([]string(nil), values...), sent[name]...)
		}
	}
	call.Params = sent
	common, rest := url.Values{}, url.Values{}
	for name, values := range sent {
		if has(commonFields, name) {
			common[name] = values
		} else {
			rest[name] = values
		}
	}
	fields, refusal := protocol.Bind(commonPatterns, common)
	if refusal != nil {
		return nil, refusal
	}
	call.Action, call.Version = fields.Get("Action"), fields.Get("Version")

	// The keys come before the parameters: who is not known learns nothing.
	sig, refusal := protocol.ParseSignature(r, query)
	if refusal != nil {
		return nil, refusal
	}
	call.Service = sig.Service
	if refusal := sig.Verify(r, r.URL.RawQuery, body, s.keys, s.acceptedClocks()...); refusal != nil {
		return nil, refusal
	}
	a, refusal := s.route(sig, fields, call)
	if refusal != nil {
		return nil, refusal
	}
	if a.onlyJSON && !protocol.IsJSON(r.Header.Get("Content-Type")) {
		return nil, protocol.Refuse(protocol.CodeInvalidParameter, "the body of %s must be application/json", call.Action)
	}
	if a.spell != nil {
		if rest, refusal = a.spell(rest); refusal != nil {
			return nil, refusal
		}
	}
	bound, refusal := protocol.Bind(a.patterns, rest)
	if refusal != nil {
		return nil, refusal
	}
	return &request{
		Args: bound, service: sig.Service, region: sig.Region, action: call.Action,
		dryRun: fields.Flag("DryRun"), sent: sent,
	}, nil
}

// route finds the action a signature and the common fields lead to.
//
// documented: the scope names service and region (facts 1, 2, 14, 27). assumed:
// codes of a scope that does not fit, and that Region must agree (facts 163, 170),
// when a permission is asked for (fact 233).
func (s *Server) route(sig *protocol.Signature, fields *protocol.Args, call *Call) (*action, *protocol.Refusal) {
	actions := services[sig.Service]
	if actions == nil {
		return nil, protocol.Refuse(protocol.CodeSignatureMismatch, "the credential scope names no service: %q", protocol.Clip(sig.Service))
	}
	known := sig.Service == "trade" && sig.Region != ""
	for _, r := range s.w.regions {
		known = known || r.name == sig.Region
	}
	if !known {
		return nil, protocol.Refuse(protocol.CodeSignatureMismatch, "the credential scope names no region: %q", protocol.Clip(sig.Region))
	}
	for _, what := range []string{sig.Service, sig.Service + " " + call.Action} {
		if s.denied[what] {
			return nil, protocol.Refuse(protocol.CodePermissionDenied, "lack of policy: this key may not use %s", what)
		}
	}
	versions := actions[call.Action]
	if versions == nil {
		return nil, protocol.Refuse(protocol.CodeInvalidAction, "Not Found")
	}
	a := versions[call.Version]
	if a == nil {
		return nil, protocol.Refuse(protocol.CodeInvalidVersion, "%s has no version %q", call.Action, protocol.Clip(call.Version))
	}
	if region := fields.Get("Region"); region != "" && region != sig.Region && sig.Service != "trade" {
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "Region %q is not the region of the signature, %s", protocol.Clip(region), sig.Region)
	}
	if v := fields.Get("DryRun"); v != "" && boolean(v) != "" {
		return nil, protocol.Refuse(protocol.CodeInvalidParameterValue, "DryRun %s", boolean(v))
	}
	return a, nil
}

// runWithFault does the action, unless a fault goes before it, and answers as the fault
// has it.
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
	a := services[req.service][call.Action][call.Version]
	refusal := apply(a.rules, req.Args)
	if refusal == nil && req.dryRun && !a.writes {
		refusal = errDryRun
	}
	var value any
	if refusal == nil {
		value, refusal = a.run(s, req)
	}
	if refusal != nil {
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
	return protocol.Reply{Status: http.StatusOK, ContentType: protocol.JSON, Body: protocol.Encode(value)}
}

// errDryRun is what a call that would have succeeded answers.
//
// documented: 412 (fact 13). assumed: the code (fact 164).
var errDryRun = &protocol.Refusal{Code: protocol.CodeDryRun, Message: "the request would have succeeded, but DryRun is set"}

// refusal writes an error.
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
	return protocol.Reply{
		Status: e.Code.Status, Code: e.Code.Name, ContentType: protocol.JSON,
		Body: protocol.Encode(map[string]any{"RequestId": call.RequestID, "Error": inner}),
	}
}

func has(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}
