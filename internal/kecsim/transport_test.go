package kecsim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/protocol"
)

const inMemory = "http://kec.example.test"

func TestTransport_answersAsOverTheNetwork(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	req := me.launching(t.Context(), inMemory)
	resp, err := sim.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "status", resp.Status, "200 OK")
	same(t, "length", resp.ContentLength, int64(len(body)))
	same(t, "content type", resp.Header.Get("Content-Type"), "application/json; charset=utf-8")
	same(t, "date", resp.Header.Get("Date"), "Mon, 02 Mar 2026 09:00:00 GMT")
	same(t, "request", resp.Request, req)
	same(t, "body", string(body), `{"InstancesSet":[{"InstanceId":"`+id(1)+`","InstanceName":"KSC-IN-0000000001"}],`+
		`"RequestId":"KEC-0000000a-0000-4000-8000-000000000001"}`)
	same(t, "action on record", sim.Calls()[0].Action, "RunInstances")

	sim.FailNext("RunInstances", ThrottledRetryAfter, 1)
	resp, err = sim.Transport().RoundTrip(me.launching(t.Context(), inMemory))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "status", resp.Status, "503 Service Unavailable")
	same(t, "retry after", resp.Header.Get("Retry-After"), "2")

	sim.control = func(_ *Server, _ *http.Request, route string, _ []byte, _ error) protocol.Reply {
		return protocol.Reply{Status: 200, ContentType: protocol.PlainText, Body: []byte(route)}
	}
	// The control path is there as well, and a request may leave out what net/http fills in.
	req = me.launching(t.Context(), inMemory+"/_kecsim/instances")
	req.URL.Path, req.Method, req.Host, req.Body, req.Header = "/_kecsim/instances", "", "", nil, nil
	resp, err = sim.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err = io.ReadAll(resp.Body)
	if err != nil || string(body) != "instances" {
		t.Errorf("control path: %v %s", err, body)
	}
	req.URL.Path = "/"
	if resp, err = sim.Transport().RoundTrip(req); err != nil || resp.StatusCode != 403 {
		t.Errorf("unsigned: %v %v", resp, err)
	}
	same(t, "method left as it was", req.Method, "")
}

// traced is a context that writes the hooks down as they are called.
func traced(ctx context.Context) (context.Context, *[]string) {
	var calls []string
	note := func(what string) { calls = append(calls, what) }
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(to string) { note("GetConn " + to) }, GotConn: func(httptrace.GotConnInfo) { note("GotConn") },
		WroteHeaders: func() { note("WroteHeaders") }, WroteRequest: func(httptrace.WroteRequestInfo) { note("WroteRequest") },
		GotFirstResponseByte: func() { note("GotFirstResponseByte") },
	}), &calls
}

// spied is a body that tells whether it was closed, and may fail.
type spied struct {
	io.Reader
	closed bool
}

func (s *spied) Close() error { s.closed = true; return nil }

func TestTransport_callsTheHooksInTheirOrder(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	left, leave := context.WithCancel(t.Context())
	leave()
	failing := errors.New("the disk is gone")
	for _, c := range []struct {
		name, base string
		ctx        context.Context
		fault      Fault
		body       io.Reader // in place of the request's own
		err        error
		want       string
	}{
		{"an answer", inMemory, t.Context(), Fault{RetryAfter: "1"}, nil, nil,
			"GetConn kec.example.test:80, GotConn, WroteHeaders, WroteRequest, GotFirstResponseByte"},
		{"another port", "https://kec.example.test:8443", t.Context(), Fault{RetryAfter: "1"}, nil, nil,
			"GetConn kec.example.test:8443, GotConn, WroteHeaders, WroteRequest, GotFirstResponseByte"},
		{"the answer is lost", "https://kec.example.test", t.Context(), AnswerLost, nil, io.EOF,
			"GetConn kec.example.test:443, GotConn, WroteHeaders, WroteRequest"},
		{"the caller has left", inMemory, left, Fault{RetryAfter: "1"}, nil, context.Canceled, ""},
		{"a body that cannot be read", inMemory, t.Context(), Fault{RetryAfter: "1"}, iotest.ErrReader(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF,
			"GetConn kec.example.test:80, GotConn, WroteHeaders"},
	} {
		sim.ClearFaults()
		sim.FailNext("RunInstances", c.fault, 1)
		ctx, hooks := traced(c.ctx)
		req := me.launching(ctx, c.base)
		sent := &spied{Reader: req.Body}
		if c.body != nil {
			sent.Reader = c.body
		}
		req.Body = sent
		_, err := sim.Transport().RoundTrip(req)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
		same(t, c.name, strings.Join(*hooks, ", "), c.want)
		same(t, c.name+": body closed", sent.closed, true)
	}
	same(t, "calls that arrived", len(sim.Calls()), 3)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(failing)
	_, err := sim.Transport().RoundTrip(me.launching(ctx, inMemory))
	same(t, "cause", err, failing)
}

// An instance boots in twenty virtual seconds, of the world's clock and of the client, and in no
// real time.
func TestTransport_inVirtualTime(t *testing.T) {
	t.Parallel()
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		sim := New(WithClock(RunningClock(time.Now(), 1)))
		_, me := newWorld(t)
		me.sim, me.Sim = sim, sim
		start := time.Now()
		same(t, "world's time", sim.Now(), start.UTC())
		client := &http.Client{Transport: sim.Transport(WithLatency(30 * time.Millisecond))}
		if status, body, err := me.over(client, inMemory); status != 200 || err != nil {
			t.Fatal(status, body, err)
		}
		same(t, "there and back", time.Since(start), 30*time.Millisecond)
		same(t, "ordered half-way", sim.Calls()[0].At, start.UTC().Add(15*time.Millisecond))
		for _, step := range []struct {
			at    time.Duration
			state string
		}{
			{3014 * time.Millisecond, ""}, {3015 * time.Millisecond, "scheduling"}, {20014 * time.Millisecond, "block_device_mapping"},
			{20015 * time.Millisecond, "active"},
		} {
			time.Sleep(time.Until(start.Add(step.at)))
			same(t, "world's time", sim.Now(), start.UTC().Add(step.at))
			same(t, "state after "+step.at.String(), me.State(id(1)), step.state)
		}
		time.Sleep(1000 * time.Hour)
		same(t, "a long time later", sim.Now(), start.UTC().Add(1000*time.Hour+20015*time.Millisecond))
	})
	if real := time.Since(began); real > 10*time.Second {
		t.Errorf("it took %s", real)
	}
}

func TestTransport_aCallerWhoLeaves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		latency time.Duration
		fault   Fault
		calls   int
		bought  int
	}{
		{"on the way there", 5 * time.Second, Fault{RetryAfter: "1"}, 0, 0},
		{"on the way back", 3 * time.Second, Fault{RetryAfter: "1"}, 1, 1},
		{"before it is done", 0, SlowToAct, 1, 0},
		{"after it was done", 0, SlowAnswer, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			sim, me := newWorld(t)
			sim.FailNext("RunInstances", c.fault, 1)
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := sim.Transport(WithLatency(c.latency)).RoundTrip(me.launching(ctx, inMemory))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v", c.name, err)
			}
			same(t, c.name+": time", time.Since(start), 2*time.Second)
			same(t, c.name+": calls", len(sim.Calls()), c.calls)
			same(t, c.name+": instances", len(sim.Instances()), c.bought)
		})
	}
}

// Many callers in one bubble do not wait for each other, and the same seed gives the same faults if
// the calls come in the same order.
func TestTransport_manyCallersInVirtualTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := New(WithClock(RunningClock(time.Now(), 1)))
		_, me := newWorld(t)
		me.sim, me.Sim = sim, sim
		sim.FailShareAtMost("RunInstances", Fault{Slow: time.Second, After: true}, 0.5, 10)
		client := &http.Client{Transport: sim.Transport(WithLatency(time.Second))}
		start, took := time.Now(), make(chan time.Duration)
		for range 40 {
			go func() {
				_, _, err := me.over(client, inMemory)
				if err != nil {
					t.Error(err)
				}
				took <- time.Since(start)
			}()
		}
		slow := 0
		for range 40 {
			if <-took == 2*time.Second {
				slow++
			}
		}
		same(t, "slow ones", slow, 10)
		same(t, "time", time.Since(start), 2*time.Second)
		same(t, "instances", sim.Audit(nil, "").Alive, 40)
	})
}
