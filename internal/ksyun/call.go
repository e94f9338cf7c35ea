package ksyun

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Call is one call of an action.
type Call struct {
	Service Service
	Action  string
	Version string
	Form    url.Values // the parameters, unless JSON is set
	JSON    any        // the body of the actions that take JSON (fact 7: a content type of JSON is allowed)

	AtMostOnce bool // repeat it only when the service certainly did nothing
	Graceful   bool // let an attempt that is under way finish when the context is cancelled
}

// Outcome is what came of a call, through all its attempts.
type Outcome struct {
	Answer *Answer // the last one, as far as it could be read; nil when none came

	// Err is an *Error for a refusal, and for an answer that is not a JSON object. When no answer
	// came, it names service, action, host, tries, time and the last cause, and matches the
	// context's error when the context ended.
	Err error

	// MaybeDone says that the service may have done the work although Err is no answer that says
	// so: an attempt was lost or broke off, or its answer came from behind the front door or is
	// unreadable.
	MaybeDone bool
}

// call is a Call under way. The steps of the chain find it in the request's context: they read the
// Call and leave here what a later step, or the retry policy, must know. The attempts of a call
// follow each other, so that no two goroutines share it.
type call struct {
	Call

	redactor  redactor
	attempts  int           // sent so far
	neverSent bool          // the attempt that just failed cannot have reached the service
	offset    time.Duration // to our clock, of the time that the last attempt was signed with

	parsed     *Answer // the answer of the last attempt, which is parsed once
	parsedFrom *http.Response
}

type callKey struct{}

// callOf is the call that ctx belongs to. Outside of any call it is a blank one, so that a step can
// be tested alone.
func callOf(ctx context.Context) *call {
	if cl, ok := ctx.Value(callKey{}).(*call); ok {
		return cl
	}
	return &call{}
}

// Do makes a call and lets read take what it needs from an answer that is no refusal. An error of
// read becomes the error of the outcome.
func (c *Client) Do(ctx context.Context, what Call, read func(*Answer) error) Outcome {
	out := c.Send(ctx, what)
	if out.Err == nil {
		out.Read(read)
	}
	return out
}

// Send makes a call: it sends, and repeats where that is safe. It is where every call comes
// together, and so the place where a panic is stopped: one odd answer fails its own call and not
// the process, with all the other instances in it.
func (c *Client) Send(ctx context.Context, what Call) (out Outcome) {
	cl := &call{Call: what}
	defer func() {
		if value := recover(); value != nil {
			out = Outcome{Err: what.bug(cl.parsed, value), MaybeDone: cl.attempts > 0}
		}
	}()
	req, err := c.request(ctx, cl)
	if err != nil {
		return Outcome{Err: err}
	}
	r := &retrying{client: c, call: cl, began: c.clock.now()}
	resp, err := r.policy().Do(req)
	r.took = c.clock.now().Sub(r.began)
	if err != nil {
		return Outcome{Err: r.failed(err, req.URL.Host), MaybeDone: r.maybeDone}
	}
	defer func() { _ = resp.Body.Close() }()
	out = Outcome{Answer: cl.read(resp)}
	out.Err, out.MaybeDone = out.Answer.err, r.maybeDone || out.Answer.unreadable
	if out.Err != nil && r.last.transient() {
		out.Err = r.gaveUp(out.Err)
	}
	return out
}

// Read lets f take what it needs from the answer, be it a refusal or not. The error of f, also a
// panic's, becomes the error of the outcome.
func (o *Outcome) Read(f func(*Answer) error) {
	defer func() {
		if value := recover(); value != nil {
			o.Err, o.MaybeDone = o.Answer.call.bug(o.Answer, value), true
		}
	}()
	o.Err = f(o.Answer)
}

// request builds the request of a call, unsigned.
func (c *Client) request(ctx context.Context, cl *call) (*retryablehttp.Request, error) {
	cl.redactor.add(c.secrets()...)
	cl.redactor.addParams(cl.Form)
	body, contentType := []byte(encode(cl.Form)), "application/x-www-form-urlencoded"
	if cl.JSON != nil {
		var err error
		if body, err = json.Marshal(cl.JSON); err != nil {
			return nil, fmt.Errorf("%s %s: %w", cl.Service, cl.Action, err)
		}
		contentType = "application/json"
		cl.redactor.addParams(leaves(body))
	}
	u := *c.base[cl.Service]
	u.RawQuery = encode(url.Values{"Action": {cl.Action}, "Version": {cl.Version}})
	ctx = context.WithValue(ctx, callKey{}, cl)
	req, err := retryablehttp.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: the request cannot be built for %s", cl.Service, cl.Action, u.Host)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json") // some services answer XML without it
	req.Header.Set("User-Agent", c.userAgent)
	return req, nil
}

// escape is RFC 3986 percent-encoding (fact 8: a space is %20). Parameters are encoded nowhere
// else.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// encode is the form body of params, sorted by name.
func encode(params url.Values) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		for _, v := range params[name] {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	return strings.Join(pairs, "&")
}
