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

// spot is the shortest launch of a spot instance, changed by pairs of name and value.
func spot(pairs ...string) []string {
	return testclient.Params(map[string]string{
		"ImageId": ImageUbuntu, "InstanceType": TypeSmall, "MinCount": "1", "MaxCount": "1", "SubnetId": SubnetA,
		"SecurityGroupId.1": SecurityGroup, "ChargeType": "Spot",
	}, pairs...)
}

// launch starts spot instances and returns their ids.
func (c *caller) launch(pairs ...string) []string {
	c.t.Helper()
	return c.Launch(spot(pairs...))
}

func same[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
