package kecsim

import (
	"context"
	"errors"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestFailShare_isTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	story := func(seed uint64) string {
		sim, me := newWorld(t)
		sim.Seed(seed)
		sim.FailShare("DescribeRegions", Throttled, 0.25)
		same(t, "another action", me.Played(5, "DescribeImages"), ".....")
		return me.Played(40, "DescribeRegions")
	}
	same(t, "seed 7", story(7), "..xx..x.......x..x.x.....x.x...xx.....xx")
	same(t, "seed 7 again", story(7), "..xx..x.......x..x.x.....x.x...xx.....xx")
	same(t, "seed 8", story(8), "...x....x....x...x...........x.......x..")
}

func TestFailShare_ofEverythingAndOfNothing(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailShare("*", Throttled, 0)
	same(t, "none", me.Played(20, "DescribeRegions"), strings.Repeat(".", 20))
	sim.FailShare("*", Throttled, 1)
	same(t, "all", me.Played(20, "DescribeRegions"), strings.Repeat("x", 20))
	sim.ClearFaults()
	same(t, "cleared", me.Played(20, "DescribeRegions"), strings.Repeat(".", 20))
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v was accepted", share)
				}
			}()
			sim.FailShare("*", Throttled, share)
		}()
	}
}

func TestFailShare_severalAndLimitedOnes(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailShareAtMost("DescribeRegions", Denied, 1, 2)
	sim.FailShare("*", ServiceUnavailable, 1)
	sim.FailNext("DescribeRegions", Throttled, 1) // given last, and yet the first
	for _, want := range []string{"RequestLimitExceeded", "PermissionDenied", "PermissionDenied", "ServiceUnavailable", "ServiceUnavailable"} {
		same(t, "code", me.KEC("DescribeRegions").Code(), want)
	}
	same(t, "another action", me.KEC("DescribeImages").Code(), "ServiceUnavailable")
}

// launching is a launch as a client sends it.
func (c *caller) launching(ctx context.Context, base string) *http.Request {
	c.t.Helper()
	form := url.Values{}
	for pair := range slices.Chunk(spot(), 2) {
		form.Set(pair[0], pair[1])
	}
	r := c.Request("kec", "RunInstances", "2016-03-04", form.Encode())
	out, err := http.NewRequestWithContext(ctx, "POST", base+"/?"+r.URL.RawQuery, r.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	out.Host, out.Header = r.Host, r.Header
	return out
}

// over sends a launch through a client, and returns the whole answer.
func (c *caller) over(client *http.Client, base string) (status int, body string, err error) {
	c.t.Helper()
	resp, err := client.Do(c.launching(c.t.Context(), base))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

const cutAnswer = `{"InstancesSet":[{"InstanceId":"1a5ce000`

var wireFaults = []struct {
	name   string
	fault  Fault
	buys   bool
	status int
	body   string
	is     error
}{
	{"closed before", ConnectionLost, false, 0, "", io.EOF},
	{"closed after", AnswerLost, true, 0, "", io.EOF},
	{"reset before", ConnectionReset, false, 0, "", syscall.ECONNRESET},
	{"reset after", AnswerReset, true, 0, "", syscall.ECONNRESET},
	{"cut", AnswerCut, true, 200, cutAnswer, io.ErrUnexpectedEOF},
	{"cut behind the end", Fault{Cut: 1e6}, true, 200, "whole", io.ErrUnexpectedEOF},
	{"a gateway, cut", Fault{Status: 502, Body: "<html>", Cut: 3}, false, 502, "<ht", io.ErrUnexpectedEOF},
	{"a gateway", HTMLGatewayAfter, true, 502, badGateway, nil},
}

// A fault does the same to a connection over the network and in memory.
func TestFaults_onTheWire(t *testing.T) {
	t.Parallel()
	for way, start := range map[string]func(*httptest.Server){"http": (*httptest.Server).Start, "https": (*httptest.Server).StartTLS, "memory": nil} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			sim, me := newWorld(t)
			client, base := &http.Client{Transport: sim.Transport()}, "http://kec.example.test"
			if start != nil {
				server := httptest.NewUnstartedServer(sim)
				var complaints strings.Builder
				server.Config.ErrorLog = log.New(&complaints, "", 0)
				start(server)
				client, base = server.Client(), server.URL
				t.Cleanup(func() {
					server.Close()
					same(t, "what net/http says to it", complaints.String(), "")
				})
			}
			bought := 0
			for _, c := range wireFaults {
				sim.FailNext("RunInstances", c.fault, 1)
				status, body, err := me.over(client, base)
				same(t, c.name+": status", status, c.status)
				if c.body == "whole" {
					same(t, c.name+": end of the body", body[len(body)-1:], "}")
				} else {
					same(t, c.name+": body", body, c.body)
				}
				if !errors.Is(err, c.is) {
					t.Errorf("%s: got %v, want %v", c.name, err, c.is)
				}
				if op := new(net.OpError); errors.Is(err, syscall.ECONNRESET) && (!errors.As(err, &op) || op.Op != "read") {
					t.Errorf("%s: %v did not come up while reading", c.name, err)
				}
				if c.buys {
					bought++
				}
				same(t, c.name+": instances", len(sim.Instances()), bought)
				last := sim.Calls()[len(sim.Calls())-1]
				same(t, c.name+": status on record", last.Status, c.status)
			}
			if status, _, err := me.over(client, base); status != 200 || err != nil {
				t.Errorf("without a fault: %d %v", status, err)
			}
		})
	}
}

func TestFaults_afterTheActionWasDone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fault  Fault
		bought int
		status int
		code   string
		body   string
	}{
		{"a failed back end before", InternalFailure, 0, 500, "INTERNAL_FAILURE", ""},
		{"a failed back end", InternalFailureAfter, 1, 500, "INTERNAL_FAILURE", ""},
		{"a gateway before", HTMLGateway, 0, 502, "", badGateway},
		{"a gateway", HTMLGatewayAfter, 1, 502, "", badGateway},
		{"nothing", EmptyObjectAfter, 1, 200, "", "{}"},
		{"not even an object", Fault{After: true}, 1, 200, "", ""},
		{"throttled in another spelling", Throttling, 0, 400, "Throttling", ""},
		{"and another", ThrottlingException, 0, 400, "ThrottlingException", ""},
		{"and without a code", TooManyRequests, 0, 429, "", "Too Many Requests"},
		{"and another status", BandwidthExceeded, 0, 509, "", "Bandwidth Limit Exceeded"},
	} {
		sim, me := newWorld(t)
		sim.FailNext("RunInstances", c.fault, 1)
		a := me.KEC("RunInstances", spot()...)
		same(t, c.name+": status", a.Status, c.status)
		same(t, c.name+": code", a.Code(), c.code)
		if c.code == "" {
			same(t, c.name+": body", a.Raw, c.body)
		}
		same(t, c.name+": instances", len(sim.Instances()), c.bought)
		same(t, c.name+": status on record", sim.Calls()[0].Status, c.status)
		same(t, c.name+": code on record", sim.Calls()[0].Code, c.code)
	}
	// A call that the action refuses is refused in spite of the fault.
	sim, me := newWorld(t)
	sim.FailNext("RunInstances", EmptyObjectAfter, 1)
	same(t, "body", me.KEC("RunInstances", spot("MaxCount", "0")...).OK().Raw, "{}")
	same(t, "instances", len(sim.Instances()), 0)
}

func TestFaults_retryAfter(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailNext("DescribeRegions", ThrottledRetryAfter, 1)
	a := me.KEC("DescribeRegions")
	a.Refused(503, "RequestLimitExceeded")
	same(t, "seconds", a.Header.Get("Retry-After"), "2")
	sim.FailNext("DescribeRegions", Fault{RetryAfter: "Mon, 02 Mar 2026 09:00:30 GMT"}, 1)
	a = me.KEC("DescribeRegions").OK() // its own answer, with a header more
	same(t, "date", a.Header.Get("Retry-After"), "Mon, 02 Mar 2026 09:00:30 GMT")
	same(t, "regions", len(a.JSON["RegionSet"].([]any)), 2)
	same(t, "no fault", me.KEC("DescribeRegions").OK().Header.Get("Retry-After"), "")
}

func TestFaults_slow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim, me := newWorld(t)
		start := time.Now()
		bought := func() int { return len(sim.Instances()) }

		sim.FailNext("RunInstances", SlowToAct, 1)
		go me.launch()
		synctest.Wait()
		time.Sleep(5*time.Second - time.Millisecond)
		same(t, "before it is done", bought(), 0)
		me.KEC("DescribeRegions").OK() // the others do not wait
		time.Sleep(time.Millisecond)
		synctest.Wait()
		same(t, "done", bought(), 1)

		sim.FailNext("RunInstances", SlowAnswer, 1)
		done := false
		go func() { me.launch(); done = true }()
		synctest.Wait()
		same(t, "done at once", bought(), 2)
		sim.Advance(time.Minute)
		time.Sleep(5*time.Second - time.Millisecond)
		same(t, "not answered yet", done, false)
		time.Sleep(time.Millisecond)
		synctest.Wait()
		same(t, "answered", done, true)
		same(t, "real time", time.Since(start), 10*time.Second)

		sim.FailNext("DescribeRegions", Fault{Slow: time.Second, Status: 504, ContentType: "text/html", Body: "<html>"}, 1)
		same(t, "status", me.KEC("DescribeRegions").Status, 504)
		same(t, "real time", time.Since(start), 11*time.Second)

		// The Date is the time of the answer, not of the request.
		sim.FailNext("DescribeRegions", Fault{Slow: time.Second, After: true}, 1)
		go func() { time.Sleep(time.Millisecond); sim.Advance(time.Hour) }()
		same(t, "date", me.KEC("DescribeRegions").OK().Header.Get("Date"), "Mon, 02 Mar 2026 10:01:00 GMT")
		same(t, "asked at", sim.Calls()[4].At, DefaultStart.Add(time.Minute))
	})
}

func TestFaults_slowForACallerWhoLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim, me := newWorld(t)
		ask := func(f Fault) {
			t.Helper()
			sim.FailNext("RunInstances", f, 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			defer func() {
				if recover() == nil {
					t.Error("the connection was not closed")
				}
			}()
			sim.ServeHTTP(httptest.NewRecorder(), me.launching(ctx, "http://kec.example.test"))
		}
		start := time.Now()
		ask(SlowToAct)
		same(t, "time", time.Since(start), time.Second)
		same(t, "left before it was done", len(sim.Instances()), 0)
		same(t, "status on record", sim.Calls()[0].Status, 0)
		ask(SlowAnswer)
		same(t, "time", time.Since(start), 2*time.Second)
		same(t, "left after it was done", len(sim.Instances()), 1)
		ask(Fault{Slow: time.Hour, DropAfter: true})
		ask(Fault{Slow: time.Hour, DropBefore: true})
		same(t, "time", time.Since(start), 4*time.Second)
		same(t, "instances", len(sim.Instances()), 1)
	})
}

// A lost call may be carried out after a look-up has not found what it does.
func TestFaults_doneLater(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	client := &http.Client{Transport: sim.Transport()}
	for _, c := range []struct {
		name   string
		fault  Fault
		status int
		err    error
	}{
		{"closed", DoneLater, 0, io.EOF},
		{"reset", Fault{Late: 10 * time.Second, Reset: true}, 0, syscall.ECONNRESET},
		{"a gateway", GatewayDoneLater, 504, nil},
		{"whatever else is said", Fault{Late: 10 * time.Second, After: true, DropAfter: true}, 0, io.EOF},
	} {
		before := len(sim.launchRecords())
		sim.FailNext("RunInstances", c.fault, 1)
		status, _, err := me.over(client, inMemory)
		same(t, c.name+": status", status, c.status)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
		asked := sim.Calls()[len(sim.Calls())-1]
		same(t, c.name+": status on record", asked.Status, c.status)
		sim.Advance(10*time.Second - time.Millisecond)
		same(t, c.name+": not yet", len(sim.launchRecords()), before)
		sim.Advance(time.Millisecond)
		same(t, c.name+": done", len(sim.launchRecords()), before+1)
		same(t, c.name+": at", sim.launchRecords()[before].At, asked.At.Add(10*time.Second))
		same(t, c.name+": request", sim.launchRecords()[before].RequestID, asked.RequestID)
	}
	// A late call may be refused at its time.
	sim.FailNext("RunInstances", DoneLater, 1)
	_, _, _ = me.over(client, inMemory)
	sim.SellOut(ZoneA, TypeSmall)
	sim.Advance(time.Minute)
	same(t, "launches", len(sim.launchRecords()), 4)
}
