package kecsim

import (
	"fmt"
	"strings"
	"testing"
)

// replaceTags sends a body as it is written.
func (c *caller) replaceTags(body string) answer {
	c.t.Helper()
	c.ContentType = "application/json"
	defer func() { c.ContentType = "application/x-www-form-urlencoded" }()
	return c.Send(c.Request("tagv2", "ReplaceResourcesTags", "2020-09-01", body))
}

// tags lists key=value and the number of each id.
func (c *caller) tags(id string) string {
	c.t.Helper()
	out := []string{}
	for _, item := range c.Call("tagv2", "ListTagsByResourceIds", "2020-09-01", "ResourceType", "instance", "ResourceUuids", id).OK().JSON["Tags"].([]any) {
		tag := item.(map[string]any)
		out = append(out, fmt.Sprintf("%v=%v#%v", tag["TagKey"], tag["TagValue"], tag["TagId"]))
	}
	return strings.Join(out, " ")
}

func TestListTagsByResourceIds_takesAHundredIds(t *testing.T) {
	t.Parallel()
	_, me := newWorld(t)
	ask := func(n int) answer {
		return me.Call("tagv2", "ListTagsByResourceIds", "2020-09-01", "ResourceType", "instance", "ResourceUuids", strings.Repeat("x,", n-1)+"x")
	}
	ask(100).OK()
	ask(101).Refused(400, "InvalidParameterValue")
}

func TestReplaceResourcesTags_replacesTheWholeSet(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	a, b := machine(sim, Instance{Tags: map[string]string{"env": "test", "team": "core"}}), machine(sim, Instance{})
	same(t, "at first", me.tags(a), "env=test#1 team=core#2")
	out := me.replaceTags(`{"ResourceType":"instance","Tag_1_Key":"team","Tag_1_Value":"core","Tag_2_Key":"env","Tag_2_Value":"prod",
		"ReplaceTags":[{"ResourceUuids":"` + a + `,` + b + `"}]}`).OK()
	same(t, "result", out.JSON["Result"], any(true))
	same(t, "request id", out.JSON["RequestId"] != nil, true)
	same(t, "one", me.tags(a), "team=core#2 env=prod#3")
	same(t, "other", me.tags(b), "team=core#2 env=prod#3")
	in, _ := sim.Instance(a)
	same(t, "tags", len(in.Tags), 2)
	me.replaceTags(`{"ResourceType":"instance","Tag_0_Key":"a","ReplaceTags":[{"ResourceUuids":"` + a + `"},{"ResourceUuids":"` + b + `"}]}`).OK()
	same(t, "without a value", me.tags(a)+" "+me.tags(b), "a=#4 a=#4")
	me.replaceTags(`{"ResourceType":"instance","ReplaceTags":[{"ResourceUuids":"` + a + `"}]}`).OK()
	same(t, "emptied", me.tags(a), "")
	same(t, "other", me.tags(b), "a=#4")
}

func TestReplaceResourcesTags_refusals(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{Tags: map[string]string{"env": "test"}})
	value, param := "InvalidParameterValue", "InvalidParameter"
	rest := `"ReplaceTags":[{"ResourceUuids":"` + id + `"}]}`
	for _, c := range []struct{ name, body, code, message string }{
		{"prefix", `{"ResourceType":"instance","Tag_1_Key":"a","Tag_2_Key":"KSC-x",` + rest, value, "Tag_2_Key must not start with ksc"},
		{"long key", `{"ResourceType":"instance","Tag_1_Key":"` + strings.Repeat("k", 129) + `",` + rest, value, "Tag_1_Key must have 1 to 128 characters, not 129"},
		{"long value", `{"ResourceType":"instance","Tag_1_Key":"a","Tag_1_Value":"` + strings.Repeat("v", 256) + `",` + rest, value, "Tag_1_Value must have 0 to 255 characters, not 256"},
		{"no key", `{"ResourceType":"instance","Tag_1_Value":"v",` + rest, param, "Tag_1_Key is required"},
		{"key twice", `{"ResourceType":"instance","Tag_1_Key":"a","Tag_2_Key":"a",` + rest, value, `Tag_2_Key "a" is listed twice`},
		{"a launch's spelling", `{"ResourceType":"instance","Tag":[{"Key":"a","Value":"b"}],` + rest, param, "it is spelt Tag_1_Key here"},
		{"unknown tag id", `{"ResourceType":"instance","ReplaceTags":[{"ResourceUuids":"` + id + `","TagIds":"1,2"}]}`, value, `ReplaceTags.1.TagIds names "2", which does not exist`},
		{"tag ids and tags", `{"ResourceType":"instance","Tag_1_Key":"a","ReplaceTags":[{"ResourceUuids":"` + id + `","TagIds":"1"}]}`, value, "ReplaceTags.1.TagIds is only allowed without Tag_1_Key"},
		{"tag id twice", `{"ResourceType":"instance","ReplaceTags":[{"ResourceUuids":"` + id + `","TagIds":"1, 1"}]}`, value, `ReplaceTags.1.TagIds lists the key "env" twice`},
		{"unknown resource", `{"ResourceType":"instance","ReplaceTags":[{"ResourceUuids":"` + id + `,nobody"}]}`, value, `ReplaceTags.1.ResourceUuids names "nobody", which does not exist`},
		{"no resource", `{"ResourceType":"instance","ReplaceTags":[]}`, param, "ReplaceTags.1.ResourceUuids is required"},
		{"other type", `{"ResourceType":"kec-instance",` + rest, value, "ResourceType must be one of instance"},
		{"no type", `{` + rest, param, "ResourceType is required"},
		{"unknown parameter", `{"ResourceType":"instance","Tag_1_Colour":"red",` + rest, param, "Tag_1_Colour is not known"},
		{"no JSON", `ResourceType=instance`, param, "the body is not a JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) { me.replaceTags(c.body).Refused(400, c.code, c.message) })
	}
	me.replaceTags(`{"DryRun":true,"ResourceType":"instance",`+rest).Refused(412, "DryRunOperation")
	sim.FailNext("ReplaceResourcesTags", ServiceUnavailable, 1)
	me.replaceTags(`{"ResourceType":"instance",`+rest).Refused(400, "ServiceUnavailable")
	sim.DenyService("tagv2", true)
	me.replaceTags(`{"ResourceType":"instance",`+rest).Refused(403, "PermissionDenied")
	sim.DenyService("tagv2", false)
	same(t, "tags", me.tags(id), "env=test#1")
}

func TestUpdateInstanceProjectID_moves(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := me.launch()[0]
	sim.Advance(sim.w.settings.Boot)
	iam := func(pairs ...string) answer {
		return me.Call("iam", "UpdateInstanceProjectId", "2015-11-01", pairs...)
	}
	out := iam("InstanceId", id, "ProjectId", "100002").OK()
	same(t, "fields", len(out.JSON), 1)
	same(t, "project", me.Describe(id)["ProjectId"], any(100002.0))
	same(t, "in project 0", me.KEC("DescribeInstances").OK().JSON["InstanceCount"], any(0.0))
	iam("InstanceId", id, "ProjectId", "7").Refused(400, "InvalidParameterValue", "ProjectId 7 does not exist")
	iam("InstanceId", VPC, "ProjectId", "0").Refused(400, "InvalidParameterValue", "InstanceId "+VPC+" does not exist")
	iam("InstanceId", id).Refused(400, "InvalidParameter", "ProjectId is required")
	iam("InstanceId", id, "ProjectId", "default").Refused(400, "InvalidParameterValue", "ProjectId must be an integer")
	iam("InstanceId", id, "ProjectId", "0", "DryRun", "true").Refused(412, "DryRunOperation")
	sim.FailNext("UpdateInstanceProjectId", Throttled, 1)
	iam("InstanceId", id, "ProjectId", "0").Refused(503, "RequestLimitExceeded")
	sim.DenyService("iam", true)
	iam("InstanceId", id, "ProjectId", "0").Refused(403, "PermissionDenied", "iam")
	same(t, "project", me.Describe(id)["ProjectId"], any(100002.0))
	sim.DenyService("iam", false)
	me.Call("iam", "UpdateInstanceProjectId", "2016-03-04", "InstanceId", id, "ProjectId", "0").Refused(400, "InvalidActionOrVesion")
	iam("InstanceId", id, "ProjectId", "0").OK()
	same(t, "project", me.Describe(id)["ProjectId"], any(0.0))
	calls := sim.Calls()
	same(t, "service on record", calls[len(calls)-2].Service, "iam")
}
