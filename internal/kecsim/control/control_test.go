package control

import (
	"strings"
	"testing"
	"time"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

func TestControl_steersTheWorld(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	post := me.post
	id := me.launch("InstancePassword", "Secret-123", "UserData", "aGVsbG8=")[0]
	post("advance", `{"duration":"1h"}`)
	same(t, "now", sim.Now(), kecsim.DefaultStart.Add(time.Hour))
	post("price", `{"zone":"cn-beijing-6a","type":"N3.2B","spot":"0.07"}`)
	p, onDemand := sim.Price(kecsim.ZoneA, kecsim.TypeSmall)
	same(t, "price", p+" "+onDemand, "0.07 0.1965")
	post("stock", `{"zone":"cn-beijing-6a","type":"N3.2B","count":0}`)
	same(t, "stock", sim.Stock(kecsim.ZoneA, kecsim.TypeSmall), 0)
	post("quota", `{"count":2}`)
	post("balance", `{"yuan":"250.5"}`)
	same(t, "balance", sim.Balance(), "250.5")
	post("subnet", `{"id":"`+kecsim.SubnetA+`","free":3}`)
	same(t, "free", sim.SubnetFree(kecsim.SubnetA), 3)
	post("image", `{"id":"`+kecsim.ImageUbuntu+`","state":"queued"}`)
	post("fault", `{"action":"DescribeRegions","times":1,"name":"Throttled"}`)
	me.KEC("DescribeRegions").Refused(503, "RequestLimitExceeded")
	post("fault", `{"action":"DescribeRegions","times":1,"status":400,"code":"Odd","message":"m"}`)
	me.KEC("DescribeRegions").Refused(400, "Odd")
	post("fail-launches", `{"count":1,"mode":"vanish","reason":"out of stock"}`)
	post("settings", `{"boot":"5s","causeFields":true,"wrapOrders":true,"movePrices":true,"moveStock":true,"maxStock":30}`)
	same(t, "boot", sim.Overview().Settings.Boot, 5*time.Second)
	_, settings := me.Control("GET", "world", "")
	if !strings.Contains(settings, `"wrapOrders":true`) || !strings.Contains(settings, `"moveStock":true`) || !strings.Contains(settings, `"maxStock":30`) {
		t.Errorf("settings: %s", settings)
	}
	post("order", `{"id":"9","status":21,"subOrders":[{"id":"9-1","status":3,"failReason":"out of stock"}]}`)
	same(t, "order", me.order("9")["data"].(map[string]any)["status"], any(21.0))
	post("refuse-terminate", `{"id":"`+id+`","message":"no"}`)
	post("deny", `{"service":"kec","action":"DescribeImages","deny":true}`)
	me.KEC("DescribeImages").Refused(403, "PermissionDenied", "kec DescribeImages")
	post("deny", `{"service":"kec","action":"DescribeImages"}`)
	me.KEC("DescribeImages").OK()
	post("deny", `{"service":"trade","deny":true}`)
	me.Call("trade", "QueryOrderInfo", "2025-03-21", "orderId", "9").Refused(403, "PermissionDenied", "may not use trade")
	post("reclaim", `{"id":"`+id+`"}`)
	same(t, "notice", me.Describe(id)["SpotRecyclingTime"], any("2026-03-02 18:10:00"))
	_, shown := me.Control("GET", "instances", "")
	if !strings.Contains(shown, `"recyclingTime":"2026-03-02T10:10:00Z"`) || !strings.Contains(shown, `"orderID":"2026`) {
		t.Errorf("instances: %s", shown)
	}
	post("release", `{"id":"`+id+`"}`)
	post("clock", `{"offset":"-20m"}`)
	me.KEC("DescribeRegions").Refused(403, "RequestTimeTooSkewed")
	if _, shown := me.Control("GET", "world", ""); !strings.Contains(shown, `"clockOffset":"-20m0s"`) {
		t.Errorf("clock: %s", shown)
	}
	post("billing", `{"id":"`+id+`","status":8}`)
	billing, _ := sim.BillingStatus(id)
	same(t, "billing status", billing, 8)
	same(t, "instances", len(sim.Instances()), 0)

	checkRoutes(t, me)
}

// checkRoutes reads every route, and looks for the secrets of a launch in it.
func checkRoutes(t *testing.T, me *caller) {
	t.Helper()
	for route, want := range map[string]string{
		"": "POST price", "world": `"quota":2`, "orders": `"failReason":"out of stock"`, "prices": `"spot":"0.07"`, "calls": `"InstancePassword":["***"]`,
	} {
		status, answer := me.Control("GET", route, "")
		if status != 200 || !strings.Contains(answer, want) {
			t.Errorf("%q: %d, lacks %s: %s", route, status, want, answer)
		}
		if strings.Contains(answer, "Secret-123") || strings.Contains(answer, "aGVsbG8=") {
			t.Errorf("%q shows a secret", route)
		}
	}
}

func TestControl_sellsDisksOut(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	post := me.post
	post("disk", `{"zone":"cn-beijing-6b","type":"ESSD_PL1","soldOut":true}`)
	post("disk", `{"zone":"cn-beijing-6a","type":"EHDD","soldOut":true}`)
	me.KEC("RunInstances", spot("DataDisk.1.Type", "EHDD", "DataDisk.1.Size", "50")...).Refused(400, "ProductSellOutInvalid", "DataDisk.1.Type EHDD")
	_, shown := me.Control("GET", "world", "")
	if !strings.Contains(shown, `"soldOutDisks":[{"type":"EHDD","zone":"cn-beijing-6a"},{"type":"ESSD_PL1","zone":"cn-beijing-6b"}]`) {
		t.Errorf("sold-out disks: %s", shown)
	}
	post("disk", `{"zone":"cn-beijing-6a","type":"EHDD","soldOut":false}`)
	me.KEC("RunInstances", spot("DryRun", "true", "DataDisk.1.Type", "EHDD", "DataDisk.1.Size", "50")...).Refused(412, "DryRunOperation")
}

func TestControl_addsMachines(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	status, answer := me.Control("POST", "machines", `{"count":20000,"name":"another's","chargeType":"Spot"}`)
	if status != 200 {
		t.Fatal(status, answer)
	}
	found := me.KEC("DescribeInstances", "Filter.1.Name", "instance-name", "Filter.1.Value.1", "another's", "MaxResults", "1000").OK()
	same(t, "count", found.JSON["InstanceCount"], any(20000.0))
	last := found.JSON["InstancesSet"].([]any)[999].(map[string]any)
	same(t, "charge type", last["ChargeType"], any("Spot"))
	same(t, "state", last["InstanceState"].(map[string]any)["Name"], any("active"))
	me.KEC("DescribeInstances", "MaxResults", "1").Refused(400, "InvalidParameterValue")
	_, answer = me.Control("GET", "counts", "")
	same(t, "counts, refused calls too", strings.TrimSpace(answer), `{"DescribeInstances":2}`)
}

var notUnderstood = []struct{ route, body, want string }{
	{"price", `{"zone":"cn-beijing-6a","type":"N3.2B","spott":"1"}`, "spott"},
	{"price", `{"zone":"cn-beijing-6a","type":"Z","spot":"1"}`, "no type"},
	{"price", `{"zone":"cn-beijing-6a","type":"N3.2B","spot":"1.0000001"}`, "more than 5 decimals"},
	{"price", `{"zone":"cn-beijing-6a","type":"N3.2B"}`, "must be given"},
	{"stock", `{"zone":"cn-beijing-6a","type":"N3.2B"}`, "count"},
	{"disk", `{"zone":"cn-beijing-6z","type":"EHDD","soldOut":true}`, "no zone"},
	{"disk", `{"zone":"cn-beijing-6a","type":"ESSD_SYSTEM_PL0","soldOut":true}`, "no data disk type"},
	{"disk", `{"zone":"cn-beijing-6a","type":"EHDD"}`, "soldOut"},
	{"quota", `{"count":-1}`, "count"},
	{"quota", `{"count":1}{}`, "more than one"},
	{"quota", ``, "body"},
	{"balance", `{}`, "yuan"},
	{"subnet", `{"id":"x","free":1}`, "no subnet"},
	{"image", `{"id":"x","state":"active"}`, "no image"},
	{"reclaim", `{"id":"x"}`, "no instance"},
	{"release", `{"id":"x"}`, "no instance"},
	{"advance", `{"duration":"-1h"}`, "duration"},
	{"advance", `{"duration":"99999h"}`, "duration"},
	{"clock", `{"offset":"late"}`, "offset"},
	{"clock", `{"offset":"-99999h"}`, "offset"},
	{"fault", `{"action":"X","times":1}`, "must be given"},
	{"fault", `{"action":"X","name":"Throttled"}`, "times"},
	{"fault", `{"action":"X","times":1,"name":"Nope"}`, "Nope"},
	{"fault", `{"action":"X","times":1,"code":"c","status":7}`, "status"},
	{"fail-launches", `{"count":1,"mode":"explode"}`, "explode"},
	{"fault", `{"clear":true,"action":"X"}`, "clear"},
	{"fault", `{"clear":false}`, "times"},
	{"fail-launches", `{"mode":"error"}`, "count"},
	{"fail-launches", `{"mode":"error","share":2}`, "share"},
	{"fail-launches", `{"mode":"error","share":0.5,"count":1}`, "count"},
	{"refuse-share", `{"share":0.5}`, "action"},
	{"refuse-share", `{"action":"StopInstances"}`, "share"},
	{"refuse-share", `{"action":"StopInstances","share":-1}`, "share"},
	{"settings", `{"boot":"soon"}`, "boot"},
	{"settings", `{"failureMode":"x"}`, "failureMode must be error, vanish or invisible"},
	{"deny", `{"service":"ecs","deny":true}`, "no service"},
	{"billing", `{"id":"x","status":3}`, `no billing record of instance \"x\"`},
	{"deny", `{"service":"trade","action":"RunInstances","deny":true}`, `service \"trade\" has no action \"RunInstances\"`},
	{"billing", `{"id":"x"}`, "status"},
	{"billing", `{"id":"x","status":13}`, "status"},
	{"machines", `{"name":"x"}`, "count"},
	{"machines", `{"count":100001}`, "count"},
	{"machines", `{"count":1,"chargeType":"Free"}`, "no charge type"},
	{"order", `{"status":1}`, "id"},
	{"order", `{"id":"1","totalMoney":"free"}`, "totalMoney"},
}

func TestControl_refusesWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	for _, c := range notUnderstood {
		status, answer := me.Control("POST", c.route, c.body)
		if status != 400 || !strings.Contains(answer, c.want) {
			t.Errorf("%s %s: got %d %s, want 400 with %q", c.route, c.body, status, answer, c.want)
		}
	}
	status, _ := me.Control("GET", "nothing", "")
	same(t, "unknown route", status, 404)
	status, _ = me.Control("DELETE", "world", "")
	same(t, "method", status, 400)
}

func TestSettings_ofTheChanges(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	if status, answer := me.Control("POST", "settings", `{"stop":"1s","start":"2s","reboot":"3s","modify":"4s"}`); status != 200 {
		t.Fatal(answer)
	}
	same(t, "stop", sim.Overview().Settings.Stop, time.Second)
	same(t, "start", sim.Overview().Settings.Start, 2*time.Second)
	same(t, "reboot", sim.Overview().Settings.Reboot, 3*time.Second)
	same(t, "modify", sim.Overview().Settings.Modify, 4*time.Second)
	same(t, "boot", sim.Overview().Settings.Boot, 20*time.Second)
	sim.Update(func(s *kecsim.Settings) { s.Stop, s.Start = 0, 0 })
	id := sim.AddInstance(kecsim.Instance{ChargeType: "Spot"})
	me.KEC("StopInstances", "InstanceId.1", id).OK()
	same(t, "state at once", me.State(id), "stopped")
	me.KEC("StartInstances", "InstanceId.1", id).OK()
	same(t, "state at once", me.State(id), "active")
}

func TestControl_showsNoNewPassword(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := sim.AddInstance(kecsim.Instance{ChargeType: "Spot", Password: "Old-pass-1"})
	me.KEC("ModifyInstanceAttribute", "InstanceId", id, "InstancePassword", "New-pass-2", "RestartMode", "Restart").OK()
	all := ""
	for _, route := range []string{"calls", "instances", "world"} {
		_, shown := me.Control("GET", route, "")
		all += shown
	}
	if strings.Contains(all, "pass-") {
		t.Error("a password is shown")
	}
}
