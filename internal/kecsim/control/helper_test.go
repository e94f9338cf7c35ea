package control

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
)

// caller calls a server of these tests.
type caller struct {
	*testclient.Client
	t *testing.T
}

func newWorld(t *testing.T) (*kecsim.Server, *caller) {
	t.Helper()
	sim := kecsim.New(kecsim.WithControl(Serve))
	client := &testclient.Client{T: t, Sim: sim, AccessKey: kecsim.AccessKey, Secret: kecsim.SecretKey, Region: kecsim.Region}
	return sim, &caller{client, t}
}

// post changes the world, and ends the test if that is refused.
func (c *caller) post(route, body string) {
	c.t.Helper()
	if status, answer := c.Control("POST", route, body); status != 200 {
		c.t.Fatalf("%s %s: %d %s", route, body, status, answer)
	}
}

// spot is the shortest launch of a spot instance, changed by pairs of name and value.
func spot(pairs ...string) []string {
	return testclient.Params(map[string]string{
		"ImageId": kecsim.ImageUbuntu, "InstanceType": kecsim.TypeSmall, "MinCount": "1", "MaxCount": "1", "SubnetId": kecsim.SubnetA,
		"SecurityGroupId.1": kecsim.SecurityGroup, "ChargeType": "Spot",
	}, pairs...)
}

// launch starts spot instances and returns their ids.
func (c *caller) launch(pairs ...string) []string {
	c.t.Helper()
	return c.Launch(spot(pairs...))
}

func (c *caller) order(id string) map[string]any {
	c.t.Helper()
	return c.Call("trade", "QueryOrderInfo", "2025-03-21", "orderId", id).OK().JSON
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
