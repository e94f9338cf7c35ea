package control

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
)

// refused posts what must be refused, with this in the answer.
func (c *caller) refused(route, body, want string) {
	c.t.Helper()
	if status, answer := c.Control("POST", route, body); status != 400 || !strings.Contains(answer, want) {
		c.t.Errorf("%s %s: %d %s, want 400 and %q", route, body, status, answer, want)
	}
}

func TestControl_lag(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.post("lag", `{"look":"DescribeInstances by id","share":1,"age":"5s"}`)
	id := me.launch()[0]
	me.post("advance", `{"duration":"4s"}`)
	same(t, "state", me.State(id), "")
	me.post("lag", `{"look":"DescribeInstances by id","share":0}`)
	same(t, "state", me.State(id), "scheduling")
	me.refused("lag", `{"look":"RunInstances","share":1,"age":"5s"}`, "look must be one of")
	me.refused("lag", `{"look":"`+kecsim.LookList+`","share":2,"age":"5s"}`, "between 0 and 1")
	me.refused("lag", `{"look":"`+kecsim.LookTags+`","share":1}`, "age must be like 5s")
	same(t, "instances", len(sim.Instances()), 1)
}

func TestControl_accounts(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.launch()
	me.post("advance", `{"duration":"20s"}`)
	me.post("account", `{"accessKey":"AKLTsame","secretKey":"s","same":true}`)
	me.post("account", `{"accessKey":"AKLTother","secretKey":"o"}`)
	me.refused("account", `{"accessKey":"AKLTother","secretKey":"o"}`, "is taken")
	me.refused("account", `{"accessKey":"AKLTthird"}`, "must be given")
	listed := func(key, secret, region string) int {
		me.AccessKey, me.Secret, me.Region = key, secret, region
		return len(me.KEC("DescribeInstances").OK().JSON["InstancesSet"].([]any))
	}
	same(t, "of a second key", listed("AKLTsame", "s", kecsim.Region), 1)
	same(t, "of another account", listed("AKLTother", "o", kecsim.Region), 0)
	same(t, "of another region", listed("AKLTsame", "s", kecsim.Region2), 0)
	me.Region = kecsim.Region
	me.AccessKey, me.Secret = "AKLTother", "o"
	id := me.launch()[0]
	if _, shown := me.Control("GET", "instances/AKLTother", ""); !strings.Contains(shown, id) {
		t.Errorf("the other account shows %s, without %s", shown, id)
	}
	if _, shown := me.Control("GET", "instances", ""); strings.Contains(shown, id) {
		t.Errorf("the account shows %s of another one: %s", id, shown)
	}
	same(t, "in all", len(sim.Instances()), 1)
}

func TestControl_oddAnswers(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	if _, shown := me.Control("GET", "odd", ""); !strings.Contains(shown, `"no DataDisks"`) {
		t.Errorf("the odd answers are %s", shown)
	}
	me.post("settings", `{"odd":["no DataDisks","ImageId without IMG-"]}`)
	in := me.Describe(sim.AddInstance(kecsim.Instance{}))
	same(t, "image", in["ImageId"], any(strings.TrimPrefix(kecsim.ImageUbuntu, "IMG-")))
	same(t, "disks", in["DataDisks"], nil)
	me.refused("settings", `{"odd":["no manners"]}`, "no manners")
	me.post("settings", `{"oddOrders":["keys in Chinese"],"errorState":"recycling","errorLasts":"9s"}`)
	if _, shown := me.Control("GET", "world", ""); !strings.Contains(shown, `"keys in Chinese"`) || !strings.Contains(shown, `"errorLasts":"9s"`) {
		t.Errorf("the settings are %s", shown)
	}
	me.refused("settings", `{"oddOrders":["in verse"]}`, "in verse")
}

func TestControl_edit(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch("Tag.1.Key", "team", "Tag.1.Value", "search")[0]
	me.post("advance", `{"duration":"20s"}`)
	me.post("edit", `{"id":"`+id+`","name":"renamed","tags":{"team":"ads"},"keys":["`+kecsim.KeyA+`"],"project":100002,"state":"stopped","protected":true,
		"securityGroups":["`+kecsim.SecurityGroup2+`"],"autoDeleteTime":"2026-03-03T10:00:00Z"}`)
	in, _ := sim.Instance(id)
	same(t, "what is new", fmt.Sprintln(in.Name, in.Tags, in.KeyIDs, in.ProjectID, in.State, in.Protected, in.SecurityGroupIDs, in.AutoDeleteTime),
		fmt.Sprintln("renamed", map[string]string{"team": "ads"}, []string{kecsim.KeyA}, 100002, "stopped", true, []string{kecsim.SecurityGroup2},
			"2026-03-03 10:00:00 +0000 UTC"))
	me.post("edit", `{"id":"`+id+`","autoDeleteTime":"","keys":[],"state":"active"}`)
	in, _ = sim.Instance(id)
	same(t, "what is new then", fmt.Sprintln(in.Name, in.KeyIDs, in.State, in.AutoDeleteTime.IsZero()), fmt.Sprintln("renamed", []string{}, "active", true))
	same(t, "state", me.State(id), "active")
	me.refused("edit", `{"id":"x"}`, "no instance")
	me.refused("edit", `{"id":"`+id+`","state":"gone"}`, "active or stopped")
	me.refused("edit", `{"id":"`+id+`","autoDeleteTime":"soon"}`, "autoDeleteTime must be")
}

func TestControl_launchTemplates(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.post("model", `{"id":"m-1","name":"workers","parameters":{"ImageId":"`+kecsim.ImageUbuntu+`","InstanceType":"N3.2B","SubnetId":"`+kecsim.SubnetA+`",
		"securityGroupId":"`+kecsim.SecurityGroup+`","ChargeType":"Spot","InstancePassword":"Secret-123","UserData":"aGVsbG8="}}`)
	me.Launch([]string{"ModelId", "m-1"})
	in := sim.Instances()[0]
	same(t, "launched", in.Type+" "+in.Password, "N3.2B Secret-123")
	_, shown := me.Control("GET", "world", "")
	if !strings.Contains(shown, `"models":[{"id":"m-1","name":"workers","parameters":{"ChargeType":"Spot","ImageId":"`+kecsim.ImageUbuntu+`","InstancePassword":"***","InstanceType":"N3.2B","SecurityGroupId.1":`) {
		t.Errorf("the template is not shown, or with a secret: %s", shown)
	}
	me.refused("model", `{"id":"m-2","name":"n","parameters":{"Colour":"red"}}`, "the parameter Colour is not known")
	me.refused("model", `{"id":"m-2","name":"n","parameters":{"MaxCount":"1"}}`, "MaxCount")
	me.refused("model", `{"id":"m-2","name":"n","parameters":{"SystemDisk.DiskSize":"7"}}`, "SystemDisk.DiskSize must be between 20 and 500, not 7")
	me.refused("model", `{"id":"m-2","parameters":{}}`, "id and name must be given")
	me.refused("model", `{"id":"m-2","name":"n","params":{}}`, "params")
	same(t, "templates", len(sim.Overview().Models), 1)
}

func TestSettings_ofHowAnswersAreWritten(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	me.post("settings", `{"xml":true,"returnAsBoolean":true}`)
	same(t, "settings", fmt.Sprint(sim.Overview().Settings.XML, sim.Overview().Settings.ReturnAsBoolean), "true true")
	if _, shown := me.Control("GET", "world", ""); !strings.Contains(shown, `"returnAsBoolean":true`) || !strings.Contains(shown, `"xml":true`) {
		t.Errorf("the settings are not shown: %s", shown)
	}
	same(t, "answer", strings.HasPrefix(me.KEC("DescribeRegions").Raw, "<?xml"), true)
	me.post("fault", `{"action":"DescribeRegions","times":1,"name":"BandwidthExceededJSON"}`)
	same(t, "status", me.KEC("DescribeRegions").Status, 509)
	me.post("throttle", `{"perSecond":0.5,"burst":1,"spelling":"TooManyRequestsJSON"}`)
	me.KEC("DescribeRegions")
	same(t, "status", me.KEC("DescribeRegions").Status, 429)
}
