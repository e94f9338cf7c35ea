package wizard

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kingsoftcloud/terraform-provider-kec/internal/kec"
	"github.com/kingsoftcloud/terraform-provider-kec/internal/tfvalue"
)

func TestRefreshSecondaryNICs_keepTheUsersOrder(t *testing.T) {
	t.Parallel()
	nic := func(address, id types.String, groups ...string) SecondaryNIC {
		return SecondaryNIC{SubnetID: types.StringValue("s"), SecurityGroupIDs: tfvalue.TextSet(groups), PrivateIPAddress: address, ID: id}
	}
	text, unknown := types.StringValue, types.StringUnknown()
	in := &kec.Instance{NICs: []kec.NIC{
		{ID: "p", Type: "primary", SubnetID: "s"},
		{ID: "a", Type: "extension", SubnetID: "s", PrivateIP: "10.7.0.61", SecurityGroupIDs: []string{"g1"}},
		{ID: "b", Type: "extension", SubnetID: "s", PrivateIP: "10.7.0.9", SecurityGroupIDs: []string{"g2"}},
		{ID: "c", Type: "extension", SubnetID: "s", PrivateIP: "10.7.0.8", SecurityGroupIDs: []string{"g1"}},
	}}
	was := secondaryNICs.List([]SecondaryNIC{nic(unknown, unknown, "g1"), nic(text("10.7.0.61"), unknown, "g1"), nic(unknown, unknown, "g2")})
	want := secondaryNICs.List([]SecondaryNIC{
		nic(text("10.7.0.8"), text("c"), "g1"), nic(text("10.7.0.61"), text("a"), "g1"), nic(text("10.7.0.9"), text("b"), "g2"),
	})
	if got := refreshSecondaryNICs(NewLook(in, nil), was); !got.Equal(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
