package kecsim

import (
	"testing"
	"time"
)

// as calls with other keys.
func (c *caller) as(accessKey, secret string) *caller {
	client := *c.Client
	client.AccessKey, client.Secret = accessKey, secret
	return &caller{Client: &client, t: c.t, sim: c.sim}
}

func TestAccounts_seeNothingOfEachOther(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	sim.AddAccount("AKLTother", "other-secret")
	sim.AddKey("AKLTsecond", "second-secret", "")
	other, second := me.as("AKLTother", "other-secret"), me.as("AKLTsecond", "second-secret")

	id := me.launch("Tag.1.Key", "team", "Tag.1.Value", "search")[0]
	sim.Advance(20 * time.Second)
	same(t, "by the account's second key", second.State(id), "active")
	same(t, "its tags", second.tags(id), "team=search#1")
	same(t, "by another account's key", other.State(id), "")
	same(t, "its tags", other.tags(id), "")
	other.KEC("TerminateInstances", "InstanceId.1", id).Refused(400, "InstanceIdInvalid")
	other.KEC("StopInstances", "InstanceId.1", id).Refused(400, "InstanceIdInvalid")
	billed := func(c *caller) int {
		return len(c.Call("trade", "QueryInstances", "2025-08-28", "instanceIds", id).OK().JSON["data"].(map[string]any)["retResponse"].([]any))
	}
	same(t, "billing records", billed(second), 1)
	same(t, "billing records of the other account", billed(other), 0)

	mine := other.launch()[0]
	same(t, "stock", sim.Stock(ZoneA, TypeSmall), 49) // the other account has its own
	if mine == id {
		t.Errorf("both accounts have an instance %s", id)
	}
	sim.Advance(20 * time.Second)
	same(t, "the other account's", other.State(mine), "active")
	same(t, "seen from here", me.State(mine), "")
	same(t, "instances here", len(sim.Instances()), 1)
	same(t, "instances there", sim.InstancesOf("AKLTother")[0].ID, mine)

	second.KEC("TerminateInstances", "InstanceId.1", id).OK()
	sim.Advance(5 * time.Second)
	same(t, "left here", len(sim.Instances()), 0)
	same(t, "left there", len(sim.InstancesOf("AKLTother")), 1)
}
