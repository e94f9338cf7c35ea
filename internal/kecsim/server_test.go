package kecsim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestActions_unknown(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.KEC("RunAway").Refused(400, "INVALID_ACTION", "Not Found")
	me.KEC("QueryOrderInfo").Refused(400, "INVALID_ACTION")
	me.Call("kec", "RunInstances", "2015-01-01").Refused(400, "InvalidActionOrVesion", "2015-01-01")
	me.Call("ecs", "RunInstances", "2016-03-04").Refused(403, "SignatureDoesNotMatch", "ecs")
	a := me.KEC("DescribeRegions", "Colour", "red")
	a.Refused(400, "InvalidParameter", "Colour")
	same(t, "type", a.JSON["Error"].(map[string]any)["Type"], any("Sender"))
	same(t, "request id", a.JSON["RequestId"], any("KEC-0000000a-0000-4000-8000-000000000005"))
	same(t, "its record", sim.Calls()[4].RequestID, "KEC-0000000a-0000-4000-8000-000000000005")
	same(t, "date", a.Header.Get("Date"), "Mon, 02 Mar 2026 09:00:00 GMT")
	sim.DenyService("tagv2", true)
	me.Call("tagv2", "ListTagsByResourceIds", "2020-09-01", "ResourceType", "instance", "ResourceUuids", "x").Refused(403, "PermissionDenied")
}

func TestPermissions_missForOneAction(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch()[0]
	query := func() answer {
		me := *me.Client
		me.ContentType = "application/json"
		return me.Send(me.Request("trade", "QueryInstances", "2025-08-28", `{"status":1}`))
	}
	sim.DenyAction("trade", "QueryInstances", true)
	a := query()
	a.Refused(403, "PermissionDenied")
	same(t, "message", a.Message(), "lack of policy: this key may not use trade QueryInstances")
	me.Call("trade", "QueryInstances", "2020-01-01").Refused(403, "PermissionDenied") // before the version
	me.order(sim.OrderOf(id))
	me.Call("trade", "DescribeInstances", "2020-01-14", "InstanceIds", id).OK()
	sim.DenyAction("trade", "DescribeInstances", true)
	me.KEC("DescribeInstances").OK() // of another service
	other := *me.Client
	other.Secret = "wrong"
	other.Call("trade", "QueryInstances", "2025-08-28").Refused(403, "SignatureDoesNotMatch")

	// The denials of a service and of an action are independent.
	sim.DenyService("trade", true)
	same(t, "message", query().Message(), "lack of policy: this key may not use trade")
	sim.DenyAction("trade", "QueryInstances", false)
	query().Refused(403, "PermissionDenied", "may not use trade")
	sim.DenyService("trade", false)
	same(t, "total", query().OK().JSON["data"].(map[string]any)["total"], any(1.0))
	me.Call("trade", "DescribeInstances", "2020-01-14", "InstanceIds", id).Refused(403, "PermissionDenied", "trade DescribeInstances")
}

func TestRequests_thatAreNotOnes(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	for name, c := range map[string]struct {
		request *http.Request
		status  int
	}{
		"method":     {httptest.NewRequest("DELETE", "http://kec/", nil), 405},
		"path":       {httptest.NewRequest("POST", "http://kec/v2", nil), 404},
		"empty":      {httptest.NewRequest("GET", "http://kec/", nil), 403},
		"bad query":  {httptest.NewRequest("GET", "http://kec/?a=%zz", nil), 400},
		"bad form":   {httptest.NewRequest("POST", "http://kec/", strings.NewReader("a=%zz")), 400},
		"large body": {httptest.NewRequest("POST", "http://kec/", strings.NewReader(strings.Repeat("a", maxBody+1))), 413},
	} {
		if a := me.Send(c.request); a.Status != c.status {
			t.Errorf("%s: got %d, want %d: %s", name, a.Status, c.status, a.Raw)
		}
	}
	me.ContentType = "application/json"
	me.Send(me.Request("kec", "DescribeRegions", "2016-03-04", `["no object"]`)).Refused(400, "InvalidParameter", "JSON")
}

func TestFaults_playAndRunOut(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailNext("RunInstances", Throttled, 2)
	me.KEC("DescribeRegions").OK()
	me.KEC("RunInstances", spot()...).Refused(503, "RequestLimitExceeded")
	me.KEC("RunInstances", spot()...).Refused(503, "RequestLimitExceeded")
	me.KEC("RunInstances", spot()...).OK()
	same(t, "calls", sim.Count("RunInstances"), 3)
	same(t, "code on record", sim.Calls()[1].Code, "RequestLimitExceeded")

	sim.FailNext("*", HTMLGateway, 1)
	a := me.KEC("DescribeRegions")
	same(t, "status", a.Status, 502)
	same(t, "content type", a.Header.Get("Content-Type"), "text/html")
	sim.FailNext("DescribeRegions", EmptyObject, 1)
	same(t, "body", me.KEC("DescribeRegions").OK().Raw, "{}")
	sim.FailNext("DescribeRegions", Fault{Status: 200, Code: "X", Message: "in a 200"}, 1)
	same(t, "code in a 200", me.KEC("DescribeRegions").OK().Code(), "X")
	sim.FailNext("RunInstances", Fault{Code: "Echoed", Message: "bad request", Echo: true}, 1)
	me.KEC("RunInstances", spot("InstancePassword", "Secret-123")...).Refused(400, "Echoed", "bad request (", "InstancePassword=Secret-123")
	same(t, "instances", len(sim.Instances()), 1)
}

func TestFaults_cleared(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.FailLaunches(1, ModeVanish, "out of stock")
	sim.DenyAction("kec", "DescribeImages", true)
	sim.FailNext("*", ConnectionLost, 3)
	sim.FailNext("RunInstances", Throttled, 3)
	sim.ClearFaults()
	id := me.launch()[0]
	me.KEC("DescribeImages").Refused(403, "PermissionDenied") // no fault: it stays
	sim.Advance(20 * time.Second)
	same(t, "state of a launch scripted to fail", me.State(id), "")
	sim.FailNext("DescribeRegions", Throttled, 1)
	me.KEC("DescribeRegions").Refused(503, "RequestLimitExceeded")
}

func TestServer_takesManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			me.launch()
			sim.Advance(time.Second)
			me.KEC("DescribeInstances").OK()
			sim.Calls()
		})
	}
	all.Wait()
	same(t, "instances", len(sim.Instances()), 20)
	same(t, "calls", sim.Count("RunInstances"), 20)
}

func TestWorld_isTheSameOnEveryRun(t *testing.T) {
	t.Parallel()
	story := func() string {
		sim, me := newWorld(t)
		me.launch("MinCount", "2", "MaxCount", "2", "LineId", "l", "AddressBandWidth", "1", "AddressChargeType", "PostPaidByDay")
		sim.Advance(time.Minute)
		return me.KEC("DescribeInstances").OK().Raw
	}
	same(t, "answer", story(), story())
}
