// Package testclient is the client of the simulator's own tests. It signs by the steps of the
// documented samples and shares nothing with package protocol, so that a mistake of one does
// not hide in the other.
package testclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Client calls a simulator: form POST, Action and Version in the query, headers signed as the
// documented samples do.
type Client struct {
	T   *testing.T
	Sim interface {
		http.Handler
		Now() time.Time
	}
	AccessKey, Secret string
	Token             string
	Region            string
	ContentType       string              // of a form, if it is empty
	Skew              time.Duration       // of the date that is signed
	Tamper            func(*http.Request) // changes a request that is signed
	ActionInBody      bool
}

// Answer is an answer as it came, and as JSON.
type Answer struct {
	T      *testing.T
	Status int
	Header http.Header
	Raw    string
	JSON   map[string]any
}

// MAC is HMAC-SHA256.
func MAC(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Request signs for one fixed list of headers, so that the canonical text can be written down
// literally.
func (c *Client) Request(service, action, version, body string) *http.Request {
	query := "Action=" + action + "&Version=" + version
	if c.ActionInBody {
		body, query = query+"&"+body, ""
	}
	contentType := c.ContentType
	if contentType == "" {
		contentType = "application/x-www-form-urlencoded"
	}
	at := c.Sim.Now().Add(c.Skew)
	stamp, day := at.Format("20060102T150405Z"), at.Format("20060102")
	host := service + ".example.test"
	scope := day + "/" + c.Region + "/" + service + "/aws4_request"
	canonical := fmt.Sprintf("POST\n/\n%s\ncontent-type:%s\nhost:%s\nx-amz-date:%s\n\ncontent-type;host;x-amz-date\n%x",
		query, contentType, host, stamp, sha256.Sum256([]byte(body)))
	k := MAC(MAC(MAC(MAC([]byte("AWS4"+c.Secret), day), c.Region), service), "aws4_request")
	sig := fmt.Sprintf("%x", MAC(k, fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", stamp, scope, sha256.Sum256([]byte(canonical)))))
	r := httptest.NewRequest("POST", "http://"+host+"/?"+query, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Amz-Date", stamp)
	if c.Token != "" {
		r.Header.Set("X-Ksc-Security-Token", c.Token)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.AccessKey+"/"+scope+
		", SignedHeaders=content-type;host;x-amz-date, Signature="+sig)
	if c.Tamper != nil {
		c.Tamper(r)
	}
	return r
}

// Send sends any request.
func (c *Client) Send(r *http.Request) Answer {
	c.T.Helper()
	w := httptest.NewRecorder()
	c.Sim.ServeHTTP(w, r)
	out := Answer{T: c.T, Status: w.Code, Header: w.Header(), Raw: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &out.JSON)
	return out
}

// Call sends pairs of name and value.
func (c *Client) Call(service, action, version string, pairs ...string) Answer {
	c.T.Helper()
	var body []string
	for i := 0; i+1 < len(pairs); i += 2 {
		body = append(body, url.QueryEscape(pairs[i])+"="+url.QueryEscape(pairs[i+1]))
	}
	return c.Send(c.Request(service, action, version, strings.Join(body, "&")))
}

// KEC calls the service kec.
func (c *Client) KEC(action string, pairs ...string) Answer {
	c.T.Helper()
	return c.Call("kec", action, "2016-03-04", pairs...)
}

// Params are the pairs of base, changed by others; "-" leaves a name out.
func Params(base map[string]string, pairs ...string) []string {
	all := maps.Clone(base)
	for i := 0; i+1 < len(pairs); i += 2 {
		if all[pairs[i]] = pairs[i+1]; pairs[i+1] == "-" {
			delete(all, pairs[i])
		}
	}
	var out []string
	for name, value := range all {
		out = append(out, name, value)
	}
	return out
}

// Launch starts instances and returns their ids.
func (c *Client) Launch(params []string) []string {
	c.T.Helper()
	var ids []string
	for _, one := range c.KEC("RunInstances", params...).OK().instances() {
		id, _ := one["InstanceId"].(string)
		ids = append(ids, id)
	}
	return ids
}

// Describe is what DescribeInstances shows of an instance, nil for nothing.
func (c *Client) Describe(id string) map[string]any {
	c.T.Helper()
	all := c.KEC("DescribeInstances", "InstanceId.1", id).OK().instances()
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// State is the state of an instance, "" for one that is not shown.
func (c *Client) State(id string) string {
	c.T.Helper()
	state, _ := c.Describe(id)["InstanceState"].(map[string]any)
	name, _ := state["Name"].(string)
	return name
}

// Played makes n calls of an action and writes down "x" for each that failed and "." for the
// others.
func (c *Client) Played(n int, action string) string {
	c.T.Helper()
	var out strings.Builder
	for range n {
		if c.KEC(action).Status == 200 {
			out.WriteByte('.')
		} else {
			out.WriteByte('x')
		}
	}
	return out.String()
}

// Refusals makes one call for all ids and writes down "x" for each that was refused as busy and
// "." for each that was not refused.
func (c *Client) Refusals(action string, ids []string, pairs ...string) string {
	c.T.Helper()
	for i, id := range ids {
		pairs = append(pairs, "InstanceId."+strconv.Itoa(i+1), id)
	}
	var out strings.Builder
	for _, answer := range c.KEC(action, pairs...).OK().instances() {
		switch {
		case answer["Return"] == true:
			out.WriteByte('.')
		case answer["Message"] == "busy":
			out.WriteByte('x')
		}
	}
	return out.String()
}

// Control sends one request to the control path, and returns the status and the body.
func (c *Client) Control(method, route, body string) (int, string) {
	c.T.Helper()
	w := httptest.NewRecorder()
	c.Sim.ServeHTTP(w, httptest.NewRequest(method, "http://127.0.0.1/_kecsim/"+route, strings.NewReader(body)))
	return w.Code, w.Body.String()
}

// OK ends the test unless the answer is a success.
func (a Answer) OK() Answer {
	a.T.Helper()
	if a.Status != 200 {
		a.T.Fatalf("status %d: %s", a.Status, a.Raw)
	}
	return a
}

// instances are the elements of InstancesSet.
func (a Answer) instances() []map[string]any {
	var all []map[string]any
	set, _ := a.JSON["InstancesSet"].([]any)
	for _, item := range set {
		one, _ := item.(map[string]any)
		all = append(all, one)
	}
	return all
}

// Code is the error code, "" if there is none.
func (a Answer) Code() string {
	e, _ := a.JSON["Error"].(map[string]any)
	code, _ := e["Code"].(string)
	return code
}

// Message is the message of the error, "" if there is none.
func (a Answer) Message() string {
	e, _ := a.JSON["Error"].(map[string]any)
	m, _ := e["Message"].(string)
	return m
}

// Refused checks status and code, and that the message holds every fragment.
func (a Answer) Refused(status int, code string, fragments ...string) {
	a.T.Helper()
	if a.Status != status || a.Code() != code {
		a.T.Fatalf("got %d %s, want %d %s: %s", a.Status, a.Code(), status, code, a.Raw)
	}
	for _, f := range fragments {
		if !strings.Contains(a.Message(), f) {
			a.T.Errorf("message %q lacks %q", a.Message(), f)
		}
	}
}
