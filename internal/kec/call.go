package kec

import (
	"bytes"
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

// The versions of the actions used here.
const (
	kecVersion     = "2016-03-04"
	vpcVersion     = "2016-03-04"
	tagVersion     = "2020-09-01"
	iamVersion     = "2015-11-01"
	orderVersion   = "2025-03-21"
	billingVersion = "2025-08-28"
)

// call is one call of an action, through all its attempts. The steps of the chain find it in the request's context and note in
// it what they learn; attempts follow each other, so nothing in it is shared between goroutines.
type call struct {
	service service
	action  string
	version string
	form    url.Values // the parameters, unless json is set
	json    any        // the body of the actions that take JSON (fact 7)
	once    bool       // never repeat it unless the service certainly did nothing
	finish  bool       // let an attempt that is under way finish when the context is cancelled

	hide    hidden
	began   time.Time
	spent   time.Duration // since then, once the last attempt is over
	tries   int           // attempts sent so far
	repeats int           // attempts decided on after the first
	wait    time.Duration // before the next attempt
	unsent  bool          // the attempt that just failed cannot have reached the service
	last    outcome       // of the last attempt
	doubt   bool          // some attempt may have been carried out without a word about it
	offset  time.Duration // of the time that the last attempt was signed with
	stopped error         // why it is not repeated although the policy would have it

	corrected bool // our clock was found wrong by this call

	parsed     *answer
	parsedFrom *http.Response
}

type callKey struct{}

// callOf is the call that ctx belongs to; a blank one outside of any, so that a step can be tested alone.
func callOf(ctx context.Context) *call {
	if cl, ok := ctx.Value(callKey{}).(*call); ok {
		return cl
	}
	return &call{}
}

// escape is RFC 3986 percent-encoding (fact 8): a space is %20. It is the only place where parameters are encoded.
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

// list adds a list to params, counting from 1 (fact 11): InstanceId.1, InstanceId.2, ...
func list(params url.Values, name string, values []string) {
	for i, v := range values {
		params.Set(fmt.Sprintf("%s.%d", name, i+1), v)
	}
}

// ask makes a call and lets read take what it needs from the answer, which is a JSON object and no refusal. It is where every
// call of this package comes together, and so the one place where a panic is stopped: one odd answer fails its own call and
// not the process, with all the other instances in it.
func (c *Client) ask(ctx context.Context, cl *call, read func(*answer) error) error {
	return cl.guarded(func() error {
		ans, err := c.send(ctx, cl)
		if err != nil {
			return err
		}
		return read(ans)
	})
}

// send sends, repeats where that is safe, and returns the answer. A refusal is an *Error, and so is an answer that is not a JSON
// object; the answer comes with it as far as it could be read. When no answer came, the error names service, action, host,
// tries, time and the last cause; it matches ctx.Err() when the context ended.
func (c *Client) send(ctx context.Context, cl *call) (*answer, error) {
	cl.hide.add(c.secrets()...)
	cl.hide.addParams(cl.form)
	body, contentType := []byte(encode(cl.form)), "application/x-www-form-urlencoded"
	if cl.json != nil {
		var err error
		if body, err = json.Marshal(cl.json); err != nil {
			return nil, fmt.Errorf("%s %s: %w", cl.service, cl.action, err)
		}
		contentType = "application/json"
		cl.hide.addParams(leaves(body))
	}
	u := *c.base[cl.service]
	u.RawQuery = encode(url.Values{"Action": {cl.action}, "Version": {cl.version}})

	req, err := retryablehttp.NewRequestWithContext(context.WithValue(ctx, callKey{}, cl), http.MethodPost, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: the request cannot be built for %s", cl.service, cl.action, u.Host)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json") // some services answer XML without it
	req.Header.Set("User-Agent", c.userAgent)

	cl.began = c.clock.now()
	resp, err := c.repeating(cl).Do(req)
	cl.spent = c.clock.now().Sub(cl.began)
	if err != nil {
		return nil, cl.failed(err, u.Host)
	}
	defer func() { _ = resp.Body.Close() }()
	ans := cl.read(resp)
	cl.doubt = cl.doubt || ans.unreadable
	if ans.err == nil || !cl.last.passing() {
		return ans, ans.err
	}
	return ans, cl.gaveUp(ans.err)
}

// answer is a complete answer of the service.
type answer struct {
	call      *call
	status    int
	body      []byte
	fields    map[string]json.RawMessage // of the JSON object, by lower-case key; null ones left out
	requestID string
	err       error // an *Error when the answer is a refusal or is no JSON object

	unreadable bool // the status says success and the body is no JSON object
}

// read parses an answer, once per attempt.
func (cl *call) read(resp *http.Response) *answer {
	if cl.parsed != nil && cl.parsedFrom == resp {
		return cl.parsed
	}
	body := bytes.TrimPrefix(peek(resp), []byte("\xef\xbb\xbf")) // a byte order mark, which is no JSON
	ans := &answer{call: cl, status: resp.StatusCode, body: body}
	cl.parsed, cl.parsedFrom = ans, resp
	fields, notJSON := object(ans.body)
	ans.fields = fields
	ans.requestID = cl.clean(textOf(fields["requestid"]))
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	code, message, refused := refusal(fields, success)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		ans.err = ans.unusable("answered with a redirect, which is never followed")
	case notJSON != "":
		ans.err, ans.unreadable = ans.unusable(notJSON), success
	case refused || !success:
		ans.err = ans.fault(code, message)
	}
	return ans
}

// refusal finds the error in an answer's fields: {Error: {Code, Message}} with any status (fact 30), in keys of any case; and the
// legacy body {code, message, codeDesc} when the status is no success.
func refusal(fields map[string]json.RawMessage, success bool) (code, message string, refused bool) {
	if raw, ok := fields["error"]; ok {
		e, notObject := object(raw)
		if notObject != "" && raw[0] == '"' { // but not false or 0, which say that there is none
			message = textOf(raw)
		}
		code, message = textOf(e["code"]), message+textOf(e["message"])
		if code != "" || message != "" {
			return code, message, true
		}
	}
	if success {
		return "", "", false
	}
	code, message = textOf(fields["code"]), textOf(fields["message"])
	if desc := textOf(fields["codedesc"]); desc != "" && desc != message {
		message = strings.TrimSpace(message + " (" + desc + ")")
	}
	return code, message, true
}

// fault is an *Error about this answer.
func (a *answer) fault(code, message string) *Error {
	cl := a.call
	e := &Error{
		Service: string(cl.service), Action: cl.action, RequestID: a.requestID, Status: a.status,
		Code: cl.clean(code), Message: cl.clean(message),
	}
	e.Param = paramNamed(e.Message, cl.form)
	return e
}

// unusable is an *Error about an answer that is no answer of the service.
func (a *answer) unusable(why string) *Error {
	e := a.fault("", why)
	e.Unusable = true
	return e
}

// list is the array under a lower-case key; an empty one when the key is there and null, as some services write an empty list.
func (a *answer) list(key string) ([]json.RawMessage, bool) {
	if raw, ok := a.fields[key]; ok {
		return array(raw)
	}
	var members map[string]json.RawMessage
	decode(a.body, &members)
	for k := range members {
		if strings.EqualFold(k, key) {
			return nil, true
		}
	}
	return nil, false
}

// decode fills v, a pointer to a struct of lenient types, from a part of the answer; a member of the wrong shape stays as it is.
func decode(raw json.RawMessage, v any) {
	_ = json.Unmarshal(raw, v) // the syntax was checked with the whole body, and the lenient types return no error
}

const (
	longest  = 4 << 10  // the length to which a text of the service is cut
	hopeless = 64 << 10 // the length from which it is not even searched for secrets
)

// clean makes a text of the service or the network fit to be shown: without secrets and not endless.
func (cl *call) clean(s string) string {
	if len(s) > hopeless {
		return fmt.Sprintf("a text of %d bytes, too long to show", len(s))
	}
	s = cl.hide.scrub(s)
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + " ..."
	}
	return s
}
