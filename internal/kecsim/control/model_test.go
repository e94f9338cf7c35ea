package control

import (
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
	same(t, "state", me.state(id), "")
	me.post("lag", `{"look":"DescribeInstances by id","share":0}`)
	same(t, "state", me.state(id), "scheduling")
	me.refused("lag", `{"look":"RunInstances","share":1,"age":"5s"}`, "look must be one of")
	me.refused("lag", `{"look":"`+kecsim.LookList+`","share":2,"age":"5s"}`, "between 0 and 1")
	me.refused("lag", `{"look":"`+kecsim.LookTags+`","share":1}`, "age must be like 5s")
	same(t, "instances", len(sim.Instances()), 1)
}
