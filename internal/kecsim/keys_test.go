package kecsim

import (
	"fmt"
	"testing"
	"time"
)

func TestKeys_attachAndDetach(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id := machine(sim, Instance{KeyIDs: []string{KeyA}})
	keys := func() string { return fmt.Sprint(me.Describe(id)["KeySet"]) }
	same(t, "at first", keys(), "["+KeyA+"]")
	me.KEC("AttachKey", "InstanceId.1", id, "KeyId.1", KeyB).Refused(400, "InstanceStateNotSupported", "InstanceId.1 "+id+" is in state active, not stopped")
	me.stopped(id)
	item := firstItem(me.KEC("AttachKey", "InstanceId.1", id, "KeyId.1", KeyB))
	same(t, "return", item["Return"], any(true))
	same(t, "message", item["Message"], any(""))
	same(t, "attached", keys(), "["+KeyA+" "+KeyB+"]")
	item = firstItem(me.KEC("DetachKey", "InstanceId.1", id, "KeyId.1", KeyA))
	same(t, "return", item["Return"], any(true))
	same(t, "detached", keys(), "["+KeyB+"]")
	same(t, "state", me.State(id), "stopped")

	// A key that is attached already, or not attached, is refused inside the answer.
	other := machine(sim, Instance{State: "stopped"})
	set := me.KEC("AttachKey", "InstanceId.1", id, "InstanceId.2", other, "KeyId.1", KeyA, "KeyId.2", KeyB).OK().JSON["InstancesSet"].([]any)
	same(t, "return", set[0].(map[string]any)["Return"], any(false))
	same(t, "message", set[0].(map[string]any)["Message"], any("key "+KeyB+" is attached already"))
	same(t, "return", set[1].(map[string]any)["Return"], any(true))
	same(t, "as it was", keys(), "["+KeyB+"]")
	item = firstItem(me.KEC("DetachKey", "InstanceId.1", id, "KeyId.1", KeyA))
	same(t, "return", item["Return"], any(false))
	same(t, "message", item["Message"], any("key "+KeyA+" is not attached"))
	me.KEC("StartInstances", "InstanceId.1", id).OK()
	sim.Advance(5 * time.Second)
	same(t, "started", keys(), "["+KeyB+"]")
}

func TestKeys_refusals(t *testing.T) {
	t.Parallel()
	sim, me := newWorld(t)
	id, plain := machine(sim, Instance{State: "stopped"}), machine(sim, Instance{State: "stopped", ImageID: imageNoCloud})
	for _, action := range []string{"AttachKey", "DetachKey"} {
		me.KEC(action, "InstanceId.1", id, "KeyId.1", KeyA, "KeyId.2", VPC).Refused(400, "InvalidParameterValue", "KeyId.2 "+VPC+" does not exist")
		me.KEC(action, "InstanceId.1", id, "KeyId.1", KeyA, "KeyId.2", KeyA).Refused(400, "InvalidParameterValue", "KeyId.2 "+KeyA+" is listed twice")
		me.KEC(action, "InstanceId.1", id, "KeyId.1", "my-key").Refused(400, "InvalidParameterValue", "KeyId.1 must be an identifier")
		me.KEC(action, "InstanceId.1", id).Refused(400, "InvalidParameter", "KeyId.1 is required")
	}
	me.KEC("AttachKey", "InstanceId.1", plain, "KeyId.1", KeyA).Refused(400, "InvalidParameterValue", "KeyId.1 cannot be used with ImageId "+imageNoCloud)
	same(t, "keys", fmt.Sprint(me.Describe(id)["KeySet"]), "[]")
}
