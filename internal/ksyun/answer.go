package ksyun

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Answer is a complete answer of the service.
type Answer struct {
	Status    int
	Body      []byte                     // without a byte order mark
	Fields    map[string]json.RawMessage // of the JSON object, by lower-case key; null ones left out
	RequestID string                     // "" when the answer holds none

	call       *call
	err        error // an *Error when the answer is a refusal or is no JSON object
	unreadable bool  // the status says success and the body is no JSON object
}

// read parses an answer, once per attempt.
func (cl *call) read(resp *http.Response) *Answer {
	if cl.parsed != nil && cl.parsedFrom == resp {
		return cl.parsed
	}
	body := bytes.TrimPrefix(peek(resp), []byte("\xef\xbb\xbf")) // a byte order mark, which is no JSON
	ans := &Answer{call: cl, Status: resp.StatusCode, Body: body}
	cl.parsed, cl.parsedFrom = ans, resp
	fields, notJSON := Object(ans.Body)
	ans.Fields = fields
	ans.RequestID = cl.clean(TextOf(fields["requestid"]))
	success := resp.StatusCode >= 200 && resp.StatusCode < 300
	code, message, refused := refusal(fields, success)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		ans.err = ans.Unusable("answered with a redirect, which is never followed")
	case notJSON != "":
		ans.err, ans.unreadable = ans.Unusable("%s", notJSON), success
	case refused || !success:
		ans.err = ans.Refusal(code, message)
	}
	return ans
}

// refusal finds the error in the fields of an answer: {Error: {Code, Message}} with any status
// (fact 30: the form of errors), in keys of any case; and, when the status is no success, the
// legacy body {code, message, codeDesc}.
func refusal(fields map[string]json.RawMessage, success bool) (code, message string, refused bool) {
	if raw, ok := fields["error"]; ok {
		e, notObject := Object(raw)
		if notObject != "" && raw[0] == '"' { // but not false or 0, which say that there is none
			message = TextOf(raw)
		}
		code, message = TextOf(e["code"]), message+TextOf(e["message"])
		if code != "" || message != "" {
			return code, message, true
		}
	}
	if success {
		return "", "", false
	}
	code, message = TextOf(fields["code"]), TextOf(fields["message"])
	if desc := TextOf(fields["codedesc"]); desc != "" && desc != message {
		message = strings.TrimSpace(message + " (" + desc + ")")
	}
	return code, message, true
}

// Refusal is an *Error in which the service refuses the call with this answer.
func (a *Answer) Refusal(code, message string) *Error {
	cl := a.call
	e := &Error{
		Action: cl.Action, RequestID: a.RequestID, Status: a.Status,
		Code: cl.clean(code), Message: cl.clean(message),
	}
	e.Param = paramNamed(e.Message, cl.Form)
	return e
}

// Unusable is an *Error about an answer that cannot be used: it is not the service's own, or it
// does not hold what every such answer holds. The reason is this client's.
func (a *Answer) Unusable(format string, args ...any) *Error {
	e := a.Refusal("", fmt.Sprintf(format, args...))
	e.Unusable = true
	return e
}

// List is the array under a lower-case key. A key that is there and null gives an empty list,
// because some services write an empty list so.
func (a *Answer) List(key string) ([]json.RawMessage, bool) {
	if raw, ok := a.Fields[key]; ok {
		return Array(raw)
	}
	var members map[string]json.RawMessage
	Decode(a.Body, &members)
	for k := range members {
		if strings.EqualFold(k, key) {
			return nil, true
		}
	}
	return nil, false
}

const (
	longestText    = 4 << 10  // bytes at which a text of the service is cut
	longestToClean = 64 << 10 // bytes from which it is not even searched for secrets
)

// clean makes a text of the service or the network fit to be shown: without secrets and not
// endless.
func (cl *call) clean(s string) string {
	if len(s) > longestToClean {
		return fmt.Sprintf("a text of %d bytes, too long to show", len(s))
	}
	s = cl.redactor.redact(s)
	if len(s) > longestText {
		s = strings.ToValidUTF8(s[:longestText], "") + " ..."
	}
	return s
}
