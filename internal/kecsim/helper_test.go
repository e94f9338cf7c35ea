package kecsim

import (
	"testing"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kecsim/testclient"
)

// caller calls a server of these tests.
type caller struct {
	*testclient.Client
	t   *testing.T
	sim *Server
}

type answer = testclient.Answer

func newWorld(t *testing.T) (*Server, *caller) {
	t.Helper()
	sim := New()
	client := &testclient.Client{T: t, Sim: sim, AccessKey: AccessKey, Secret: SecretKey, Region: Region}
	return sim, &caller{Client: client, t: t, sim: sim}
}

// spot is the shortest launch of a spot instance, changed by pairs of name and value; "-" leaves a
// name out.
func spot(pairs ...string) []string {
	base := map[string]string{
		"ImageId": ImageUbuntu, "InstanceType": TypeSmall, "MinCount": "1", "MaxCount": "1", "SubnetId": SubnetA,
		"SecurityGroupId.1": SecurityGroup, "ChargeType": "Spot",
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			delete(base, pairs[i])
			continue
		}
		base[pairs[i]] = pairs[i+1]
	}
	var out []string
	for name, value := range base {
		out = append(out, name, value)
	}
	return out
}

// launch starts spot instances and returns their ids.
func (c *caller) launch(pairs ...string) []string {
	c.t.Helper()
	a := c.KEC("RunInstances", spot(pairs...)...).OK()
	var ids []string
	for _, item := range a.JSON["InstancesSet"].([]any) {
		ids = append(ids, item.(map[string]any)["InstanceId"].(string))
	}
	return ids
}

func (c *caller) describe(id string) map[string]any {
	c.t.Helper()
	set := c.KEC("DescribeInstances", "InstanceId.1", id).OK().JSON["InstancesSet"].([]any)
	if len(set) == 0 {
		return nil
	}
	return set[0].(map[string]any)
}

func (c *caller) state(id string) string {
	c.t.Helper()
	in := c.describe(id)
	if in == nil {
		return ""
	}
	return in["InstanceState"].(map[string]any)["Name"].(string)
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
