package conform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/ksyun"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/machines"
)

// session is one run: a client, and what it has learnt that later checks need.
type session struct {
	Options

	api      *kec.Client
	machines *machines.Client
	raw      *http.Client
	mark     string // of the launch tag of everything that this run launches
	seen     *lastAnswer

	world     *world
	worldErr  error
	asked     bool  // whether launches can be rehearsed; rehearses is the answer
	rehearses error // why no launch can be rehearsed, nil if one can

	known    []string // machines that are to be ended
	launched bool     // a launch was sent
	unclear  bool     // and what came of it is not known
	bought   string   // the launch in a line, "" for none

	id     string // of the machine of the paid checks, "" without one
	ended  string // the id that it had
	boot   boot   // how it became active
	active reply  // DescribeInstances once it was
}

// versions are the versions of the actions by service (fact 3: a version for each service).
var versions = map[ksyun.Service]string{ksyun.KEC: "2016-03-04", ksyun.VPC: "2016-03-04", ksyun.Tag: "2020-09-01", ksyun.IAM: "2015-11-01"}

// tradeVersions are those of trade, which has one for each action (facts 110, 117 and 119).
var tradeVersions = map[string]string{"QueryOrderInfo": "2025-03-21", "QueryInstances": "2025-08-28", "DescribeInstances": "2020-01-14"}

func versionOf(s ksyun.Service, action string) string {
	if s == ksyun.Trade {
		return tradeVersions[action]
	}
	return versions[s]
}

func newSession(o Options) (*session, error) {
	s := &session{Options: o, mark: NewMark(), seen: &lastAnswer{next: o.Transport}}
	if s.seen.next == nil {
		s.seen.next = http.DefaultTransport
	}
	all := o.Endpoint
	options := append([]ksyun.Option{
		ksyun.WithUserAgent("terraform-provider-kec/conform"),
		ksyun.WithEndpoints(ksyun.Endpoints{KEC: all, Trade: all, VPC: all, Tag: all, IAM: all}),
		ksyun.WithRandom(nil, func() string { return s.mark }),
		ksyun.WithHTTPTransport(s.seen),
	}, o.Client...)
	api, err := kec.New(o.Region, o.Keys, options...)
	if err != nil {
		return nil, err
	}
	s.api, s.machines = api, machines.New(api)
	s.raw = &http.Client{
		Transport: s.seen.next, Timeout: api.RequestTimeout(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s, nil
}

// host is the one that is asked for KEC's own actions.
func (s *session) host() string { return s.api.Host(ksyun.KEC) }

// lastAnswer keeps the body of the last answer to RunInstances: what a launch answers besides ids
// is a question of its own.
type lastAnswer struct {
	next http.RoundTripper

	mu     sync.Mutex
	launch []byte
}

// RoundTrip passes a request on.
func (l *lastAnswer) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(req)
	if err != nil || req.URL.Query().Get("Action") != "RunInstances" {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.launch = body
	return resp, err
}

func (l *lastAnswer) body() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.launch
}

// reply is the answer to one call, a refusal or not.
type reply struct {
	status        int
	code, message string
	body          []byte
	header        http.Header // of what probe has sent
}

// String is the status and the code, such as "400 InvalidParameterValue" or "200".
func (r reply) String() string {
	return strings.TrimSpace(strconv.Itoa(r.status) + " " + r.code)
}

// call makes a call through the client, which signs, paces and repeats it. A refusal is an answer.
func (s *session) call(ctx context.Context, service ksyun.Service, action string, form url.Values) (reply, error) {
	return s.send(ctx, ksyun.Call{Service: service, Action: action, Version: versionOf(service, action), Form: form})
}

// callJSON is call with a body of JSON.
func (s *session) callJSON(ctx context.Context, service ksyun.Service, action string, body any) (reply, error) {
	return s.send(ctx, ksyun.Call{Service: service, Action: action, Version: versionOf(service, action), JSON: body})
}

func (s *session) send(ctx context.Context, call ksyun.Call) (reply, error) {
	out := s.api.Send(ctx, call)
	if out.Answer == nil {
		return reply{}, out.Err
	}
	r := reply{status: out.Answer.Status, body: out.Answer.Body}
	if refusal, ok := errors.AsType[*ksyun.Error](out.Err); ok {
		r.code, r.message = refusal.Code, refusal.Message
	}
	return r, nil
}

// describe is the call of DescribeInstances.
func (s *session) describe(ctx context.Context, pairs ...string) (reply, error) {
	return s.call(ctx, ksyun.KEC, "DescribeInstances", form(pairs...))
}

// form is parameters from names and values in turn.
func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// at is what stands at a path in an answer, with the keys spelt exactly so: "data.total". A list on
// the way stands for its first element.
func (r reply) at(path string) (json.RawMessage, bool) { return within(r.body, path) }

func within(raw json.RawMessage, path string) (json.RawMessage, bool) {
	for key := range strings.SplitSeq(path, ".") {
		if list, isList := ksyun.Array(raw); isList {
			if len(list) == 0 {
				return nil, false
			}
			raw = list[0]
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(raw, &members) != nil {
			return nil, false
		}
		var there bool
		if raw, there = members[key]; !there {
			return nil, false
		}
	}
	return raw, true
}

// list is the list at a path, nil where there is none.
func (r reply) list(path string) []json.RawMessage {
	raw, _ := r.at(path)
	list, _ := ksyun.Array(raw)
	return list
}

// text is the text or number at a path, "" where there is none.
func (r reply) text(path string) string {
	raw, _ := r.at(path)
	return ksyun.TextOf(raw)
}

// missing are the paths that an answer does not hold.
func (r reply) missing(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		_, there := r.at(path)
		return there
	})
}

// keys are the names at the top of an answer, for what was observed.
func (r reply) keys() string {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(r.body, &members)
	var names []string
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
