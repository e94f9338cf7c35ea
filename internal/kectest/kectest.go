// Package kectest has what the tests of the client share: a scripted service, a clock that moves
// only when something sleeps, and answers in every known shape. It imports nothing of the client,
// so that the tests of every layer can use it.
package kectest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// The keys that tests sign with.
const (
	AccessKey     = "AKLTtestaccesskey"
	SecretKey     = "s3cr3t/Key+with==signs"
	SecurityToken = "tok/en+0123456789"
)

// Clock moves only when something sleeps.
type Clock struct {
	mu    sync.Mutex
	At    time.Time
	Slept []time.Duration

	// The client's own clock, where it is another one than this; see Local.
	LocalNow   func() time.Time
	LocalSleep func(context.Context, time.Duration) error
}

// Local is the clock that a client sees: this one, unless LocalNow or LocalSleep replaces it.
func (f *Clock) Local() (now func() time.Time, sleep func(context.Context, time.Duration) error) {
	now = func() time.Time {
		if f.LocalNow != nil {
			return f.LocalNow()
		}
		return f.Now()
	}
	sleep = func(ctx context.Context, d time.Duration) error {
		if f.LocalSleep != nil {
			return f.LocalSleep(ctx, d)
		}
		return f.Sleep(ctx, d)
	}
	return now, sleep
}

// NewClock returns a clock that stands at nine o'clock on 2 March 2026, UTC.
func NewClock() *Clock { return &Clock{At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)} }

// Now is the time.
func (f *Clock) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.At
}

// Sleep moves the clock, unless ctx has ended.
func (f *Clock) Sleep(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	f.At = f.At.Add(d)
	f.Slept = append(f.Slept, d)
	return nil
}

// Sent is one request as it left the client.
type Sent struct {
	Host, Action, Version string
	URL                   string
	Header                http.Header
	Form                  url.Values
	Body                  string
}

// Reply is what the scripted service answers.
type Reply struct {
	Status int
	Body   string
	Header http.Header
	Err    error
}

// OK is a reply of status 200.
func OK(body string) Reply { return Reply{Status: 200, Body: body} }

// Refuse is a refusal in KEC's form.
func Refuse(status int, code, message string) Reply {
	b, _ := json.Marshal(map[string]any{"RequestId": "req-1", "Error": map[string]string{"Type": "Sender", "Code": code, "Message": message}})
	return Reply{Status: status, Body: string(b)}
}

// Set is a DescribeInstances answer with these ids, in a state.
func Set(state string, ids ...string) Reply {
	var elements []string
	for _, id := range ids {
		elements = append(elements, fmt.Sprintf(`{"InstanceId":%q,"InstanceState":{"Name":%q}}`, id, state))
	}
	return OK(fmt.Sprintf(`{"RequestId":"r","InstanceCount":%d,"InstancesSet":[%s]}`, len(ids), strings.Join(elements, ",")))
}

// Script is a scripted KEC: the n-th request gets the n-th reply, and the last reply is repeated.
type Script struct {
	mu      sync.Mutex
	Replies []Reply
	Answer  func(n int, s Sent) Reply // in place of Replies
	Got     []Sent
}

// Of is a script of these replies.
func Of(replies ...Reply) *Script { return &Script{Replies: replies} }

// RoundTrip records a request and answers it.
func (s *Script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	q := r.URL.Query()
	one := Sent{Host: r.URL.Host, Action: q.Get("Action"), Version: q.Get("Version"), URL: r.Method + " " + r.URL.String(), Header: r.Header.Clone(), Body: string(body)}
	one.Form, _ = url.ParseQuery(string(body))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Got = append(s.Got, one)
	n := len(s.Got) - 1
	var out Reply
	if s.Answer != nil {
		out = s.Answer(n, one)
	} else {
		out = s.Replies[min(n, len(s.Replies)-1)]
	}
	if out.Err != nil {
		return nil, out.Err
	}
	h := out.Header
	if h == nil {
		h = http.Header{}
	}
	return &http.Response{
		StatusCode: out.Status, Header: h, Body: io.NopCloser(strings.NewReader(out.Body)), ContentLength: int64(len(out.Body)), Request: r,
	}, nil
}

// Step is a function that serves as an http.RoundTripper.
type Step func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (s Step) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

// Equal fails the test where got is not want.
func Equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// NoBugs fails on an error that stands for a panic: the client's guard must not hide one from a
// fuzzer.
func NoBugs(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil && strings.Contains(err.Error(), "a bug in this program") {
			t.Error(err)
		}
	}
}

// Must is a value without an error.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
